/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One act on several guests as its caller sees it: the graphs are read, and the jobs of those under way are joined in one
 * epoll descriptor, with a timer for the moments when waiting ends. Owns the jobs, the graphs and the events not yet taken.
 */
#include "supervisor/jobs_private.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FROM_TIMER UINT64_MAX
#define FROM_DUE (UINT64_MAX - 1)

/* Cycles and unknown names, before anything is done. */
static int prepare_starts(struct auberge_jobs *jobs, struct auberge_error *error)
{
	struct auberge_error found = {0};

	for (size_t i = 0; i < jobs->count; i++) {
		bool wrong = order_in_cycle(jobs->starts, i, &found);

		if (!order_names_unknown(jobs->auberge, jobs->starts, i, &found) && !wrong)
			continue;
		if (jobs->options.whole_host && !wrong)
			jobs_tell(jobs, i, AUBERGE_JOBS_WARNING, &found);
		else
			jobs_fail(jobs, i, &found);
	}
	while (order_drop_cycle(jobs->starts, &found)) /* told above to those on it */
		;
	return order_settle(jobs->starts, error);
}

/* Whatever the configs say, what runs can be stopped. */
static int prepare_stops(struct auberge_jobs *jobs, struct auberge_error *error)
{
	struct auberge_error found = {0};
	int64_t limit = jobs->options.act.timeout_seconds;

	for (size_t i = 0; jobs->options.whole_host && i < jobs->count; i++)
		if (order_names_unknown(jobs->auberge, jobs->stops, i, &found))
			jobs_tell(jobs, i, AUBERGE_JOBS_WARNING, &found);
	order_keep_members(jobs->stops);
	while (order_drop_cycle(jobs->stops, &found)) {
		error_add_line(&found, "these stop without an order among them");
		jobs_tell(jobs, 0, AUBERGE_JOBS_WARNING, &found);
	}
	if (order_settle(jobs->stops, error) < 0)
		return -1;
	jobs->dearest_seconds = order_stop_seconds(jobs->stops);
	if (limit < 0)
		limit = jobs->dearest_seconds;
	jobs->deadline_usec = now_monotonic_usec() + (uint64_t)(limit > INT32_MAX ? INT32_MAX : limit) * 1000000u;
	return 0;
}

static int prepare(struct auberge_jobs *jobs, const char *const *names, struct auberge_error *error)
{
	struct epoll_event timer = {.events = EPOLLIN, .data.u64 = FROM_TIMER}, due = {.events = EPOLLIN, .data.u64 = FROM_DUE};
	bool starts = jobs->act == AUBERGE_START || jobs->act == AUBERGE_RESTART;
	bool stops = jobs->act == AUBERGE_STOP || jobs->act == AUBERGE_RESTART;

	jobs->epoll = epoll_create1(EPOLL_CLOEXEC);
	jobs->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	jobs->due = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	jobs->due_set = true;
	if (jobs->epoll < 0 || jobs->timer < 0 || jobs->due < 0 || epoll_ctl(jobs->epoll, EPOLL_CTL_ADD, jobs->timer, &timer) < 0 ||
	    epoll_ctl(jobs->epoll, EPOLL_CTL_ADD, jobs->due, &due) < 0)
		return error_set(error, errno, "cannot %s several guests", auberge_act_word(jobs->act));
	if (starts && !(jobs->starts = order_read(jobs->auberge, names, jobs->count, ORDER_AS_WRITTEN, NULL, error)))
		return -1;
	if (stops && !(jobs->stops = order_read(jobs->auberge, names, jobs->count, ORDER_AS_STARTED, NULL, error)))
		return -1;
	return (starts && prepare_starts(jobs, error) < 0) || (stops && prepare_stops(jobs, error) < 0) ? -1 : 0;
}

/* Fills targets, and unique with their names. */
static void take_names(struct auberge_jobs *jobs, const char *const *names, size_t count, const char **unique)
{
	bool stops = jobs->act == AUBERGE_STOP || jobs->act == AUBERGE_RESTART;

	for (size_t i = 0; i < count; i++) {
		size_t other = 0;

		while (other < jobs->count && strcmp(unique[other], names[i]) != 0)
			other++;
		if (other < jobs->count)
			continue;
		jobs->targets[jobs->count] = (struct target){.given = i, .stage = stops ? BEFORE_STOP : BEFORE_ACT};
		snprintf(jobs->targets[jobs->count].name, sizeof jobs->targets->name, "%s", names[i]);
		unique[jobs->count++] = names[i];
	}
	jobs->speaking = jobs->count;
}

