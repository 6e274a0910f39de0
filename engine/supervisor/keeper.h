/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a keeper and its supervisor say to each other over a SOCK_SEQPACKET pair, of which the supervisor's end is
 * KEEPER_CHANNEL. A message is a letter and text; descriptors travel with it. Nothing but this is known to the keeper,
 * so that it need never be newer than the supervisor that it serves.
 */
#ifndef SUPERVISOR_KEEPER_H
#define SUPERVISOR_KEEPER_H

#define KEEPER_CHANNEL 3
#define KEPT_MAX 48    /* 17 ttys and their rings, and a few more */
#define KEPT_NAME 16   /* bytes of a name, NUL included */
#define KEEPER_MESSAGE 2048

enum keeper_word {
	/* keeper to supervisor */
	KEEPER_HELLO = 'H', /* "PID STATE CODE STATUS\nNAME\nNAME\n" with the kept descriptors in that order; the first message */
	KEEPER_ENDED = 'E', /* "PID CODE STATUS": init has ended; CODE and STATUS as si_code and si_status of waitid(2) */
	/* supervisor to keeper */
	KEEPER_KEEP = 'K',  /* NAME, with one descriptor: replaces an earlier one of that name */
	KEEPER_DROP = 'D',  /* NAME */
	KEEPER_INIT = 'I',  /* PID of the guest's init; 0: there is none now */
	KEEPER_OVER = 'O',  /* all is done: end as soon as I have ended */
};

/* STATE of the hello. */
enum kept_init { KEPT_INIT_NONE = 'n', KEPT_INIT_CHILD = 'c', KEPT_INIT_FOREIGN = 'f', KEPT_INIT_ENDED = 'e' };

#endif
