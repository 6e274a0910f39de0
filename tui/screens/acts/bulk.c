/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts on several guests in the background, and the results that stay; see bulk.h. Nothing here waits. */
#include "screens/acts/bulk.h"

#include "screens/acts/acts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_AT_ONCE 64 /* the rest in the next turn: keys go first */
#define NOTES_MAX 16

static const struct bulk_words words[] = {
	[AUBERGE_START] = {"Start", "starting", "started"},       [AUBERGE_STOP] = {"Stop", "stopping", "stopped"},
	[AUBERGE_RESTART] = {"Restart", "restarting", "restarted"}, [AUBERGE_FREEZE] = {"Freeze", "freezing", "frozen"},
	[AUBERGE_THAW] = {"Thaw", "thawing", "thawed"},           [AUBERGE_KILL] = {"Kill", "killing", "killed"},
};
static const struct bulk_words destroy_words = {"Destroy", "deleting", "destroyed"};
static const struct bulk_words single_words = {"Failed acts", "", ""};

static void set_stage(struct bulk *bulk, size_t index, enum bulk_stage stage)
{
	bulk->counts[bulk->targets[index].stage]--;
	bulk->counts[stage]++;
	bulk->targets[index].stage = stage;
}

bool bulk_over(const struct bulk *bulk)
{
	return !bulk->jobs && !bulk->child;
}

static void bulk_free(struct bulk *bulk)
{
	if (!bulk)
		return;
	if (bulk->jobs) {
		app_unwatch(bulk->app, bulk->app->source->acts_fd(bulk->jobs));
		bulk->app->source->acts_free(bulk->jobs);
	}
	if (bulk->child)
		bulk_child_free(bulk->app, bulk->child);
	free(bulk->given);
	free(bulk->targets);
	free(bulk);
}

static struct bulk *bulk_new(struct app *app, const struct bulk_words *about, size_t count)
{
	struct bulk *bulk = calloc(1, sizeof *bulk);

	if (bulk) {
		bulk->targets = calloc(count + 1, sizeof *bulk->targets);
		bulk->given = calloc(count + 1, sizeof *bulk->given);
		bulk->words = about;
		bulk->app = app;
		bulk->count = count;
		bulk->counts[BULK_WAITS] = count;
	}
	if (bulk && bulk->targets && bulk->given) {
		for (size_t i = 0; i < count; i++)
			bulk->targets[i].words = about;
		return bulk;
	}
	bulk_free(bulk);
	app_say(app, ROLE_CRIT, "out of memory");
	return NULL;
}

/* --- the list of them */

static bool well(const struct bulk *bulk)
{
	return bulk->counts[BULK_DONE] == bulk->count;
}

void bulk_dismiss(struct app *app, struct bulk *bulk)
{
	for (size_t i = 0; i <= BULKS_MAX; i++)
		if (app->bulks[i] == bulk) {
			bulk_free(bulk);
			app->bulks[i] = NULL;
			return;
		}
}

/* A free place: that of one which is over and went well gives way. NULL: none. */
static struct bulk **place(struct app *app)
{
	for (size_t i = 0; i < BULKS_MAX; i++)
		if (!app->bulks[i])
			return &app->bulks[i];
	for (size_t i = 0; i < BULKS_MAX; i++)
		if (bulk_over(app->bulks[i]) && well(app->bulks[i])) {
			bulk_free(app->bulks[i]);
			app->bulks[i] = NULL;
			memmove(&app->bulks[i], &app->bulks[i + 1], (BULKS_MAX - 1 - i) * sizeof app->bulks[0]);
			app->bulks[BULKS_MAX - 1] = NULL;
			return &app->bulks[BULKS_MAX - 1];
		}
	return NULL;
}

bool bulk_room(struct app *app)
{
	for (size_t i = 0; i < BULKS_MAX; i++)
		if (!app->bulks[i] || (bulk_over(app->bulks[i]) && well(app->bulks[i])))
			return true;
	app_say(app, ROLE_WARN, "%d acts are under way or have results that nobody dismissed: B%s shows them", BULKS_MAX,
	        app_key_place(app, 'B'));
	return false;
}

