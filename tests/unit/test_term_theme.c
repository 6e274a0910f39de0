/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "term/theme.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct theme theme;
static char message[256];

static void refused(const char *text, const char *what)
{
	cr_assert_eq(theme_parse(&theme, "x.ini", text, message, sizeof message), -1, "%s", text);
	cr_assert_str_eq(message, what);
}

Test(term_theme, all_depths_of_one_line)
{
	const struct theme_style *style;

	cr_assert_eq(theme_parse(&theme, "x.ini",
	                         "[roles]\ncrit = #ffffff on #b35900 bold | 16: white on yellow bold | mono: reverse bold\n"
	                         "ok = 34\n", message, sizeof message), 0);
	style = &theme.styles[THEME_256][ROLE_CRIT];
	cr_assert_eq(style->foreground, 231);
	cr_assert_eq(style->attributes, THEME_BOLD);
	style = &theme.styles[THEME_16][ROLE_CRIT];
	cr_assert_eq(style->foreground, 7);
	cr_assert_eq(style->background, 3);
	style = &theme.styles[THEME_MONO][ROLE_CRIT];
	cr_assert_eq(style->foreground, -1);
	cr_assert_eq(style->attributes, THEME_REVERSE | THEME_BOLD);
	cr_assert_eq(theme.styles[THEME_16][ROLE_OK].foreground, 2, "derived: the nearest of 16");
	cr_assert_eq(theme.styles[THEME_256][ROLE_CURSOR].attributes, THEME_REVERSE, "the rest is default's");
}

Test(term_theme, errors_say_where)
{
	refused("[roles]\nok = green\ncrit = redd\n", "x.ini:3: crit: redd is neither a colour nor an attribute");
	refused("[roles]\nokay = green\n", "x.ini:2: okay: no such role");
	refused("[rules]\nok = green\n", "x.ini:2: [rules] ok: not known in a theme");
	refused("[roles]\nok = mono: bold\n", "x.ini:2: ok: no colour");
	refused("[roles]\nok = | mono: bold\n[roles\n", "x.ini:2: ok: no colour");
	refused("[roles]\njunk\n", "x.ini:2: neither [SECTION] nor NAME = VALUE");
	cr_assert_eq(theme_parse(&theme, "x.ini", "[meta]\ninherits = nosuchtheme\n", message, sizeof message), -1);
	cr_assert_not_null(strstr(message, "x.ini:2: inherits: theme nosuchtheme: there is no nosuchtheme.ini in "));
}

Test(term_theme, builtin_is_the_file)
{
	static const char *const names[] = {"default", "mono"};
	const char *source = getenv("AUBERGE_TEST_SOURCE");

	for (size_t i = 0; i < 2; i++) {
		char path[4096], text[8192];
		FILE *file;
		size_t length;

		snprintf(path, sizeof path, "%s/themes/%s.ini", source ? source : ".", names[i]);
		file = fopen(path, "r");
		if (!file)
			cr_skip_test("the sources are not here");
		length = fread(text, 1, sizeof text - 1, file);
		text[length] = '\0';
		fclose(file);
		cr_assert_str_eq(text, theme_builtin(names[i]), "%s", path);
		cr_assert_eq(theme_parse(&theme, path, text, message, sizeof message), 0, "%s", message);
	}
}

Test(term_theme, mono_has_no_colour)
{
	cr_assert_eq(theme_parse(&theme, "mono", theme_builtin("mono"), message, sizeof message), 0);
	for (int depth = 0; depth < THEME_DEPTHS; depth++)
		for (int role = 0; role < ROLES_COUNT; role++) {
			cr_assert_eq(theme.styles[depth][role].foreground, -1);
			cr_assert_eq(theme.styles[depth][role].background, -1);
		}
}
