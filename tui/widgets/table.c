/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests as a table, from the model's layout: which columns stand where is decided there. Owns nothing. */
#include "widgets/table.h"

#include "term/keys.h"

#include <string.h>

void table_fit(struct table *table, size_t count, size_t rows)
{
	if (table->cursor >= count)
		table->cursor = count > 0 ? count - 1 : 0;
	if (rows == 0)
		return;
	if (table->first > table->cursor)
		table->first = table->cursor;
	if (table->cursor >= table->first + rows)
		table->first = table->cursor - rows + 1;
	if (table->first + rows > count)
		table->first = count > rows ? count - rows : 0;
}

size_t table_moved(const struct table *table, size_t count, size_t page, uint32_t key)
{
	size_t last = count > 0 ? count - 1 : 0, at = table->cursor;
	size_t step = key == K_PAGE_UP || key == K_PAGE_DOWN ? page : 1;

	if (key == 'g' || key == K_HOME)
		return 0;
	if (key == 'G' || key == K_END)
		return last;
	if (key == K_UP || key == 'k' || key == K_PAGE_UP)
		return at > step ? at - step : 0;
	return at + step < last ? at + step : last;
}

void table_heading(struct screen *screen, int row, const struct model_layout *layout,
                   const struct model_column *sorted)
{
	char text[MODEL_CELL_SIZE];

	screen_text(screen, row, 0, screen_columns(screen), ROLE_HEADER, "");
	for (size_t i = 0; i < layout->count; i++) {
		const struct model_place *place = &layout->places[i];

		model_heading(place, text, sizeof text);
		screen_text(screen, row, place->x, place->width, place->column == sorted ? ROLE_HEADER_SORT : ROLE_HEADER,
		            text);
	}
}

enum role table_role(enum model_level level)
{
	static const enum role roles[] = {
		[MODEL_QUIET] = ROLE_OFF, [MODEL_PLAIN] = ROLE_TEXT, [MODEL_GOOD] = ROLE_OK,
		[MODEL_WARN] = ROLE_WARN, [MODEL_BAD] = ROLE_CRIT,
	};

	return roles[level];
}

void table_row(struct screen *screen, int row, const struct model_layout *layout,
               const struct model_row *guest, bool cursor)
{
	char text[MODEL_CELL_SIZE];
	int bar = 0; /* the cursor covers NAME and STATE: figures keep their colours, and a move costs few bytes */

	for (size_t i = 0; i < layout->count; i++) {
		const struct model_place *place = &layout->places[i];
		bool stale = false;
		enum model_level level = model_cell(guest, place, text, sizeof text, &stale);

		screen_text(screen, row, place->x, place->width, stale ? ROLE_DIM : table_role(level), text);
		if (strcmp(place->column->id, "state") == 0 || strcmp(place->column->id, "name") == 0)
			bar = place->x + place->width;
	}
	if (guest->tagged)
		screen_text(screen, row, 1, 1, ROLE_MARK, "*");
	if (cursor) {
		screen_text(screen, row, 0, 1, ROLE_TEXT, ">");
		screen_change(screen, row, 0, bar, ROLE_CURSOR);
	}
}