size_t bulks_waiting(const struct app *app)
{
	size_t waiting = 0;

	for (size_t i = 0; i < BULKS_MAX; i++)
		waiting += app->bulks[i] && !bulk_over(app->bulks[i]) ? app->bulks[i]->counts[BULK_WAITS] : 0;
	return waiting;
}

size_t bulks_under_way(const struct app *app)
{
	size_t count = 0;

	for (size_t i = 0; i < BULKS_MAX; i++)
		count += app->bulks[i] && !bulk_over(app->bulks[i]);
	return count;
}

bool bulks_status(const struct app *app, char *out, size_t size)
{
	size_t under_way = 0, failed = 0, all = 0, settled = 0;
	const struct bulk *last = NULL;

	for (size_t i = 0; i <= BULKS_MAX; i++) {
		const struct bulk *bulk = app->bulks[i];

		failed += bulk ? bulk->counts[BULK_FAILED] : 0;
		if (!bulk || bulk_over(bulk))
			continue;
		last = bulk;
		under_way++;
		all += bulk->count;
		settled += bulk->count - bulk->counts[BULK_WAITS] - bulk->counts[BULK_GOES_ON];
	}
	out[0] = '\0';
	if (under_way == 1)
		snprintf(out, size, "%s %zu/%zu", last->words->doing, settled, all);
	else if (under_way > 1)
		snprintf(out, size, "%zu acts %zu/%zu", under_way, settled, all);
	if (failed > 0)
		snprintf(out + strlen(out), size - strlen(out), "%s%zu failed", out[0] ? ", " : "", failed);
	if (out[0])
		snprintf(out + strlen(out), size - strlen(out), " (B)");
	return failed > 0;
}

void bulks_close(struct app *app)
{
	for (size_t i = 0; i <= BULKS_MAX; i++) {
		bulk_free(app->bulks[i]);
		app->bulks[i] = NULL;
	}
}

/* --- what becomes of the targets */

void bulk_target_ended(struct bulk *bulk, size_t index, enum bulk_stage stage, const char *why)
{
	struct bulk_target *target = &bulk->targets[index];

	set_stage(bulk, index, stage);
	target->ended_ms = bulk->app->now_ms;
	target->begun_ms = target->begun_ms ? target->begun_ms : target->ended_ms;
	auberge_text_clean(target->why, sizeof target->why, why, strlen(why), 0);
	bulk->app->data_due = true;
	bulk->app->round_ms = bulk->app->now_ms; /* the list has changed: look at once */
}

static void fail(struct bulk *bulk, size_t index, const struct auberge_error *error)
{
	const char *name = bulk->targets[index].name, *text = error->text;
	char why[sizeof bulk->targets->why];

	if (strncmp(text, name, strlen(name)) == 0 && strncmp(text + strlen(name), ": ", 2) == 0) /* it stands before it already */
		text += strlen(name) + 2;
	snprintf(why, sizeof why, "%.*s%s%.120s", (int)strcspn(text, "\n"), text, error->remedy[0] ? "; " : "",
	         error->remedy);
	if (error->code == AUBERGE_TIMEOUT && bulk->stop)
		snprintf(why, sizeof why, "its time limit is over, %zu left: Enter shows them", bulk->targets[index].survivors);
	bulk_target_ended(bulk, index, BULK_FAILED, why);
}

static void says(struct bulk *bulk, size_t index, const struct auberge_job_event *event)
{
	struct bulk_target *target = &bulk->targets[index];

	if (event->text[0])
		snprintf(target->text, sizeof target->text, "%s", event->text);
	if (event->survivors)
		target->survivors = event->survivors_total;
	target->told_ms = bulk->app->now_ms;
	target->left_seconds = event->left_seconds;
}

static void say_over(struct bulk *bulk)
{
	struct app *app = bulk->app;
	char where[48];

	snprintf(where, sizeof where, "; B%s shows them", app_key_place(app, 'B'));
	app_say(app, bulk->counts[BULK_FAILED] ? ROLE_CRIT : ROLE_OK, "%s of %zu: %zu %s, %zu failed, %zu left out%s",
	        bulk->words->title, bulk->count, bulk->counts[BULK_DONE], bulk->words->done, bulk->counts[BULK_FAILED],
	        bulk->counts[BULK_LEFT_OUT], app->views[app->views_count - 1].view == &bulk_view ? "" : where);
}

