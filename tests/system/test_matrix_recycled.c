/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * F18 of the fault matrix: the pids in a ledger are given to others. In a pid namespace of the test's own, where
 * /proc/sys/kernel/ns_last_pid says which pid comes next, a guest and both who look after it are killed, their pids go to
 * victims, and every act is tried: none of them may be signalled.
 */
#include "matrix.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VICTIMS = 3 };

static const char *const acts[] = {"stop web --timeout 2s", "kill web", "start web", "audit --reclaim", "exec web -- true",
                                   "restart web", "thaw web", "list", "show web"};

/* A process with that pid that does nothing, or 0. Signals of whatever kind end it. */
static pid_t make_victim(pid_t wanted)
{
	for (int i = 0; i < 50; i++) {
		int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
		char text[16];
		int length = snprintf(text, sizeof text, "%d", (int)wanted - 1);
		ssize_t wrote = fd < 0 ? -1 : write(fd, text, (size_t)length);
		pid_t pid;

		close(fd);
		if (wrote != length)
			return 0;
		pid = fork();
		if (pid == 0)
			for (;;)
				pause();
		if (pid == wanted)
			return pid;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pause_ms(5); /* its former owner is not reaped yet, or another came first */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return 0;
}

/* What went wrong, or NULL. */
static const char *one_round(const char *act)
{
	static char text[256];
	pid_t former[VICTIMS], victims[VICTIMS] = {0};
	struct pair pair;
	const char *wrong = NULL;
	int status;

	if (strcmp(guest_state("web"), "running") != 0 && au("start web") != 0) {
		snprintf(text, sizeof text, "start: %.200s", got.errors);
		return text;
	}
	wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
	pair = pair_of("web");
	former[0] = guest_look("web").init_pid;
	former[1] = pair.supervisor;
	former[2] = pair.keeper;
	kill(pair.keeper, SIGSTOP);
	kill(pair.supervisor, SIGKILL);
	kill(pair.keeper, SIGKILL);
	kill(former[0], SIGKILL);
	for (int i = 0; i < VICTIMS && !wrong; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0) /* we are pid 1 here */
			;
		victims[i] = make_victim(former[i]);
		if (victims[i] == 0)
			wrong = "no process with that pid could be made";
	}
	if (!wrong)
		au("%s", act);
	for (int i = 0; i < VICTIMS; i++) {
		if (victims[i] <= 0)
			continue;
		if (waitpid(victims[i], &status, WNOHANG) != 0) {
			snprintf(text, sizeof text, "%s signalled who has the pid of %s now", act,
			         i == 0 ? "init" : i == 1 ? "the supervisor" : "the keeper");
			wrong = text;
		}
		kill(victims[i], SIGKILL);
		waitpid(victims[i], NULL, 0);
	}
	return wrong;
}

static void in_own_namespace(int report, int rounds)
{
	char text[300] = "";
	const char *wrong = NULL;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 || access("/proc/sys/kernel/ns_last_pid", W_OK) < 0) {
		snprintf(text, sizeof text, "skip: /proc of a pid namespace of our own: %s", strerror(errno));
	} else {
		for (int i = 0; i < rounds && !wrong; i++)
			wrong = one_round(acts[(size_t)i % (sizeof acts / sizeof *acts)]);
		au("kill web"); /* all processes of ours end with this namespace: in order, then */
		snprintf(text, sizeof text, "%s", wrong ? wrong : "well");
	}
	if (write(report, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

Test(matrix, f18_pid_recycled)
{
	char text[400] = "";
	int report[2], rounds = matrix_rounds((int)(sizeof acts / sizeof *acts), 1000);
	pid_t child;

	guest_script("web", matrix_quick, NULL);
	cr_assert_eq(pipe2(report, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		pid_t first;

		if (unshare(CLONE_NEWPID) < 0)
			_exit(1);
		first = fork();
		if (first == 0)
			in_own_namespace(report[1], rounds);
		waitpid(first, NULL, 0);
		_exit(0);
	}
	close(report[1]);
	cr_expect_gt(read(report[0], text, sizeof text - 1), 0, "it ended without a word");
	waitpid(child, NULL, 0);
	close(report[0]);
	if (strncmp(text, "skip: ", 6) == 0)
		cr_skip_test("%s", text + 6);
	cr_expect_str_eq(text, "well", "%s", text);
	au("start web"); /* the namespace took all along: what it left is reclaimed */
	cr_expect_eq(au("kill web"), 0, "%s", got.errors);
	expect_nothing_left();
}
