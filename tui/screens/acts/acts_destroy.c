/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destroy, class 3: what is deleted and what is kept is listed, and the name typed; of several tagged guests, each name, in
 * any order, and nothing is deleted before the last. Owns what it lists until the next one is asked for; it never stops a
 * guest.
 */
#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"

#include <stdio.h>
#include <string.h>

#define BELONGINGS_MAX 256
#define BIT(state) (1u << (state))

static const struct act_rule rule = {
	.title = "Destroy", .verb = "destroy", .otherwise = "not stopped",
	.states = BIT(AUBERGE_STOPPED) | BIT(AUBERGE_FAILED_STATE) | BIT(AUBERGE_INCOMPLETE),
	.act = AUBERGE_RESTART, /* of the engine's the one that no guest takes which waits to be started again */
};

static struct { /* of the dialog in front; there is but one */
	struct {
		const struct target *target; /* this line is its name; NULL: it is one of its belongings */
		bool kept;
		char what[200];
	} items[BELONGINGS_MAX];
	size_t count, more;
} listed;

static void found(void *data, bool kept, const char *what)
{
	(void)data;
	if (listed.count == BELONGINGS_MAX) {
		listed.more++;
		return;
	}
	listed.items[listed.count].target = NULL;
	listed.items[listed.count].kept = kept;
	auberge_text_clean(listed.items[listed.count].what, sizeof listed.items->what, what, strlen(what), 0);
	listed.count++;
}

static void find_belongings(struct app *app, const char *name)
{
	struct auberge_error error = {0};
	size_t before = listed.count;

	if (app->source->belongings(app->source, name, found, NULL, &error) == 0)
		return;
	listed.count = before;
	found(NULL, false, "its config, its disk and its history");
	found(NULL, true, "a directory used in place, sources of mounts: its config cannot be read now");
}

static enum role belonging_line(const void *data, size_t index, int width, char *out, size_t size)
{
	const struct target *target = listed.items[index].target;
	char name[AUBERGE_NAME_MAX + 2];

	(void)data;
	if (target) {
		model_cut_middle(name, sizeof name, target->name, width); /* whole, if at all possible: it is to be typed */
		snprintf(out, size, "%s %s%s%s%s%s", name, target->state, target->hidden ? ", hidden by the filter" : "",
		         target->typed ? ", typed" : "", target->refused[0] ? ", left out: " : "", target->refused);
		return target->refused[0] ? ROLE_OFF : target->typed ? ROLE_MARK : ROLE_TITLE;
	}
	snprintf(out, size, "%s  %s", listed.items[index].kept ? "kept   " : "deleted", listed.items[index].what);
	return listed.items[index].kept ? ROLE_OK : ROLE_TEXT;
}

static void show_list(struct dialog *dialog)
{
	dialog->list.count = listed.count;
	dialog->list.line = belonging_line;
	dialog_line(dialog, "%s", "");
	if (listed.more > 0)
		dialog_line(dialog, "and %zu more lines", listed.more);
	dialog_line(dialog, "What is deleted cannot be had back.");
}

const char *grey_destroy(struct app *app)
{
	static char reason[256];
	const struct model_row *row = acts_row(app);
	enum auberge_state state = row ? row->guest.state : AUBERGE_STOPPED;

	if (acts_tagged(app)) {
		for (size_t i = 0; i < app->model->rows_count; i++)
			if (app->model->rows[i]->tagged && acts_takes(&rule, app->model->rows[i], reason, sizeof reason))
				return NULL;
		snprintf(reason, sizeof reason, "none of the %zu tagged is stopped: destroy deletes the disk of a guest that does not run",
		         app->model->tagged);
		return reason;
	}
	if (!row)
		return "there is no guest under the cursor";
	if (row->guest.restart_seconds) {
		snprintf(reason, sizeof reason, "%.64s waits to be started again; x ends that", row->guest.name);
		return reason;
	}
	if (state == AUBERGE_STOPPED || state == AUBERGE_FAILED_STATE || state == AUBERGE_INCOMPLETE)
		return NULL;
	snprintf(reason, sizeof reason, "destroy deletes %s's disk; to power it off: auberge kill %s", row->guest.name,
	         row->guest.name);
	return reason;
}

