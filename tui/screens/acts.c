/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The acts on one guest and what is asked before them. Owns nothing. The target is the name at the key press,
 * copied into the dialog; whether its state is still the one asked about is looked at again when the answer comes.
 */
#include "screens/consoles.h"
#include "screens/view.h"

#include <stdio.h>
#include <string.h>

static const char *state_now(struct app *app, const char *target)
{
	const struct model_row *row = model_find(app->model, target);

	return row ? model_state_word(row) : NULL;
}

static void confirmed_stop(struct app *app, const struct dialog *dialog)
{
	struct app_job *job = jobs_begin(app, dialog->target, AUBERGE_STOP, -1);

	if (job)
		job->show = true;
}

static void confirmed_restart(struct app *app, const struct dialog *dialog)
{
	jobs_begin(app, dialog->target, AUBERGE_RESTART, -1);
}

static void confirmed_freeze(struct app *app, const struct dialog *dialog)
{
	jobs_begin(app, dialog->target, AUBERGE_FREEZE, -1);
}

static void confirmed_kill(struct app *app, const struct dialog *dialog)
{
	jobs_begin(app, dialog->target, AUBERGE_KILL, -1);
}

static void ask(struct app *app, const char *question, const char *verb,
                void (*confirmed)(struct app *app, const struct dialog *dialog))
{
	const struct model_row *row = dashboard_row(app);
	char title[128];

	snprintf(title, sizeof title, "%s %s?", question, row->guest.name);
	dialog_question(&app->dialog, title, verb, row->guest.name, model_state_word(row));
	app->dialog.state_now = state_now;
	app->dialog.confirmed = confirmed;
}

void act_start(struct app *app, uint32_t key)
{
	(void)key;
	jobs_begin(app, dashboard_row(app)->guest.name, AUBERGE_START, -1);
}

void act_stop(struct app *app, uint32_t key)
{
	const struct model_row *row = dashboard_row(app);

	(void)key;
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
	ask(app, "Restart", "restart", confirmed_restart);
}

void act_freeze(struct app *app, uint32_t key)
{
	const struct model_row *row = dashboard_row(app);

	(void)key;
	if (row->guest.state == AUBERGE_FROZEN)
		jobs_begin(app, row->guest.name, AUBERGE_THAW, -1);
	else
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
	dialog_line(&app->dialog, "Every process of it is killed at once.");
	dialog_line(&app->dialog, "What they had not saved is lost.");
	dialog_line(&app->dialog, "A clean stop is x.");
	app->dialog.state_now = state_now;
	app->dialog.confirmed = confirmed_kill;
}

void act_kill(struct app *app, uint32_t key)
{
	(void)key;
	acts_ask_kill(app, dashboard_row(app)->guest.name);
}

static void run_child(struct app *app, const char *verb, const char *hint)
{
	char name[AUBERGE_NAME_MAX + 1];

	snprintf(name, sizeof name, "%s", dashboard_row(app)->guest.name);
	jobs_run_child(app, verb, name, hint);
}

void act_console(struct app *app, uint32_t key)
{
	char name[AUBERGE_NAME_MAX + 1];

	(void)key;
	snprintf(name, sizeof name, "%s", dashboard_row(app)->guest.name);
	app_push(app, &console_view, name);
}

void act_shell(struct app *app, uint32_t key)
{
	(void)key;
	run_child(app, "shell", "leave with exit");
}

/* --- why a key is grey. The text is read at once, so one buffer for all will do. */

static const char *unless(struct app *app, unsigned states, const char *what)
{
	static char reason[128];
	const struct model_row *row = dashboard_row(app);

	if (!row)
		return "there is no guest under the cursor";
	if (states & 1u << row->guest.state)
		return NULL;
	snprintf(reason, sizeof reason, "%.64s is %s, %s", row->guest.name, auberge_state_word(row->guest.state), what);
	return reason;
}

#define BIT(state) (1u << (state))

const char *grey_start(struct app *app)
{
	const struct model_row *row = dashboard_row(app);

	if (row && row->guest.restart_seconds) /* it waits to be started again: now it need not */
		return NULL;
	return unless(app, BIT(AUBERGE_STOPPED) | BIT(AUBERGE_FAILED_STATE), "not stopped");
}

const char *grey_stop(struct app *app)
{
	return unless(app, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN) | BIT(AUBERGE_STARTING) | BIT(AUBERGE_STOPPING),
	              "not running");
}

const char *grey_restart(struct app *app)
{
	return unless(app, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN), "not running");
}

const char *grey_freeze(struct app *app)
{
	return unless(app, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN), "not running");
}

const char *grey_console(struct app *app)
{
	const struct model_row *row = dashboard_row(app);

	if (row && consoles_keep(app, row->guest.name)) /* its last screen */
		return NULL;
	return unless(app, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN) | BIT(AUBERGE_STARTING) | BIT(AUBERGE_STOPPING),
	              "not running");
}

const char *grey_shell(struct app *app)
{
	return unless(app, BIT(AUBERGE_RUNNING) | BIT(AUBERGE_STOPPING), "not running");
}
