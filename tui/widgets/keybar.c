/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key bar, made from a screen's key table. Owns nothing. */
#include "widgets/keybar.h"

#include <stdio.h>
#include <string.h>

#define ITEMS_MAX 16

struct item {
	const struct key_row *row;
	char key[8];
	int columns;
};

static size_t collect(const struct key_row *rows, size_t count, struct item *items)
{
	size_t found = 0;

	for (uint32_t key = K_F1; key <= K_F12; key++)
		for (size_t i = 0; i < count; i++) {
			const struct key_row *row = &rows[i];

			for (size_t k = 0; k < KEY_ROW_KEYS && row->keys[k]; k++)
				if (row->keys[k] == key && row->label && found < ITEMS_MAX) {
					items[found].row = row;
					keys_name(key, items[found].key, sizeof items[found].key);
					items[found].columns = (int)(strlen(items[found].key) + strlen(row->label)) + 1;
					found++;
				}
		}
	return found;
}

void keybar_draw(struct app *app, int row, const struct key_row *rows, size_t count)
{
	struct item items[ITEMS_MAX];
	size_t found = collect(rows, count, items);
	int total = 0, column = 0;

	for (size_t i = 0; i < found; i++)
		total += items[i].columns;
	while (total > screen_columns(app->screen) && found > 2) {
		total -= items[found - 2].columns;
		items[found - 2] = items[found - 1];
		found--;
	}
	for (size_t i = 0; i < found; i++) {
		bool grey = app_grey(app, items[i].row) != NULL;

		column = screen_text(app->screen, row, column + 1, -1, grey ? ROLE_OFF : ROLE_KEYBAR_KEY, items[i].key);
		column = screen_text(app->screen, row, column, -1, grey ? ROLE_OFF : ROLE_KEYBAR_LABEL, items[i].row->label);
	}
}