struct auberge_jobs *auberge_jobs_begin(struct auberge *auberge, enum auberge_act act, const struct auberge_jobs_options *options,
                                        const char *const *names, size_t count, struct auberge_error *error)
{
	struct auberge_jobs *jobs = calloc(1, sizeof *jobs);
	cleanup_free const char **unique = calloc(count + 1, sizeof *unique);

	if (!jobs) {
		error_set(error, ENOMEM, "cannot %s several guests", auberge_act_word(act));
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (!auberge_name_valid(names[i])) {
			free(jobs);
			error_set_code(error, AUBERGE_USAGE, 0, "\"%.80s\": not a name for a guest", names[i]);
			return NULL;
		}
	*jobs = (struct auberge_jobs){.auberge = auberge, .act = act, .options = *options, .epoll = -1, .timer = -1, .due = -1};
	jobs->last = &jobs->first;
	jobs->targets = calloc(count + 1, sizeof *jobs->targets);
	jobs->by = options->act.by ? strdup(options->act.by) : NULL;
	jobs->options.act.by = jobs->by;
	if (!unique || !jobs->targets || (options->act.by && !jobs->by)) {
		error_set(error, ENOMEM, "cannot %s several guests", auberge_act_word(act));
		auberge_jobs_free(jobs);
		return NULL;
	}
	take_names(jobs, names, count, unique);
	jobs->options.act.many = jobs->count > 1;
	if (prepare(jobs, unique, error) < 0) {
		auberge_jobs_free(jobs);
		return NULL;
	}
	return jobs;
}

int auberge_jobs_fd(const struct auberge_jobs *jobs)
{
	return jobs->epoll;
}

static void set_due(struct auberge_jobs *jobs, bool due)
{
	eventfd_t value;

	if (due != jobs->due_set && (due ? eventfd_write(jobs->due, 1) : eventfd_read(jobs->due, &value)) == 0)
		jobs->due_set = due;
}

static bool take_told(struct auberge_jobs *jobs, struct auberge_jobs_event *event, struct auberge_error *error)
{
	struct told *told = jobs->first;

	if (!told)
		return false;
	jobs->first = told->next;
	if (!jobs->first)
		jobs->last = &jobs->first;
	*event = (struct auberge_jobs_event){.kind = told->kind, .index = jobs->targets[told->target].given};
	if (told->kind == AUBERGE_JOBS_FAILED || told->kind == AUBERGE_JOBS_WARNING)
		*error = told->error[0];
	free(told);
	return true;
}

/* Whoever is speaking is heard on. True: *event is filled. */
static bool hear(struct auberge_jobs *jobs, struct auberge_jobs_event *event)
{
	size_t index = jobs->speaking;
	struct auberge_error failure = {0};
	int result;

	*event = (struct auberge_jobs_event){.kind = AUBERGE_JOBS_SAYS, .index = jobs->targets[index].given};
	result = auberge_job_next(jobs->targets[index].job, &event->job, &failure);
	if (result > 0 && event->job.kind != AUBERGE_EVENT_DONE)
		return true;
	if (result > 0)
		jobs_job_done(jobs, index);
	else if (result < 0)
		jobs_job_failed(jobs, index, &failure);
	jobs->speaking = jobs->count;
	if (result != 0)
		jobs_advance(jobs);
	return false;
}

/* False: nothing is ready. */
static bool choose_speaker(struct auberge_jobs *jobs)
{
	struct epoll_event event;
	uint64_t expirations;

	set_due(jobs, false);
	if (epoll_wait(jobs->epoll, &event, 1, 0) != 1)
		return false;
	if (event.data.u64 < jobs->count && jobs->targets[event.data.u64].job)
		jobs->speaking = (size_t)event.data.u64;
	else if (event.data.u64 == FROM_TIMER && read(jobs->timer, &expirations, sizeof expirations) == sizeof expirations)
		jobs_advance(jobs);
	return true;
}

static bool all_settled(const struct auberge_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (!target_settled(&jobs->targets[i]))
			return false;
	return true;
}

int auberge_jobs_next(struct auberge_jobs *jobs, struct auberge_jobs_event *event, struct auberge_error *error)
{
	size_t turns = jobs->count + 8; /* a descriptor that is ready for nothing must not keep us here */

	if (!jobs->begun)
		jobs_advance(jobs);
	while (turns-- > 0) {
		if (take_told(jobs, event, error) || (jobs->speaking < jobs->count && hear(jobs, event))) {
			set_due(jobs, true);
			return 1;
		}
		if (jobs->first)
			continue;
		if (all_settled(jobs)) {
			*event = (struct auberge_jobs_event){.kind = AUBERGE_JOBS_OVER};
			set_due(jobs, true);
			return 1;
		}
		if (!choose_speaker(jobs))
			return 0;
	}
	return 0;
}

void auberge_jobs_free(struct auberge_jobs *jobs)
{
	if (!jobs)
		return;
	for (size_t i = 0; i < jobs->count; i++)
		auberge_job_free(jobs->targets[i].job);
	while (jobs->first) {
		struct told *told = jobs->first;

		jobs->first = told->next;
		free(told);
	}
	order_free(jobs->starts);
	order_free(jobs->stops);
	free(jobs->targets);
	free(jobs->by);
	if (jobs->due >= 0)
		close(jobs->due);
	if (jobs->timer >= 0)
		close(jobs->timer);
	if (jobs->epoll >= 0)
		close(jobs->epoll);
	free(jobs);
}
