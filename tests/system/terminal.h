/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's screens in a pty whose other end is an emulator: keys in, what is on the terminal out. */
#ifndef TESTS_SYSTEM_TERMINAL_H
#define TESTS_SYSTEM_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts auberge; returns when its dashboard is there. One at a time. */
void terminal_open(int rows, int columns);
/* Starts another program; argv as for execvp. */
void terminal_run(int rows, int columns, const char *const *argv);
void terminal_type(const char *keys);
/* Types the keys again and again until text is there: a question is deaf for a moment. */
void terminal_type_until(const char *keys, const char *text);
/* Whether text is on one line of the terminal now. */
bool terminal_has(const char *text);
/* Waits until text is there, or is not there any more (scaled limit); fails the test with the picture if it is in vain. */
void terminal_see(const char *text);
void terminal_see_gone(const char *text);
/* Reads for that long: what is typed right behind a text field is dropped, a question is deaf for a moment. */
void terminal_rest(int milliseconds);
void terminal_resize(int rows, int columns);
/* Waits for the end of what runs there. Its exit status, 128+N for signal N. */
int terminal_end(void);
/* The line is cut, as when an SSH session breaks; then as terminal_end(). */
int terminal_hang_up(void);
/* Types keys that quit, and waits for the end: exit status 0. */
void terminal_close(const char *keys);

#endif
