/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events in words. */
#include "model/event_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(model_event_text, sentences)
{
	struct auberge_history_event end = {.name = "web3", .event = "end", .cause = "exited", .status = 1, .seconds = 90};
	struct auberge_history_event oom = {.event = "oom", .cause = "memory", .status = -1, .seconds = -1, .count = 3,
	                                    .detail = "php-fpm (pid 30)"};
	struct auberge_history_event start = {.event = "start", .status = -1, .seconds = -1, .by = "root"};
	struct auberge_history_event bare = {.event = "cancel", .status = -1, .seconds = -1, .detail = "by hand"};
	char text[256];

	event_sentence(&end, text, sizeof text);
	cr_assert_str_eq(text, "exited status 1 after 1m");
	event_sentence(&oom, text, sizeof text);
	cr_assert_str_eq(text, "memory 3 times: php-fpm (pid 30)");
	event_sentence(&start, text, sizeof text);
	cr_assert_str_eq(text, "by root");
	event_sentence(&bare, text, sizeof text);
	cr_assert_str_eq(text, "by hand");
	event_sentence(&oom, text, 12);
	cr_assert_lt(strlen(text), 12u, "a small room is kept");
	cr_assert_eq(event_level(&end), MODEL_BAD);
	end.status = 0;
	cr_assert_eq(event_level(&end), MODEL_PLAIN);
	cr_assert_eq(event_level(&oom), MODEL_BAD);
	cr_assert_eq(event_level(&start), MODEL_PLAIN);
	cr_assert(event_match(&oom, "PHP"));
	cr_assert(event_match(&end, "web"));
	cr_assert_not(event_match(&start, "web3"));
}

Test(model_event_text, times)
{
	struct auberge_history_event event = {.time_seconds = 1700000000};
	char text[32];

	setenv("TZ", "UTC", 1);
	tzset();
	event_time(&event, text, sizeof text);
	cr_assert_str_eq(text, "11-14 22:13:20");
}
