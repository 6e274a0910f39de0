/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key decoder. Owns its state only. Invariant: every byte fed ends in exactly one key, or in a paste, or is a
 * part of a sequence that gives exactly one key.
 */
#include "term/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUND, ESCAPE, CSI, SS3, LINUX_F, MOUSE, CHARACTER, ALT_CHARACTER, PASTE };

#define SEQUENCE(text, key) { "\033" text, sizeof(text), key }

/* xterm, PuTTY in all its modes, rxvt, the linux console, screen, tmux, vt220. Only unmodified keys: a modified one
 * is an unknown key and does nothing. */
static const struct keys_sequence common[] = {
	SEQUENCE("[A", K_UP), SEQUENCE("[B", K_DOWN), SEQUENCE("[C", K_RIGHT), SEQUENCE("[D", K_LEFT),
	SEQUENCE("OA", K_UP), SEQUENCE("OB", K_DOWN), SEQUENCE("OC", K_RIGHT), SEQUENCE("OD", K_LEFT),
	SEQUENCE("[H", K_HOME), SEQUENCE("OH", K_HOME), SEQUENCE("[1~", K_HOME), SEQUENCE("[7~", K_HOME),
	SEQUENCE("[F", K_END), SEQUENCE("OF", K_END), SEQUENCE("[4~", K_END), SEQUENCE("[8~", K_END),
	SEQUENCE("[2~", K_INSERT), SEQUENCE("[3~", K_DELETE), SEQUENCE("[5~", K_PAGE_UP),
	SEQUENCE("[6~", K_PAGE_DOWN), SEQUENCE("[Z", K_BACK_TAB), SEQUENCE("OM", K_ENTER),
	SEQUENCE("OP", K_F1), SEQUENCE("OQ", K_F1 + 1), SEQUENCE("OR", K_F1 + 2), SEQUENCE("OS", K_F1 + 3),
	/* PuTTY's VT100+ */
	SEQUENCE("OT", K_F1 + 4), SEQUENCE("OU", K_F1 + 5), SEQUENCE("OV", K_F1 + 6), SEQUENCE("OW", K_F1 + 7),
	SEQUENCE("OX", K_F1 + 8), SEQUENCE("OY", K_F1 + 9), SEQUENCE("OZ", K_F1 + 10), SEQUENCE("O[", K_F12),
	/* PuTTY, rxvt, vt220 */
	SEQUENCE("[11~", K_F1), SEQUENCE("[12~", K_F1 + 1), SEQUENCE("[13~", K_F1 + 2), SEQUENCE("[14~", K_F1 + 3),
	SEQUENCE("[15~", K_F1 + 4), SEQUENCE("[17~", K_F1 + 5), SEQUENCE("[18~", K_F1 + 6),
	SEQUENCE("[19~", K_F1 + 7), SEQUENCE("[20~", K_F1 + 8), SEQUENCE("[21~", K_F1 + 9),
	SEQUENCE("[23~", K_F1 + 10), SEQUENCE("[24~", K_F12),
	/* the linux console, PuTTY's Linux mode */
	SEQUENCE("[[A", K_F1), SEQUENCE("[[B", K_F1 + 1), SEQUENCE("[[C", K_F1 + 2), SEQUENCE("[[D", K_F1 + 3),
	SEQUENCE("[[E", K_F1 + 4),
};

static const struct {
	const char *capability;
	uint32_t key;
} described[] = {
	{"kcuu1", K_UP}, {"kcud1", K_DOWN}, {"kcub1", K_LEFT}, {"kcuf1", K_RIGHT}, {"khome", K_HOME}, {"kend", K_END},
	{"kpp", K_PAGE_UP}, {"knp", K_PAGE_DOWN}, {"kich1", K_INSERT}, {"kdch1", K_DELETE}, {"kcbt", K_BACK_TAB},
	{"kent", K_ENTER}, {"kf1", K_F1}, {"kf2", K_F1 + 1}, {"kf3", K_F1 + 2}, {"kf4", K_F1 + 3}, {"kf5", K_F1 + 4},
	{"kf6", K_F1 + 5}, {"kf7", K_F1 + 6}, {"kf8", K_F1 + 7}, {"kf9", K_F1 + 8}, {"kf10", K_F1 + 9},
	{"kf11", K_F1 + 10}, {"kf12", K_F12},
};

