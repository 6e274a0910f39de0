/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line against its own words: several names of which some are unknown, the help's own examples, completion
 * against the option tables, output that cannot be written, one who is not root.
 */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(cli_words, .init = place_begin, .fini = place_end, .timeout = 300);

static const char *program(void)
{
	const char *path = getenv("AUBERGE_PROGRAM");

	return path ? path : "./auberge";
}

/* A line for a shell, with $A for the program; its status. */
static int shell(const char *script)
{
	char line[3000];

	snprintf(line, sizeof line, "A=%s; %s", program(), script);
	const char *const argv[] = {"bash", "-c", line, NULL};
	run_free(&got);
	cr_assert_eq(run_program(&got, argv, NULL, 60), 0);
	cr_assert_not(got.timed_out, "%s", script);
	return got.status;
}

static bool has_started(const void *name)
{
	return au("events %s", (const char *)name) == 0 && strstr(got.output, " start ");
}

/* --- several names ------------------------------------------------------------------------------------------------- */

Test(cli_words, each_unknown_name_is_told_and_the_others_are_listed)
{
	json_t *document;

	guest_busybox("web", "");
	guest_busybox("db", "");
	cr_expect_eq(au("list nosuch web nosuch2 db"), 3);
	cr_expect_not_null(strstr(got.errors, "auberge: nosuch: no such guest\n"), "%s", got.errors);
	cr_expect_not_null(strstr(got.errors, "auberge: nosuch2: no such guest\n"), "%s", got.errors);
	cr_expect(strstr(got.output, "\nweb ") && strstr(got.output, "\ndb "), "%s", got.output);
	cr_expect_eq(au("list --json web nosuch"), 3);
	document = json_loads(got.output, 0, NULL);
	cr_expect_eq(json_array_size(document), 1);
	json_decref(document);
	cr_expect_eq(au("list nosuch --json"), 3);
	cr_expect_str_empty(got.output);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	wait_until(has_started, "web", 20, "the start is among the events");
	cr_expect_eq(au("events web nosuch"), 3);
	cr_expect_not_null(strstr(got.output, " web "), "%s", got.output);
	cr_expect_not_null(strstr(got.errors, "auberge: nosuch: no such guest\n"), "%s", got.errors);
	cr_expect_eq(au("events nosuch nosuch2"), 3);
	cr_expect_str_empty(got.output);
	cr_expect_not_null(strstr(got.errors, "nosuch2: no such guest\n"), "%s", got.errors);
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
}

Test(cli_words, a_refusal_says_what_and_why)
{
	guest_busybox("web", "");
	cr_expect_eq(au("console web"), 4);
	cr_expect_eq(strncmp(got.errors, "auberge: web: not running\n", 26), 0, "%s", got.errors);
	cr_expect_eq(au("freeze web"), 4);
	cr_expect_eq(strncmp(got.errors, "auberge: web: not running\n", 26), 0, "%s", got.errors);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_expect_eq(au("start web"), 4);
	cr_expect_eq(strncmp(got.errors, "auberge: web: it is already running\n", 36), 0, "%s", got.errors);
	cr_expect_eq(au("console web --tty 9"), 1);
	cr_expect_eq(strncmp(got.errors, "auberge: web: it has no tty 9, ", 31), 0, "%s", got.errors);
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
	cr_expect_eq(au("config set web 'limits.pids=1\n2'"), 2);
	cr_expect_null(strstr(got.errors, "auberge: 2"), "%s", got.errors);
}

/* --- help ---------------------------------------------------------------------------------------------------------- */

/* The example of --filter, as the help has it. */
Test(cli_words, the_helps_own_filter_is_taken)
{
	char *from, *end, filter[200], all[4096] = "";

	cr_assert_eq(au("list --help"), 0);
	for (char *word = strtok(got.output, " \n"); word && strlen(all) < 4000; word = strtok(NULL, " \n"))
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", word);
	from = strchr(all, '"');
	end = from ? strchr(from + 1, '"') : NULL;
	cr_assert(from && end, "%s", all);
	snprintf(filter, sizeof filter, "%.*s", (int)(end - from - 1), from + 1);
	cr_expect_eq(au("list --filter '%s'", filter), 0, "%s", got.errors);
}

