/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of auberge_jobs share: the targets' stages, and the events that wait to be taken. */
#ifndef SUPERVISOR_JOBS_PRIVATE_H
#define SUPERVISOR_JOBS_PRIVATE_H

#include "auberge.h"
#include "guest/order.h"

enum stage { BEFORE_STOP, STOPPING, BEFORE_ACT, ACTING, DONE, FAILED };

struct target {
	char name[AUBERGE_NAME_MAX + 1];
	size_t given; /* its index among the caller's names */
	enum stage stage;
	struct auberge_job *job;
	uint64_t hold_usec; /* until when its stop holds others up */
	bool harmless;      /* failed, but those that come after it need not */
};

struct told {
	struct told *next;
	size_t target;
	enum auberge_jobs_event_kind kind;
	struct auberge_error error[]; /* one, where the kind has one */
};

struct auberge_jobs {
	struct auberge *auberge;
	enum auberge_act act;
	struct auberge_jobs_options options;
	char *by;
	struct order *starts, *stops; /* NULL where the act is none; targets are their first guests */
	struct target *targets;
	size_t count, running, speaking; /* speaking: whose job has not been heard out; count: none */
	uint64_t deadline_usec;          /* of the stops; 0 none */
	int64_t dearest_seconds;         /* what all stops may take by their own limits */
	struct told *first, **last;
	int epoll, timer, due; /* due: an eventfd, readable while there is more to say or begin */
	bool begun, due_set;
};

/* jobs_turns.c */
/* Puts an event into the queue; *error goes along, and is cleared. */
void jobs_tell(struct auberge_jobs *jobs, size_t target, enum auberge_jobs_event_kind kind, struct auberge_error *error);
void jobs_fail(struct auberge_jobs *jobs, size_t index, struct auberge_error *error);
/* What a job of this target ended with, short of success; and its success. */
void jobs_job_failed(struct auberge_jobs *jobs, size_t index, struct auberge_error *error);
void jobs_job_done(struct auberge_jobs *jobs, size_t index);
bool target_settled(const struct target *target);
/* Begins all whose turn has come, and sets the timer for the next moment when one's may. */
void jobs_advance(struct auberge_jobs *jobs);

#endif
