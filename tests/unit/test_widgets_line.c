/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line being edited: characters of all sizes, the cursor, columns. */
#include "widgets/line.h"

#include "term/keys.h"

#include <criterion/criterion.h>
#include <string.h>

static struct line line;

static void set(const char *text)
{
	cr_assert(line_set(&line, text, strlen(text)));
}

static void type(const uint32_t *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_assert_neq(line_key(&line, keys[i], 100), LINE_IGNORED);
}
#define TYPE(...) type((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

Test(widgets_line, characters_and_movement)
{
	TYPE('a', 'b', 0xfc, 0x20ac, 0x1f600);
	cr_assert_str_eq(line_text(&line), "abü€😀");
	TYPE(K_LEFT, K_BACKSPACE);
	cr_assert_str_eq(line_text(&line), "abü😀");
	TYPE(K_DELETE, K_HOME, K_DELETE, K_END, 'z');
	cr_assert_str_eq(line_text(&line), "büz");
	TYPE(K_LEFT, K_LEFT, 'U' - 0x40);
	cr_assert_str_eq(line_text(&line), "üz");
	TYPE(K_RIGHT, 'K' - 0x40);
	cr_assert_str_eq(line_text(&line), "ü");
	TYPE(K_RIGHT, K_RIGHT, K_LEFT, K_LEFT, K_LEFT, K_BACKSPACE, 'x');
	cr_assert_str_eq(line_text(&line), "xü");
	line_free(&line);
}

Test(widgets_line, marks_belong_to_their_character)
{
	set("e\xcc\x81x"); /* e and an acute of its own */
	TYPE(K_LEFT, K_BACKSPACE);
	cr_assert_str_eq(line_text(&line), "x");
	line_free(&line);
}

Test(widgets_line, bytes_that_are_no_text_are_kept)
{
	set("a\xff\xc3z\xe2\x82");
	cr_assert_eq(line_columns(&line, line.length), 6);
	TYPE(K_LEFT, K_LEFT, K_LEFT);
	cr_assert_eq(line.cursor, 3);
	TYPE('q');
	cr_assert_str_eq(line_text(&line), "a\xff\xc3qz\xe2\x82");
	line_free(&line);
}

Test(widgets_line, columns)
{
	set("\tä日x");
	cr_assert_eq(line_columns(&line, 1), 8);
	cr_assert_eq(line_columns(&line, 3), 9);
	cr_assert_eq(line_columns(&line, 6), 11);
	cr_assert_eq(line_at_column(&line, 10), 3, "the middle of a wide character is in front of it");
	cr_assert_eq(line_at_column(&line, 99), line.length);
	line_free(&line);
}

Test(widgets_line, no_longer_than_it_may_be)
{
	set("12345678");
	cr_assert_eq(line_key(&line, 0x20ac, 10), LINE_MOVED);
	cr_assert_eq(line_key(&line, 'a', 10), LINE_CHANGED);
	cr_assert_str_eq(line_text(&line), "12345678a");
	cr_assert_eq(line_key(&line, 'W' - 0x40, 10), LINE_IGNORED);
	cr_assert_eq(line_key(&line, K_UP, 10), LINE_IGNORED);
	cr_assert_eq(line_key(&line, 0x85, 10), LINE_IGNORED, "a control character is no text");
	line_free(&line);
}
