/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts on guests as a command shows them: results on stdout, a line each or one document; on a terminal stderr shows
 * how far all are and what each waits for, drawn in place. Freeing the jobs leaves the wait, never the acts: that is
 * what ^C does.
 */
#include "commands/acts.h"
#include "commands/live.h"
#include "commands/report.h"
#include "commands/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDRAW_MS 200  /* many guests speak one after the other: they share a picture */
#define BAR_COLUMNS 20
#define BAR_NAMES 4    /* of those whose turn has not come; more are counted only */

static const struct act_words {
	const char *done, *noun, *again;
} act_words[] = {
	[AUBERGE_START] = {"started", "start", "list"},     [AUBERGE_STOP] = {"stopped", "stop", "stop"},
	[AUBERGE_RESTART] = {"restarted", "restart", "list"}, [AUBERGE_FREEZE] = {"frozen", "freezing", "freeze"},
	[AUBERGE_THAW] = {"thawed", "thawing", "thaw"},     [AUBERGE_KILL] = {"killed", "kill", "kill"},
};

struct acts {
	enum auberge_act act;
	struct auberge_jobs *jobs;
	struct wait *waits;
	size_t count, left, done;
	struct live live;
	bool json; /* one document at the end instead of a line each */
	int status;
};

static void raise_status(struct acts *acts, int status)
{
	if (status > acts->status)
		acts->status = status;
}

/* --- how far all are */

