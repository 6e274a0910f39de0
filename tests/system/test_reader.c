/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without root: the guests that run, by their summaries and cgroups, and nothing that changes them. The same for a list,
 * for figures, and for the screens.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* True once the word was in what is painted. */
static bool painted(int fd, const char *word, double seconds)
{
	static char text[1 << 16];
	size_t length = 0;

	for (int left = (int)(seconds * run_time_factor() * 50); left > 0; left--) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		ssize_t count = poll(&wait, 1, 20) > 0 ? read(fd, text + length, sizeof text - 1 - length) : 0;

		if (count < 0)
			return false;
		length += (size_t)count;
		text[length] = '\0';
		if (strstr(text, word))
			return true;
		if (length > sizeof text / 2)
			length = 0;
	}
	return false;
}

Test(reader, sees_the_screens_and_why_keys_are_grey)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	int fd, status = 0;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		execlp("setpriv", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, NULL);
		_exit(127);
	}
	cr_expect(painted(fd, "read only", 10), "the header does not say it");
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(write(fd, "x", 1), 1);
		if (painted(fd, "you are not root", 1))
			break;
		cr_assert_neq(i, 9, "the key does not say why");
	}
	cr_assert_eq(write(fd, "Q", 1), 1);
	painted(fd, "\001", 0.5);
	close(fd);
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %x", status);
	cr_expect_str_eq(guest_state("web"), "running");
}
