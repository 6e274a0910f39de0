/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process inherits and a guest must not: put back to defaults before an exec inside a guest. */
#ifndef CONTAINER_PROCESS_STATE_H
#define CONTAINER_PROCESS_STATE_H

#include "auberge.h"

#define PROCESS_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* All dispositions default, nothing blocked. */
void process_reset_signals(void);
/* nofile 1024:524288 as far as allowed, core 0. */
int process_reset_limits(struct auberge_error *error);
/* oom_score_adj 0, as far as allowed: needs the guest's or the host's /proc. */
void process_reset_score(void);
/* Descriptors above 2 go at exec; a session keyring of its own. */
int process_close_others(struct auberge_error *error);

#endif
