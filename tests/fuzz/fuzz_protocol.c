/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control protocol as heard by either side: frames in pieces, then every reader of a body. */
#include "supervisor/protocol.h"

#include <stdlib.h>
#include <string.h>

static void read_body(char type, const char *body, size_t length)
{
	static struct auberge_survivor survivors[16];
	struct auberge_error error;
	size_t total;
	char value[32], *text = strndup(body, length);

	if (!text)
		return;
	frame_parse_error(body, length, &error);
	if (error.code == AUBERGE_OK)
		abort();
	message_value(text, "by", value, sizeof value);
	message_number(text, "timeout", type);
	size_t count = survivors_parse(text, survivors, 16, &total);
	if (count > 16 || total < count)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader reader = {0};
	char type, *body;
	size_t length;

	for (size_t at = 0; at < size;) {
		size_t step = 1 + data[at] % 61;

		step = step < size - at ? step : size - at;
		frame_add(&reader, data + at, step);
		at += step;
		int result;
		while ((result = frame_next(&reader, &type, &body, &length)) > 0) {
			read_body(type, body, length);
			frame_drop(&reader);
		}
		if (result < 0)
			break;
	}
	frame_reader_free(&reader);
	return 0;
}
