/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plain editor for a text of many lines. Owns the lines and one earlier state of the whole.
 *
 * Invariants: there is always a line; joined with newlines the lines are the text, byte for byte what was set until a
 * key changes it; all together they never take more than max bytes.
 */
#ifndef WIDGETS_TEXTAREA_H
#define WIDGETS_TEXTAREA_H

#include "widgets/line.h"

#define TEXTAREA_MAX (256 * 1024) /* bytes of a text */

struct textarea {
	struct line *lines;
	size_t count, room;
	size_t row;         /* the cursor's line */
	size_t first, left; /* the first line and column that are shown */
	size_t want;        /* the column that Up and Down aim for; SIZE_MAX: the cursor's own */
	size_t bytes;       /* of all lines, each with its newline */
	char *undo;         /* the text before the last change; a run of characters typed is one change */
	size_t undo_row, undo_cursor;
	bool typing;        /* the last key belonged to such a run */
	bool full;          /* the last key asked for more than max bytes: to be told */
	int height;         /* when it was drawn last */
};

enum textarea_result { TEXTAREA_IGNORED, TEXTAREA_MOVED, TEXTAREA_CHANGED };

/* The cursor stands at the beginning. False: out of memory or too long, and nothing is changed. */
bool textarea_set(struct textarea *area, const char *text);
void textarea_free(struct textarea *area);
/* malloc'ed; NULL: out of memory. */
char *textarea_text(const struct textarea *area);
/* To a line, counted from 1. */
void textarea_go(struct textarea *area, size_t line);
/*
 * What line_key() knows; Enter, Up Down PgUp PgDn, ^K at the end of a line joins the next one to it, ^Z takes the last
 * change back and once more gives it again. pasted: the text of K_PASTE.
 */
enum textarea_result textarea_key(struct textarea *area, uint32_t key, const char *pasted);
/* role_of: of a line, counted from 1; NULL: all are ROLE_TEXT. Shows the terminal's cursor. */
void textarea_draw(struct textarea *area, struct screen *screen, int row, int column, int height, int width,
                   enum role (*role_of)(const void *data, size_t line, const char *text), const void *data);

#endif
