/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line as CLI.md has it: exit statuses and texts for bad input on every verb, and that --json is JSON.
 * Runs the built program ($AUBERGE_PROGRAM, else ./auberge) on a state directory of its own that is thrown away.
 * No guest is started here: what needs one is in the tests of that verb.
 */
#include "run.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 24
#define LIMIT_SECONDS 20

static char directory[64];
static struct run got;

static const char *program(void)
{
	const char *path = getenv("AUBERGE_PROGRAM");

	return path ? path : "./auberge";
}

/* Split at blanks; `state` puts --state-dir before the verb. */
static int run_words(const char *line, bool state, const char *input)
{
	const char *argv[WORDS_MAX] = {program()};
	char words[512];
	size_t count = 1;

	if (state) {
		argv[count++] = "--state-dir";
		argv[count++] = directory;
	}
	snprintf(words, sizeof words, "%s", line);
	for (char *word = strtok(words, " "); word && count < WORDS_MAX - 1; word = strtok(NULL, " "))
		argv[count++] = word;
	run_free(&got);
	cr_assert_eq(run_program(&got, argv, input, LIMIT_SECONDS), 0);
	cr_assert_not(got.timed_out, "auberge %s: timed out", line);
	return got.status;
}

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/auberge-cli-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	if (access(program(), X_OK) != 0)
		cr_skip_test("there is no program to run: set AUBERGE_PROGRAM");
}

static void end(void)
{
	struct run removed;
	const char *const argv[] = {"rm", "-rf", "--one-file-system", directory, NULL};

	run_free(&got);
	if (strncmp(directory, "/tmp/auberge-cli-", 17) == 0 && run_program(&removed, argv, NULL, 60) == 0)
		run_free(&removed);
}

TestSuite(cli, .init = begin, .fini = end);

struct expectation {
	const char *line;
	int status;
	const char *text; /* somewhere on stderr, NULL: nothing there */
};

static void check(const struct expectation *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = run_words(expected[i].line, true, NULL);

		cr_expect_eq(status, expected[i].status, "auberge %s: status %d, wanted %d: %s", expected[i].line, status,
		             expected[i].status, got.errors);
		if (expected[i].text)
			cr_expect(strstr(got.errors, expected[i].text) != NULL, "auberge %s: no \"%s\" in: %s", expected[i].line,
			          expected[i].text, got.errors);
		else
			cr_expect_str_empty(got.errors, "auberge %s", expected[i].line);
		if (status != 0 && expected[i].text)
			cr_expect(strncmp(got.errors, "auberge: ", 9) == 0, "auberge %s: %s", expected[i].line, got.errors);
	}
}
#define CHECK(...) \
	do { \
		const struct expectation list[] = {__VA_ARGS__}; \
		check(list, sizeof list / sizeof list[0]); \
	} while (0)

static const char *const verbs[] = {
	"list", "show", "create", "start", "stop", "restart", "freeze", "thaw", "kill", "console", "shell", "exec", "log",
	"events", "top", "ps", "config get", "config set", "config edit", "config check", "config history", "config revert", "destroy",
	"help",
};
#define VERBS (sizeof verbs / sizeof verbs[0])

Test(cli, every_verb_has_help_on_stdout)
{
	char line[64], usage[64];

	for (size_t i = 0; i < VERBS; i++) {
		snprintf(usage, sizeof usage, "usage: auberge %s", verbs[i]);
		snprintf(line, sizeof line, "%s --help", verbs[i]);
		cr_expect_eq(run_words(line, true, NULL), 0, "%s", line);
		cr_expect(strncmp(got.output, usage, strlen(usage)) == 0, "%s: %s", line, got.output);
		cr_expect_str_empty(got.errors);
		char *by_option = strdup(got.output);
		snprintf(line, sizeof line, "help %s", verbs[i]);
		cr_expect_eq(run_words(line, false, NULL), 0, "%s", line);
		cr_expect_str_eq(got.output, by_option);
		free(by_option);
	}
}

Test(cli, every_verb_refuses_an_unknown_option)
{
	char line[64];

	for (size_t i = 0; i < VERBS; i++) {
		snprintf(line, sizeof line, "%s --no-such-option", verbs[i]);
		cr_expect_eq(run_words(line, true, NULL), 2, "%s", line);
		cr_expect(strstr(got.errors, "--no-such-option: no such option") != NULL, "%s: %s", line, got.errors);
		cr_expect_str_empty(got.output);
	}
}

