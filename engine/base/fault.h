/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named fail points, compiled in by --enable-faults only: AUBERGE_FAULT=NAME in the environment makes the process kill
 * itself there, as a power cut or an OOM kill would.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#ifdef AUBERGE_FAULTS
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_point(const char *moment, const char *what)
{
	const char *wanted = getenv("AUBERGE_FAULT");
	char name[96];

	snprintf(name, sizeof name, "%s-%s", moment, what);
	if (wanted && strcmp(wanted, name) == 0)
		raise(SIGKILL);
}
#else
static inline void fault_point(const char *moment, const char *what)
{
	(void)moment;
	(void)what;
}
#endif

#endif