static const char paste_begin[] = "\033[200~";
static const char paste_finish[] = "\033[201~";

const struct keys_sequence *keys_common(size_t *count)
{
	*count = sizeof common / sizeof common[0];
	return common;
}

int keys_escape_delay(const char *escdelay, const char *ssh_connection)
{
	if (escdelay && *escdelay) {
		char *end;
		long value = strtol(escdelay, &end, 10);

		if (*end == '\0' && value >= 0 && value <= 10000)
			return (int)value;
	}
	return ssh_connection && *ssh_connection ? 300 : 100;
}

void keys_init(struct keys *keys, int escape_ms, const char *(*capability)(const char *name))
{
	memset(keys, 0, sizeof *keys);
	keys->escape_ms = escape_ms;
	keys->escape_at = -1;
	for (size_t i = 0; capability && i < sizeof described / sizeof described[0]; i++) {
		const char *text = capability(described[i].capability);
		size_t length = text ? strlen(text) : 0;
		struct keys_sequence *own = &keys->own[keys->own_count];

		/* What does not begin as a sequence does would take letters or control characters away. */
		if (length < 3 || length >= KEYS_SEQUENCE_MAX || text[0] != '\033' || (text[1] != '[' && text[1] != 'O'))
			continue;
		memcpy(own->bytes, text, length);
		own->length = (uint8_t)length;
		own->key = described[i].key;
		keys->own_count++;
	}
}

static void push(struct keys *keys, uint32_t key)
{
	if (keys->count == KEYS_EVENTS_MAX)
		return;
	keys->events[(keys->first + keys->count++) % KEYS_EVENTS_MAX] = key;
}

static void finish(struct keys *keys, uint32_t key)
{
	keys->state = GROUND;
	keys->escape_at = -1;
	keys->length = 0;
	if (key != K_NONE)
		push(keys, key);
}

static uint32_t find(const struct keys_sequence *table, size_t count, const char *bytes, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].length == length && memcmp(table[i].bytes, bytes, length) == 0)
			return table[i].key;
	return K_NONE;
}

static uint32_t lookup(const struct keys *keys)
{
	uint32_t key;

	if (keys->length > KEYS_SEQUENCE_MAX)
		return K_NONE;
	key = find(keys->own, keys->own_count, keys->sequence, keys->length);
	return key != K_NONE ? key : find(common, sizeof common / sizeof common[0], keys->sequence, keys->length);
}

static void store(struct keys *keys, uint8_t byte)
{
	if (keys->length < KEYS_SEQUENCE_MAX)
		keys->sequence[keys->length] = (char)byte;
	if (keys->length <= KEYS_SEQUENCE_MAX)
		keys->length++;
}

static void begin_sequence(struct keys *keys, uint8_t introducer)
{
	keys->state = introducer == '[' ? CSI : SS3;
	keys->escape_at = -1;
	keys->length = 0;
	store(keys, '\033');
	store(keys, introducer);
}

