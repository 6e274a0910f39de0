/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Supervisors and keepers killed: the guest and its consoles go on, its end is known, a stop under way is carried through,
 * and there is never a second copy.
 */
#include "pair.h"
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(keeper, .init = place_begin, .fini = place_end, .timeout = 900);

/* Counts on its console, ends with 7 on TERM. */
static const char counter[] = "trap 'exit 7' TERM\ni=0\nwhile :; do i=$((i+1)); echo \"beat $i.\"; usleep 20000; done\n";
static const char quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";
/* Takes its time to end. */
static const char slow[] = "trap 'sleep 0.3; exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";

static bool has_other_supervisor(const void *data)
{
	const struct pair *before = data;
	struct pair now = pair_of("web");

	return now.supervisor > 0 && now.supervisor != before->supervisor && now.keeper > 0;
}

static void start_up(const char *name, const char *script)
{
	char path[256];

	guest_script(name, script, NULL);
	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	wait_file(path, script == counter ? "beat 3." : "up", 10);
	wait_until(pair_is_whole, name, 10, "supervisor and keeper");
}

static int count_inits(void)
{
	sh("sh -c 'cat /sys/fs/cgroup/unified/auberge-*/guest-web/payload/cgroup.procs /sys/fs/cgroup/auberge-*/guest-web/payload/cgroup.procs "
	   "2>/dev/null | wc -l'");
	return atoi(got.output);
}

/* Every line of the counter once, in order: the number of the last. */
static int check_beats(const char *text, const char *what)
{
	int expected = 0, beat, gaps = 0;

	for (const char *at = strstr(text, "beat "); at; at = strstr(at + 1, "beat ")) {
		if (sscanf(at, "beat %d.", &beat) != 1)
			continue;
		if (expected && beat != expected)
			gaps++;
		expected = beat + 1;
	}
	cr_expect_eq(gaps, 0, "%s: %d gaps in %s", what, gaps, text);
	return expected - 1;
}

static size_t read_for(struct auberge_console *console, char *text, size_t length, size_t size, int milliseconds)
{
	for (int waited = 0; waited < milliseconds; waited += 10) {
		struct pollfd wait = {.fd = auberge_console_fd(console), .events = POLLIN};
		struct auberge_error error = {0};
		uint64_t missed = 0;
		ssize_t count;

		while ((count = auberge_console_read(console, text + length, size - length - 1, &missed, &error)) > 0)
			length += (size_t)count;
		cr_assert_geq(count, 0, "%s", error.text);
		cr_expect_eq(missed, 0);
		text[length] = '\0';
		poll(&wait, 1, 10);
	}
	return length;
}

Test(keeper, a_killed_supervisor_is_replaced_and_readers_go_on)
{
	static char text[1 << 20];
	struct auberge_error error = {0};
	struct auberge *auberge;
	struct auberge_console *console;
	size_t length = 0;
	int last = 0;

	start_up("web", counter);
	auberge = place_open();
	console = auberge_console_open(auberge, "web", 0, false, &error);
	cr_assert_not_null(console, "%s", error.text);
	for (int i = 0; i < 5; i++) {
		struct pair before = pair_of("web");
		char beat[32];

		length = read_for(console, text, length, sizeof text, (int)(200 * run_time_factor()));
		kill(before.supervisor, SIGKILL);
		length = read_for(console, text, length, sizeof text, (int)(200 * run_time_factor()));
		wait_until(has_other_supervisor, &before, 10, "another supervisor");
		snprintf(beat, sizeof beat, "beat %d.", last + 1);
		int now = check_beats(text, "after a kill");
		cr_expect_gt(now, last, "no output after kill %d", i);
		last = now;
		cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
	}
	auberge_console_close(console);
	auberge_close(auberge);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("web").last_end.cause, "stopped");
	cr_expect_eq(guest_look("web").last_end.status, 7, "the status comes by way of the keeper");
	expect_nothing_left();
}

/* Killed with output in its hands: each line is there once, for who reads along and in the log. */
Test(keeper, what_a_killed_supervisor_had_read_is_kept)
{
	static const char *const points[] = {"console-read:9", "console-ring:9", "console-log:9"};
	static char text[1 << 20];

#ifndef AUBERGE_FAULTS
	cr_skip_test("built without --enable-faults");
#endif
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		struct auberge_error error = {0};
		struct auberge *auberge;
		struct auberge_console *console;
		char name[16], path[256], log[16384] = "";
		size_t length;
		int fd;

		snprintf(name, sizeof name, "web%zu", i);
		guest_script(name, counter, NULL);
		setenv("AUBERGE_FAULT", points[i], 1);
		cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
		unsetenv("AUBERGE_FAULT");
		snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
		auberge = place_open();
		console = auberge_console_open(auberge, name, 0, false, &error);
		cr_assert_not_null(console, "%s", error.text);
		wait_file(path, "beat 20.", 20);
		length = read_for(console, text, 0, sizeof text, (int)(200 * run_time_factor()));
		auberge_console_close(console);
		auberge_close(auberge);
		cr_assert_gt(length, 0);
		cr_expect_gt(check_beats(text, points[i]), 15);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		cr_assert_gt(read(fd, log, sizeof log - 1), 0);
		close(fd);
		cr_expect_gt(check_beats(log, points[i]), 15);
		cr_assert_eq(au("stop %s", name), 0, "%s", got.errors);
	}
	expect_nothing_left();
}

