/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest runs into is told: OOM kills (F7) and limits, without a flood of lines, by the kernel's own word. */
#include "place.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

TestSuite(pressure, .init = place_begin, .fini = place_end, .timeout = 600);

#define IDLE "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n"

static void need_limit(const char *name)
{
	if (au("config check %s", name) != 0)
		cr_skip_test("%s", got.errors);
}

struct told {
	int lines;
	int64_t count;
	char cause[64], detail[200];
};

static struct told events_of(const char *name, const char *event, const char *cause)
{
	struct told told = {0};
	json_t *events, *one;
	size_t i;

	cr_assert_eq(au("events %s --json", name), 0, "%s", got.errors);
	events = json_loads(got.output, 0, NULL);
	cr_assert_not_null(events, "%s", got.output);
	json_array_foreach(events, i, one) {
		const char *what = json_string_value(json_object_get(one, "event")), *why = json_string_value(json_object_get(one, "cause"));
		const char *detail = json_string_value(json_object_get(one, "detail"));

		if (strcmp(what, event) != 0 || (cause && (!why || strcmp(why, cause) != 0)))
			continue;
		told.lines++;
		told.count += json_integer_value(json_object_get(one, "count"));
		snprintf(told.cause, sizeof told.cause, "%s", why ? why : "");
		snprintf(told.detail, sizeof told.detail, "%s", detail ? detail : "");
	}
	json_decref(events);
	return told;
}

struct event_wanted {
	const char *name, *event, *cause;
};

static bool event_is_there(const void *data)
{
	const struct event_wanted *wanted = data;

	return events_of(wanted->name, wanted->event, wanted->cause).lines > 0;
}

/* F7: only what the guest runs dies, the supervisor lives, the event has a count. */
Test(pressure, an_oom_kill_is_told_with_its_victim_and_the_guest_runs_on)
{
	struct told told;

	guest_script("hog", "cp /bin/busybox /tail 2>/dev/null\n(sleep 1; exec /tail /dev/zero) &\n" IDLE, "--set limits.memory=40M --set limits.pids=100");
	need_limit("hog");
	cr_assert_eq(au("start hog"), 0, "%s", got.errors);
	pid_t init = guest_look("hog").init_pid;
	wait_until(event_is_there, &(struct event_wanted){"hog", "oom", NULL}, 30, "the OOM kill in the events");
	told = events_of("hog", "oom", NULL);
	cr_expect_eq(told.lines, 1);
	cr_expect_eq(told.count, 1);
	cr_expect(told.cause[0] == '\0' || strcmp(told.cause, "tail") == 0, "%s", told.cause);
	cr_log_info("the kernel names the victim: %s", told.cause[0] ? told.cause : "no");
	cr_expect(strstr(told.detail, "killed for want of memory") != NULL, "%s", told.detail);
	cr_expect_eq(guest_look("hog").state, AUBERGE_RUNNING);
	cr_expect_eq(guest_look("hog").init_pid, init);
	cr_expect_eq(guest_look("hog").supervision, AUBERGE_SUPERVISION_OK);
	cr_assert_eq(au("top --count 1 --interval 1s --json"), 0, "%s", got.errors);
	cr_expect(strstr(got.output, "\"oom_kills\": 1,") != NULL, "%s", got.output);
	cr_expect_eq(au("exec hog -- true"), 0);
	cr_assert_eq(au("stop hog"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("hog").last_end.cause, "stopped");
	told = events_of("hog", "limit", "memory");
	cr_expect_geq(told.lines, 1, "that it was at its limit");
	cr_expect(strstr(told.detail, "at limits.memory, 40M") != NULL, "%s", told.detail);
	expect_nothing_left();
}

Test(pressure, an_init_that_the_oom_killer_took_is_a_bad_end_by_oom)
{
	struct auberge_guest guest;

	guest_script("self", "cp /bin/busybox /tail\nexec /tail /dev/zero\n", "--set limits.memory=40M");
	need_limit("self");
	cr_assert_eq(au("start self"), 0, "%s", got.errors);
	wait_state("self", "failed", 30);
	guest = guest_look("self");
	cr_expect_str_eq(guest.last_end.cause, "oom");
	cr_expect_eq(guest.last_end.status, 128 + SIGKILL);
	cr_expect_eq(events_of("self", "oom", NULL).count, 1);
	/* A kill from elsewhere is not taken for one. */
	guest_script("other", "cp /bin/busybox /tail\n(exec /tail /dev/zero) &\nwait\n" IDLE, "--set limits.memory=40M");
	cr_assert_eq(au("start other"), 0, "%s", got.errors);
	wait_until(event_is_there, &(struct event_wanted){"other", "oom", NULL}, 30, "the OOM kill in the events");
	pause_ms(2500);
	cr_assert_eq(kill(guest_look("other").init_pid, SIGKILL), 0);
	wait_state("other", "failed", 30);
	cr_expect_str_eq(guest_look("other").last_end.cause, "signalled");
	expect_nothing_left();
}

Test(pressure, a_flood_of_oom_kills_is_a_line_a_second_at_most)
{
	struct told told;
	time_t begin = time(NULL);

	guest_script("flood", "cp /bin/busybox /tail\n(while :; do /tail /dev/zero; done) 2>/dev/null &\n" IDLE, "--set limits.memory=20M");
	need_limit("flood");
	cr_assert_eq(au("start flood"), 0, "%s", got.errors);
	do {
		pause_ms(500);
		told = events_of("flood", "oom", NULL);
	} while ((told.lines < 3 || told.count < 20) && (double)(time(NULL) - begin) < 60 * run_time_factor());
	cr_expect_gt(told.count, 10, "%d lines, %d kills", told.lines, (int)told.count);
	cr_expect_leq(told.lines, time(NULL) - begin + 1, "%d lines", told.lines);
	cr_expect_eq(au("kill flood"), 0, "%s", got.errors);
	cr_expect_geq(events_of("flood", "oom", NULL).count, told.count);
	expect_nothing_left();
}

/* The cgroup v1 of Linux 6.11 and newer does not tell of it: there it is found by the end at the latest. */
Test(pressure, the_limit_of_processes_is_told)
{
	struct told told;

	guest_script("bomb", "trap 'exit 0' TERM\n(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done) 2>/dev/null\nwhile :; do wait; done\n",
	             "--set limits.pids=8");
	need_limit("bomb");
	cr_assert_eq(au("start bomb"), 0, "%s", got.errors);
	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
		wait_until(event_is_there, &(struct event_wanted){"bomb", "limit", "processes"}, 30, "the limit in the events");
	else
		pause_ms(1000);
	cr_assert_eq(au("kill bomb"), 0, "%s", got.errors);
	told = events_of("bomb", "limit", "processes");
	cr_expect_geq(told.count, 1);
	cr_expect_str_eq(told.detail, "at limits.pids, 8");
	expect_nothing_left();
}
