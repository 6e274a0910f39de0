/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists with columns of a screen's own; see grid.h. Owns nothing. One blank stands before each column. */
#include "widgets/grid.h"

#include "auberge.h"

#include <stdio.h>

#define COLUMNS_MAX 16

/* Which columns fit: widths[i] 0 is one that was dropped. */
static void fit(int width, const struct grid_column *columns, size_t count, int widths[COLUMNS_MAX])
{
	int total = 0, rest = -1;

	for (size_t i = 0; i < count; i++) {
		widths[i] = columns[i].width < 0 ? 8 : columns[i].width;
		rest = columns[i].width < 0 ? (int)i : rest;
		total += widths[i] + 1;
	}
	while (total > width) {
		size_t least = count;

		for (size_t i = 0; i < count; i++)
			if (widths[i] > 0 && columns[i].drop > 0 && (least == count || columns[i].drop < columns[least].drop))
				least = i;
		if (least == count)
			break;
		total -= widths[least] + 1;
		widths[least] = 0;
	}
	if (rest >= 0 && widths[rest] > 0 && width > total)
		widths[rest] += width - total;
}

static void cell(struct screen *screen, int row, int column, int width, bool right, enum role role, const char *text)
{
	int taken = (int)auberge_text_columns(text), pad = right && taken < width ? width - taken : 0;

	screen_text(screen, row, column + pad, width - pad, role, text);
}

void grid_heading(struct screen *screen, int row, int column, int width, const struct grid_column *columns, size_t count)
{
	int widths[COLUMNS_MAX], at = column;

	screen_text(screen, row, column, width, ROLE_HEADER, "");
	fit(width, columns, count, widths);
	for (size_t i = 0; i < count; i++) {
		if (widths[i] == 0)
			continue;
		cell(screen, row, at + 1, widths[i], columns[i].right, ROLE_HEADER, columns[i].head);
		at += widths[i] + 1;
	}
}

void grid_row(struct screen *screen, int row, int column, int width, const struct grid_column *columns, size_t count,
              const char *const *texts, const enum role *roles, bool cursor)
{
	int widths[COLUMNS_MAX], at = column;

	fit(width, columns, count, widths);
	for (size_t i = 0; i < count; i++) {
		if (widths[i] == 0)
			continue;
		cell(screen, row, at + 1, widths[i], columns[i].right, roles ? roles[i] : ROLE_TEXT, texts[i]);
		at += widths[i] + 1;
	}
	if (!cursor)
		return;
	screen_text(screen, row, column, 1, ROLE_TEXT, ">");
	screen_change(screen, row, column, at - column, ROLE_CURSOR);
}
