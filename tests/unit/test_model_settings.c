/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [screen]: what is read, what is said where it is wrong, and that writing leaves all else as it was. */
#include "model/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64], file[128], message[512];

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/auberge-settings-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof file, "%s/a.ini", directory);
}

static void end(void)
{
	char command[160];

	snprintf(command, sizeof command, "rm -r '%s'", directory);
	cr_assert_eq(system(command), 0);
}

TestSuite(model_settings, .init = begin, .fini = end);

static void put(const char *text)
{
	FILE *out = fopen(file, "w");

	fputs(text, out);
	fclose(out);
}

static void expect_text(const char *wanted)
{
	char text[2048];
	FILE *in = fopen(file, "r");

	cr_assert_not_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	cr_assert_str_eq(text, wanted);
}

Test(model_settings, what_is_read)
{
	struct settings settings;

	settings_init(&settings);
	cr_assert_eq(settings_read(&settings, file, message, sizeof message), 0, "none is no error");
	cr_assert_str_eq(settings.theme, "default");
	put("theme = no\n[console]\nescape = ^A\njunk\n[screen]\n # why\n theme=light \nrate = 5\nsort = -cpu\nascii = yes\n");
	cr_assert_eq(settings_read(&settings, file, message, sizeof message), 0, "%s", message);
	cr_assert_str_eq(settings.theme, "light");
	cr_assert_eq(settings.rate_seconds, 5);
	cr_assert_str_eq(settings.sort, "-cpu");
	cr_assert(settings.ascii);
}

Test(model_settings, errors_say_where_and_the_rest_is_taken)
{
	static const struct {
		const char *line, *wrong;
	} lines[] = {
		{"rate = 0s", "rate: not a time from 1s to 3600s"}, {"rate = 2m", "rate: not a time from 1s to 3600s"},
		{"sort = nothing", "sort: not a column to sort by"}, {"ascii = 1", "ascii: neither yes nor no"},
		{"theme = ../x", "theme: not the name of a theme"}, {"colour = x", "colour: not known in [screen]: theme, rate, sort, ascii"},
		{"junk\033", "junk^[: neither [SECTION] nor NAME = VALUE"},
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct settings settings;
		char text[256], wanted[256];

		settings_init(&settings);
		snprintf(text, sizeof text, "[screen]\n%s\ntheme = cvd\n", lines[i].line);
		put(text);
		cr_expect_eq(settings_read(&settings, file, message, sizeof message), -1);
		snprintf(wanted, sizeof wanted, "%s:2: %s", file, lines[i].wrong);
		cr_expect_str_eq(message, wanted);
		cr_expect_str_eq(settings.theme, "cvd");
	}
}

Test(model_settings, writing_keeps_the_rest)
{
	struct settings settings = {.theme = "dark", .sort = "name", .rate_seconds = 10};

	put("# mine\n[screen]\n# at night\ntheme = light\nown = kept\n\n[console]\nescape = ^A");
	cr_assert_eq(settings_write(&settings, file, message, sizeof message), 0, "%s", message);
	expect_text("# mine\n[screen]\n# at night\ntheme = dark\nown = kept\n\nrate = 10s\nsort = name\nascii = no\n"
	            "[console]\nescape = ^A\n");
	cr_assert_eq(settings_write(&settings, file, message, sizeof message), 0, "%s", message);
	put("[console]\nescape = ^A\n");
	cr_assert_eq(settings_write(&settings, file, message, sizeof message), 0, "%s", message);
	expect_text("[console]\nescape = ^A\n[screen]\ntheme = dark\nrate = 10s\nsort = name\nascii = no\n");
}

Test(model_settings, writing_makes_the_directories)
{
	struct settings settings, back;

	settings_init(&settings);
	settings.ascii = true;
	settings_init(&back);
	snprintf(file, sizeof file, "%s/one/two/a.ini", directory);
	cr_assert_eq(settings_write(&settings, file, message, sizeof message), 0, "%s", message);
	cr_assert_eq(settings_read(&back, file, message, sizeof message), 0);
	cr_assert_eq(memcmp(&settings, &back, sizeof back), 0);
	snprintf(file, sizeof file, "/proc/no/a.ini");
	cr_assert_eq(settings_write(&settings, file, message, sizeof message), -1);
	cr_assert(strstr(message, "cannot write /proc/no/a.ini: "), "%s", message);
}

/* What cannot be read is not taken for empty. */
Test(model_settings, a_file_that_cannot_be_read_is_not_written)
{
	struct settings settings = {0};

	cr_assert_lt(settings_read(&settings, directory, message, sizeof message), 0);
	cr_expect_not_null(strstr(message, "Is a directory"), "%s", message);
	cr_assert_lt(settings_write(&settings, directory, message, sizeof message), 0);
	cr_expect_not_null(strstr(message, "cannot write"), "%s", message);
	cr_expect_not_null(strstr(message, "Is a directory"), "%s", message);
}
