/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The acts under way on the terminal behind standard error: a line for each target and its survivors below it, drawn
 * anew in place, never higher than the terminal. Invariant: whoever writes anything else erases it first.
 */
#ifndef COMMANDS_LIVE_H
#define COMMANDS_LIVE_H

#include "commands/wait.h"

#define LIVE_LINES 128

struct live {
	bool on;       /* standard error is a terminal that can do it */
	size_t lines;  /* that stand there */
	unsigned short columns[LIVE_LINES]; /* of each: a narrower terminal has wrapped them meanwhile */
	int64_t drawn_ms;
	char headline[512]; /* above the targets; empty: none */
};

void live_open(struct live *live);
void live_erase(struct live *live);
/* Those of the waits that are under way and have been heard of. */
void live_draw(struct live *live, const struct wait *waits, size_t count);
/* Milliseconds until it is to be drawn again; -1: there is nothing to draw. */
int live_due(const struct live *live, const struct wait *waits, size_t count);

#endif
