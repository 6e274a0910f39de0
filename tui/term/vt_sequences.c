/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other half of the gate: which sequences pass, and in what form. A table says which; what is in none is dropped
 * whole. Every number is at most ARGUMENT_MAX, so that no sum of them overflows behind the gate.
 */
#include "term/vt_sequences.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENT_MAX 9999
#define REPEAT_MAX 1000
#define CLAMP "\033[0n" /* an answer that libvterm ignores, and puts the cursor back into the screen for */

/* --- ESC */

static int64_t charset(struct gate *gate, unsigned char byte)
{
	char text[3] = {033, (char)gate->intermediate, (char)byte};

	if (byte == '0' || byte == 'A' || byte == 'B')
		gate_send(gate, text, 3);
	return 1;
}

static void reset(struct gate *gate)
{
	/* libvterm would stay on the other screen. */
	static const char text[] = "\033[?1047l\033c";

	gate->margins = false;
	gate_send(gate, text, sizeof text - 1);
}

static int64_t plain_escape(struct gate *gate, unsigned char byte)
{
	static const char restore[] = "\0338" CLAMP; /* what was saved may lie outside by now */
	char text[2] = {033, (char)byte};

	switch (byte) {
	case '[':
		gate->state = GATE_CSI;
		gate->leader = gate->intermediate = 0;
		gate->refused = false;
		gate->count = 0;
		return 1;
	case ']':
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
	case 'k': /* the title of screen(1) */
		gate_begin_string(gate, byte == ']');
		return 1;
	case 'c':
		reset(gate);
		return 3 * (int64_t)gate->rows * gate->columns;
	case '8':
		gate_send(gate, restore, sizeof restore - 1);
		return 1;
	case 'D':
	case 'E':
	case 'M':
		gate_send(gate, text, 2);
		return (int64_t)gate->rows * gate->columns;
	case '7':
	case 'H':
	case '=':
	case '>':
		gate_send(gate, text, 2);
		return 1;
	default:
		return 1;
	}
}

int64_t sequence_escape(struct gate *gate, unsigned char byte)
{
	if (byte < 0x30) { /* an intermediate */
		gate->refused = gate->refused || gate->intermediate;
		gate->intermediate = byte;
		return 1;
	}
	gate->state = GATE_GROUND;
	if (byte >= 0x7f || gate->refused)
		return 1;
	if (gate->intermediate == 0)
		return plain_escape(gate, byte);
	if (gate->intermediate == '(' || gate->intermediate == ')')
		return charset(gate, byte);
	if (gate->intermediate == '#' && byte == '8') {
		gate_send(gate, "\033#8", 3);
		return 8 * (int64_t)gate->rows * gate->columns;
	}
	return 1;
}

/* --- CSI */

static uint32_t argument(const struct gate *gate, size_t index, uint32_t otherwise)
{
	return index < gate->count && gate->arguments[index] != GATE_MISSING ? gate->arguments[index] : otherwise;
}

__attribute__((format(printf, 2, 3))) static void sendf(struct gate *gate, const char *format, ...)
{
	char text[64];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < sizeof text)
		gate_send(gate, text, (size_t)length);
}

/* 38 and 48, in all their spellings. Returns how many arguments they take beyond the first. */
static size_t colour(struct gate *gate, size_t at)
{
	uint32_t which = gate->arguments[at], kind = argument(gate, at + 1, 0), rgb[3];
	bool colons = at + 1 < gate->count && gate->sub[at + 1];
	size_t first = at + 2, end = at + 1;

	if (colons)
		while (end < gate->count && gate->sub[end])
			end++;
	if (kind == 5) {
		if (argument(gate, first, 256) < 256)
			sendf(gate, "\033[%u;5;%um", which, argument(gate, first, 0));
		return colons ? end - at - 1 : 2;
	}
	if (kind != 2)
		return colons ? end - at - 1 : 1;
	if (colons && end - at >= 6) /* with a colour space before */
		first++;
	for (size_t i = 0; i < 3; i++)
		rgb[i] = argument(gate, first + i, 0);
	if (rgb[0] < 256 && rgb[1] < 256 && rgb[2] < 256)
		sendf(gate, "\033[%u;2;%u;%u;%um", which, rgb[0], rgb[1], rgb[2]);
	return colons ? end - at - 1 : 4;
}

