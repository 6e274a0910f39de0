/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens' side of the process that reads figures; see collector.h. */
#include "model/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 1000
#define CHECK_MS 250
#define AGAIN_FIRST_MS 1000 /* after a process that ended by itself; doubled each time */
#define AGAIN_LAST_MS 60000
#define COUNTED 1u /* helper_left_out.what: all that a round reads of a guest */

struct collector {
	struct model *model;
	struct helper helper;
	struct auberge_guest *changed; /* of the list that is coming in */
	size_t changed_count, changed_room;
	bool asked;        /* a round is under way */
	bool more;         /* the budget was spent before all was applied that has come */
	bool news;         /* something is to be drawn, or told: */
	struct auberge_error error;
	int64_t start_ms;  /* when to try to start the next process; 0: it runs */
	int64_t again_ms;  /* how long to wait after the next that ends */
};

static void tell(struct collector *collector, const struct auberge_error *error)
{
	collector->error = *error;
	collector->news = true;
}

static void start(struct collector *collector, int64_t now_ms)
{
	struct auberge_error error = {0};

	collector->changed_count = 0;
	collector->start_ms = 0;
	if (helper_start(&collector->helper, &error) == 0) {
		if (collector->asked)
			collector_begin(collector, now_ms);
		return;
	}
	collector->start_ms = now_ms + AGAIN_LAST_MS / 6;
	tell(collector, &error);
}

struct collector *collector_open(struct model *model, void (*run)(struct helper_child *child, void *data), void *data,
                                 struct auberge_error *error)
{
	struct collector *collector = calloc(1, sizeof *collector);

	if (!collector) {
		*error = (struct auberge_error){.code = AUBERGE_FAILED, .text = "figures: out of memory"};
		return NULL;
	}
	collector->model = model;
	collector->helper = (struct helper){.run = run, .data = data, .title = "auberge-figures", .limit_ms = LIMIT_MS, .fd = -1};
	collector->again_ms = AGAIN_FIRST_MS;
	if (helper_start(&collector->helper, error) < 0) {
		free(collector);
		return NULL;
	}
	return collector;
}

void collector_close(struct collector *collector)
{
	if (!collector)
		return;
	helper_close(&collector->helper);
	free(collector->changed);
	free(collector);
}

int collector_fd(const struct collector *collector)
{
	return collector->helper.pid > 0 ? collector->helper.fd : -1;
}

pid_t collector_pid(const struct collector *collector)
{
	return collector->helper.pid;
}

bool collector_news(struct collector *collector, struct auberge_error *error)
{
	bool news = collector->news;

	*error = collector->error;
	collector->news = false;
	collector->error = (struct auberge_error){0};
	return news;
}

/* --- one that does not go on */

/* A guest of which nothing was ever read gets a row all the same: it is there, and that is all that is known. */
static void add_unknown(struct collector *collector, const char *name, const struct model_clock *clock)
{
	struct model *model = collector->model;
	struct auberge_guest *guests = calloc(model->rows_count + 1, sizeof *guests), *unknown;

	if (!guests)
		return;
	for (size_t i = 0; i < model->rows_count; i++)
		guests[i] = model->rows[i]->guest;
	unknown = &guests[model->rows_count];
	*unknown = (struct auberge_guest){.state = AUBERGE_RUNNING, .supervision = AUBERGE_SUPERVISION_NONE,
	                                  .uptime_seconds = -1, .last_end.status = -1};
	memcpy(unknown->name, name, strnlen(name, AUBERGE_NAME_MAX));
	model_update_guests(model, guests, model->rows_count + 1, clock);
	free(guests);
}

static void mark_unread(struct collector *collector, const char *name)
{
	const struct helper_left_out *left = helper_find_left_out(&collector->helper, name);
	struct model_clock clock = model_clock_now();
	struct model_row *row;

	if (!auberge_name_valid(name))
		return;
	model_pass_time(collector->model, &clock);
	if (!model_find(collector->model, name))
		add_unknown(collector, name, &clock);
	row = model_find(collector->model, name);
	if (!row)
		return;
	row->unread = true;
	row->unread_usec = left ? (uint64_t)left->since_ms * 1000 : clock.monotonic_usec;
	model_row_mark_stale(row, &clock, UINT64_MAX / 2);
	model_verdict(row, &clock);
}

