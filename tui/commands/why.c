/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge why`: what is wrong with one guest, strongest evidence first, from the same rules as the screens. Two samples
 * a second apart give the rates; of a guest that does not run, its last end and its events are asked.
 */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/terminal.h"
#include "model/json.h"
#include "model/model.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BETWEEN_MILLISECONDS 1000
#define ALL_FIGURES (AUBERGE_METER_CACHE | AUBERGE_METER_LIMITS | AUBERGE_METER_STALL | AUBERGE_METER_PROCESSES)

/* What only the guest's own story tells: the last OOM kill, also of an earlier run, and how it ended before a restart. */
static void add_story(struct call *call, const struct auberge_guest *guest, struct auberge_counters *counters, struct auberge_end *end)
{
	struct auberge_history_event event;
	struct auberge_error ignored;

	if (auberge_history_last(call->auberge, guest->name, "oom", &event, &ignored) > 0) {
		counters->have |= AUBERGE_HAVE_OOM_KNOWN;
		counters->oom_seconds = event.time_seconds;
		memcpy(counters->oom_victim, event.cause, sizeof counters->oom_victim);
	}
	if (guest->restarts == 0 || end->known || auberge_history_last(call->auberge, guest->name, "end", &event, &ignored) <= 0)
		return;
	*end = (struct auberge_end){.known = true, .status = event.status, .time_seconds = event.time_seconds, .ran_seconds = event.seconds};
	memcpy(end->cause, event.cause, sizeof end->cause);
	memcpy(end->detail, event.detail, sizeof end->detail);
}

/* It ended meanwhile: no error, but no figures either. */
#define GONE (-1)

static int explain(const struct auberge_error *error)
{
	return error->code == AUBERGE_WRONG_STATE ? GONE : complain_error(error);
}

/* 0, GONE, or the exit status. */
static int take_sample(struct call *call, struct auberge_meter *meter, struct auberge_traffic *traffic, struct model_row *row)
{
	struct auberge_error error = {0};
	struct auberge_counters counters = {0};
	struct model_clock clock;

	if (traffic && auberge_traffic_refresh(traffic, &error) < 0)
		traffic = NULL; /* its links are then not told of */
	if (auberge_meter_read(meter, traffic, ALL_FIGURES, &counters, &error) < 0)
		return explain(&error);
	add_story(call, &row->guest, &counters, &row->guest.last_end);
	clock = model_clock_now();
	model_update_counters(row, &counters, &clock);
	return 0;
}

static int sample_running(struct call *call, struct model_row *row)
{
	struct auberge_error error = {0}, ignored = {0};
	struct auberge_meter *meter = auberge_meter_open(call->auberge, &row->guest, &error);
	struct auberge_traffic *traffic = meter ? auberge_traffic_open(&ignored) : NULL;
	int status = meter ? take_sample(call, meter, traffic, row) : explain(&error), number;

	if (status == 0) {
		signals_open();
		number = signals_wait(-1, BETWEEN_MILLISECONDS);
		signals_close();
		if (number < 0)
			status = number == -SIGINT ? STATUS_INTERRUPTED : 128 - number;
	}
	if (status == 0)
		status = take_sample(call, meter, traffic, row);
	auberge_traffic_close(traffic);
	auberge_meter_close(meter);
	return status;
}

static void put_text(const struct model_row *row, const char *verdict, const struct model_finding *findings, size_t count)
{
	bool first = true;

	printf("%s: %s\n", row->guest.name, verdict);
	for (size_t i = 0; i < count; i++)
		printf("  %c  %s  [%s]\n", findings[i].letter, findings[i].sentence, findings[i].source);
	for (size_t i = 0; i < count; i++) {
		size_t earlier = 0;

		while (earlier < i && strcmp(findings[earlier].next, findings[i].next) != 0)
			earlier++;
		if (!findings[i].next[0] || earlier < i)
			continue;
		printf("%s  %s\n", first ? "next:" : "     ", findings[i].next);
		first = false;
	}
}

/* 0, or the exit status. */
static int look(struct call *call, const char *name, struct model_row *row)
{
	struct auberge_error error = {0};
	struct auberge_guest *guests = NULL;
	int status = GONE;

	for (int tries = 0; status == GONE && tries < 2; tries++) {
		struct model_clock clock = model_clock_now();
		size_t count = 0;

		if (auberge_list(call->auberge, &name, 1, 0, &guests, &count, &error) < 0)
			return complain_error(&error);
		model_row_init(row, &guests[0], &clock);
		free(guests);
		if (row->guest.running)
			status = sample_running(call, row);
		if (row->guest.running && status != GONE)
			break;
		add_story(call, &row->guest, &row->now, &row->guest.last_end);
		model_verdict(row, &clock);
		status = row->guest.running ? GONE : 0;
	}
	return status == GONE ? 0 : status;
}

static int run(struct call *call)
{
	const char *name = call->arguments.words[0];
	struct model_finding findings[MODEL_FINDINGS_MAX];
	struct model_clock clock;
	struct model_row row;
	char verdict[320];
	size_t count;
	int status = command_check_guest(call, name);

	if (status == 0)
		status = look(call, name, &row);
	if (status)
		return status;
	clock = model_clock_now();
	if (call->json)
		return output_json(model_json_why(&row, &clock), 2);
	count = model_findings(&row, &clock, findings, MODEL_FINDINGS_MAX);
	model_verdict_sentence(&row, &clock, verdict, sizeof verdict);
	put_text(&row, verdict, findings, count);
	return output_flush();
}

const struct command command_why = {
	.name = "why",
	.arguments = "NAME",
	.summary = "what is wrong with a guest, strongest evidence first",
	.description =
		"Each line of evidence names the file that says so, of the kernel's or of ours. Lines that begin with - are of what is "
		"all right. It takes a second, for rates need two samples. Stall is the kernel's pressure figure, the part of the time "
		"that some process had to wait; where the kernel has none, an estimate is told as such.",
	.flags = COMMAND_GUESTS | COMMAND_JSON,
	.least = 1,
	.most = 1,
	.run = run,
};
