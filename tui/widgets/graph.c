/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sweep graphs; see graph.h. Owns nothing. */
#include "widgets/graph.h"

#include "model/sweep.h"

#include <stdio.h>

#define HIGH 0.8f      /* from here on a cell has the other role */
#define BLOCK_CELLS 30 /* of one series in a block: two samples a cell */
#define BLOCK_WIDTH (6 + BLOCK_CELLS)
#define BLOCK_GAP 2

static const char *const names[MODEL_SERIES_COUNT] = {"cpu", "mem", "io", "stall"};

static const char *glyph(float cell, bool blocks)
{
	static const char *const eighths[SWEEP_LEVELS] = {"▁", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[SWEEP_LEVELS] = {"_", ".", "-", "=", "+", "*", "#", "%", "@"};

	if (cell < 0)
		return " ";
	return (blocks ? eighths : letters)[sweep_level(cell)];
}

static enum role role_of(float cell)
{
	return cell >= HIGH ? ROLE_GRAPH_HIGH : ROLE_GRAPH_LOW;
}

int graph_draw(struct screen *screen, int row, int column, int width, const struct model_row *guest, enum model_series series)
{
	float parts[MODEL_HISTORY], cells[MODEL_HISTORY];
	size_t now, count = model_history(guest, series, parts, MODEL_HISTORY, &now), used, at = 0;
	bool blocks = screen_blocks(screen);

	for (size_t i = count; i < MODEL_HISTORY; i++)
		parts[i] = SWEEP_NONE;
	if (count == 0 || width <= 0)
		return 0;
	used = sweep_cells(parts, MODEL_HISTORY, now, (size_t)width, cells);
	while (at < used) { /* a run of one role at a time */
		char text[MODEL_HISTORY * 3 + 1];
		size_t from = at, length = 0;

		while (at < used && role_of(cells[at]) == role_of(cells[from]))
			length += (size_t)snprintf(text + length, sizeof text - length, "%s", glyph(cells[at++], blocks));
		screen_text(screen, row, column + (int)from, (int)(at - from), role_of(cells[from]), text);
	}
	return (int)used;
}

static int per_line(int width)
{
	int fit = (width + BLOCK_GAP) / (BLOCK_WIDTH + BLOCK_GAP);

	return fit < 1 ? 1 : fit > 2 && fit < MODEL_SERIES_COUNT ? 2 : fit > MODEL_SERIES_COUNT ? MODEL_SERIES_COUNT : fit;
}

int graph_block_height(int width)
{
	return (MODEL_SERIES_COUNT + per_line(width) - 1) / per_line(width);
}

int graph_block(struct screen *screen, int row, int column, int width, int room, const struct model_row *guest)
{
	int each = per_line(width), lines = graph_block_height(width);

	for (int i = 0; i < MODEL_SERIES_COUNT && i / each < room; i++) {
		int x = column + i % each * (BLOCK_WIDTH + BLOCK_GAP);

		screen_text(screen, row + i / each, x, -1, ROLE_DIM, names[i]);
		graph_draw(screen, row + i / each, x + 6, BLOCK_CELLS < width - 6 ? BLOCK_CELLS : width - 6, guest, (enum model_series)i);
	}
	return lines < room ? lines : room;
}
