/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest runs into: OOM kills and limits, written into its events. The kernel tells when there is something, and
 * is not listened to for a while afterwards: a guest at its limit wakes this process once a second at most, and writes
 * a line as often at most, ever more seldom while it goes on. Owns supervisor->pressure.
 */
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "guest/history.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define SECOND_USEC 1000000u
#define SOON_USEC 50000u         /* v1 tells of an OOM before it has killed */
#define RECENT_USEC 2000000u     /* an end by SIGKILL so soon after an OOM kill is one */
#define LOG_SLACK_USEC 1000000u  /* the kernel's log has a clock of its own */

static const struct alarm_words {
	const char *event, *cause;
	uint64_t least_usec, most_usec; /* between two lines */
} words[ALARM_KINDS] = {
	[ALARM_OOM] = {"oom", "", SECOND_USEC, 60ull * SECOND_USEC},
	/* A guest that fills its limit with file cache is at it all day, and well. */
	[ALARM_MEMORY] = {"limit", "memory", 60ull * SECOND_USEC, 3600ull * SECOND_USEC},
	[ALARM_PROCESSES] = {"limit", "processes", 10ull * SECOND_USEC, 600ull * SECOND_USEC},
};

static void describe(struct supervisor *supervisor, enum alarm_kind kind, struct auberge_history_event *event)
{
	const struct config *config = supervisor->config;
	struct alarm_victim victim;
	char size[16];

	switch (kind) {
	case ALARM_OOM:
		if (alarm_find_victim(supervisor->auberge, supervisor->name, &supervisor->pressure.log_usec, &victim)) {
			snprintf(event->cause, sizeof event->cause, "%.31s", victim.command);
			snprintf(event->detail, sizeof event->detail, "killed for want of memory: %s, host pid %d%s", victim.command,
			         victim.pid, event->count > 1 ? ", the last of them" : "");
		} else {
			snprintf(event->detail, sizeof event->detail, "killed for want of memory");
		}
		return;
	case ALARM_MEMORY:
		auberge_format_size(size, sizeof size, config ? config->memory : 0);
		if (config && config->memory != AUBERGE_UNLIMITED)
			snprintf(event->detail, sizeof event->detail, "at limits.memory, %s", size);
		return;
	case ALARM_PROCESSES:
		if (config && config->pids != AUBERGE_UNLIMITED)
			snprintf(event->detail, sizeof event->detail, "at limits.pids, %llu", (unsigned long long)config->pids);
		return;
	case ALARM_KINDS:
		return;
	}
}

static void write_down(struct supervisor *supervisor, enum alarm_kind kind, uint64_t now)
{
	struct pressure *pressure = &supervisor->pressure;
	struct pressure_kind *state = &pressure->kinds[kind];
	const struct alarm_words *word = &words[kind];
	struct auberge_history_event event = {.status = -1, .seconds = -1, .time_seconds = time(NULL), .count = state->pending};
	struct auberge_error ignored = {0};

	snprintf(event.name, sizeof event.name, "%s", supervisor->name);
	snprintf(event.event, sizeof event.event, "%s", word->event);
	snprintf(event.cause, sizeof event.cause, "%s", word->cause);
	snprintf(event.by, sizeof event.by, "kernel");
	describe(supervisor, kind, &event);
	history_add(supervisor->auberge, supervisor->name, &event, &ignored);
	if (state->wait_usec == 0 || now > state->not_before_usec + state->wait_usec) /* it was quiet */
		state->wait_usec = word->least_usec;
	else
		state->wait_usec = state->wait_usec * 2 < word->most_usec ? state->wait_usec * 2 : word->most_usec;
	state->not_before_usec = now + state->wait_usec;
	state->pending = 0;
}

/* Counts what is new, and writes what may be written; all of it when the guest has ended. */
static void look(struct supervisor *supervisor, uint64_t now, bool ended)
{
	struct pressure *pressure = &supervisor->pressure;
	uint64_t counts[ALARM_KINDS];

	alarms_read(supervisor->auberge, supervisor->name, &pressure->alarms, counts);
	for (enum alarm_kind kind = 0; kind < ALARM_KINDS; kind++) {
		struct pressure_kind *state = &pressure->kinds[kind];

		if (counts[kind] > state->seen) {
			state->pending += counts[kind] - state->seen;
			state->seen = counts[kind];
			if (kind == ALARM_OOM)
				pressure->oom_usec = now;
		}
		if (state->pending > 0 && (ended || now >= state->not_before_usec))
			write_down(supervisor, kind, now);
	}
}