Test(cli, common_options_and_version)
{
	cr_expect_eq(run_words("--version", false, NULL), 0);
	cr_expect(strncmp(got.output, "auberge 0.1 (protocol 1, ledger 1)\n", 35) == 0, "%s", got.output);
	cr_expect_eq(run_words("--help", false, NULL), 0);
	cr_expect(strstr(got.output, "--state-dir DIR") != NULL);
	CHECK({"--bogus", 2, "--bogus: no such option"}, {"--run-dir", 2, "--run-dir: wants a value"},
	      {"list --state-dir /x", 2, "it goes before the verb"}, {"", 2, "the screens want a terminal"});
}

Test(cli, foreign_verbs_name_the_right_one)
{
	CHECK({"attach web3", 2, "auberge shell"}, {"attach", 2, "auberge console"}, {"ls", 2, "`auberge list`"},
	      {"status x", 2, "auberge show"}, {"info", 2, "auberge show"}, {"inspect", 2, "auberge show"},
	      {"logs x", 2, "auberge log"}, {"pause x", 2, "auberge freeze"}, {"suspend x", 2, "auberge freeze"},
	      {"resume x", 2, "auberge thaw"}, {"unpause x", 2, "auberge thaw"}, {"rm x", 2, "auberge destroy"},
	      {"undefine x", 2, "auberge destroy"}, {"reboot x", 2, "auberge restart"}, {"edit x", 2, "config edit"},
	      {"shutdown x", 2, "auberge stop"}, {"strat x", 2, "did you mean `auberge start`?"},
	      {"xyzzy", 2, "xyzzy: no such verb"}, {"destro x", 2, "no such verb"}, {"config", 2, "config check"},
	      {"config nosuch x", 2, "config nosuch: no such verb"}, {"help nosuch", 2, "nosuch: no such verb"});
}

Test(cli, missing_and_surplus_words)
{
	CHECK({"show", 2, "a guest's name is missing"}, {"show a b", 2, "one word too many"}, {"create", 2, "missing"},
	      {"start", 2, "missing"}, {"stop", 2, "missing"}, {"restart", 2, "missing"}, {"freeze", 2, "missing"},
	      {"thaw", 2, "missing"}, {"kill", 2, "missing"}, {"console", 2, "missing"}, {"console a b", 2, "too many"},
	      {"shell", 2, "missing"}, {"exec", 2, "missing"}, {"exec a", 2, "a command is missing"},
	      {"exec a ls", 2, "one word too many"}, {"exec a --", 2, "a command is missing"}, {"log", 2, "missing"},
	      {"ps", 2, "missing"}, {"top x", 2, "too many"}, {"config check", 2, "missing"}, {"config get", 2, "a guest's name is missing"},
	      {"config get a b c", 2, "too many"}, {"config set a", 2, "a word is missing"}, {"config edit a b", 2, "too many"},
	      {"config history", 2, "missing"}, {"config revert a 1 2", 2, "too many"}, {"destroy", 2, "missing"},
	      {"destroy a b", 2, "too many"}, {"start a --autostart", 2, "exclude"}, {"stop a --all", 2, "exclude"},
	      {"stop a --yes", 2, "--yes goes with --all"}, {"help --man nosuch", 2, "known: auberge"},
	      {"help --completion fish", 2, "known: bash"});
}

Test(cli, bad_names)
{
	static const char *const named[] = {"list", "show", "start", "stop", "restart", "freeze", "thaw", "kill", "console",
	                                    "shell", "log", "events", "ps", "config check", "config get", "config edit", "config history",
	                                    "config revert", "destroy", "create"};
	char line[256];

	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		snprintf(line, sizeof line, "%s ../etc", named[i]);
		cr_expect_eq(run_words(line, true, NULL), 2, "%s", line);
		cr_expect(strstr(got.errors, "not a guest's name") != NULL, "%s: %s", line, got.errors);
	}
	CHECK({"show .hidden", 2, "not a guest's name"}, {"show a\033[31mb", 2, "a^[[31mb"},
	      {"show aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg", 2, "not a guest's name"});
}

Test(cli, bad_values)
{
	CHECK({"stop a --timeout soon", 2, "not a duration"}, {"stop a --timeout", 2, "wants a value"},
	      {"restart a --timeout=x", 2, "not a duration"}, {"console a --tty x", 2, "not a whole number"},
	      {"console a --escape ab", 2, "not a key"}, {"log a --lines=-3", 2, "not a whole number"},
	      {"top --count 0", 2, "1 is the least"}, {"top --interval 0s", 2, "1 is the least"},
	      {"top --sort nosuch --count 1", 2, "nosuch"}, {"top --filter nosuch<1 --count 1", 2, "nosuch"},
	      {"list --filter nosuch:x", 2, "nosuch"}, {"list --json=yes", 2, "takes no value"},
	      {"create a --template none --kind lxc", 2, "known: container vm"}, {"create a", 2, "a template is missing"},
	      {"create a --template none --set memory", 2, "SECTION.KEY=VALUE"},
	      {"exec a --env X -- ls", 2, "NAME=VALUE"}, {"log a --json", 2, "no such option"});
}

