/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ini text line by line for inih (r55), which cuts names at 49 bytes and lines at its buffer without a word,
 * takes ':' for '=', joins indented lines to the value before, and tells its handler no line number.
 * Invariant: a line that inih is given is one that it understands whole; a refused one is handed over as an empty
 * line.
 */
#include "guest/ini_text.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

struct reading {
	const struct ini_sink *sink;
	const char *text;
	size_t length, offset;
	const char *rest; /* of the line that is being handed over */
	size_t rest_length;
	bool newline_due, skipping, inside;
	unsigned line;
};

/* Variables of the library, not of ours: whoever parsed before may have set them otherwise. */
static void set_library(void)
{
	ini_allow_multiline = false;
	ini_allow_bom = true;
	ini_allow_inline_comments = false;
	ini_use_stack = false;
	ini_allow_realloc = true;
	ini_max_line = INI_LINE_MAX + 8;
	ini_initial_alloc = 256;
	ini_stop_on_first_error = false;
	ini_allow_no_value = false;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\v' || byte == '\f';
}

static void trim(const char **text, size_t *length)
{
	while (*length > 0 && is_blank(**text)) {
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && is_blank((*text)[*length - 1]))
		(*length)--;
}

/* "net   eth0" to "net eth0". */
static bool squeeze(char *out, size_t size, const char *in, size_t length)
{
	size_t used = 0;

	trim(&in, &length);
	for (size_t i = 0; i < length; i++) {
		char byte = is_blank(in[i]) ? ' ' : in[i];

		if (byte == ' ' && used > 0 && out[used - 1] == ' ')
			continue;
		if (used + 1 >= size)
			return false;
		out[used++] = byte;
	}
	out[used] = '\0';
	return true;
}

static bool refuse(struct reading *reading, const char *text)
{
	reading->sink->problem(reading->sink->data, reading->line, text);
	return false;
}

static bool check_section(struct reading *reading, const char *line, size_t length)
{
	const char *end = memchr(line, ']', length);
	char name[INI_NAME_BYTES + 1];

	reading->skipping = true; /* the lines of a refused section are told by its one error */
	reading->inside = true;
	if (!end)
		return refuse(reading, "the section's ']' is missing");
	const char *after = end + 1;
	size_t after_length = length - (size_t)(after - line);
	trim(&after, &after_length);
	if (after_length > 0 && *after != '#' && *after != ';')
		return refuse(reading, "text after the section's ']'");
	if ((size_t)(end - line) - 1 > INI_NAME_BYTES || !squeeze(name, sizeof name, line + 1, (size_t)(end - line) - 1))
		return refuse(reading, "the section's name is longer than 49 bytes");
	if (name[0] == '\0')
		return refuse(reading, "a section without a name");
	reading->skipping = !reading->sink->section(reading->sink->data, reading->line, name);
	return !reading->skipping;
}

static bool check_value(struct reading *reading, const char *line, size_t length)
{
	const char *equals = memchr(line, '=', length);

	if (reading->skipping)
		return false;
	if (!equals)
		return refuse(reading, "neither a comment nor [section] nor key = value");
	size_t name_length = (size_t)(equals - line);
	trim(&line, &name_length);
	if (name_length == 0)
		return refuse(reading, "no key before '='");
	if (name_length > INI_NAME_BYTES)
		return refuse(reading, "the key's name is longer than 49 bytes");
	if (memchr(line, ':', name_length))
		return refuse(reading, "':' in the key's name");
	if (!reading->inside)
		return refuse(reading, "a key before the first [section]");
	return true;
}

static bool check_line(struct reading *reading, const char *line, size_t length)
{
	if (memchr(line, '\0', length))
		return refuse(reading, "a NUL byte in the line");
	for (size_t i = 0; i < length; i++) {
		if (((unsigned char)line[i] < ' ' && !is_blank(line[i])) || line[i] == 0x7f)
			return refuse(reading, "a control character in the line");
	}
	if (length > INI_LINE_MAX)
		return refuse(reading, "the line is longer than 64 KiB");
	if (length == 0 || *line == '#' || *line == ';')
		return false;
	return *line == '[' ? check_section(reading, line, length) : check_value(reading, line, length);
}

static bool next_line(struct reading *reading)
{
	const char *line = reading->text + reading->offset, *newline;
	size_t length = reading->length - reading->offset;

	if (length == 0)
		return false;
	newline = memchr(line, '\n', length);
	reading->offset += newline ? (size_t)(newline - line) + 1 : length;
	if (newline)
		length = (size_t)(newline - line);
	reading->line++;
	if (reading->line == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		length -= 3;
	}
	trim(&line, &length);
	reading->rest = line;
	reading->rest_length = check_line(reading, line, length) ? length : 0;
	reading->newline_due = true;
	return true;
}

/* fgets(3) for inih. */
static char *read_piece(char *out, int size, void *stream)
{
	struct reading *reading = stream;
	size_t room = size > 1 ? (size_t)size - 1 : 0, take;

	if (!reading->newline_due && !next_line(reading))
		return NULL;
	take = reading->rest_length < room ? reading->rest_length : room;
	memcpy(out, reading->rest, take);
	reading->rest += take;
	reading->rest_length -= take;
	if (reading->rest_length == 0 && take < room) {
		out[take++] = '\n';
		reading->newline_due = false;
	}
	out[take] = '\0';
	return out;
}

static int take_value(void *user, const char *section, const char *key, const char *value)
{
	struct reading *reading = user;
	char name[INI_NAME_BYTES + 1];

	squeeze(name, sizeof name, section, strlen(section));
	reading->sink->value(reading->sink->data, reading->line, name, key, value ? value : "");
	return 1;
}

int ini_text_parse(const char *text, size_t length, const struct ini_sink *sink)
{
	struct reading reading = {.sink = sink, .text = text, .length = length};

	set_library();
	return ini_parse_stream(read_piece, &reading, take_value, &reading) == -2 ? -ENOMEM : 0;
}
