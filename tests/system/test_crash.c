/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults at the engine's named fail points (base/fault_points.h), every one of them: SIGKILL there, and an error where
 * there can be one, in a start, a stop, a create, a destroy and the reclaim of a dead guest. Each time the next command
 * leads on and nothing stays. What lies between the points is done by tests/faults.
 */
#include "pair.h"
#include "place.h"

#include "base/fault.h"
#include "supervisor/ledger.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(crash, .init = place_begin, .fini = place_end, .timeout = 900);

static const char quick[] = "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";

#define BRIDGE "agtestbr0"

struct point {
	const char *name, *step;
	bool fails;
};
static const struct point points[] = {
#define X(constant, name, step, fails, what) {name, step, fails},
	FAULT_POINTS(X)
#undef X
};
#define POINTS (sizeof points / sizeof *points)

static char trace_path[192];

static void make_script(void)
{
	guest_script("web", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agtest-web'");
}

static void make_guest(void)
{
#ifndef AUBERGE_FAULTS
	cr_skip_test("built without --enable-faults");
#endif
	sh("ip link del " BRIDGE);
	cr_assert_eq(sh("ip link add " BRIDGE " type bridge"), 0, "%s", got.errors);
	make_script();
	snprintf(trace_path, sizeof trace_path, "%s/trace", place_directory);
}

static void set_fault(const char *order)
{
	int fd = open(trace_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
	setenv("AUBERGE_FAULT_TRACE", trace_path, 1);
	setenv("AUBERGE_FAULT", order, 1);
}

static void no_fault(void)
{
	unsetenv("AUBERGE_FAULT");
	unsetenv("AUBERGE_FAULT_TRACE");
}

/* Whether some process passed it: it says so, or (the guest's own can no longer reach the file) the error does. */
static bool was_passed(const char *name)
{
	char text[16384] = "", line[96];
	int fd = open(trace_path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	snprintf(line, sizeof line, "%s\n", name);
	return strstr(text, line) || (got.errors && strstr(got.errors, name));
}


/* Its supervisor may have come up after all, or be about to go. */
static void begin_again(const char *order)
{
	no_fault();
	for (int i = 0; i < 100 && au("start web") != 0; i++) {
		if (strcmp(guest_state("web"), "running") == 0)
			au("kill web");
		else
			pause_ms(20);
	}
	cr_assert_str_eq(guest_state("web"), "running", "after %s: %s", order, got.errors);
	cr_assert_eq(au("stop web"), 0, "after %s: %s", order, got.errors);
	cr_assert_neq(access("/sys/class/net/agtest-web", F_OK), 0, "after %s the link stays", order);
}

/* In a start, or in the stop of a guest whose supervisor has the order from its start. */
static void fail_at(const char *name, const char *order, const char *step)
{
	bool at_stop = strcmp(step, "stop") == 0, failed;

	if (strcmp(name, "ids-allotted") == 0) { /* done once in a guest's life */
		cr_assert_eq(au("destroy web --yes"), 0, "%s", got.errors);
		make_script();
	}
	set_fault(order);
	failed = au("start web") != 0;
	if (!failed && at_stop)
		failed = au("stop web --timeout 5s") != 0;
	cr_expect(was_passed(name) || (failed && !at_stop), "nothing happened at %s", order);
	if (failed)
		cr_expect_gt(strlen(got.errors), 0, "at %s nothing is said", order);
	begin_again(order);
}

static void fail_each(const char *step)
{
	char order[96];

	for (size_t i = 0; i < POINTS; i++) {
		if (strcmp(points[i].step, step) != 0)
			continue;
		fail_at(points[i].name, points[i].name, step);
		if (!points[i].fails)
			continue;
		snprintf(order, sizeof order, "%s=EIO", points[i].name);
		fail_at(points[i].name, order, step);
	}
}

Test(crash, start_at_each_record_of_the_ledger)
{
	static const char *const how[] = {"", "", "=ENOSPC", "=EIO"};
	char name[64], order[96];

	make_guest();
	for (int record = 0; record < LEDGER_RECORDS_COUNT; record++) {
		const char *word = ledger_record_word((enum ledger_record)record);
		const char *step = record == LEDGER_INIT_END || record == LEDGER_HALT_HEARD ? "stop" : "start";

		for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
			snprintf(name, sizeof name, "%s-%s", i % 2 ? "after" : "before", word);
			snprintf(order, sizeof order, "%s%s", name, how[i]);
			fail_at(name, order, step);
		}
	}
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

Test(crash, start_at_each_point)
{
	make_guest();
	fail_each("start");
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

Test(crash, stop_at_each_point)
{
	make_guest();
	fail_each("stop");
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

/* What is left of "new" is listed, destroy takes it away, and it can be made. */
static void make_and_destroy(const char *order)
{
	no_fault();
	au("destroy new --yes");
	cr_assert_eq(au("list new"), 3, "after %s: %s", order, got.output);
	cr_assert_eq(au("create new --template busybox"), 0, "after %s: %s", order, got.errors);
	cr_assert_eq(au("destroy new --yes"), 0, "after %s: %s", order, got.errors);
}

static void fail_once(const struct point *point, const char *order)
{
	bool destroys = strcmp(point->step, "destroy") == 0;

	if (destroys)
		cr_assert_eq(au("create new --template busybox"), 0, "%s", got.errors);
	set_fault(order);
	cr_expect_neq(destroys ? au("destroy new --yes") : au("create new --template busybox"), 0, "%s", order);
	cr_expect(was_passed(point->name), "nothing happened at %s", order);
	make_and_destroy(order);
}

Test(crash, create_and_destroy_at_each_point)
{
	char order[96];

	make_guest();
	for (size_t i = 0; i < POINTS; i++) {
		if (strcmp(points[i].step, "create") != 0 && strcmp(points[i].step, "destroy") != 0)
			continue;
		fail_once(&points[i], points[i].name);
		if (!points[i].fails)
			continue;
		snprintf(order, sizeof order, "%s=ENOSPC", points[i].name);
		fail_once(&points[i], order);
	}
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

static bool is_running_no_more(const void *name)
{
	return !guest_look(name).running;
}

/* Supervisor, keeper and init all died: nobody has taken anything apart. */
static void leave_remains(void)
{
	no_fault();
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	pair_kill("web");
	kill(guest_look("web").init_pid, SIGKILL);
	wait_until(is_running_no_more, "web", 10, "the guest's end");
}

/* A start that finds the remains of a dead one, and dies in their reclaim as well. */
Test(crash, reclaim_at_each_point)
{
	make_guest();
	for (size_t i = 0; i < POINTS; i++) {
		if (strcmp(points[i].step, "stop") != 0 ||
		    (strncmp(points[i].name, "reclaim-", 8) != 0 && strncmp(points[i].name, "remove-", 7) != 0))
			continue;
		leave_remains();
		set_fault(points[i].name);
		cr_expect_neq(au("start web"), 0, "%s", points[i].name);
		cr_expect(was_passed(points[i].name), "nothing happened at %s", points[i].name);
		begin_again(points[i].name);
	}
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

static bool has_passed(const void *name)
{
	return was_passed(name);
}

/* A guest that its policy starts again fails between two runs: it is taken apart, and can be started. */
Test(crash, restart_at_its_point)
{
	static const char *const orders[] = {"none", "reclaim-again", "reclaim-again=EIO"};

	make_guest();
	guest_script("once", "[ -e /ran ] || { : > /ran; exit 3; }\ntrap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n",
	             "--set guest.restart=on-failure");
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		unlink(guest_file("once", "/ran"));
		set_fault(orders[i]);
		cr_assert_eq(au("start once"), 0, "%s", got.errors);
		wait_until(has_passed, "reclaim-again", 10, "its point");
		if (i > 0)
			wait_state("once", "failed", 10);
		no_fault();
		if (i > 0)
			cr_assert_eq(au("start once"), 0, "after %s: %s", orders[i], got.errors);
		wait_state("once", "running", 10);
		cr_assert_eq(au("stop once"), 0, "after %s: %s", orders[i], got.errors);
	}
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

/* Coverage is a number: of all points, those that an undisturbed life passes (the tests above then fail at each). */
Test(crash, every_point_is_passed)
{
	unsigned passed = 0, all = 0;
	char name[64];

	make_guest();
	set_fault("none");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("config set web limits.pids=900"), 0, "%s", got.errors);
	cr_assert_eq(au("exec web -- sh -c 'echo hello >/dev/console'"), 0, "%s", got.errors);
	wait_until(has_passed, "console-log", 10, "output of its console");
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	cr_assert_eq(au("create new --template busybox"), 0, "%s", got.errors);
	cr_assert_eq(au("destroy new --yes"), 0, "%s", got.errors);
	for (size_t i = 0; i < POINTS; i++, all++) /* but "again", of the test before */
		passed += strcmp(points[i].step, "again") == 0 || was_passed(points[i].name) ||
		          strncmp(points[i].name, "child-", 6) == 0; /* see was_passed */
	for (int record = 0; record < LEDGER_RECORDS_COUNT; record++, all += 2) {
		snprintf(name, sizeof name, "before-%s", ledger_record_word((enum ledger_record)record));
		passed += was_passed(name);
		snprintf(name, sizeof name, "after-%s", ledger_record_word((enum ledger_record)record));
		passed += was_passed(name);
	}
	printf("%u of %u fail points passed\n", passed, all);
	cr_expect_eq(passed, all);
	no_fault();
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}