Test(cli, unknown_guests)
{
	static const char *const lines[] = {
		"list nosuch", "show nosuch", "show nosuch --json", "start nosuch", "stop nosuch", "restart nosuch",
		"freeze nosuch", "thaw nosuch", "kill nosuch", "console nosuch", "shell nosuch", "exec nosuch -- true",
		"log nosuch", "events nosuch", "ps nosuch", "config check nosuch", "config get nosuch", "config set nosuch limits.pids=9",
		"config edit nosuch", "config history nosuch", "config revert nosuch", "destroy nosuch --yes",
		"destroy nosuch", "start nosuch nosuch2",
	};

	if (geteuid() != 0)
		cr_skip_test("wants root");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		cr_expect_eq(run_words(lines[i], true, NULL), 3, "%s: %d: %s", lines[i], got.status, got.errors);
		cr_expect(strstr(got.errors, "nosuch") != NULL, "%s: %s", lines[i], got.errors);
		cr_expect_str_empty(got.output, "%s", lines[i]);
	}
}

Test(cli, an_empty_set)
{
	CHECK({"list", 0, NULL}, {"events", 0, NULL}, {"start --autostart", 0, NULL}, {"stop --all --yes", 0, NULL},
	      {"stop --all", 0, NULL});
}

/* A guest that never runs: what can be asked of it, and what its state forbids. */
Test(cli, a_stopped_guest)
{
	if (geteuid() != 0)
		cr_skip_test("wants root");
	cr_assert_eq(run_words("create web3 --template none", true, NULL), 0, "%s", got.errors);
	cr_expect(strstr(got.output, "web3: created") != NULL);
	CHECK({"create web3 --template none", 4, "web3"}, {"create vm1 --template none --kind vm", 1, "not yet"},
	      {"freeze web3", 4, "web3"}, {"thaw web3", 4, "web3"}, {"console web3", 4, "web3"}, {"shell web3", 4, "web3"},
	      {"exec web3 -- true", 4, "web3"}, {"ps web3", 4, "web3"}, {"log web3", 0, NULL}, {"show web3", 0, NULL},
	      {"destroy web3", 2, "--yes"}, {"list web3 nosuch", 3, "nosuch"}, {"destroy web3 --yes", 0, NULL},
	      {"show web3", 3, "web3"});
}

static json_t *load(const char *line)
{
	json_error_t error;
	json_t *document;

	cr_assert_eq(run_words(line, true, NULL), 0, "%s: %s", line, got.errors);
	document = json_loads(got.output, 0, &error);
	cr_assert_not_null(document, "%s: line %d: %s: %s", line, error.line, error.text, got.output);
	return document;
}

static void check_names(json_t *object, const char *names)
{
	char words[1024];

	snprintf(words, sizeof words, "%s", names);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		cr_expect_not_null(json_object_get(object, word), "no %s", word);
}

#define LIST_NAMES \
	"name kind state running supervision init_pid uptime_seconds memory_bytes autostart privileged bridges addresses"

Test(cli, json_of_an_empty_set)
{
	json_t *document = load("list --json");

	cr_expect(json_is_array(document) && json_array_size(document) == 0);
	json_decref(document);
	document = load("events --json");
	cr_expect(json_is_array(document) && json_array_size(document) == 0);
	json_decref(document);
}

Test(cli, json_names_of_list_show_top)
{
	json_t *document, *host;

	if (geteuid() != 0)
		cr_skip_test("wants root");
	cr_assert_eq(run_words("create web3 --template none", true, NULL), 0, "%s", got.errors);
	document = load("list --json");
	check_names(json_array_get(document, 0), LIST_NAMES);
	cr_expect_str_eq(json_string_value(json_object_get(json_array_get(document, 0), "state")), "stopped");
	json_decref(document);
	document = load("show web3 --json");
	check_names(document, LIST_NAMES " supervisor_pid keeper_pid config cgroups namespaces links mounts id_range init "
	                      "last_end confinement");
	json_decref(document);
	document = load("top --json --count 1 --interval 1s");
	host = json_object_get(document, "host");
	cr_expect(json_is_object(host));
	check_names(json_array_get(json_object_get(document, "guests"), 0),
	            LIST_NAMES " cpu_percent cpu_throttled_percent memory_cache_bytes memory_limit_bytes "
	                       "memory_stall_percent cpu_stall_percent io_stall_percent read_bytes_per_second "
	                       "write_bytes_per_second receive_bytes_per_second transmit_bytes_per_second "
	                       "processes oom_kills flags");
	json_decref(document);
	cr_expect_eq(run_words("destroy web3 --yes", true, NULL), 0, "%s", got.errors);
}

