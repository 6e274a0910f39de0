/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which columns fit a width, where they stand, and what stands in each cell.
 * Invariants: at 80 columns the places are those of the column table; a cell is always exactly as wide as its place.
 */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEFT_MARGIN 2   /* the cursor and the tag */
#define GLYPHS_BELOW 60 /* columns */
#define NAME_WIDEST 32
#define NAME_NARROWEST 6
#define WHY_NARROWEST 4
#define DESIGN_WIDTH 80

/* --- places --- */

/* The dashboard's columns from left to right, each with the gap before it. */
struct candidate {
	const struct model_column *column;
	int gap, width;
};

static size_t collect(struct candidate *candidates, bool glyphs)
{
	size_t count, found = 0;
	const struct model_column *columns = model_columns(&count);
	int end = LEFT_MARGIN; /* last column taken so far, counted from 1 */

	for (;;) {
		const struct model_column *next = NULL;

		for (size_t i = 0; i < count; i++)
			if (columns[i].start > end && (!next || columns[i].start < next->start))
				next = &columns[i];
		if (!next || found == MODEL_PLACES_MAX)
			return found;
		candidates[found].column = next;
		candidates[found].gap = next->start - end - 1;
		candidates[found].width = glyphs && strcmp(next->id, "state") == 0 ? 1 : next->width;
		found++;
		end = next->start + next->width - 1;
	}
}

static int total_width(const struct candidate *candidates, size_t count)
{
	int total = LEFT_MARGIN;

	for (size_t i = 0; i < count; i++)
		total += candidates[i].gap + candidates[i].width;
	return total;
}

static size_t drop_until_it_fits(struct candidate *candidates, size_t count, int columns)
{
	for (int drop = 1; total_width(candidates, count) > columns; drop++) {
		bool later = false;

		for (size_t i = 0; i < count; i++) {
			later |= candidates[i].column->drop > drop;
			if (candidates[i].column->drop != drop)
				continue;
			memmove(&candidates[i], &candidates[i + 1], (count - i - 1) * sizeof candidates[0]);
			count--;
			i--;
		}
		if (!later)
			break;
	}
	return count;
}

/* Gives what is left over, or takes what is missing: WHY first, NAME once there is more than the usual screen. */
static void stretch(struct candidate *candidates, size_t count, int columns)
{
	int spare = columns - total_width(candidates, count);
	struct candidate *name = &candidates[0], *why = &candidates[count - 1];

	if (columns > DESIGN_WIDTH) {
		int more = spare < NAME_WIDEST - name->width ? spare : NAME_WIDEST - name->width;

		name->width += more;
		spare -= more;
	}
	why->width += spare;
	if (why->width < WHY_NARROWEST) {
		name->width += why->width - WHY_NARROWEST;
		why->width = WHY_NARROWEST;
	}
	if (name->width < NAME_NARROWEST)
		name->width = NAME_NARROWEST;
}

static size_t place_of(const struct candidate *candidates, size_t count, const char *id)
{
	size_t i = 0;

	while (i < count && strcmp(candidates[i].column->id, id) != 0)
		i++;
	return i;
}

/* The stall goes before the figures that change at each refresh: what curses writes from one cell to the next is shorter
 * when they stand side by side. */
static void gather_figures(struct candidate *candidates, size_t count)
{
	size_t cpu = place_of(candidates, count, "cpu"), stall = place_of(candidates, count, "stall");
	struct candidate moved;

	if (stall >= count || cpu >= stall)
		return;
	moved = candidates[stall];
	memmove(&candidates[cpu + 1], &candidates[cpu], (stall - cpu) * sizeof candidates[0]);
	candidates[cpu] = moved;
}

static void lay_out(struct model_layout *layout, int columns, bool beside)
{
	struct candidate candidates[MODEL_PLACES_MAX];
	size_t count;
	int x = LEFT_MARGIN;

	*layout = (struct model_layout){.columns = columns, .glyphs = columns < GLYPHS_BELOW};
	count = collect(candidates, layout->glyphs);
	if (beside)
		gather_figures(candidates, count);
	count = drop_until_it_fits(candidates, count, columns);
	stretch(candidates, count, columns);
	for (size_t i = 0; i < count; i++) {
		x += candidates[i].gap;
		layout->places[layout->count++] =
			(struct model_place){.column = candidates[i].column, .x = x, .width = candidates[i].width};
		x += candidates[i].width;
	}
}

void model_layout(struct model_layout *layout, int columns)
{
	lay_out(layout, columns, false);
}

void model_layout_beside(struct model_layout *layout, int columns)
{
	lay_out(layout, columns, true);
}

/* --- cells --- */

static const struct {
	const char *word, *lost;
	char glyph;
} states[] = {
	[AUBERGE_STOPPED] = {"stopped", "stopped", '-'},
	[AUBERGE_STARTING] = {"starting", "starting", '>'},
	[AUBERGE_RUNNING] = {"running", "running?", 'R'},
	[AUBERGE_FROZEN] = {"frozen", "frozen?", 'z'},
	[AUBERGE_STOPPING] = {"stopping", "stopping", '<'},
	[AUBERGE_FAILED_STATE] = {"FAILED", "FAILED", 'F'},
	[AUBERGE_INCOMPLETE] = {"incompl.", "incompl.", 'i'},
};

/* Or not known at all: nothing was ever read of it. */
static bool is_lost(const struct model_row *row)
{
	return row->guest.supervision == AUBERGE_SUPERVISION_LOST ||
	       (row->unread && row->guest.state == AUBERGE_RUNNING && !row->guest.running);
}

const char *model_state_word(const struct model_row *row)
{
	return is_lost(row) ? states[row->guest.state].lost : states[row->guest.state].word;
}

