/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge events`: starts, ends and their cause, OOM kills, limits reached, by whom. */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/terminal.h"

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
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "time", (json_int_t)event->time_seconds, "name",
	                 json_text_or_empty(event->name), "event", json_text_or_empty(event->event), "cause",
	                 json_text(event->cause), "status",
	                 event->status < 0 ? json_null() : json_integer(event->status), "by", json_text(event->by),
	                 "seconds", event->seconds < 0 ? json_null() : json_real(event->seconds));
}

static void put_event(const struct auberge_history_event *event)
{
	char when[32], age[16];

	format_time(when, sizeof when, event->time_seconds);
	printf("%s  %-14s %-8s", when, event->name, event->event);
	if (*event->cause)
		printf(" %s", event->cause);
	if (event->status >= 0)
		printf(" status %d", event->status);
	if (event->seconds >= 0) {
		auberge_format_age(age, sizeof age, (int64_t)event->seconds);
		printf(" after %s", age);
	}
	if (*event->by)
		printf(" by %s", event->by);
	if (*event->detail)
		printf(": %s", event->detail);
	putchar('\n');
}

/* Events of one guest in the order of its file: what was there before is skipped by count per guest. */
struct seen {
	char name[AUBERGE_NAME_MAX + 1];
	struct auberge_history_event last;
	bool fresh;
};

static bool same(const struct auberge_history_event *a, const struct auberge_history_event *b)
{
	return a->time_seconds == b->time_seconds && strcmp(a->event, b->event) == 0 && strcmp(a->cause, b->cause) == 0 &&
	       a->status == b->status && strcmp(a->detail, b->detail) == 0 && strcmp(a->by, b->by) == 0;
}

struct following {
	struct seen *guests;
	size_t count;
};

static struct seen *find_seen(struct following *following, const char *name)
{
	struct seen *grown;

	for (size_t i = 0; i < following->count; i++) {
		if (strcmp(following->guests[i].name, name) == 0)
			return &following->guests[i];
	}
	grown = realloc(following->guests, (following->count + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	following->guests = grown;
	grown += following->count++;
	*grown = (struct seen){.fresh = true};
	snprintf(grown->name, sizeof grown->name, "%s", name);
	return grown;
}

/*
 * The index behind the event of that guest that was printed last; 0 when it has none or its file was cut beyond
 * it.
 */
static size_t first_new(const struct auberge_history_event *events, size_t count, const struct seen *seen)
{
	for (size_t i = count; !seen->fresh && i-- > 0;) {
		if (strcmp(events[i].name, seen->name) == 0 && same(&events[i], &seen->last))
			return i + 1;
	}
	return 0;
}

static int put_new(struct call *call, struct following *following, const struct auberge_history_event *events,
                   size_t count)
{
	size_t *from = calloc(count + 1, sizeof *from);

	for (size_t i = 0; from && i < count; i++) { /* looked up before any is noted as printed */
		struct seen *seen = find_seen(following, events[i].name);

		from[i] = seen ? first_new(events, count, seen) : 0;
	}
	for (size_t i = 0; from && i < count; i++) {
		struct seen *seen = find_seen(following, events[i].name);

		if (i < from[i])
			continue;
		if (call->json && output_json(to_json(&events[i]), 0) != 0)
			break;
		if (!call->json)
			put_event(&events[i]);
		if (seen) {
			seen->last = events[i];
			seen->fresh = false;
		}
	}
	free(from);
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
	free(events);
	return status;
}

static int follow(struct call *call)
{
	struct following following = {0};
	struct auberge_error error = {0};
	char dropped[4096];
	int watch = auberge_history_watch(call->auberge, &error), status, ready;

	if (watch < 0)
		return complain_error(&error);
	signals_open();
	status = read_new(call, &following);
	while (status == 0) {
		ready = signals_wait(watch, -1);
		if (ready < 0)
			status = ready == -SIGINT ? STATUS_INTERRUPTED : 128 - ready;
		else if (ready > 0 && read(watch, dropped, sizeof dropped) >= 0)
			status = read_new(call, &following);
	}
	signals_close();
	close(watch);
	free(following.guests);
	return status;
}

static int run(struct call *call)
{
	struct auberge_error error = {0};
	struct auberge_history_event *events = NULL;
	json_t *document;
	size_t count = 0;
	int status = 0;

	if (arguments_flag(&call->arguments, "follow"))
		return follow(call);
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
