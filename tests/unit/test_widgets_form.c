/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms: fields, focus, choices, pastes, help. */
#include "widgets/form.h"

#include "term/keys.h"

#include <criterion/criterion.h>
#include <string.h>

static struct form form;
static size_t from;

static const struct auberge_key *key_of(const char *section, const char *name)
{
	const struct auberge_key *key;

	for (size_t i = 0; (key = auberge_schema(i)); i++)
		if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0)
			return key;
	cr_assert_fail("no %s.%s", section, name);
	return NULL;
}

static void make(void)
{
	form_title(&form, "guest", "[guest]");
	form_add_key(&form, key_of("guest", "hostname"), "guest");
	form_add_key(&form, key_of("guest", "autostart"), "guest");
	form_add_key(&form, key_of("guest", "restart"), "guest");
	form_title(&form, "limits", "[limits]");
	form_add_key(&form, key_of("limits", "memory"), "limits");
}

static enum form_result press(uint32_t key)
{
	return form_key(&form, key, "", &from);
}

static const char *value(void)
{
	return line_text(&form_focused(&form)->value);
}

Test(widgets_form, the_focus_steps_over_titles)
{
	make();
	cr_assert_eq(form.cursor, 1);
	cr_assert_eq(press(K_UP), FORM_MOVED);
	cr_assert_eq(form.cursor, 1);
	cr_assert_eq(press(K_ENTER), FORM_LEFT);
	cr_assert_eq(from, 1);
	press(K_DOWN);
	press(K_TAB);
	cr_assert_eq(form.cursor, 5);
	cr_assert_eq(press(K_DOWN), FORM_MOVED);
	cr_assert_eq(press(K_TAB), FORM_LEFT, "Tab goes round");
	cr_assert_eq(form.cursor, 1);
	press(K_BACK_TAB);
	cr_assert_eq(form.cursor, 5);
	press(K_PAGE_UP);
	cr_assert_eq(form.cursor, 3, "a page of no rows is one field");
	form_free(&form);
}

Test(widgets_form, words_turn)
{
	make();
	press(K_DOWN);
	cr_assert_str_eq(value(), "");
	cr_assert_eq(press(' '), FORM_CHANGED);
	cr_assert_str_eq(value(), "yes", "the default is no: the next one is yes");
	press('n');
	cr_assert_str_eq(value(), "no");
	cr_assert_eq(press('n'), FORM_MOVED);
	press(K_BACKSPACE);
	cr_assert_str_eq(value(), "", "the default again");
	cr_assert_eq(press('x'), FORM_MOVED, "letters are nothing to a choice");
	press(K_DOWN);
	press(K_RIGHT);
	cr_assert_str_eq(value(), "on-failure");
	press(K_LEFT);
	press(K_LEFT);
	cr_assert_str_eq(value(), "always");
	cr_assert_eq(press(K_ENTER), FORM_OPENS);
	form_free(&form);
}

Test(widgets_form, a_paste_is_one_line)
{
	make();
	cr_assert_eq(form_key(&form, K_PASTE, "  web\r\n4\x1b\x07\tz \n", &from), FORM_CHANGED);
	cr_assert_str_eq(value(), "web 4 z");
	press(K_HOME);
	form_key(&form, K_PASTE, "\xc3\xbc", &from);
	cr_assert_str_eq(value(), "üweb 4 z");
	cr_assert_eq(form_key(&form, K_PASTE, "\n\t ", &from), FORM_MOVED);
	press(K_DOWN);
	cr_assert_eq(form_key(&form, K_PASTE, "yes", &from), FORM_IGNORED);
	cr_assert_str_eq(value(), "");
	form_free(&form);
}

Test(widgets_form, a_value_has_an_end)
{
	char long_text[FORM_VALUE_MAX + 100];

	make();
	memset(long_text, 'a', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	cr_assert_eq(form_key(&form, K_PASTE, long_text, &from), FORM_FULL);
	cr_assert_str_eq(value(), "", "whole or not at all");
	long_text[FORM_VALUE_MAX] = '\0';
	cr_assert_eq(form_key(&form, K_PASTE, long_text, &from), FORM_CHANGED);
	cr_assert_eq(strlen(value()), FORM_VALUE_MAX);
	cr_assert_eq(press('b'), FORM_MOVED);
	cr_assert_eq(form_key(&form, K_PASTE, "b", &from), FORM_FULL);
	cr_assert_eq(strlen(value()), FORM_VALUE_MAX);
	form_free(&form);
}

Test(widgets_form, problems_and_help)
{
	char help[512];
	struct form_field *field;

	make();
	cr_assert_not(form_focus_problem(&form));
	field = form_find(&form, "limits", "memory");
	strcpy(field->problem, "too small");
	cr_assert(form_focus_problem(&form));
	cr_assert_eq(form_focused(&form), field);
	cr_assert_eq(form_help(&form, help, sizeof help), ROLE_CRIT);
	cr_assert_str_eq(help, "too small");
	field->problem[0] = '\0';
	form_help(&form, help, sizeof help);
	cr_assert(strstr(help, "The most memory"));
	cr_assert(strstr(help, "1M..max bytes"));
	cr_assert(strstr(help, "(default max)"));
	cr_assert(strstr(help, "acts now"));
	cr_assert_null(form_find(&form, "limits", "nothing"));
	form_free(&form);
}
