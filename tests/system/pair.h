/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's supervisor and its keeper, for the tests that kill them. */
#ifndef TESTS_SYSTEM_PAIR_H
#define TESTS_SYSTEM_PAIR_H

#include <stdbool.h>
#include <sys/types.h>

struct pair {
	pid_t supervisor, keeper; /* 0 none */
};

struct pair pair_of(const char *name);
bool pair_is_whole(const void *name); /* for wait_until() */
/* Both by SIGKILL, so that neither can replace the other; expects the guest to be seen running, and lost, within 1 s. */
void pair_kill(const char *name);

#endif
