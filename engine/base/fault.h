/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named fail points (base/fault_points.h), compiled in by --enable-faults only. AUBERGE_FAULT in the environment holds
 * one or more, with blanks between: NAME kills the process there by SIGKILL, as a power cut or an OOM kill would;
 * NAME=ENOSPC fails there; NAME:2 does so at the second passing only. AUBERGE_FAULT_TRACE=FILE gets a line for each
 * point that is passed.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "auberge.h"
#include "base/fault_points.h"

enum fault {
#define X(constant, name, step, fails, what) constant,
	FAULT_POINTS(X)
#undef X
	FAULTS_COUNT
};

#ifdef AUBERGE_FAULTS
/* 0, or -errno as AUBERGE_FAULT says. */
int fault_number(enum fault point);
/* 0, or -1 with *error. */
int fault_point(enum fault point, struct auberge_error *error);
/* The point "MOMENT-WORD" of a ledger's record. */
int fault_record(const char *moment, const char *word);
const char *fault_name(enum fault point);
#else
static inline int fault_number(enum fault point)
{
	(void)point;
	return 0;
}

static inline int fault_point(enum fault point, struct auberge_error *error)
{
	(void)point;
	(void)error;
	return 0;
}

static inline int fault_record(const char *moment, const char *word)
{
	(void)moment;
	(void)word;
	return 0;
}
#endif

#endif
