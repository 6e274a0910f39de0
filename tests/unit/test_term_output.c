/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "term/output.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct output output;
static int reader;

static void begin(void)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	reader = ends[0];
	cr_assert_eq(output_open_fd(&output, ends[1]), 0);
}

static void end(void)
{
	output_close(&output);
	close(reader);
}

static void frame(char letter, size_t length)
{
	for (size_t i = 0; i < length; i++)
		putc(letter, output.stream);
	cr_assert_eq(output_take(&output), length);
}

static size_t drain(char *out, size_t size)
{
	size_t length = 0;

	for (;;) {
		ssize_t got = read(reader, out + length, size - length);

		if (got > 0)
			length += (size_t)got;
		else if (output_pending(&output))
			output_send(&output);
		else
			return length;
	}
}

Test(term_output, bytes_are_counted_exactly, .init = begin, .fini = end)
{
	char got[64];

	frame('a', 10);
	frame('b', 5);
	cr_assert_eq(output.last_frame, 5);
	cr_assert_eq(output.frames_total, 2);
	cr_assert_eq(output.bytes, 15);
	cr_assert_eq(output.writes, 2, "one write for a frame");
	cr_assert(output_ready(&output, OUTPUT_DATA));
	cr_assert_eq(drain(got, sizeof got), 15);
	cr_assert_eq(memcmp(got, "aaaaaaaaaabbbbb", 15), 0);
	cr_assert_eq(output_take(&output), 0, "nothing drawn is no frame");
	cr_assert_eq(output.frames_total, 2);
}

Test(term_output, figures_wait_and_keys_do_not, .init = begin, .fini = end)
{
	static char got[65536];

	frame('a', 6000);
	cr_assert(output_pending(&output));
	cr_assert(!output_ready(&output, OUTPUT_DATA));
	cr_assert(output_ready(&output, OUTPUT_ECHO));
	frame('b', 100);
	cr_assert_eq(drain(got, sizeof got), 6100);
	cr_assert_eq(got[5999], 'a');
	cr_assert_eq(got[6000], 'b');
	cr_assert(output_ready(&output, OUTPUT_DATA));
	cr_assert(!output_take_lost(&output));
}

Test(term_output, a_large_frame_that_is_alone_is_taken, .init = begin, .fini = end)
{
	static char got[8 * OUTPUT_LIMIT];

	frame('a', 6 * OUTPUT_LIMIT);
	cr_assert_not(output.lost);
	cr_assert_eq(drain(got, sizeof got), 6 * OUTPUT_LIMIT);
	cr_assert_null(output.queue, "it is given back");
	frame('b', 6000);
	cr_assert_eq(drain(got, sizeof got), 6000);
	cr_assert_eq(got[0], 'b');
}

Test(term_output, overflow_drops_whole_frames, .init = begin, .fini = end)
{
	static char got[2 * OUTPUT_LIMIT];
	size_t length;

	frame('a', 6000);
	frame('b', 200000);
	frame('c', 200000); /* too much: b and c go, a is finished */
	cr_assert(output.lost);
	cr_assert(!output_ready(&output, OUTPUT_ECHO));
	cr_assert(!output_take_lost(&output), "not before the queue is empty");
	length = drain(got, sizeof got);
	cr_assert_eq(length, 6000, "%zu", length);
	cr_assert_null(memchr(got, 'b', length));
	cr_assert(output_take_lost(&output));
	cr_assert(!output_take_lost(&output));
	frame('d', 10);
	cr_assert_eq(drain(got, sizeof got), 10);
}

Test(term_output, too_many_frames_are_an_overflow, .init = begin, .fini = end)
{
	static char got[65536];

	frame('a', 5000);
	for (int i = 0; i < 40; i++)
		frame('b', 1);
	cr_assert(output.lost);
	cr_assert_eq(drain(got, sizeof got), 5000);
	cr_assert(output_take_lost(&output));
}

Test(term_output, a_terminal_that_is_gone, .init = begin)
{
	signal(SIGPIPE, SIG_IGN);
	close(reader);
	frame('a', 10);
	cr_assert(output.gone);
	cr_assert_lt(output_send(&output), 0);
	output_close(&output);
}
