/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's prefix key, cut at every byte. */
#include "commands/prefix.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	const char *in, *out;
	bool detach, held;
} cases[] = {
	{"plain", "plain", false, false},
	{"a\x1d" "d", "a", true, false},
	{"a\x1d" "qrest", "a", true, false},
	{"a\x1d\x1d" "b", "a\x1d" "b", false, false},
	{"\x1dx", "\x1dx", false, false},
	{"\x1d\x1d" "d", "\x1d" "d", false, false},
	{"\x1d\x1d\x1d" "d", "\x1d", true, false},
	{"a\x1d", "a", false, true},
};

Test(commands_prefix, whole_and_cut_at_every_byte)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t length = strlen(cases[i].in);

		for (size_t cut = 0; cut <= length; cut++) {
			const unsigned char *in = (const unsigned char *)cases[i].in;
			struct prefix prefix = {.key = 0x1d};
			unsigned char out[64];
			bool detach;
			size_t used = prefix_filter(&prefix, in, cut, out, &detach);

			if (!detach)
				used += prefix_filter(&prefix, in + cut, length - cut, out + used, &detach);
			cr_expect_eq(used, strlen(cases[i].out), "case %zu cut %zu", i, cut);
			cr_expect(memcmp(out, cases[i].out, used) == 0, "case %zu cut %zu", i, cut);
			cr_expect_eq(detach, cases[i].detach, "case %zu cut %zu", i, cut);
			cr_expect_eq(prefix.held, cases[i].held, "case %zu cut %zu", i, cut);
		}
	}
}

Test(commands_prefix, the_prefix_may_be_d_itself)
{
	struct prefix prefix = {.key = 'd'};
	unsigned char out[8];
	bool detach;

	cr_assert_eq(prefix_filter(&prefix, (const unsigned char *)"dd", 2, out, &detach), 1);
	cr_assert_not(detach);
	prefix_filter(&prefix, (const unsigned char *)"dq", 2, out, &detach);
	cr_assert(detach);
}

Test(commands_prefix, keys_are_read_and_written)
{
	char text[4];

	cr_expect_eq(prefix_parse("^]"), 0x1d);
	cr_expect_eq(prefix_parse("^A"), 1);
	cr_expect_eq(prefix_parse("^a"), 1);
	cr_expect_eq(prefix_parse("^@"), 0);
	cr_expect_eq(prefix_parse("^"), '^');
	cr_expect_eq(prefix_parse("~"), '~');
	cr_expect_eq(prefix_parse(""), -1);
	cr_expect_eq(prefix_parse("^AB"), -1);
	cr_expect_eq(prefix_parse("^1"), -1);
	cr_expect_eq(prefix_parse("ab"), -1);
	cr_expect_eq(prefix_parse("\xc3\xa9"), -1);
	for (int key = 0; key < 32; key++) {
		prefix_format((unsigned char)key, text);
		cr_expect_eq(prefix_parse(text), key);
	}
}
