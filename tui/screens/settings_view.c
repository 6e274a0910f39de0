/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings: each is in force at once and lasts until the program ends; only s writes them down, into the user's own
 * file. Owns where the cursor is.
 */
#include "screens/settings_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THEMES_MAX 64

enum line { LINE_THEME, LINE_RATE, LINE_SORT, LINE_ASCII, LINES };

struct settings_state {
	size_t at;
};

static struct settings_state *state_of(struct app *app)
{
	return app_state_of(app, &settings_view);
}

static void *settings_open(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return calloc(1, sizeof(struct settings_state));
}

static void settings_close(struct app *app, void *state)
{
	(void)app;
	free(state);
}

void settings_show(struct app *app, uint32_t key)
{
	(void)key;
	app_push(app, &settings_view, NULL);
}

/* --- what is in force */

static void gather(struct app *app, struct settings *settings)
{
	settings_init(settings);
	snprintf(settings->theme, sizeof settings->theme, "%s", app->theme);
	snprintf(settings->sort, sizeof settings->sort, "%s%s", app->model->order.reverse ? "-" : "",
	         model_order_word(&app->model->order));
	settings->rate_seconds = app->rate_seconds;
	settings->ascii = app->ascii;
}

static void change_theme(struct app *app, int step)
{
	char names[THEMES_MAX][32], message[256];
	size_t count = theme_names(names, THEMES_MAX), at = 0;

	while (at < count && strcmp(names[at], app->theme) != 0)
		at++;
	at = at == count ? 0 : (at + count + (size_t)step) % count;
	if (!screen_set_theme(app->screen, names[at], message, sizeof message))
		app_say(app, ROLE_WARN, "%s", message);
	if (strcmp(screen_theme(app->screen), names[at]) == 0)
		snprintf(app->theme, sizeof app->theme, "%.31s", names[at]);
}

void settings_change_rate(struct app *app, int step)
{
	static const int rates[] = {1, 2, 3, 5, 10, 30, 60};
	size_t count = sizeof rates / sizeof rates[0], at = 0;

	while (at + 1 < count && rates[at] < app->rate_seconds)
		at++;
	if (step < 0 && at > 0)
		at--;
	else if (step > 0 && at + 1 < count)
		at++;
	app->rate_seconds = rates[at];
	app->round_ms = app->now_ms + rates[at] * 1000;
}

/* All columns in turn, then all of them reversed. */
static void change_sort(struct app *app, int step)
{
	const struct model_column *choices[64] = {NULL}; /* the first: trouble */
	size_t columns_count, count = 1, at = 0;
	const struct model_column *columns = model_columns(&columns_count);
	struct model_clock clock = app_clock(app);

	for (size_t i = 0; i < columns_count && count < 64; i++)
		if (columns[i].head && columns[i].width > 1)
			choices[count++] = &columns[i];
	while (at < count && choices[at] != app->model->order.column)
		at++;
	at = at == count ? 0 : at;
	if ((step > 0 && at + 1 == count) || (step < 0 && at == 0))
		app->model->order.reverse = !app->model->order.reverse;
	app->model->order.column = choices[(at + count + (size_t)step) % count];
	model_hold(app->model, &clock, 0);
	model_arrange(app->model, &clock);
}

static void change_ascii(struct app *app)
{
	app->ascii = !app->ascii;
	screen_set_ascii(app->screen, app->ascii);
}

/* --- keys */

static void move(struct app *app, uint32_t key)
{
	struct settings_state *state = state_of(app);

	if (key == K_UP || key == 'k')
		state->at -= state->at > 0;
	else
		state->at += state->at + 1 < LINES;
}

static void change(struct app *app, uint32_t key)
{
	int step = key == K_LEFT || key == 'h' ? -1 : 1;

	switch (state_of(app)->at) {
	case LINE_THEME:
		change_theme(app, step);
		break;
	case LINE_RATE:
		settings_change_rate(app, step);
		break;
	case LINE_SORT:
		change_sort(app, step);
		break;
	default:
		change_ascii(app);
	}
}

static void save(struct app *app, uint32_t key)
{
	struct settings settings;
	char message[SETTINGS_PATH + 128];

	(void)key;
	gather(app, &settings);
	if (settings_write(&settings, app->settings_file, message, sizeof message) < 0)
		app_say(app, ROLE_CRIT, "%s", message);
	else
		app_say(app, ROLE_OK, "written to %s", app->settings_file);
}

static const char *grey_save(struct app *app)
{
	return app->settings_file[0] ? NULL : "neither HOME nor XDG_CONFIG_HOME says where your settings are kept";
}

static const struct key_row rows[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "the setting above, below", false, DANGER_NONE, NULL},
	{{K_LEFT, 'h', K_RIGHT, 'l', K_ENTER, ' '}, change, NULL, "Act", "another value, in force at once", false, DANGER_NONE, NULL},
	{{'s'}, save, NULL, "Act", "write them into your own file; nothing else does", false, DANGER_NONE, grey_save},
	{{'q', K_ESCAPE, 'O'}, act_back, NULL, "Move", "back; what was changed lasts until the end", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit", false, DANGER_NONE, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *settings_keys(size_t *count)
{
	*count = sizeof rows / sizeof rows[0];
	return rows;
}

/* --- drawing */

static void settings_draw(struct app *app, void *opened)
{
	static const char *const names[LINES] = {"theme", "rate", "sort", "ascii"};
	const struct settings_state *state = opened;
	int screen_width = screen_columns(app->screen), width = screen_width < 62 ? screen_width : 60, height = LINES + 5;
	int row = (screen_rows(app->screen) - 3 - height) / 2, column = (screen_width - width) / 2;
	struct settings settings;
	char text[SETTINGS_PATH + 32];

	gather(app, &settings);
	row = row < 0 ? 0 : row;
	screen_box(app->screen, row, column, height, width, ROLE_BORDER_FOCUS);
	screen_text(app->screen, row, column + 2, -1, ROLE_TITLE, " Settings of the screens ");
	for (size_t i = 0; i < LINES; i++) {
		const char *const values[LINES] = {settings.theme, text, settings.sort, settings.ascii ? "yes" : "no"};
		char line[128];

		snprintf(text, sizeof text, "%ds", settings.rate_seconds);
		snprintf(line, sizeof line, "%c %-8s < %s >", i == state->at ? '>' : ' ', names[i], values[i]);
		screen_text(app->screen, row + 1 + (int)i, column + 1, width - 2, i == state->at ? ROLE_CURSOR : ROLE_TEXT, line);
	}
	snprintf(text, sizeof text, "s writes %s", app->settings_file[0] ? app->settings_file : "them nowhere: there is no home");
	screen_text(app->screen, row + LINES + 2, column + 2, width - 4, ROLE_DIM, text);
	screen_text(app->screen, row + LINES + 3, column + 2, width - 4, ROLE_TITLE,
	            width < 58 ? "< > change  s save  Esc back" : "Left Right change   s save   Esc back, unsaved");
}

const struct view settings_view = {
	.name = "settings",
	.keys = settings_keys,
	.open = settings_open,
	.close = settings_close,
	.draw = settings_draw,
	.overlay = true,
};
