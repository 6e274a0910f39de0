/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without root: the guests that run, by their summaries and cgroups, and nothing that changes them. The same for a list,
 * for figures, and for the screens.
 */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NOBODY "setpriv --reuid 65534 --regid 65534 --clear-groups"

static const char *program;

static void begin(void)
{
	place_begin();
	program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	if (sh("sh -c 'command -v setpriv'") != 0) {
		place_end();
		cr_skip_test("no setpriv here");
	}
	cr_assert_eq(chmod(place_directory, 0711), 0);
	guest_busybox("web", "");
	guest_busybox("idle", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	if (sh(NOBODY " %s version", program) != 0 && sh(NOBODY " %s --version", program) != 0) {
		place_end();
		cr_skip_test("%s cannot be run by others than root", program);
	}
}

TestSuite(reader, .init = begin, .fini = place_end, .timeout = 240);

Test(reader, lists_what_runs)
{
	cr_assert_eq(sh(NOBODY " %s list --json", program), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "\"web\""), "%s", got.output);
	cr_expect_null(strstr(got.output, "\"idle\""), "one that does not run: %s", got.output);
	cr_expect_not_null(strstr(got.output, "\"state\": \"running\""), "%s", got.output);
	cr_expect_null(strstr(got.output, "\"uptime_seconds\": null"), "%s", got.output);
	cr_assert_eq(au("freeze web"), 0, "%s", got.errors);
	cr_assert_eq(sh(NOBODY " %s list --json", program), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "\"state\": \"frozen\""), "%s", got.output);
	cr_assert_eq(au("thaw web"), 0, "%s", got.errors);
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
	cr_assert_eq(sh(NOBODY " %s list", program), 0, "%s", got.errors);
	cr_expect_null(strstr(got.output, "web"), "%s", got.output);
}

Test(reader, has_figures)
{
	cr_assert_eq(sh(NOBODY " %s top --json --count 1 --interval 1", program), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "\"web\""), "%s", got.output);
	cr_expect_null(strstr(got.output, "\"cpu_percent\": null"), "%s", got.output);
}

Test(reader, changes_nothing)
{
	static const char *const acts[] = {"stop", "kill", "restart", "freeze"};

	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		cr_expect_neq(sh(NOBODY " %s %s web", program, acts[i]), 0, "%s", acts[i]);
		cr_expect(strlen(got.errors) > 0);
	}
	cr_expect_str_eq(guest_state("web"), "running");
}

Test(reader, sees_the_screens_and_why_keys_are_grey)
{
	terminal_run(24, 80, (const char *const[]){"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, NULL});
	terminal_see("read only");
	terminal_type_until("x", "you are not root");
	terminal_close("Q");
	cr_expect_str_eq(guest_state("web"), "running");
}
