/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stop screen's state, shared by its two files: keys and acts (stop.c), lines and drawing (stop_draw.c). The jobs
 * belong to jobs.c and are looked up by name each time: they may end while they are shown. Invariant: the cursor belongs
 * to a process by its identity, or to a guest by its name; where that goes, the cursor goes.
 */
#ifndef SCREENS_STOP_H
#define SCREENS_STOP_H

#include "screens/view.h"

#define STOP_TARGETS 16
#define STOP_LINES (STOP_TARGETS * (SURVIVORS_KEPT + 4))

struct stop_target {
	char name[AUBERGE_NAME_MAX + 1];
	int64_t begun_ms;
	bool over, failed; /* failed: the guest was not stopped */
	char how[48]; /* "stopped after 6s" */
};

enum stop_line_kind { STOP_BAR, STOP_TEXT, STOP_SURVIVOR, STOP_MORE, STOP_BLANK };
struct stop_line {
	enum stop_line_kind kind;
	size_t target, survivor;
};

struct stop {
	struct stop_target targets[STOP_TARGETS];
	size_t targets_count;
	struct {
		char name[AUBERGE_NAME_MAX + 1];
		pid_t host_pid; /* 0: on the guest's bar */
		uint64_t start_time;
	} cursor;
	bool moved;   /* by hand: until then the cursor is on the worst of its guest */
	size_t first; /* line shown first */
	size_t at;    /* line of the cursor */
	struct stop_line lines[STOP_LINES];
	size_t lines_count;
};

/* Makes the lines anew from the jobs and finds the cursor's again. */
void stop_arrange(struct app *app, struct stop *stop);
/* The lines that a cursor may stand on. */
bool stop_selectable(const struct stop_line *line);
const struct auberge_survivor *stop_survivor(struct app *app, const struct stop *stop);
void stop_draw(struct app *app, void *state);

#endif
