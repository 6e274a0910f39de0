/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that reads the guests' figures: for each request one round of list, host and counters. It remembers what it
 * sent of each guest, and sends a guest again only when it has changed in more than its age.
 */
#include "model/collector.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct helper_child *child;
	struct auberge_guest *told; /* as sent, by name */
	size_t told_count;
	int64_t told_boot_seconds;
};

static bool before(void *data, const char *name)
{
	return helper_reading(((struct reading *)data)->child, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct auberge_guest *)a)->name, ((const struct auberge_guest *)b)->name);
}

/* The screens count uptimes on by themselves. */
static bool is_told(const struct reading *reading, const struct auberge_guest *guest, int64_t boot_seconds)
{
	const struct auberge_guest *told = NULL;
	struct auberge_guest same;
	int64_t expected;

	if (reading->told_count > 0)
		told = bsearch(guest, reading->told, reading->told_count, sizeof *told, by_name);
	if (!told)
		return false;
	expected = told->uptime_seconds < 0 ? told->uptime_seconds :
	           told->uptime_seconds + boot_seconds - reading->told_boot_seconds;
	memcpy(&same, told, sizeof same);
	if (guest->uptime_seconds >= expected - 1 && guest->uptime_seconds <= expected + 1)
		same.uptime_seconds = guest->uptime_seconds;
	return memcmp(&same, guest, sizeof same) == 0;
}

static void listed(void *data, const struct auberge_guest *guests, size_t count)
{
	struct reading *reading = data;
	int64_t boot_seconds = model_clock_now().boot_seconds;
	char *names = malloc(count * (AUBERGE_NAME_MAX + 1) + 1);
	struct auberge_guest *told = malloc((count + 1) * sizeof *told);
	size_t length = 0;

	for (size_t i = 0; names && i < count; i++) {
		size_t name = strlen(guests[i].name) + 1;

		if (!is_told(reading, &guests[i], boot_seconds))
			helper_send(reading->child, MESSAGE_GUEST, &guests[i], sizeof guests[i], NULL, 0);
		memcpy(names + length, guests[i].name, name);
		length += name;
	}
	if (names)
		helper_send(reading->child, MESSAGE_NAMES, names, length, NULL, 0);
	helper_flush(reading->child);
	free(names);
	free(reading->told);
	reading->told = told;
	reading->told_count = told ? count : 0;
	reading->told_boot_seconds = boot_seconds;
	if (told)
		memcpy(told, guests, count * sizeof *told);
}

static void counted(void *data, const struct model_row *row)
{
	struct message_counters counters = {.counters = row->now};

	memcpy(counters.name, row->guest.name, sizeof counters.name);
	helper_send(((struct reading *)data)->child, MESSAGE_COUNTERS, &counters, sizeof counters, NULL, 0);
}

static void send_error(struct reading *reading, const struct auberge_error *error)
{
	helper_send(reading->child, MESSAGE_ERROR, error, sizeof *error, NULL, 0);
}

static void mark_visible(struct model *model, const struct message *message)
{
	const char *text;

	for (size_t i = 0; i < model->rows_count; i++)
		model->rows[i]->visible = model->rows[i]->asked = false;
	for (size_t at = 0; (text = message_string(message, &at));) {
		struct model_row *row = text[0] == '+' || text[0] == '!' ? model_find(model, text + 1) : NULL;

		if (row)
			row->visible = true;
		if (row && text[0] == '!')
			row->asked = true;
	}
}

static void round_of(struct reading *reading, struct model_source *source, struct model *model,
                     const struct message *message)
{
	struct auberge_error error = {0};

	helper_take_left_out(reading->child, message, 0);
	if (model_source_refresh_list(source, &error) < 0)
		send_error(reading, &error);
	if (model_source_refresh_host(source, &error) < 0)
		send_error(reading, &error);
	else if (model->host.name[0])
		helper_send(reading->child, MESSAGE_HOST, &model->host, sizeof model->host, NULL, 0);
	helper_flush(reading->child);
	mark_visible(model, message);
	model_source_begin_round(source);
	model_source_refresh_counters_slice(source, 0);
	helper_send(reading->child, MESSAGE_OVER, NULL, 0, NULL, 0);
	helper_flush(reading->child);
}

void collector_read_guests(struct helper_child *child, void *data)
{
	struct reading reading = {.child = child};
	const struct model_source_hooks hooks = {before, listed, counted, &reading};
	struct auberge_error error = {0};
	struct model_source *source = NULL;
	struct message message;
	struct model model;

	model_init(&model);
	/* Opened when asked, so that a state directory that hangs is noticed as such. */
	while (helper_receive(child, &message)) {
		if (message.kind != MESSAGE_ROUND)
			continue;
		if (!source) {
			helper_reading(child, "/list");
			source = auberge_reopen(data, &error) == 0 ? model_source_open(data, &model, &error) : NULL;
			if (!source) {
				send_error(&reading, &error);
				helper_flush(child);
				return;
			}
			model_source_hook(source, &hooks);
		}
		round_of(&reading, source, &model, &message);
	}
}
