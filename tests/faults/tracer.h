/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of one of our programs, with all processes of ours that it makes, in which one system call fails or is where its
 * process is killed. What `strace -f -e inject=` does, with three differences: a call is named by its process's role and
 * its number in it ("build-start:17"), which is the same from run to run; counting begins at main(); and a process that
 * becomes a guest's is let go. x86-64 only.
 */
#ifndef TESTS_FAULTS_TRACER_H
#define TESTS_FAULTS_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ROLE_SIZE 48

/* Where and what: at the first call from that number on that is of this kind, since a number may shift a little from run
 * to run. number 0: nowhere, the run is only counted. error 0: SIGKILL. */
struct injection {
	char role[ROLE_SIZE];
	unsigned number;
	int nr;
	int error;
};

struct call {
	char role[ROLE_SIZE];
	unsigned number; /* 1 is the first in main() */
	int nr;
	uint64_t arguments[6];
};
struct calls {
	struct call *items;
	size_t count, room;
};

struct traced {
	bool hit;           /* the injection took place */
	struct call at;     /* where */
	int status;         /* of the program itself: exit status, or 128+signal */
	bool hung;          /* not over within the limit: the program was killed */
	char crash[96];     /* "ROLE: SIGSEGV": a signal that nobody injected; else empty */
	char where[320];    /* of a crash: FILE+OFFSET */
	char output[8192];  /* both of its outputs */
	double seconds;
};

/* Runs argv; also: running processes that are traced besides it (a supervisor). directory: where our programs are. Over
 * when the program has ended and the others sleep. calls may be NULL, and is added to. Negative: no run. */
int traced_run(const char *directory, const char *const *argv, const pid_t *also, size_t also_count,
               const struct injection *injection, double limit_seconds, struct calls *calls, struct traced *traced);

#endif
