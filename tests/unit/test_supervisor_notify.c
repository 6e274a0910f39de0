/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest says of itself: the keys that count, and garbage. */
#include "supervisor/notify.h"

#include <criterion/criterion.h>
#include <string.h>

static struct notify_message parse(const char *data, size_t length)
{
	struct notify_message message;

	memset(&message, 0xa5, sizeof message);
	notify_parse(data, length, &message);
	return message;
}

#define PARSE(text) parse(text, sizeof(text) - 1)

Test(notify, ready_and_status_among_others)
{
	struct notify_message message = PARSE("X_SYSTEMD_HOSTNAME=a\nREADY=1\nSTATUS=Startup finished in 2s.\nMAINPID=4");

	cr_expect(message.ready);
	cr_expect(message.has_status);
	cr_expect_str_eq(message.status, "Startup finished in 2s.");
	message = PARSE("STATUS=\n");
	cr_expect(message.has_status && !message.ready);
	cr_expect_str_eq(message.status, "");
}

Test(notify, what_only_looks_like_it)
{
	static const char *const texts[] = {"", "\n\n", "READY", "READY=", "READY=0", "READY=11", " READY=1", "READY=1 ", "ready=1",
	                                    "XREADY=1", "STATUS", "READY=1\r\n"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct notify_message message = parse(texts[i], strlen(texts[i]));

		cr_expect_not(message.ready, "%s", texts[i]);
		cr_expect_not(message.has_status, "%s", texts[i]);
	}
	cr_expect_not(PARSE("READY=1\0").ready);
	cr_expect(PARSE("\0\nREADY=1\n").ready);
}

Test(notify, a_hostile_status_is_cleaned_and_cut)
{
	char data[NOTIFY_DATAGRAM] = "STATUS=";
	struct notify_message message = PARSE("STATUS=\x1b[2J\x07\xff\xfe phase=stopping");

	cr_expect_null(strchr(message.status, 0x1b));
	cr_expect_null(strchr(message.status, 7));
	memset(data + 7, 'x', sizeof data - 7);
	message = parse(data, sizeof data);
	cr_expect_eq(strlen(message.status), sizeof message.status - 1);
}
