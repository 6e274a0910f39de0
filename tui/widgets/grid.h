/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIDGETS_GRID_H
#define WIDGETS_GRID_H

#include "term/screen.h"

/*
 * A list whose columns a screen names in a table: processes, ports, events, versions. Which entry is the cursor's and
 * which is the first shown is a struct table's (widgets/table.h).
 */
struct grid_column {
	const char *head;
	int width;  /* -1: the rest of the line (the last one only) */
	bool right; /* aligned right */
	int drop;   /* dropped as the room narrows, 1 first; 0 never */
};

/* Draws the headings in width columns from column on. */
void grid_heading(struct screen *screen, int row, int column, int width, const struct grid_column *columns, size_t count);
/* One line: texts[i] and roles[i] (NULL: all ROLE_TEXT) belong to columns[i]; clean text. cursor: drawn over all of it. */
void grid_row(struct screen *screen, int row, int column, int width, const struct grid_column *columns, size_t count,
              const char *const *texts, const enum role *roles, bool cursor);

#endif
