/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program in a pty and reads its screen back through libvterm. Owns the child and the pty. */
#ifndef SCREEN_HARNESS_H
#define SCREEN_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

struct harness {
	pid_t pid;
	int fd;     /* pty master */
	int slave;  /* kept open: to look at the terminal's mode */
	VTerm *terminal;
	VTermScreen *screen;
	int rows, columns;
	uint64_t bytes;  /* that the program has written */
	void (*hear)(void *data, const char *bytes, size_t length); /* gets them too; may be NULL */
	void *hear_data;
	bool alternate, cursor, gone, leaves;
	struct termios before; /* the mode at the start */
};

/* environment: "NAME=VALUE" or "NAME" (unset), NULL-terminated; may be NULL. */
bool harness_start(struct harness *harness, const char *const *argv, const char *const *environment, int rows,
                   int columns);
void harness_send(struct harness *harness, const char *keys);
void harness_resize(struct harness *harness, int rows, int columns);
/* Until the screen contains text; false: not in time. */
bool harness_wait(struct harness *harness, const char *text, int milliseconds);
bool harness_wait_gone(struct harness *harness, const char *text, int milliseconds);
/* Reads until nothing came for that long. */
void harness_settle(struct harness *harness, int milliseconds);
/* Reads for that long. */
void harness_read(struct harness *harness, int milliseconds);
bool harness_contains(struct harness *harness, const char *text);
/* Text of one row without blanks at the end. */
void harness_row(struct harness *harness, int row, char *out, size_t size);
/* Rows as "|text|", then a line of attributes (1 bold, 2 underline, 4 reverse, summed), one of colours and one of
 * backgrounds where there are any. Malloc'ed. */
char *harness_dump(struct harness *harness);
/* Waits for the end. Wait status, or -1: it did not end in time and was killed. */
int harness_finish(struct harness *harness, int milliseconds);
/* The terminal is as it was: mode, screen, cursor. */
bool harness_restored(struct harness *harness);
void harness_free(struct harness *harness);
int64_t harness_now_ms(void);

#endif
