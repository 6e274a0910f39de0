/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix where the supervisor is concerned: F1 killed, F13 its run directory wiped, F16 a stale socket, F17 a
 * stale lock, F19 stopped. (F18 has a file of its own.)
 */
#include "guest/lock.h"
#include "host/process.h"
#include "matrix.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t former;

static bool has_another(const void *name)
{
	struct pair pair = pair_of(name);

	return pair.supervisor > 0 && pair.supervisor != former && pair.keeper > 0;
}

static bool console_says(const void *text)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	struct auberge_console *console = auberge_console_open(auberge, "web", 0, true, &error);
	char all[65536] = "";
	size_t length = 0;
	uint64_t missed;
	ssize_t count;

	cr_assert_not_null(console, "%s", error.text);
	while ((count = auberge_console_read(console, all + length, sizeof all - 1 - length, &missed, &error)) > 0)
		length += (size_t)count;
	all[length] = '\0';
	auberge_console_close(console);
	auberge_close(auberge);
	return strstr(all, text) != NULL;
}

/* What is written into it by the guest comes out. */
static void expect_console(const char *word)
{
	cr_expect_eq(au("exec web -- sh -c 'echo said $((20+3)) %s >/dev/console'", word), 0, "%s", got.errors);
	char text[64];
	snprintf(text, sizeof text, "said 23 %s", word);
	wait_until(console_says, text, 5, "what was written to show on the console");
}

/* Two starts at once find it running, whoever looks after it. */
static void expect_no_second(const char *name)
{
	pid_t init = guest_look(name).init_pid, starters[2];

	for (int i = 0; i < 2; i++) {
		starters[i] = fork();
		if (starters[i] == 0)
			_exit(au("start %s", name));
	}
	for (int i = 0; i < 2; i++) {
		int status = 0;

		waitpid(starters[i], &status, 0);
		cr_expect_eq(WEXITSTATUS(status), 4, "a start while it runs: %d", WEXITSTATUS(status));
	}
	cr_expect_eq(guest_look(name).init_pid, init);
	cr_expect(guest_look(name).running);
}

Test(matrix, f1_supervisor_killed)
{
	double limit = run_patience(2), begun;

	guest_script("web", matrix_beats, NULL);
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
		former = pair_of("web").supervisor;
		begun = matrix_now();
		kill(former, SIGKILL);
		wait_until(has_another, "web", 5, "another supervisor");
		cr_expect_lt(matrix_now() - begun, limit, "adopted after %.2f s", matrix_now() - begun);
		cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
		expect_console("after one was killed");
		expect_no_second("web");
		pair_kill("web"); /* seen as lost within 1 s */
		cr_expect_eq(au("exec web -- echo inside"), 0, "%s", got.errors);
		pair_kill("web");
		expect_no_second("web"); /* and takes it over */
		cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
		expect_console("after both were killed");
		matrix_check_beats("web", 1.5);
		pair_kill("web");
		cr_assert_eq(au("%s web", round % 2 ? "stop" : "kill"), 0, "%s", got.errors);
		cr_expect_str_eq(guest_look("web").last_end.cause, round % 2 ? "stopped" : "killed");
		unlink(guest_file("web", "beats"));
	}
	expect_nothing_left();
}

/* --- F13 ------------------------------------------------------------------------------------------------------- */

static void expect_untold(pid_t init)
{
	struct auberge_guest guest = guest_look("web");

	cr_expect_eq(guest.state, AUBERGE_RUNNING, "%s", auberge_state_word(guest.state));
	cr_expect(guest.running);
	cr_expect_eq(guest.supervision, AUBERGE_SUPERVISION_LOST);
	cr_expect_eq(au("start web"), 4, "%s%s", got.output, got.errors);
	cr_expect(strstr(got.errors, "runs already") && strstr(got.errors, "deleted") && strstr(got.errors, "auberge kill web"), "%s",
	          got.errors);
	cr_expect_neq(process_start_time(init), 0, "the refused start ended it");
	cr_expect_eq(au("stop web --timeout 2s"), 1, "%s", got.errors);
	cr_expect(strstr(got.errors, "deleted") && strstr(got.errors, "auberge kill web"), "%s", got.errors);
	cr_expect_eq(au("destroy web --yes"), 4, "%s", got.errors);
	cr_expect_eq(au("audit"), 7, "%s%s", got.output, got.errors);
	cr_expect(strstr(got.output, "its ledger was deleted") && strstr(got.output, "auberge kill web"), "%s", got.output);
	cr_expect_eq(au("audit --reclaim"), 7, "%s%s", got.output, got.errors);
	cr_expect_eq(access("/sys/class/net/" MATRIX_LINK, F_OK), 0, "the audit took a running guest's link");
	cr_expect_neq(process_start_time(init), 0, "what was only looked at has ended");
	cr_expect_eq(guest_look("web").state, AUBERGE_RUNNING);
}

