/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program to its end with a time limit and keeps what it said. The limit is scaled by the environment variable
 * AUBERGE_TEST_TIME_FACTOR (default 1), for slow machines and sanitizers.
 */
#ifndef TESTS_SYSTEM_RUN_H
#define TESTS_SYSTEM_RUN_H

#include <stdbool.h>
#include <stddef.h>

struct run {
	int status;     /* exit status, 128+N for signal N */
	bool timed_out; /* it was killed at the limit */
	double seconds;
	char *output, *errors; /* NUL-terminated */
	size_t output_length, errors_length;
};

double run_time_factor(void);
/* The time in which something must have come or ended: only what hangs fails, not what a busy machine held up. */
double run_patience(double usual);
/* argv ends with NULL, argv[0] is looked up in PATH. input NULL: /dev/null. 0, or -1 when it could not be run. */
int run_program(struct run *run, const char *const *argv, const char *input, double limit_seconds);
void run_free(struct run *run);

#endif
