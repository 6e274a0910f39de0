/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs of an act, driven by one poll() over their descriptors. Freeing a job leaves the wait, never the act:
 * that is what ^C does.
 */
#include "commands/acts.h"
#include "commands/live.h"
#include "commands/report.h"
#include "commands/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDRAW_MS 200 /* many guests speak one after the other: they share a picture */

/* How many at once: a start is work for this host, a stop is mostly waiting. */
static const struct act_words {
	const char *done, *noun, *again;
	size_t at_once;
} act_words[] = {
	[AUBERGE_START] = {"started", "start", "list", 16},
	[AUBERGE_STOP] = {"stopped", "stop", "stop", 256},
	[AUBERGE_RESTART] = {"restarted", "restart", "list", 32},
	[AUBERGE_FREEZE] = {"frozen", "freezing", "freeze", 64},
	[AUBERGE_THAW] = {"thawed", "thawing", "thaw", 64},
	[AUBERGE_KILL] = {"killed", "kill", "kill", 64},
};

struct acts {
	struct auberge *auberge;
	enum auberge_act act;
	const struct auberge_act_options *options;
	struct wait *waits;
	struct pollfd *polled;
	size_t count, begun, running;
	struct live live;
	bool json; /* one document at the end instead of a line each */
	int status;
};

static void raise_status(struct acts *acts, int status)
{
	if (status > acts->status)
		acts->status = status;
}

static void finish(struct acts *acts, struct wait *wait, const char *outcome)
{
	auberge_job_free(wait->job);
	wait->job = NULL;
	wait->over = true;
	wait->outcome = outcome;
	wait->seconds = (double)(wait_now_ms() - wait->begun_ms) / 1000;
	acts->running--;
}

static void fail(struct acts *acts, struct wait *wait, const struct auberge_error *error)
{
	live_erase(&acts->live);
	wait->error = strdup(error->text);
	wait->outcome = error->code == AUBERGE_TIMEOUT ? "timeout" : "failed";
	raise_status(acts, complain_error(error));
}

static void put_event(struct acts *acts, struct wait *wait, const struct auberge_job_event *event)
{
	wait_take(wait, event);
	switch (event->kind) {
	case AUBERGE_EVENT_PROGRESS:
		if (!acts->live.on)
			wait_say_change(wait);
		return;
	case AUBERGE_EVENT_SURVIVORS:
		live_erase(&acts->live);
		if (!acts->json)
			wait_say_survivors(wait);
		return;
	case AUBERGE_EVENT_DONE:
		live_erase(&acts->live);
		if (!acts->json)
			printf("%s: %s\n", wait->name, act_words[acts->act].done);
		return;
	}
}

/* All that the job has to say now. */
static void step(struct acts *acts, struct wait *wait)
{
	struct auberge_error error = {0};
	struct auberge_job_event event = {0};
	int result;

	while ((result = auberge_job_next(wait->job, &event, &error)) > 0) {
		put_event(acts, wait, &event);
		if (event.kind == AUBERGE_EVENT_DONE) {
			finish(acts, wait, "done");
			return;
		}
		event = (struct auberge_job_event){0};
	}
	if (result < 0) {
		fail(acts, wait, &error);
		finish(acts, wait, wait->outcome);
	}
}

static void begin_more(struct acts *acts)
{
	while (acts->begun < acts->count && acts->running < act_words[acts->act].at_once) {
		struct wait *wait = &acts->waits[acts->begun++];
		struct auberge_error error = {0};

		wait->begun_ms = wait_now_ms();
		wait->left_seconds = -1;
		wait->job = auberge_job_begin(acts->auberge, wait->name, acts->act, acts->options, &error);
		if (!wait->job) {
			fail(acts, wait, &error);
			wait->over = true;
			continue;
		}
		acts->running++;
		step(acts, wait);
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
		wait->error = strdup(wait->job ? "interrupted: it goes on" : "interrupted: not begun");
		wait->seconds = wait->job ? (double)(wait_now_ms() - wait->begun_ms) / 1000 : 0;
		if (!wait->job)
			note("%s: its %s was not begun", wait->name, words->noun);
		else if (strcmp(words->again, "list") == 0)
			note("%s: the %s goes on; `auberge list %s` tells how it ended", wait->name, words->noun, wait->name);
		else
			note("%s: the %s goes on; `auberge %s %s` joins it again", wait->name, words->noun, words->again, wait->name);
	}
	raise_status(acts, number == SIGINT ? STATUS_INTERRUPTED : 128 + number);
}

