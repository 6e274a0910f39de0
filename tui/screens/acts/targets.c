/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The targets of an act on those tagged: bound at the key press, listed in a class 2 dialog, looked at again when the
 * answer comes. Owns app->targets, which outlives the dialog.
 */
#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(state) (1u << (state))
#define NARROW 60

static const struct act_rule rules[] = {
	[AUBERGE_START] = {AUBERGE_START, "Start", "start", BIT(AUBERGE_STOPPED) | BIT(AUBERGE_FAILED_STATE), "not stopped",
	                   {"In the order of their configs (after, order)."}},
	[AUBERGE_STOP] = {AUBERGE_STOP, "Stop", "stop",
	                  BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN) | BIT(AUBERGE_STARTING) | BIT(AUBERGE_STOPPING), "not running",
	                  {"Cleanly, in reverse order; each has its own time limit.", "Nothing is killed unless you say so."}},
	[AUBERGE_RESTART] = {AUBERGE_RESTART, "Restart", "restart", BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN), "not running",
	                     {"Stops cleanly, then starts. One that does not stop in time", "is not started again."}},
	[AUBERGE_FREEZE] = {AUBERGE_FREEZE, "Freeze", "freeze", BIT(AUBERGE_RUNNING), "not running",
	                    {"Nothing in them runs until they are thawed."}},
	[AUBERGE_THAW] = {AUBERGE_THAW, "Thaw", "thaw", BIT(AUBERGE_FROZEN), "not frozen", {NULL}},
	[AUBERGE_KILL] = {AUBERGE_KILL, "Kill", "kill",
	                  BIT(AUBERGE_RUNNING) | BIT(AUBERGE_FROZEN) | BIT(AUBERGE_STARTING) | BIT(AUBERGE_STOPPING), "not running",
	                  {"Every process is killed at once.", "What they had not saved is lost.", "A clean stop is x."}},
};

const struct act_rule *acts_rule(enum auberge_act act)
{
	return &rules[act];
}

bool acts_takes(const struct act_rule *rule, const struct model_row *row, char *out, size_t size)
{
	/* It waits to be started again: now it need not, or no more. */
	if ((rule->act == AUBERGE_START || rule->act == AUBERGE_STOP) && row->guest.restart_seconds)
		return true;
	if (rule->states & BIT(row->guest.state))
		return true;
	snprintf(out, size, "%s, %s", auberge_state_word(row->guest.state), rule->otherwise);
	return false;
}

static void look_at(struct app *app, struct targets *targets, struct target *target)
{
	const struct model_row *row = model_find(app->model, target->name);

	target->refused[0] = '\0';
	target->init_pid = row ? row->guest.init_pid : 0;
	snprintf(target->state, sizeof target->state, "%s", row ? model_state_word(row) : "gone");
	target->hidden = model_shown_index(app->model, target->name) < 0;
	if (!row)
		snprintf(target->refused, sizeof target->refused, "it is gone");
	else
		acts_takes(targets->rule, row, target->refused, sizeof target->refused);
	targets->taken += target->refused[0] == '\0';
}

void targets_free(struct app *app)
{
	if (app->targets)
		free(app->targets->items);
	free(app->targets);
	app->targets = NULL;
}

struct targets *targets_bind(struct app *app, const struct act_rule *rule)
{
	struct targets *targets;

	targets_free(app);
	targets = app->targets = calloc(1, sizeof *targets);
	if (targets)
		targets->items = calloc(app->model->tagged + 1, sizeof *targets->items);
	if (!targets || !targets->items) {
		targets_free(app);
		app_say(app, ROLE_CRIT, "%s: out of memory", rule->verb);
		return NULL;
	}
	targets->rule = rule;
	for (size_t i = 0; i < app->model->rows_count && targets->count < app->model->tagged; i++) {
		const struct model_row *row = app->model->rows[i];

		if (!row->tagged)
			continue;
		snprintf(targets->items[targets->count].name, sizeof targets->items->name, "%s", row->guest.name);
		look_at(app, targets, &targets->items[targets->count++]);
	}
	return targets;
}

/* --- the dialog */

static enum role target_line(const void *data, size_t index, int width, char *out, size_t size)
{
	const struct targets *targets = data;
	const struct target *target = &targets->items[index];
	int columns = width < NARROW ? 12 : 24, pad;
	char name[AUBERGE_NAME_MAX + 2];

	model_cut_middle(name, sizeof name, target->name, columns);
	pad = columns - (int)auberge_text_columns(name);
	snprintf(out, size, "%s%*s %-9s%s%s%s%s", name, pad, "", target->state, target->hidden ? " hidden" : "",
	         target->hidden && target->refused[0] ? "," : "", target->refused[0] ? " left out: " : "", target->refused);
	return target->refused[0] ? ROLE_OFF : target->hidden ? ROLE_WARN : ROLE_TEXT;
}

void targets_title(const struct targets *targets, char *out, size_t size)
{
	if (targets->taken == targets->count)
		snprintf(out, size, "%s %zu tagged guest%s", targets->rule->title, targets->count,
		         targets->count == 1 ? "" : "s");
	else
		snprintf(out, size, "%s %zu of %zu tagged guests", targets->rule->title, targets->taken,
		         targets->count);
}

/* The first that changed is named; the list shows them all as they are now. */
enum dialog_result targets_recheck(struct app *app, struct dialog *dialog)
{
	struct targets *targets = app->targets;
	size_t changed = 0;

	targets->taken = 0;
	for (size_t i = 0; i < targets->count; i++) {
		struct target before = targets->items[i], *now = &targets->items[i];

		look_at(app, targets, now);
		if (strcmp(before.state, now->state) == 0 && before.init_pid == now->init_pid)
			continue;
		if (changed++ == 0)
			snprintf(dialog->title, sizeof dialog->title, "%s is %s now. Still %s?", now->name,
			         strcmp(before.state, now->state) == 0 ? "another run" : now->state, targets->rule->verb);
	}
	if (changed > 1)
		snprintf(dialog->title, sizeof dialog->title, "%zu of them changed meanwhile. Still %s?", changed, targets->rule->verb);
	if (changed == 0)
		return DIALOG_DONE;
	if (targets->taken > 0)
		return DIALOG_OPEN;
	app_say(app, ROLE_WARN, "nothing to %s any more: the tagged guests changed meanwhile", targets->rule->verb);
	return DIALOG_LEFT;
}

static void confirmed(struct app *app, const struct dialog *dialog)
{
	(void)dialog;
	if (!bulk_begin(app, app->targets))
		return;
	model_untag_all(app->model);
	acts_hold(app);
}

void targets_ask(struct app *app, struct targets *targets)
{
	struct dialog *dialog = &app->dialog;
	size_t hidden = 0;

	if (!bulk_room(app))
		return;
	dialog_confirm(dialog, "", targets->rule->verb, "", "");
	targets_title(targets, dialog->title, sizeof dialog->title);
	dialog->list.count = targets->count;
	dialog->list.data = targets;
	dialog->list.line = target_line;
	for (size_t i = 0; i < targets->count; i++)
		hidden += targets->items[i].hidden;
	dialog_line(dialog, "%s", "");
	for (size_t i = 0; i < 4 && targets->rule->costs[i]; i++)
		dialog_line(dialog, "%s", targets->rule->costs[i]);
	if (hidden > 0)
		dialog_line(dialog, "%zu of them %s hidden by the filter.", hidden, hidden == 1 ? "is" : "are");
	dialog->recheck = targets_recheck;
	dialog->confirmed = confirmed;
}