/* "; not yet: db (after web), and 3 more" */
static void put_held(const struct acts *acts, char *out, size_t size)
{
	size_t used = strlen(out), named = 0, held = 0;

	for (size_t i = 0; i < acts->count; i++) {
		const struct wait *wait = &acts->waits[i];
		const char *after = wait->over || wait->under_way ? NULL : auberge_jobs_held_by(acts->jobs, i);

		held += after != NULL;
		if (!after || named == BAR_NAMES || used + 1 >= size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s (after %s)", named ? ", " : "; not yet: ", wait->name, after);
		named++;
	}
	if (held > named && used + 1 < size)
		snprintf(out + used, size - used, ", and %zu more", held - named);
}

static void show(struct acts *acts)
{
	struct live *live = &acts->live;
	size_t filled = acts->count ? (acts->count - acts->left) * BAR_COLUMNS / acts->count : 0;

	output_flush();
	if (!live->on || (live->lines > 0 && wait_now_ms() < live->drawn_ms + REDRAW_MS) || acts->left == 0)
		return;
	if (acts->count > 1) {
		snprintf(live->headline, sizeof live->headline, "[%.*s%*s] %zu/%zu %s, %zu waiting", (int)filled, "####################",
		         BAR_COLUMNS - (int)filled, "", acts->done, acts->count, act_words[acts->act].done, acts->left);
		put_held(acts, live->headline, sizeof live->headline);
	}
	live_draw(live, acts->waits, acts->count);
}

/* --- events */

static void finish(struct acts *acts, struct wait *wait, const char *outcome)
{
	wait->under_way = false;
	wait->over = true;
	wait->outcome = outcome;
	wait->seconds = wait->begun_ms ? (double)(wait_now_ms() - wait->begun_ms) / 1000 : 0;
	acts->left--;
}

static void fail(struct acts *acts, struct wait *wait, const struct auberge_error *error)
{
	live_erase(&acts->live);
	wait->error = strdup(error->text);
	raise_status(acts, complain_error(error));
	finish(acts, wait, error->code == AUBERGE_TIMEOUT ? "timeout" : "failed");
}

static void put_job_event(struct acts *acts, struct wait *wait, const struct auberge_job_event *event)
{
	wait_take(wait, event);
	if (event->kind != AUBERGE_EVENT_SURVIVORS) {
		if (!acts->live.on)
			wait_say_change(wait);
		return;
	}
	live_erase(&acts->live);
	if (!acts->json)
		wait_say_survivors(wait);
}

static void put_event(struct acts *acts, const struct auberge_jobs_event *event, const struct auberge_error *error)
{
	struct wait *wait = &acts->waits[event->index];

	switch (event->kind) {
	case AUBERGE_JOBS_BEGUN:
		wait->under_way = true;
		wait->begun_ms = wait_now_ms();
		wait->left_seconds = -1;
		break;
	case AUBERGE_JOBS_SAYS:
		put_job_event(acts, wait, &event->job);
		break;
	case AUBERGE_JOBS_WARNING:
		live_erase(&acts->live);
		complain_error(error);
		break;
	case AUBERGE_JOBS_DONE:
		live_erase(&acts->live);
		acts->done++;
		if (!acts->json)
			printf("%s: %s\n", wait->name, act_words[acts->act].done);
		finish(acts, wait, "done");
		break;
	case AUBERGE_JOBS_FAILED:
		fail(acts, wait, error);
		break;
	case AUBERGE_JOBS_OVER:
		if (acts->left > 0) /* what became of them could not be told: no memory */
			raise_status(acts, AUBERGE_FAILED);
		acts->left = 0;
		break;
	}
}

static void take_events(struct acts *acts)
{
	struct auberge_jobs_event event;
	struct auberge_error error = {0};

	while (acts->left > 0 && auberge_jobs_next(acts->jobs, &event, &error) > 0) {
		put_event(acts, &event, &error);
		error = (struct auberge_error){0};
	}
}

static void interrupted(struct acts *acts, int number)
{
	const struct act_words *words = &act_words[acts->act];

	live_erase(&acts->live);
	for (size_t i = 0; i < acts->count; i++) {
		struct wait *wait = &acts->waits[i];

		if (wait->over)
			continue;
		wait->error = strdup(wait->under_way ? "interrupted: it goes on" : "interrupted: not begun");
		wait->seconds = wait->under_way ? (double)(wait_now_ms() - wait->begun_ms) / 1000 : 0;
		if (!wait->under_way)
			note("%s: its %s was not begun", wait->name, words->noun);
		else if (strcmp(words->again, "list") == 0)
			note("%s: the %s goes on; `auberge list %s` tells how it ended", wait->name, words->noun, wait->name);
		else
			note("%s: the %s goes on; `auberge %s %s` joins it again", wait->name, words->noun, words->again, wait->name);
	}
	raise_status(acts, number == SIGINT ? STATUS_INTERRUPTED : 128 + number);
}

static void run_jobs(struct acts *acts)
{
	for (;;) {
		int heard;

		take_events(acts);
		show(acts);
		if (acts->left == 0)
			return;
		heard = signals_wait(auberge_jobs_fd(acts->jobs), live_due(&acts->live, acts->waits, acts->count));
		if (heard < 0) {
			interrupted(acts, -heard);
			return;
		}
	}
}

static int put_document(const struct acts *acts)
{
	json_t *document = json_array();

	for (size_t i = 0; i < acts->count; i++)
		json_array_append_new(document, wait_json(&acts->waits[i]));
	return output_json(document, 2);
}

/* Each name once: the indexes of events are into these. */
static const char **unique_names(const char *const *names, size_t *count)
{
	const char **unique = calloc(*count + 1, sizeof *unique);
	size_t kept = 0;

	for (size_t i = 0; unique && i < *count; i++) {
		bool twice = false;

		for (size_t other = 0; other < kept && !twice; other++)
			twice = strcmp(unique[other], names[i]) == 0;
		if (!twice)
			unique[kept++] = names[i];
	}
	*count = kept;
	return unique;
}

int acts_run(struct auberge *auberge, enum auberge_act act, const struct auberge_act_options *options, bool whole_host,
             const char *const *names, size_t count, bool json)
{
	struct auberge_jobs_options all = {.act = *options, .whole_host = whole_host};
	const char **unique = unique_names(names, &count);
	struct acts acts = {.act = act, .count = count, .left = count, .json = json};
	struct auberge_error error = {0};
	int signals = signals_open(), number = signals < 0 ? errno : ENOMEM;

	acts.waits = calloc(count + 1, sizeof *acts.waits);
	live_open(&acts.live);
	for (size_t i = 0; unique && acts.waits && i < count; i++)
		acts.waits[i].name = unique[i];
	if (!unique || !acts.waits || signals < 0)
		acts.status = complain(AUBERGE_FAILED, NULL, "%s: %s", auberge_act_word(act), strerror(number));
	else if (!(acts.jobs = auberge_jobs_begin(auberge, act, &all, unique, count, &error)))
		acts.status = complain_error(&error);
	else
		run_jobs(&acts);
	live_erase(&acts.live);
	if (json && acts.jobs)
		raise_status(&acts, put_document(&acts));
	auberge_jobs_free(acts.jobs);
	for (size_t i = 0; acts.waits && i < count; i++)
		wait_free(&acts.waits[i]);
	free(acts.waits);
	free(unique);
	signals_close();
	return acts.status;
}

int acts_run_call(struct call *call, enum auberge_act act)
{
	struct auberge_act_options options = {
		.timeout_seconds = arguments_number(&call->arguments, "timeout", -1),
		.kill = arguments_flag(&call->arguments, "kill"),
		.ready = arguments_find(&call->arguments, "wait") != NULL,
	};

	return acts_run(call->auberge, act, &options, false, call->arguments.words, call->arguments.words_count, call->json);
}

int acts_select(struct call *call, bool (*wanted)(const struct auberge_guest *guest), struct auberge_guest **guests,
                const char ***names, size_t *count)
{
	struct auberge_error error = {0};
	size_t all = 0;

	*names = NULL;
	*count = 0;
	if (auberge_list(call->auberge, NULL, 0, 0, guests, &all, &error) < 0)
		return complain_error(&error);
	*names = calloc(all + 1, sizeof **names);
	for (size_t i = 0; *names && i < all; i++) {
		if (wanted(&(*guests)[i]))
			(*names)[(*count)++] = (*guests)[i].name;
	}
	return *names ? 0 : complain(AUBERGE_FAILED, NULL, "%s: out of memory", call->command->name);
}