/* The next reading: soon, or as soon as a line may be written. */
static void plan(struct pressure *pressure)
{
	for (size_t kind = 0; kind < ALARM_KINDS; kind++) {
		const struct pressure_kind *state = &pressure->kinds[kind];

		if (state->pending > 0 && (pressure->look_usec == 0 || state->not_before_usec < pressure->look_usec))
			pressure->look_usec = state->not_before_usec;
	}
}

static void source_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	struct pressure *pressure = &supervisor->pressure;
	uint64_t now = now_monotonic_usec(), count;

	if (events & EPOLLIN && read(watch->fd, &count, sizeof count) < 0)
		count = 0; /* of an eventfd; nothing to do about it */
	loop_watch(supervisor, watch, 0);
	look(supervisor, now, false);
	pressure->listen_usec = now < pressure->woken_usec + SECOND_USEC ? now + SECOND_USEC : now + SOON_USEC;
	pressure->look_usec = pressure->listen_usec;
	pressure->woken_usec = now;
	plan(pressure);
}

void pressure_begin(struct supervisor *supervisor, bool fresh)
{
	struct pressure *pressure = &supervisor->pressure;
	uint64_t counts[ALARM_KINDS] = {0};

	pressure_end(supervisor);
	alarms_open(supervisor->auberge, supervisor->name, supervisor->config ? supervisor->config->memory : AUBERGE_UNLIMITED,
	            &pressure->alarms);
	pressure->log_usec = now_monotonic_usec() - LOG_SLACK_USEC;
	pressure->open = true;
	for (size_t i = 0; i < pressure->alarms.sources_count; i++) {
		const struct alarm_source *source = &pressure->alarms.sources[i];

		pressure->watches[i] = (struct watch){.fd = source->fd, .ready = source_ready};
		loop_watch(supervisor, &pressure->watches[i], source->events);
	}
	/* A file tells only of what follows a reading of it. What a guest met before it was taken over has been told. */
	if (!fresh)
		alarms_read(supervisor->auberge, supervisor->name, &pressure->alarms, counts);
	for (size_t kind = 0; kind < ALARM_KINDS; kind++)
		pressure->kinds[kind].seen = counts[kind];
	look(supervisor, now_monotonic_usec(), false);
	plan(pressure);
}

void pressure_renew(struct supervisor *supervisor)
{
	struct pressure *pressure = &supervisor->pressure;
	struct pressure_kind kinds[ALARM_KINDS];
	uint64_t oom_usec = pressure->oom_usec;

	memcpy(kinds, pressure->kinds, sizeof kinds);
	pressure_begin(supervisor, false);
	memcpy(pressure->kinds, kinds, sizeof kinds); /* what was counted and not told yet is told in its time */
	pressure->oom_usec = oom_usec;
	plan(pressure);
}

void pressure_end(struct supervisor *supervisor)
{
	struct pressure *pressure = &supervisor->pressure;

	if (!pressure->open)
		return;
	look(supervisor, now_monotonic_usec(), true);
	for (size_t i = 0; i < pressure->alarms.sources_count; i++)
		loop_forget(supervisor, &pressure->watches[i]);
	alarms_close_counters(&pressure->alarms);
	*pressure = (struct pressure){0};
}

bool pressure_killed(struct supervisor *supervisor)
{
	struct pressure *pressure = &supervisor->pressure;
	uint64_t now = now_monotonic_usec();

	if (!pressure->open)
		return false;
	look(supervisor, now, false);
	return pressure->oom_usec > 0 && now < pressure->oom_usec + RECENT_USEC;
}

uint64_t pressure_deadline(const struct supervisor *supervisor)
{
	return supervisor->pressure.look_usec ? supervisor->pressure.look_usec : UINT64_MAX;
}

void pressure_tick(struct supervisor *supervisor, uint64_t now)
{
	struct pressure *pressure = &supervisor->pressure;

	if (!pressure->look_usec || now < pressure->look_usec)
		return;
	look(supervisor, now, false);
	pressure->look_usec = pressure->listen_usec > now ? pressure->listen_usec : 0;
	if (pressure->listen_usec <= now)
		for (size_t i = 0; i < pressure->alarms.sources_count; i++)
			if (pressure->watches[i].fd >= 0)
				loop_watch(supervisor, &pressure->watches[i], pressure->alarms.sources[i].events);
	plan(pressure);
}
