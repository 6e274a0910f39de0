/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One act's wait in words: see wait.h. */
#include "commands/wait.h"

#include "commands/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUIET_MS 2000  /* an act that is over by then needs no lines */
#define BETWEEN_MS 5000 /* between two lines for one guest, however much changes */
#define NAMED 3        /* survivors in one line */

int64_t wait_now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void wait_take(struct wait *wait, const struct auberge_job_event *event)
{
	size_t bytes = event->survivors_count * sizeof *event->survivors;
	struct auberge_survivor *copy = bytes ? malloc(bytes) : NULL;

	if (copy)
		memcpy(copy, event->survivors, bytes);
	free(wait->survivors);
	wait->survivors = copy;
	wait->survivors_count = copy ? event->survivors_count : 0;
	wait->survivors_total = event->survivors_total;
	wait->left_seconds = event->left_seconds;
	wait->told_ms = wait_now_ms();
	if (event->text[0])
		snprintf(wait->text, sizeof wait->text, "%s", event->text);
}

void wait_free(struct wait *wait)
{
	free(wait->survivors);
	free(wait->error);
}

int64_t wait_left(const struct wait *wait, int64_t now_ms)
{
	int64_t left = wait->left_seconds - (now_ms - wait->told_ms) / 1000;

	return wait->left_seconds < 0 || left < 0 ? -1 : left;
}

void wait_where(const struct auberge_survivor *survivor, char *out, size_t size)
{
	char since[32] = "";

	if (survivor->state != 'D') {
		snprintf(out, size, "%s", survivor->wait[0] ? survivor->wait : "-");
		return;
	}
	if (survivor->stuck_seconds > 0)
		snprintf(since, sizeof since, ", %lld s", (long long)survivor->stuck_seconds);
	snprintf(out, size, "stuck in %s%s%s", survivor->stuck_in[0] ? "kernel: " : "the kernel", survivor->stuck_in, since);
}

void wait_cell(char *out, size_t size, const char *text, size_t columns)
{
	size_t used = auberge_text_clean(out, size, text, strlen(text), columns), length = strlen(out);

	while (used++ < columns && length + 1 < size)
		out[length++] = ' ';
	out[length] = '\0';
}

__attribute__((format(printf, 3, 4))) static void append(char *out, size_t size, const char *format, ...)
{
	size_t length = strlen(out);
	va_list list;

	va_start(list, format);
	vsnprintf(out + length, size - length, format, list);
	va_end(list);
}

/* With pids and times for people; without them to find out whether something has changed. */
static void describe(const struct wait *wait, bool whole, char *out, size_t size)
{
	snprintf(out, size, "%s", wait->text);
	for (size_t i = 0; i < wait->survivors_count && i < NAMED; i++) {
		const struct auberge_survivor *survivor = &wait->survivors[i];
		char where[160] = "";

		append(out, size, "%s%.40s", i == 0 ? ": " : "; ", survivor->command);
		if (whole)
			append(out, size, " (%d, on the host %d)", (int)survivor->pid, (int)survivor->host_pid);
		if (survivor->state == 'D' && whole)
			wait_where(survivor, where, sizeof where);
		else if (survivor->state == 'D')
			snprintf(where, sizeof where, "%s", survivor->stuck_in);
		if (where[0])
			append(out, size, " %s", where);
	}
}

void wait_say_change(struct wait *wait)
{
	int64_t now = wait_now_ms(), left = wait_left(wait, now);
	char what[sizeof wait->said], line[800];

	if (!wait->text[0] || now < wait->begun_ms + QUIET_MS || (wait->said_ms && now < wait->said_ms + BETWEEN_MS))
		return;
	describe(wait, false, what, sizeof what);
	if (strcmp(what, wait->said) == 0)
		return;
	memcpy(wait->said, what, sizeof wait->said);
	wait->said_ms = now;
	describe(wait, true, line, sizeof line);
	if (left >= 0)
		note("%s: %lld s left: %s", wait->name, (long long)left, line);
	else
		note("%s: %s", wait->name, line);
}

void wait_say_survivors(const struct wait *wait)
{
	char command[128], where[160], age[16];

	note("%s: %zu still running at the time limit:", wait->name, wait->survivors_total);
	note("    %7s %8s %-24s %-5s %5s %s", "PID", "HOST PID", "COMMAND", "STATE", "AGE", "WAITS IN");
	for (size_t i = 0; i < wait->survivors_count; i++) {
		const struct auberge_survivor *survivor = &wait->survivors[i];

		wait_cell(command, sizeof command, survivor->command, 24);
		wait_where(survivor, where, sizeof where);
		auberge_format_age(age, sizeof age, survivor->age_seconds);
		note("    %7d %8d %s %-5c %5s %s", (int)survivor->pid, (int)survivor->host_pid, command, survivor->state, age, where);
	}
	if (wait->survivors_total > wait->survivors_count)
		note("    and %zu more", wait->survivors_total - wait->survivors_count);
}

static json_t *survivor_json(const struct auberge_survivor *survivor)
{
	char state[2] = {survivor->state, '\0'};
	bool stuck = survivor->state == 'D';

	return json_pack("{s:i, s:i, s:o, s:o, s:o, s:I, s:o, s:o}", "pid", (int)survivor->pid, "host_pid",
	                 (int)survivor->host_pid, "command", json_text_or_empty(survivor->command), "state",
	                 json_text_or_empty(state), "wait", json_text(survivor->wait), "age_seconds",
	                 (json_int_t)survivor->age_seconds, "stuck_in", json_text(survivor->stuck_in), "stuck_seconds",
	                 stuck ? json_integer(survivor->stuck_seconds) : json_null());
}

json_t *wait_json(const struct wait *wait)
{
	json_t *survivors = json_array();

	for (size_t i = 0; i < wait->survivors_count; i++)
		json_array_append_new(survivors, survivor_json(&wait->survivors[i]));
	return json_pack("{s:s, s:s, s:f, s:o, s:I, s:o}", "name", wait->name, "status", wait->outcome ? wait->outcome : "failed",
	                 "seconds", wait->seconds, "survivors", survivors, "survivors_total",
	                 (json_int_t)wait->survivors_total, "error", json_text(wait->error));
}
