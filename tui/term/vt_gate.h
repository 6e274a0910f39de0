/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate before the emulator: reads a guest's bytes as a terminal would and lets through only what is listed, written
 * anew in its simplest form and only when it is complete. libvterm 0.1 trusts its input (more than 16 arguments, a
 * string or a character cut between two writes, numbers beyond an int, a wide character on one column, a cursor
 * saved before the screen shrank all corrupt memory there): behind the gate none of it arrives.
 *
 * It calls no emulator itself: what is let through goes to sink(). Pure, so that it is tested and fuzzed alone.
 */
#ifndef TERM_VT_GATE_H
#define TERM_VT_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_ARGUMENTS 32
#define GATE_STRING 256 /* of a title as the guest sends it; the rest is dropped */
#define GATE_RUN 240    /* bytes of text that go to the sink at once */
#define GATE_MARKS 2

enum gate_state { GATE_GROUND, GATE_ESCAPE, GATE_CSI, GATE_STRING_BODY, GATE_STRING_ESCAPE };

struct gate {
	enum gate_state state;
	int rows, columns;     /* of the emulator */
	bool margins;          /* the guest has set a scroll region */
	unsigned char leader, intermediate;
	bool refused;          /* the sequence under way is none that is known */
	uint32_t arguments[GATE_ARGUMENTS];
	bool sub[GATE_ARGUMENTS]; /* it came behind a colon */
	size_t count;
	bool is_title, is_osc; /* the string under way */
	char string[GATE_STRING];
	size_t length;         /* all of it, also what was not kept */
	unsigned char lead[4]; /* of a character that is not whole yet */
	size_t lead_length, lead_whole;
	char run[GATE_RUN + 16];
	size_t run_length;
	bool base;             /* a mark may follow: the last thing was a character */
	unsigned marks;
	char last[4];          /* the last character, for REP */
	size_t last_length;
	void (*sink)(void *data, const char *bytes, size_t length);
	void (*title)(void *data, const char *text, size_t length); /* as the guest sent it; may be NULL */
	int (*column)(void *data); /* where the cursor is; may be NULL */
	void *data;
};

#define GATE_MISSING UINT32_MAX

void gate_init(struct gate *gate, int rows, int columns);
/*
 * Takes bytes until the work they cause is worth budget (in cells touched), which is lowered by it. Returns how many
 * were taken, at least one of some.
 */
size_t gate_feed(struct gate *gate, const char *bytes, size_t length, int64_t *budget);

#endif
