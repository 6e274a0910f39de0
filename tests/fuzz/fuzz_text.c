/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sanitiser on any bytes: the first two are the size of the room and the columns, the rest is the text. */
#include "auberge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WANT(condition)                                                                                          \
	do {                                                                                                     \
		if (!(condition))                                                                                \
			abort();                                                                                 \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Strictly UTF-8 without controls; a second opinion, written apart from the decoder it checks. */
static void want_clean(const char *text)
{
	for (const uint8_t *at = (const uint8_t *)text; *at;) {
		uint32_t value;
		unsigned more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;

		WANT(*at < 0x80 || *at >= 0xc2);
		value = more == 0 ? *at : *at & (0x3fu >> more);
		at++;
		for (unsigned i = 0; i < more; i++, at++) {
			WANT((*at & 0xc0) == 0x80);
			value = value << 6 | (*at & 0x3fu);
		}
		WANT(value >= 0x20 && (value < 0x7f || value >= 0xa0));
		WANT(value < 0xd800 || (value > 0xdfff && value <= 0x10ffff));
		WANT(more < 2 || value >= (more == 2 ? 0x800u : 0x10000u));
		WANT(!(value >= 0x200b && value <= 0x200f) && !(value >= 0x2028 && value <= 0x202e));
		WANT(!(value >= 0x2066 && value <= 0x2069) && value != 0xfeff && value != 0xad);
		WANT(!(value >= 0xe0000 && value <= 0xe0fff));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room, most, columns;
	char *out;

	if (size < 2)
		return 0;
	room = (size_t)data[0] + 1;
	most = data[1];
	out = malloc(room); /* of that very size, so that one byte too many is caught */
	if (!out)
		return 0;
	columns = auberge_text_clean(out, room, (const char *)data + 2, size - 2, most);
	WANT(memchr(out, '\0', room));
	WANT(most == 0 || columns <= most);
	WANT(auberge_text_columns(out) == columns);
	want_clean(out);
	free(out);
	return 0;
}
