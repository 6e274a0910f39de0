/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A state directory of its own for one worker, commands in it, and the two questions of every run: is the guest that a
 * start made the guest that it should have made, and is anything left on this host?
 */
#ifndef TESTS_FAULTS_SITE_H
#define TESTS_FAULTS_SITE_H

#include "auberge.h"

#include <sys/types.h>

#define SITE_GUEST "web"
#define SITE_NEW "new" /* what create makes and destroy deletes */
#define SITE_PIDS_MAX 32

struct site {
	char programs[512]; /* the directory of ours */
	char directory[64], state[80], set_id[24], root[64]; /* root: of the cgroups, once there is a set */
	char bridge[16], link[16];
	double factor; /* of all time limits */
	pid_t init;    /* of the guest that has lost its supervisor */
	bool killed;   /* something was, in this run: that nothing is left is asked after the next command only */
	/* of the last command */
	int status;
	bool timed_out;
	char output[8192];
	char fingerprint[65536]; /* what a start should make; empty until it was taken */
	char tree[65536];        /* what a create should make */
};

void site_take_environment(void); /* once, before the first */
bool site_begin(struct site *site, const char *programs, unsigned worker, const char *bridge);
void site_end(struct site *site);
void site_remove(struct site *site, const char *below); /* rm -rf of what is in its directory */
/* Runs auberge with these words and waits. Its exit status. */
int site_run(struct site *site, const char *const *words, double limit_seconds);
#define site_do(site, limit, ...) site_run(site, (const char *const[]){__VA_ARGS__, NULL}, limit)
/* argv of auberge with these words, kept until the next call. */
const char *const *site_argv(struct site *site, const char *const *words);
/* Our programs that run for this site: supervisor, keeper, builders. */
size_t site_programs(const struct site *site, pid_t pids[SITE_PIDS_MAX]);
bool site_look(const struct site *site, const char *name, struct auberge_guest *guest); /* false: there is none */
bool site_exists(const struct site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Both give false and a sentence in why. site_same also takes the reference the first time. */
bool site_same(struct site *site, char *why, size_t size);
bool site_same_tree(struct site *site, const char *name, char *why, size_t size);
/* No cgroup, link, mount, process, socket, temporary file, id line of the site but those of stopped guests. */
bool site_clean(struct site *site, char *why, size_t size);
/* Kills, deletes and removes all that site_clean would find, so that one failure does not become the next one's. */
void site_force(struct site *site);
bool site_lives(pid_t pid);
bool site_await_end(const struct site *site, pid_t pid); /* a zombie has ended */
double site_now(void);
void site_pause(unsigned milliseconds);

#endif
