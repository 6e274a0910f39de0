/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines that scrolled off an emulated screen, packed: text as clean UTF-8 and the places where its looks change, so
 * that a line of a log takes about its own length. Owns all of it; bounded in lines and in bytes, the oldest go first.
 */
#ifndef TERM_VT_HISTORY_H
#define TERM_VT_HISTORY_H

#include "term/cell.h"

#include <stdbool.h>
#include <stddef.h>

#define HISTORY_LINES 2000
#define HISTORY_BYTES (1024 * 1024)

struct history_line;
struct history {
	struct history_line **lines; /* a ring of HISTORY_LINES, made with the first line */
	size_t first, count, bytes;
};

void history_free(struct history *history);
/* Without memory the line is lost, nothing else. */
void history_push(struct history *history, const struct cell *cells, int columns);
/* back: 1 is the newest. Fills columns cells; 0 when there is no such line. */
int history_line(const struct history *history, size_t back, struct cell *cells, int columns);
/* Its text, NULL when there is no such line. */
const char *history_text(const struct history *history, size_t back);
/* Takes the newest away. */
void history_pop(struct history *history);

/* UTF-8 of cells, without blanks at the end; returns the bytes. size: 12 a cell and one will do. */
size_t cells_text(const struct cell *cells, int columns, char *out, size_t size);

#endif
