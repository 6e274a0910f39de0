/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs that need a running guest, by the command line alone: exec's pipes and statuses, what a frozen guest
 * refuses, piped consoles and shells, several names at once. One busybox guest in a state directory of its own.
 */
#include "run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_SECONDS 60

static char directory[64];
static struct run got;

/* A shell line in which $A is the program on our set; returns its status. */
static int sh(const char *script)
{
	const char *path = getenv("AUBERGE_PROGRAM");
	char line[2048];
	const char *const argv[] = {"sh", "-c", line, NULL};

	snprintf(line, sizeof line, "A='%s --state-dir %s'; %s", path ? path : "./auberge", directory, script);
	run_free(&got);
	cr_assert_eq(run_program(&got, argv, NULL, LIMIT_SECONDS), 0);
	cr_assert_not(got.timed_out, "%s: timed out: %s", script, got.errors);
	return got.status;
}

static void begin(void)
{
	const char *path = getenv("AUBERGE_PROGRAM");

	snprintf(directory, sizeof directory, "/tmp/auberge-live-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	if (geteuid() != 0)
		cr_skip_test("wants root");
	if (access(path ? path : "./auberge", X_OK) != 0)
		cr_skip_test("there is no program to run: set AUBERGE_PROGRAM");
	if (access("/bin/busybox", X_OK) != 0 && access("/usr/bin/busybox", X_OK) != 0)
		cr_skip_test("wants busybox");
	cr_assert_eq(sh("$A create cli-live --template busybox && $A start cli-live"), 0, "%s", got.errors);
}

static void end(void)
{
	char line[160];
	const char *const argv[] = {"sh", "-c", line, NULL};

	if (geteuid() == 0)
		sh("$A kill cli-live; $A destroy cli-live --yes");
	snprintf(line, sizeof line, "rm -rf --one-file-system '%s'", directory);
	run_free(&got);
	if (strncmp(directory, "/tmp/auberge-live-", 18) == 0)
		run_program(&got, argv, NULL, LIMIT_SECONDS);
	run_free(&got);
}

TestSuite(cli_live, .init = begin, .fini = end);

Test(cli_live, exec_gives_the_commands_status)
{
	cr_expect_eq(sh("$A exec cli-live -- sh -c 'exit 7'"), 7);
	cr_expect_eq(sh("$A exec cli-live -- sh -c 'kill -9 $$'"), 137);
	cr_expect_eq(sh("$A exec cli-live -- nosuch"), 127);
	cr_expect_eq(sh("$A exec cli-live -- /etc/passwd"), 126);
	cr_expect_eq(sh("$A exec cli-live --user nosuchuser -- true"), 125, "%d: %s", got.status, got.errors);
}

Test(cli_live, exec_keeps_the_streams_apart_and_whole)
{
	cr_expect_eq(sh("$A exec cli-live -- sh -c 'echo out; echo err >&2'"), 0);
	cr_expect_str_eq(got.output, "out\n");
	cr_expect_str_eq(got.errors, "err\n");
	cr_expect_eq(sh("F=$(mktemp); head -c 3000000 /dev/urandom >$F; "
	                "$A exec cli-live -- cat <$F | cmp - $F; S=$?; rm -f $F; exit $S"), 0, "%s", got.errors);
	cr_expect_eq(sh("$A exec cli-live -- yes | head -n 1"), 0);
	cr_expect_str_eq(got.output, "y\n");
	/* what the command leaves behind holds its pipes, and holds nobody up */
	cr_expect_eq(sh("$A exec cli-live -- sh -c 'sleep 30 & echo done'"), 0);
	cr_expect_str_eq(got.output, "done\n");
	cr_expect_lt(got.seconds, run_patience(20));
}

Test(cli_live, exec_ends_by_a_signal_and_takes_the_command_along)
{
	cr_expect_eq(sh("timeout --preserve-status -s INT 1 $A exec cli-live -- sleep 29"), 130, "%s", got.errors);
	cr_expect_eq(sh("$A ps cli-live"), 0);
	cr_expect(strstr(got.output, "sleep 29") == NULL, "%s", got.output);
}

Test(cli_live, a_frozen_guest_refuses_at_once)
{
	cr_expect_eq(sh("$A freeze cli-live"), 0, "%s", got.errors);
	cr_expect_str_eq(got.output, "cli-live: frozen\n");
	cr_expect_eq(sh("$A exec cli-live -- true"), 4);
	cr_expect_eq(sh("$A list"), 0);
	cr_expect(strstr(got.output, "frozen") != NULL);
	cr_expect_eq(sh("$A thaw cli-live && $A exec cli-live -- true"), 0, "%s", got.errors);
}

Test(cli_live, piped_shell_and_console)
{
	cr_expect_eq(sh("printf 'echo sh-$((1+1)); exit 4\\n' | $A shell cli-live"), 4, "%s", got.errors);
	cr_expect(strstr(got.output, "sh-2") != NULL, "%s", got.output);
	cr_expect_eq(sh("printf '\\necho con-$((1+1))\\n' | $A console cli-live"), 0, "%s", got.errors);
	cr_expect_eq(sh("$A console cli-live --read-only </dev/null"), 0, "%s", got.errors);
	cr_expect(strstr(got.output, "con-2") != NULL, "the replay lacks it: %s", got.output);
	cr_expect_eq(sh("$A console cli-live --tty 99 </dev/null"), 1, "%d: %s", got.status, got.errors);
}

Test(cli_live, several_names_a_line_each_and_the_highest_status)
{
	cr_expect_eq(sh("$A start cli-live"), 4);
	cr_expect(strstr(got.errors, "running") != NULL, "%s", got.errors);
	cr_expect_eq(sh("$A destroy cli-live --yes"), 4);
	cr_expect(strstr(got.errors, "auberge kill cli-live") != NULL, "%s", got.errors);
	cr_expect_eq(sh("$A stop nosuch cli-live cli-live --timeout 30s"), 3, "%s", got.errors);
	cr_expect_str_eq(got.output, "cli-live: stopped\n");
	cr_expect_eq(sh("$A stop cli-live"), 4);
	cr_expect_eq(sh("$A events cli-live"), 0);
	cr_expect(strstr(got.output, "stopped") != NULL, "%s", got.output);
}
