/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge events`: starts, ends and their cause, OOM kills, limits reached, by whom. */
#include "commands/command.h"
#include "commands/report.h"
#include "model/event_text.h"
#include "commands/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
	{.name = "follow", .type = OPTION_FLAG,
	 .help = "go on with what happens from now on; with --json one document per line"},
	{.name = NULL},
};

static json_t *to_json(const struct auberge_history_event *event)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "time", (json_int_t)event->time_seconds, "name",
	                 json_text_or_empty(event->name), "event", json_text_or_empty(event->event), "cause",
	                 json_text(event->cause), "status",
	                 event->status < 0 ? json_null() : json_integer(event->status), "by", json_text(event->by),
	                 "seconds", event->seconds < 0 ? json_null() : json_real(event->seconds), "count",
	                 event->count > 0 ? json_integer((json_int_t)event->count) : json_null(), "detail",
	                 json_text(event->detail));
}

static void put_event(const struct auberge_history_event *event)
{
	char when[32], sentence[512];

	format_time(when, sizeof when, event->time_seconds);
	event_sentence(event, sentence, sizeof sentence);
	printf("%s  %-14s %-8s%s%s\n", when, event->name, event->event, sentence[0] ? " " : "", sentence);
}

/*
 * What was read last, by time as auberge_history() gives it. The files only grow at their end and lose their older half
 * now and then, so what is new is what has no equal in there; equals are counted, and a clock set back loses none.
 */
struct following {
	struct auberge_history_event *events;
	size_t count;
};

static bool same(const struct auberge_history_event *a, const struct auberge_history_event *b)
{
	return a->time_seconds == b->time_seconds && strcmp(a->name, b->name) == 0 && strcmp(a->event, b->event) == 0 &&
	       strcmp(a->cause, b->cause) == 0 && a->status == b->status && a->count == b->count && strcmp(a->detail, b->detail) == 0 &&
	       strcmp(a->by, b->by) == 0;
}

/* The first that is not older. */
static size_t first_at(const struct following *following, int64_t time_seconds)
{
	size_t low = 0, high = following->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (following->events[middle].time_seconds < time_seconds)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_known(const struct following *following, bool *met, const struct auberge_history_event *event)
{
	for (size_t i = first_at(following, event->time_seconds);
	     i < following->count && following->events[i].time_seconds == event->time_seconds; i++) {
		if (met[i] || !same(&following->events[i], event))
			continue;
		met[i] = true;
		return true;
	}
	return false;
}

static int put_new(struct call *call, const struct following *following, const struct auberge_history_event *events,
                   size_t count)
{
	bool *met = calloc(following->count + 1, sizeof *met);

	if (!met)
		return complain(AUBERGE_FAILED, NULL, "events: out of memory");
	for (size_t i = 0; i < count; i++) {
		if (is_known(following, met, &events[i]))
			continue;
		if (call->json && output_json(to_json(&events[i]), 0) != 0)
			break;
		if (!call->json)
			put_event(&events[i]);
	}
	free(met);
	return output_flush();
}

static int read_new(struct call *call, struct following *following)
{
	struct auberge_error error = {0};
	struct auberge_history_event *events = NULL;
	size_t count = 0;
	int status;

	if (auberge_history(call->auberge, call->arguments.words, call->arguments.words_count, &events, &count, &error) < 0)
		return complain_error(&error);
	status = put_new(call, following, events, count);
	free(following->events);
	*following = (struct following){events, count};
	return status;
}

/* 0 something happened, else the exit status. Who reads us is watched too: a closed pipe ends this at once. */
static int wait_for_more(struct call *call, int signals, int watch)
{
	struct pollfd polled[] = {{.fd = signals, .events = POLLIN}, {.fd = watch, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	struct auberge_error error = {0};

	for (;;) {
		int ready = poll(polled, 3, -1), number = signals_next();

		if (number && number != SIGWINCH)
			return number == SIGINT ? STATUS_INTERRUPTED : 128 + number;
		if (ready > 0 && polled[2].revents & (POLLERR | POLLHUP | POLLNVAL))
			return AUBERGE_FAILED;
		if (ready > 0 && polled[1].revents)
			return auberge_history_watch_take(call->auberge, watch, &error) < 0 ? complain_error(&error) : 0;
	}
}

static int follow(struct call *call)
{
	struct following following = {0};
	struct auberge_error error = {0};
	int watch = auberge_history_watch(call->auberge, &error), signals, status;

	if (watch < 0)
		return complain_error(&error);
	signals = signals_open();
	status = read_new(call, &following);
	while (status == 0) {
		status = wait_for_more(call, signals, watch);
		if (status == 0)
			status = read_new(call, &following);
	}
	signals_close();
	close(watch);
	free(following.events);
	return status;
}

static int put_all(struct call *call)
{
	struct auberge_error error = {0};
	struct auberge_history_event *events = NULL;
	json_t *document;
	size_t count = 0;
	int status = 0;

	if (auberge_history(call->auberge, call->arguments.words, call->arguments.words_count, &events, &count, &error) < 0)
		return complain_error(&error);
	document = call->json ? json_array() : NULL;
	for (size_t i = 0; i < count; i++) {
		if (call->json)
			json_array_append_new(document, to_json(&events[i]));
		else
			put_event(&events[i]);
	}
	if (call->json)
		status = output_json(document, 2);
	free(events);
	return status;
}

static int run(struct call *call)
{
	bool named = call->arguments.words_count > 0;
	int unknown = command_keep_known(call), status;

	if (named && call->arguments.words_count == 0)
		return unknown;
	status = arguments_flag(&call->arguments, "follow") ? follow(call) : put_all(call);
	return unknown > status ? unknown : status;
}

const struct command command_events = {
	.name = "events",
	.arguments = "[NAME...]",
	.summary = "what happened to guests",
	.description =
		"Starts, ends and their cause, OOM kills, limits reached, and by whom. Oldest first; of the named guests, else "
		"of all.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_JSON | COMMAND_ROOT,
	.most = COMMAND_MANY,
	.run = run,
};
