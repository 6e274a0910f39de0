/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring: what is read is what was written last, and what was missed is counted exactly. */
#include "supervisor/supervisor.h"

#include <criterion/criterion.h>
#include <string.h>

Test(ring, a_reader_in_time_sees_every_byte)
{
	struct ring ring;
	uint64_t position = 0, missed;
	unsigned char in[7], out[16], next = 0, expected = 0;

	cr_assert_eq(ring_open(&ring, "test", 64), 0);
	for (int round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof in; i++)
			in[i] = next++;
		cr_assert_eq(ring_write(&ring, in, sizeof in), 0);
		ssize_t got;
		while ((got = ring_read(&ring, &position, out, sizeof out, &missed)) > 0) {
			cr_assert_eq(missed, 0);
			for (ssize_t i = 0; i < got; i++)
				cr_assert_eq(out[i], expected++);
		}
	}
	cr_expect_eq(expected, next);
	ring_close(&ring);
}

Test(ring, a_slow_reader_is_told_what_it_missed)
{
	struct ring ring;
	uint64_t position = 0, missed;
	char block[48], out[64];

	cr_assert_eq(ring_open(&ring, "test", 64), 0);
	memset(block, 'a', sizeof block);
	ring_write(&ring, block, sizeof block);
	memset(block, 'b', sizeof block);
	ring_write(&ring, block, sizeof block);
	ssize_t got = ring_read(&ring, &position, out, sizeof out, &missed);
	cr_expect_eq(missed, 32);
	cr_expect_eq(got + ring_read(&ring, &position, out, sizeof out, &missed), 64);
	cr_expect_eq(position, 96);
	ring_close(&ring);
}

Test(ring, a_write_longer_than_the_ring_keeps_its_end)
{
	struct ring ring;
	uint64_t position = 0, missed;
	char block[100], out[16];

	cr_assert_eq(ring_open(&ring, "test", 16), 0);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = (char)i;
	ring_write(&ring, block, sizeof block);
	ssize_t got = ring_read(&ring, &position, out, sizeof out, &missed);
	cr_expect_eq(missed, 84);
	cr_expect_eq(out[0], 84);
	cr_expect_leq(got, 16);
	ring_close(&ring);
}
