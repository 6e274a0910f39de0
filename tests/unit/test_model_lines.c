/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of a log: lines from pieces, bounded whatever comes, clean text out. */
#include "auberge.h"
#include "model/lines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void feed(struct lines *lines, const char *text)
{
	cr_assert(lines_feed(lines, text, strlen(text)));
}

static const char *text_of(const struct lines *lines, size_t index)
{
	static char text[LINES_CLEAN];

	lines_text(lines, index, text, sizeof text);
	return text;
}

Test(model_lines, lines_come_in_pieces)
{
	struct lines lines = {0};

	feed(&lines, "one\r\ntw");
	cr_assert_eq(lines.count, 2);
	cr_assert(lines.open);
	feed(&lines, "o\n\nlogin: ");
	cr_assert_eq(lines.count, 4);
	cr_assert_str_eq(text_of(&lines, 0), "one");
	cr_assert_str_eq(text_of(&lines, 1), "two");
	cr_assert_str_eq(text_of(&lines, 2), "");
	cr_assert_str_eq(text_of(&lines, 3), "login: ");
	lines_free(&lines);
	cr_assert_eq(lines.count, 0);
}

Test(model_lines, what_is_shown_is_clean)
{
	struct lines lines = {0};

	feed(&lines, "\033[1;31mred\033[0m\tand \033]0;title\atext \001\xff\n");
	cr_assert_str_eq(text_of(&lines, 0), "red and text ^A\xef\xbf\xbd");
	lines_free(&lines);
}

Test(model_lines, a_long_line_costs_no_more_than_a_short_one)
{
	struct lines lines = {0};
	char *line = malloc(90000);

	memset(line, 'x', 90000);
	cr_assert(lines_feed(&lines, line, 90000));
	feed(&lines, "\nnext");
	cr_assert_eq(lines.count, 2);
	cr_assert_leq(lines.length, LINES_BYTES + 4u);
	cr_assert_eq(strlen(text_of(&lines, 0)), LINES_BYTES);
	cr_assert_str_eq(text_of(&lines, 1), "next");
	free(line);
	lines_free(&lines);
}

Test(model_lines, a_long_log_drops_its_older_half)
{
	struct lines lines = {0};
	char line[600];

	for (unsigned i = 0; i < 10000; i++) {
		snprintf(line, sizeof line, "%06u %0*d\n", i, (int)(i % 500), 0);
		feed(&lines, line);
		cr_assert_leq(lines.length, LINES_STORE);
		cr_assert_eq(lines.dropped + lines.count, i + 1);
		cr_assert_eq(atoi(text_of(&lines, lines.count - 1)), (int)i);
		cr_assert_eq(atoi(text_of(&lines, 0)), (int)lines.dropped);
	}
	cr_assert_gt(lines.dropped, 0);
	lines_free(&lines);
	for (unsigned i = 0; i < 3 * LINES_MAX; i++) {
		feed(&lines, "\n");
		cr_assert_leq(lines.count, LINES_MAX);
	}
	cr_assert_eq(lines.dropped + lines.count, 3u * LINES_MAX);
	cr_assert_geq(lines.count, LINES_MAX / 2);
	lines_free(&lines);
}

Test(model_lines, search_goes_round)
{
	struct lines lines = {0};

	cr_assert_eq(lines_search(&lines, -1, 1, "x"), -1);
	feed(&lines, "Alpha\nbeta\nalphabet\n");
	cr_assert_eq(lines_search(&lines, -1, 1, "alpha"), 0);
	cr_assert_eq(lines_search(&lines, 0, 1, "alpha"), 2);
	cr_assert_eq(lines_search(&lines, 2, 1, "alpha"), 0);
	cr_assert_eq(lines_search(&lines, -1, -1, "alpha"), 2);
	cr_assert_eq(lines_search(&lines, 2, -1, "beta"), 1);
	cr_assert_eq(lines_search(&lines, 0, 1, "gamma"), -1);
	lines_free(&lines);
}

Test(model_lines, columns_are_not_bytes)
{
	cr_assert_str_eq(lines_from_column("abcdef", 0), "abcdef");
	cr_assert_str_eq(lines_from_column("abcdef", 4), "ef");
	cr_assert_str_eq(lines_from_column("äöü", 2), "ü");
	cr_assert_str_eq(lines_from_column("ab", 5), "");
}
