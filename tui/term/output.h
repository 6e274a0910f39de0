/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from curses to the terminal: curses writes into a file in memory, whatever one doupdate wrote is one frame,
 * frames wait in one queue, and a terminal that was opened anew and non-blocking takes what it can.
 *
 * Owns the file, the new description of the terminal (the shell's own keeps its mode) and the queue. Invariants:
 * nothing here blocks but output_drain(), which has a deadline, and a frame of any size can be written; only the first
 * frame in the queue may have been sent in part, so that dropping the others never cuts an escape sequence in two;
 * a frame that is alone is never dropped, so that what is painted anew is seen in the end.
 */
#ifndef TERM_OUTPUT_H
#define TERM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OUTPUT_LIMIT (256 * 1024)     /* bytes in the queue, but for one frame that is alone in it */
#define OUTPUT_ECHO_LIMIT (16 * 1024) /* above it not even the echo of a key is drawn */
#define OUTPUT_FRAMES_MAX 16

enum output_kind {
	OUTPUT_ECHO, /* the answer to a key: may join a queue that is not empty */
	OUTPUT_DATA, /* new figures: wait until the queue is empty */
};

struct output {
	int fd;                 /* the terminal, non-blocking, for reading too */
	FILE *stream;           /* the file, for curses; it takes any number of bytes, and is emptied by output_take() */
	char *queue;            /* grows as it is needed */
	size_t start, length, room;
	size_t frames[OUTPUT_FRAMES_MAX]; /* bytes left of each frame in the queue */
	size_t frames_count;
	bool lost;              /* frames were dropped: the screen has to be painted anew */
	bool gone;              /* the terminal hung up */
	uint64_t bytes, frames_total, writes; /* ever sent, ever queued, write(2) calls */
	size_t last_frame;      /* bytes of the frame queued last */
};

/* terminal: a descriptor of it, such as standard output. 0, or a negative errno. */
int output_open(struct output *output, int terminal);
/* The same with a descriptor that is non-blocking already and is taken over: for tests. */
int output_open_fd(struct output *output, int fd);
void output_close(struct output *output);

bool output_ready(const struct output *output, enum output_kind kind);
/* Whatever curses wrote since the last call becomes one frame and is sent as far as it goes. Returns its bytes. */
size_t output_take(struct output *output);
/* Sends what the terminal takes now. 0, or negative when it is gone. */
int output_send(struct output *output);
bool output_pending(const struct output *output);
/* True once after frames were dropped and the queue has run empty. */
bool output_take_lost(struct output *output);
/* Waits for the queue to run empty, at most so long. */
void output_drain(struct output *output, int milliseconds);

#endif
