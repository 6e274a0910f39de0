/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New ptys for a guest that runs and has lost the masters of the old ones. */
#ifndef CONTAINER_CONSOLE_REBIND_H
#define CONTAINER_CONSOLE_REBIND_H

#include "container/plan.h"

/* Binds ptys of the guest's own devpts over its /dev/console and ttys. What has the old ones open sees them hung up, and
 * opens the new ones as it respawns. masters[0..ttys] are the caller's. pidfd: the guest's init. */
int console_rebind(int pidfd, unsigned ttys, int masters[PLAN_TTYS_MAX], struct auberge_error *error);

#endif
