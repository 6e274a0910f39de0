/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal as widgets see it: rows, columns, text in a role. No type of curses leaves screen.c, screen_draw.c and paint.c.
 *
 * Owns the terminal's mode: raw with the alternate screen and bracketed paste while open, given back as it was at
 * screen_close(), at screen_suspend(), and by a handler when the program dies of a signal. One screen per process.
 */
#ifndef TERM_SCREEN_H
#define TERM_SCREEN_H

#include "term/cell.h"
#include "term/output.h"
#include "term/theme.h"

#include <stdbool.h>
#include <stddef.h>

struct screen;

struct screen_options {
	int terminal;      /* descriptor of the terminal */
	const char *theme; /* NULL: default */
	bool ascii;        /* nothing beyond ASCII, whatever the locale says */
};

/* NULL: message says why. On success message may hold a notice for the user (an unknown terminal, a broken theme). */
struct screen *screen_open(const struct screen_options *options, char *message, size_t size);
void screen_close(struct screen *screen);

int screen_rows(const struct screen *screen);
int screen_columns(const struct screen *screen);
struct output *screen_output(struct screen *screen);
/* Strings of the terminal's description, for keys_init(). */
const char *screen_capability(const char *name);
bool screen_utf8(const struct screen *screen);
/* It shows the eighth blocks U+2581 to U+2588; the Linux console's fonts do not have them. */
bool screen_blocks(const struct screen *screen);
/* Asks the terminal to put clean text on its clipboard (OSC 52), with the next frame. False: this one cannot, as far as
 * is known; true does not mean that it did. */
bool screen_copy(struct screen *screen, const char *text);
void screen_set_ascii(struct screen *screen, bool ascii);
/* Another theme from now on; false: message says what is wrong with it. */
bool screen_set_theme(struct screen *screen, const char *name, char *message, size_t size);
const char *screen_theme(const struct screen *screen);

/* Empties the picture to draw a new one. */
void screen_erase(struct screen *screen);
/*
 * Text from row and column (both from 0) on, in width columns: cut there, and filled with blanks when shorter.
 * Width -1: as long as the text is. Returns the column after it. Clean UTF-8 in; what the terminal cannot show is
 * replaced.
 */
int screen_text(struct screen *screen, int row, int column, int width, enum role role, const char *text);
/* The role of what stands there already, as for a cursor. */
void screen_change(struct screen *screen, int row, int column, int width, enum role role);
/* Cells of an emulated terminal from there on, in their own colours; those that are CELL_FOUND in ROLE_MATCH. */
void screen_cells(struct screen *screen, int row, int column, const struct cell *cells, int count);
/* A frame of lines round the inside of that size, emptied. */
void screen_box(struct screen *screen, int row, int column, int height, int width, enum role role);
/* Shows the cursor there in this frame; row -1: nowhere. */
void screen_cursor(struct screen *screen, int row, int column);
/* One update of the terminal: its bytes become one frame of the output. Returns them. */
size_t screen_frame(struct screen *screen);
/* The next frame paints all anew. */
void screen_repaint(struct screen *screen);

/* Asks for the size; true when it changed. */
bool screen_resize(struct screen *screen);
/* Gives the terminal back for a child, and takes it again; all is painted anew by the next frame. */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen);

#endif
