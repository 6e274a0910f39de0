/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that are started again by themselves: policy, back-off, loop breaker, and who may break in. */
#include "place.h"
#include "supervisor/ledger.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(restart, .init = place_begin, .fini = place_end, .timeout = 600);

static const char quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";
#define ON_FAILURE "--set guest.restart=on-failure"
#define ALWAYS "--set guest.restart=always"

static void need_scale(const char *scale)
{
#ifndef AUBERGE_FAULTS
	cr_skip_test("built without --enable-faults: the delays are those of real life");
#endif
	setenv("AUBERGE_RESTART_SCALE", scale, 1);
}

static void read_ledger(const char *name, struct ledger *ledger)
{
	struct auberge_error error = {0};
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/state/.run/%s", place_directory, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ledger = (struct ledger){0};
	if (fd >= 0) {
		ledger_read(fd, ledger, &error);
		close(fd);
	}
}

/* Waits until it waits: what was taken apart is gone from the ledger. */
static struct auberge_guest wait_waiting(const char *name)
{
	struct ledger ledger = {.cgroup = true};

	for (int i = 0; i < 2000 * run_time_factor() && (ledger.cgroup || ledger.phase != PHASE_AWAITING); i++) {
		read_ledger(name, &ledger);
		pause_ms(5);
	}
	cr_assert_eq(ledger.phase, PHASE_AWAITING, "%s does not wait", name);
	return guest_look(name);
}

