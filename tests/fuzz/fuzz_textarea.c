/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The editor of many lines under any keys. The first line of the input is how many bytes of the rest are the text that it
 * begins with; each byte behind them is a key, from 0xf0 on a special one, and 0xff pastes what follows. After each key
 * the invariants hold: the bytes are counted right, cursors stand within their lines, undo twice is nothing.
 */
#include "term/keys.h"
#include "widgets/textarea.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct textarea *area)
{
	char *text = textarea_text(area);
	size_t bytes = 0;

	require(area->count > 0 && area->row < area->count);
	for (size_t i = 0; i < area->count; i++) {
		const struct line *line = &area->lines[i];

		require(line->cursor <= line->length && strlen(line_text(line)) == line->length);
		require(line_previous(line, line_next(line, 0)) == 0);
		bytes += line->length + 1;
	}
	require(bytes == area->bytes && bytes <= TEXTAREA_MAX + 1 && text && strlen(text) + 1 == bytes);
	free(text);
}

static void check_undo(struct textarea *area)
{
	char *before = textarea_text(area), *after;

	textarea_key(area, 'Z' - 0x40, "");
	check(area);
	textarea_key(area, 'Z' - 0x40, "");
	after = textarea_text(area);
	require(before && after && strcmp(before, after) == 0);
	free(before);
	free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t special[] = {K_UP, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PAGE_UP, K_PAGE_DOWN, K_DELETE,
	                                   K_BACKSPACE, K_UNKNOWN, 0x301, 0x65e5, K_INSERT, K_TAB};
	struct textarea area = {0};
	char *copy = malloc(size + 1), *rest;
	size_t length;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	length = strtoul(copy, &rest, 10);
	if (*rest == '\n')
		rest++;
	if (length < strlen(rest)) {
		char kept = rest[length];

		rest[length] = '\0';
		require(textarea_set(&area, rest));
		rest[length] = kept;
		rest += length;
	} else {
		require(textarea_set(&area, ""));
	}
	for (; *rest; rest++) {
		unsigned char byte = (unsigned char)*rest;

		if (byte == 0xff) {
			textarea_key(&area, K_PASTE, rest + 1);
			break;
		}
		textarea_key(&area, byte >= 0xf0 ? special[byte - 0xf0] : byte, "");
		check(&area);
	}
	check(&area);
	check_undo(&area);
	textarea_free(&area);
	free(copy);
	return 0;
}