/* Figures that the list itself does not show filter all the same, as on the screens and in top. */
Test(cli_words, list_filters_by_every_field_of_the_column_table)
{
	static const char *const passing[] = {"processes>0", "cpu<9000", "limit>1M", "oom<1", "throttled<101", "io<1T", "mem>0", "init>1",
	                                      "up<1h", "link:nosuch !x", "!why:oom", "!flags:oom", "memory_bytes>0"};

	guest_busybox("web", "--set limits.memory=256M");
	guest_busybox("db", "");
	cr_assert_eq(au("start web db"), 0, "%s", got.errors);
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		bool none = strstr(passing[i], "nosuch");

		cr_expect_eq(au("list web --filter '%s'", passing[i]), 0, "%s", got.errors);
		cr_expect_eq(strstr(got.output, "\nweb ") == NULL, none, "%s: %s", passing[i], got.output);
		cr_expect_null(strstr(got.output, "\ndb "), "%s: %s", passing[i], got.output);
	}
	cr_expect_eq(au("list --filter 'processes>0'"), 0);
	cr_expect(strstr(got.output, "\nweb ") && strstr(got.output, "\ndb "), "%s", got.output);
	cr_expect_eq(au("list --filter 'processes>5000'"), 0);
	cr_expect_str_empty(got.output);
	cr_expect_eq(au("list --json --filter 'processes>0'"), 0);
	cr_expect_null(strstr(got.output, "cpu_percent"), "%s", got.output);
	cr_assert_eq(au("kill web db"), 0, "%s", got.errors);
}

Test(cli_words, choices_pages_and_groups_are_in_the_help)
{
	char page[40];

	cr_assert_eq(au("create --help"), 0);
	cr_expect_not_null(strstr(got.output, "(container"), "%s", got.output);
	cr_expect_not_null(strstr(got.output, "--help, -h"), "%s", got.output);
	cr_assert_eq(au("help help"), 0);
	for (size_t i = 0; i < 6; i++) {
		static const char *const pages[] = {"auberge", "auberge-guest.ini", "auberge-supervisor", "auberge-build",
		                                    "auberge-keeper", "auberge-units"};

		snprintf(page, sizeof page, "%s", pages[i]);
		cr_expect_not_null(strstr(got.output, page), "%s in %s", page, got.output);
	}
	cr_expect_eq(au("config --help"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "config revert"), "%s", got.output);
	cr_expect_eq(au("config"), 2);
	cr_expect_eq(au("attach --help"), 2);
}

Test(cli_words, force_names_its_danger)
{
	static const char *const verbs[] = {"config set", "config edit", "config revert"};
	const char *at;

	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(au("help %s", verbs[i]), 0);
		cr_expect_not_null(strstr(got.output, "by killing"), "%s", got.output);
	}
	cr_assert_eq(au("help --man auberge"), 0);
	at = got.output;
	for (size_t i = 0; i < 3; i++) {
		at = strstr(at, "killing processes inside the guest");
		cr_assert_not_null(at, "the man page names it %zu times", i);
		at++;
	}
}

/* --- completion ---------------------------------------------------------------------------------------------------- */

static void expect_completed(const char *words, const char *wanted)
{
	char script[1500];

	snprintf(script, sizeof script,
	         "PATH=$(dirname $A):$PATH; eval \"$($A help --completion bash)\"; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); "
	         "_auberge; echo \"${COMPREPLY[*]}\"", words);
	cr_assert_eq(shell(script), 0, "%s", got.errors);
	got.output[strcspn(got.output, "\n")] = '\0';
	cr_expect_str_eq(got.output, wanted, "%s: %s, not %s", words, got.output, wanted);
}

Test(cli_words, completion_knows_what_the_parser_takes)
{
	guest_busybox("web", "");
	guest_busybox("db", "");
	expect_completed("auberge sh", "show shell");
	expect_completed("auberge --state-dir ''", "");
	expect_completed("auberge --state-dir \"$AUBERGE_STATE_DIR\" sho", "show");
	expect_completed("auberge --state-dir = \"$AUBERGE_STATE_DIR\" show w", "web");
	expect_completed("auberge -h sho", "show");
	expect_completed("auberge --version sho", "show");
	expect_completed("auberge stop ''", "db web");
	expect_completed("auberge stop --timeout ''", "");
	expect_completed("auberge start --wait ''", "ready");
	expect_completed("auberge create --kind ''", "container vm");
	expect_completed("auberge exec web -- ''", "");
	expect_completed("auberge config re", "revert");
	expect_completed("auberge config revert w", "web");
	expect_completed("auberge config revert web limits", "");
	expect_completed("auberge config set web limits.pi", "limits.pids");
}

/* --- output -------------------------------------------------------------------------------------------------------- */

