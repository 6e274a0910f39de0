/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's screens in a pty whose other end is an emulator: keys in, what is on the terminal out. */
#ifndef TESTS_SYSTEM_TERMINAL_H
#define TESTS_SYSTEM_TERMINAL_H

/* Starts auberge; returns when its dashboard is there. One at a time. */
void terminal_open(int rows, int columns);
void terminal_type(const char *keys);
/* Waits until text is on the terminal (scaled limit); fails the test with the picture if it does not come. */
void terminal_see(const char *text);
/* Reads for that long: what is typed right behind a text field is dropped, a question is deaf for a moment. */
void terminal_rest(int milliseconds);
/* Quits and waits for its end. */
void terminal_close(void);

#endif
