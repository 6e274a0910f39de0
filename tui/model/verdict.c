/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a guest, in the few words of the WHY column; and the flags of `top`.
 * One table of rules, strongest first: the first whose test holds gives the sentence. The words that matter come
 * first: a narrow column drops words from the end.
 */
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECONDS_PER_DAY 86400
#define STALL_BAD 10.0     /* percent of 10 s */
#define LIMIT_NEAR 95.0    /* percent of the limit */
#define THROTTLED_MUCH 5.0 /* percent of the time */
#define PROCESSES_NEAR 0.9
#define RESTARTS_LOOP 3 /* in a row */

struct rule {
	enum model_level level;
	bool (*test)(const struct model_row *row);
	void (*sentence)(const struct model_row *row, const struct model_clock *clock, char *out, size_t size);
};

/* --- tests --- */

static bool ended_by(const struct model_row *row, const char *cause)
{
	return row->guest.state == AUBERGE_FAILED_STATE && strcmp(row->guest.last_end.cause, cause) == 0;
}

static bool failed_to_start(const struct model_row *row)
{
	return ended_by(row, "start-failed");
}

static bool failed_by_signal(const struct model_row *row)
{
	return (ended_by(row, "signalled") || ended_by(row, "killed")) && row->guest.last_end.status > 128;
}

static bool failed_by_exit(const struct model_row *row)
{
	return ended_by(row, "exited") && row->guest.last_end.status >= 0;
}

static bool failed_by_oom(const struct model_row *row)
{
	return ended_by(row, "oom");
}

static bool failed_with_host(const struct model_row *row)
{
	return ended_by(row, "host-restarted");
}

static bool gave_up(const struct model_row *row)
{
	return ended_by(row, "gave-up");
}

static bool restarting(const struct model_row *row)
{
	return row->guest.restart_seconds != 0;
}

static bool in_loop(const struct model_row *row)
{
	return row->guest.restarts >= RESTARTS_LOOP;
}

static bool failed(const struct model_row *row)
{
	return row->guest.state == AUBERGE_FAILED_STATE;
}

static bool lost(const struct model_row *row)
{
	return row->guest.supervision == AUBERGE_SUPERVISION_LOST;
}

static bool overdue(const struct model_row *row)
{
	return row->stop_timed && row->stop_left_seconds < 0;
}

static bool oom_killed(const struct model_row *row)
{
	return row->now.have & AUBERGE_HAVE_OOM && row->now.oom_kills > 0;
}

static bool stopping(const struct model_row *row)
{
	return row->guest.state == AUBERGE_STOPPING;
}

static bool bad_config(const struct model_row *row)
{
	return row->guest.problem[0] != '\0';
}

static bool half_made(const struct model_row *row)
{
	return row->guest.state == AUBERGE_INCOMPLETE;
}

/* --- sentences --- */

/* "02:14" for the last day, else how long ago; with a blank before. */
static void add_time(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	time_t then = (time_t)row->guest.last_end.time_seconds;
	int64_t age = clock->wall_seconds - then;
	size_t used = strlen(out);
	struct tm local;

	if (!row->guest.last_end.known || then <= 0 || used + 1 >= size)
		return;
	if (age >= SECONDS_PER_DAY) {
		out[used] = ' ';
		auberge_format_age(out + used + 1, size - used - 1, age);
	} else if (localtime_r(&then, &local)) {
		snprintf(out + used, size - used, " %02d:%02d", local.tm_hour, local.tm_min);
	}
}

static void say_exit(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	snprintf(out, size, "exit %d", row->guest.last_end.status);
	add_time(row, clock, out, size);
}

static void say_signal(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	snprintf(out, size, "signal %d", row->guest.last_end.status - 128);
	add_time(row, clock, out, size);
}

/* A sentence that is only words, and the time of the end. */
#define SAY_ENDED(function, words)                                                                               \
	static void function(const struct model_row *row, const struct model_clock *clock, char *out, size_t size) \
	{                                                                                                        \
		snprintf(out, size, words);                                                                      \
		add_time(row, clock, out, size);                                                                 \
	}
SAY_ENDED(say_start_failed, "start failed")
SAY_ENDED(say_oom_end, "OOM kill")
SAY_ENDED(say_host_restart, "host restart")
SAY_ENDED(say_gave_up, "gave up")
SAY_ENDED(say_ended, "ended")

/* A sentence that is only words. */
#define SAY(function, words)                                                                                     \
	static void function(const struct model_row *row, const struct model_clock *clock, char *out, size_t size) \
	{                                                                                                        \
		(void)row;                                                                                       \
		(void)clock;                                                                                     \
		snprintf(out, size, words);                                                                      \
	}
SAY(say_lost, "unsupervised")
SAY(say_bad_config, "bad config")
SAY(say_half_made, "half made")

static void say_oom_kills(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	(void)clock;
	snprintf(out, size, "%" PRIu64 " OOM kill%s", row->now.oom_kills, row->now.oom_kills == 1 ? "" : "s");
}

