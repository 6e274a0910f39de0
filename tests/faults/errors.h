/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which system call can fail with what: the table that says what is injected where. */
#ifndef TESTS_FAULTS_ERRORS_H
#define TESTS_FAULTS_ERRORS_H

#include "tracer.h"

/* The errors that are injected; number 0 ends the table. */
struct fault_kind {
	const char *name; /* "KILL", "ENOMEM", ... */
	int error;        /* 0: SIGKILL */
};
extern const struct fault_kind fault_kinds[];
extern const size_t fault_kinds_count;

/* Whether the kernel's manual has this error for this call (its arguments are looked at: O_CREAT). SIGKILL: always. */
bool fault_can_be(const struct call *call, const struct fault_kind *kind);
const char *call_name(int nr); /* "openat", or "number 123" in a buffer of the function's */

#endif
