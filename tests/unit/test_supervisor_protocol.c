/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames over a socket pair, in whatever pieces they come; messages and errors both ways. */
#include "base/error.h"
#include "base/file.h"
#include "supervisor/protocol.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Test(protocol, a_frame_arrives_whole_from_single_bytes)
{
	struct frame_reader reader = {0};
	unsigned char wire[] = {0, 0, 0, 5, 'P', 'a', 'b', 'c', 'd', 0, 0, 0, 1, 'F'};
	char type, *body;
	size_t length, frames = 0;

	for (size_t i = 0; i < sizeof wire; i++) {
		frame_add(&reader, &wire[i], 1);
		while (frame_next(&reader, &type, &body, &length) > 0) {
			frames++;
			cr_expect_eq(type, frames == 1 ? 'P' : 'F');
			cr_expect_eq(length, frames == 1 ? 4u : 0u);
			frame_drop(&reader);
		}
	}
	cr_expect_eq(frames, 2);
	frame_reader_free(&reader);
}

Test(protocol, an_oversized_or_empty_frame_is_refused)
{
	static const unsigned char wires[][4] = {{0, 1, 0, 1}, {0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}};

	for (size_t i = 0; i < 3; i++) {
		struct frame_reader reader = {0};
		char type, *body;
		size_t length;

		frame_add(&reader, wires[i], 4);
		cr_expect_eq(frame_next(&reader, &type, &body, &length), -EPROTO);
		frame_reader_free(&reader);
	}
}

Test(protocol, an_error_keeps_code_text_and_remedy)
{
	struct auberge_error error = {0}, heard;
	struct frame_reader reader = {0};
	char type, *body;
	size_t length;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	error_set_code(&error, AUBERGE_WRONG_STATE, ENOENT, "web is not running");
	error_remedy(&error, "start it");
	cr_assert_eq(frame_send_error(pair[0], &error), 0);
	cr_assert_eq(frame_fill(&reader, pair[1]), 1);
	cr_assert_eq(frame_next(&reader, &type, &body, &length), 1);
	cr_expect_eq(type, FRAME_ERROR);
	frame_parse_error(body, length, &heard);
	cr_expect_eq(heard.code, AUBERGE_WRONG_STATE);
	cr_expect_eq(heard.number, ENOENT);
	cr_expect_str_eq(heard.text, error.text);
	cr_expect_str_eq(heard.remedy, "start it");
	frame_reader_free(&reader);
	close(pair[0]);
	close(pair[1]);
}

Test(protocol, values_are_found_by_their_whole_key)
{
	char value[16];

	cr_expect(message_value("\ntimeout=5\nby=x y\n", "by", value, sizeof value));
	cr_expect_str_eq(value, "x y");
	cr_expect_not(message_value("standby=1\n", "by", value, sizeof value));
	cr_expect_eq(message_number("a=7\nb=\n", "a", -1), 7);
	cr_expect_eq(message_number("a=7\nb=\n", "b", -1), -1);
	cr_expect_eq(message_number("a=7x\n", "a", -1), -1);
}

Test(protocol, survivors_go_there_and_back)
{
	struct auberge_survivor out[2] = {{12, 4012, "mysqld", 'D', "io_schedule", 77, 123456, "folio_wait_writeback (disk)", 34},
	                                  {0, 9, "two words", 'S', "", 0, 7, "", -1}}, in[4];
	struct buffer lines = {0};
	size_t total;

	survivors_format(out, 2, 10000, &lines);
	cr_assert_eq(survivors_parse(lines.data, in, 4, &total), 2);
	cr_expect_eq(total, 10000);
	cr_expect_eq(in[0].pid, 12);
	cr_expect_eq(in[0].state, 'D');
	cr_expect_str_eq(in[0].wait, "io_schedule");
	cr_expect_eq(in[0].age_seconds, 77);
	cr_expect_eq(in[0].start_time, 123456);
	cr_expect_str_eq(in[0].stuck_in, "folio_wait_writeback (disk)");
	cr_expect_eq(in[0].stuck_seconds, 34);
	cr_expect_str_eq(in[1].command, "two words");
	cr_expect_str_eq(in[1].wait, "");
	cr_expect_str_eq(in[1].stuck_in, "");
	cr_expect_eq(in[1].start_time, 7);
	cr_expect_eq(in[1].stuck_seconds, -1);
	cr_expect_eq(survivors_parse(lines.data, in, 1, &total), 1);
	cr_expect_str_eq(in[0].stuck_in, "folio_wait_writeback (disk)");
	cr_expect_eq(total, 10000);
	buffer_free(&lines);
}

