/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One cell of an emulated terminal as plain data: what term/vt gives and screen_cells() draws. Its characters are
 * clean: no control, no bidi control, nothing of zero width but at most two marks behind a character that has one.
 */
#ifndef TERM_CELL_H
#define TERM_CELL_H

#include <stdint.h>

enum {
	CELL_BOLD = 1 << 0,
	CELL_UNDERLINE = 1 << 1,
	CELL_REVERSE = 1 << 2,
	CELL_ITALIC = 1 << 3,
	CELL_BLINK = 1 << 4,
	CELL_FOUND = 1 << 5, /* part of what was searched for */
};

#define CELL_CHARACTERS 3
#define CELL_DEFAULT (-1)     /* the terminal's own colour */
#define CELL_RGB 0x1000000    /* with the 24 bits of it; below 256: an index into the palette */

struct cell {
	uint32_t characters[CELL_CHARACTERS]; /* zero-terminated where shorter */
	int32_t foreground, background;
	uint8_t width;      /* 1 or 2; 0: the second half of the one before */
	uint8_t attributes;
};

#endif
