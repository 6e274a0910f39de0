/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvterm behind our own interface; see vt.h. Written for 0.1.4 of Debian 12, with what 0.3 has as well. */
#include "term/vt.h"

#include "term/keys.h"
#include "term/vt_gate.h"
#include "term/vt_history.h"

#include "auberge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#define ANSWERS_SIZE 8192 /* answers to the guest's questions that were not taken yet; more are dropped */
#define OUT_SIZE (ANSWERS_SIZE + KEYS_PASTE_MAX + 64) /* and keys, a whole paste with its marks; more is dropped */
#define REPLACEMENT 0xfffdu

struct vt {
	VTerm *terminal;
	VTermScreen *screen;
	VTermState *state;
	struct gate gate;
	struct history history;
	int rows, columns;
	int64_t scrolled;
	bool alternate, cursor, mute, typing;
	char title[VT_TITLE_COLUMNS * 12 + 1];
	char out[OUT_SIZE];
	size_t out_length;
	struct cell *row; /* of columns cells, for lines that scroll off */
};

static int32_t colour_of(const VTermColor *colour, bool is_default)
{
	if (is_default)
		return CELL_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(colour))
		return colour->indexed.idx;
	return CELL_RGB | colour->rgb.red << 16 | colour->rgb.green << 8 | colour->rgb.blue;
}

/* The gate lets nothing else through; this is what holds should an emulator make some of its own. */
static uint32_t shown(uint32_t character)
{
	if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character > 0x10ffff)
		return REPLACEMENT;
	return character;
}

static void to_cell(const VTermScreenCell *from, bool second, struct cell *cell)
{
	cell->foreground = colour_of(&from->fg, VTERM_COLOR_IS_DEFAULT_FG(&from->fg));
	cell->background = colour_of(&from->bg, VTERM_COLOR_IS_DEFAULT_BG(&from->bg));
	cell->attributes = (uint8_t)((from->attrs.bold ? CELL_BOLD : 0) | (from->attrs.underline ? CELL_UNDERLINE : 0) |
	                             (from->attrs.reverse ? CELL_REVERSE : 0) | (from->attrs.italic ? CELL_ITALIC : 0) |
	                             (from->attrs.blink ? CELL_BLINK : 0));
	memset(cell->characters, 0, sizeof cell->characters);
	cell->width = 1;
	if (from->chars[0] == (uint32_t)-1) { /* the second half; alone when the first was written over */
		cell->width = second ? 0 : 1;
		cell->characters[0] = second ? 0 : ' ';
		return;
	}
	if (from->chars[0] == 0) {
		cell->characters[0] = ' ';
		return;
	}
	cell->width = from->width == 2 ? 2 : 1;
	for (int i = 0; i < CELL_CHARACTERS && from->chars[i]; i++)
		cell->characters[i] = shown(from->chars[i]);
}

/* --- callbacks */

static void on_output(const char *bytes, size_t length, void *data)
{
	struct vt *vt = data;
	size_t size = vt->typing ? sizeof vt->out : ANSWERS_SIZE;

	if ((vt->mute && !vt->typing) || vt->out_length + length > size)
		return;
	memcpy(vt->out + vt->out_length, bytes, length);
	vt->out_length += length;
}

static int on_property(VTermProp property, VTermValue *value, void *data)
{
	struct vt *vt = data;

	if (property == VTERM_PROP_ALTSCREEN)
		vt->alternate = value->boolean;
	if (property == VTERM_PROP_CURSORVISIBLE)
		vt->cursor = value->boolean;
	return 1;
}

static int on_push(int columns, const VTermScreenCell *cells, void *data)
{
	struct vt *vt = data;

	if (columns > vt->columns)
		columns = vt->columns;
	for (int i = 0; i < columns; i++)
		to_cell(&cells[i], i > 0 && vt->row[i - 1].width == 2, &vt->row[i]);
	history_push(&vt->history, vt->row, columns);
	vt->scrolled++;
	return 1;
}