static void over(struct bulk *bulk)
{
	struct app *app = bulk->app;

	app_unwatch(app, app->source->acts_fd(bulk->jobs));
	app->source->acts_free(bulk->jobs);
	bulk->jobs = NULL;
	for (size_t i = 0; i < bulk->count; i++)
		if (bulk->targets[i].stage == BULK_WAITS || bulk->targets[i].stage == BULK_GOES_ON)
			bulk_target_ended(bulk, i, BULK_FAILED, "what became of it could not be told: out of memory");
	say_over(bulk);
}

static void take(struct bulk *bulk, const struct auberge_jobs_event *event, const struct auberge_error *error)
{
	size_t index = bulk->given[event->index];

	switch (event->kind) {
	case AUBERGE_JOBS_BEGUN:
		set_stage(bulk, index, BULK_GOES_ON);
		bulk->targets[index].begun_ms = bulk->targets[index].told_ms = bulk->app->now_ms;
		bulk->targets[index].left_seconds = -1;
		break;
	case AUBERGE_JOBS_SAYS:
		says(bulk, index, &event->job);
		break;
	case AUBERGE_JOBS_WARNING:
		app_say_error(bulk->app, error);
		break;
	case AUBERGE_JOBS_DONE:
		bulk_target_ended(bulk, index, BULK_DONE, "");
		break;
	case AUBERGE_JOBS_FAILED:
		fail(bulk, index, error);
		break;
	case AUBERGE_JOBS_OVER:
		over(bulk);
		break;
	}
}

static void ready(struct app *app, void *data, short events)
{
	struct bulk *bulk = data;
	struct auberge_jobs_event event;
	struct auberge_error error = {0};

	(void)events;
	app->data_due = true;
	for (int i = 0; i < EVENTS_AT_ONCE && bulk->jobs && app->source->acts_next(bulk->jobs, &event, &error) > 0; i++) {
		take(bulk, &event, &error);
		error = (struct auberge_error){0};
	}
}

/* --- beginning and ending */

static void take_names(struct bulk *bulk, const struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		snprintf(bulk->targets[i].name, sizeof bulk->targets[i].name, "%s", targets->items[i].name);
		if (targets->items[i].refused[0])
			bulk_target_ended(bulk, i, BULK_LEFT_OUT, targets->items[i].refused);
	}
}

static bool begin_jobs(struct app *app, struct bulk *bulk, const struct targets *targets)
{
	const char **names = calloc(targets->taken + 1, sizeof *names);
	struct auberge_error error = {0};
	size_t count = 0;

	if (!names)
		return false;
	take_names(bulk, targets);
	for (size_t i = 0; i < targets->count; i++)
		if (bulk->targets[i].stage == BULK_WAITS) {
			bulk->given[count] = i;
			names[count++] = bulk->targets[i].name;
		}
	bulk->jobs = app->source->acts_begin(app->source, targets->rule->act, names, count, &error);
	free(names);
	if (bulk->jobs && app_watch(app, app->source->acts_fd(bulk->jobs), POLLIN, ready, bulk))
		return true;
	if (!bulk->jobs)
		app_say_error(app, &error);
	else
		app_say(app, ROLE_CRIT, "%s: too much is being waited for", targets->rule->verb);
	return false;
}

bool bulk_begin(struct app *app, const struct targets *targets)
{
	struct bulk **at = bulk_room(app) ? place(app) : NULL;
	struct bulk *bulk = at ? bulk_new(app, &words[targets->rule->act], targets->count) : NULL;

	if (!bulk)
		return false;
	bulk->stop = targets->rule->act == AUBERGE_STOP || targets->rule->act == AUBERGE_RESTART;
	if (!begin_jobs(app, bulk, targets)) {
		bulk_free(bulk);
		return false;
	}
	*at = bulk;
	bulk_show(app, 0);
	return true;
}