Test(protocol, hostile_names_of_survivors_stay_on_their_line)
{
	static const char *const names[] = {"", " ", "-", "= 4", "+ 1 2 3", "7 7 D 7 x y", "%s%n", "\xe2\x80\xae""gnp.exe"};
	struct auberge_survivor out[8] = {{0}}, in[9];
	struct buffer lines = {0};
	size_t total;

	for (size_t i = 0; i < 8; i++) {
		out[i] = (struct auberge_survivor){.pid = (pid_t)i + 1, .host_pid = 100, .state = 'S', .start_time = i + 50, .stuck_seconds = -1};
		snprintf(out[i].command, sizeof out[i].command, "%s", names[i]);
	}
	survivors_format(out, 8, 8, &lines);
	cr_assert_eq(survivors_parse(lines.data, in, 9, &total), 8);
	cr_expect_eq(total, 8);
	for (size_t i = 0; i < 8; i++) {
		cr_expect_eq(in[i].pid, (pid_t)i + 1);
		cr_expect_eq(in[i].start_time, i + 50);
		if (i < 7)
			cr_expect_str_eq(in[i].command, names[i]);
	}
	cr_expect_str_eq(in[7].command, "gnp.exe", "cleaned again by who reads it");
	buffer_free(&lines);
}

Test(protocol, survivors_of_older_supervisors_and_broken_ones_are_read)
{
	struct auberge_survivor in[4];
	size_t total;

	cr_assert_eq(survivors_parse("12 4012 D 77 io_schedule my sqld\n0 9 S 0 - sh", in, 4, &total), 2);
	cr_expect_eq(total, 2);
	cr_expect_str_eq(in[0].command, "my sqld");
	cr_expect_eq(in[0].start_time, 0);
	cr_expect_eq(in[1].stuck_seconds, -1);
	/* what follows a line that is none belongs to nobody */
	cr_assert_eq(survivors_parse("1 2 S 0 - one\n12\n+ 5 6 else\n= -4\n= 99999999999\n\n3 4 S 0 -\n5 6 S 0\n7 two\n", in, 4,
	                             &total), 1);
	cr_expect_eq(in[0].start_time, 0);
	cr_expect_str_eq(in[0].stuck_in, "");
	cr_expect_eq(total, 1);
	cr_expect_eq(survivors_parse("", in, 4, &total), 0);
}

Test(protocol, the_longest_survivors_fit_into_a_frame)
{
	static struct auberge_survivor out[2000], in[2000];
	struct buffer lines = {0};
	size_t total;

	for (size_t i = 0; i < 2000; i++) {
		struct auberge_survivor *one = &out[i];

		*one = (struct auberge_survivor){.pid = INT32_MIN, .host_pid = INT32_MIN, .state = 'D', .age_seconds = INT64_MIN,
		                                 .start_time = UINT64_MAX, .stuck_seconds = INT64_MIN};
		memset(one->command, 'c', sizeof one->command - 1);
		memset(one->wait, 'w', sizeof one->wait - 1);
		memset(one->stuck_in, 's', sizeof one->stuck_in - 1);
	}
	survivors_format(out, 2000, 2000, &lines);
	cr_assert_lt(lines.length, FRAME_LIMIT);
	cr_expect_gt(survivors_parse(lines.data, in, 2000, &total), 200);
	cr_expect_eq(total, 2000);
	cr_expect_eq(memcmp(in[0].stuck_in, out[0].stuck_in, sizeof in[0].stuck_in), 0);
	buffer_free(&lines);
}
