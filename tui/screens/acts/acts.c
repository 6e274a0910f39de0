/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The acts of the key tables and what is asked before them. Owns nothing. The target is the name at the key press,
 * copied into the dialog; whether its state is still the one asked about is looked at again when the answer comes.
 * Where tags are in force the act is on those, through targets.c.
 */
#include "screens/acts/acts.h"

#include <stdio.h>
#include <string.h>

static const struct view *view_of_row(const struct app *app, void **state)
{
	for (size_t i = app->views_count; i > 0; i--)
		if (app->views[i - 1].view->row) {
			*state = app->views[i - 1].state;
			return app->views[i - 1].view;
		}
	return NULL;
}

struct model_row *acts_row(struct app *app)
{
	void *state;
	const struct view *view = view_of_row(app, &state);

	return view ? view->row(app, state) : NULL;
}

bool acts_tagged(struct app *app)
{
	void *state;
	const struct view *view = view_of_row(app, &state);

	return view && view->tags && app->model->tagged > 0;
}

void acts_hold(struct app *app)
{
	struct model_clock clock = app_clock(app);

	if (model_held_seconds(app->model, &clock) >= 0)
		model_hold(app->model, &clock, HELD_AFTER_MOVE_USEC);
}

/* True: the act is on those tagged, and has been asked about. */
static bool on_tagged(struct app *app, enum auberge_act act)
{
	struct targets *targets;

	if (!acts_tagged(app))
		return false;
	targets = targets_bind(app, acts_rule(act));
	if (targets)
		targets_ask(app, targets);
	return true;
}

/* The target is one run of a guest: in another state, or started anew meanwhile, it is asked about again. */
static void bind_target(struct dialog *dialog, const struct model_row *row)
{
	snprintf(dialog->state, sizeof dialog->state, "%s", row ? model_state_word(row) : "gone");
	dialog->run = row && row->guest.init_pid ? row->guest.init_pid : row && row->guest.last_end.known ?
	              -row->guest.last_end.time_seconds : 0; /* which one, also when it is over */
}

static enum dialog_result recheck(struct app *app, struct dialog *dialog)
{
	const struct model_row *row = model_find(app->model, dialog->target);
	struct dialog before = *dialog;

	bind_target(dialog, row);
	if (strcmp(before.state, dialog->state) == 0 && before.run == dialog->run)
		return DIALOG_DONE;
	if (!row) {
		app_say(app, ROLE_WARN, "%s is gone", dialog->target);
		return DIALOG_LEFT;
	}
	snprintf(dialog->title, sizeof dialog->title, "%s is %s now. Still %s?", dialog->target,
	         strcmp(before.state, dialog->state) == 0 ? "another run" : dialog->state, dialog->verb);
	return DIALOG_OPEN;
}

void acts_bind(struct app *app)
{
	bind_target(&app->dialog, model_find(app->model, app->dialog.target));
	app->dialog.recheck = recheck;
}

static void confirmed_stop(struct app *app, const struct dialog *dialog)
{
	struct app_job *job = jobs_begin(app, dialog->target, AUBERGE_STOP, -1);

	acts_hold(app);
	if (job)
		job->show = true;
}

static void confirmed_restart(struct app *app, const struct dialog *dialog)
{
	acts_hold(app);
	jobs_begin(app, dialog->target, AUBERGE_RESTART, -1);
}

static void confirmed_freeze(struct app *app, const struct dialog *dialog)
{
	acts_hold(app);
	jobs_begin(app, dialog->target, AUBERGE_FREEZE, -1);
}

static void confirmed_kill(struct app *app, const struct dialog *dialog)
{
	acts_hold(app);
	jobs_begin(app, dialog->target, AUBERGE_KILL, -1);
}

static void ask(struct app *app, const char *question, const char *verb,
                void (*confirmed)(struct app *app, const struct dialog *dialog))
{
	const struct model_row *row = acts_row(app);
	char title[128];

	if (!row)
		return;
	snprintf(title, sizeof title, "%s %s?", question, row->guest.name);
	dialog_question(&app->dialog, title, verb, row->guest.name, model_state_word(row));
	acts_bind(app);
	app->dialog.confirmed = confirmed;
}

void act_start(struct app *app, uint32_t key)
{
	(void)key;
	if (on_tagged(app, AUBERGE_START))
		return;
	acts_hold(app);
	jobs_begin(app, acts_row(app)->guest.name, AUBERGE_START, -1);
}

