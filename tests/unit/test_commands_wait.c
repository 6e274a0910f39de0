/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wait for an act in words and in JSON. */
#include "commands/wait.h"

#include <criterion/criterion.h>
#include <string.h>

static struct auberge_survivor survivors[] = {
	{12, 4012, "mysqld --datadir=/x", 'D', "request_wait_answer", 3600, 7, "request_wait_answer (FUSE)", 34},
	{40, 4040, "cron", 'S', "hrtimer_nanosleep", 90, 8, "", -1},
	{41, 4041, "", 'R', "", 0, 9, "", -1},
};

Test(commands_wait, where_a_process_waits)
{
	struct auberge_survivor one = survivors[0];
	char text[160];

	wait_where(&one, text, sizeof text);
	cr_expect_str_eq(text, "stuck in kernel: request_wait_answer (FUSE), 34 s");
	one.stuck_seconds = 0;
	one.stuck_in[0] = '\0';
	wait_where(&one, text, sizeof text);
	cr_expect_str_eq(text, "stuck in the kernel");
	wait_where(&survivors[1], text, sizeof text);
	cr_expect_str_eq(text, "hrtimer_nanosleep");
	wait_where(&survivors[2], text, sizeof text);
	cr_expect_str_eq(text, "-");
}

Test(commands_wait, cells_are_as_wide_as_they_say)
{
	char text[128];

	wait_cell(text, sizeof text, "ab", 4);
	cr_expect_str_eq(text, "ab  ");
	wait_cell(text, sizeof text, "abcdef", 4);
	cr_expect_eq(auberge_text_columns(text), 4);
	wait_cell(text, sizeof text, "日本語", 4);
	cr_expect_eq(auberge_text_columns(text), 4);
}

Test(commands_wait, what_was_told_is_kept_and_becomes_json)
{
	struct wait wait = {.name = "web", .outcome = "timeout", .seconds = 2.5};
	struct auberge_job_event event = {.left_seconds = 30, .text = "3 processes left", .survivors = survivors,
	                                  .survivors_count = 3, .survivors_total = 10000};
	json_t *object, *one;

	wait_take(&wait, &event);
	cr_expect_eq(wait_left(&wait, wait.told_ms + 10500), 20);
	cr_expect_eq(wait_left(&wait, wait.told_ms + 31000), -1);
	wait.error = strdup("still stopping");
	object = wait_json(&wait);
	cr_assert_not_null(object);
	cr_expect_str_eq(json_string_value(json_object_get(object, "status")), "timeout");
	cr_expect_eq(json_integer_value(json_object_get(object, "survivors_total")), 10000);
	one = json_array_get(json_object_get(object, "survivors"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(one, "stuck_in")), "request_wait_answer (FUSE)");
	cr_expect_eq(json_integer_value(json_object_get(one, "stuck_seconds")), 34);
	one = json_array_get(json_object_get(object, "survivors"), 2);
	cr_expect(json_is_null(json_object_get(one, "wait")));
	cr_expect(json_is_null(json_object_get(one, "stuck_seconds")));
	json_decref(object);
	event = (struct auberge_job_event){.kind = AUBERGE_EVENT_DONE, .left_seconds = -1};
	wait_take(&wait, &event);
	cr_expect_eq(wait.survivors_count, 0);
	cr_expect_eq(wait_left(&wait, wait.told_ms), -1);
	wait_free(&wait);
}
