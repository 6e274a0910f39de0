/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a log that grows: raw bytes in, clean text out. Owns its store, which is bounded: the older half goes when
 * it is full, and of a line no more than LINES_BYTES are kept, so that neither a long log nor a long line costs more
 * than that. A line is cleaned when it is looked at.
 */
#ifndef MODEL_LINES_H
#define MODEL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LINES_BYTES 4096          /* kept of one line */
#define LINES_STORE (1024 * 1024) /* bytes kept of all */
#define LINES_MAX 32768           /* lines kept */
#define LINES_CLEAN (LINES_BYTES * 4 + 1)

struct lines {
	char *text;
	size_t length;
	uint32_t *starts;
	size_t count;     /* the last one may still be growing */
	bool open;        /* it is */
	uint64_t dropped; /* lines that went, ever: index + dropped names a line for good */
};

/* Drops CSI and OSC sequences and carriage returns, makes tabs blanks, in place. Returns the new length. */
size_t lines_strip(char *text, size_t length);

void lines_free(struct lines *lines); /* empty again, and usable */
/* False: no memory. */
bool lines_feed(struct lines *lines, const char *data, size_t length);
/* Clean text of a line, size at least LINES_CLEAN for all of it. Returns its columns. */
size_t lines_text(const struct lines *lines, size_t index, char *out, size_t size);
/* The next line after (step 1) or before (-1) `from` that has text in it, case aside, round the end; -1 none. from may be
 * -1. */
ssize_t lines_search(const struct lines *lines, ssize_t from, int step, const char *text);
/* Where in clean text the columns from `column` on begin. */
const char *lines_from_column(const char *text, size_t column);

#endif
