/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes and durations as people write and read them. Integers only, so that no figure is off by the rounding of a
 * fraction; what does not fit or is followed by anything is malformed.
 */
#include "auberge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char size_letters[] = "BKMGTPE"; /* each 1024 times the one before */

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* Digits to a number; NULL: none, or too many. */
static const char *parse_digits(const char *text, uint64_t *number)
{
	uint64_t value = 0;

	if (!is_digit(*text))
		return NULL;
	for (; is_digit(*text); text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	*number = value;
	return text;
}

static int size_shift(char letter)
{
	static const char lower[] = "bkmgtpe";

	for (int i = 0; size_letters[i]; i++)
		if (letter == size_letters[i] || letter == lower[i])
			return i * 10;
	return -1;
}

int auberge_parse_size(const char *text, uint64_t *bytes)
{
	uint64_t whole, fraction = 0, scale = 1;
	int shift = 0;

	if (strcmp(text, "max") == 0) {
		*bytes = AUBERGE_UNLIMITED;
		return 0;
	}
	text = parse_digits(text, &whole);
	if (!text)
		return -1;
	if (*text == '.') { /* "1.5G"; three digits are finer than any use */
		if (!is_digit(*++text))
			return -1;
		for (int digits = 0; is_digit(*text); text++) {
			if (++digits > 3)
				return -1;
			fraction = fraction * 10 + (unsigned)(*text - '0');
			scale *= 10;
		}
	}
	if (*text != '\0') {
		shift = size_shift(*text++);
		if (shift < 0)
			return -1;
	}
	if (*text != '\0' || (shift == 0 && scale > 1) || whole > UINT64_MAX >> shift)
		return -1;
	whole <<= shift;
	/* fraction < 1000, so that it is multiplied in two steps: 999 << 60 does not fit */
	if (shift == 60)
		fraction = (fraction << 50) / scale << 10;
	else
		fraction = (fraction << shift) / scale;
	if (whole >= UINT64_MAX - fraction)
		return -1;
	*bytes = whole + fraction;
	return 0;
}

int auberge_parse_duration(const char *text, int64_t *seconds)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	uint64_t number;

	text = parse_digits(text, &number);
	if (!text || (*text != '\0' && text[1] != '\0'))
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].letter != *text)
			continue;
		if (number > (uint64_t)(INT64_MAX / units[i].seconds))
			return -1;
		*seconds = (int64_t)number * units[i].seconds;
		return 0;
	}
	return -1;
}

void auberge_format_size(char *out, size_t size, uint64_t bytes)
{
	if (bytes == AUBERGE_UNLIMITED) {
		snprintf(out, size, "max");
		return;
	}
	if (bytes < 1024) {
		snprintf(out, size, "%" PRIu64 "B", bytes);
		return;
	}
	for (unsigned unit = 1; unit < sizeof size_letters - 1; unit++) {
		unsigned shift = unit * 10;
		uint64_t half = UINT64_C(1) << (shift - 1), rest = bytes & ((UINT64_C(1) << shift) - 1);
		uint64_t whole = bytes >> shift;
		uint64_t tenths = whole * 10 + ((rest * 10 + half) >> shift); /* rest < 2^60: fits */
		uint64_t rounded = whole + (rest >= half);

		if (tenths < 100) {
			snprintf(out, size, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, size_letters[unit]);
			return;
		}
		if (rounded < 1024) {
			snprintf(out, size, "%" PRIu64 "%c", rounded, size_letters[unit]);
			return;
		}
	}
}

void auberge_format_age(char *out, size_t size, int64_t seconds)
{
	int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (seconds < 0)
		snprintf(out, size, "-");
	else if (minutes == 0)
		snprintf(out, size, "%" PRId64 "s", seconds);
	else if (hours == 0)
		snprintf(out, size, "%" PRId64 "m", minutes);
	else if (hours < 10)
		snprintf(out, size, "%" PRId64 "h%02" PRId64, hours, minutes % 60);
	else if (days == 0)
		snprintf(out, size, "%" PRId64 "h", hours); /* four columns: no room for minutes */
	else if (days < 10)
		snprintf(out, size, "%" PRId64 "d%02" PRId64, days, hours % 24);
	else if (days < 1000)
		snprintf(out, size, "%" PRId64 "d", days);
	else
		snprintf(out, size, "%" PRId64 "y", days / 365);
}
