/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Themes: what each role of a text looks like with 256 colours, with 16, and with none. Read from NAME.ini:
 *
 *     [meta]
 *     name = default
 *     inherits = default
 *     background = any        (any, dark or light: what the terminal's own background has to be)
 *     [roles]
 *     crit = #ffffff on #b35900 bold | 16: white on yellow bold | mono: reverse bold
 *
 * A colour is `default`, a name, bright-NAME, 0 to 255 or #rrggbb. What is missing for a depth is derived. Where `text`
 * has a background, that is the whole screen's, and roles without one of their own stand on it.
 */
#ifndef TERM_THEME_H
#define TERM_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
	ROLE_TEXT,
	ROLE_DIM,
	ROLE_TITLE,
	ROLE_BORDER,
	ROLE_BORDER_FOCUS,
	ROLE_KEYBAR_KEY,
	ROLE_KEYBAR_LABEL,
	ROLE_HEADER,
	ROLE_HEADER_SORT,
	ROLE_CURSOR,
	ROLE_CURSOR_UNFOCUSED,
	ROLE_MARK,
	ROLE_MATCH,
	ROLE_OK,
	ROLE_WARN,
	ROLE_CRIT,
	ROLE_OFF,
	ROLE_INFO,
	ROLE_GRAPH_LOW, /* a pair with graph.high: one role in two steps */
	ROLE_GRAPH_HIGH,
	ROLE_INPUT,
	ROLE_DIFF_ADD, /* a pair with diff.del */
	ROLE_DIFF_DEL,
	ROLES_COUNT,
};

enum theme_depth { THEME_MONO, THEME_16, THEME_256, THEME_DEPTHS };

enum { /* bits of theme_style.attributes */
	THEME_BOLD = 1 << 0,
	THEME_DIM = 1 << 1,
	THEME_UNDERLINE = 1 << 2,
	THEME_REVERSE = 1 << 3,
};

struct theme_style {
	int16_t foreground, background; /* -1: the terminal's own */
	uint16_t attributes;
	int32_t exact_foreground, exact_background; /* 0xRRGGBB for a terminal of true colour; -1: as the palette has it */
};

enum theme_ground { THEME_ON_ANY, THEME_ON_DARK, THEME_ON_LIGHT };

struct theme {
	char name[32];
	enum theme_ground ground;
	struct theme_style styles[THEME_DEPTHS][ROLES_COUNT];
};

const char *theme_role_name(enum role role);
/*
 * Looks for NAME.ini in $AUBERGE_THEMES, beside the build (../themes of the running program's directory and of its
 * parent), in the place of installation; `default` and `mono` are also compiled in. 0, or -1 with message filled:
 * "FILE:LINE: what", or "FILE: " and why it could not be read. *theme is complete either way.
 */
int theme_load(struct theme *theme, const char *name, char *message, size_t size);
/* The same from a text: for tests. file is for messages. */
int theme_parse(struct theme *theme, const char *file, const char *text, char *message, size_t size);
/* What is compiled in, as the text of the file; NULL: no such. */
const char *theme_builtin(const char *name);
#define THEME_CONTRAST 4.5 /* WCAG AA */
/*
 * The worst contrast of a role's text at a depth, by WCAG: against its own background or, where it has none, against
 * what the theme says to stand on: black and white (any), black and #303030 (dark), white and #eeeeee (light). Negative:
 * not known, the terminal's own colours decide (default, and names and 0 to 15 on `any`, which are the user's palette).
 */
double theme_contrast(const struct theme *theme, enum theme_depth depth, enum role role);
/* False: some role has less than THEME_CONTRAST, and message says which. */
bool theme_check(const struct theme *theme, enum theme_depth depth, char *message, size_t size);
/* Red, green and blue (0 to 255) of one of the 256 colours as xterm has them; and the same as 0xRRGGBB. */
void theme_parts(int colour, int rgb[3]);
int32_t theme_rgb(int colour);
/* The names of all themes that can be loaded, sorted, without doubles; at most room. */
size_t theme_names(char names[][32], size_t room);
/* The nearest of the colours from first to below last; and of the first 16 to one of the 256. */
int theme_nearest(const int rgb[3], int first, int last);
int theme_nearest_16(int colour);

#endif
