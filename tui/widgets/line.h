/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of text being edited: its bytes, the cursor among them, and what a key does to it. Fields of a form and
 * lines of a text are made of these.
 *
 * Invariant: the cursor stands between two characters, a character being one code point with the marks that follow it;
 * bytes that are no UTF-8 are kept as they are, and each is a character. What is drawn has passed auberge_text_clean().
 */
#ifndef WIDGETS_LINE_H
#define WIDGETS_LINE_H

#include "term/screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_TAB 8 /* columns from one tab stop to the next */

struct line {
	char *text; /* zero-terminated; NULL: nothing yet */
	size_t length, room;
	size_t cursor; /* bytes before it */
};

enum line_result { LINE_IGNORED, LINE_MOVED, LINE_CHANGED };

void line_free(struct line *line);
const char *line_text(const struct line *line);
/* The cursor goes to the end. False: out of memory, and the line is as before; so everywhere here. */
bool line_set(struct line *line, const char *text, size_t length);
/* At the cursor, which goes behind it. */
bool line_insert(struct line *line, const char *text, size_t length);
void line_delete(struct line *line, size_t from, size_t to);
/* The end of the character that begins at `at`; the beginning of the one that ends there. */
size_t line_next(const struct line *line, size_t at);
size_t line_previous(const struct line *line, size_t at);
/* Columns before a place among the bytes, and the last place that is not beyond a column. */
size_t line_columns(const struct line *line, size_t at);
size_t line_at_column(const struct line *line, size_t column);
/*
 * Characters, Left Right Home End ^A ^E, Backspace Delete, ^U to the beginning and ^K to the end. max: bytes that the
 * line may have; what does not fit is not taken. A paste is not known here.
 */
enum line_result line_key(struct line *line, uint32_t key, size_t max);
/* Draws it in width columns from its column `skip` on. */
void line_draw(const struct line *line, struct screen *screen, int row, int column, int width, enum role role, size_t skip);
/* A key that is a character, as UTF-8; 0: it is none. */
size_t line_encode(uint32_t key, char out[4]);

#endif