/* "3 left 18s"; overdue by as much: "3 left -18s" */
static void say_stopping(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	int64_t left = row->stop_left_seconds;
	bool late = row->stop_timed && left < 0;
	char age[16] = "", what[24];

	(void)clock;
	if (row->stop_timed)
		auberge_format_age(age, sizeof age, late ? -left : left);
	if (row->survivors < 0) {
		snprintf(out, size, "%s%s%s", late ? "overdue" : "stopping", age[0] ? " " : "", age);
		return;
	}
	snprintf(what, sizeof what, "%d left", row->survivors);
	snprintf(out, size, "%s%s%s", what, late ? " -" : age[0] ? " " : "", age);
}

/* "exit 1 again 8s" */
static void say_restarting(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	const struct auberge_end *end = &row->guest.last_end;
	int64_t left = row->guest.restart_seconds - clock->boot_seconds;
	char age[16], what[40];

	auberge_format_age(age, sizeof age, left > 0 ? left : 0);
	if (end->status > 128 && strcmp(end->cause, "signalled") == 0)
		snprintf(what, sizeof what, "signal %d", end->status - 128);
	else if (strcmp(end->cause, "exited") == 0)
		snprintf(what, sizeof what, "exit %d", end->status);
	else
		snprintf(what, sizeof what, "%s", end->known ? end->cause : "ended");
	snprintf(out, size, "%s again %s", what, age);
}

static const struct rule rules[] = {
	{MODEL_BAD, failed_to_start, say_start_failed},
	{MODEL_BAD, failed_by_signal, say_signal},
	{MODEL_BAD, failed_by_exit, say_exit},
	{MODEL_BAD, failed_by_oom, say_oom_end},
	{MODEL_BAD, failed_with_host, say_host_restart},
	{MODEL_BAD, gave_up, say_gave_up},
	{MODEL_BAD, failed, say_ended},
	{MODEL_BAD, restarting, say_restarting},
	{MODEL_BAD, lost, say_lost},
	{MODEL_BAD, overdue, say_stopping},
	{MODEL_BAD, oom_killed, say_oom_kills},
	{MODEL_WARN, stopping, say_stopping},
	{MODEL_WARN, bad_config, say_bad_config},
	{MODEL_WARN, half_made, say_half_made},
};

/* --- flags --- */

static bool near_memory_limit(const struct model_row *row)
{
	return model_limit_percent(row) >= LIMIT_NEAR ||
	       (row->now.have & AUBERGE_HAVE_STALL && (double)row->now.memory_stall_percent >= STALL_BAD);
}

static bool short_of_cpu(const struct model_row *row)
{
	return row->now.have & AUBERGE_HAVE_STALL && (double)row->now.cpu_stall_percent >= STALL_BAD;
}

static bool short_of_io(const struct model_row *row)
{
	return row->now.have & AUBERGE_HAVE_STALL && (double)row->now.io_stall_percent >= STALL_BAD;
}

static bool throttled(const struct model_row *row)
{
	return row->rates & MODEL_RATE_THROTTLED && row->throttled_percent >= THROTTLED_MUCH;
}

static bool near_processes_limit(const struct model_row *row)
{
	return row->now.have & AUBERGE_HAVE_PROCESSES && row->now.processes_limit != AUBERGE_UNLIMITED &&
	       row->now.processes_limit > 0 &&
	       (double)row->now.processes >= PROCESSES_NEAR * (double)row->now.processes_limit;
}

/* No test: nothing here can tell yet. */
static const struct {
	const char *word;
	bool (*test)(const struct model_row *row);
} flags[MODEL_FLAGS_COUNT] = {
	[MODEL_FLAG_MEMORY] = {"memory", near_memory_limit},
	[MODEL_FLAG_CPU] = {"cpu", short_of_cpu},
	[MODEL_FLAG_IO] = {"io", short_of_io},
	[MODEL_FLAG_OOM] = {"oom", oom_killed},
	[MODEL_FLAG_THROTTLED] = {"throttled", throttled},
	[MODEL_FLAG_PROCESSES] = {"processes", near_processes_limit},
	[MODEL_FLAG_DISK] = {"disk", NULL},
	[MODEL_FLAG_LINK] = {"link", NULL},
	[MODEL_FLAG_LOOP] = {"loop", in_loop},
};

const char *model_flag_word(enum model_flag flag)
{
	return flags[flag].word;
}

size_t model_findings(const struct model_row *row, const struct model_clock *clock, struct model_finding *findings,
                      size_t room)
{
	(void)row;
	(void)clock;
	(void)findings;
	(void)room;
	return 0;
}

void model_verdict_sentence(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	(void)clock;
	snprintf(out, size, "%s", row->why[0] ? row->why : "healthy");
}

void model_verdict(struct model_row *row, const struct model_clock *clock)
{
	row->why[0] = '\0';
	row->level = MODEL_PLAIN;
	row->flags = 0;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		if (!rules[i].test(row))
			continue;
		rules[i].sentence(row, clock, row->why, sizeof row->why);
		row->level = rules[i].level;
		break;
	}
	for (unsigned flag = 0; flag < MODEL_FLAGS_COUNT; flag++)
		if (flags[flag].test && flags[flag].test(row))
			row->flags |= 1u << flag;
}
