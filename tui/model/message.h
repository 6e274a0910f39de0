/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the screens and the processes that read for them say to each other, over a stream: a kind, a length, and plain
 * structs. Both ends are one program, so nothing is converted; but whoever reads hostile files might be led to send
 * anything, so whatever is taken out of a message is checked: lengths, ends of strings, counts, words of enums.
 * Owns nothing but struct message_reader's buffer.
 */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

#include "auberge.h"

enum message_kind {
	MESSAGE_ROUND = 1, /* to the reader: read all once. Strings: '-' and a name to leave out, '+' and one on screen, '!'
	                    * and one whose triage is on screen */
	MESSAGE_GUEST,     /* struct auberge_guest: one that is new or has changed */
	MESSAGE_NAMES,     /* strings: all guests that there are, but those left out */
	MESSAGE_HOST,      /* struct auberge_host */
	MESSAGE_COUNTERS,  /* struct message_counters */
	MESSAGE_ERROR,     /* struct auberge_error, of the list or the host */
	MESSAGE_OVER,      /* the round is complete */
	MESSAGE_ASK,       /* to the reader: struct message_ask, then names to leave out as in MESSAGE_ROUND */
	MESSAGE_ANSWER,    /* struct message_answer, then its items */
};
#define MESSAGE_MAX (32u << 20) /* bytes after the header; whoever sends cuts the items to it */

struct message_counters {
	char name[AUBERGE_NAME_MAX + 1];
	struct auberge_counters counters;
};
struct message_ask {
	uint32_t topic;
	char name[AUBERGE_NAME_MAX + 1];
};
struct message_answer {
	uint32_t topic, count;
	char name[AUBERGE_NAME_MAX + 1];
	struct auberge_error error;
};

struct message {
	uint32_t kind, length;
	const char *data; /* in the reader's buffer, not aligned; until the next message_read() */
};

struct message_reader {
	char *data;
	size_t start, length, room;
};
/* Reads what is there now into the buffer. 1: something came; 0: nothing now; -1: the end, or no memory. */
int message_read(struct message_reader *reader, int fd);
/* The next whole message. 1; 0: none yet; -1: what came is no message, and nothing after it can be one. */
int message_next(struct message_reader *reader, struct message *message);
void message_reader_free(struct message_reader *reader);

/* Header and two parts (the second may be NULL) as bytes to `out`; returns them. room must hold all: 8 + both. */
size_t message_put(char *out, enum message_kind kind, const void *first, size_t first_length, const void *second,
                   size_t second_length);

/* Each: false when the message is not one of these. */
bool message_take_guest(const struct message *message, struct auberge_guest *guest);
bool message_take_host(const struct message *message, struct auberge_host *host);
bool message_take_counters(const struct message *message, struct message_counters *counters);
bool message_take_error(const struct message *message, struct auberge_error *error);
/* The string at *at, which moves on; NULL past the last. */
const char *message_string(const struct message *message, size_t *at);
bool message_take_ask(const struct message *message, struct message_ask *ask);
/* items: the bytes behind it. They are the caller's to check, but are items_length = answer->count * item_size bytes
 * when item_size is not 0. */
bool message_take_answer(const struct message *message, size_t item_size, struct message_answer *answer,
                         const char **items, size_t *items_length);
/* A network as read, its pointers made offsets before it is sent; and made pointers again, wholly checked. */
void message_pack_network(struct auberge_network *network);
bool message_unpack_network(struct auberge_network *network, size_t length);

#endif
