/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "term/paint.h"

#include "term/theme.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <string.h>
#include <term.h>
#include <wchar.h>

#define CELLS_MAX 1000
#define REPLACEMENT 0xfffd

static void parts(int32_t colour, int out[3])
{
	if (colour & CELL_RGB)
		for (int i = 0; i < 3; i++)
			out[i] = colour >> (16 - 8 * i) & 0xff;
	else
		theme_parts(colour, out);
}

/* As curses counts them here; bright: eight colours can say it by bold alone. */
static int colour_here(const struct paint *paint, int32_t colour, bool *bright)
{
	int wanted[3];

	*bright = false;
	if (colour == CELL_DEFAULT || !paint->colours)
		return -1;
	if (paint->direct) {
		if (colour < 8)
			return colour;
		parts(colour, wanted);
		return wanted[0] << 16 | wanted[1] << 8 | wanted[2];
	}
	if (!(colour & CELL_RGB) && colour < COLORS)
		return colour;
	parts(colour, wanted);
	if (COLORS >= 256)
		return theme_nearest(wanted, 16, 256);
	if (COLORS >= 16)
		return theme_nearest(wanted, 0, 16);
	colour = colour < 16 ? colour : theme_nearest(wanted, 0, 16);
	*bright = colour >= 8;
	return colour % 8;
}

/* The pair's number; 0, the terminal's own colours, when there is no more room. */
static int pair_of(struct paint *paint, int foreground, int background)
{
	unsigned size = sizeof paint->buckets / sizeof paint->buckets[0];
	unsigned at;

	if (foreground < 0 && background < 0)
		return 0;
	if (!paint->defaults) {
		foreground = foreground < 0 ? COLOR_WHITE : foreground;
		background = background < 0 ? COLOR_BLACK : background;
	}
	at = ((unsigned)foreground * 31 + (unsigned)background * 2654435761u) % size;
	for (; paint->buckets[at]; at = (at + 1) % size) {
		int index = paint->buckets[at] - 1;

		if (paint->pairs[index].foreground == foreground && paint->pairs[index].background == background)
			return paint->first + index;
	}
	if (paint->count == paint->limit ||
	    init_extended_pair(paint->first + paint->count, foreground, background) != OK) {
		paint->full = true;
		return 0;
	}
	paint->pairs[paint->count].foreground = foreground;
	paint->pairs[paint->count].background = background;
	paint->buckets[at] = (short)++paint->count;
	return paint->first + paint->count - 1;
}

void paint_open(struct paint *paint, bool colours, bool defaults, bool utf8, int first)
{
	int room = COLOR_PAIRS - first;

	memset(paint, 0, sizeof *paint);
	paint->colours = colours;
	paint->defaults = defaults;
	paint->utf8 = utf8;
	paint->direct = colours && tigetflag("RGB") > 0;
	paint->first = first;
	paint->limit = room < 0 ? 0 : room < PAINT_PAIRS ? room : PAINT_PAIRS;
}

void paint_begin(struct paint *paint)
{
	if (!paint->full)
		return;
	paint->full = false;
	paint->count = 0;
	memset(paint->buckets, 0, sizeof paint->buckets);
}

static attr_t attributes_of(const struct cell *cell)
{
	attr_t bits = A_NORMAL;

	bits |= cell->attributes & CELL_BOLD ? A_BOLD : 0;
	bits |= cell->attributes & CELL_UNDERLINE ? A_UNDERLINE : 0;
	bits |= cell->attributes & CELL_REVERSE ? A_REVERSE : 0;
	bits |= cell->attributes & CELL_ITALIC ? A_ITALIC : 0;
	bits |= cell->attributes & CELL_BLINK ? A_BLINK : 0;
	return bits;
}

/* What the terminal's locale knows as that wide; else a replacement. */
static void characters_of(const struct paint *paint, const struct cell *cell, bool room, wchar_t out[CELL_CHARACTERS + 1])
{
	wchar_t first = (wchar_t)cell->characters[0];
	int width = paint->utf8 || (first >= 0x20 && first < 0x7f) ? wcwidth(first) : -1, count = 1;

	memset(out, 0, (CELL_CHARACTERS + 1) * sizeof *out);
	out[0] = first;
	if (first < 0x20 || width != cell->width || (width == 2 && !room)) {
		out[0] = paint->utf8 ? REPLACEMENT : L'?';
		return;
	}
	for (int i = 1; paint->utf8 && i < CELL_CHARACTERS && cell->characters[i]; i++)
		if (wcwidth((wchar_t)cell->characters[i]) == 0)
			out[count++] = (wchar_t)cell->characters[i];
}

void paint_cells(struct paint *paint, int row, int column, const struct cell *cells, int count, unsigned found)
{
	cchar_t line[CELLS_MAX + 1];
	int length = 0;

	memset(line, 0, sizeof line);
	for (int i = 0; i < count && length < CELLS_MAX; i++) {
		wchar_t characters[CELL_CHARACTERS + 1], blank[2] = L" ";
		bool bright, ignored;
		int pair;
		attr_t bits = attributes_of(&cells[i]);

		if (cells[i].width == 0)
			continue;
		pair = pair_of(paint, colour_here(paint, cells[i].foreground, &bright),
		               colour_here(paint, cells[i].background, &ignored));
		bits |= bright ? A_BOLD : 0;
		if (cells[i].attributes & CELL_FOUND) {
			bits = (attr_t)found & (attr_t)~A_COLOR;
			pair = PAIR_NUMBER((int)found);
		}
		characters_of(paint, &cells[i], i + 1 < count, characters);
		setcchar(&line[length++], characters, bits, (short)pair, NULL);
		if (cells[i].width == 2 && i + 1 < count && wcwidth(characters[0]) != 2)
			setcchar(&line[length++], blank, bits, (short)pair, NULL);
	}
	mvadd_wchnstr(row, column, line, length);
}