Test(keeper, how_init_ended_is_known_after_the_supervisor_was_killed)
{
	struct pair before;
	struct auberge_guest guest;

	start_up("web", counter);
	before = pair_of("web");
	kill(before.supervisor, SIGKILL);
	wait_until(has_other_supervisor, &before, 10, "another supervisor");
	kill(guest_look("web").init_pid, SIGTERM); /* its own end, not a stop of ours */
	wait_state("web", "failed", 10);
	guest = guest_look("web");
	cr_expect_str_eq(guest.last_end.cause, "exited");
	cr_expect_eq(guest.last_end.status, 7);
	expect_nothing_left();
}

Test(keeper, a_killed_keeper_is_replaced)
{
	start_up("web", counter);
	for (int i = 0; i < 3; i++) {
		struct pair before = pair_of("web");

		kill(before.keeper, SIGKILL);
		wait_until(has_other_supervisor, &before, 10, "another pair");
		cr_expect_eq(pair_of("web").keeper, before.supervisor, "the supervisor becomes the keeper");
		if (i > 0)
			continue;
		/* Its parent lives. With the second keeper that goes too: then Linux before 6.15 does not tell. */
		kill(guest_look("web").init_pid, SIGTERM);
		wait_state("web", "failed", 10);
		cr_expect_str_eq(guest_look("web").last_end.cause, "exited");
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
	}
	kill(guest_look("web").init_pid, SIGTERM);
	wait_state("web", "failed", 10);
	cr_expect_neq(guest_look("web").last_end.status, 0, "never 0");
	expect_nothing_left();
}

Test(keeper, with_both_killed_the_guest_runs_and_the_next_act_takes_it_over)
{
	start_up("web", counter);
	pair_kill("web");
	cr_expect_eq(au("list"), 0);
	cr_expect(strstr(got.errors, "without a supervisor") != NULL, "%s", got.errors);
	cr_expect_eq(au("start web"), 4, "%s%s", got.output, got.errors);
	cr_expect(strstr(got.errors, "already running") != NULL, "%s", got.errors);
	cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
	cr_expect_eq(count_inits() > 0, true);
	pair_kill("web");
	cr_expect_eq(au("exec web -- echo inside"), 0, "%s", got.errors);
	cr_expect_str_eq(got.output, "inside\n");
	cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
	pair_kill("web");
	cr_expect_eq(au_input("", "console web"), 0, "%s", got.errors);
	cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
	pair_kill("web");
	cr_expect_eq(au("freeze web"), 0, "%s", got.errors);
	cr_expect_eq(au("thaw web"), 0, "%s", got.errors);
	pair_kill("web");
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("web").last_end.cause, "stopped");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	pair_kill("web");
	cr_expect_eq(au("kill web"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("web").last_end.cause, "killed");
	expect_nothing_left();
}

Test(keeper, a_guest_that_ended_unseen_is_cleaned_up)
{
	start_up("web", counter);
	pair_kill("web");
	kill(guest_look("web").init_pid, SIGKILL);
	wait_state("web", "stopped", 10);
	cr_expect_eq(au("start web"), 0, "%s", got.errors);
	pair_kill("web");
	kill(guest_look("web").init_pid, SIGKILL);
	wait_state("web", "stopped", 10);
	au("stop web");
	cr_expect_neq(guest_look("web").last_end.status, 0, "never 0");
	expect_nothing_left();
}

static pid_t begin(const char *verb)
{
	pid_t pid = fork();

	if (pid == 0) {
		_exit(au("%s web --timeout 20s", verb));
	}
	return pid;
}

/* Half of them hit a guest that runs, half one that is being stopped. */
static void kill_at_random(int times, unsigned seed)
{
	int stops = 0;

	srand(seed);
	guest_script("web", slow, NULL);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	for (int i = 0; i < times; i++) {
		pid_t stopping = 0;
		struct pair pair;
		int status = 0;

		wait_until(pair_is_whole, "web", 20, "supervisor and keeper");
		pair = pair_of("web");
		if (i % 2)
			stopping = begin("stop");
		usleep((useconds_t)(rand() % 400000));
		kill(pair.supervisor, SIGKILL); /* it may have ended by now: the pid is not given again so soon */
		if (!stopping)
			continue;
		cr_assert_eq(waitpid(stopping, &status, 0), stopping);
		cr_expect_eq(WEXITSTATUS(status), 0, "stop number %d: %d", i, WEXITSTATUS(status));
		cr_expect_str_eq(guest_state("web"), "stopped", "after stop number %d", i);
		cr_expect_str_eq(guest_look("web").last_end.cause, "stopped", "stop number %d", i);
		stops++;
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
	}
	cr_expect_eq(stops, times / 2);
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(keeper, supervisors_killed_at_random_instants)
{
	kill_at_random(run_time_factor() > 1 ? 6 : 30, 1);
}

Test(keeper, a_hundred_supervisors_killed_at_random_instants)
{
	if (!getenv("AUBERGE_TEST_LONG"))
		cr_skip_test("a long one: AUBERGE_TEST_LONG=1 or make check-long");
	kill_at_random(100, 2);
}

Test(keeper, a_stopped_supervisor_is_not_answering_and_others_do_not_care)
{
	struct pair pair;

	start_up("web", quick);
	guest_script("other", quick, NULL);
	cr_assert_eq(au("start other"), 0, "%s", got.errors);
	pair = pair_of("web");
	kill(pair.supervisor, SIGSTOP);
	cr_expect_eq(au("stop web"), 1);
	cr_expect(strstr(got.errors, "not answering") != NULL, "%s", got.errors);
	cr_expect_eq(au("list"), 0);
	cr_expect_eq(au("stop other"), 0, "%s", got.errors);
	kill(pair.supervisor, SIGKILL); /* a stopped one dies of it: the keeper does the rest */
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}
