/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes and reads flat JSON objects, so that what lives long needs no JSON library. Nesting is refused. */
#include "guest/history_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_quoted(struct buffer *out, const char *text)
{
	buffer_add(out, "\"", 1);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f)
			buffer_addf(out, "\\u%04x", byte);
		else if (byte == '"' || byte == '\\')
			buffer_addf(out, "\\%c", byte);
		else
			buffer_add(out, text, 1);
	}
	buffer_add(out, "\"", 1);
}

static void add_key(struct buffer *out, const char *key)
{
	if (out->length > 0 && out->data[out->length - 1] != '{')
		buffer_addf(out, ", ");
	add_quoted(out, key);
	buffer_addf(out, ": ");
}

void json_begin(struct buffer *out)
{
	buffer_add(out, "{", 1);
}

void json_add_string(struct buffer *out, const char *key, const char *value)
{
	add_key(out, key);
	add_quoted(out, value);
}

void json_add_integer(struct buffer *out, const char *key, int64_t value)
{
	add_key(out, key);
	buffer_addf(out, "%" PRId64, value);
}

/* Thousandths by hand: printf's decimal point is the locale's. */
void json_add_seconds(struct buffer *out, const char *key, double value)
{
	uint64_t thousandths;

	if (!isfinite(value) || value < 0 || value > 1e15)
		return;
	thousandths = (uint64_t)(value * 1000 + 0.5);
	add_key(out, key);
	buffer_addf(out, "%" PRIu64 ".%03u", thousandths / 1000, (unsigned)(thousandths % 1000));
}

void json_add_bool(struct buffer *out, const char *key, bool value)
{
	add_key(out, key);
	buffer_addf(out, "%s", value ? "true" : "false");
}

void json_end(struct buffer *out)
{
	buffer_add(out, "}\n", 2);
}

struct cursor {
	const char *at, *end;
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && memchr(" \t\r\n", *cursor->at, 4))
		cursor->at++;
}

static bool take_byte(struct cursor *cursor, char byte)
{
	skip_blanks(cursor);
	if (cursor->at >= cursor->end || *cursor->at != byte)
		return false;
	cursor->at++;
	return true;
}

static size_t encode(uint32_t point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point >= 0xd800 && point < 0xe000)
		point = 0xfffd; /* half of a pair: we never write those */
	out[0] = (char)(0xe0 | point >> 12);
	out[1] = (char)(0x80 | (point >> 6 & 0x3f));
	out[2] = (char)(0x80 | (point & 0x3f));
	return 3;
}

static bool take_escape(struct cursor *cursor, char out[4], size_t *length)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t point = 0;

	if (cursor->at >= cursor->end)
		return false;
	char kind = *cursor->at++;
	if (kind != 'u') {
		found = kind ? strchr(names, kind) : NULL;
		if (!found)
			return false;
		out[0] = bytes[found - names];
		*length = 1;
		return true;
	}
	if (cursor->end - cursor->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char digit = *cursor->at++;

		if (digit >= '0' && digit <= '9')
			point = point * 16 + (uint32_t)(digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			point = point * 16 + (uint32_t)((digit | 0x20) - 'a' + 10);
		else
			return false;
	}
	if (point == 0)
		return false;
	*length = encode(point, out);
	return true;
}

static bool take_string(struct cursor *cursor, char *out, size_t size)
{
	size_t used = 0;
	bool full = false;

	if (!take_byte(cursor, '"'))
		return false;
	while (cursor->at < cursor->end) {
		char piece[4] = {*cursor->at++};
		size_t length = 1;

		if (piece[0] == '"') {
			out[used] = '\0';
			return true;
		}
		if ((unsigned char)piece[0] < 0x20)
			return false;
		if (piece[0] == '\\' && !take_escape(cursor, piece, &length))
			return false;
		full = full || used + length >= size;
		if (!full) {
			memcpy(out + used, piece, length);
			used += length;
		}
	}
	return false;
}

static bool take_word(struct cursor *cursor, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* Digits with at most one point, read by hand: strtod's decimal point is the locale's. */
static bool take_number(struct cursor *cursor, struct json_value *value)
{
	double sum = 0, scale = 1;
	bool negative = take_word(cursor, "-"), digits = false, point = false;

	for (; cursor->at < cursor->end; cursor->at++) {
		char byte = *cursor->at;

		if (byte == '.' && digits && !point) {
			point = true;
			continue;
		}
		if (byte < '0' || byte > '9')
			break;
		digits = true;
		sum = sum * 10 + (byte - '0');
		scale = point ? scale * 10 : scale;
		if (sum > 1e18 || scale > 1e18)
			return false;
	}
	value->number = negative ? -(sum / scale) : sum / scale;
	value->type = JSON_NUMBER;
	return digits;
}

static bool take_value(struct cursor *cursor, struct json_value *value)
{
	skip_blanks(cursor);
	value->text[0] = '\0';
	value->number = 0;
	value->truth = false;
	if (cursor->at < cursor->end && *cursor->at == '"') {
		value->type = JSON_STRING;
		return take_string(cursor, value->text, sizeof value->text);
	}
	if (take_word(cursor, "true") || take_word(cursor, "false")) {
		value->type = JSON_BOOL;
		value->truth = cursor->at[-2] == 'u';
		return true;
	}
	if (take_word(cursor, "null")) {
		value->type = JSON_NULL;
		return true;
	}
	return take_number(cursor, value);
}

bool json_parse_flat(const char *line, size_t length,
                     void (*take)(void *data, const char *key, const struct json_value *value), void *data)
{
	struct cursor cursor = {line, line + length};
	struct json_value value;
	char key[64];

	if (!take_byte(&cursor, '{'))
		return false;
	if (!take_byte(&cursor, '}')) {
		do {
			if (!take_string(&cursor, key, sizeof key) || !take_byte(&cursor, ':') || !take_value(&cursor, &value))
				return false;
			take(data, key, &value);
		} while (take_byte(&cursor, ','));
		if (!take_byte(&cursor, '}'))
			return false;
	}
	skip_blanks(&cursor);
	return cursor.at == cursor.end;
}
