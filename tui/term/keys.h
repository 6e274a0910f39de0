/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes from the terminal to key events, by a decoder of our own. It is a pure state machine: fed with bytes and the
 * time, asked for its next deadline; it reads nothing and knows no curses.
 *
 * A lone Esc counts after a short time. Whatever follows an Esc within KEYS_INTRODUCER_MS as `[` or `O` begins a
 * sequence that is taken whole, even when the Esc has counted already: a slow line never turns half of an arrow key
 * into letters. An unknown sequence is one unknown key.
 */
#ifndef TERM_KEYS_H
#define TERM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is a Unicode character (control characters included: 1 is ^A), or one of these. */
enum {
	K_NONE = 0,
	K_ENTER = 13,
	K_TAB = 9,
	K_ESCAPE = 27,
	K_BACKSPACE = 127,
	K_UNKNOWN = 0x110000,
	K_PASTE, /* a bracketed paste, text in keys_pasted(), unless keys_paste_cut() */
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_INSERT,
	K_DELETE,
	K_BACK_TAB,
	K_F1, /* K_F1 + n - 1 is Fn */
	K_F12 = K_F1 + 11,
};

#define KEYS_INTRODUCER_MS 500 /* how long after an Esc `[` and `O` still belong to it */
#define KEYS_SEQUENCE_MS 500   /* how long a sequence under way may pause */
#define KEYS_PASTE_MS 5000     /* how long a paste under way may pause */
#define KEYS_PASTE_MAX 65536   /* bytes of a paste that are kept */
#define KEYS_SEQUENCE_MAX 24
#define KEYS_EVENTS_MAX 256

struct keys_sequence {
	char bytes[KEYS_SEQUENCE_MAX];
	uint8_t length;
	uint32_t key;
};

struct keys {
	int state;
	int escape_ms;
	int64_t escape_at;  /* when the last Esc came in; -1 none that matters */
	int64_t byte_at;    /* when the last byte of what is under way came in */
	char sequence[KEYS_SEQUENCE_MAX];
	size_t length;      /* bytes of the sequence so far, overlong ones not stored */
	unsigned left;      /* bytes that a character or a mouse report still needs */
	uint32_t character, minimum;
	char paste[KEYS_PASTE_MAX + 1];
	size_t paste_length;
	bool paste_cut;     /* more came than is kept */
	size_t paste_end;   /* bytes of the end mark seen */
	uint32_t events[KEYS_EVENTS_MAX];
	size_t first, count;
	struct keys_sequence own[32]; /* this terminal's, from its description; they go before the common ones */
	size_t own_count;
};

/*
 * escape_ms: how long a lone Esc waits. capability gives a terminal's string by its terminfo name, or NULL; it
 * may be NULL.
 */
void keys_init(struct keys *keys, int escape_ms, const char *(*capability)(const char *name));
/* 100, or 300 over SSH; ESCDELAY wins. */
int keys_escape_delay(const char *escdelay, const char *ssh_connection);

/* Feed at most KEYS_EVENTS_MAX / 2 bytes at a time and take the events then. */
void keys_feed(struct keys *keys, const void *data, size_t length, int64_t now_ms);
/* When keys_expire() has something to do, in ms of the same clock; -1: nothing is under way. */
int64_t keys_deadline(const struct keys *keys);
void keys_expire(struct keys *keys, int64_t now_ms);
/* The next key, or K_NONE. */
uint32_t keys_next(struct keys *keys);
/* The text of the K_PASTE just taken, zero-terminated; valid until the next feed. */
const char *keys_pasted(const struct keys *keys);
/* There was more of it than is kept: part of a text is worse than none, so it is not to be taken. */
bool keys_paste_cut(const struct keys *keys);
/* Forgets all keys not taken yet and whatever is under way. */
void keys_drop(struct keys *keys);

/* The table of sequences known for every terminal: for tests. */
const struct keys_sequence *keys_common(size_t *count);
/* "F7", "^L", "Space", "x": as people write it. */
void keys_name(uint32_t key, char *out, size_t size);

#endif