static void confirmed(struct app *app, const struct dialog *dialog)
{
	const struct model_row *row = model_find(app->model, dialog->target);
	enum auberge_state state = row ? row->guest.state : AUBERGE_RUNNING;

	if (state != AUBERGE_STOPPED && state != AUBERGE_FAILED_STATE && state != AUBERGE_INCOMPLETE) {
		app_say(app, ROLE_CRIT, "%s is %s now: nothing was deleted", dialog->target, row ? auberge_state_word(state) : "gone");
		return;
	}
	if (bulk_begin_destroy(app, dialog->target))
		acts_hold(app);
}

/* --- those tagged */

static void list_targets(struct app *app)
{
	const struct targets *targets = app->targets;

	listed.count = listed.more = 0;
	for (size_t i = 0; i < targets->count; i++) {
		found(NULL, false, targets->items[i].name);
		if (listed.more == 0)
			listed.items[listed.count - 1].target = &targets->items[i];
		if (!targets->items[i].refused[0])
			find_belongings(app, targets->items[i].name);
	}
}

static size_t typed(const struct targets *targets)
{
	size_t count = 0;

	for (size_t i = 0; i < targets->count; i++)
		count += targets->items[i].typed;
	return count;
}

static void ask_next(struct dialog *dialog, const struct targets *targets)
{
	dialog->text[0] = '\0';
	if (targets->taken > 1)
		snprintf(dialog->prompt, sizeof dialog->prompt, "type each name (%zu of %zu): ", typed(targets) + 1, targets->taken);
	else
		dialog->prompt[0] = '\0';
}

static bool takes_name(struct app *app, struct dialog *dialog)
{
	struct targets *targets = app->targets;

	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->items[i];

		if (target->refused[0] || target->typed || strcmp(dialog->text, target->name) != 0)
			continue;
		target->typed = true;
		targets_title(targets, dialog->title, sizeof dialog->title);
		if (typed(targets) == targets->taken)
			return true;
		ask_next(dialog, targets);
		return false;
	}
	snprintf(dialog->title, sizeof dialog->title, "That is none of them: nothing is done");
	return false;
}

/* Where something changed the names are to be typed anew. */
static enum dialog_result recheck(struct app *app, struct dialog *dialog)
{
	enum dialog_result result = targets_recheck(app, dialog);

	if (result != DIALOG_OPEN)
		return result;
	for (size_t i = 0; i < app->targets->count; i++)
		app->targets->items[i].typed = false;
	list_targets(app);
	dialog->list.count = listed.count;
	ask_next(dialog, app->targets);
	return DIALOG_OPEN;
}

static void confirmed_tagged(struct app *app, const struct dialog *dialog)
{
	(void)dialog;
	if (!bulk_begin_destroys(app, app->targets))
		return;
	model_untag_all(app->model);
	acts_hold(app);
}

static void ask_tagged(struct app *app)
{
	struct targets *targets = targets_bind(app, &rule);
	struct dialog *dialog = &app->dialog;

	if (!targets)
		return;
	list_targets(app);
	dialog_name(dialog, "", "destroy", "", "");
	targets_title(targets, dialog->title, sizeof dialog->title);
	show_list(dialog);
	if (targets->taken > 1)
		dialog_line(dialog, "Nothing is deleted before the last name.");
	ask_next(dialog, targets);
	dialog->takes_name = takes_name;
	dialog->recheck = recheck;
	dialog->confirmed = confirmed_tagged;
}

void act_destroy(struct app *app, uint32_t key)
{
	const struct model_row *row = acts_row(app);
	struct dialog *dialog = &app->dialog;
	char title[128];

	(void)key;
	if (!bulk_room(app))
		return;
	if (acts_tagged(app)) {
		ask_tagged(app);
		return;
	}
	listed.count = listed.more = 0;
	find_belongings(app, row->guest.name);
	snprintf(title, sizeof title, "Destroy %s", row->guest.name);
	dialog_name(dialog, title, "destroy", row->guest.name, model_state_word(row));
	show_list(dialog);
	acts_bind(app);
	dialog->confirmed = confirmed;
}
