/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of a log's lines; see lines.h. */
#include "model/lines.h"

#include "auberge.h"

#include <stdlib.h>
#include <string.h>

size_t lines_strip(char *text, size_t length)
{
	size_t to = 0;

	for (size_t at = 0; at < length; at++) {
		if (text[at] == '\r')
			continue;
		if (text[at] == '\033' && at + 1 < length && text[at + 1] == '[') {
			for (at += 2; at < length && (text[at] < '@' || text[at] > '~'); at++)
				;
			continue;
		}
		if (text[at] == '\033' && at + 1 < length && text[at + 1] == ']') {
			for (at += 2; at < length && text[at] != '\a' && text[at] != '\033'; at++)
				;
			if (at + 1 < length && text[at] == '\033' && text[at + 1] == '\\')
				at++;
			continue;
		}
		text[to++] = text[at] == '\t' ? ' ' : text[at];
	}
	return to;
}

void lines_free(struct lines *lines)
{
	free(lines->text);
	free(lines->starts);
	*lines = (struct lines){0};
}

static bool open_store(struct lines *lines)
{
	if (lines->text)
		return true;
	lines->text = malloc(LINES_STORE);
	lines->starts = malloc(LINES_MAX * sizeof *lines->starts);
	if (lines->text && lines->starts)
		return true;
	lines_free(lines);
	return false;
}

/* The older half goes, by whole lines; the last one never does. */
static void make_room(struct lines *lines)
{
	size_t first = lines->count == LINES_MAX ? lines->count / 2 : 0, from;

	while (first + 1 < lines->count && lines->count < LINES_MAX && lines->starts[first] < LINES_STORE / 2)
		first++;
	from = lines->starts[first];
	memmove(lines->text, lines->text + from, lines->length - from);
	lines->length -= from;
	lines->count -= first;
	lines->dropped += first;
	for (size_t i = 0; i < lines->count; i++)
		lines->starts[i] = lines->starts[first + i] - (uint32_t)from;
}

bool lines_feed(struct lines *lines, const char *data, size_t length)
{
	if (!open_store(lines))
		return false;
	while (length > 0) {
		const char *end = memchr(data, '\n', length);
		size_t piece = end ? (size_t)(end - data) : length, have, kept;

		if (lines->length + LINES_BYTES > LINES_STORE || lines->count == LINES_MAX)
			make_room(lines);
		if (!lines->open)
			lines->starts[lines->count++] = (uint32_t)lines->length;
		have = lines->length - lines->starts[lines->count - 1];
		kept = piece < LINES_BYTES - have ? piece : LINES_BYTES - have;
		memcpy(lines->text + lines->length, data, kept);
		lines->length += kept;
		lines->open = !end;
		data += piece + (end != NULL);
		length -= piece + (end != NULL);
	}
	return true;
}

size_t lines_text(const struct lines *lines, size_t index, char *out, size_t size)
{
	size_t from = lines->starts[index], to = index + 1 < lines->count ? lines->starts[index + 1] : lines->length;
	char raw[LINES_BYTES];

	memcpy(raw, lines->text + from, to - from);
	return auberge_text_clean(out, size, raw, lines_strip(raw, to - from), 0);
}

ssize_t lines_search(const struct lines *lines, ssize_t from, int step, const char *text)
{
	ssize_t count = (ssize_t)lines->count, index = from;
	char clean[LINES_CLEAN];

	if (index < 0 && step < 0)
		index = count;
	for (ssize_t tried = 0; tried < count; tried++) {
		index = (index + step + count) % count;
		lines_text(lines, (size_t)index, clean, sizeof clean);
		if (strcasestr(clean, text))
			return index;
	}
	return -1;
}

const char *lines_from_column(const char *text, size_t column)
{
	size_t passed = 0;

	while (*text && passed < column) {
		char character[8] = "";
		size_t bytes = 1;

		while ((text[bytes] & 0xc0) == 0x80 && bytes < sizeof character - 1)
			bytes++;
		memcpy(character, text, bytes);
		passed += auberge_text_columns(character);
		text += bytes;
	}
	return text;
}
