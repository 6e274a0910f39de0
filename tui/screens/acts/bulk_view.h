/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the screen of acts on several guests, shared by its two files. The bulks belong to bulk.c and may go
 * while they are shown. Invariant: the cursor belongs to a target by its bulk and index; where that goes, it stays near.
 */
#ifndef SCREENS_BULK_VIEW_H
#define SCREENS_BULK_VIEW_H

#include "screens/acts/bulk.h"

struct bulk_line {
	struct bulk *bulk;
	size_t target; /* SIZE_MAX: the bulk's heading */
};
struct bulk_state {
	struct bulk_line *lines;
	size_t count, room;
	size_t at, first; /* the cursor's line, the first shown */
	struct bulk_line cursor;
};

/* Makes the lines anew and finds the cursor's again. */
void bulk_arrange(struct app *app, struct bulk_state *state);
/* The target under the cursor; NULL: on a heading, or nothing is there. */
struct bulk_target *bulk_under_cursor(const struct bulk_state *state);
void bulk_draw(struct app *app, void *state);
/* The state of the view, also while another is in front of it; NULL: not open. */
struct bulk_state *bulk_state_of(const struct app *app);
size_t bulk_page(const struct app *app);

#endif
