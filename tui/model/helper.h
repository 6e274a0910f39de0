/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child process that reads what may hang, so that whoever shows it never does.
 *
 * It is a fork of this program that has no terminal, no descriptor but its end of the stream, its own session and
 * its own handle on the set of guests; it ends with its parent. In a page that both see it says what it is about to
 * read. One that makes no progress there is ended by its pid; if the kernel does not let it end (a read in state D), it
 * is left alone, and at most HELPER_GRAVES_MAX such ones are left before no further one is started. What it hung at is
 * left out by the next, and tried again later, each time after a longer while, but never while the one that hung at it
 * is still there: each name leaves one such process at most.
 *
 * Owns: struct helper owns the process, its stream, the page, and the list of names left out. Invariants: the parent's
 * end never blocks; one request is under way at a time, so that sending one never meets a full buffer.
 */
#ifndef MODEL_HELPER_H
#define MODEL_HELPER_H

#include "model/message.h"

#define HELPER_GRAVES_MAX 8
#define HELPER_LEFT_OUT_MAX 64
#define HELPER_NAME_SIZE (AUBERGE_NAME_MAX + 2)

struct helper_page;

/* --- in the child */

struct helper_child {
	int fd;
	struct helper_page *page;
	struct message_reader reader;
	char buffer[32768];
	size_t length;
	char *left_out; /* of the request under way: strings, two ends of string behind the last; NULL none */
};
/* Waits for the next request. False: the parent is gone. */
bool helper_receive(struct helper_child *child, struct message *message);
/* Takes the names to leave out from the strings of a request, from `at` on. */
void helper_take_left_out(struct helper_child *child, const struct message *message, size_t at);
/* Says what is about to be read: a guest's name, or "/" and a word. False: it is to be left out. */
bool helper_reading(struct helper_child *child, const char *name);
void helper_send(struct helper_child *child, enum message_kind kind, const void *first, size_t first_length,
                 const void *second, size_t second_length);
void helper_flush(struct helper_child *child);

/* --- in the parent */

struct helper_left_out {
	char name[HELPER_NAME_SIZE];
	unsigned what;   /* bits of its owner's: in the reading of what it hung */
	const char *how; /* "hung", or else what became of the process */
	int64_t since_ms, again_ms, after_ms; /* when it hung first; when to try again; how long that is after this one */
	bool tried; /* in the round under way */
};

struct helper {
	void (*run)(struct helper_child *child, void *data); /* in the child, until helper_receive() says false */
	void *data;
	const char *title;  /* its name in a list of processes, at most 15 bytes */
	int64_t limit_ms;   /* so long without progress is a hang */
	pid_t pid;          /* 0: none runs */
	int fd;
	struct helper_page *page;
	struct message_reader reader;
	bool asked;         /* a request is under way */
	uint32_t turn;      /* of the page, as seen last */
	int64_t turn_ms, looked_ms;
	struct {
		pid_t pid;
		char name[HELPER_NAME_SIZE]; /* what it was at */
	} graves[HELPER_GRAVES_MAX];
	size_t graves_count;
	struct helper_left_out left_out[HELPER_LEFT_OUT_MAX];
	size_t left_out_count;
};

enum helper_health { HELPER_WELL, HELPER_HANGS, HELPER_ENDED };

/* The members above `pid` are set, all else 0. 0, or -1 with error filled. */
int helper_start(struct helper *helper, struct auberge_error *error);
/* Names that are left out of such a reading now are added behind `first`. 0, or -1: it takes nothing any more. */
int helper_request(struct helper *helper, unsigned what, enum message_kind kind, const void *first, size_t first_length,
                   int64_t now_ms);
/* 1: *message filled; 0: nothing now; -1: it ended, or says what is no message. */
int helper_next(struct helper *helper, struct message *message);
/* To be called several times a second while a request is under way. */
enum helper_health helper_check(struct helper *helper, int64_t now_ms);
/* What it said last that it reads; "" nothing. */
void helper_at(const struct helper *helper, char *name, size_t size);
/* Ends the child, if one runs. */
void helper_end(struct helper *helper);
/* The same for good; waits a moment for it to be gone. */
void helper_close(struct helper *helper);

/* Leaves this out from now on. how: a literal. False: too many are. */
bool helper_leave_out(struct helper *helper, const char *name, unsigned what, const char *how, int64_t now_ms);
const struct helper_left_out *helper_find_left_out(const struct helper *helper, const char *name);
/* Whether this one is not to be asked for now; the seconds until it is, 0: when what hung at it is gone. */
bool helper_is_left_out(const struct helper *helper, const struct helper_left_out *left, int64_t now_ms, int64_t *seconds);
/* The request is done, and read `what` of that name (NULL: of all): what was tried again in it is well. */
void helper_done(struct helper *helper, unsigned what, const char *name);

#endif
