/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "term/theme.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static const char *const shipped[] = {"default", "mono", "dark", "light", "high-contrast", "cvd"};

static bool read_shipped(const char *name)
{
	const char *source = getenv("AUBERGE_TEST_SOURCE");
	char path[4096], text[8192];
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, "%s/themes/%s.ini", source ? source : ".", name);
	file = fopen(path, "r");
	if (!file)
		return false;
	length = fread(text, 1, sizeof text - 1, file);
	text[length] = '\0';
	fclose(file);
	cr_assert_eq(theme_parse(&theme, path, text, message, sizeof message), 0, "%s", message);
	cr_assert_str_eq(theme.name, name);
	for (int role = 0; role < ROLES_COUNT; role++) { /* each role and each depth is written down */
		char line[64], *at;

		snprintf(line, sizeof line, "\n%s = ", theme_role_name((enum role)role));
		at = strstr(text, line);
		cr_assert_not_null(at, "%s: %s", path, line + 1);
		*strchr(at + 1, '\n') = '\0';
		cr_assert(strcmp(name, "mono") == 0 || strstr(at + 1, "mono:") || !strpbrk(at + strlen(line), "0123456789#"),
		          "%s: %s has no mono form", path, at + 1);
		at[strlen(at + 1) + 1] = '\n';
	}
	return true;
}

Test(term_theme, shipped_ones_can_be_read)
{
	for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
		double wanted = strcmp(shipped[i], "high-contrast") == 0 ? 7 : THEME_CONTRAST;

		if (!read_shipped(shipped[i]))
			cr_skip_test("the sources are not here");
		for (int depth = THEME_16; depth < THEME_DEPTHS; depth++)
			for (int role = 0; role < ROLES_COUNT; role++) {
				double found = theme_contrast(&theme, (enum theme_depth)depth, (enum role)role);

				cr_expect(found < 0 || found >= wanted, "%s, %s colours: %s has %.2f", shipped[i],
				          depth == THEME_16 ? "16" : "256", theme_role_name((enum role)role), found);
			}
		cr_expect(theme_check(&theme, THEME_256, message, sizeof message), "%s", message);
	}
}

Test(term_theme, contrast_is_as_published)
{
	theme_parse(&theme, "x.ini",
	            "[roles]\nok = #ffffff on #000000\nwarn = 243 on 16\ncrit = red\ninfo = 252\n", message, sizeof message);
	cr_assert_float_eq(theme_contrast(&theme, THEME_256, ROLE_OK), 21, 0.01);
	cr_assert_float_eq(theme_contrast(&theme, THEME_256, ROLE_WARN), 4.62, 0.01);
	cr_assert_lt(theme_contrast(&theme, THEME_256, ROLE_CRIT), 0, "the user's palette");
	cr_assert_lt(theme_contrast(&theme, THEME_256, ROLE_CURSOR), 0);
	cr_assert_lt(theme_contrast(&theme, THEME_256, ROLE_INFO), 2, "on white");
	cr_assert(!theme_check(&theme, THEME_256, message, sizeof message));
	cr_assert_str_eq(message, "theme default: info is hard to read, its contrast is 1.5 and should be 4.5");
	theme_parse(&theme, "x.ini", "[meta]\nbackground = dark\n[roles]\ninfo = 252\n", message, sizeof message);
	cr_assert_gt(theme_contrast(&theme, THEME_256, ROLE_INFO), 7);
	refused("[meta]\nbackground = blue\n", "x.ini:2: background: blue is none of any, dark, light");
}

/* As one without red cones, and one without green ones, sees it (Vienot, Brettel and Mollon, 1999). */
static void simulate(int32_t rgb, int kind, double out[3])
{
	static const double matrices[2][3][3] = {
		{{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
		{{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
	};
	double linear[3] = {pow((rgb >> 16 & 255) / 255.0, 2.2), pow((rgb >> 8 & 255) / 255.0, 2.2), pow((rgb & 255) / 255.0, 2.2)};

	for (int i = 0; i < 3; i++) {
		double value = 0;

		for (int k = 0; k < 3; k++)
			value += matrices[kind][i][k] * linear[k];
		out[i] = 255 * pow(value < 0 ? 0 : value > 1 ? 1 : value, 1 / 2.2);
	}
}

static int32_t seen_colour(enum role role)
{
	const struct theme_style *style = &theme.styles[THEME_256][role];

	return theme_rgb(style->background >= 0 ? style->background : style->foreground);
}

Test(term_theme, cvd_is_told_apart_without_red_or_green)
{
	static const enum role pairs[][2] = {
		{ROLE_OK, ROLE_WARN}, {ROLE_OK, ROLE_CRIT}, {ROLE_WARN, ROLE_CRIT}, {ROLE_GRAPH_LOW, ROLE_GRAPH_HIGH},
		{ROLE_DIFF_ADD, ROLE_DIFF_DEL},
	};

	if (!read_shipped("cvd"))
		cr_skip_test("the sources are not here");
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		for (int kind = 0; kind < 2; kind++) {
			double a[3], b[3];

			simulate(seen_colour(pairs[i][0]), kind, a);
			simulate(seen_colour(pairs[i][1]), kind, b);
			cr_expect_gt(hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]), 80, "%s and %s, kind %d",
			             theme_role_name(pairs[i][0]), theme_role_name(pairs[i][1]), kind);
		}
}

Test(term_theme, what_only_looks_like_a_colour)
{
	static const char *const wrong[] = {"#-00001", "#+00001", "#0x0001", "# 0000a", "+12", "256", "99999999999999999999"};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char text[64];

		snprintf(text, sizeof text, "[roles]\ncrit = %s\n", wrong[i]);
		cr_expect_lt(theme_parse(&theme, "FILE", text, message, sizeof message), 0, "%s", wrong[i]);
	}
}

Test(term_theme, a_file_that_cannot_be_read)
{
	char directory[] = "/tmp/theme-XXXXXX", path[64];
	FILE *file;

	cr_assert_not_null(mkdtemp(directory));
	setenv("AUBERGE_THEMES", directory, 1);
	snprintf(path, sizeof path, "%s/broken.ini", directory);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_expect_lt(theme_load(&theme, "broken", message, sizeof message), 0);
	cr_expect_not_null(strstr(message, "broken.ini: Is a directory"), "%s", message);
	rmdir(path);
	file = fopen(path, "w");
	for (int i = 0; i < 20000; i++)
		fputs("# so\n", file);
	fclose(file);
	cr_expect_lt(theme_load(&theme, "broken", message, sizeof message), 0);
	cr_expect_not_null(strstr(message, "broken.ini: File too large"), "%s", message);
	unlink(path);
	rmdir(directory);
	unsetenv("AUBERGE_THEMES");
}

Test(term_theme, names_are_sorted_and_once)
{
	char names[64][32];
	size_t count = theme_names(names, 64);

	cr_assert_geq(count, 2);
	for (size_t i = 1; i < count; i++)
		cr_assert_lt(strcmp(names[i - 1], names[i]), 0);
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
