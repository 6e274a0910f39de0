/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help: made from the key table of the screen it was asked for, with the reason why a key is grey now. Owns its
 * lines.
 */
#include "screens/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 96

struct help {
	char lines[LINES_MAX][160];
	enum role roles[LINES_MAX];
	size_t count, first;
	const char *about;
};

__attribute__((format(printf, 3, 4))) static void line(struct help *help, enum role role, const char *format, ...)
{
	va_list arguments;

	if (help->count == LINES_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(help->lines[help->count], sizeof help->lines[0], format, arguments);
	va_end(arguments);
	help->roles[help->count++] = role;
}

static void add_keys(struct app *app, struct help *help, const struct view *view)
{
	size_t count;
	const struct key_row *rows = view->keys(&count);

	for (size_t i = 0; i < count; i++) {
		const char *grey = app_grey(app, &rows[i]);
		char names[64];

		if (i == 0 || strcmp(rows[i].group, rows[i - 1].group) != 0)
			line(help, ROLE_TITLE, " %s", rows[i].group);
		app_key_names(&rows[i], names, sizeof names);
		line(help, grey ? ROLE_OFF : ROLE_TEXT, "   %-10s %s%s", names, rows[i].help,
		     rows[i].needs_root && !app->source->root ? " [needs root]" : "");
		if (grey)
			line(help, ROLE_WARN, "   %-10s   not now: %s", "", grey);
	}
}

static void add_columns(struct help *help, const struct view *view)
{
	static const char *const guests[] = {
		"STATE      R running  - stopped  > starting  < stopping  z frozen  F FAILED",
		"           i incompl.  ? its supervision is lost;  # privileged;  v a vm",
		"CPU%       of one processor;  LIM memory of its limit, in %",
		"STAL       the worst of C cpu, M memory, I io: % of the last 10 s stalled",
		"~          a figure that is too old",
		NULL,
	};
	const char *const *lines = view->columns ? view->columns : guests;

	line(help, ROLE_TITLE, " Columns");
	for (; *lines; lines++)
		line(help, ROLE_TEXT, "   %s", *lines);
}

static void *help_open(struct app *app, const void *argument)
{
	const struct view *view = argument;
	struct help *help = calloc(1, sizeof *help);

	if (!help)
		return NULL;
	help->about = view->name;
	add_keys(app, help, view);
	add_columns(help, view);
	return help;
}

static void help_close(struct app *app, void *state)
{
	(void)app;
	free(state);
}

static size_t help_page(const struct app *app)
{
	int rows = screen_rows(app->screen) - 4;

	return rows > 0 ? (size_t)rows : 1;
}

static void help_draw(struct app *app, void *state)
{
	struct help *help = state;
	size_t page = help_page(app), last = help->count > page ? help->count - page : 0;
	char title[64];

	if (help->first > last)
		help->first = last;
	snprintf(title, sizeof title, " Help: %s", help->about);
	screen_text(app->screen, 0, 0, screen_columns(app->screen), ROLE_HEADER, title);
	screen_text(app->screen, 0, screen_columns(app->screen) - 8, -1, ROLE_HEADER, "q close");
	for (size_t i = 0; i < page && help->first + i < help->count; i++)
		screen_text(app->screen, 1 + (int)i, 0, screen_columns(app->screen), help->roles[help->first + i],
		            help->lines[help->first + i]);
	if (help->first < last) {
		snprintf(title, sizeof title, " +%zu more: j PgDn", last - help->first);
		screen_text(app->screen, screen_rows(app->screen) - 2, 0, -1, ROLE_DIM, title);
	}
}

static void scroll(struct app *app, uint32_t key)
{
	struct help *help = app->views[app->views_count - 1].state;
	size_t page = help_page(app), step = key == K_PAGE_UP || key == K_PAGE_DOWN || key == ' ' ? page : 1;

	if (key == K_UP || key == 'k' || key == K_PAGE_UP)
		help->first = help->first > step ? help->first - step : 0;
	else
		help->first += step;
}

static void jump(struct app *app, uint32_t key)
{
	struct help *help = app->views[app->views_count - 1].state;

	help->first = key == 'g' || key == K_HOME ? 0 : help->count;
}

static void leave(struct app *app, uint32_t key)
{
	(void)key;
	app_pop(app);
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, scroll, NULL, "Move", "a line up, a line down", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN, ' '}, scroll, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, jump, NULL, "Move", "the beginning, the end", false, DANGER_NONE, NULL},
	{{'q', K_ESCAPE, '?', K_F1}, leave, "Back", "Move", "back", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit", false, DANGER_NONE, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
};

const struct key_row *help_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view help_view = {
	.name = "help",
	.keys = help_keys,
	.open = help_open,
	.close = help_close,
	.draw = help_draw,
};
