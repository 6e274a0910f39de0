/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames over a socket pair, in whatever pieces they come; messages and errors both ways. */
#include "base/error.h"
#include "base/file.h"
#include "supervisor/protocol.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
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
	struct auberge_survivor out[2] = {{12, 4012, "mysqld", 'D', "io_schedule", 77}, {0, 9, "two words", 'S', "", 0}}, in[4];
	struct buffer lines = {0};

	survivors_format(out, 2, &lines);
	cr_assert_eq(survivors_parse(lines.data, in, 4), 2);
	cr_expect_eq(in[0].pid, 12);
	cr_expect_eq(in[0].state, 'D');
	cr_expect_str_eq(in[0].wait, "io_schedule");
	cr_expect_eq(in[0].age_seconds, 77);
	cr_expect_str_eq(in[1].command, "two words");
	cr_expect_str_eq(in[1].wait, "");
	buffer_free(&lines);
}
