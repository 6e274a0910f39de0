/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix where two admins are at work: F26 both start a guest at the same instant, F27 acts that exclude each
 * other. Children are let go together by the end of a pipe.
 */
#include "matrix.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct admin {
	pid_t pid;
	int status;
	char said[2048];
};

static void child(const char *line, int gate, const char *output)
{
	char byte;
	int status, fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	while (read(gate, &byte, 1) > 0)
		;
	status = au_input("", "%s", line);
	dprintf(fd, "%s%s", got.output, got.errors);
	_exit(status);
}

/* Both lines begin at the same instant, the second later_us after that. */
static void together(const char *const lines[2], unsigned later_us, struct admin admins[2])
{
	int gates[2][2];

	for (int i = 0; i < 2; i++) {
		cr_assert_eq(pipe2(gates[i], O_CLOEXEC), 0);
		admins[i].pid = fork();
		if (admins[i].pid == 0) {
			for (int k = 0; k <= i; k++)
				close(gates[k][1]);
			child(lines[i], gates[i][0], matrix_path("admin%d", i));
		}
		close(gates[i][0]);
	}
	pause_ms(20); /* both wait now */
	close(gates[0][1]);
	if (later_us)
		usleep(later_us);
	close(gates[1][1]);
	for (int i = 0; i < 2; i++) {
		int status = 0, fd;
		ssize_t length;

		cr_assert_eq(waitpid(admins[i].pid, &status, 0), admins[i].pid);
		admins[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		fd = open(matrix_path("admin%d", i), O_RDONLY | O_CLOEXEC);
		length = fd < 0 ? 0 : read(fd, admins[i].said, sizeof admins[i].said - 1);
		admins[i].said[length > 0 ? length : 0] = '\0';
		close(fd);
	}
}

Test(matrix, f26_two_admins_start_one_guest)
{
	static const char *const lines[2] = {"start web", "start web"};
	struct admin admins[2];

	guest_script("web", matrix_quick, NULL);
	for (int round = matrix_rounds(5, 50); round > 0; round--) {
		together(lines, 0, admins);
		bool first = admins[0].status == 0;

		cr_expect_eq(admins[first ? 0 : 1].status, 0, "none started it: %s%s", admins[0].said, admins[1].said);
		cr_expect_eq(admins[first ? 1 : 0].status, 4, "the other: %d %s", admins[first ? 1 : 0].status, admins[first ? 1 : 0].said);
		cr_expect(strstr(admins[first ? 1 : 0].said, "already starting") || strstr(admins[first ? 1 : 0].said, "already running"),
		          "%s", admins[first ? 1 : 0].said);
		cr_expect_str_eq(guest_state("web"), "running");
		matrix_wait_up("web");
		cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	}
	expect_nothing_left();
}

/* --- F27 --------------------------------------------------------------------------------------------------------- */

static const struct contest {
	const char *lines[2];
	bool running; /* before */
	const char *allowed[2]; /* statuses */
} contests[] = {
	{{"start web", "destroy web --yes"}, false, {"0 1 3 4", "0 4"}},
	{{"destroy web --yes", "start web"}, false, {"0 4", "0 1 3 4"}},
	{{"destroy web --yes", "destroy web --yes"}, false, {"0 3 4", "0 3 4"}},
	{{"stop web", "console web"}, true, {"0", "0 1 4"}},
	{{"stop web", "exec web -- true"}, true, {"0", "0 1 4 125 126 137"}},
	{{"stop web", "stop web"}, true, {"0 4", "0 4"}},
	{{"stop web", "start web"}, true, {"0 4", "0 4"}},
	{{"kill web", "start web"}, true, {"0 4", "0 4"}},
	{{"stop web", "kill web"}, true, {"0 4", "0 4"}},
	{{"stop web", "destroy web --yes"}, true, {"0", "0 4"}},
	{{"restart web", "stop web"}, true, {"0 4", "0 4"}},
	{{"freeze web", "stop web"}, true, {"0 4", "0"}},
	{{"create web --template busybox", "create web --template busybox"}, false, {"0 4", "0 4"}},
};

static bool is_allowed(const char *allowed, int status)
{
	char text[8];
	size_t length = (size_t)snprintf(text, sizeof text, "%d", status);

	for (const char *at = allowed; (at = strstr(at, text)); at += length)
		if ((at == allowed || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static bool is_there(void)
{
	return access(matrix_path("state/web/guest.ini"), F_OK) == 0;
}

/* Whoever won, the guest is one of: not there, stopped, running; and what comes next works. */
static void settle(const struct contest *contest)
{
	if (is_there()) {
		const char *state = guest_state("web");

		if (strcmp(state, "running") != 0 && strcmp(state, "frozen") != 0) {
			cr_expect_str_eq(state, "stopped", "%s against %s: %s", contest->lines[0], contest->lines[1], state);
			cr_expect_eq(au("start web"), 0, "%s against %s: %s", contest->lines[0], contest->lines[1], got.errors);
		}
		cr_expect_eq(au("kill web"), 0, "%s against %s: %s", contest->lines[0], contest->lines[1], got.errors);
		cr_expect_eq(au("destroy web --yes"), 0, "%s against %s: %s", contest->lines[0], contest->lines[1], got.errors);
	}
	expect_nothing_left();
}

Test(matrix, f27_acts_that_exclude_each_other)
{
	static const unsigned later[] = {0, 1000, 5000, 20000, 50000};
	struct admin admins[2];

	for (int round = 0; round < matrix_rounds(3, 20); round++)
		for (size_t i = 0; i < sizeof contests / sizeof *contests; i++) {
			const struct contest *contest = &contests[i];

			if (strncmp(contest->lines[0], "create", 6) != 0)
				guest_script("web", matrix_quick, NULL);
			if (contest->running)
				cr_assert_eq(au("start web"), 0, "%s", got.errors);
			if (contest->running)
				matrix_wait_up("web");
			together(contest->lines, later[((size_t)round + i) % (sizeof later / sizeof *later)], admins);
			for (int k = 0; k < 2; k++)
				cr_expect(is_allowed(contest->allowed[k], admins[k].status), "%s against %s: %d: %s", contest->lines[k],
				          contest->lines[1 - k], admins[k].status, admins[k].said);
			cr_expect(admins[0].status == 0 || admins[1].status == 0, "%s against %s: none won: %s%s", contest->lines[0],
			          contest->lines[1], admins[0].said, admins[1].said);
			settle(contest);
		}
}

Test(matrix, f27_edit_against_edit)
{
	struct auberge_error error = {0};
	struct auberge *auberge;
	struct auberge_edit *edit;

	guest_busybox("web", NULL);
	auberge = place_open();
	edit = auberge_edit_open(auberge, "web", &error);
	cr_assert_not_null(edit, "%s", error.text);
	cr_assert_eq(auberge_edit_set(edit, "limits", "pids", "60", &error), 0, "%s", error.text);
	cr_assert_eq(au("config set web limits.pids=70"), 0, "%s", got.errors);
	cr_expect_lt(auberge_edit_save(edit, 0, NULL, NULL, &error), 0);
	cr_expect_eq(error.code, AUBERGE_WRONG_STATE, "%s", error.text);
	cr_assert_eq(au("config get web limits.pids"), 0, "%s", got.errors);
	cr_expect_str_eq(got.output, "70\n");
	auberge_edit_free(edit);
	auberge_close(auberge);
}
