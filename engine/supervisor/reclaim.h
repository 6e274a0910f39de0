/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking apart what a ledger names: the end of every guest, and the cure for every crash. Each step is idempotent. */
#ifndef SUPERVISOR_RECLAIM_H
#define SUPERVISOR_RECLAIM_H

#include "auberge.h"

/* The caller holds the guest's locks and nothing of the guest should live; what does is killed. many: links are awaited
 * rather than deleted. The ledger goes last, then the run directory. */
int reclaim_held(struct auberge *auberge, const char *name, bool many, struct auberge_error *error);
/* The same, but the run directory stays, with a ledger that says only that the guest waits to be started again: it must
 * say so already. */
int reclaim_again(struct auberge *auberge, const char *name, struct auberge_error *error);
/* Takes the locks itself. AUBERGE_WRONG_STATE when a supervisor lives; unless kill is set, also when init lives. */
int reclaim_locked(struct auberge *auberge, const char *name, bool kill, struct auberge_error *error);
/* The same through auberge-build: for programs that should not carry its libraries. 0 at once without a ledger. */
int reclaim_guest(struct auberge *auberge, const char *name, struct auberge_error *error);

#endif
