/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last steps in the child before exec: host name, session, environment of the container interface, standard files. */
#ifndef CONTAINER_INIT_H
#define CONTAINER_INIT_H

#include "container/plan.h"

/* Sets hostname; setsid and the console as controlling terminal and 0, 1, 2; umask 022, default signals, rlimits,
 * no descriptors above 2 (all close-on-exec), capabilities last; execve of the init. Returns only on failure. */
int init_exec(const struct container_plan *plan, int console, struct auberge_error *error);

#endif