static bool known_rendition(uint32_t value)
{
	return value <= 1 || value == 3 || value == 4 || value == 5 || value == 7 || (value >= 21 && value <= 25) || value == 27 ||
	       (value >= 30 && value <= 37) || value == 39 || (value >= 40 && value <= 47) || value == 49 ||
	       (value >= 90 && value <= 97) || (value >= 100 && value <= 107);
}

static int64_t rendition(struct gate *gate)
{
	if (gate->count == 0)
		gate_send(gate, "\033[m", 3);
	for (size_t i = 0; i < gate->count; i++) {
		uint32_t value = argument(gate, i, 0);

		if (value == 38 || value == 48)
			i += colour(gate, i);
		else if (value == 4 && i + 1 < gate->count && gate->sub[i + 1]) /* 4:3, and 4:0 for none */
			sendf(gate, "\033[%um", argument(gate, ++i, 1) == 0 ? 24 : 4);
		else if (known_rendition(value))
			sendf(gate, "\033[%um", value);
		while (i + 1 < gate->count && gate->sub[i + 1])
			i++;
	}
	return 8 + (int64_t)gate->count * 8;
}

static int64_t modes(struct gate *gate, char final)
{
	static const uint32_t private[] = {1, 5, 6, 7, 25, 1047, 1048, 1049, 2004};
	int64_t cost = 4;

	for (size_t i = 0; i < gate->count; i++) {
		uint32_t value = gate->arguments[i];

		if (gate->leader == 0) {
			if (value == 4 || value == 20) /* insert, newline */
				sendf(gate, "\033[%u%c", value, final);
			continue;
		}
		if (value == 47)
			value = 1047;
		for (size_t k = 0; k < sizeof private / sizeof private[0]; k++)
			if (private[k] == value) {
				sendf(gate, "\033[?%u%c", value, final);
				cost += value == 1047 || value == 1049 || value == 5 ? 2 * (int64_t)gate->rows * gate->columns : 1;
			}
	}
	return cost;
}

static int64_t repeat(struct gate *gate)
{
	uint32_t times = argument(gate, 0, 1);

	times = times == 0 ? 1 : times > REPEAT_MAX ? REPEAT_MAX : times;
	gate_repeat(gate, times);
	return (int64_t)times * gate->rows;
}

/* A soft reset, which libvterm knows by another name: the modes that a program may leave behind. */
static void soft_reset(struct gate *gate)
{
	static const char text[] = "\033[4l\033[?6l\033[?7h\033[?1l\033[?25h\033[m\033(B\033)B\017\033>";

	gate_send(gate, text, sizeof text - 1);
}

/* What passes with its numbers: leader, final, most arguments, whether it may touch the whole screen. */
static const struct passing {
	char leader, final;
	unsigned char arguments;
	bool dear;
} passing[] = {
	{0, '@', 1, true}, {0, 'A', 1, false}, {0, 'B', 1, false}, {0, 'C', 1, false}, {0, 'D', 1, false}, {0, 'E', 1, false},
	{0, 'F', 1, false}, {0, 'G', 1, false}, {0, 'H', 2, false}, {0, 'I', 1, false}, {0, 'J', 1, true}, {0, 'K', 1, false},
	{0, 'L', 1, true}, {0, 'M', 1, true}, {0, 'P', 1, true}, {0, 'S', 1, true}, {0, 'T', 1, true}, {0, 'X', 1, false},
	{0, 'Z', 1, false}, {0, '`', 1, false}, {0, 'a', 1, false}, {0, 'c', 1, false}, {0, 'd', 1, false}, {0, 'e', 1, false},
	{0, 'f', 2, false}, {0, 'g', 1, false}, {0, 'j', 1, false}, {0, 'k', 1, false}, {0, 'n', 1, false}, {0, 'r', 2, false},
	{'>', 'c', 1, false}, {'?', 'J', 1, true}, {'?', 'K', 1, false}, {'?', 'n', 1, false},
};

