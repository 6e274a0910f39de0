/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of guests: the directories and the cgroup ROOT that belong together. Everything of ours is found from here.
 * Directory descriptors are opened on demand and kept; -1 while the directory does not exist.
 */
#ifndef GUEST_SET_H
#define GUEST_SET_H

#include "auberge.h"

#define SET_ID_SIZE 17 /* 16 hexadecimal digits */

struct auberge {
	char *config_file, *state_dir, *run_dir, *log_dir, *cgroup_root;
	char *ids_path;           /* the host-wide table of id ranges; tests give their own */
	bool cgroup_pending;      /* cgroup_root waits for the set-id: a replaced state directory that has none yet */
	char set_id[SET_ID_SIZE]; /* empty until set_prepare() made it or the state directory has one */
	pid_t *launched;          /* supervisors that are our children while we live: reaped when listing and launching */
	size_t launched_count;
	int state_fd, run_fd;     /* O_PATH-less directory descriptors, or -1 */
	void *cgroups;            /* struct cgroup_layout *, read on first use (host/cgroup.h), freed by auberge_close */
	uint64_t look_credit_usec, look_credited_usec; /* what host/meter_look.c may still pause, and as of when */
};

/* Makes the state, run and log directories and the set-id, where missing. Root only. */
int set_prepare(struct auberge *auberge, struct auberge_error *error);
/* Opens what has come into being since (directories, set-id): for long-lived callers, before they look around. */
void set_refresh(struct auberge *auberge);
/* STATE_DIR/NAME, RUN_DIR/NAME as directory descriptors (-1 and errno when there is none). Close them. */
int set_open_guest(const struct auberge *auberge, const char *name);
int set_open_run(const struct auberge *auberge, const char *name);
/* Makes RUN_DIR/NAME (0711) and opens it. */
int set_make_run(struct auberge *auberge, const char *name, struct auberge_error *error);
/* Checks the name and that STATE_DIR/NAME/guest.ini is there: AUBERGE_USAGE, AUBERGE_NO_GUEST with the nearest name. */
int set_require_guest(const struct auberge *auberge, const char *name, struct auberge_error *error);
/* The guest's name that is nearest to this one, into near; empty if none is. */
void set_nearest_guest(const struct auberge *auberge, const char *name, char near[AUBERGE_NAME_MAX + 1]);
/* argv words that give another program of ours the same set: "--state-dir", DIR, ... NULL; pointers into *auberge. */
#define SET_ARGUMENTS 8
void set_arguments(const struct auberge *auberge, const char *words[SET_ARGUMENTS + 1]);
/* Takes one "--state-dir DIR" (or --run-dir, --log-dir, --cgroup, --config) from argv at *index, which is left on its last word. */
bool set_take_argument(struct auberge_options *options, int argc, char **argv, int *index);
/* A supervisor was launched; those that have ended are reaped. */
void set_launched(struct auberge *auberge, pid_t pid);
void set_reap(struct auberge *auberge);
/* The path of a program of ours: beside the running binary in a build tree, else libexec/auberge. malloc'ed, or NULL and
 * errno. */
char *set_program(const char *name);

#endif
