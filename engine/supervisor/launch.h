/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a supervisor. */
#ifndef SUPERVISOR_LAUNCH_H
#define SUPERVISOR_LAUNCH_H

#include "auberge.h"

/* Spawns auberge-supervisor for NAME and returns our end of its report: a frame, FRAME_DONE or FRAME_ERROR, when the
 * guest runs or cannot. *pid is the process to reap: it ends at once, the supervisor being its child. */
int launch(const struct auberge *auberge, const char *name, const char *by, pid_t *pid, struct auberge_error *error);

#endif
