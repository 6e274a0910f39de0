/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge-build as seen by those who run it. Modes: "start" (by the supervisor, which holds the locks), "check" (no side
 * effect), "reclaim" (takes the locks itself; refuses while a supervisor lives), "reclaim-held" and "reclaim-many" (by
 * the supervisor; many: links are left to the kernel's batched cleanup and awaited), "reclaim-again" (the same, but the
 * run directory stays for the next start), "adopt" (new consoles for a guest that lost them), "kill" (kill, then reclaim),
 * "halt" and "reboot" (supervisor/rung.h).
 */
#ifndef SUPERVISOR_BUILD_H
#define SUPERVISOR_BUILD_H

#include "auberge.h"

#define BUILD_CHANNEL 3 /* its end of the channel, in the new process */

/* Spawns program with these arguments ([0] its name, NULL at the end) and a channel, of which our end is returned. */
int build_spawn_program(const char *program, const char *const *arguments, pid_t *pid, struct auberge_error *error);
/* Waits for such a program to end. 0, or negative with the error it told. what: for the error when it told none. */
int build_await(int fd, pid_t pid, const char *what, struct auberge_error *error);
/* Spawns it; returns our end of the channel. */
int build_spawn(const struct auberge *auberge, const char *name, const char *mode, pid_t *pid, struct auberge_error *error);
/* Runs it to the end. 0, or negative with the error it told. */
int build_run(const struct auberge *auberge, const char *name, const char *mode, struct auberge_error *error);

#endif
