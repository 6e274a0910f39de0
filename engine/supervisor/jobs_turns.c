/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose turn it is, by the graphs of guest/order.h. Owns nothing.
 * Invariant: a target that is waited for is under way, or waits itself for one that is; so something always comes.
 */
#include "supervisor/jobs_private.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#define SECOND 1000000u

/* How many at once: a start is work for this host, a stop is mostly waiting. */
static const unsigned at_once[] = {
	[AUBERGE_START] = 40, [AUBERGE_STOP] = 256, [AUBERGE_RESTART] = 40,
	[AUBERGE_FREEZE] = 64, [AUBERGE_THAW] = 64, [AUBERGE_KILL] = 64,
};

void jobs_tell(struct auberge_jobs *jobs, size_t target, enum auberge_jobs_event_kind kind, struct auberge_error *error)
{
	struct told *told = calloc(1, sizeof *told + (error ? sizeof *error : 0));

	if (told) {
		told->target = target;
		told->kind = kind;
		if (error)
			told->error[0] = *error;
		*jobs->last = told;
		jobs->last = &told->next;
	}
	if (error)
		error_clear(error);
}

static void settle(struct auberge_jobs *jobs, size_t index, enum stage stage)
{
	struct target *target = &jobs->targets[index];

	if (target->job) {
		epoll_ctl(jobs->epoll, EPOLL_CTL_DEL, auberge_job_fd(target->job), NULL);
		jobs->running--;
	}
	auberge_job_free(target->job);
	target->job = NULL;
	target->stage = stage;
	if (jobs->speaking == index)
		jobs->speaking = jobs->count;
}

void jobs_fail(struct auberge_jobs *jobs, size_t index, struct auberge_error *error)
{
	settle(jobs, index, FAILED);
	jobs_tell(jobs, index, AUBERGE_JOBS_FAILED, error);
}

static bool is_up(struct auberge *auberge, const char *name)
{
	struct auberge_error ignored = {0};
	struct auberge_guest *guest = NULL;
	size_t count = 0;
	bool up = auberge_list(auberge, &name, 1, 0, &guest, &count, &ignored) == 0 && count == 1 &&
	          (guest->state == AUBERGE_RUNNING || guest->state == AUBERGE_FROZEN || guest->state == AUBERGE_STARTING);

	free(guest);
	return up;
}

void jobs_job_failed(struct auberge_jobs *jobs, size_t index, struct auberge_error *error)
{
	struct target *target = &jobs->targets[index];
	bool stop = target->stage == STOPPING || target->stage == BEFORE_STOP;

	if (error->code == AUBERGE_WRONG_STATE && (stop || jobs->act == AUBERGE_START)) {
		bool up = is_up(jobs->auberge, target->name);

		target->harmless = stop || up;
		if (jobs->options.whole_host && up != stop) {
			settle(jobs, index, DONE);
			jobs_tell(jobs, index, AUBERGE_JOBS_DONE, NULL);
			return;
		}
	}
	jobs_fail(jobs, index, error);
}

void jobs_job_done(struct auberge_jobs *jobs, size_t index)
{
	if (jobs->targets[index].stage == STOPPING && jobs->act == AUBERGE_RESTART) {
		settle(jobs, index, BEFORE_ACT);
		return;
	}
	settle(jobs, index, DONE);
	jobs_tell(jobs, index, AUBERGE_JOBS_DONE, NULL);
}

static void begin(struct auberge_jobs *jobs, size_t index, enum auberge_act act, const struct auberge_act_options *options)
{
	struct target *target = &jobs->targets[index];
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
	struct auberge_error error = {0};

	if (target->stage == BEFORE_STOP || jobs->act != AUBERGE_RESTART)
		jobs_tell(jobs, index, AUBERGE_JOBS_BEGUN, NULL);
	target->job = auberge_job_begin(jobs->auberge, target->name, act, options, &error);
	if (!target->job) {
		jobs_job_failed(jobs, index, &error);
		return;
	}
	jobs->running++;
	target->stage = target->stage == BEFORE_STOP ? STOPPING : ACTING;
	if (epoll_ctl(jobs->epoll, EPOLL_CTL_ADD, auberge_job_fd(target->job), &event) < 0) {
		error_set(&error, errno, "cannot wait for %s", target->name);
		jobs_fail(jobs, index, &error);
	}
}

/* --- stops */

static bool holds(const struct target *target, uint64_t now)
{
	return target->stage == BEFORE_STOP || (target->stage == STOPPING && now < target->hold_usec);
}

/* The highest level of a stop that still holds up those below, or -1. */
static int64_t highest_stop(const struct auberge_jobs *jobs, uint64_t now)
{
	int64_t highest = -1;

	for (size_t i = 0; jobs->stops && i < jobs->count; i++)
		if (holds(&jobs->targets[i], now) && (int64_t)jobs->stops->guests[i].level > highest)
			highest = (int64_t)jobs->stops->guests[i].level;
	return highest;
}

