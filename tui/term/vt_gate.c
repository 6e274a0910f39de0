/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text half of the gate: characters, marks, controls, and the states between the sequences. See vt_gate.h. */
#include "term/vt_gate.h"

#include "term/vt_sequences.h"

#include "auberge.h"

#include <string.h>

#define REPLACEMENT "\357\277\275" /* U+FFFD */
#define LINUX_PALETTE 8            /* ESC ] P and seven digits: the console of Linux wants no end to it */

void gate_init(struct gate *gate, int rows, int columns)
{
	memset(gate, 0, sizeof *gate);
	gate->rows = rows;
	gate->columns = columns;
}

void gate_flush(struct gate *gate)
{
	size_t length = gate->run_length;

	gate->run_length = 0;
	if (length > 0)
		gate->sink(gate->data, gate->run, length);
}

void gate_send(struct gate *gate, const char *bytes, size_t length)
{
	gate_flush(gate);
	gate->base = false;
	gate->sink(gate->data, bytes, length);
}

/* --- characters */

static void add(struct gate *gate, const char *bytes, size_t length)
{
	memcpy(gate->run + gate->run_length, bytes, length);
	gate->run_length += length;
}

static void put_base(struct gate *gate, const char *bytes, size_t length)
{
	if (gate->run_length >= GATE_RUN - 4)
		gate_flush(gate);
	add(gate, bytes, length);
	memcpy(gate->last, bytes, length);
	gate->last_length = length;
	gate->base = true;
	gate->marks = 0;
}

/* Four that libvterm takes for marks without end and the sanitiser does not. */
static bool disputed(const char *bytes, size_t length)
{
	static const char *const all[] = {"\333\236", "\341\234\264", "\343\200\256", "\343\200\257"};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strlen(all[i]) == length && memcmp(all[i], bytes, length) == 0)
			return true;
	return false;
}

/*
 * At the edge of a line the cursor stays on the character, and libvterm would put a mark that comes in a write of its
 * own at the beginning of the next line.
 */
static bool at_edge(struct gate *gate)
{
	int before;

	if (!gate->column)
		return false;
	if (gate->run_length < gate->last_length || gate->run_length == 0)
		return gate->column(gate->data) >= gate->columns - 2;
	gate->run_length -= gate->last_length;
	gate_flush(gate);
	before = gate->column(gate->data);
	add(gate, gate->last, gate->last_length);
	gate_flush(gate);
	return gate->column(gate->data) == before;
}

static void put_mark(struct gate *gate, const char *bytes, size_t length)
{
	if (!gate->base || gate->marks == GATE_MARKS)
		return;
	if (gate->marks == 0 && at_edge(gate)) {
		gate->base = false;
		return;
	}
	gate->marks++;
	add(gate, bytes, length);
	gate_flush(gate);
}

/* One whole character above ASCII: what the sanitiser makes of it behind an x tells its kind. */
static void put_wide(struct gate *gate, const char *bytes, size_t length)
{
	char in[8] = "x", out[16];
	size_t columns, left;

	memcpy(in + 1, bytes, length);
	columns = auberge_text_clean(out, sizeof out, in, length + 1, 0) - 1;
	left = strlen(out) - 1;
	if (left == 0) /* dropped */
		return;
	if (columns == 0) {
		put_mark(gate, out + 1, left);
		return;
	}
	/* On one column nothing may be wide, whoever's table says so; all that is lies above. */
	if ((gate->columns < 2 && (unsigned char)out[1] >= 0xe1) || disputed(out + 1, left))
		put_base(gate, REPLACEMENT, 3);
	else
		put_base(gate, out + 1, left);
}

static void broken(struct gate *gate)
{
	if (gate->lead_length > 0)
		put_base(gate, REPLACEMENT, 3);
	gate->lead_length = 0;
}

