/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start, stop and all between, with real guests. */
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(lifecycle, .init = place_begin, .fini = place_end);

/* Ends at once on TERM. */
static const char quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";
/* Hears nothing. */
static const char deaf[] = "trap '' TERM\necho up\nwhile :; do sleep 1000; done\n";

static void wait_up(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	wait_file(path, "up", 10);
}

Test(lifecycle, a_guest_starts_is_listed_and_stops_leaving_nothing)
{
	struct auberge_guest guest;

	guest_busybox("web", NULL);
	cr_expect_str_eq(guest_state("web"), "stopped");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	guest = guest_look("web");
	cr_expect_eq(guest.state, AUBERGE_RUNNING);
	cr_expect(guest.running);
	cr_expect_gt(guest.init_pid, 0);
	cr_expect_eq(guest.supervision, AUBERGE_SUPERVISION_OK);
	cr_expect_lt(guest.uptime_seconds, 60);
	cr_expect_gt(guest.memory_bytes, 0);
	cr_assert_eq(au("start web"), 4);
	cr_expect(strstr(got.errors, "already running") != NULL, "%s", got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	guest = guest_look("web");
	cr_expect_eq(guest.state, AUBERGE_STOPPED);
	cr_expect_str_eq(guest.last_end.cause, "stopped");
	cr_expect_not(guest.last_end.bad);
	cr_expect_eq(au("stop web"), 4);
	expect_nothing_left();
}

Test(lifecycle, a_program_that_catches_term_is_stopped_by_it)
{
	guest_script("job", quick, NULL);
	cr_assert_eq(au("start job"), 0, "%s", got.errors);
	wait_up("job");
	cr_assert_eq(au("stop job"), 0, "%s", got.errors);
	cr_expect_eq(guest_look("job").last_end.status, 0);
	cr_assert_eq(au("start job"), 0);
	cr_assert_eq(au("restart job"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("job"), "running");
}

Test(lifecycle, at_the_time_limit_the_survivors_are_told_and_nothing_is_killed)
{
	guest_script("deaf", deaf, NULL);
	cr_assert_eq(au("start deaf"), 0, "%s", got.errors);
	wait_up("deaf");
	cr_expect_eq(au("stop deaf --timeout 1s"), 5, "%s", got.errors);
	cr_expect(strstr(got.errors, "sleep") || strstr(got.output, "sleep"), "%s%s", got.output, got.errors);
	cr_expect_str_eq(guest_state("deaf"), "stopping");
	cr_expect(guest_look("deaf").running);
	cr_expect_eq(au("kill deaf"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("deaf").last_end.cause, "killed");
	cr_assert_eq(au("start deaf"), 0, "%s", got.errors);
	wait_up("deaf");
	cr_expect_eq(au("stop deaf --timeout 1s --kill"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("deaf").last_end.cause, "killed");
	expect_nothing_left();
}

Test(lifecycle, a_stop_before_init_has_its_handler_is_sent_again)
{
	guest_script("late", "sleep 2\ntrap 'exit 0' TERM\nwhile :; do sleep 1 & wait $!; done\n", NULL);
	cr_assert_eq(au("start late"), 0, "%s", got.errors);
	cr_expect_eq(au("stop late --timeout 30s"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("late").last_end.cause, "stopped");
}

Test(lifecycle, poweroff_and_reboot_from_within_are_honoured)
{
	pid_t before;

	guest_busybox("own", NULL);
	cr_assert_eq(au("start own"), 0, "%s", got.errors);
	before = guest_look("own").init_pid;
	au("exec own -- /bin/busybox reboot -f");
	double end = 500 * run_time_factor();
	while ((guest_look("own").init_pid == before || strcmp(guest_state("own"), "running") != 0) && end-- > 0)
		pause_ms(20);
	cr_expect_neq(guest_look("own").init_pid, before);
	cr_expect_str_eq(guest_state("own"), "running");
	au("exec own -- /bin/busybox poweroff -f");
	wait_state("own", "stopped", 20);
	cr_expect_str_eq(guest_look("own").last_end.cause, "poweroff");
	expect_nothing_left();
}

Test(lifecycle, a_frozen_guest_is_thawed_to_be_stopped)
{
	guest_script("ice", quick, NULL);
	cr_assert_eq(au("start ice"), 0, "%s", got.errors);
	wait_up("ice");
	cr_assert_eq(au("freeze ice"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("ice"), "frozen");
	cr_expect_eq(au("exec ice -- true"), 4, "%s", got.errors);
	cr_assert_eq(au("thaw ice"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("ice"), "running");
	cr_assert_eq(au("freeze ice"), 0);
	cr_expect_eq(au("stop ice"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("ice").last_end.cause, "stopped");
}

Test(lifecycle, an_init_that_ends_badly_leaves_a_failed_guest_with_its_status)
{
	struct auberge_guest guest;

	guest_script("bad", "exit 3\n", NULL);
	cr_assert_eq(au("start bad"), 0, "%s", got.errors);
	wait_state("bad", "failed", 10);
	guest = guest_look("bad");
	cr_expect_str_eq(guest.last_end.cause, "exited");
	cr_expect_eq(guest.last_end.status, 3);
	guest_script("sig", "kill -KILL $$\nsleep 1\nexec /bin/busybox nosuch\n", NULL);
	cr_assert_eq(au("start sig"), 0, "%s", got.errors);
	wait_state("sig", "failed", 10);
	cr_expect_eq(au("list"), 0);
	cr_expect(strstr(got.output, "failed") || strstr(got.output, "FAILED"), "%s", got.output);
}

Test(lifecycle, of_two_starts_at_the_same_instant_one_wins)
{
	guest_script("twin", quick, NULL);
	for (int round = 0; round < 5; round++) {
		pid_t children[2];
		int wins = 0, losses = 0;

		for (int i = 0; i < 2; i++) {
			children[i] = fork();
			if (children[i] == 0)
				_exit(au("start twin"));
		}
		for (int i = 0; i < 2; i++) {
			int status;

			waitpid(children[i], &status, 0);
			wins += WIFEXITED(status) && WEXITSTATUS(status) == 0;
			losses += WIFEXITED(status) && WEXITSTATUS(status) == 4;
		}
		cr_expect_eq(wins, 1, "round %d: %d started it", round, wins);
		cr_expect_eq(losses, 1);
		cr_assert_eq(au("stop twin"), 0, "%s", got.errors);
	}
}

Test(lifecycle, a_stop_during_a_start_ends_stopped)
{
	guest_script("race", quick, NULL);
	for (int round = 0; round < 5; round++) {
		pid_t starter = fork();
		int status, tries = 200;

		if (starter == 0)
			_exit(au("start race"));
		while (au("stop race --timeout 30s") == 4 && tries-- > 0)
			pause_ms(1);
		waitpid(starter, &status, 0);
		cr_expect_str_eq(guest_state("race"), "stopped", "round %d: %s", round, got.errors);
		if (strcmp(guest_state("race"), "stopped") != 0)
			au("kill race");
	}
	expect_nothing_left();
}

Test(lifecycle, a_supervisor_that_is_stopped_holds_up_nobody_else)
{
	char path[256], text[256] = "";
	int fd, pid = 0;

	guest_script("a", quick, NULL);
	guest_script("b", quick, NULL);
	cr_assert_eq(au("start a b"), 0, "%s", got.errors);
	wait_up("b");
	snprintf(path, sizeof path, "%s/state/.run/a/ledger", place_directory);
	fd = open(path, O_RDONLY);
	cr_assert_gt(read(fd, text, sizeof text - 1), 0);
	close(fd);
	cr_assert_eq(sscanf(strstr(text, " supervisor "), " supervisor %d", &pid), 1);
	cr_assert_eq(kill(pid, SIGSTOP), 0);
	cr_expect_eq(au("list"), 0);
	cr_expect_lt(got.seconds, run_patience(1.0));
	cr_expect_eq(au("stop a"), 1);
	cr_expect(strstr(got.errors, "not answering") != NULL, "%s", got.errors);
	cr_expect_eq(au("stop b"), 0, "%s", got.errors);
	cr_assert_eq(kill(pid, SIGCONT), 0);
	cr_expect_eq(au("stop a"), 0, "%s", got.errors);
}

static void expect_detached(const char *ledger, const char *word)
{
	char path[256], link[256];
	int pid = 0;
	ssize_t length;

	cr_assert_eq(sscanf(strstr(ledger, word) + strlen(word), "%d", &pid), 1);
	cr_expect_neq(getsid(pid), getsid(0), "%s", word);
	snprintf(path, sizeof path, "/proc/%d/cwd", pid);
	length = readlink(path, link, sizeof link - 1);
	link[length > 0 ? length : 0] = '\0';
	cr_expect_str_eq(link, "/");
	snprintf(path, sizeof path, "/proc/%d/fd/0", pid);
	length = readlink(path, link, sizeof link - 1);
	link[length > 0 ? length : 0] = '\0';
	cr_expect_str_eq(link, "/dev/null");
	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	wait_file(path, "supervisor/det", 5);
}

Test(lifecycle, supervisor_and_keeper_have_nothing_of_their_callers)
{
	char path[256], text[512] = "";
	int fd;

	guest_script("det", quick, NULL);
	cr_assert_eq(au("start det"), 0, "%s", got.errors);
	snprintf(path, sizeof path, "%s/state/.run/det/ledger", place_directory);
	fd = open(path, O_RDONLY);
	cr_assert_gt(read(fd, text, sizeof text - 1), 0);
	close(fd);
	expect_detached(text, " supervisor ");
	expect_detached(text, " keeper ");
}
