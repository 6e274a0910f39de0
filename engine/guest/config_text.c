/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes one value, or one section, in the text of a guest.ini and leaves every other byte as it was: comments, order,
 * blank lines, line ends (LF or CRLF), a byte order mark, a last line without an end.
 * Invariant: what is changed is what the reader takes; of a section or a key that is there twice it takes the first.
 */
#include "guest/config.h"
#include "guest/ini_text.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

#define MARK "\xef\xbb\xbf" /* of byte order */

struct place {
	const char *section, *key; /* key NULL: any */
	unsigned char *is_key;     /* by line: it holds the key */
	unsigned header, last, first_key, lines; /* last: of the section's settings, else its header; 0: not there */
	bool inside;
};

static bool see_section(void *data, unsigned line, const char *section)
{
	struct place *place = data;

	place->inside = strcmp(section, place->section) == 0 && place->header == 0;
	if (place->inside)
		place->header = place->last = line;
	return true;
}

static void see_value(void *data, unsigned line, const char *section, const char *key, const char *value)
{
	struct place *place = data;

	(void)section;
	(void)value;
	if (!place->inside)
		return;
	place->last = line;
	if (!place->key || strcmp(key, place->key) != 0)
		return;
	place->is_key[line] = 1;
	if (place->first_key == 0)
		place->first_key = line;
}

static void see_problem(void *data, unsigned line, const char *text)
{
	(void)data;
	(void)line;
	(void)text;
}

static int find_place(const char *text, struct place *place)
{
	struct ini_sink sink = {see_section, see_value, see_problem, place};

	place->lines = 1;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		place->lines++;
	place->is_key = calloc(place->lines + 2, 1);
	if (!place->is_key)
		return -ENOMEM;
	return ini_text_parse(text, strlen(text), &sink);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\v' || byte == '\f';
}

/* Where line number begins; past the last: the text's end. */
static const char *line_at(const char *text, unsigned number)
{
	while (number-- > 1) {
		const char *newline = strchr(text, '\n');

		if (!newline)
			return text + strlen(text);
		text = newline + 1;
	}
	return text;
}

/* "\r\n" if the line ends so, "\n" if it ends so, "" if it does not. */
static const char *end_of(const char *line)
{
	size_t length = strcspn(line, "\n");

	if (line[length] == '\0')
		return "";
	return length > 0 && line[length - 1] == '\r' ? "\r\n" : "\n";
}

static const char *usual_end(const char *text)
{
	const char *end = end_of(text);

	return *end ? end : "\n";
}

static void add_text(struct buffer *out, const char *text)
{
	buffer_add(out, text, strlen(text));
}

/* The line with another value: what is before it and behind it stays. */
static void add_replaced(struct buffer *out, const char *line, size_t length, const char *value)
{
	const char *equals = memchr(line, '=', length), *start, *end = line + length;

	if (!equals) /* the reader took it for a setting: not to be */
		return;
	for (start = equals + 1; start < end && is_blank(*start); start++)
		;
	while (end > start && is_blank(end[-1]))
		end--;
	if (start == end) { /* no value so far */
		bool carriage = length > 0 && line[length - 1] == '\r' && line + length - 1 > equals;

		buffer_add(out, line, (size_t)(equals + 1 - line));
		buffer_addf(out, "%s%s%s", equals > line && is_blank(equals[-1]) ? " " : "", value, carriage ? "\r" : "");
		return;
	}
	buffer_add(out, line, (size_t)(start - line));
	add_text(out, value);
	buffer_add(out, end, (size_t)(line + length - end));
}

/* "key = value" as the setting in like is written: its indent, its blanks around '='. like NULL: ours. */
static void add_setting(struct buffer *out, const char *like, const char *key, const char *value)
{
	const char *equals = like ? memchr(like, '=', strcspn(like, "\n")) : NULL;
	size_t indent = like ? strspn(like, " \t") : 0;

	if (!equals) {
		buffer_addf(out, "%s = %s", key, value);
		return;
	}
	buffer_add(out, like, indent);
	buffer_addf(out, "%s%s=%s%s", key, is_blank(equals[-1]) ? " " : "", equals[1] == '\n' || is_blank(equals[1]) ? " " : "",
	            value);
}

static bool ends_blank(const char *text)
{
	size_t at = strlen(text);

	if (at == 0 || text[at - 1] != '\n')
		return false;
	for (at--; at > 0 && is_blank(text[at - 1]); at--)
		;
	return at == 0 || text[at - 1] == '\n';
}

/* Behind everything, with an empty line between. A text without an end of its last line stays one. */
static void add_section(struct buffer *out, const char *text, const char *section, const char *key, const char *value)
{
	size_t length = strlen(text);
	bool empty = length == 0 || strcmp(text, MARK) == 0, open = !empty && text[length - 1] != '\n';
	const char *end = usual_end(text);

	buffer_add(out, text, length);
	if (open)
		add_text(out, end);
	if (!empty && !ends_blank(text))
		add_text(out, end);
	buffer_addf(out, "[%s]", section);
	if (key) {
		add_text(out, end);
		add_setting(out, NULL, key, value);
	}
	if (!open)
		add_text(out, end);
}

