/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal while a guest's bytes pass through it raw, the signals that end or resize that, and the pumps
 * that carry bytes between descriptors. Owns: the terminal's mode (restored whatever happens), the signal handlers.
 */
#ifndef COMMANDS_TERMINAL_H
#define COMMANDS_TERMINAL_H

#include "auberge.h"

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/*
 * SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH as bytes in a pipe: handlers, not a blocked mask, so that nothing
 * of it passes on to children. Returns the descriptor to poll, or -1.
 */
int signals_open(void);
/* The next signal that came, 0 none. SIGWINCH is only given once however often it came. */
int signals_next(void);
void signals_close(void);
/* A poll() of one descriptor besides the signals. 1 readable, 0 time is over, or minus the signal that came. */
int signals_wait(int fd, int timeout_milliseconds);

struct terminal {
	bool raw;    /* standard input was put into raw mode */
	bool output; /* standard output is a terminal */
	int out;     /* where the guest's bytes go: if a terminal, a description of our own that may be non-blocking */
	struct termios saved;
};

/* The modes that a guest may have left behind, back to what a shell expects. A fixed string. */
extern const char terminal_reset_bytes[];

void terminal_begin(struct terminal *terminal); /* raw if standard input is a terminal */
void terminal_end(struct terminal *terminal);
void terminal_size(unsigned *rows, unsigned *columns); /* 24x80 if it has none */

/* One direction: what was read and not yet written. from and to are -1 once they are done with. */
struct pump {
	int from, to;
	size_t start, end;
	int failed; /* errno of the write that failed; a reader that went away is none */
	char data[16384];
};
bool pump_pending(const struct pump *pump);
/* Bytes wait and there is nowhere to put them, or nothing more comes: the pump has nothing to do any more. */
bool pump_done(const struct pump *pump);
/* Reads once into the empty buffer. 1 got some, 0 not now, -1 end or error: from is no longer to be polled. */
int pump_read(struct pump *pump);
/* Puts text into the empty buffer. */
void pump_text(struct pump *pump, const char *text);
/* Writes once, little enough not to block where poll() said writable. -1: the reader is gone. */
int pump_write(struct pump *pump);

#endif