Test(cli_words, what_cannot_be_written_is_no_success)
{
	guest_busybox("web", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_expect_eq(shell("$A exec web -- echo hi >/dev/full"), 125);
	cr_expect_str_eq(got.errors, "auberge: standard output: No space left on device\n");
	cr_expect_eq(shell("$A exec web -- sh -c 'echo hi; exit 3' >/dev/full"), 3);
	cr_expect_eq(shell("$A exec web -- sh -c 'echo hi >&2' 2>/dev/full"), 125);
	cr_expect_eq(shell("$A exec web -- sh -c 'while :; do echo hi; done' | head -1; exit ${PIPESTATUS[0]}"), 141);
	cr_expect_str_empty(got.errors);
	shell("$A exec web --tty -- echo hi >/dev/full </dev/null");
	cr_expect(got.status == 125 || got.status == 129, "%d: it ended by itself, or was told that its reader is gone", got.status);
	cr_expect_eq(shell("$A exec web -- echo hi; $A console web --read-only </dev/null >/dev/full"), 1);
	cr_expect_not_null(strstr(got.errors, "standard output: No space left on device\n"), "%s", got.errors);
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
}

/* --- questions ----------------------------------------------------------------------------------------------------- */

static int destroy_and_type(const char *keys)
{
	terminal_run(24, 120, (const char *const[]){program(), "destroy", "web", NULL});
	terminal_see("Type web to go on:");
	terminal_type(keys);
	return terminal_end();
}

Test(cli_words, destroy_wants_the_name_on_a_terminal)
{
	guest_busybox("web", "");
	cr_expect_eq(destroy_and_type("\r"), 1);
	cr_expect_eq(destroy_and_type("y\r"), 1);
	cr_expect_eq(destroy_and_type("WEB\r"), 1);
	cr_expect_eq(destroy_and_type("\004"), 1);
	cr_expect_eq(destroy_and_type("web\003"), 130);
	cr_expect_str_eq(guest_state("web"), "stopped");
	terminal_run(24, 120, (const char *const[]){program(), "destroy", "web", "--yes", NULL});
	terminal_see("web: destroyed");
	cr_expect_eq(terminal_end(), 0);
	guest_busybox("web", "");
	cr_expect_eq(destroy_and_type("web\r"), 0);
	cr_expect_eq(au("show web"), 3);
}

Test(cli_words, stop_all_wants_the_hosts_name_on_a_terminal)
{
	char host[65] = "", keys[80];

	guest_busybox("web", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	gethostname(host, sizeof host - 1);
	snprintf(keys, sizeof keys, "%s\r", host);
	terminal_run(24, 120, (const char *const[]){program(), "stop", "--all", NULL});
	terminal_see("to go on:");
	terminal_type("web\r");
	terminal_see("not confirmed, nothing done");
	cr_expect_eq(terminal_end(), 1);
	cr_expect_str_eq(guest_state("web"), "running");
	cr_expect_eq(au("stop --all"), 2);
	terminal_run(24, 120, (const char *const[]){program(), "stop", "--all", NULL});
	terminal_see("This stops all 1 running guests");
	terminal_type(keys);
	terminal_see("web: stopped");
	cr_expect_eq(terminal_end(), 0);
}

/* --- not root ------------------------------------------------------------------------------------------------------ */

Test(cli_words, not_root_is_told_by_status_6)
{
	static const char *const verbs[] = {"show web", "show nosuch", "show web --json", "list nosuch", "audit", "log web", "config get web",
	                                    "exec web -- true", "start web", "destroy web --yes"};
	char script[500];

	guest_busybox("web", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(chmod(place_directory, 0711), 0);
	if (shell("cp $A \"$AUBERGE_STATE_DIR/auberge\" && chmod 755 \"$AUBERGE_STATE_DIR/auberge\" && setpriv --reuid 65534 --regid 65534 "
	          "--clear-groups \"$AUBERGE_STATE_DIR/auberge\" list") != 0) {
		au("kill web");
		place_end();
		cr_skip_test("another user cannot run the program here");
	}
	cr_expect_not_null(strstr(got.output, "running"), "%s", got.output);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		snprintf(script, sizeof script, "setpriv --reuid 65534 --regid 65534 --clear-groups \"$AUBERGE_STATE_DIR/auberge\" %s", verbs[i]);
		cr_expect_eq(shell(script), 6, "%s: %d: %s", verbs[i], got.status, got.errors);
		cr_expect_not_null(strstr(got.errors, "sudo"), "%s: %s", verbs[i], got.errors);
		cr_expect_str_empty(got.output);
	}
	cr_expect_eq(shell("AUBERGE_STATE_DIR=/etc/passwd $A list"), 1);
	cr_expect_not_null(strstr(got.errors, "auberge: /etc/passwd: Not a directory\n"), "%s", got.errors);
	cr_expect_null(strstr(got.errors, "sudo"), "%s", got.errors);
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
}
