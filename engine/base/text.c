/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sanitiser that all text from a guest passes before it is shown, and the width of what it lets through.
 * Independent of the locale: UTF-8 is decoded here and widths come from base/text_ranges.h.
 *
 * What becomes of what: C0 and DEL `^X` (two columns); C1 and invalid bytes U+FFFD; newline U+23CE; format characters
 * (bidi, zero width, tags, soft hyphen), line and paragraph separators: dropped; marks: two on a character, none at
 * the start, where they would sit on whatever the screen has to the left.
 */
#include "auberge.h"
#include "base/cleanup.h"
#include "base/text_ranges.h"

#include <string.h>

#define REPLACEMENT 0xfffdu
#define NEWLINE_MARK 0x23ceu
#define MARKS_MAX 2

/* Decodes one character and returns its bytes (at least 1). What is not UTF-8 gives U+FFFD for the longest part that
 * could have begun a character, so that one broken byte never swallows a good one behind it. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *character)
{
	unsigned char lead = at[0], low = 0x80, high = 0xbf;
	size_t length;
	uint32_t value;

	*character = lead;
	if (lead < 0x80)
		return 1;
	*character = REPLACEMENT;
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	value = lead & (0x7fu >> length);
	if (lead == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (lead == 0xed)
		high = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	for (size_t i = 1; i < length; i++) {
		if (i == left || at[i] < low || at[i] > high)
			return i;
		value = value << 6 | (at[i] & 0x3fu);
		low = 0x80;
		high = 0xbf;
	}
	*character = value;
	return length;
}

static size_t encode(uint32_t character, char out[4])
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
	out[0] = (char)(0xf0 | character >> 18);
	out[1] = (char)(0x80 | (character >> 12 & 0x3f));
	out[2] = (char)(0x80 | (character >> 6 & 0x3f));
	out[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (character > ranges[middle].last)
			low = middle + 1;
		else if (character < ranges[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

static size_t width_of(uint32_t character)
{
	if (character < 0x300)
		return 1;
	if (is_in(combining, COUNT_OF(combining), character))
		return 0;
	return is_in(wide, COUNT_OF(wide), character) ? 2 : 1;
}

/* What stands for one character: its bytes (0: nothing), and its columns. */
static size_t show(uint32_t character, char out[4], size_t *columns)
{
	*columns = 1;
	if (character == '\n')
		return encode(NEWLINE_MARK, out);
	if (character < 0x20 || character == 0x7f) {
		out[0] = '^';
		out[1] = (char)(character ^ 0x40);
		*columns = 2;
		return 2;
	}
	if (character < 0x7f)
		return encode(character, out);
	if (character < 0xa0 || (character & 0xfffe) == 0xfffe || (character >= 0xfdd0 && character <= 0xfdef))
		return encode(REPLACEMENT, out);
	if (is_in(dropped, COUNT_OF(dropped), character))
		return 0;
	*columns = width_of(character);
	return encode(character, out);
}

size_t auberge_text_clean(char *out, size_t size, const char *in, size_t length, size_t max_columns)
{
	const unsigned char *at = (const unsigned char *)in;
	size_t used = 0, columns = 0, marks = MARKS_MAX;

	if (size == 0)
		return 0;
	while (length > 0) {
		uint32_t character;
		char shown[4];
		size_t taken = decode(at, length, &character), width = 0;
		size_t bytes = show(character, shown, &width);

		at += taken;
		length -= taken;
		if (bytes == 0)
			continue;
		if (width == 0 && marks >= MARKS_MAX)
			continue;
		if (used + bytes > size - 1 || (max_columns > 0 && columns + width > max_columns))
			break;
		memcpy(out + used, shown, bytes);
		used += bytes;
		columns += width;
		marks = width == 0 ? marks + 1 : 0;
	}
	out[used] = '\0';
	return columns;
}

size_t auberge_text_columns(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), columns = 0;

	while (left > 0) {
		uint32_t character;
		size_t taken = decode(at, left, &character);

		columns += width_of(character);
		at += taken;
		left -= taken;
	}
	return columns;
}
