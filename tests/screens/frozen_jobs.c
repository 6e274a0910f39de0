/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts of `frozen` on several guests, by a script; see frozen_jobs.h. Owns its timer. */
#include "frozen_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TARGETS_MAX 32
#define EVENTS_MAX 128

struct auberge_jobs {
	enum auberge_act act;
	char names[TARGETS_MAX][AUBERGE_NAME_MAX + 1];
	enum { WAITS, BEGUN, OVER } stages[TARGETS_MAX];
	bool spoken[TARGETS_MAX];
	size_t count, step;
	int timer;
	void (*set_state)(void *data, const char *name, enum auberge_act act);
	void *data;
	struct {
		enum auberge_jobs_event_kind kind;
		size_t index;
	} events[EVENTS_MAX];
	size_t first, last;
	bool told_over;
};

struct auberge_jobs *frozen_jobs_begin(enum auberge_act act, const char *const *names, size_t count,
                                       void (*set_state)(void *data, const char *name, enum auberge_act act), void *data)
{
	struct auberge_jobs *jobs = calloc(1, sizeof *jobs);
	struct itimerspec time = {.it_value.tv_nsec = 50000000, .it_interval.tv_nsec = 50000000};

	if (!jobs)
		return NULL;
	jobs->act = act;
	jobs->count = count < TARGETS_MAX ? count : TARGETS_MAX;
	for (size_t i = 0; i < jobs->count; i++)
		snprintf(jobs->names[i], sizeof jobs->names[i], "%s", names[i]);
	jobs->set_state = set_state;
	jobs->data = data;
	jobs->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	timerfd_settime(jobs->timer, 0, &time, NULL);
	return jobs;
}

int frozen_jobs_fd(const struct auberge_jobs *jobs)
{
	return jobs->timer;
}

static size_t index_of(const struct auberge_jobs *jobs, const char *name)
{
	size_t i = 0;

	while (i < jobs->count && strcmp(jobs->names[i], name) != 0)
		i++;
	return i;
}

static bool is_stop(const struct auberge_jobs *jobs, const char *name, size_t index)
{
	return jobs->act == AUBERGE_STOP && strcmp(jobs->names[index], name) == 0;
}

const char *frozen_jobs_held_by(struct auberge_jobs *jobs, size_t index)
{
	size_t web3 = index_of(jobs, "web3");

	return is_stop(jobs, "mail", index) && web3 < jobs->count && jobs->stages[web3] != OVER ? "web3" : NULL;
}

static void tell(struct auberge_jobs *jobs, enum auberge_jobs_event_kind kind, size_t index)
{
	if (jobs->last < EVENTS_MAX) {
		jobs->events[jobs->last].kind = kind;
		jobs->events[jobs->last++].index = index;
	}
}

static void advance_one(struct auberge_jobs *jobs, size_t i)
{
	if (jobs->stages[i] == WAITS && !frozen_jobs_held_by(jobs, i)) {
		jobs->stages[i] = BEGUN;
		tell(jobs, AUBERGE_JOBS_BEGUN, i);
	} else if (jobs->stages[i] == BEGUN && (is_stop(jobs, "web3", i) || (is_stop(jobs, "db2", i) && jobs->step < 10))) {
		if (!jobs->spoken[i])
			tell(jobs, AUBERGE_JOBS_SAYS, i);
		jobs->spoken[i] = true;
	} else if (jobs->stages[i] == BEGUN) {
		bool fails = strcmp(jobs->names[i], "ns2") == 0 || is_stop(jobs, "db2", i);

		jobs->stages[i] = OVER;
		tell(jobs, fails ? AUBERGE_JOBS_FAILED : AUBERGE_JOBS_DONE, i);
		if (!fails)
			jobs->set_state(jobs->data, jobs->names[i], jobs->act);
	}
}

static void fill_says(const struct auberge_jobs *jobs, struct auberge_jobs_event *event)
{
	static struct auberge_survivor left[3] = {
		{12, 4012, "mysqld", 'D', "io_schedule", 3541000, 100, "folio_wait_writeback (disk)", 34},
		{40, 4040, "cron", 'S', "hrtimer_nanosleep", 3500, 101, "", -1},
		{41, 4041, "rsyslogd", 'S', "", 3499, 102, "", -1},
	};

	(void)jobs;
	event->job = (struct auberge_job_event){.kind = AUBERGE_EVENT_PROGRESS, .left_seconds = 3580, .survivors = left,
	                                        .survivors_count = 3, .survivors_total = 3};
	snprintf(event->job.text, sizeof event->job.text, "waiting: 3 processes left");
}

static void fill_error(const struct auberge_jobs *jobs, size_t index, struct auberge_error *error)
{
	bool limit = is_stop(jobs, "db2", index);

	*error = (struct auberge_error){.code = limit ? AUBERGE_TIMEOUT : AUBERGE_FAILED};
	snprintf(error->text, sizeof error->text, limit ? "%s: still stopping after 90 s" : "%s: its supervisor is not answering",
	         jobs->names[index]);
	snprintf(error->remedy, sizeof error->remedy, "auberge show %s", jobs->names[index]);
}

int frozen_jobs_next(struct auberge_jobs *jobs, struct auberge_jobs_event *event, struct auberge_error *error)
{
	uint64_t expired;
	bool all = true;

	if (jobs->first == jobs->last) {
		if (read(jobs->timer, &expired, sizeof expired) != (ssize_t)sizeof expired)
			return 0;
		jobs->first = jobs->last = 0;
		jobs->step++;
		for (size_t i = 0; i < jobs->count; i++)
			advance_one(jobs, i);
		for (size_t i = 0; i < jobs->count; i++)
			all = all && jobs->stages[i] == OVER;
		if (all && jobs->first == jobs->last && !jobs->told_over) {
			jobs->told_over = true;
			tell(jobs, AUBERGE_JOBS_OVER, 0);
		}
	}
	if (jobs->first == jobs->last)
		return 0;
	*event = (struct auberge_jobs_event){.kind = jobs->events[jobs->first].kind, .index = jobs->events[jobs->first].index};
	jobs->first++;
	if (event->kind == AUBERGE_JOBS_SAYS)
		fill_says(jobs, event);
	if (event->kind == AUBERGE_JOBS_FAILED)
		fill_error(jobs, event->index, error);
	return 1;
}

void frozen_jobs_killed(struct auberge_jobs *jobs, const char *name)
{
	size_t index = index_of(jobs, name);

	if (index < jobs->count && jobs->stages[index] == BEGUN) {
		jobs->stages[index] = OVER;
		tell(jobs, AUBERGE_JOBS_DONE, index);
	}
}

void frozen_jobs_free(struct auberge_jobs *jobs)
{
	close(jobs->timer);
	free(jobs);
}
