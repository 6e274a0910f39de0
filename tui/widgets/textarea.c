/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor of many lines; see textarea.h. */
#include "widgets/textarea.h"

#include "term/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL(letter) ((letter) - 0x40)
#define NUMBERED_FROM 60 /* columns from which on the lines are numbered */

/* --- lines */

static void free_lines(struct textarea *area)
{
	for (size_t i = 0; i < area->count; i++)
		line_free(&area->lines[i]);
	free(area->lines);
}

void textarea_free(struct textarea *area)
{
	free_lines(area);
	free(area->undo);
	*area = (struct textarea){0};
}

/* An empty line in front of line number at. */
static bool add_line(struct textarea *area, size_t at)
{
	if (area->count == area->room) {
		size_t room = area->room ? area->room * 2 : 64;
		struct line *lines = realloc(area->lines, room * sizeof *lines);

		if (!lines)
			return false;
		area->lines = lines;
		area->room = room;
	}
	memmove(&area->lines[at + 1], &area->lines[at], (area->count - at) * sizeof *area->lines);
	area->lines[at] = (struct line){0};
	area->count++;
	area->bytes++;
	return true;
}

static void remove_line(struct textarea *area, size_t at)
{
	area->bytes -= area->lines[at].length + 1;
	line_free(&area->lines[at]);
	area->count--;
	memmove(&area->lines[at], &area->lines[at + 1], (area->count - at) * sizeof *area->lines);
}

static bool split(struct textarea *area, const char *text)
{
	for (;; text++) {
		size_t length = strcspn(text, "\n");

		if (!add_line(area, area->count) || !line_set(&area->lines[area->count - 1], text, length))
			return false;
		area->lines[area->count - 1].cursor = 0;
		area->bytes += length;
		text += length;
		if (*text == '\0')
			return true;
	}
}

/* The lines become the text's; undo and what is shown are kept. */
static bool replace(struct textarea *area, const char *text)
{
	struct textarea fresh = {0};

	if (strlen(text) > TEXTAREA_MAX || !split(&fresh, text)) {
		free_lines(&fresh);
		return false;
	}
	free_lines(area);
	area->lines = fresh.lines;
	area->count = fresh.count;
	area->room = fresh.room;
	area->bytes = fresh.bytes;
	area->row = area->row < area->count ? area->row : area->count - 1;
	area->want = SIZE_MAX;
	return true;
}

bool textarea_set(struct textarea *area, const char *text)
{
	if (!replace(area, text))
		return false;
	free(area->undo);
	area->undo = NULL;
	area->row = area->first = area->left = 0;
	area->typing = false;
	return true;
}

char *textarea_text(const struct textarea *area)
{
	char *text = malloc(area->bytes + 1), *at = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < area->count; i++) {
		memcpy(at, line_text(&area->lines[i]), area->lines[i].length);
		at += area->lines[i].length;
		*at++ = '\n';
	}
	if (at > text)
		at--;
	*at = '\0';
	return text;
}

void textarea_go(struct textarea *area, size_t line)
{
	area->row = line > area->count ? area->count - 1 : line > 0 ? line - 1 : 0;
	area->lines[area->row].cursor = 0;
	area->want = SIZE_MAX;
}

/* --- undo */

/* Called before each change. */
static void keep(struct textarea *area, bool typing)
{
	char *text;

	if (typing && area->typing)
		return;
	area->typing = typing;
	text = textarea_text(area);
	if (!text)
		return;
	free(area->undo);
	area->undo = text;
	area->undo_row = area->row;
	area->undo_cursor = area->lines[area->row].cursor;
}

static enum textarea_result undo(struct textarea *area)
{
	size_t row = area->undo_row, cursor = area->undo_cursor;
	char *text = area->undo;

	if (!text)
		return TEXTAREA_MOVED;
	area->undo = NULL;
	area->typing = false;
	keep(area, false); /* so that once more gives it again */
	if (replace(area, text)) {
		area->row = row < area->count ? row : area->count - 1;
		area->lines[area->row].cursor = cursor <= area->lines[area->row].length ? cursor : 0;
	}
	free(text);
	return TEXTAREA_CHANGED;
}

/* --- keys */

static bool fits(struct textarea *area, size_t more)
{
	area->full = area->bytes + more > TEXTAREA_MAX;
	return !area->full;
}

static bool break_line(struct textarea *area)
{
	struct line *line;
	size_t cursor = area->lines[area->row].cursor;

	if (!add_line(area, area->row + 1))
		return false;
	line = &area->lines[area->row];
	if (!line_set(line + 1, line_text(line) + cursor, line->length - cursor)) {
		remove_line(area, area->row + 1);
		return false;
	}
	line[1].cursor = 0;
	line_delete(line, cursor, line->length);
	area->row++;
	return true;
}

/* Line number at and the next one become one, with the cursor in between. */
static void join(struct textarea *area, size_t at)
{
	struct line *line = &area->lines[at];
	size_t place = line->length;

	line->cursor = place;
	if (!line_insert(line, line_text(line + 1), line[1].length))
		return;
	line->cursor = place;
	area->bytes += line[1].length;
	remove_line(area, at + 1);
	area->row = at;
}

/* Ends of lines stay, other controls than tabs go. */
static void paste(struct textarea *area, const char *pasted)
{
	for (const char *at = pasted; *at; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte == '\r') {
			if (at[1] == '\n')
				continue;
			byte = '\n';
		}
		if (byte == '\n') {
			if (!break_line(area))
				return;
		} else if (byte == '\t' || (byte >= ' ' && byte != 0x7f)) {
			if (!line_insert(&area->lines[area->row], at, 1))
				return;
			area->bytes++;
		}
	}
}