/* Returns the bytes that follow a lead byte of UTF-8; 0: it leads nothing. */
static unsigned lead(struct keys *keys, uint8_t byte)
{
	static const struct {
		uint8_t mask, value;
		uint32_t minimum;
	} leads[] = {{0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (unsigned i = 0; i < 3; i++) {
		if ((byte & leads[i].mask) != leads[i].value)
			continue;
		keys->character = byte & (uint8_t)~leads[i].mask;
		keys->minimum = leads[i].minimum;
		keys->left = i + 1;
		return i + 1;
	}
	return 0;
}

static void ground(struct keys *keys, uint8_t byte, int64_t now)
{
	/* The Esc before this byte has counted; but what it introduced is still one sequence. */
	if (keys->escape_at >= 0 && (byte == '[' || byte == 'O') && now - keys->escape_at <= KEYS_INTRODUCER_MS) {
		begin_sequence(keys, byte);
		return;
	}
	keys->escape_at = -1;
	if (byte == 033) {
		keys->state = ESCAPE;
		keys->escape_at = now;
	} else if (byte == '\n' || byte == '\r') {
		push(keys, K_ENTER);
	} else if (byte == '\b' || byte == 0x7f) {
		push(keys, K_BACKSPACE);
	} else if (byte == 0) {
		push(keys, K_UNKNOWN);
	} else if (byte < 0x80) {
		push(keys, byte);
	} else if (lead(keys, byte)) {
		keys->state = CHARACTER;
	} else {
		push(keys, K_UNKNOWN);
	}
}

static void escape(struct keys *keys, uint8_t byte, int64_t now)
{
	if (now - keys->escape_at > KEYS_INTRODUCER_MS) { /* nobody told us of the time that passed */
		int64_t none = -1;

		finish(keys, K_ESCAPE);
		keys->escape_at = none;
		ground(keys, byte, now);
	} else if (byte == '[' || byte == 'O') {
		begin_sequence(keys, byte);
	} else if (byte == 033) {
		push(keys, K_ESCAPE);
		keys->escape_at = now;
	} else if (byte >= 0x80 && lead(keys, byte)) {
		keys->escape_at = -1;
		keys->state = ALT_CHARACTER;
	} else {
		finish(keys, K_UNKNOWN); /* Alt and a character */
	}
}

/* True: byte cannot be part of a sequence, which ends here as an unknown key; the byte stands for itself. */
static bool breaks(struct keys *keys, uint8_t byte, int64_t now)
{
	if (byte >= 0x20 && byte < 0x7f)
		return false;
	finish(keys, K_UNKNOWN);
	ground(keys, byte, now);
	return true;
}

static void sequence(struct keys *keys, uint8_t byte, int64_t now)
{
	uint32_t key;
	bool final;

	if (breaks(keys, byte, now))
		return;
	store(keys, byte);
	key = lookup(keys);
	if (key != K_NONE) {
		finish(keys, key);
		return;
	}
	if (keys->length == sizeof paste_begin - 1 && memcmp(keys->sequence, paste_begin, keys->length) == 0) {
		keys->state = PASTE;
		keys->paste_length = keys->paste_end = 0;
		keys->paste_cut = false;
		return;
	}
	if (keys->state == CSI && keys->length == 3 && byte == '[') {
		keys->state = LINUX_F;
		return;
	}
	if (keys->state == CSI && keys->length == 3 && byte == 'M') {
		keys->state = MOUSE;
		keys->left = 3;
		return;
	}
	/* rxvt ends a shifted key by '$', which is no final byte for anyone else; a digit before it tells. */
	final = keys->state == LINUX_F || byte >= 0x40 ||
	        (keys->state == CSI && byte == '$' && keys->length > 3 && keys->length < 6 && keys->sequence[2] != '?');
	if (keys->state == SS3 && !((byte >= '0' && byte <= '9') || byte == ';'))
		final = true;
	if (final)
		finish(keys, K_UNKNOWN);
}

static void character(struct keys *keys, uint8_t byte, int64_t now)
{
	bool alone = keys->state == CHARACTER;
	uint32_t value;

	if ((byte & 0xc0) != 0x80) {
		finish(keys, K_UNKNOWN);
		ground(keys, byte, now);
		return;
	}
	keys->character = keys->character << 6 | (byte & 0x3f);
	if (--keys->left > 0)
		return;
	value = keys->character;
	if (!alone || value < keys->minimum || value < 0xa0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		value = K_UNKNOWN;
	finish(keys, value);
}

static void paste_keep(struct keys *keys, char byte)
{
	if (byte == '\0') /* would end the text for whoever takes it */
		return;
	if (keys->paste_length < KEYS_PASTE_MAX)
		keys->paste[keys->paste_length++] = byte;
	else
		keys->paste_cut = true;
}

static void paste_over(struct keys *keys)
{
	keys->paste[keys->paste_length] = '\0';
	finish(keys, K_PASTE);
}

static void paste(struct keys *keys, uint8_t byte)
{
	if (byte == (uint8_t)paste_finish[keys->paste_end]) {
		if (++keys->paste_end == sizeof paste_finish - 1)
			paste_over(keys);
		return;
	}
	/* The mark's first byte occurs in it but once, so what was held back is text. */
	for (size_t i = 0; i < keys->paste_end; i++)
		paste_keep(keys, paste_finish[i]);
	keys->paste_end = byte == 033;
	if (byte != 033)
		paste_keep(keys, (char)byte);
}

static void feed(struct keys *keys, uint8_t byte, int64_t now)
{
	switch (keys->state) {
	case ESCAPE:
		escape(keys, byte, now);
		break;
	case CSI:
	case SS3:
	case LINUX_F:
		sequence(keys, byte, now);
		break;
	case MOUSE:
		if (--keys->left == 0)
			finish(keys, K_UNKNOWN);
		break;
	case CHARACTER:
	case ALT_CHARACTER:
		character(keys, byte, now);
		break;
	case PASTE:
		paste(keys, byte);
		break;
	default:
		ground(keys, byte, now);
	}
	keys->byte_at = now;
}

void keys_feed(struct keys *keys, const void *data, size_t length, int64_t now_ms)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		feed(keys, bytes[i], now_ms);
}

int64_t keys_deadline(const struct keys *keys)
{
	switch (keys->state) {
	case GROUND:
		return -1;
	case ESCAPE:
		return keys->escape_at + keys->escape_ms;
	case PASTE:
		return keys->byte_at + KEYS_PASTE_MS;
	default:
		return keys->byte_at + KEYS_SEQUENCE_MS;
	}
}

void keys_expire(struct keys *keys, int64_t now_ms)
{
	int64_t deadline = keys_deadline(keys), escape_at = keys->escape_at;

	if (deadline < 0 || now_ms < deadline)
		return;
	if (keys->state == PASTE) {
		paste_over(keys);
	} else if (keys->state == ESCAPE) {
		finish(keys, K_ESCAPE);
		keys->escape_at = escape_at; /* it may still turn out to have introduced a sequence */
	} else {
		finish(keys, K_UNKNOWN);
	}
}

uint32_t keys_next(struct keys *keys)
{
	uint32_t key;

	if (keys->count == 0)
		return K_NONE;
	key = keys->events[keys->first];
	keys->first = (keys->first + 1) % KEYS_EVENTS_MAX;
	keys->count--;
	return key;
}

const char *keys_pasted(const struct keys *keys)
{
	return keys->paste;
}

bool keys_paste_cut(const struct keys *keys)
{
	return keys->paste_cut;
}

void keys_drop(struct keys *keys)
{
	keys->count = 0;
	finish(keys, K_NONE);
}

void keys_name(uint32_t key, char *out, size_t size)
{
	static const struct {
		uint32_t key;
		const char *name;
	} names[] = {
		{K_ENTER, "Enter"}, {K_TAB, "Tab"}, {K_ESCAPE, "Esc"}, {K_BACKSPACE, "Backspace"}, {' ', "Space"},
		{K_UP, "Up"}, {K_DOWN, "Down"}, {K_LEFT, "Left"}, {K_RIGHT, "Right"}, {K_HOME, "Home"}, {K_END, "End"},
		{K_PAGE_UP, "PgUp"}, {K_PAGE_DOWN, "PgDn"}, {K_INSERT, "Ins"}, {K_DELETE, "Del"},
		{K_BACK_TAB, "Shift-Tab"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].key == key) {
			snprintf(out, size, "%s", names[i].name);
			return;
		}
	if (key >= K_F1 && key <= K_F12)
		snprintf(out, size, "F%u", key - K_F1 + 1);
	else if (key > 0 && key < 0x20)
		snprintf(out, size, "^%c", (int)key + 0x40);
	else if (key > 0x20 && key < 0x7f)
		snprintf(out, size, "%c", (int)key);
	else
		snprintf(out, size, "?");
}
