/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen as its own files see it: screen.c (the terminal) and screen_draw.c (what is drawn). For these two alone. */
#ifndef TERM_SCREEN_PRIVATE_H
#define TERM_SCREEN_PRIVATE_H

#include "term/paint.h"
#include "term/screen.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>

struct screen {
	struct output output;
	FILE *input; /* curses wants one; it is never read */
	SCREEN *curses;
	struct theme theme;
	attr_t attributes[ROLES_COUNT];
	struct paint *paint; /* there since the first cells were drawn */
	bool colours, defaults;
	int terminal, rows, columns;
	bool utf8, paste, cursor_shown;
	int cursor_row, cursor_column;
};

#endif
