/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIDGETS_GRAPH_H
#define WIDGETS_GRAPH_H

#include "model/model.h"
#include "term/screen.h"

/*
 * One series of a guest's history as a sweep graph: eighth blocks, or `_.-=+*#%@` where the terminal has none. Takes at
 * most width cells; returns how many. A sample moves one or two of them.
 */
int graph_draw(struct screen *screen, int row, int column, int width, const struct model_row *guest, enum model_series series);
/* The four series with their names, as many in a line as fit. Returns the lines taken, at most room. */
int graph_block(struct screen *screen, int row, int column, int width, int room, const struct model_row *guest);
int graph_block_height(int width);

#endif
