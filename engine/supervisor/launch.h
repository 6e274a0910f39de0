/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a supervisor. */
#ifndef SUPERVISOR_LAUNCH_H
#define SUPERVISOR_LAUNCH_H

#include "auberge.h"

/* Spawns auberge-keeper with a supervisor for NAME and returns our end of its report: a frame, FRAME_DONE or FRAME_ERROR,
 * when the guest runs or cannot; with adopt, when the guest that runs is supervised again or there is none to supervise.
 * The keeper is our child while we live; set_reap() knows of it. */
int launch(struct auberge *auberge, const char *name, const char *by, bool adopt, struct auberge_error *error);
/* A guest that runs without supervisor and keeper gets both again; one that has them, or does not run, is left as it is.
 * await: waits for that, at most a few seconds. For acts that can do without: no errors. */
void launch_adoption(struct auberge *auberge, const char *name, bool await);

#endif