static void from_colour(int32_t colour, bool background, VTermColor *out)
{
	if (colour == CELL_DEFAULT) {
		vterm_color_rgb(out, background ? 0 : 240, background ? 0 : 240, background ? 0 : 240);
		out->type |= background ? VTERM_COLOR_DEFAULT_BG : VTERM_COLOR_DEFAULT_FG;
	} else if (colour & CELL_RGB) {
		vterm_color_rgb(out, (uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour);
	} else {
		vterm_color_indexed(out, (uint8_t)colour);
	}
}

/* The screen grew: the newest line of the history comes back. libvterm steps by width, which must never be 0. */
static int on_pop(int columns, VTermScreenCell *cells, void *data)
{
	struct vt *vt = data;

	if (columns > vt->columns || !history_line(&vt->history, 1, vt->row, columns))
		return 0;
	memset(cells, 0, (size_t)columns * sizeof *cells);
	for (int i = 0; i < columns; i++) {
		const struct cell *from = &vt->row[i];
		bool second = i > 0 && vt->row[i - 1].width == 2;

		cells[i].width = (char)(from->width == 2 && i + 1 < columns && vt->row[i + 1].width == 0 ? 2 : 1);
		if (!second)
			for (int k = 0; k < CELL_CHARACTERS; k++)
				cells[i].chars[k] = from->characters[k];
		if (from->characters[0] == ' ' && from->attributes == 0 && from->background == CELL_DEFAULT)
			cells[i].chars[0] = 0;
		cells[i].attrs.bold = (from->attributes & CELL_BOLD) != 0;
		cells[i].attrs.underline = (from->attributes & CELL_UNDERLINE) != 0;
		cells[i].attrs.reverse = (from->attributes & CELL_REVERSE) != 0;
		cells[i].attrs.italic = (from->attributes & CELL_ITALIC) != 0;
		cells[i].attrs.blink = (from->attributes & CELL_BLINK) != 0;
		from_colour(from->foreground, false, &cells[i].fg);
		from_colour(from->background, true, &cells[i].bg);
	}
	history_pop(&vt->history);
	vt->scrolled--;
	return 1;
}

static const VTermScreenCallbacks callbacks = {
	.settermprop = on_property,
	.sb_pushline = on_push,
	.sb_popline = on_pop,
};

static void to_terminal(void *data, const char *bytes, size_t length)
{
	vterm_input_write(((struct vt *)data)->terminal, bytes, length);
}

static int on_column(void *data)
{
	VTermPos cursor;

	vterm_state_get_cursorpos(((struct vt *)data)->state, &cursor);
	return cursor.col;
}

static void on_title(void *data, const char *text, size_t length)
{
	struct vt *vt = data;

	auberge_text_clean(vt->title, sizeof vt->title, text, length, VT_TITLE_COLUMNS);
}

/* --- the object */

static void cut_size(int *rows, int *columns)
{
	*columns = *columns < 1 ? 1 : *columns > VT_COLUMNS_MAX ? VT_COLUMNS_MAX : *columns;
	*rows = *rows < 1 ? 1 : *rows > VT_ROWS_MAX ? VT_ROWS_MAX : *rows;
	if (*rows * *columns > VT_CELLS_MAX)
		*rows = VT_CELLS_MAX / *columns;
}

struct vt *vt_open(int rows, int columns)
{
	struct vt *vt = calloc(1, sizeof *vt);

	if (!vt)
		return NULL;
	cut_size(&rows, &columns);
	vt->rows = rows;
	vt->columns = columns;
	vt->cursor = true;
	vt->row = calloc((size_t)columns, sizeof *vt->row);
	vt->terminal = vt->row ? vterm_new(rows, columns) : NULL;
	if (!vt->terminal) {
		free(vt->row);
		free(vt);
		return NULL;
	}
	vterm_set_utf8(vt->terminal, 1);
	vterm_output_set_callback(vt->terminal, on_output, vt);
	vt->state = vterm_obtain_state(vt->terminal);
	vt->screen = vterm_obtain_screen(vt->terminal);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_set_damage_merge(vt->screen, VTERM_DAMAGE_SCREEN);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vterm_screen_reset(vt->screen, 1);
	gate_init(&vt->gate, rows, columns);
	vt->gate.sink = to_terminal;
	vt->gate.title = on_title;
	vt->gate.column = on_column;
	vt->gate.data = vt;
	return vt;
}

void vt_close(struct vt *vt)
{
	if (!vt)
		return;
	vterm_free(vt->terminal);
	history_free(&vt->history);
	free(vt->row);
	free(vt);
}

int vt_rows(const struct vt *vt)
{
	return vt->rows;
}

int vt_columns(const struct vt *vt)
{
	return vt->columns;
}

size_t vt_feed(struct vt *vt, const char *bytes, size_t length)
{
	int64_t budget = VT_BUDGET;

	return gate_feed(&vt->gate, bytes, length, &budget);
}

/*
 * libvterm keeps scroll region and cursor of the size before where they lie outside now. So the region goes first,
 * as other terminals do it, and a sequence without effect follows, which takes the cursor back.
 */
void vt_resize(struct vt *vt, int rows, int columns)
{
	struct cell *row;
	char home[64];

	cut_size(&rows, &columns);
	if (rows == vt->rows && columns == vt->columns)
		return;
	row = realloc(vt->row, (size_t)(columns > vt->columns ? columns : vt->columns) * sizeof *row);
	if (!row)
		return;
	vt->row = row;
	if (vt->gate.margins) {
		VTermPos cursor;
		int length;

		vterm_state_get_cursorpos(vt->state, &cursor);
		length = snprintf(home, sizeof home, "\033[?6l\033[r\033[%d;%dH", cursor.row + 1, cursor.col + 1);
		vterm_input_write(vt->terminal, home, (size_t)length);
		vt->gate.margins = false;
	}
	if (columns > vt->columns)
		vt->columns = columns;
	vterm_set_size(vt->terminal, rows, columns);
	vt->rows = vt->gate.rows = rows;
	vt->columns = vt->gate.columns = columns;
	vt->gate.base = false;
	vt->gate.last_length = 0; /* it may be wider than the screen is now */
	vterm_input_write(vt->terminal, "\033[0n", 4);
}

/* --- looking */

int vt_history(const struct vt *vt)
{
	return (int)vt->history.count;
}

int64_t vt_scrolled(const struct vt *vt)
{
	return vt->scrolled;
}

void vt_line(const struct vt *vt, int line, struct cell *cells, int columns)
{
	if (line < 0) {
		if (history_line(&vt->history, (size_t)-line, cells, columns))
			return;
		line = vt->rows;
	}
	for (int i = 0; i < columns; i++) {
		VTermScreenCell from;

		cells[i] = (struct cell){{' '}, CELL_DEFAULT, CELL_DEFAULT, 1, 0};
		if (i < vt->columns && line < vt->rows &&
		    vterm_screen_get_cell(vt->screen, (VTermPos){.row = line, .col = i}, &from))
			to_cell(&from, i > 0 && cells[i - 1].width == 2, &cells[i]);
	}
	if (columns > 0 && cells[columns - 1].width == 2) {
		cells[columns - 1].width = 1;
		cells[columns - 1].characters[0] = ' ';
		cells[columns - 1].characters[1] = 0;
	}
}

bool vt_cursor(const struct vt *vt, int *row, int *column)
{
	VTermPos cursor;

	vterm_state_get_cursorpos(vt->state, &cursor);
	*row = cursor.row;
	*column = cursor.col;
	return vt->cursor;
}

bool vt_alternate(const struct vt *vt)
{
	return vt->alternate;
}

const char *vt_title(const struct vt *vt)
{
	return vt->title;
}

/* --- searching */

/* The line's text; a column for each of its bytes is found by counting. */
static const char *line_text(const struct vt *vt, int line, char *buffer, size_t size)
{
	struct cell cells[VT_COLUMNS_MAX];

	if (line < 0)
		return history_text(&vt->history, (size_t)-line);
	vt_line(vt, line, cells, vt->columns);
	cells_text(cells, vt->columns, buffer, size);
	return buffer;
}

bool vt_find(const struct vt *vt, int line, const char *text, int *column, int *width)
{
	char buffer[VT_COLUMNS_MAX * 12 + 13], before[VT_COLUMNS_MAX * 12 + 13];
	const char *in = line_text(vt, line, buffer, sizeof buffer), *at;
	size_t skip = 0;

	if (!in || !*text)
		return false;
	/* From the column on: no character of the text is cut, columns only grow. */
	while (in[skip]) {
		memcpy(before, in, skip);
		before[skip] = '\0';
		if ((int)auberge_text_columns(before) >= *column)
			break;
		do
			skip++;
		while (((unsigned char)in[skip] & 0xc0) == 0x80);
	}
	at = strcasestr(in + skip, text);
	if (!at)
		return false;
	memcpy(before, in, (size_t)(at - in));
	before[at - in] = '\0';
	*column = (int)auberge_text_columns(before);
	*width = (int)auberge_text_columns(text);
	return true;
}

bool vt_search(const struct vt *vt, const char *text, bool upwards, int *line, int *column, int *width)
{
	int oldest = -(int)vt->history.count;

	for (int i = *line; i >= oldest && i < vt->rows; i += upwards ? -1 : 1) {
		*column = 0;
		if (vt_find(vt, i, text, column, width)) {
			*line = i;
			return true;
		}
	}
	return false;
}

/* --- typing */

static const struct {
	uint32_t key;
	VTermKey to;
} named[] = {
	{K_ENTER, VTERM_KEY_ENTER}, {K_TAB, VTERM_KEY_TAB}, {K_ESCAPE, VTERM_KEY_ESCAPE}, {K_BACKSPACE, VTERM_KEY_BACKSPACE},
	{K_UP, VTERM_KEY_UP}, {K_DOWN, VTERM_KEY_DOWN}, {K_LEFT, VTERM_KEY_LEFT}, {K_RIGHT, VTERM_KEY_RIGHT},
	{K_HOME, VTERM_KEY_HOME}, {K_END, VTERM_KEY_END}, {K_PAGE_UP, VTERM_KEY_PAGEUP}, {K_PAGE_DOWN, VTERM_KEY_PAGEDOWN},
	{K_INSERT, VTERM_KEY_INS}, {K_DELETE, VTERM_KEY_DEL},
};

void vt_key(struct vt *vt, uint32_t key)
{
	char byte = (char)key;

	vt->typing = true;
	if (key == K_BACK_TAB) {
		vterm_keyboard_key(vt->terminal, VTERM_KEY_TAB, VTERM_MOD_SHIFT);
	} else if (key >= K_F1 && key <= K_F12) {
		vterm_keyboard_key(vt->terminal, (VTermKey)VTERM_KEY_FUNCTION((int)(key - K_F1 + 1)), VTERM_MOD_NONE);
	} else {
		size_t i = 0;

		while (i < sizeof named / sizeof named[0] && named[i].key != key)
			i++;
		if (i < sizeof named / sizeof named[0])
			vterm_keyboard_key(vt->terminal, named[i].to, VTERM_MOD_NONE);
		else if (key < 0x20)
			on_output(&byte, 1, vt);
		else if (key < K_UNKNOWN)
			vterm_keyboard_unichar(vt->terminal, key, VTERM_MOD_NONE);
	}
	vt->typing = false;
}

/* Without the controls that would end it early or do more than text does. */
void vt_paste(struct vt *vt, const char *text)
{
	vt->typing = true;
	vterm_keyboard_start_paste(vt->terminal);
	for (; *text; text++) {
		char byte = *text == '\n' ? '\r' : *text;

		if ((unsigned char)byte >= 0x20 ? byte != 0x7f : byte == '\r' || byte == '\t')
			on_output(&byte, 1, vt);
	}
	vterm_keyboard_end_paste(vt->terminal);
	vt->typing = false;
}

void vt_mute(struct vt *vt, bool mute)
{
	vt->mute = mute;
}

size_t vt_take(struct vt *vt, char *out, size_t size)
{
	size_t length = vt->out_length < size ? vt->out_length : size;

	memcpy(out, vt->out, length);
	vt->out_length -= length;
	memmove(vt->out, vt->out + length, vt->out_length);
	return length;
}
