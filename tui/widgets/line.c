/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of text being edited; see line.h. Owns the bytes. */
#include "widgets/line.h"

#include "auberge.h"
#include "term/keys.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_SIZE 128 /* bytes that one character may take on the screen, a tab included */
#define CONTROL(letter) ((letter) - 0x40)

void line_free(struct line *line)
{
	free(line->text);
	*line = (struct line){0};
}

const char *line_text(const struct line *line)
{
	return line->text ? line->text : "";
}

static bool make_room(struct line *line, size_t length)
{
	size_t room = line->room ? line->room : 32;
	char *text;

	while (room < length + 1)
		room *= 2;
	if (room == line->room)
		return true;
	text = realloc(line->text, room);
	if (!text)
		return false;
	line->text = text;
	line->room = room;
	line->text[line->length] = '\0';
	return true;
}

bool line_set(struct line *line, const char *text, size_t length)
{
	if (!make_room(line, length))
		return false;
	memcpy(line->text, text, length);
	line->text[length] = '\0';
	line->length = line->cursor = length;
	return true;
}

bool line_insert(struct line *line, const char *text, size_t length)
{
	if (!make_room(line, line->length + length))
		return false;
	memmove(line->text + line->cursor + length, line->text + line->cursor, line->length - line->cursor + 1);
	memcpy(line->text + line->cursor, text, length);
	line->length += length;
	line->cursor += length;
	return true;
}

void line_delete(struct line *line, size_t from, size_t to)
{
	if (from >= to)
		return;
	memmove(line->text + from, line->text + to, line->length - to + 1);
	line->length -= to - from;
	line->cursor = from;
}

/* --- characters */

/* Bytes of one code point; 1 for what begins none. */
static size_t code_point(const char *text, size_t left)
{
	unsigned char lead = (unsigned char)text[0];
	size_t length = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (length > left)
		return 1;
	for (size_t i = 1; i < length; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 1;
	return length;
}

static bool has_columns(const char *text, size_t length)
{
	char shown[SHOWN_SIZE];

	return *text == '\t' || auberge_text_clean(shown, sizeof shown, text, length, 0) > 0;
}

size_t line_next(const struct line *line, size_t at)
{
	if (at >= line->length)
		return line->length;
	at += code_point(line->text + at, line->length - at);
	while (at < line->length) {
		size_t length = code_point(line->text + at, line->length - at);

		if (has_columns(line->text + at, length))
			break;
		at += length;
	}
	return at;
}

size_t line_previous(const struct line *line, size_t at)
{
	size_t before = 0;

	for (size_t next = 0; next < at; next = line_next(line, next))
		before = next;
	return before;
}

/* What stands for the character from `at` to `next`, and its columns when it begins in that column. */
static size_t show(const struct line *line, size_t at, size_t next, size_t column, char out[SHOWN_SIZE])
{
	size_t columns = LINE_TAB - column % LINE_TAB;

	if (line->text[at] != '\t')
		return auberge_text_clean(out, SHOWN_SIZE, line->text + at, next - at, 0);
	memset(out, ' ', columns);
	out[columns] = '\0';
	return columns;
}

size_t line_columns(const struct line *line, size_t at)
{
	size_t column = 0;
	char shown[SHOWN_SIZE];

	for (size_t place = 0, next; place < at; place = next) {
		next = line_next(line, place);
		column += show(line, place, next, column, shown);
	}
	return column;
}

size_t line_at_column(const struct line *line, size_t column)
{
	size_t at = 0, reached = 0;
	char shown[SHOWN_SIZE];

	while (at < line->length) {
		size_t next = line_next(line, at), columns = show(line, at, next, reached, shown);

		if (reached + columns > column)
			break;
		reached += columns;
		at = next;
	}
	return at;
}

void line_draw(const struct line *line, struct screen *screen, int row, int column, int width, enum role role, size_t skip)
{
	size_t reached = 0;
	char shown[SHOWN_SIZE];
	int used = 0;

	screen_text(screen, row, column, width, role, "");
	for (size_t at = 0, next; at < line->length && used < width; at = next) {
		size_t columns;

		next = line_next(line, at);
		columns = show(line, at, next, reached, shown);
		if (reached >= skip) {
			screen_text(screen, row, column + used, width - used, role, shown);
			used += (int)columns;
		} else if (reached + columns > skip) { /* its beginning is cut off: blanks stand for the rest */
			used += (int)(reached + columns - skip);
		}
		reached += columns;
	}
}

/* --- keys */

size_t line_encode(uint32_t key, char out[4])
{
	if (key < ' ' || key == K_BACKSPACE || key >= K_UNKNOWN || (key >= 0x80 && key < 0xa0))
		return 0;
	if (key < 0x80) {
		out[0] = (char)key;
		return 1;
	}
	if (key < 0x800) {
		out[0] = (char)(0xc0 | key >> 6);
		out[1] = (char)(0x80 | (key & 0x3f));
		return 2;
	}
	if (key < 0x10000) {
		out[0] = (char)(0xe0 | key >> 12);
		out[1] = (char)(0x80 | (key >> 6 & 0x3f));
		out[2] = (char)(0x80 | (key & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | key >> 18);
	out[1] = (char)(0x80 | (key >> 12 & 0x3f));
	out[2] = (char)(0x80 | (key >> 6 & 0x3f));
	out[3] = (char)(0x80 | (key & 0x3f));
	return 4;
}

static enum line_result move(struct line *line, size_t at)
{
	line->cursor = at;
	return LINE_MOVED;
}

static enum line_result cut(struct line *line, size_t from, size_t to)
{
	if (from >= to)
		return LINE_MOVED;
	line_delete(line, from, to);
	return LINE_CHANGED;
}

enum line_result line_key(struct line *line, uint32_t key, size_t max)
{
	char bytes[4];
	size_t length = line_encode(key, bytes);

	if (length > 0)
		return line->length + length <= max && line_insert(line, bytes, length) ? LINE_CHANGED : LINE_MOVED;
	switch (key) {
	case K_LEFT:
		return move(line, line_previous(line, line->cursor));
	case K_RIGHT:
		return move(line, line_next(line, line->cursor));
	case K_HOME:
	case CONTROL('A'):
		return move(line, 0);
	case K_END:
	case CONTROL('E'):
		return move(line, line->length);
	case K_BACKSPACE:
		return cut(line, line_previous(line, line->cursor), line->cursor);
	case K_DELETE:
		return cut(line, line->cursor, line_next(line, line->cursor));
	case CONTROL('U'):
		return cut(line, 0, line->cursor);
	case CONTROL('K'):
		return cut(line, line->cursor, line->length);
	default:
		return LINE_IGNORED;
	}
}
