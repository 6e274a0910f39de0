/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the wait for one act has heard, and how that is put into words: a line when it changes, the table of survivors
 * at a stop's time limit, an object of `stop --json`. Owns its copy of the survivors.
 */
#ifndef COMMANDS_WAIT_H
#define COMMANDS_WAIT_H

#include "auberge.h"

#include <jansson.h>

struct wait {
	const char *name;
	bool under_way, over;
	int64_t begun_ms, told_ms; /* 0: not yet */
	int64_t left_seconds;      /* at told_ms; -1 none */
	char text[256];            /* what is waited for */
	struct auberge_survivor *survivors;
	size_t survivors_count, survivors_total;
	char said[600]; /* what holds it up, as last said */
	int64_t said_ms;
	const char *outcome; /* "done" "timeout" "failed"; NULL: not over */
	double seconds;
	char *error;
};

int64_t wait_now_ms(void);
void wait_take(struct wait *wait, const struct auberge_job_event *event);
void wait_free(struct wait *wait);

/* Seconds to the time limit now; -1 none, or past it. */
int64_t wait_left(const struct wait *wait, int64_t now_ms);
/* "stuck in kernel: request_wait_answer (FUSE), 34 s", "hrtimer_nanosleep", "-" */
void wait_where(const struct auberge_survivor *survivor, char *out, size_t size);
/* Clean text cut and filled to that many columns. */
void wait_cell(char *out, size_t size, const char *text, size_t columns);

/* On no terminal: a line when what holds the act up has changed. */
void wait_say_change(struct wait *wait);
void wait_say_survivors(const struct wait *wait);
json_t *wait_json(const struct wait *wait);

#endif