void act_stop(struct app *app, uint32_t key)
{
	const struct model_row *row = acts_row(app);

	(void)key;
	if (on_tagged(app, AUBERGE_STOP))
		return;
	if (jobs_find(app, row->guest.name, AUBERGE_STOP)) { /* one is under way: show it */
		app_push(app, &stop_view, row->guest.name);
		return;
	}
	if (row->guest.state == AUBERGE_STOPPING) { /* by someone else: look on, its init is asked nothing anew */
		if (jobs_join(app, row->guest.name, -1))
			app_push(app, &stop_view, row->guest.name);
		return;
	}
	ask(app, "Stop", "stop", confirmed_stop);
}

void act_restart(struct app *app, uint32_t key)
{
	(void)key;
	if (!on_tagged(app, AUBERGE_RESTART))
		ask(app, "Restart", "restart", confirmed_restart);
}

static bool some_tagged(struct app *app, enum auberge_act act)
{
	char why[128];

	for (size_t i = 0; i < app->model->rows_count; i++)
		if (app->model->rows[i]->tagged && acts_takes(acts_rule(act), app->model->rows[i], why, sizeof why))
			return true;
	return false;
}

/* One key for both: thaws when there is nothing to freeze. */
void act_freeze(struct app *app, uint32_t key)
{
	const struct model_row *row = acts_row(app);

	(void)key;
	if (on_tagged(app, some_tagged(app, AUBERGE_FREEZE) ? AUBERGE_FREEZE : AUBERGE_THAW))
		return;
	if (row->guest.state == AUBERGE_FROZEN) {
		acts_hold(app);
		jobs_begin(app, row->guest.name, AUBERGE_THAW, -1);
		return;
	}
	ask(app, "Freeze", "freeze", confirmed_freeze);
}

void acts_ask_kill(struct app *app, const char *name)
{
	const struct model_row *row = model_find(app->model, name);
	char title[128], age[16] = "-";

	if (!row)
		return;
	snprintf(title, sizeof title, "Kill %s", name);
	dialog_confirm(&app->dialog, title, "kill", name, model_state_word(row));
	if (row->guest.uptime_seconds >= 0)
		auberge_format_age(age, sizeof age, row->guest.uptime_seconds);
	dialog_line(&app->dialog, "%-14.40s %s, up %s", name, model_state_word(row), age);
	if (row->now.have & AUBERGE_HAVE_PROCESSES)
		dialog_line(&app->dialog, "%-14s %llu processes", "", (unsigned long long)row->now.processes);
	dialog_line(&app->dialog, "%s", "");
	dialog_line(&app->dialog, "Every process is killed at once.");
	dialog_line(&app->dialog, "What they had not saved is lost.");
	dialog_line(&app->dialog, "A clean stop is x.");
	acts_bind(app);
	app->dialog.confirmed = confirmed_kill;
}

void act_kill(struct app *app, uint32_t key)
{
	(void)key;
	if (!on_tagged(app, AUBERGE_KILL))
		acts_ask_kill(app, acts_row(app)->guest.name);
}

/* --- why a key is grey. The text is read at once, so one buffer for all will do. */

static const char *unless_row(struct app *app, unsigned states, const char *what)
{
	static char reason[128];
	const struct model_row *row = acts_row(app);

	if (!row)
		return "there is no guest here";
	if (states & 1u << row->guest.state)
		return NULL;
	snprintf(reason, sizeof reason, "%.64s is %s, %s", row->guest.name, auberge_state_word(row->guest.state), what);
	return reason;
}

static const char *unless(struct app *app, enum auberge_act act)
{
	const struct act_rule *rule = acts_rule(act);
	const struct model_row *row = acts_row(app);
	static char reason[128];

	if (acts_tagged(app)) {
		if (some_tagged(app, act))
			return NULL;
		snprintf(reason, sizeof reason, "none of the %zu tagged can take it, they are %s", app->model->tagged, rule->otherwise);
		return reason;
	}
	if (row && acts_takes(rule, row, reason, sizeof reason))
		return NULL;
	return unless_row(app, rule->states, rule->otherwise);
}

const char *grey_start(struct app *app)
{
	return unless(app, AUBERGE_START);
}

const char *grey_stop(struct app *app)
{
	return unless(app, AUBERGE_STOP);
}

const char *grey_kill(struct app *app)
{
	return unless(app, AUBERGE_KILL);
}

const char *grey_restart(struct app *app)
{
	return unless(app, AUBERGE_RESTART);
}

const char *grey_freeze(struct app *app)
{
	/* One buffer holds the reason: that of freezing is asked for last. */
	return !unless(app, AUBERGE_THAW) ? NULL : unless(app, AUBERGE_FREEZE);
}
