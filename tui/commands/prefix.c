/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prefix key; see prefix.h. */
#include "commands/prefix.h"

#include <ctype.h>
#include <stdio.h>

size_t prefix_filter(struct prefix *prefix, const unsigned char *in, size_t length, unsigned char *out, bool *detach)
{
	size_t used = 0;

	*detach = false;
	for (size_t i = 0; i < length; i++) {
		if (!prefix->held) {
			prefix->held = in[i] == prefix->key;
			if (!prefix->held)
				out[used++] = in[i];
			continue;
		}
		prefix->held = false;
		if (in[i] == prefix->key) { /* asked first: the prefix may itself be d or q */
			out[used++] = in[i];
		} else if (in[i] == 'd' || in[i] == 'q') {
			*detach = true;
			return used;
		} else {
			out[used++] = prefix->key;
			out[used++] = in[i];
		}
	}
	return used;
}

int prefix_parse(const char *text)
{
	unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;

	if (first == '^' && second && !text[2]) {
		int key = toupper(second);

		return key >= '@' && key <= '_' ? key - '@' : -1;
	}
	return first >= ' ' && first < 0x7f && !second ? first : -1;
}

void prefix_format(unsigned char key, char out[4])
{
	snprintf(out, 4, key < ' ' ? "^%c" : "%c", key < ' ' ? key + '@' : key);
}
