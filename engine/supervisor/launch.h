/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a supervisor. */
#ifndef SUPERVISOR_LAUNCH_H
#define SUPERVISOR_LAUNCH_H

#include "auberge.h"

/* Spawns auberge-supervisor for NAME and returns our end of its report: a frame, FRAME_DONE or FRAME_ERROR, when the
 * guest runs or cannot. The supervisor is our child while we live; set_reap() knows of it. */
int launch(struct auberge *auberge, const char *name, const char *by, struct auberge_error *error);

#endif
