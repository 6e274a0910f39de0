/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One datagram of sd_notify(3): lines "KEY=VALUE" from a guest, so anything at all. Keys that mean nothing to us are skipped. */
#include "supervisor/notify.h"

#include <string.h>

static bool is_line(const char *line, size_t length, const char *wanted)
{
	return strlen(wanted) == length && memcmp(line, wanted, length) == 0;
}

void notify_parse(const char *data, size_t length, struct notify_message *message)
{
	static const char status[] = "STATUS=";
	const size_t key = sizeof status - 1;

	*message = (struct notify_message){0};
	for (const char *at = data, *end = data + length; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((newline ? newline : end) - at);

		if (is_line(at, line, "READY=1")) {
			message->ready = true;
		} else if (line >= key && memcmp(at, status, key) == 0) {
			auberge_text_clean(message->status, sizeof message->status, at + key, line - key, 0);
			message->has_status = true;
		}
		at += line + 1;
	}
}
