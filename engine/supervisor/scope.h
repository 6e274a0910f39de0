/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking systemd for a guest's scope (host/scope.h). Only auberge-build does, by way of auberge-scope, which alone links
 * libsystemd: a host without systemd pays nothing for it, and what lives long links nothing of it.
 */
#ifndef SUPERVISOR_SCOPE_H
#define SUPERVISOR_SCOPE_H

#include "host/scope.h"

/* The unit that guest NAME is to have; empty when its cgroups are to be made below ROOT: systemd is not pid 1, the set has
 * a ROOT of the caller's choice, or auberge was built without libsystemd. */
void scope_choose(char unit[SCOPE_NAME_SIZE], struct auberge *auberge, const char *name);
/* Has systemd make that scope and put these processes of ours into it. 0 also when unit is empty, or when the caller is in
 * it already (the guest's own reboot). */
int scope_start(struct auberge *auberge, const char *name, const char *unit, const pid_t *pids, size_t count,
                struct auberge_error *error);

#endif