static void say_left_out(struct collector *collector, const char *name, const char *how)
{
	struct auberge_error error = {.code = AUBERGE_FAILED};

	if (name[0] == '/')
		snprintf(error.text, sizeof error.text, "reading the %s %s: it is left out for a while",
		         strcmp(name, "/list") == 0 ? "state directory" : name + 1, how);
	else
		snprintf(error.text, sizeof error.text, "reading %s %s: its figures are stale, the others go on", name, how);
	tell(collector, &error);
}

/* Ends the process, which is at a guest, and starts one that leaves this guest out. */
static void replace(struct collector *collector, const char *how, int64_t wait_ms, int64_t now_ms)
{
	char name[HELPER_NAME_SIZE];
	bool again;

	helper_at(&collector->helper, name, sizeof name);
	helper_end(&collector->helper);
	again = helper_find_left_out(&collector->helper, name) != NULL;
	if (name[0] && helper_leave_out(&collector->helper, name, COUNTED, how, now_ms)) {
		mark_unread(collector, name);
		collector->news = true;
		if (!again) /* said once */
			say_left_out(collector, name, how);
	} else {
		wait_ms = collector->again_ms;
		collector->again_ms = wait_ms * 2 < AGAIN_LAST_MS ? wait_ms * 2 : AGAIN_LAST_MS;
	}
	collector->changed_count = 0;
	if (wait_ms > 0)
		collector->start_ms = now_ms + wait_ms;
	else
		start(collector, now_ms);
}

int64_t collector_check(struct collector *collector, int64_t now_ms)
{
	if (collector->start_ms > 0) {
		if (now_ms < collector->start_ms)
			return collector->start_ms;
		start(collector, now_ms);
	}
	if (collector->helper.pid == 0)
		return collector->start_ms;
	switch (helper_check(&collector->helper, now_ms)) {
	case HELPER_HANGS:
		replace(collector, "hangs", 0, now_ms);
		break;
	case HELPER_WELL:
	case HELPER_ENDED:
		break;
	}
	return collector->more ? now_ms : collector->asked ? now_ms + CHECK_MS : -1;
}

/* --- a round */

static size_t put_name(char *to, char mark, const char *name)
{
	return (size_t)snprintf(to, AUBERGE_NAME_MAX + 2, "%c%s", mark, name) + 1;
}

void collector_begin(struct collector *collector, int64_t now_ms)
{
	const struct model *model = collector->model;
	char *names = malloc((model->shown_count + model->rows_count) * (AUBERGE_NAME_MAX + 2) + 1);
	size_t length = 0;

	collector->asked = true;
	for (size_t i = 0; names && i < model->shown_count; i++)
		if (model->shown[i]->visible)
			length += put_name(names + length, '+', model->shown[i]->guest.name);
	for (size_t i = 0; names && i < model->rows_count; i++)
		if (model->rows[i]->asked)
			length += put_name(names + length, '?', model->rows[i]->guest.name);
	if (names && collector->helper.pid > 0)
		helper_request(&collector->helper, COUNTED, MESSAGE_ROUND, names, length, now_ms); /* one that fails is seen to have ended */
	free(names);
}

static void add_changed(struct collector *collector, const struct auberge_guest *guest)
{
	if (collector->changed_count == collector->changed_room) {
		size_t room = collector->changed_room ? collector->changed_room * 2 : 16;
		struct auberge_guest *more = realloc(collector->changed, room * sizeof *more);

		if (!more)
			return;
		collector->changed = more;
		collector->changed_room = room;
	}
	collector->changed[collector->changed_count++] = *guest;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct auberge_guest *)a)->name, ((const struct auberge_guest *)b)->name);
}

/* They come in the order of their names. */
static const struct auberge_guest *find_changed(const struct collector *collector, const char *name)
{
	struct auberge_guest wanted;

	if (collector->changed_count == 0)
		return NULL;
	snprintf(wanted.name, sizeof wanted.name, "%s", name);
	return bsearch(&wanted, collector->changed, collector->changed_count, sizeof wanted, by_name);
}

