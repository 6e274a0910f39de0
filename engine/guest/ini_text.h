/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inih without its cuts: every line is checked before inih sees it, so that nothing is shortened or dropped without a
 * word, and every call back knows its line.
 */
#ifndef GUEST_INI_TEXT_H
#define GUEST_INI_TEXT_H

#include "auberge.h"

#define INI_LINE_MAX 65536 /* bytes of one line */
#define INI_NAME_BYTES 49  /* of a section or key: what inih's buffers hold */

struct ini_sink {
	/* A section header, blanks made single. false: its lines are skipped. */
	bool (*section)(void *data, unsigned line, const char *section);
	void (*value)(void *data, unsigned line, const char *section, const char *key, const char *value);
	/* A line that is no ini; reading goes on. */
	void (*problem)(void *data, unsigned line, const char *text);
	void *data;
};

/* Whole text through the sink. 0, or -ENOMEM. */
int ini_text_parse(const char *text, size_t length, const struct ini_sink *sink);

#endif