Test(cli, top_prints_one_document_a_line)
{
	size_t lines = 0;

	cr_assert_eq(run_words("top --json --count 2 --interval 1s", true, NULL), 0, "%s", got.errors);
	for (char *line = strtok(got.output, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		json_t *document = json_loads(line, 0, NULL);

		cr_expect_not_null(document);
		json_decref(document);
	}
	cr_expect_eq(lines, 2);
}

static int run_shell(const char *script)
{
	char line[1024];

	snprintf(line, sizeof line, "A=%s; %s", program(), script);
	const char *const argv[] = {"sh", "-c", line, NULL};
	run_free(&got);
	cr_assert_eq(run_program(&got, argv, NULL, LIMIT_SECONDS), 0);
	cr_assert_not(got.timed_out);
	return got.status;
}

Test(cli, write_errors_are_noticed)
{
	cr_expect_eq(run_shell("$A --help >/dev/full"), 1);
	cr_expect(strstr(got.errors, "auberge: standard output: No space left on device") != NULL, "%s", got.errors);
	cr_expect_eq(run_shell("$A help --man auberge >&-"), 1);
	cr_expect(strstr(got.errors, "auberge: standard output: ") != NULL, "%s", got.errors);
	cr_expect_eq(run_shell("{ $A --help; echo $? >&2; } | :"), 0);
	cr_expect(strcmp(got.errors, "1\n") == 0 || strcmp(got.errors, "0\n") == 0, "a closed pipe is told: %s", got.errors);
}

/* The console's log with its predecessor: a line may begin in one and end in the other. */
Test(cli, log_is_cleaned_counted_and_followed_over_a_rotation)
{
	char script[700];

	if (geteuid() != 0)
		cr_skip_test("wants root");
	cr_assert_eq(run_words("create web3 --template none", true, NULL), 0, "%s", got.errors);
	snprintf(script, sizeof script,
	         "D=%s; mkdir -p $D/.log; L=$D/.log/web3.console; printf 'one\\ntwo \\033[31mred\\033[0m\\r\\nthr' >$L.1; "
	         "printf 'ee\\nfo\\033cur\\n' >$L; $A --state-dir $D log web3; $A --state-dir $D log web3 --lines 2; "
	         "$A --state-dir $D log web3 --lines 0",
	         directory);
	cr_expect_eq(run_shell(script), 0, "%s", got.errors);
	cr_expect_str_eq(got.output, "one\ntwo red\nthree\nfo^[cur\nthree\nfo^[cur\n");
	snprintf(script, sizeof script,
	         "D=%s; L=$D/.log/web3.console; timeout --preserve-status -s INT 3 $A --state-dir $D log web3 --lines 1 "
	         "--follow & sleep 1; echo five >>$L; mv $L $L.1; echo six >$L; sleep 0.5; echo seven >>$L; wait $!",
	         directory);
	cr_expect_eq(run_shell(script), 130, "%s", got.errors);
	cr_expect_str_eq(got.output, "fo^[cur\nfive\nsix\nseven\n");
	cr_expect_eq(run_words("destroy web3 --yes", true, NULL), 0, "%s", got.errors);
}

Test(cli, man_pages_and_completion_are_made)
{
	static const char *const pages[] = {"auberge", "auberge.1", "auberge-guest.ini", "auberge-guest.ini.5",
	                                    "auberge-supervisor.8", "auberge-build.8"};
	char line[64];

	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		snprintf(line, sizeof line, "help --man %s", pages[i]);
		cr_expect_eq(run_words(line, false, NULL), 0, "%s: %s", line, got.errors);
		cr_expect(strncmp(got.output, ".TH ", 4) == 0, "%s", line);
		for (const char *at = got.output; (at = strstr(at, "\n\n")); at++)
			cr_expect_fail("%s: an empty line", line);
	}
	cr_expect_eq(run_words("help --man auberge", false, NULL), 0);
	for (size_t i = 0; i < VERBS; i++) {
		snprintf(line, sizeof line, "\n.SS %s", verbs[i]);
		cr_expect(strstr(got.output, line) != NULL, "%s", line);
	}
	cr_expect_eq(run_shell("$A help --completion bash | bash -n"), 0, "%s", got.errors);
}