/* One after the other: a disk is deleted no sooner by deleting two. */
static void next_child(struct bulk *bulk)
{
	for (size_t i = 0; i < bulk->count && !bulk->child; i++) {
		if (bulk->targets[i].stage != BULK_WAITS)
			continue;
		bulk->child = bulk_child_begin(bulk->app, bulk, "destroy", i);
		if (!bulk->child) {
			bulk_target_ended(bulk, i, BULK_FAILED, "it could not be begun, or cannot be watched");
			continue;
		}
		set_stage(bulk, i, BULK_GOES_ON);
		bulk->targets[i].begun_ms = bulk->app->now_ms;
		bulk->targets[i].left_seconds = -1;
	}
}

void bulk_child_ended(struct bulk *bulk, size_t index, bool done, const char *why)
{
	const struct bulk_target *target = &bulk->targets[index];

	bulk_target_ended(bulk, index, done ? BULK_DONE : BULK_FAILED, why);
	next_child(bulk);
	if (bulk->count > 1) {
		if (bulk_over(bulk))
			say_over(bulk);
	} else if (done) {
		app_say(bulk->app, ROLE_OK, "%s %s%s%s", target->name, bulk->words->done, target->why[0] ? ": " : "", target->why);
	} else {
		app_say(bulk->app, ROLE_CRIT, "%s: %s", target->name, target->why);
	}
}

bool bulk_begin_destroys(struct app *app, const struct targets *targets)
{
	struct bulk **at = bulk_room(app) ? place(app) : NULL;
	struct bulk *bulk = at ? bulk_new(app, &destroy_words, targets->count) : NULL;

	if (!bulk)
		return false;
	take_names(bulk, targets);
	next_child(bulk);
	*at = bulk;
	bulk_show(app, 0);
	return true;
}

bool bulk_begin_destroy(struct app *app, const char *name)
{
	struct bulk **at = bulk_room(app) ? place(app) : NULL;
	struct bulk *bulk = at ? bulk_new(app, &destroy_words, 1) : NULL;

	if (!bulk)
		return false;
	snprintf(bulk->targets[0].name, sizeof bulk->targets[0].name, "%s", name);
	next_child(bulk);
	if (!bulk->child) {
		bulk_free(bulk);
		return false;
	}
	*at = bulk;
	app_say(app, ROLE_INFO, "deleting %s in the background: B%s shows it", name, app_key_place(app, 'B'));
	return true;
}

void bulk_call_off(struct bulk *bulk)
{
	if (bulk_over(bulk))
		return;
	for (size_t i = 0; i < bulk->count; i++)
		if (bulk->targets[i].stage == BULK_WAITS)
			bulk_target_ended(bulk, i, BULK_NOT_BEGUN, "called off before its turn came");
		else if (bulk->targets[i].stage == BULK_GOES_ON && bulk->jobs)
			bulk_target_ended(bulk, i, BULK_UNWATCHED, "it goes on, but is no longer watched here");
	if (!bulk->jobs) /* the child's end is still to be told */
		return;
	app_unwatch(bulk->app, bulk->app->source->acts_fd(bulk->jobs));
	bulk->app->source->acts_free(bulk->jobs);
	bulk->jobs = NULL;
}

void bulk_note(struct app *app, const char *name, enum auberge_act act, const char *why)
{
	struct bulk *notes = app->bulks[BULKS_MAX];
	size_t index;

	if (!notes) {
		notes = app->bulks[BULKS_MAX] = bulk_new(app, &single_words, NOTES_MAX);
		if (!notes)
			return;
		notes->single = true;
		notes->count = notes->counts[BULK_WAITS] = 0;
	}
	if (notes->count == NOTES_MAX) { /* the oldest goes */
		memmove(&notes->targets[0], &notes->targets[1], (NOTES_MAX - 1) * sizeof notes->targets[0]);
		notes->count--;
		notes->counts[BULK_FAILED]--;
	}
	index = notes->count++;
	notes->counts[BULK_WAITS]++;
	memset(&notes->targets[index], 0, sizeof notes->targets[index]);
	snprintf(notes->targets[index].name, sizeof notes->targets[index].name, "%s", name);
	notes->targets[index].words = &words[act];
	bulk_target_ended(notes, index, BULK_FAILED, why);
}
