/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec and shell: exit statuses, streams, users, and the confinement of what they run. */
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void begin(void)
{
	place_begin();
	guest_script("box", "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n", NULL);
	cr_assert_eq(au("start box"), 0, "%s", got.errors);
}

TestSuite(exec, .init = begin, .fini = place_end, .timeout = 300);

Test(exec, the_commands_own_status_is_given)
{
	cr_expect_eq(au("exec box -- true"), 0, "%s", got.errors);
	cr_expect_eq(au("exec box -- false"), 1);
	cr_expect_eq(au("exec box -- /bin/sh -c 'exit 42'"), 42);
	cr_expect_eq(au("exec box -- /bin/sh -c 'kill -TERM $$'"), 128 + 15);
	cr_expect_eq(au("exec box -- nosuchcommand"), 127);
	cr_expect(strstr(got.errors, "nosuchcommand") != NULL, "%s", got.errors);
	cr_expect_eq(au("exec box -- /etc/passwd"), 126, "%s", got.errors);
	cr_expect_eq(au("exec nosuch -- true"), 3);
	cr_expect_eq(au("exec box"), 2);
	cr_expect_eq(au("exec box --user nosuch -- true"), 125, "%s", got.errors);
	cr_expect_eq(au("exec box --cwd /nosuch -- true"), 125, "%s", got.errors);
}

Test(exec, output_errors_and_input_are_apart)
{
	cr_expect_eq(au("exec box -- /bin/sh -c 'echo out; echo err >&2'"), 0);
	cr_expect_str_eq(got.output, "out\n");
	cr_expect_str_eq(got.errors, "err\n");
	cr_expect_eq(au_input("some\nlines\n", "exec box -- cat"), 0, "%s", got.errors);
	cr_expect_str_eq(got.output, "some\nlines\n");
	cr_expect_eq(au("exec box -- tty"), 1);
}

Test(exec, user_directory_and_environment_are_as_asked)
{
	cr_expect_eq(au("exec box --user 1000:1001 -- id"), 0, "%s", got.errors);
	cr_expect(strstr(got.output, "uid=1000") && strstr(got.output, "gid=1001"), "%s", got.output);
	cr_expect_eq(au("exec box --cwd /etc -- pwd"), 0);
	cr_expect_str_eq(got.output, "/etc\n");
	cr_expect_eq(au("exec box --env COLOUR=blue -- /bin/sh -c 'echo $COLOUR'"), 0);
	cr_expect_str_eq(got.output, "blue\n");
	cr_expect_eq(au("exec box -- env"), 0);
	cr_expect(strstr(got.output, "AUBERGE_STATE_DIR") == NULL, "%s", got.output);
	for (size_t i = 0; i < 5; i++) {
		static const char *const forms[] = {"-1", "4294967295", "4294967296", "1:", ":1"};

		cr_expect_eq(au("exec box --user %s -- id", forms[i]), 125, "%s: %s%s", forms[i], got.output, got.errors);
	}
}

Test(exec, what_it_runs_is_as_confined_as_init)
{
	char ours[64] = "", text[128];

	cr_expect_eq(au("exec box -- grep CapBnd /proc/1/status"), 0);
	snprintf(text, sizeof text, "%s", got.output);
	cr_expect_eq(au("exec box -- grep CapBnd /proc/self/status"), 0);
	cr_expect_str_eq(got.output, text);
	for (size_t i = 0; i < 7; i++) {
		static const char *const names[] = {"user", "mnt", "pid", "net", "uts", "ipc", "cgroup"};

		cr_expect_eq(au("exec box -- /bin/sh -c 'readlink /proc/1/ns/%s; readlink /proc/self/ns/%s'", names[i], names[i]), 0);
		size_t half = strlen(got.output) / 2;
		cr_expect_eq(strncmp(got.output, got.output + half, half), 0, "%s: %s", names[i], got.output);
		snprintf(text, sizeof text, "/proc/self/ns/%s", names[i]);
		ssize_t length = readlink(text, ours, sizeof ours - 1);
		ours[length > 0 ? length : 0] = '\0';
		cr_expect(strstr(got.output, ours) == NULL, "%s is the host's", names[i]);
	}
	cr_expect_eq(au("exec box -- cat /proc/self/cgroup"), 0);
	cr_expect(strstr(got.output, "/../exec") != NULL, "%s", got.output);
}

Test(exec, a_stop_ends_what_was_begun_by_exec)
{
	pid_t child = fork();

	if (child == 0)
		_exit(au("exec box -- sleep 1000"));
	pause_ms((unsigned)(500 * run_time_factor()));
	cr_expect_eq(au("stop box --timeout 30s"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("box"), "stopped");
	expect_nothing_left();
}
