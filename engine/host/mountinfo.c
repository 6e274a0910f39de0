/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of a mountinfo line that say what is mounted where. Owns nothing. */
#include "host/mountinfo.h"

#include "base/cleanup.h"

#include <string.h>

static bool is_octal(char byte)
{
	return byte >= '0' && byte <= '7';
}

/* Undoes \040 and its like, in place. */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
			*out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

bool mountinfo_split(char *line, struct mountinfo *mount)
{
	char *parent, **const fields[] = {&mount->id, &parent, &mount->device, &mount->root, &mount->place};

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		*fields[i] = strsep(&line, " ");
		if (!line) /* more follows in every whole line */
			return false;
	}
	unescape(mount->root);
	unescape(mount->place);
	return true;
}
