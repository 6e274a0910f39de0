/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The restart policy as a pure function, and its history as text. No clock is read here. */
#include "supervisor/restart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wanted(const struct restart_question *question)
{
	if (question->asked)
		return false;
	if (question->rebooting)
		return true;
	if (strcmp(question->end->cause, "start-failed") == 0)
		return question->automatic && question->policy != CONFIG_RESTART_NO;
	return question->policy == CONFIG_RESTART_ALWAYS ||
	       (question->policy == CONFIG_RESTART_ON_FAILURE && question->end->bad);
}

static int64_t delay_of(unsigned number, bool rebooting)
{
	unsigned free_ones = rebooting ? RESTART_REBOOTS : 0;
	unsigned doublings;

	if (number <= free_ones)
		return 0;
	doublings = number - free_ones - 1;
	return doublings < 6 ? INT64_C(1) << doublings : RESTART_LONGEST;
}

struct restart_decision restart_decide(const struct restart_question *question, struct restart_history *history)
{
	struct restart_decision decision = {.verdict = RESTART_NOT};

	if (!wanted(question))
		return decision;
	if (question->end->ran_seconds >= RESTART_CALM)
		*history = (struct restart_history){0};
	if (history->count >= RESTART_LIMIT && question->now_seconds - history->times[0] < RESTART_WINDOW) {
		decision.verdict = RESTART_GIVEN_UP;
		decision.span_seconds = question->now_seconds - history->times[0];
		return decision;
	}
	if (history->count >= RESTART_LIMIT)
		memmove(history->times, history->times + 1, sizeof history->times - sizeof history->times[0]);
	history->times[history->count < RESTART_LIMIT ? history->count : RESTART_LIMIT - 1] = question->now_seconds;
	if (history->count < 1000000)
		history->count++;
	decision.verdict = RESTART_AGAIN;
	decision.delay_seconds = delay_of(history->count, question->rebooting);
	return decision;
}

unsigned restart_count(const struct restart_history *history, int64_t uptime_seconds)
{
	return uptime_seconds >= RESTART_CALM ? 0 : history->count;
}

void restart_format(const struct restart_history *history, char *out, size_t size)
{
	size_t length = (size_t)snprintf(out, size, "%u", history->count);

	for (unsigned i = 0; i < history->count && i < RESTART_LIMIT && length < size; i++)
		length += (size_t)snprintf(out + length, size - length, " %" PRId64, history->times[i]);
}

bool restart_parse(const char *text, struct restart_history *history)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	*history = (struct restart_history){0};
	if (end == text || count > 1000000)
		return false;
	for (unsigned i = 0; i < count && i < RESTART_LIMIT; i++) {
		char *next;

		history->times[i] = strtoll(end, &next, 10);
		if (next == end) {
			*history = (struct restart_history){0};
			return false;
		}
		end = next;
	}
	history->count = (unsigned)count;
	return true;
}

void restart_phrase(const struct auberge_end *end, char *out, size_t size)
{
	if (strcmp(end->cause, "exited") == 0)
		snprintf(out, size, "exited %d", end->status);
	else if (strcmp(end->cause, "signalled") == 0)
		snprintf(out, size, "signal %d", end->status - 128);
	else if (strcmp(end->cause, "oom") == 0)
		snprintf(out, size, "OOM kill");
	else if (strcmp(end->cause, "start-failed") == 0)
		snprintf(out, size, "start failed");
	else
		snprintf(out, size, "%s", end->cause);
}
