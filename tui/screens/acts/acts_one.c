/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts that are about one guest at a time: console, shell, and by acts.h the config's editor. Where guests are tagged they
 * are listed, those hidden and those that cannot take it too, and one is chosen; its tag alone goes, so that the same key
 * goes on with the others. Owns nothing; the list's lines are app->targets'.
 */
#include "screens/acts/acts.h"
#include "screens/console/consoles.h"

#include <stdio.h>
#include <string.h>

#define BIT(state) (1u << (state))
#define NAME 24

static const struct act_of_one *chosen_for; /* whose list is in front: there is but one */

static void chosen(struct app *app, const struct dialog *dialog)
{
	const char *name = app->targets->items[dialog->chosen].name, *grey;
	struct model_row *row = model_find(app->model, name);

	if (!row) {
		app_say(app, ROLE_WARN, "%s is gone", name);
		return;
	}
	grey = chosen_for->grey(app, row);
	if (grey) {
		app_say(app, ROLE_WARN, "%s", grey);
		return;
	}
	model_tag(app->model, row, false);
	chosen_for->begin(app, name);
}

static void choose(struct app *app, const struct act_of_one *act)
{
	struct targets *targets = targets_bind(app, acts_rule(AUBERGE_START)); /* for the names: each act has its own reasons */
	static const char blanks[NAME + 1] = "                        ";
	char name[AUBERGE_NAME_MAX + 2];
	bool found = false;
	size_t columns;

	if (!targets)
		return;
	chosen_for = act;
	dialog_choose(&app->dialog, act->title);
	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->items[i];
		const struct model_row *row = model_find(app->model, target->name);
		bool can = row && !act->grey(app, row);

		model_cut_middle(name, sizeof name, target->name, NAME);
		columns = auberge_text_columns(name);
		snprintf(target->shown, sizeof target->shown, "%s%s %s%s", name, columns < NAME ? blanks + columns : "", target->state,
		         target->hidden ? ", hidden" : "");
		dialog_choice(&app->dialog, target->shown, can && !found);
		found = found || can;
	}
	app->dialog.confirmed = chosen;
}

void acts_one(struct app *app, const struct act_of_one *act)
{
	char name[AUBERGE_NAME_MAX + 1];

	if (acts_tagged(app)) {
		choose(app, act);
		return;
	}
	snprintf(name, sizeof name, "%s", acts_row(app)->guest.name);
	act->begin(app, name);
}

const char *acts_grey_one(struct app *app, const struct act_of_one *act)
{
	const struct model_row *row = acts_row(app);
	static char reason[160];

	if (!acts_tagged(app))
		return row ? act->grey(app, row) : "there is no guest here";
	for (size_t i = 0; i < app->model->rows_count; i++)
		if (app->model->rows[i]->tagged && !act->grey(app, app->model->rows[i]))
			return NULL;
	snprintf(reason, sizeof reason, "none of the %zu tagged can take it, they are %s", app->model->tagged, act->otherwise);
	return reason;
}

static const char *unless(const struct model_row *row, unsigned states)
{
	static char reason[128];

	if (states & BIT(row->guest.state))
		return NULL;
	snprintf(reason, sizeof reason, "%.64s is %s, not running", row->guest.name, auberge_state_word(row->guest.state));
	return reason;
}

/* --- a console */

static const char *no_console(struct app *app, const struct model_row *row)
{
	if (consoles_keep(app, row->guest.name)) /* its last screen */
		return NULL;
	return unless(row, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN) | BIT(AUBERGE_STARTING) | BIT(AUBERGE_STOPPING));
}

static void begin_console(struct app *app, const char *name)
{
	if (!app_push(app, &console_view, name))
		app_drop_input(app); /* typed for the guest */
}

static const struct act_of_one console = {"Console of which tagged guest", "not running", no_console, begin_console};

void act_console(struct app *app, uint32_t key)
{
	(void)key;
	acts_one(app, &console);
}

const char *grey_console(struct app *app)
{
	return acts_grey_one(app, &console);
}

/* --- a shell */

static const char *no_shell(struct app *app, const struct model_row *row)
{
	(void)app;
	return unless(row, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_STOPPING));
}

static void begin_shell(struct app *app, const char *name)
{
	jobs_run_child(app, "shell", name, "leave with exit");
}

static const struct act_of_one shell = {"Shell in which tagged guest", "not running", no_shell, begin_shell};

void act_shell(struct app *app, uint32_t key)
{
	(void)key;
	acts_one(app, &shell);
}

const char *grey_shell(struct app *app)
{
	return acts_grey_one(app, &shell);
}