/* Who must be gone before this one's stop begins; count: nobody. */
static size_t stop_held_by(const struct auberge_jobs *jobs, size_t index, int64_t highest, uint64_t now)
{
	const struct order_guest *guest = &jobs->stops->guests[index];
	size_t other = jobs->count;

	for (size_t i = 0; i < guest->before.count; i++)
		if (holds(&jobs->targets[guest->before.items[i]], now))
			return guest->before.items[i];
	if ((int64_t)guest->level < highest)
		for (other = 0; other < jobs->count; other++)
			if ((int64_t)jobs->stops->guests[other].level == highest && holds(&jobs->targets[other], now))
				break;
	return other;
}

static void begin_stop(struct auberge_jobs *jobs, size_t index, uint64_t now)
{
	struct target *target = &jobs->targets[index];
	const struct order_guest *guest = &jobs->stops->guests[index];
	struct auberge_act_options options = jobs->options.act;
	int64_t left = jobs->deadline_usec > now ? (int64_t)((jobs->deadline_usec - now + SECOND - 1) / SECOND) : 0;
	uint64_t hold = (uint64_t)guest->stop_timeout * SECOND;
	struct auberge_error error = {0};

	for (size_t i = 0; i < guest->before.count; i++) {
		const struct target *later = &jobs->targets[guest->before.items[i]];

		if (later->stage == STOPPING) {
			error_set(&error, 0, "%s: stopped although %s, which comes after it, has not ended yet", target->name, later->name);
			jobs_tell(jobs, index, AUBERGE_JOBS_WARNING, &error);
		}
	}
	if (options.timeout_seconds >= 0 || guest->stop_timeout > left)
		options.timeout_seconds = left;
	if (jobs->options.act.timeout_seconds >= 0 && jobs->options.act.timeout_seconds < jobs->dearest_seconds)
		hold = hold / (uint64_t)jobs->dearest_seconds * (uint64_t)jobs->options.act.timeout_seconds;
	target->hold_usec = now + hold;
	begin(jobs, index, AUBERGE_STOP, &options);
}

/* Who took so long that this one's turn never came; its own wait may be over, too. */
static const char *held_up_by(const struct auberge_jobs *jobs, size_t index)
{
	const struct order_guest *guest = &jobs->stops->guests[index];

	for (size_t i = 0; i < guest->before.count; i++)
		if (jobs->targets[guest->before.items[i]].stage != DONE)
			return jobs->targets[guest->before.items[i]].name;
	for (size_t i = 0; i < jobs->count; i++)
		if (jobs->stops->guests[i].level > guest->level && jobs->targets[i].stage != DONE)
			return jobs->targets[i].name;
	return "others";
}

/* The common limit has come: what was not begun is left alone. */
static void give_up_stops(struct auberge_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		struct target *target = &jobs->targets[i];
		struct auberge_error error = {0};

		if (target->stage != BEFORE_STOP)
			continue;
		error_set_code(&error, AUBERGE_TIMEOUT, 0, "%s: not stopped: the time limit came while %s was still stopping", target->name,
		               held_up_by(jobs, i));
		error_remedy(&error, "stop it by: auberge stop %s", target->name);
		jobs_fail(jobs, i, &error);
	}
}

/* --- starts, and the acts that know no order */

bool target_settled(const struct target *target)
{
	return target->stage == DONE || target->stage == FAILED;
}

static int64_t lowest_start(const struct auberge_jobs *jobs)
{
	int64_t lowest = INT64_MAX;

	for (size_t i = 0; jobs->starts && i < jobs->count; i++)
		if (!target_settled(&jobs->targets[i]) && (int64_t)jobs->starts->guests[i].level < lowest)
			lowest = (int64_t)jobs->starts->guests[i].level;
	return lowest;
}

/* Who must be up before this one starts; count: nobody. *failed: that one never will be. */
static size_t start_held_by(const struct auberge_jobs *jobs, size_t index, int64_t lowest, bool *failed)
{
	const struct order_guest *guest;
	size_t other = jobs->count;

	*failed = false;
	if (!jobs->starts)
		return other;
	guest = &jobs->starts->guests[index];
	for (size_t i = 0; i < guest->after.count; i++) {
		const struct target *earlier;

		if (!jobs->starts->guests[guest->after.items[i]].member)
			continue;
		earlier = &jobs->targets[guest->after.items[i]];
		*failed = earlier->stage == FAILED && !earlier->harmless;
		if (*failed)
			return guest->after.items[i];
		if (!target_settled(earlier))
			other = guest->after.items[i];
	}
	if (other == jobs->count && (int64_t)guest->level > lowest)
		for (other = 0; other < jobs->count; other++)
			if ((int64_t)jobs->starts->guests[other].level == lowest && !target_settled(&jobs->targets[other]))
				break;
	return other;
}