/* How often a text stands in the events, as JSON. */
static int events_with(const char *name, const char *text)
{
	int count = 0;

	cr_assert_eq(au("events %s", name), 0, "%s", got.errors);
	for (const char *at = got.output; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

/* It may start just as it is looked at. */
static void expect_waiting(const char *name, const char *line, int status, const char *text)
{
	for (int i = 0; i < 10; i++) {
		wait_waiting(name);
		if (au("%s", line) == status && (strstr(got.output, text) || strstr(got.errors, text)))
			return;
	}
	cr_expect_fail("%s: status %d, no \"%s\" in: %s%s", line, got.status, text, got.output, got.errors);
}

static pid_t another_init(const char *name, pid_t before)
{
	struct auberge_guest guest = guest_look(name);

	for (int i = 0; i < 1000 * run_time_factor() && (guest.state != AUBERGE_RUNNING || guest.init_pid == before); i++) {
		pause_ms(10);
		guest = guest_look(name);
	}
	cr_assert_eq(guest.state, AUBERGE_RUNNING);
	cr_assert_neq(guest.init_pid, before);
	return guest.init_pid;
}

Test(restart, a_guest_that_fails_is_started_again_and_says_so)
{
	guest_script("once", "[ -e /ran ] && { trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done; }\n: > /ran\nexit 3\n", ON_FAILURE);
	cr_assert_eq(au("start once"), 0, "%s", got.errors);
	while (guest_look("once").restarts == 0)
		pause_ms(10);
	another_init("once", 0);
	cr_expect_eq(guest_look("once").restarts, 1u);
	for (int i = 0; i < 500 && events_with("once", "by restart policy") == 0; i++) /* written a moment after it runs */
		pause_ms(10);
	cr_expect_eq(events_with("once", "exited status 3"), 1);
	cr_expect(strstr(got.output, "again in 1s, restart 1 in a row") != NULL, "%s", got.output);
	cr_expect(strstr(got.output, "by restart policy") != NULL, "%s", got.output);
	cr_expect_eq(au("show once"), 0);
	cr_expect(strstr(got.output, "on-failure, 1 in a row") != NULL, "%s", got.output);
	cr_assert_eq(au("stop once"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("once"), "stopped");
	expect_nothing_left();
}

Test(restart, a_good_end_and_a_stop_are_left_alone_unless_always)
{
	guest_script("good", "exit 0\n", ON_FAILURE);
	cr_assert_eq(au("start good"), 0, "%s", got.errors);
	wait_state("good", "stopped", 20);
	cr_expect_str_eq(guest_look("good").last_end.cause, "exited");

	need_scale("20");
	guest_busybox("ever", ALWAYS);
	cr_assert_eq(au("start ever"), 0, "%s", got.errors);
	pid_t before = guest_look("ever").init_pid;
	au("exec ever -- /bin/busybox poweroff -f");
	before = another_init("ever", before);
	au("exec ever -- /bin/busybox reboot -f");
	another_init("ever", before);
	cr_assert_eq(au("stop ever"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("ever"), "stopped");
	cr_assert_eq(au("start ever"), 0, "%s", got.errors);
	cr_assert_eq(au("kill ever"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("ever"), "stopped");
	expect_nothing_left();
}

Test(restart, ten_restarts_in_ten_minutes_are_given_up)
{
	struct auberge_guest guest;

	need_scale("100");
	guest_script("loop", "exit 1\n", ON_FAILURE);
	cr_assert_eq(au("start loop"), 0, "%s", got.errors);
	wait_state("loop", "failed", 60);
	guest = guest_look("loop");
	cr_expect_str_eq(guest.last_end.cause, "gave-up");
	cr_expect_eq(guest.last_end.status, 1);
	cr_expect(strncmp(guest.last_end.detail, "gave up after 10 restarts in ", 29) == 0, "%s", guest.last_end.detail);
	cr_expect(strstr(guest.last_end.detail, "; last: exited 1") != NULL, "%s", guest.last_end.detail);
	cr_expect_eq(events_with("loop", " start "), 11);
	expect_nothing_left();
	cr_assert_eq(au("start loop"), 0, "given up is not for ever: %s", got.errors);
	wait_waiting("loop");
	cr_expect_leq(guest_look("loop").restarts, 10u);
	cr_assert_eq(au("stop loop"), 0, "%s", got.errors);
	expect_nothing_left();
}

/* F41 */
Test(restart, a_guest_that_reboots_itself_for_ever_is_slowed_and_given_up)
{
	need_scale("100");
	guest_script("spin", "/bin/busybox reboot -f\nexit 1\n", NULL);
	cr_assert_eq(au("start spin"), 0, "%s", got.errors);
	wait_state("spin", "failed", 60);
	cr_expect_str_eq(guest_look("spin").last_end.cause, "gave-up");
	cr_expect(strstr(guest_look("spin").last_end.detail, "last: reboot") != NULL, "%s", guest_look("spin").last_end.detail);
	cr_expect_eq(events_with("spin", " start "), 11);
	expect_nothing_left();
}

Test(restart, while_it_waits_it_is_shown_and_may_be_stopped_started_and_not_destroyed)
{
	struct auberge_guest guest;
	char path[256];

	guest_script("wait", "sleep 0.1\nexit 7\n", ON_FAILURE);
	cr_assert_eq(au("start wait"), 0, "%s", got.errors);
	for (int i = 0; i < 3; i++) { /* 1 + 2 s, then 4 */
		guest = wait_waiting("wait");
		if (i < 2) {
			while (guest_look("wait").restarts == guest.restarts)
				pause_ms(10);
		}
	}
	guest = wait_waiting("wait");
	cr_expect_eq(guest.state, AUBERGE_STARTING);
	cr_expect_eq(guest.supervision, AUBERGE_SUPERVISION_OK);
	cr_expect_not(guest.running);
	cr_expect_eq(guest.restarts, 3u);
	cr_expect_gt(guest.restart_seconds, 0);
	expect_waiting("wait", "top --count 1 --interval 1s", 0, "loop exit 7");
	expect_waiting("wait", "top --count 1 --interval 1s --json", 0, "\"loop\"");
	expect_waiting("wait", "show wait", 0, "on-failure, ");
	expect_waiting("wait", "show wait --json", 0, "\"policy\": \"on-failure\"");
	expect_waiting("wait", "destroy wait --yes", 4, "waits to be started again");
	expect_waiting("wait", "freeze wait", 4, "wait: it is starting");
	expect_waiting("wait", "exec wait -- true", 4, "wait");
	/* What it is started with is read anew; and a start by hand begins the count anew. */
	snprintf(path, sizeof path, "%s", guest_file("wait", "init"));
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	cr_assert_eq(dprintf(fd, "#!/bin/sh\n%s", quick), (int)(10 + strlen(quick)));
	close(fd);
	cr_assert_eq(au("start wait"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("wait"), "running");
	cr_expect_eq(guest_look("wait").restarts, 0u);
	cr_expect_eq(au("start wait"), 4);
	cr_assert_eq(au("stop wait"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(restart, a_stop_or_a_kill_ends_the_wait_at_once)
{
	static const char *const verbs[] = {"stop", "kill"};

	guest_script("end", "exit 5\n", ON_FAILURE);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(au("start end"), 0, "%s", got.errors);
		wait_waiting("end");
		cr_assert_eq(au("%s end", verbs[i]), 0, "%s", got.errors);
		cr_expect_str_eq(guest_state("end"), "failed");
		cr_expect_eq(guest_look("end").last_end.status, 5);
		cr_expect_eq(guest_look("end").restart_seconds, 0);
		cr_expect_str_eq(guest_look("end").last_end.detail, "");
		expect_nothing_left();
	}
	cr_expect_eq(events_with("end", " cancel "), 2);
	cr_assert_eq(au("start end"), 0, "%s", got.errors);
	wait_waiting("end");
	cr_assert_eq(au("restart end"), 0, "%s", got.errors);
	wait_waiting("end");
	cr_assert_eq(au("stop end"), 0, "%s", got.errors);
	cr_assert_eq(au("destroy end --yes"), 0, "%s", got.errors);
}

Test(restart, a_restart_that_cannot_be_built_is_tried_again)
{
	guest_script("fix", "exit 5\n", ON_FAILURE);
	need_scale("10");
	cr_assert_eq(au("start fix"), 0, "%s", got.errors);
	wait_waiting("fix");
	cr_assert_eq(unlink(guest_file("fix", "init")), 0);
	for (int i = 0; i < 3000 && strcmp(guest_look("fix").last_end.cause, "start-failed") != 0; i++)
		pause_ms(10);
	cr_expect_str_eq(guest_look("fix").last_end.cause, "start-failed");
	int fd = open(guest_file("fix", "init"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	cr_assert_eq(dprintf(fd, "#!/bin/sh\n%s", quick), (int)(10 + strlen(quick)));
	close(fd);
	wait_state("fix", "running", 60);
	cr_assert_eq(au("stop fix"), 0, "%s", got.errors);
	expect_nothing_left();
}

/* What is written is enough for whoever comes next. */
Test(restart, a_supervisor_killed_while_it_waits_leaves_the_decision_in_the_ledger)
{
	struct ledger ledger;

	guest_script("left", "sleep 0.2\nexit 5\n", ON_FAILURE);
	cr_assert_eq(au("start left"), 0, "%s", got.errors);
	wait_waiting("left");
	read_ledger("left", &ledger);
	cr_assert_gt(ledger.supervisor_pid, 1);
	cr_assert_eq(kill(ledger.supervisor_pid, SIGKILL), 0);
	read_ledger("left", &ledger);
	cr_expect_eq(ledger.phase, PHASE_AWAITING);
	cr_expect_eq(ledger.restarts.count, 1u);
	cr_expect_gt(ledger.waiting_until_seconds, 0);
	cr_expect_eq(ledger.init_pid, 0);
	for (int i = 0; i < 10 && au("start left") != 0; i++)
		pause_ms(100);
	cr_assert_eq(got.status, 0, "%s", got.errors);
	wait_waiting("left");
	cr_assert_eq(au("stop left"), 0, "%s", got.errors);
	expect_nothing_left();
}

/* Also when nobody could finish what it had begun: the next start takes apart what is left. */
Test(restart, a_builder_killed_between_two_runs_leaves_nothing_behind)
{
	static const char *const points[] = {"reclaim-processes", "reclaim-cgroups", "reclaim-again"};

	need_scale("1");
	guest_script("half", "exit 5\n", ON_FAILURE);
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		setenv("AUBERGE_FAULT", points[i], 1);
		au("start half");
		for (int tries = 0; tries < 1000 * run_time_factor() && guest_look("half").supervision != AUBERGE_SUPERVISION_NONE; tries++)
			pause_ms(10);
		unsetenv("AUBERGE_FAULT");
		cr_expect_eq(guest_look("half").supervision, AUBERGE_SUPERVISION_NONE);
		cr_expect_str_eq(guest_state("half"), "failed", "%s", points[i]);
		cr_assert_eq(au("start half"), 0, "%s: %s", points[i], got.errors);
		wait_waiting("half");
		cr_assert_eq(au("stop half"), 0, "%s: %s", points[i], got.errors);
		expect_nothing_left();
	}
}
