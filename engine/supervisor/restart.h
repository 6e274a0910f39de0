/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a guest that has ended is started again, and when. A pure function of policy, end, and what went before:
 * the delay doubles from 1 s to 60 s, a run of RESTART_CALM clears what went before, and after RESTART_LIMIT restarts
 * within RESTART_WINDOW it is given up. The guest's own reboot needs no policy, and no delay unless it comes often.
 */
#ifndef SUPERVISOR_RESTART_H
#define SUPERVISOR_RESTART_H

#include "auberge.h"
#include "guest/config.h"

#define RESTART_LIMIT 10
#define RESTART_WINDOW 600 /* seconds */
#define RESTART_CALM 300   /* seconds */
#define RESTART_LONGEST 60 /* seconds of delay */
#define RESTART_REBOOTS 3  /* reboots in a row that are not delayed */

struct restart_history {
	unsigned count;               /* restarts in a row */
	int64_t times[RESTART_LIMIT]; /* CLOCK_BOOTTIME seconds of the last of them, oldest first */
};

enum restart_verdict { RESTART_NOT, RESTART_AGAIN, RESTART_GIVEN_UP };
struct restart_decision {
	enum restart_verdict verdict;
	int64_t delay_seconds;
	int64_t span_seconds; /* given up: the time that the last RESTART_LIMIT took */
};

struct restart_question {
	enum config_restart policy;
	const struct auberge_end *end;
	bool asked;     /* the end: by a stop or kill of ours */
	bool rebooting; /* the guest's own reboot */
	bool automatic; /* a start that failed: was it a restart? The first one is its caller's business. */
	int64_t now_seconds;
};
/* RESTART_AGAIN adds the restart to the history. */
struct restart_decision restart_decide(const struct restart_question *question, struct restart_history *history);

/* How many restarts in a row a guest has behind it that has run for so long (-1: it does not run). */
unsigned restart_count(const struct restart_history *history, int64_t uptime_seconds);
/* The ledger's arguments "COUNT TIME...", both ways. */
void restart_format(const struct restart_history *history, char *out, size_t size);
bool restart_parse(const char *text, struct restart_history *history);
/* "exited 1", "signal 9", "OOM kill", "start failed". */
void restart_phrase(const struct auberge_end *end, char *out, size_t size);

#endif
