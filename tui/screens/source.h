/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the screens' figures come from and where their acts go: the engine, or fixed ones in the tests. A struct of
 * functions; the screens know nothing else of the engine than the types of auberge.h.
 */
#ifndef SCREENS_SOURCE_H
#define SCREENS_SOURCE_H

#include "model/model.h"

/* What a screen asks for beyond the model: never waited for, the answer comes when it comes. */
enum source_topic {
	TOPIC_PROCESSES, /* struct source_process, of the guest named or ("") of all that run */
	TOPIC_EVENTS,    /* struct auberge_history_event, oldest first, of the guest named or ("") of all */
	TOPIC_NETWORK,   /* one struct auberge_network */
	TOPICS_COUNT,
};
struct source_process {
	char guest[AUBERGE_NAME_MAX + 1];
	struct auberge_process process;
};
/* The newest answer. items stays until the next turn of the loop. */
struct source_answer {
	char name[AUBERGE_NAME_MAX + 1]; /* what was asked about */
	bool pending;       /* asked, not answered yet; items are of the answer before, if that was about the same */
	uint64_t time_usec; /* monotonic, of the answer; 0: none yet */
	void *items;
	size_t count;
	struct auberge_error error; /* code AUBERGE_OK: none */
};

enum source_file { SOURCE_LOG, SOURCE_CONFIG };
/* The calls of editing and creating that a host's state decides on, as in auberge.h; the tests give fixed ones. */
struct source_editing {
	int (*changes)(struct auberge_edit *edit, struct auberge_change **changes, size_t *count, struct auberge_error *error);
	int (*save)(struct auberge_edit *edit, unsigned flags, struct auberge_change **changes, size_t *count,
	            struct auberge_error *error);
	int (*drift)(struct auberge *auberge, const char *name, struct auberge_change **changes, size_t *count,
	             struct auberge_error *error);
	int (*history)(struct auberge *auberge, const char *name, struct auberge_version **versions, size_t *count,
	               struct auberge_error *error);
	int (*create)(struct auberge *auberge, const struct auberge_create *create, struct auberge_error *error); /* dry runs */
};

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
	/* Whether slice() has something only when round_fd is readable (-1: not now); else it has at once. */
	bool apart;
	int round_fd;
	/* Looks after whatever the figures and answers come from, each turn; NULL: nothing to do. Returns when it wants to be
	 * called again at the latest (monotonic ms), -1 never. 1 in *news: something is to be drawn; *error is to be told when
	 * its code is not AUBERGE_OK. */
	int64_t (*check)(struct source *source, bool *news, struct auberge_error *error);
	/* Readable when an answer has come, and take() puts it into answers; -1: no process is at one now. ask() may answer at
	 * once: always where none could be started, and where the question is not asked of anybody (it hung before). */
	int answer_fd;
	void (*take)(struct source *source);
	void (*ask)(struct source *source, enum source_topic topic, const char *name);
	struct source_answer answers[TOPICS_COUNT];
	/* Opens a file of the guest for reading, never waiting; a negative errno else. *path is for messages. */
	int (*open_file)(struct source *source, enum source_file file, const char *name, char *path, size_t size);
	/* The set itself, for editing, creating and consoles; NULL in the tests, whose screens do without. */
	struct auberge *auberge;
	/* The set whose configs are edited and where guests are made: auberge, but in the tests one of their own. */
	struct auberge *configs;
	const struct source_editing *editing;
	/* The calls of a job, as auberge_job_*() */
	struct auberge_job *(*act_begin)(struct source *source, const char *name, enum auberge_act act,
	                                 const struct auberge_act_options *options, struct auberge_error *error);
	int (*act_fd)(const struct auberge_job *job);
	int (*act_next)(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error);
	void (*act_free)(struct auberge_job *job);
	/* The calls of an act on several guests, as auberge_jobs_*() */
	struct auberge_jobs *(*acts_begin)(struct source *source, enum auberge_act act, const char *const *names, size_t count,
	                                   struct auberge_error *error);
	int (*acts_fd)(const struct auberge_jobs *jobs);
	int (*acts_next)(struct auberge_jobs *jobs, struct auberge_jobs_event *event, struct auberge_error *error);
	const char *(*acts_held_by)(struct auberge_jobs *jobs, size_t index);
	void (*acts_free)(struct auberge_jobs *jobs);
	/* What destroy would delete and keep, a path or a sentence each, through found(); 0, or negative. */
	int (*belongings)(struct source *source, const char *name, void (*found)(void *data, bool kept, const char *what),
	                  void *data, struct auberge_error *error);
	/* As auberge_signal() */
	int (*signal)(struct source *source, const char *name, pid_t host_pid, uint64_t start_time, int number,
	              struct auberge_error *error);
	/* For a child of our own program on the same set: adds to the environment after fork. */
	void (*child_environment)(struct source *source);
	int (*console_escape)(struct source *source); /* the console's prefix as a byte */
	/* A console without waiting, as auberge_console_begin() and its fellows. */
	struct auberge_console *(*console_open)(struct source *source, const char *name, unsigned tty, struct auberge_error *error);
	int (*console_fd)(const struct auberge_console *console);
	ssize_t (*console_read)(struct auberge_console *console, void *buffer, size_t size, uint64_t *missed,
	                        struct auberge_error *error);
	ssize_t (*console_write)(struct auberge_console *console, const void *buffer, size_t size, struct auberge_error *error);
	int (*console_resize)(struct auberge_console *console, unsigned rows, unsigned columns, struct auberge_error *error);
	unsigned (*console_viewers)(const struct auberge_console *console);
	void (*console_close)(struct auberge_console *console);
};

/* The engine's. model and auberge outlive it. Figures and answers come from processes of their own; where these cannot be
 * started, they are read here, and notice says so. 0, or -1 with error filled. */
int source_open_engine(struct source *source, struct auberge *auberge, struct model *model,
                       struct auberge_error *error);
void source_close_engine(struct source *source);

#endif