/* Whether another target's turn depends on this one: then being up is more than init's running. */
static bool waited_for(const struct auberge_jobs *jobs, size_t index)
{
	const struct order_guest *guest = &jobs->starts->guests[index];

	for (size_t i = 0; i < jobs->count; i++)
		if (!target_settled(&jobs->targets[i]) && jobs->starts->guests[i].level > guest->level)
			return true;
	for (size_t i = 0; i < guest->before.count; i++)
		if (!target_settled(&jobs->targets[guest->before.items[i]]))
			return true;
	return false;
}

/* It is started all the same: whoever names it alone knows why. */
static void warn_of_missing(struct auberge_jobs *jobs, size_t index)
{
	const struct order_guest *guest = &jobs->starts->guests[index];
	struct auberge_error error = {0};

	for (size_t i = 0; i < guest->after.count; i++) {
		size_t earlier = guest->after.items[i];
		const struct order_guest *other = &jobs->starts->guests[earlier];
		bool target = other->member && !(jobs->targets[earlier].stage == FAILED);

		if (!other->found || target || is_up(jobs->auberge, other->name))
			continue;
		error_set(&error, 0, "%s: %s, which it comes after, is not running", guest->name, other->name);
		jobs_tell(jobs, index, AUBERGE_JOBS_WARNING, &error);
	}
}

static void not_started(struct auberge_jobs *jobs, size_t index, size_t other)
{
	struct auberge_error error = {0};

	error_set(&error, 0, "%s: not started: %s, which it comes after, did not start", jobs->targets[index].name,
	          jobs->targets[other].name);
	error_remedy(&error, "start it nevertheless by: auberge start %s", jobs->targets[index].name);
	jobs_fail(jobs, index, &error);
}

static void begin_act(struct auberge_jobs *jobs, size_t index)
{
	struct auberge_act_options options = jobs->options.act;

	if (jobs->starts) {
		warn_of_missing(jobs, index);
		options.ready = options.ready || waited_for(jobs, index);
		options.ordered = true;
		begin(jobs, index, AUBERGE_START, &options);
	} else {
		begin(jobs, index, jobs->act, &options);
	}
}

/* --- whose turn it is */

/* One pass over all. True: something has changed that may free others. */
static bool begin_pass(struct auberge_jobs *jobs, uint64_t now)
{
	unsigned most = jobs->options.at_once ? jobs->options.at_once : at_once[jobs->act];
	int64_t highest = highest_stop(jobs, now), lowest = lowest_start(jobs);
	bool changed = false, failed;

	for (size_t i = 0; i < jobs->count; i++) {
		struct target *target = &jobs->targets[i];
		bool was = target_settled(target);
		size_t other;

		if (target->stage == BEFORE_STOP && jobs->running < most && stop_held_by(jobs, i, highest, now) == jobs->count) {
			begin_stop(jobs, i, now);
		} else if (target->stage == BEFORE_ACT) {
			other = start_held_by(jobs, i, lowest, &failed);
			if (failed)
				not_started(jobs, i, other);
			else if (other == jobs->count && jobs->running < most)
				begin_act(jobs, i);
		}
		changed = changed || target_settled(target) != was;
	}
	return changed;
}

static void set_timer(struct auberge_jobs *jobs, uint64_t now)
{
	struct itimerspec at = {0};
	uint64_t nearest = 0;
	bool waiting = false;

	for (size_t i = 0; i < jobs->count; i++)
		waiting = waiting || jobs->targets[i].stage == BEFORE_STOP;
	for (size_t i = 0; waiting && i < jobs->count; i++) {
		const struct target *target = &jobs->targets[i];

		if (target->stage == STOPPING && target->hold_usec > now && (!nearest || target->hold_usec < nearest))
			nearest = target->hold_usec;
	}
	if (waiting && (!nearest || jobs->deadline_usec < nearest))
		nearest = jobs->deadline_usec;
	at.it_value.tv_sec = (time_t)(nearest / SECOND);
	at.it_value.tv_nsec = (long)(nearest % SECOND) * 1000;
	timerfd_settime(jobs->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

void jobs_advance(struct auberge_jobs *jobs)
{
	uint64_t now = now_monotonic_usec();

	/* Even a limit of no time at all has the first ones asked. */
	if (jobs->begun && jobs->deadline_usec && now >= jobs->deadline_usec)
		give_up_stops(jobs);
	jobs->begun = true;
	while (begin_pass(jobs, now))
		;
	set_timer(jobs, now);
}

const char *auberge_jobs_held_by(struct auberge_jobs *jobs, size_t index)
{
	uint64_t now = now_monotonic_usec();
	size_t at = 0, other = jobs->count;
	bool failed;

	while (at < jobs->count && jobs->targets[at].given != index)
		at++;
	if (at < jobs->count && jobs->targets[at].stage == BEFORE_STOP)
		other = stop_held_by(jobs, at, highest_stop(jobs, now), now);
	else if (at < jobs->count && jobs->targets[at].stage == BEFORE_ACT)
		other = start_held_by(jobs, at, lowest_start(jobs), &failed);
	return other < jobs->count ? jobs->targets[other].name : NULL;
}