/* Waits until some job speaks. False: a signal ended the wait. */
static bool wait_round(struct acts *acts, int signals)
{
	size_t used = 0;

	acts->polled[used++] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (size_t i = 0; i < acts->begun; i++) {
		if (acts->waits[i].job)
			acts->polled[used++] = (struct pollfd){.fd = auberge_job_fd(acts->waits[i].job), .events = POLLIN};
	}
	if (poll(acts->polled, (nfds_t)used, live_due(&acts->live, acts->waits, acts->begun)) < 0 && errno != EINTR) {
		raise_status(acts, complain(AUBERGE_FAILED, NULL, "poll: %s", strerror(errno)));
		return false;
	}
	for (int number; (number = signals_next());) {
		if (number != SIGWINCH) {
			interrupted(acts, number);
			return false;
		}
	}
	used = 1;
	for (size_t i = 0; i < acts->begun; i++) {
		if (acts->waits[i].job && acts->polled[used++].revents)
			step(acts, &acts->waits[i]);
	}
	return true;
}

static void show(struct acts *acts)
{
	int64_t at = acts->live.drawn_ms + REDRAW_MS;

	output_flush();
	if (acts->live.on && (acts->live.lines == 0 || wait_now_ms() >= at))
		live_draw(&acts->live, acts->waits, acts->begun);
}

static int put_document(const struct acts *acts)
{
	json_t *document = json_array();

	for (size_t i = 0; i < acts->count; i++)
		json_array_append_new(document, wait_json(&acts->waits[i]));
	return output_json(document, 2);
}

static void add_names(struct acts *acts, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool twice = false;

		for (size_t other = 0; other < acts->count && !twice; other++)
			twice = strcmp(acts->waits[other].name, names[i]) == 0;
		if (!twice)
			acts->waits[acts->count++].name = names[i];
	}
}

static int run(struct auberge *auberge, enum auberge_act act, const struct auberge_act_options *options,
               const char *const *names, size_t count, bool json)
{
	struct auberge_act_options several = *options;
	struct acts acts = {.auberge = auberge, .act = act, .options = &several, .json = json};
	int signals = signals_open();

	acts.waits = calloc(count + 1, sizeof *acts.waits);
	acts.polled = calloc(count + 1, sizeof *acts.polled);
	live_open(&acts.live);
	if (acts.waits && acts.polled && signals >= 0) {
		add_names(&acts, names, count);
		several.many = acts.count > 1;
		begin_more(&acts);
		show(&acts);
		while (acts.running > 0 && wait_round(&acts, signals)) {
			begin_more(&acts);
			show(&acts);
		}
		live_erase(&acts.live);
		if (json)
			raise_status(&acts, put_document(&acts));
		for (size_t i = 0; i < acts.count; i++)
			wait_free(&acts.waits[i]);
	} else {
		acts.status = complain(AUBERGE_FAILED, NULL, "%s: out of memory or descriptors", auberge_act_word(act));
	}
	free(acts.waits);
	free(acts.polled);
	signals_close();
	return acts.status;
}

int acts_run(struct auberge *auberge, enum auberge_act act, const struct auberge_act_options *options,
             const char *const *names, size_t count)
{
	return run(auberge, act, options, names, count, false);
}

int acts_run_json(struct auberge *auberge, enum auberge_act act, const struct auberge_act_options *options,
                  const char *const *names, size_t count)
{
	return run(auberge, act, options, names, count, true);
}

int acts_run_call(struct call *call, enum auberge_act act)
{
	struct auberge_act_options options = {
		.timeout_seconds = arguments_number(&call->arguments, "timeout", -1),
		.kill = arguments_flag(&call->arguments, "kill"),
	};

	return run(call->auberge, act, &options, call->arguments.words, call->arguments.words_count, call->json);
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
