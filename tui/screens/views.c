/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one screen to another: the keys that several screens share, and the views that v chooses from. Owns nothing.
 */
#include "screens/guest/guest.h"
#include "screens/settings_view.h"

#include <stdio.h>
#include <string.h>

/* What v offers. NULL: the dashboard itself. */
static const struct {
	const char *name;
	const struct view *view;
} views[] = {
	{"guests", NULL},
	{"bridges", &bridges_view},
	{"processes", &processes_view},
	{"events", &events_view},
};

void act_back(struct app *app, uint32_t key)
{
	(void)key;
	app_pop(app);
}

void act_help(struct app *app, uint32_t key)
{
	(void)key;
	app_push(app, &help_view, app->views[app->views_count - 1].view);
}

static void view_chosen(struct app *app, const struct dialog *dialog)
{
	const struct view *view = views[dialog->chosen].view;

	while (app->views_count > 1)
		app_pop(app);
	if (view)
		app_push(app, view, NULL);
}

void act_view(struct app *app, uint32_t key)
{
	const struct view *now = app->views[app->views_count - 1].view;

	(void)key;
	dialog_choose(&app->dialog, "View");
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
		dialog_choice(&app->dialog, views[i].name, views[i].view == now);
	app->dialog.confirmed = view_chosen;
}

void act_rate(struct app *app, uint32_t key)
{
	settings_change_rate(app, key == '+' ? -1 : 1);
}

void views_guest(struct app *app, const char *name, int tab)
{
	struct guest_argument argument = {name, tab};

	if (!model_find(app->model, name))
		app_say(app, ROLE_WARN, "%s is gone", name);
	else if (app->views[app->views_count - 1].view == &guest_view)
		guest_go(app, app_state(app), name, (enum guest_tab_id)tab);
	else if (app->views_count == VIEWS_MAX)
		app_say(app, ROLE_WARN, "too many screens are open: q goes back");
	else
		app_push(app, &guest_view, &argument);
}

/* The one that stands first when sorted by trouble, whatever is shown and however. */
static const struct model_row *worst(const struct app *app)
{
	const struct model_order trouble = {0};
	const struct model_row *first = NULL;

	for (size_t i = 0; i < app->model->rows_count; i++)
		if (!first || model_order_compare(&trouble, app->model->rows[i], first) < 0)
			first = app->model->rows[i];
	return first;
}

void act_worst(struct app *app, uint32_t key)
{
	(void)key;
	views_guest(app, worst(app)->guest.name, 0);
}

const char *grey_worst(struct app *app)
{
	return worst(app) ? NULL : "there is no guest";
}
