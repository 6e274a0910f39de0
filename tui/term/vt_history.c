/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "term/vt_history.h"

#include <stdlib.h>
#include <string.h>

#define CELL_TEXT 12 /* bytes of three characters */

struct looks {
	int32_t foreground, background;
	uint16_t from; /* column */
	uint8_t attributes;
};

struct history_line {
	uint16_t columns, looks_count;
	uint32_t length; /* of the text, with its zero */
	struct looks looks[];
	/* then a byte per column: how many bytes of the text it has, with WIDE set for two columns; then the text */
};

#define WIDE 0x40
#define SECOND 0x80

static size_t encode(uint32_t character, char *out)
{
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		out[0] = (char)(0xc0 | character >> 6);
		out[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		out[0] = (char)(0xe0 | character >> 12);
		out[1] = (char)(0x80 | (character >> 6 & 0x3f));
		out[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (character >> 18 & 7));
	out[1] = (char)(0x80 | (character >> 12 & 0x3f));
	out[2] = (char)(0x80 | (character >> 6 & 0x3f));
	out[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

static uint32_t decode(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	unsigned extra = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
	uint32_t value = extra == 0 ? *at : *at & (0x3fu >> extra);

	for (unsigned i = 1; i <= extra; i++)
		value = value << 6 | (at[i] & 0x3fu);
	*text += extra + 1;
	return value;
}

static size_t cell_text(const struct cell *cell, char *out)
{
	size_t length = 0;

	for (int i = 0; i < CELL_CHARACTERS && cell->characters[i]; i++)
		length += encode(cell->characters[i], out + length);
	return length;
}

static bool blank(const struct cell *cell)
{
	return cell->width == 1 && cell->characters[0] == ' ' && cell->characters[1] == 0 &&
	       cell->background == CELL_DEFAULT && cell->attributes == 0;
}

size_t cells_text(const struct cell *cells, int columns, char *out, size_t size)
{
	size_t length = 0, end = 0;

	for (int i = 0; i < columns && length + CELL_TEXT < size; i++) {
		if (cells[i].width == 0)
			continue;
		length += cell_text(&cells[i], out + length);
		if (cells[i].characters[0] != ' ')
			end = length;
	}
	out[end] = '\0';
	return end;
}

static bool same_looks(const struct looks *looks, const struct cell *cell)
{
	return looks->foreground == cell->foreground && looks->background == cell->background &&
	       looks->attributes == cell->attributes;
}

static size_t count_looks(const struct cell *cells, int columns)
{
	size_t count = 0;

	for (int i = 0; i < columns; i++)
		if (i == 0 || cells[i].foreground != cells[i - 1].foreground || cells[i].background != cells[i - 1].background ||
		    cells[i].attributes != cells[i - 1].attributes)
			count++;
	return count;
}

static size_t line_size(const struct history_line *line)
{
	return sizeof *line + line->looks_count * sizeof line->looks[0] + line->columns + line->length;
}

static const unsigned char *line_widths(const struct history_line *line)
{
	return (const unsigned char *)(line->looks + line->looks_count);
}

static struct history_line *pack(const struct cell *cells, int columns)
{
	struct history_line *line, head = {0};
	unsigned char *widths;
	size_t length = 0;
	char one[CELL_TEXT], *text;

	while (columns > 0 && blank(&cells[columns - 1]))
		columns--;
	head.columns = (uint16_t)columns;
	head.looks_count = (uint16_t)count_looks(cells, columns);
	for (int i = 0; i < columns; i++)
		length += cells[i].width ? cell_text(&cells[i], one) : 0;
	head.length = (uint32_t)length + 1;
	line = malloc(line_size(&head));
	if (!line)
		return NULL;
	*line = head;
	widths = (unsigned char *)(line->looks + line->looks_count);
	text = (char *)widths + columns;
	head.looks_count = 0;
	for (int i = 0; i < columns; i++) {
		size_t bytes = cells[i].width ? cell_text(&cells[i], text) : 0;

		text += bytes;
		widths[i] = (unsigned char)(bytes | (cells[i].width == 2 ? WIDE : 0) | (cells[i].width == 0 ? SECOND : 0));
		if (i == 0 || !same_looks(&line->looks[head.looks_count - 1], &cells[i]))
			line->looks[head.looks_count++] =
				(struct looks){cells[i].foreground, cells[i].background, (uint16_t)i, cells[i].attributes};
	}
	*text = '\0';
	return line;
}

static void unpack(const struct history_line *line, struct cell *cells, int columns)
{
	const unsigned char *widths = line_widths(line);
	const char *text = (const char *)widths + line->columns;
	size_t looks = 0;

	for (int i = 0; i < columns; i++) {
		struct cell *cell = &cells[i];
		const char *end;

		*cell = (struct cell){{' '}, CELL_DEFAULT, CELL_DEFAULT, 1, 0};
		if (i >= line->columns)
			continue;
		if (looks + 1 < line->looks_count && line->looks[looks + 1].from == i)
			looks++;
		cell->foreground = line->looks[looks].foreground;
		cell->background = line->looks[looks].background;
		cell->attributes = line->looks[looks].attributes;
		cell->width = widths[i] & SECOND ? 0 : widths[i] & WIDE ? 2 : 1;
		end = text + (widths[i] & 0x3f);
		cell->characters[0] = cell->width ? ' ' : 0;
		for (int k = 0; k < CELL_CHARACTERS && text < end; k++)
			cell->characters[k] = decode(&text);
		text = end;
	}
	if (columns > 0 && cells[columns - 1].width == 2) { /* its second half lies outside */
		cells[columns - 1].width = 1;
		cells[columns - 1].characters[0] = ' ';
		cells[columns - 1].characters[1] = 0;
	}
}

static void drop_oldest(struct history *history)
{
	struct history_line *line = history->lines[history->first];

	history->bytes -= line_size(line);
	free(line);
	history->first = (history->first + 1) % HISTORY_LINES;
	history->count--;
}

void history_push(struct history *history, const struct cell *cells, int columns)
{
	struct history_line *line;

	if (!history->lines)
		history->lines = calloc(HISTORY_LINES, sizeof(struct history_line *));
	line = history->lines ? pack(cells, columns) : NULL;
	if (!line)
		return;
	while (history->count > 0 && (history->count == HISTORY_LINES || history->bytes + line_size(line) > HISTORY_BYTES))
		drop_oldest(history);
	history->lines[(history->first + history->count++) % HISTORY_LINES] = line;
	history->bytes += line_size(line);
}

static struct history_line *at(const struct history *history, size_t back)
{
	if (back == 0 || back > history->count)
		return NULL;
	return history->lines[(history->first + history->count - back) % HISTORY_LINES];
}

int history_line(const struct history *history, size_t back, struct cell *cells, int columns)
{
	const struct history_line *line = at(history, back);

	if (!line)
		return 0;
	unpack(line, cells, columns);
	return 1;
}

const char *history_text(const struct history *history, size_t back)
{
	const struct history_line *line = at(history, back);

	return line ? (const char *)line_widths(line) + line->columns : NULL;
}

void history_pop(struct history *history)
{
	struct history_line *line = at(history, 1);

	if (!line)
		return;
	history->bytes -= line_size(line);
	history->count--;
	free(line);
}

void history_free(struct history *history)
{
	while (history->count > 0)
		drop_oldest(history);
	free(history->lines);
	*history = (struct history){0};
}