static int64_t pass(struct gate *gate, char final)
{
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		const struct passing *row = &passing[i];
		char text[32];
		int length;

		if (row->leader != (char)gate->leader || row->final != final)
			continue;
		length = snprintf(text, sizeof text, "\033[%.1s", row->leader == '>' ? ">" : row->leader ? "?" : "");
		for (size_t k = 0; k < row->arguments && k < gate->count; k++) {
			length += snprintf(text + length, sizeof text - (size_t)length, "%s", k ? ";" : "");
			if (gate->arguments[k] != GATE_MISSING)
				length += snprintf(text + length, sizeof text - (size_t)length, "%u", gate->arguments[k]);
		}
		text[length++] = final;
		gate_send(gate, text, (size_t)length);
		if (final == 'r')
			gate->margins = true;
		return row->dear ? 2 * (int64_t)gate->rows * gate->columns : 4 + gate->columns;
	}
	return 4;
}

static int64_t dispatch(struct gate *gate, char final)
{
	static const char restore[] = "\0338" CLAMP;

	if (gate->intermediate == '!' && final == 'p' && !gate->leader)
		soft_reset(gate);
	else if (gate->intermediate == '$' && final == 'p' && gate->leader == '?') /* is that mode set? */
		sendf(gate, "\033[?%u$p", argument(gate, 0, 0));
	if (gate->intermediate)
		return 16;
	if (final == 'm' && !gate->leader)
		return rendition(gate);
	if ((final == 'h' || final == 'l') && (!gate->leader || gate->leader == '?'))
		return modes(gate, final);
	if (final == 'b' && !gate->leader)
		return repeat(gate);
	if (final == 's' && !gate->leader) /* the cursor's place, in the way of the console of Linux */
		gate_send(gate, "\0337", 2);
	else if (final == 'u' && !gate->leader)
		gate_send(gate, restore, sizeof restore - 1);
	else
		return pass(gate, final);
	return 1;
}

static void next_argument(struct gate *gate, bool sub)
{
	if (gate->count == GATE_ARGUMENTS)
		return;
	gate->arguments[gate->count] = GATE_MISSING;
	gate->sub[gate->count++] = sub;
}

static void digit(struct gate *gate, unsigned char byte)
{
	uint32_t *value;

	if (gate->count == 0)
		next_argument(gate, false);
	value = &gate->arguments[gate->count - 1];
	*value = (*value == GATE_MISSING ? 0 : *value) * 10 + (uint32_t)(byte - '0');
	if (*value > ARGUMENT_MAX)
		*value = ARGUMENT_MAX;
}

int64_t sequence_csi(struct gate *gate, unsigned char byte)
{
	if (byte >= '0' && byte <= '9') {
		gate->refused = gate->refused || gate->intermediate;
		digit(gate, byte);
	} else if (byte == ';' || byte == ':') {
		if (gate->count == 0)
			next_argument(gate, false);
		next_argument(gate, byte == ':');
	} else if (byte >= '<' && byte <= '?') {
		gate->refused = gate->refused || gate->leader || gate->count > 0 || gate->intermediate;
		gate->leader = byte;
	} else if (byte < 0x30) {
		gate->refused = gate->refused || gate->intermediate;
		gate->intermediate = byte;
	} else if (byte >= 0x40 && byte < 0x7f) {
		gate->state = GATE_GROUND;
		if (!gate->refused)
			return dispatch(gate, (char)byte);
	} else if (byte >= 0x80) { /* no sequence has it: text again, beginning with that byte's replacement */
		gate->state = GATE_GROUND;
	}
	return 1;
}
