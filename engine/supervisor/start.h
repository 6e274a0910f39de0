/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The supervisor's first steps with a guest, at start and again at each reboot of it. */
#ifndef SUPERVISOR_START_H
#define SUPERVISOR_START_H

#include "supervisor/supervisor.h"

/* Run directory, ledger with its first records, control socket. */
int start_begin(struct supervisor *supervisor, struct auberge_error *error);
/* Into the ledger: who supervises and who keeps. */
int ledger_introduce(struct supervisor *supervisor, struct auberge_error *error);
/* Takes the guest's locks: AUBERGE_WRONG_STATE when it runs already. */
int start_lock(struct supervisor *supervisor, struct auberge_error *error);

#endif
