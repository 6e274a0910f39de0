/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place of their own for system tests: a throw-away state directory below a root-owned 0700 one on a real file system
 * ($AUBERGE_TEST_BASE, else /var/tmp), its guests ended and everything removed at the end, whatever the test did.
 */
#ifndef TESTS_SYSTEM_PLACE_H
#define TESTS_SYSTEM_PLACE_H

#include "auberge.h"
#include "run.h"

extern char place_directory[128]; /* holds state/ and whatever the test makes beside it */
extern struct run got;            /* of the last command */
extern double command_seconds;    /* the (scaled) limit of each command; each test begins with 60 */

void place_begin(void); /* skips the test when not root or without a program */
void place_end(void);
/* Runs auberge with the words of the line (blanks divide; a word in '..' may hold blanks). Its exit status. */
int au(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with bytes for its input. */
int au_input(const char *input, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Runs another program the same way. */
int sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Runs auberge in the background, its output and errors into a file. The caller waits for the pid. */
pid_t au_background(const char *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A busybox guest; words: further ones for `create`. */
void guest_busybox(const char *name, const char *words);
/* A busybox guest whose init is this shell script. */
void guest_script(const char *name, const char *script, const char *words);
const char *guest_file(const char *name, const char *path); /* the host's path of a file in its rootfs */
/* One guest as `list` has it; the state's word is returned too. */
struct auberge_guest guest_look(const char *name);
const char *guest_state(const char *name);
/* Waits, polling, until the check holds; fails the test after the (scaled) limit. */
void wait_until(bool (*holds)(const void *data), const void *data, double limit_seconds, const char *what);
void wait_state(const char *name, const char *state, double limit_seconds);
void wait_file(const char *path, const char *text, double limit_seconds);
void pause_ms(unsigned milliseconds);
struct auberge *place_open(void);
/* Nothing of this set is left on the host but its files: no cgroup, and the audit finds nothing. Changes got. */
void expect_nothing_left(void);

#endif