/* The text with the key's first line replaced (value NULL: all its lines taken away), or with a new line. */
static void build(struct buffer *out, const char *text, const struct place *place, const char *value)
{
	const char *at = text;

	for (unsigned line = 1; *at; line++) {
		size_t length = strcspn(at, "\n"), whole = length + (at[length] == '\n');

		if (line == place->first_key && value) {
			add_replaced(out, at, length, value);
			buffer_add(out, at + length, whole - length);
		} else if (value || !place->is_key[line]) {
			buffer_add(out, at, whole);
		}
		if (value && place->first_key == 0 && line == place->last) {
			if (whole == length)
				add_text(out, usual_end(text));
			add_setting(out, place->last > place->header ? at : NULL, place->key, value);
			add_text(out, end_of(at));
		}
		at += whole;
	}
}

static bool plain(const char *text, const char *forbidden)
{
	for (const char *at = text; *at; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	return !strpbrk(text, forbidden);
}

static bool plain_section(const char *section)
{
	return *section != '\0' && strlen(section) <= INI_NAME_BYTES && plain(section, "[]") && *section != ' ' &&
	       section[strlen(section) - 1] != ' ' && !strstr(section, "  ") && !strchr(section, '\t');
}

static bool plain_key(const char *key)
{
	return *key != '\0' && strlen(key) <= INI_NAME_BYTES && plain(key, "=:[]#; \t");
}

static int finish(char **text, struct buffer *out)
{
	buffer_add(out, "", 0);
	if (out->failed)
		return -ENOMEM;
	free(*text);
	*text = take_pointer(&out->data);
	return 0;
}

int config_set_text(char **text, const char *section, const char *key, const char *value, struct auberge_error *error)
{
	struct place place = {.section = section, .key = key};
	cleanup_buffer struct buffer out = {0};
	size_t length = 0;
	int result;

	for (; value && is_blank(*value); value++)
		; /* the reader would not see them */
	for (length = value ? strlen(value) : 0; length > 0 && is_blank(value[length - 1]); length--)
		;
	cleanup_free char *trimmed = value ? strndup(value, length) : NULL;
	if (!plain_section(section) || !plain_key(key) || (trimmed && (!plain(trimmed, "") || length > INI_LINE_MAX / 2)))
		return error_set_code(error, AUBERGE_USAGE, 0, "%s.%s: not a key and value that fit on one line", section, key);
	result = value && !trimmed ? -ENOMEM : find_place(*text, &place);
	if (result == 0 && place.header == 0 && trimmed)
		add_section(&out, *text, section, key, trimmed);
	else if (result == 0)
		build(&out, *text, &place, trimmed);
	free(place.is_key);
	if (result == 0)
		result = finish(text, &out);
	return result < 0 ? error_set(error, -result, "%s.%s", section, key) : 0;
}

int config_add_section_text(char **text, const char *section, struct auberge_error *error)
{
	struct place place = {.section = section};
	cleanup_buffer struct buffer out = {0};
	int result;

	if (!plain_section(section))
		return error_set_code(error, AUBERGE_USAGE, 0, "[%s]: not a name for a section", section);
	result = find_place(*text, &place);
	free(place.is_key);
	if (result == 0 && place.header > 0)
		return 0;
	if (result == 0)
		add_section(&out, *text, section, NULL, NULL);
	if (result == 0)
		result = finish(text, &out);
	return result < 0 ? error_set(error, -result, "[%s]", section) : 0;
}

static bool blank_line(const char *text, unsigned number)
{
	const char *line = line_at(text, number);
	size_t length = strcspn(line, "\n");

	while (length > 0 && is_blank(line[length - 1]))
		length--;
	return length == 0;
}

/* From the header to its last setting. What is written below that belongs to what follows. */
int config_remove_section_text(char **text, const char *section, struct auberge_error *error)
{
	struct place place = {.section = section};
	cleanup_buffer struct buffer out = {0};
	int result = find_place(*text, &place);

	free(place.is_key);
	if (result == 0 && place.header > 0) {
		unsigned first = place.header;
		const char *start, *end;

		if (first > 1 && blank_line(*text, first - 1) && blank_line(*text, place.last + 1))
			first--; /* the empty line before it, when one stays behind it */
		start = line_at(*text, first);
		end = line_at(*text, place.last + 1);
		if (first == 1 && strncmp(*text, MARK, 3) == 0)
			start += 3;
		buffer_add(&out, *text, (size_t)(start - *text));
		add_text(&out, end);
		result = finish(text, &out);
	}
	return result < 0 ? error_set(error, -result, "[%s]", section) : 0;
}