static void move_rows(struct textarea *area, bool up, size_t steps)
{
	struct line *line = &area->lines[area->row];

	if (area->want == SIZE_MAX)
		area->want = line_columns(line, line->cursor);
	if (up)
		area->row = area->row > steps ? area->row - steps : 0;
	else
		area->row = area->row + steps < area->count ? area->row + steps : area->count - 1;
	line = &area->lines[area->row];
	line->cursor = line_at_column(line, area->want);
}

/* Keys that leave the line; false: it is none of them. */
static bool travel(struct textarea *area, uint32_t key)
{
	struct line *line = &area->lines[area->row];
	size_t page = area->height > 2 ? (size_t)area->height - 1 : 1;

	if (key == K_UP || key == K_DOWN) {
		move_rows(area, key == K_UP, 1);
	} else if (key == K_PAGE_UP || key == K_PAGE_DOWN) {
		move_rows(area, key == K_PAGE_UP, page);
	} else if (key == K_LEFT && line->cursor == 0 && area->row > 0) {
		area->row--;
		area->lines[area->row].cursor = area->lines[area->row].length;
		area->want = SIZE_MAX;
	} else if (key == K_RIGHT && line->cursor == line->length && area->row + 1 < area->count) {
		area->row++;
		area->lines[area->row].cursor = 0;
		area->want = SIZE_MAX;
	} else {
		return false;
	}
	area->typing = false;
	return true;
}

/* Keys that make lines or join them; false: it is none of them. */
static bool reshape(struct textarea *area, uint32_t key, const char *pasted)
{
	struct line *line = &area->lines[area->row];
	bool at_end = line->cursor == line->length && area->row + 1 < area->count;

	if (key == K_PASTE && fits(area, strlen(pasted))) {
		keep(area, false);
		paste(area, pasted);
	} else if (key == K_ENTER && fits(area, 1)) {
		keep(area, false);
		break_line(area);
	} else if (key == K_BACKSPACE && line->cursor == 0 && area->row > 0) {
		keep(area, false);
		join(area, area->row - 1);
	} else if ((key == K_DELETE || key == CONTROL('K')) && at_end) {
		keep(area, false);
		join(area, area->row);
	} else {
		return false;
	}
	area->want = SIZE_MAX;
	return true;
}

static enum textarea_result in_line(struct textarea *area, uint32_t key)
{
	struct line *line = &area->lines[area->row];
	char bytes[4] = "\t";
	size_t before = line->length, length = key == K_TAB ? 1 : line_encode(key, bytes);
	bool deletes = key == K_BACKSPACE || key == K_DELETE || key == CONTROL('U') || key == CONTROL('K');
	enum line_result result = LINE_CHANGED;

	if (length > 0 && !fits(area, length))
		return TEXTAREA_MOVED;
	if (length > 0 || deletes)
		keep(area, length > 0 || key == K_BACKSPACE);
	if (length > 0)
		line_insert(line, bytes, length);
	else
		result = line_key(line, key, TEXTAREA_MAX);
	if (result == LINE_IGNORED)
		return TEXTAREA_IGNORED;
	if (result == LINE_MOVED)
		area->typing = false;
	area->bytes = area->bytes - before + line->length;
	area->want = SIZE_MAX;
	return result == LINE_CHANGED ? TEXTAREA_CHANGED : TEXTAREA_MOVED;
}

enum textarea_result textarea_key(struct textarea *area, uint32_t key, const char *pasted)
{
	area->full = false;
	if (key == CONTROL('Z'))
		return undo(area);
	if (travel(area, key))
		return TEXTAREA_MOVED;
	if (reshape(area, key, pasted))
		return TEXTAREA_CHANGED;
	if (area->full)
		return TEXTAREA_MOVED;
	return in_line(area, key);
}

/* --- drawing */

static void scroll(struct textarea *area, size_t height, size_t width)
{
	const struct line *line = &area->lines[area->row];
	size_t column = line_columns(line, line->cursor);

	if (area->row < area->first)
		area->first = area->row;
	if (area->row >= area->first + height)
		area->first = area->row - height + 1;
	if (column < area->left || column >= area->left + width)
		area->left = column < width ? 0 : column - width / 2;
}

void textarea_draw(struct textarea *area, struct screen *screen, int row, int column, int height, int width,
                   enum role (*role_of)(const void *data, size_t line, const char *text), const void *data)
{
	int margin = width >= NUMBERED_FROM ? 5 : 0;

	if (height <= 0 || width <= margin)
		return;
	area->height = height;
	scroll(area, (size_t)height, (size_t)(width - margin));
	for (int i = 0; i < height && area->first + (size_t)i < area->count; i++) {
		size_t number = area->first + (size_t)i;
		const struct line *line = &area->lines[number];
		enum role role = role_of ? role_of(data, number + 1, line_text(line)) : ROLE_TEXT;
		char text[24];

		if (margin) {
			snprintf(text, sizeof text, "%4zu ", number + 1);
			screen_text(screen, row + i, column, margin, ROLE_DIM, text);
		}
		line_draw(line, screen, row + i, column + margin, width - margin, role, area->left);
		if (number == area->row)
			screen_cursor(screen, row + i, column + margin + (int)(line_columns(line, line->cursor) - area->left));
	}
}