/* The whole list, of guests that came and went: what was told now, and else the row. */
static void apply_all(struct collector *collector, const struct message *names, const struct model_clock *clock)
{
	struct model *model = collector->model;
	size_t room = model->rows_count + collector->changed_count + 1, count = 0;
	struct auberge_guest *guests = malloc(room * sizeof *guests);
	const char *name;

	for (size_t at = 0; guests && (name = message_string(names, &at)) && count < room;) {
		const struct auberge_guest *guest = find_changed(collector, name);
		const struct model_row *row = guest ? NULL : model_find(model, name);

		if (guest || row)
			guests[count++] = guest ? *guest : row->guest;
	}
	for (size_t i = 0; guests && i < model->rows_count && count < room; i++)
		if (helper_find_left_out(&collector->helper, model->rows[i]->guest.name) && !model->rows[i]->seen)
			guests[count++] = model->rows[i]->guest;
	if (guests)
		model_update_guests(model, guests, count, clock);
	free(guests);
}

static void apply_list(struct collector *collector, const struct message *names)
{
	struct model *model = collector->model;
	struct model_clock clock = model_clock_now();
	bool came = !model->listed, gone = false;
	const char *name;

	model_pass_time(model, &clock);
	for (size_t i = 0; i < model->rows_count; i++)
		model->rows[i]->seen = false;
	for (size_t at = 0; (name = message_string(names, &at));) {
		struct model_row *row = model_find(model, name);

		if (!row)
			came = true;
		else
			row->seen = true;
	}
	for (size_t i = 0; i < model->rows_count && !gone; i++)
		gone = !model->rows[i]->seen && !helper_find_left_out(&collector->helper, model->rows[i]->guest.name);
	if (came || gone)
		apply_all(collector, names, &clock);
	else
		model_update_some(model, collector->changed, collector->changed_count, &clock);
	collector->changed_count = 0;
}

static void apply_counters(struct collector *collector, const struct message_counters *counters)
{
	struct model_row *row = model_find(collector->model, counters->name);
	struct model_clock clock = model_clock_now();

	if (row && row->guest.running)
		model_update_counters(row, &counters->counters, &clock);
}

/* 1: the round is complete; -1: the message is none of those that come here. */
static int apply(struct collector *collector, const struct message *message)
{
	struct message_counters counters;
	struct auberge_guest guest;
	struct auberge_error error;
	struct auberge_host host;

	if (message_take_counters(message, &counters))
		apply_counters(collector, &counters);
	else if (message_take_guest(message, &guest))
		add_changed(collector, &guest);
	else if (message->kind == MESSAGE_NAMES)
		apply_list(collector, message);
	else if (message_take_host(message, &host))
		model_update_host(collector->model, &host);
	else if (message_take_error(message, &error))
		tell(collector, &error);
	else
		return message->kind == MESSAGE_OVER ? 1 : -1;
	return 0;
}

/* What was tried again and did not hang is read as before. */
static void complete(struct collector *collector)
{
	struct model_clock clock = model_clock_now();

	for (size_t i = 0; i < collector->model->rows_count; i++) {
		struct model_row *row = collector->model->rows[i];
		const struct helper_left_out *left = row->unread ? helper_find_left_out(&collector->helper, row->guest.name) : NULL;

		if (!row->unread || (left && !left->tried))
			continue;
		row->unread = false;
		model_verdict(row, &clock);
	}
	helper_done(&collector->helper, COUNTED, NULL);
	collector->asked = false;
	collector->again_ms = AGAIN_FIRST_MS;
}

bool collector_take(struct collector *collector, uint64_t budget_usec)
{
	uint64_t began = model_clock_now().monotonic_usec;
	struct message message;
	int result;

	collector->more = false;
	while ((result = helper_next(&collector->helper, &message)) > 0) {
		result = apply(collector, &message);
		if (result > 0)
			complete(collector);
		if (result != 0)
			break;
		collector->more = budget_usec > 0 && model_clock_now().monotonic_usec - began >= budget_usec;
		if (collector->more)
			return false;
	}
	if (result < 0)
		replace(collector, "ended the process that did it", AGAIN_FIRST_MS, (int64_t)(began / 1000));
	return result > 0;
}