static size_t whole_length(unsigned char lead)
{
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* A byte of 0x80 and up. What is overlong, a surrogate or no character at all is the sanitiser's to see. */
static void take_high(struct gate *gate, unsigned char byte)
{
	bool continues = (byte & 0xc0) == 0x80;

	if (!continues)
		broken(gate);
	if (gate->lead_length == 0) {
		gate->lead_whole = whole_length(byte);
		if (gate->lead_whole == 0) {
			put_base(gate, REPLACEMENT, 3);
			return;
		}
	}
	gate->lead[gate->lead_length++] = byte;
	if (gate->lead_length < gate->lead_whole)
		return;
	gate->lead_length = 0;
	put_wide(gate, (const char *)gate->lead, gate->lead_whole);
}

void gate_repeat(struct gate *gate, uint32_t times)
{
	for (uint32_t i = 0; i < times && gate->last_length > 0; i++)
		put_base(gate, gate->last, gate->last_length);
}

/* --- controls */

static void control(struct gate *gate, unsigned char byte)
{
	char copy = (char)byte;

	broken(gate);
	if (byte >= 0x08 && byte <= 0x0f)
		gate_send(gate, &copy, 1);
}

static void end_string(struct gate *gate)
{
	size_t length = gate->length < sizeof gate->string ? gate->length : sizeof gate->string;

	gate->state = GATE_GROUND;
	/* "0;text" and "2;text" */
	if (gate->is_osc && gate->title && length >= 2 && gate->string[1] == ';' &&
	    (gate->string[0] == '0' || gate->string[0] == '2'))
		gate->title(gate->data, gate->string + 2, length - 2);
}

static void string_byte(struct gate *gate, unsigned char byte)
{
	if (byte == 0x07 && gate->is_osc) {
		end_string(gate);
		return;
	}
	if (byte < 0x20 || byte == 0x7f)
		return;
	if (gate->length < sizeof gate->string)
		gate->string[gate->length] = (char)byte;
	gate->length++;
	if (gate->is_osc && ((gate->length == 1 && byte == 'R') ||
	                     (gate->length == LINUX_PALETTE && gate->string[0] == 'P')))
		gate->state = GATE_GROUND;
}

void gate_begin_string(struct gate *gate, bool osc)
{
	gate->state = GATE_STRING_BODY;
	gate->is_osc = osc;
	gate->length = 0;
}

/* Returns what the byte costs. */
static int64_t take(struct gate *gate, unsigned char byte)
{
	int64_t cells = (int64_t)gate->rows * gate->columns;

	if (byte == 0x18 || byte == 0x1a) {
		gate->state = GATE_GROUND;
		return 1;
	}
	if (byte == 0x1b) {
		broken(gate);
		gate->state = gate->state == GATE_STRING_BODY ? GATE_STRING_ESCAPE : GATE_ESCAPE;
		gate->intermediate = 0;
		gate->refused = false;
		return 1;
	}
	if (gate->state == GATE_STRING_BODY) {
		string_byte(gate, byte);
		return 1;
	}
	if (gate->state == GATE_STRING_ESCAPE) {
		gate->state = GATE_ESCAPE;
		if (byte == '\\') {
			end_string(gate);
			return 1;
		}
	}
	if (byte < 0x20) { /* within a sequence too, as terminals do */
		control(gate, byte);
		return byte >= 0x0a && byte <= 0x0c ? cells : 1;
	}
	if (gate->state == GATE_ESCAPE)
		return sequence_escape(gate, byte);
	if (gate->state == GATE_CSI)
		return sequence_csi(gate, byte);
	if (byte >= 0x80) {
		take_high(gate, byte);
		return gate->rows;
	}
	broken(gate);
	if (byte != 0x7f)
		put_base(gate, (const char *)&byte, 1);
	return gate->rows;
}

size_t gate_feed(struct gate *gate, const char *bytes, size_t length, int64_t *budget)
{
	size_t taken = 0;

	while (taken < length && (taken == 0 || *budget > 0))
		*budget -= take(gate, (unsigned char)bytes[taken++]);
	gate_flush(gate);
	return taken;
}
