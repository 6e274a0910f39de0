/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sanitiser: what each kind of hostile text becomes, and that nothing is cut inside a character. */
#include "auberge.h"

#include "../screens/hostile_cases.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

struct sample {
	char in[64];
	size_t length; /* 0: strlen */
	char out[96];
	size_t columns;
};

static struct sample samples[] = {
	{"plain", 0, "plain", 5},
	{"\x1b[2J", 0, "^[[2J", 5},
	{"\x1b]52;c;aGk=\x07", 0, "^[]52;c;aGk=^G", 14},
	{"\x1bP0;1|17/41\x1b\\", 0, "^[P0;1|17/41^[\\", 15},
	{"a\nb", 0, "a⏎b", 3},
	{"a\r\n\tb", 0, "a^M⏎^Ib", 7},
	{"\x7f", 0, "^?", 2},
	{"a\0b", 3, "a^@b", 4},
	{"\xc2\x9b[31m", 0, "\xef\xbf\xbd[31m", 5},             /* C1 CSI */
	{"\x9b[31m", 0, "\xef\xbf\xbd[31m", 5},                 /* the same as a bare byte */
	{"\xc0\xaf", 0, "\xef\xbf\xbd\xef\xbf\xbd", 2},         /* overlong */
	{"\xc1\x9b", 0, "\xef\xbf\xbd\xef\xbf\xbd", 2},
	{"\xe0\x80\x9b", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3},
	{"\xf0\x80\x80\x9b", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 4},
	{"\xed\xa0\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3}, /* surrogate */
	{"\xf4\x90\x80\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 4},
	{"\xff\xfe", 0, "\xef\xbf\xbd\xef\xbf\xbd", 2},
	{"\xe2\x82", 0, "\xef\xbf\xbd", 1},                     /* cut short */
	{"\xe2\x82x", 0, "\xef\xbf\xbdx", 2},                   /* swallows nothing behind it */
	{"\xe2\x1b[m", 0, "\xef\xbf\xbd^[[m", 5},
	{"a\u202eb\u202c", 0, "ab", 2},
	{"a\u2066b\u2069\u200b\u200d\u200f\ufeff", 0, "ab", 2},
	{"a\u2028b\u2029c", 0, "abc", 3},
	{"a\u00adb", 0, "ab", 2},
	{"a\U000e0041\U000e007fb", 0, "ab", 2},                 /* tags */
	{"e\u0301\u0301\u0301\u0301x", 0, "e\u0301\u0301x", 2},
	{"\u0301x", 0, "x", 1},                                 /* no mark on what is to the left */
	{"\xef\xbf\xbe", 0, "\xef\xbf\xbd", 1},                 /* a noncharacter */
	{"漢字", 0, "漢字", 4},
	{"\U0001f600", 0, "\U0001f600", 2},
	{"日\u3099", 0, "日\u3099", 2},
	{"é\u00a0ß", 0, "é\u00a0ß", 3},
	{"", 0, "", 0},
};

ParameterizedTestParameters(base_text, cleans)
{
	return cr_make_param_array(struct sample, samples, sizeof samples / sizeof samples[0]);
}

ParameterizedTest(struct sample *sample, base_text, cleans)
{
	char out[128];
	size_t length = sample->length ? sample->length : strlen(sample->in);
	size_t columns = auberge_text_clean(out, sizeof out, sample->in, length, 0);

	cr_assert_str_eq(out, sample->out);
	cr_assert_eq(columns, sample->columns, "%s: %zu columns", sample->out, columns);
	cr_assert_eq(auberge_text_columns(out), columns);
	/* what is clean stays as it is */
	char again[128];
	auberge_text_clean(again, sizeof again, out, strlen(out), 0);
	cr_assert_str_eq(again, out);
}

Test(base_text, cuts_at_columns)
{
	char out[64];

	cr_assert_eq(auberge_text_clean(out, sizeof out, "abcdef", 6, 3), 3u);
	cr_assert_str_eq(out, "abc");
	cr_assert_eq(auberge_text_clean(out, sizeof out, "a漢", 4, 2), 1u);
	cr_assert_str_eq(out, "a");
	cr_assert_eq(auberge_text_clean(out, sizeof out, "ab\x1b", 3, 3), 2u);
	cr_assert_str_eq(out, "ab");
	cr_assert_eq(auberge_text_clean(out, sizeof out, "e\u0301x", 4, 1), 1u);
	cr_assert_str_eq(out, "e\u0301");
}

Test(base_text, cuts_at_bytes_between_characters)
{
	char out[5];

	cr_assert_eq(auberge_text_clean(out, 5, "abcdef", 6, 0), 4u);
	cr_assert_str_eq(out, "abcd");
	cr_assert_eq(auberge_text_clean(out, 5, "é漢", 5, 0), 1u);
	cr_assert_str_eq(out, "é");
	cr_assert_eq(auberge_text_clean(out, 2, "\x1b", 1, 0), 0u);
	cr_assert_str_eq(out, "");
	cr_assert_eq(auberge_text_clean(out, 1, "a", 1, 0), 0u);
	cr_assert_str_eq(out, "");
	out[0] = 'x';
	cr_assert_eq(auberge_text_clean(out, 0, "a", 1, 0), 0u);
	cr_assert_eq(out[0], 'x');
}

/* Every hostile case comes out as what is clean already: a second cleaning changes nothing, and no control is left. */
Test(base_text, hostile_cases)
{
	static struct hostile_case cases[HOSTILE_CASES_MAX];
	static char out[HOSTILE_LENGTH_MAX * 4], again[HOSTILE_LENGTH_MAX * 4];
	size_t count = hostile_read(NULL, cases);

	cr_assert_geq(count, 300);
	for (size_t i = 0; i < count; i++) {
		auberge_text_clean(out, sizeof out, cases[i].bytes, cases[i].length, 0);
		for (const char *at = out; *at; at++)
			cr_assert((unsigned char)*at >= 0x20 && *at != 0x7f, "case %zu", i);
		auberge_text_clean(again, sizeof again, out, strlen(out), 0);
		cr_assert_str_eq(again, out, "case %zu", i);
	}
	hostile_free(cases, count);
}
