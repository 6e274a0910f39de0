/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is drawn: text in roles, cells, boxes; and what is put on the terminal's clipboard. Owns screen->paint. */
#include "term/screen_private.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static bool is_terminal(const char *name)
{
	const char *own = getenv("TERM");

	return own && strncmp(own, name, strlen(name)) == 0;
}

bool screen_blocks(const struct screen *screen)
{
	return screen->utf8 && !is_terminal("linux");
}

bool screen_copy(struct screen *screen, const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char *const able[] = {"xterm", "tmux", "screen", "foot", "alacritty", "kitty", "st-", "wezterm", "rxvt"};
	FILE *stream = screen->output.stream;
	size_t length = strlen(text), i = 0;

	while (i < sizeof able / sizeof able[0] && !is_terminal(able[i]))
		i++;
	if (i == sizeof able / sizeof able[0])
		return false;
	fputs("\033]52;c;", stream);
	for (i = 0; i < length; i += 3) {
		uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;

		bits |= i + 1 < length ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
		bits |= i + 2 < length ? (unsigned char)text[i + 2] : 0;
		fputc(digits[bits >> 18], stream);
		fputc(digits[bits >> 12 & 63], stream);
		fputc(i + 1 < length ? digits[bits >> 6 & 63] : '=', stream);
		fputc(i + 2 < length ? digits[bits & 63] : '=', stream);
	}
	fputs("\033\\", stream);
	return true;
}

/* The next character of clean UTF-8; a broken one reads as U+FFFD. */
static wchar_t next_character(const char **text)
{
	static const uint8_t masks[4] = {0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *byte = (const unsigned char *)*text;
	unsigned extra = *byte < 0x80 ? 0 : *byte < 0xe0 ? 1 : *byte < 0xf0 ? 2 : 3;
	wchar_t value = (wchar_t)(*byte & masks[extra]);

	(*text)++;
	for (unsigned i = 0; i < extra; i++) {
		if (((unsigned char)**text & 0xc0) != 0x80)
			return 0xfffd;
		value = value << 6 | ((unsigned char)*(*text)++ & 0x3f);
	}
	return value;
}

static wchar_t showable(const struct screen *screen, wchar_t value)
{
	if (value < 0x20 || (value >= 0x7f && value < 0xa0))
		return L'?';
	if (screen->utf8 || value < 0x7f)
		return value;
	if (value == 0x2026)
		return L'.';
	return L'?';
}

int screen_text(struct screen *screen, int row, int column, int width, enum role role, const char *text)
{
	wchar_t line[1024];
	size_t length = 0;
	int room = screen->columns - column, used = 0;

	if (row < 0 || row >= screen->rows || column < 0 || room <= 0)
		return column;
	if (width >= 0 && width < room)
		room = width;
	while (*text && length < 1000) {
		wchar_t value = showable(screen, next_character(&text));
		int columns = wcwidth(value);

		if (columns < 0) {
			value = L'?';
			columns = 1;
		}
		if (used + columns > room)
			break;
		line[length++] = value;
		used += columns;
	}
	while (width >= 0 && used < room && length < 1000) {
		line[length++] = L' ';
		used++;
	}
	attrset((int)screen->attributes[role]);
	mvaddnwstr(row, column, line, (int)length);
	attrset(A_NORMAL);
	return column + used;
}

void screen_change(struct screen *screen, int row, int column, int width, enum role role)
{
	if (row < 0 || row >= screen->rows || column < 0 || column >= screen->columns)
		return;
	mvchgat(row, column, width, screen->attributes[role] & (attr_t)~A_COLOR,
	        (short)PAIR_NUMBER((int)screen->attributes[role]), NULL);
}

void screen_cells(struct screen *screen, int row, int column, const struct cell *cells, int count)
{
	if (!screen->paint) {
		screen->paint = malloc(sizeof *screen->paint);
		if (!screen->paint)
			return;
		paint_open(screen->paint, screen->colours, screen->defaults, screen->utf8, ROLES_COUNT + 1);
	}
	if (row < 0 || row >= screen->rows || column < 0 || column >= screen->columns)
		return;
	if (count > screen->columns - column)
		count = screen->columns - column;
	paint_cells(screen->paint, row, column, cells, count, screen->attributes[ROLE_MATCH]);
}

void screen_box(struct screen *screen, int row, int column, int height, int width, enum role role)
{
	for (int i = 1; i < height - 1; i++)
		screen_text(screen, row + i, column, width, ROLE_TEXT, "");
	attrset((int)screen->attributes[role]);
	for (int i = 1; i < width - 1; i++) {
		mvaddch(row, column + i, screen->utf8 ? ACS_HLINE : '-');
		mvaddch(row + height - 1, column + i, screen->utf8 ? ACS_HLINE : '-');
	}
	for (int i = 1; i < height - 1; i++) {
		mvaddch(row + i, column, screen->utf8 ? ACS_VLINE : '|');
		mvaddch(row + i, column + width - 1, screen->utf8 ? ACS_VLINE : '|');
	}
	mvaddch(row, column, screen->utf8 ? ACS_ULCORNER : '+');
	mvaddch(row, column + width - 1, screen->utf8 ? ACS_URCORNER : '+');
	mvaddch(row + height - 1, column, screen->utf8 ? ACS_LLCORNER : '+');
	mvaddch(row + height - 1, column + width - 1, screen->utf8 ? ACS_LRCORNER : '+');
	attrset(A_NORMAL);
}
