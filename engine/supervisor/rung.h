/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second rung of a stop, as modes of auberge-build: the guest's own poweroff, run inside, or runit's files. Bounded in
 * time; what it began goes on or not, nothing is killed for it.
 */
#ifndef SUPERVISOR_RUNG_H
#define SUPERVISOR_RUNG_H

#include "auberge.h"

#define RUNG_MODE_HALT "halt"
#define RUNG_MODE_REBOOT "reboot" /* the kind's reboot request: its signal, after runit's files where it has them */

int rung_run(struct auberge *auberge, const char *name, bool reboot, struct auberge_error *error);
/* runit's files below root, as this user: stopit 0100, and reboot 0100 or 0. */
int rung_files(int root, uid_t uid, gid_t gid, bool reboot, struct auberge_error *error);

#endif