char model_state_glyph(const struct model_row *row)
{
	return is_lost(row) ? '?' : states[row->guest.state].glyph;
}

/* Bytes of the character at text; it is clean, so the lead byte tells. */
static size_t character_bytes(const char *text)
{
	unsigned char lead = (unsigned char)text[0];
	size_t wanted = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4, length = 0;

	while (length < wanted && text[length])
		length++;
	return length;
}

static size_t columns_of(const char *text, size_t bytes)
{
	char copy[8];

	snprintf(copy, sizeof copy, "%.*s", (int)bytes, text);
	return auberge_text_columns(copy);
}

/* Bytes of the longest beginning of text that takes at most that many columns. */
static size_t fitting(const char *text, size_t columns)
{
	size_t bytes = 0, taken = 0;

	while (text[bytes]) {
		size_t length = character_bytes(text + bytes), width = columns_of(text + bytes, length);

		if (taken + width > columns)
			break;
		bytes += length;
		taken += width;
	}
	return bytes;
}

void model_cut_middle(char *out, size_t size, const char *text, int columns)
{
	size_t whole = auberge_text_columns(text), room = columns > 0 ? (size_t)columns : 0;
	size_t head, tail, skip = 0;

	if (whole <= room || room == 0) {
		snprintf(out, size, "%s", room ? text : "");
		return;
	}
	/* the longer half in front: names of one family differ at both ends */
	tail = (room - 1) / 2;
	head = fitting(text, room - 1 - tail);
	while (text[skip] && auberge_text_columns(text + skip) > tail)
		skip += character_bytes(text + skip);
	snprintf(out, size, "%.*s~%s", (int)head, text, text + skip);
}

/* As many whole words as fit; a first word that does not is cut. */
static void cut_words(char *text, size_t columns)
{
	size_t bytes = fitting(text, columns);

	if (text[bytes] == '\0')
		return;
	if (text[bytes] != ' ')
		for (size_t i = bytes; i > 0; i--)
			if (text[i - 1] == ' ') {
				bytes = i - 1;
				break;
			}
	text[bytes] = '\0';
}

/* "V2002+1": the first, and how many more. */
static void list_text(const struct model_place *place, const struct model_row *row, char *out, size_t size)
{
	const char *first = place->column->item(row, 0);
	char more[24] = "";
	size_t count = 0, room = (size_t)place->width;

	if (!first) {
		snprintf(out, size, "-");
		return;
	}
	while (place->column->item(row, count))
		count++;
	if (count > 1)
		snprintf(more, sizeof more, "+%zu", count - 1);
	room = room > strlen(more) ? room - strlen(more) : 1;
	snprintf(out, size, "%.*s%s", (int)fitting(first, room), first, more);
}

static void pad(char *out, size_t size, const char *text, int width, bool right)
{
	size_t bytes = fitting(text, (size_t)width);
	int taken;
	char part[MODEL_CELL_SIZE];

	snprintf(part, sizeof part, "%.*s", (int)bytes, text);
	taken = (int)auberge_text_columns(part);
	if (right)
		snprintf(out, size, "%*s%s", width - taken, "", part);
	else
		snprintf(out, size, "%s%*s", part, width - taken, "");
}

/* The text of a cell before it is padded. */
static void cell_text(const struct model_row *row, const struct model_place *place, char *out, size_t size)
{
	const struct model_column *column = place->column;

	if (strcmp(column->id, "name") == 0) {
		model_cut_middle(out, size, row->guest.name, place->width);
	} else if (strcmp(column->id, "state") == 0) {
		if (place->width == 1)
			snprintf(out, size, "%c", model_state_glyph(row));
		else
			snprintf(out, size, "%s", model_state_word(row));
	} else if (row->unread && strcmp(column->id, "why") == 0) {
		snprintf(out, size, "stale %us", row->stale_seconds);
		cut_words(out, (size_t)place->width);
	} else if (column->type == MODEL_LIST) {
		list_text(place, row, out, size);
	} else {
		model_text(column, row, out, size);
		cut_words(out, (size_t)place->width);
	}
}

/* No sample yet of a guest that will have one. */
static bool is_awaited(const struct model_row *row, const struct model_column *column)
{
	if (!(column->use & MODEL_FIGURE) || !row->guest.running || row->stale || !isnan(column->number(row)))
		return false;
	return row->now.have == 0 || (column->use & MODEL_RATED && row->before.have == 0);
}

enum model_level model_cell(const struct model_row *row, const struct model_place *place, char *out, size_t size,
                            bool *stale)
{
	const struct model_column *column = place->column;
	bool old = row->stale && column->use & MODEL_FIGURE;
	bool known = !column->number || !isnan(column->number(row));
	char text[MODEL_CELL_SIZE], marked[MODEL_CELL_SIZE + 1];

	if (is_awaited(row, column))
		snprintf(text, sizeof text, "…");
	else
		cell_text(row, place, text, sizeof text);
	snprintf(marked, sizeof marked, "~%s", text);
	if (old && known && strcmp(text, "-") != 0 && auberge_text_columns(marked) <= (size_t)place->width)
		pad(out, size, marked, place->width, column->use & MODEL_RIGHT);
	else
		pad(out, size, text, place->width, column->use & MODEL_RIGHT);
	if (stale)
		*stale = old && known;
	if (!known)
		return MODEL_QUIET;
	return column->level ? column->level(row) : MODEL_PLAIN;
}

void model_heading(const struct model_place *place, char *out, size_t size)
{
	pad(out, size, place->width < 3 ? "" : place->column->head, place->width, place->column->use & MODEL_RIGHT);
}
