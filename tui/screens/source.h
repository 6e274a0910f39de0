/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the screens' figures come from and where their acts go: the engine, or fixed ones in the tests. A struct of
 * functions; the screens know nothing else of the engine than the types of auberge.h.
 */
#ifndef SCREENS_SOURCE_H
#define SCREENS_SOURCE_H

#include "model/model.h"

struct source {
	struct model *model;
	bool root;         /* false: read only */
	const char *notice; /* said at the start, may be NULL */
	void *data;
	struct model_clock (*clock)(struct source *source);
	int (*refresh_list)(struct source *source, struct auberge_error *error);
	int (*refresh_host)(struct source *source, struct auberge_error *error);
	void (*begin_round)(struct source *source);
	bool (*slice)(struct source *source, uint64_t budget_usec); /* true: the round is complete */
	/* The calls of a job, as auberge_job_*() */
	struct auberge_job *(*act_begin)(struct source *source, const char *name, enum auberge_act act,
	                                 const struct auberge_act_options *options, struct auberge_error *error);
	int (*act_fd)(const struct auberge_job *job);
	int (*act_next)(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error);
	void (*act_free)(struct auberge_job *job);
	/* As auberge_signal() */
	int (*signal)(struct source *source, const char *name, pid_t host_pid, uint64_t start_time, int number,
	              struct auberge_error *error);
	/* For a child of our own program on the same set: adds to the environment after fork. */
	void (*child_environment)(struct source *source);
	int (*console_escape)(struct source *source); /* the console's prefix as a byte */
};

/* The engine's. model and auberge outlive it. 0, or -1 with error filled. */
int source_open_engine(struct source *source, struct auberge *auberge, struct model *model,
                       struct auberge_error *error);
void source_close_engine(struct source *source);

#endif
