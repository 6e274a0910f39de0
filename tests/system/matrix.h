/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix, rows F1 to F28: one test per row, named after it, in the suite `matrix` (tests/system/test_matrix_*.c;
 * F2, F3, F4 and F9 are injections and stand in tests/faults). What the rows share is here. Each test begins in a place of
 * its own and has no bridge and no guest yet.
 */
#ifndef TESTS_SYSTEM_MATRIX_H
#define TESTS_SYSTEM_MATRIX_H

#include "pair.h"
#include "place.h"

#define MATRIX_BRIDGE "agmxbr0"
#define MATRIX_LINK "agmx-web"

/* Ends at once on TERM. */
extern const char matrix_quick[];
/* Writes "NUMBER UPTIME" into /beats ten times a second, the number to its console; ends with 7 on TERM. */
extern const char matrix_beats[];

/* How often: all of the row's with AUBERGE_TEST_LONG, else few, and fewer on a slow machine. */
int matrix_rounds(int bounded, int whole);
/* A path below the place: valid until the next call but three. */
const char *matrix_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Makes it, starts it, and waits until it has said "up" on its console. */
void matrix_start(const char *name, const char *script, const char *words);
void matrix_wait_up(const char *name);
void matrix_bridge(void);
/* matrix_beats missed none: no number left out, no gap of more than limit_seconds (scaled). */
void matrix_check_beats(const char *name, double limit_seconds);
double matrix_now(void);
/* Whether this is a machine that is thrown away after the tests, where a clock may be set. */
bool matrix_own_machine(void);

#endif
