/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells of an emulated terminal on curses: their colours as the terminal has them or as near as it comes, in pairs
 * that are made as they are wanted. For screen_draw.c alone; owns the pairs from first on.
 */
#ifndef TERM_PAINT_H
#define TERM_PAINT_H

#include "term/cell.h"

#include <stdbool.h>
#include <stddef.h>

#define PAINT_PAIRS 1024

struct paint {
	bool colours;  /* the terminal and the theme have some */
	bool defaults; /* and the terminal's own can be kept */
	bool utf8, direct, full;
	int first, limit, count;
	struct {
		int foreground, background; /* as curses has them */
	} pairs[PAINT_PAIRS];
	short buckets[2 * PAINT_PAIRS]; /* index into pairs, plus one */
};

void paint_open(struct paint *paint, bool colours, bool defaults, bool utf8, int first);
/* Before a picture is drawn: when the last one wanted more pairs than there are, it begins anew. */
void paint_begin(struct paint *paint);
/* found: attributes of curses, with their pair, for cells that are CELL_FOUND. */
void paint_cells(struct paint *paint, int row, int column, const struct cell *cells, int count, unsigned found);

#endif
