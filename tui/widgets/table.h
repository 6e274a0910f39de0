/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIDGETS_TABLE_H
#define WIDGETS_TABLE_H

#include "model/model.h"
#include "term/screen.h"

/* A window on a list: which entry is the cursor's and which is the first shown. */
struct table {
	size_t cursor, first;
};

/* Brings cursor and first into a list of count entries, of which rows fit. */
void table_fit(struct table *table, size_t count, size_t rows);
/* Where the cursor goes by Up k Down j PgUp PgDn g Home G End. */
size_t table_moved(const struct table *table, size_t count, size_t page, uint32_t key);
/* What a cell is drawn in that tells of this level. */
enum role table_role(enum model_level level);
void table_heading(struct screen *screen, int row, const struct model_layout *layout,
                   const struct model_column *sorted);
void table_row(struct screen *screen, int row, const struct model_layout *layout,
               const struct model_row *guest, bool cursor);

#endif
