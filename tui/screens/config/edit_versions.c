/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Earlier versions of a config: when, by whom, and the way back to one through its diff. Owns struct versions. */
#include "screens/config/edit.h"

#include "widgets/grid.h"
#include "widgets/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct versions {
	struct edit *edit;
	struct auberge_version *versions;
	size_t count;
	struct table table;
};

static const struct grid_column grid[] = {
	{"VERSION", 7, true, 0}, {"REPLACED", 16, false, 0}, {"BYTES", 6, true, 1}, {"BY", -1, false, 2},
};
#define COLUMNS (sizeof grid / sizeof grid[0])

static struct versions *versions_of(struct app *app)
{
	return app_state_of(app, &edit_versions_view);
}

static void *versions_open(struct app *app, const void *argument)
{
	struct versions *versions = calloc(1, sizeof *versions);
	struct auberge_error error = {0};

	if (!versions)
		return NULL;
	versions->edit = (struct edit *)(uintptr_t)argument;
	if (app->source->editing->history(app->source->configs, versions->edit->name, &versions->versions, &versions->count,
	                                  &error) < 0)
		app_say_error(app, &error);
	else if (versions->count == 0)
		app_say(app, ROLE_INFO, "%s: there is no earlier version yet", versions->edit->name);
	if (versions->count > 0)
		return versions;
	free(versions->versions);
	free(versions);
	return NULL;
}

static void versions_close(struct app *app, void *state)
{
	struct versions *versions = state;

	(void)app;
	free(versions->versions);
	free(versions);
}

static void draw_version(struct app *app, const struct versions *versions, size_t index, int row)
{
	const struct auberge_version *version = &versions->versions[index];
	char number[16], when[32] = "-", bytes[16], by[sizeof version->by];
	const char *const texts[COLUMNS] = {number, when, bytes, by};
	time_t seconds = (time_t)version->time_seconds;
	struct tm broken;

	snprintf(number, sizeof number, "%u", version->number);
	snprintf(bytes, sizeof bytes, "%zu", version->bytes);
	if (localtime_r(&seconds, &broken))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M", &broken);
	auberge_text_clean(by, sizeof by, version->by, strlen(version->by), 0);
	grid_row(app->screen, row, 0, screen_columns(app->screen), grid, COLUMNS, texts, NULL, index == versions->table.cursor);
}

static void versions_draw(struct app *app, void *state)
{
	struct versions *versions = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen), page = rows - 5 > 0 ? rows - 5 : 1;
	char line[160];

	snprintf(line, sizeof line, " Earlier versions of %s", versions->edit->name);
	screen_text(app->screen, 0, 0, columns, ROLE_TITLE, line);
	grid_heading(app->screen, 1, 0, columns, grid, COLUMNS);
	table_fit(&versions->table, versions->count, (size_t)page);
	for (int i = 0; i < page && versions->table.first + (size_t)i < versions->count; i++)
		draw_version(app, versions, versions->table.first + (size_t)i, 2 + i);
	if (rows > 4)
		screen_text(app->screen, rows - 2, 0, columns, ROLE_DIM,
		            columns < 60 ? " Enter its diff, and back   Esc back" : " Enter its diff, and back to it   Esc back");
}

static void move(struct app *app, uint32_t key)
{
	struct versions *versions = versions_of(app);
	size_t page = screen_rows(app->screen) > 6 ? (size_t)screen_rows(app->screen) - 6 : 1;
	size_t step = key == K_PAGE_UP || key == K_PAGE_DOWN ? page : 1, *cursor = &versions->table.cursor;

	if (key == K_UP || key == 'k' || key == K_PAGE_UP)
		*cursor = *cursor > step ? *cursor - step : 0;
	else if (key == 'g' || key == K_HOME)
		*cursor = 0;
	else if (key == 'G' || key == K_END)
		*cursor = versions->count - 1;
	else
		*cursor = *cursor + step < versions->count ? *cursor + step : versions->count - 1;
}

static void look(struct app *app, uint32_t key)
{
	struct versions *versions = versions_of(app);
	struct edit_question question = {.edit = versions->edit, .version = versions->versions[versions->table.cursor].number};
	struct auberge_error error = {0};

	(void)key;
	question.text = auberge_edit_revert(app->source->configs, versions->edit->name, question.version, &error);
	if (question.text)
		app_push(app, &edit_confirm_view, &question);
	else
		app_say_error(app, &error);
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "the version above, below", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, move, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, move, NULL, "Move", "the newest, the oldest", false, DANGER_NONE, NULL},
	{{'q', K_ESCAPE}, act_back, NULL, "Move", "back to the editor", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit", false, DANGER_NONE, NULL},
	{{K_ENTER}, look, NULL, "Act", "what going back to it would change; asks there", true, DANGER_NONE, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *edit_versions_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view edit_versions_view = {
	.name = "versions of a config",
	.keys = edit_versions_keys,
	.open = versions_open,
	.close = versions_close,
	.draw = versions_draw,
};
