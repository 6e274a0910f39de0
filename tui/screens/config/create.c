/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen that makes a guest: one page of fields, and the config or the command line that comes of them. Owns struct
 * create. Invariant: nothing on the host changes before ^S.
 */
#include "screens/config/create.h"

#include "screens/dashboard.h"
#include "widgets/keybar.h"
#include "widgets/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_FROM 118  /* columns from which on the pane stands beside the form */
#define BELOW_FROM FORM_SCREEN_ROOMY /* rows from which on it stands below */
#define PANE_ROWS 7
#define HELP_ROWS 2

struct place {
	int row, column, height, width; /* height 0: not shown */
};

struct create *create_of(struct app *app)
{
	return app_state_of(app, &create_view);
}

bool create_roomy(const struct app *app)
{
	return screen_columns(app->screen) >= SIDE_FROM || screen_rows(app->screen) >= BELOW_FROM;
}

static void *create_open(struct app *app, const void *argument)
{
	struct create *create = calloc(1, sizeof *create);

	(void)argument;
	if (!create)
		return NULL;
	if (!create_fields(create)) {
		form_free(&create->form);
		free(create);
		return NULL;
	}
	app->source->ask(app->source, TOPIC_NETWORK, ""); /* for the list of bridges */
	create_check(app, create);
	form_find(&create->form, "", "name")->problem[0] = '\0'; /* that it is empty is no news yet */
	return create;
}

static void create_close(struct app *app, void *state)
{
	struct create *create = state;

	if (create->creation)
		creation_leave(create->creation);
	app_drop_input(app);
	form_free(&create->form);
	pager_free(&create->pager);
	free(create);
}

void create_done(struct app *app, struct create *create, const char *name)
{
	struct dashboard *dashboard = dashboard_of(app);

	(void)create;
	snprintf(dashboard->name, sizeof dashboard->name, "%s", name);
	app->dialog.kind = DIALOG_NONE;
	while (app->views_count > 1 && app->views[app->views_count - 1].view != &create_view)
		app_pop(app);
	if (app->views_count > 1)
		app_pop(app);
	app_say(app, ROLE_OK, "%s created: u starts it", name);
}

/* --- drawing */

static void places(const struct app *app, const struct create *create, struct place *form, struct place *pane)
{
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	int body = rows >= BELOW_FROM ? rows - 1 - HELP_ROWS - 3 : rows - 4;

	body = body > 0 ? body : 0;
	*form = (struct place){1, 0, body, columns};
	*pane = (struct place){1, 0, 0, columns};
	if (columns >= SIDE_FROM) {
		form->width = columns * 11 / 20;
		*pane = (struct place){1, form->width + 1, body, columns - form->width - 1};
	} else if (rows >= BELOW_FROM) {
		form->height = body - PANE_ROWS;
		*pane = (struct place){1 + form->height, 0, PANE_ROWS, columns};
	} else if (create->instead) {
		pane->height = body;
		form->height = 0;
	}
}

static void draw_pane(struct app *app, struct create *create, const struct place *pane)
{
	static const char *const titles[CREATE_SHOWN] = {"config (F6: command line)", "command line (F6: config)",
	                                                 "dry run (F6: config)"};
	char title[256];
	size_t length;

	if (pane->height < 2)
		return;
	length = (size_t)snprintf(title, sizeof title, "-- %s ", titles[create->shown]);
	while (length < (size_t)pane->width && length + 1 < sizeof title)
		title[length++] = '-';
	title[length] = '\0';
	screen_text(app->screen, pane->row, pane->column, pane->width, ROLE_BORDER, title);
	pager_draw(&create->pager, app->screen, pane->row + 1, pane->column, pane->height - 1, pane->width);
}

static void draw_help(struct app *app, struct create *create)
{
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	bool roomy = rows >= BELOW_FROM;
	int row = roomy ? rows - 3 - HELP_ROWS : rows - 3;
	char help[512];
	enum role role;

	if (create->creation) {
		snprintf(help, sizeof help, " %3d%% %s", creation_percent(create->creation), creation_stage(create->creation));
		progress_draw(app->screen, row, 1, roomy ? columns - 2 : 12, creation_percent(create->creation) / 100.0,
		              ROLE_GRAPH_LOW);
		screen_text(app->screen, roomy ? row + 1 : row, roomy ? 0 : 13, roomy ? columns : columns - 13, ROLE_INFO, help);
		return;
	}
	help[0] = ' ';
	role = form_help(&create->form, help + 1, sizeof help - 1);
	form_screen_help(app, role, help);
}

static void create_draw(struct app *app, void *state)
{
	struct create *create = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	struct place form, pane;
	const struct key_row *keys;
	char line[160];
	size_t count;

	places(app, create, &form, &pane);
	if (create->creation)
		snprintf(line, sizeof line, " Making %s", creation_name(create->creation));
	else
		snprintf(line, sizeof line, " New guest");
	screen_text(app->screen, 0, 0, columns, ROLE_HEADER, line);
	form_draw(&create->form, app->screen, form.row, form.column, form.height, form.width, !create->creation);
	draw_pane(app, create, &pane);
	draw_help(app, create);
	if (rows > 4)
		screen_text(app->screen, rows - 2, 0, columns, ROLE_DIM, create->creation ?
		            columns < 60 ? " b leaves it going on  Esc breaks it off" :
		            " b leaves it going on   Esc breaks it off" : columns < 60 ? " ^S create  ^D dry run  Esc leave" :
		            " Tab next   ^S creates   ^D dry run   ^T result   Esc leaves");
	keys = create_keys(&count);
	if (rows > 1)
		keybar_draw(app, rows - 1, keys, count);
}

static bool create_unsaved(const void *state, char *out, size_t size)
{
	const struct create *create = state;

	snprintf(out, size, "the new guest");
	return create->edited && !create->creation;
}

const struct view create_view = {
	.name = "new guest",
	.keys = create_keys,
	.open = create_open,
	.close = create_close,
	.key = create_key,
	.draw = create_draw,
	.unsaved = create_unsaved,
	.takes_all = true,
};