Test(matrix, f13_run_directory_wiped_while_running)
{
	static const char *const wipes[] = {"rm -rf %s/state/.run/web", "rm -f %s/state/.run/web/ledger", "rm -rf %s/state/.run"};

	matrix_bridge();
	guest_script("web", matrix_beats, "--set 'net eth0.bridge=" MATRIX_BRIDGE "' --set 'net eth0.host_name=" MATRIX_LINK "'");
	for (int round = 0; round < matrix_rounds(6, 24); round++) {
		pid_t init;

		cr_assert_eq(au("start web"), 0, "round %d: %s", round, got.errors);
		matrix_wait_up("web");
		init = guest_look("web").init_pid;
		if (round % 2 == 0)
			pair_kill("web");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		cr_assert_eq(sh(wipes[round / 2 % 3], place_directory), 0);
#pragma GCC diagnostic pop
		if (round / 2 % 3 != 1) /* else its socket is there, and a living supervisor says what it must */
			expect_untold(init);
		cr_assert_eq(au("kill web"), 0, "round %d: %s", round, got.errors);
		cr_expect_eq(process_start_time(init), 0, "it lives on");
		cr_expect_str_eq(guest_look("web").last_end.cause, "killed");
		cr_expect_neq(access("/sys/class/net/" MATRIX_LINK, F_OK), 0);
	}
	expect_nothing_left();
}

/* --- F16, F17 -------------------------------------------------------------------------------------------------- */

Test(matrix, f16_stale_control_socket)
{
	guest_script("web", matrix_quick, NULL);
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		mkdir(matrix_path("state/.run"), 0755);
		mkdir(matrix_path("state/.run/web"), 0711);
		snprintf(address.sun_path, sizeof address.sun_path, "%s", matrix_path("state/.run/web/control"));
		cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
		cr_assert_eq(listen(fd, 1), 0);
		close(fd);
		cr_expect_eq(au("list"), 0);
		cr_expect_str_eq(guest_state("web"), "stopped");
		cr_expect_eq(au("stop web"), 4, "%s", got.errors);
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		/* and one that a killed supervisor has left */
		pid_t init = guest_look("web").init_pid;
		pair_kill("web");
		kill(init, SIGKILL);
		wait_state("web", "stopped", 10);
		cr_expect_eq(access(matrix_path("state/.run/web/control"), F_OK), 0);
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	}
	expect_nothing_left();
}

static pid_t hold_locks(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct auberge *auberge = place_open();
		int fd = lock_open(auberge, name);

		if (fd < 0 || lock_try(fd, LOCK_SUPERVISOR) < 0 || lock_try(fd, LOCK_LIFECYCLE) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

Test(matrix, f17_stale_lock)
{
	guest_script("web", matrix_quick, NULL);
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		pid_t holder = hold_locks("web");

		cr_expect_eq(au("start web"), 4, "%s", got.errors);
		cr_expect(strstr(got.errors, "already starting") != NULL, "%s", got.errors);
		cr_expect_eq(au("destroy web --yes"), 4, "%s", got.errors);
		kill(holder, SIGKILL);
		waitpid(holder, NULL, 0);
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		cr_expect_neq(sh("sh -c 'find %s/state -name \"*.pid\" | grep .'", place_directory), 0, "%s", got.output);
		cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	}
	expect_nothing_left();
}

/* --- F19 ------------------------------------------------------------------------------------------------------- */

static bool has_ended(const void *data)
{
	return waitpid(*(const pid_t *)data, NULL, WNOHANG | WNOWAIT) != 0;
}

static void expect_not_answering(const char *line)
{
	int status = au_input("", "%s", line);

	cr_expect_neq(status, 0, "%s", line);
	cr_expect(strstr(got.errors, "not answering") != NULL, "%s: %s", line, got.errors);
	cr_expect_lt(got.seconds, run_patience(5), "%s took %.1f s", line, got.seconds);
}

Test(matrix, f19_supervisor_stopped)
{
	struct pair pair;
	pid_t left;

	matrix_start("web", matrix_quick, NULL);
	matrix_start("other", matrix_quick, NULL);
	wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
	pair = pair_of("web");
	for (int round = matrix_rounds(1, 20); round > 0; round--) {
		cr_assert_eq(kill(pair.supervisor, SIGSTOP), 0);
		cr_expect_eq(au("list"), 0);
		cr_expect_lt(got.seconds, run_patience(1), "list took %.2f s", got.seconds);
		expect_not_answering("stop web");
		expect_not_answering("kill web");
		expect_not_answering("freeze web");
		expect_not_answering("console web");
		cr_expect_eq(au("show web"), 0, "%s", got.errors);
		cr_expect(strstr(got.output, "not_answering") || strstr(got.output, "not answering"), "%s", got.output);
		cr_expect_lt(got.seconds, run_patience(5));
		cr_expect_eq(au("exec web -- true"), 0, "exec needs no supervisor: %s", got.errors);
		cr_expect_eq(au("freeze other"), 0, "%s", got.errors);
		cr_expect_eq(au("thaw other"), 0, "%s", got.errors);
		left = au_background(matrix_path("left"), "stop web --timeout 60s");
		pause_ms(100);
		kill(left, SIGINT);
		wait_until(has_ended, &left, 3, "a stop that was left by Ctrl-C to end");
		waitpid(left, NULL, 0);
		cr_assert_eq(kill(pair.supervisor, SIGCONT), 0);
		cr_expect_eq(au("exec web -- true"), 0);
	}
	cr_expect_eq(au("restart other"), 0, "%s", got.errors);
	/* a keeper that is stopped holds up nothing at all */
	if (strcmp(guest_state("web"), "running") != 0)
		au("start web");
	pair = pair_of("web");
	cr_assert_eq(kill(pair.keeper, SIGSTOP), 0);
	cr_expect_eq(au("stop web other"), 0, "%s", got.errors);
	kill(pair.keeper, SIGCONT);
	expect_nothing_left();
}
