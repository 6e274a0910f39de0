/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor of many lines: byte for byte what was set, keys, pastes, undo, its bound. */
#include "widgets/textarea.h"

#include "term/keys.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct textarea area;

static void check(const char *wanted)
{
	char *text = textarea_text(&area);
	size_t bytes = 0;

	cr_assert_str_eq(text, wanted);
	for (size_t i = 0; i < area.count; i++)
		bytes += area.lines[i].length + 1;
	cr_assert_eq(bytes, area.bytes);
	cr_assert_eq(bytes, strlen(wanted) + 1);
	free(text);
}

static void type(const uint32_t *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		textarea_key(&area, keys[i], "");
}
#define TYPE(...) type((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

Test(widgets_textarea, a_text_stays_as_it_is)
{
	static const char *const texts[] = {"", "\n", "a", "a\n", "a\n\nb", "\n\n\n", "[guest]\r\n\tkind = \xff\n", "a\nb\n"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		cr_assert(textarea_set(&area, texts[i]));
		check(texts[i]);
	}
	textarea_free(&area);
}

Test(widgets_textarea, lines_break_and_join)
{
	textarea_set(&area, "one\ntwo\n");
	TYPE(K_RIGHT, K_ENTER);
	check("o\nne\ntwo\n");
	TYPE(K_BACKSPACE);
	check("one\ntwo\n");
	TYPE(K_END, K_DELETE);
	check("onetwo\n");
	TYPE(K_ENTER, K_LEFT, 'K' - 0x40, 'K' - 0x40);
	check("one\n");
	TYPE(K_END, 'K' - 0x40, K_DELETE);
	check("one");
	TYPE(K_HOME, K_BACKSPACE, K_LEFT, K_UP, 'x');
	check("xone");
	textarea_free(&area);
}

Test(widgets_textarea, up_and_down_keep_their_column)
{
	textarea_set(&area, "123456\nab\n日本語\n");
	TYPE(K_END, K_DOWN, K_DOWN, 'x');
	check("123456\nab\n日本語x\n");
	textarea_set(&area, "12345\nab\n123456\n");
	TYPE(K_END, K_DOWN, K_DOWN, 'x', K_PAGE_UP, K_PAGE_UP, K_PAGE_UP, 'y');
	check("12345y\nab\n12345x6\n");
	textarea_free(&area);
}

Test(widgets_textarea, pastes_keep_their_lines)
{
	textarea_set(&area, "ab\n");
	TYPE(K_RIGHT);
	cr_assert_eq(textarea_key(&area, K_PASTE, "1\r\n2\r3\n\x1b[0m\ttab"), TEXTAREA_CHANGED);
	check("a1\n2\n3\n[0m\ttabb\n");
	TYPE('Z' - 0x40);
	check("ab\n");
	TYPE('Z' - 0x40);
	check("a1\n2\n3\n[0m\ttabb\n");
	textarea_free(&area);
}

Test(widgets_textarea, undo_takes_a_run_of_typing_back)
{
	textarea_set(&area, "memory = 1G\n");
	TYPE(K_END, K_BACKSPACE, K_BACKSPACE, '2', 'G');
	check("memory = 2G\n");
	TYPE('Z' - 0x40);
	check("memory = 1G\n");
	TYPE('Z' - 0x40);
	check("memory = 2G\n");
	TYPE(K_HOME, '#');
	check("#memory = 2G\n");
	TYPE('Z' - 0x40);
	check("memory = 2G\n");
	textarea_set(&area, "x");
	TYPE('Z' - 0x40);
	check("x");
	textarea_free(&area);
}

Test(widgets_textarea, it_is_bounded)
{
	char *text = malloc(TEXTAREA_MAX + 2);

	memset(text, 'a', TEXTAREA_MAX + 1);
	text[TEXTAREA_MAX + 1] = '\0';
	cr_assert_not(textarea_set(&area, text));
	text[TEXTAREA_MAX - 1] = '\0';
	cr_assert(textarea_set(&area, text));
	cr_assert_eq(textarea_key(&area, 'x', ""), TEXTAREA_MOVED);
	cr_assert(area.full);
	cr_assert_eq(textarea_key(&area, K_ENTER, ""), TEXTAREA_MOVED);
	cr_assert_eq(textarea_key(&area, K_PASTE, "x"), TEXTAREA_MOVED);
	cr_assert(area.full);
	cr_assert_eq(textarea_key(&area, K_DELETE, ""), TEXTAREA_CHANGED);
	cr_assert_not(area.full);
	check(text + 1);
	textarea_free(&area);
	free(text);
}

Test(widgets_textarea, goes_to_a_line)
{
	textarea_set(&area, "a\nb\nc");
	textarea_go(&area, 2);
	TYPE('x');
	check("a\nxb\nc");
	textarea_go(&area, 99);
	TYPE('y');
	textarea_go(&area, 0);
	TYPE('z');
	check("za\nxb\nyc");
	textarea_free(&area);
}
