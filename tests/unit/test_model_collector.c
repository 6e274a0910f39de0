/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that reads figures, with one of the tests' own in its place: guests "a" to "e", and reading "c" waits for
 * a FIFO to be opened at its other end, or does whatever else the test wants of it.
 */
#include "model/collector.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct plan {
	char fifo[64];
	enum { HANG_IN_COUNTERS, HANG_IN_LIST, CRASH, NONSENSE, STOPPED } what;
};

static struct plan plan;
static struct model model;
static struct collector *collector;

static void misbehave(struct helper_child *child, const struct plan *with)
{
	if (access(with->fifo, F_OK) != 0)
		return;
	if (with->what == CRASH)
		abort();
	if (with->what == STOPPED)
		raise(SIGSTOP);
	if (with->what == NONSENSE) {
		helper_send(child, MESSAGE_GUEST, "nonsense", 8, NULL, 0);
		helper_flush(child);
		return;
	}
	close(open(with->fifo, O_RDONLY | O_CLOEXEC));
}

static void list(struct helper_child *child, const struct plan *with)
{
	char names[16];
	size_t length = 0;

	for (char letter = 'a'; letter <= 'e'; letter++) {
		struct auberge_guest guest = {.name = {letter}, .state = AUBERGE_RUNNING, .running = true, .init_pid = 7,
		                              .supervision = AUBERGE_SUPERVISION_OK};

		if (!helper_reading(child, guest.name))
			continue;
		if (letter == 'c' && with->what == HANG_IN_LIST)
			misbehave(child, with);
		helper_send(child, MESSAGE_GUEST, &guest, sizeof guest, NULL, 0);
		memcpy(names + length, guest.name, 2);
		length += 2;
	}
	helper_send(child, MESSAGE_NAMES, names, length, NULL, 0);
}

static void run(struct helper_child *child, void *data)
{
	struct message message;

	while (helper_receive(child, &message)) {
		helper_take_left_out(child, &message, 0);
		list(child, data);
		for (char letter = 'a'; letter <= 'e'; letter++) {
			struct message_counters counters = {.name = {letter}, .counters = {.have = AUBERGE_HAVE_CPU}};

			if (!helper_reading(child, counters.name))
				continue;
			if (letter == 'c')
				misbehave(child, data);
			counters.counters.time_usec = model_clock_now().monotonic_usec;
			helper_send(child, MESSAGE_COUNTERS, &counters, sizeof counters, NULL, 0);
		}
		helper_send(child, MESSAGE_OVER, NULL, 0, NULL, 0);
		helper_flush(child);
	}
}

static int64_t now(void)
{
	return (int64_t)(model_clock_now().monotonic_usec / 1000);
}

static void begin(void)
{
	struct auberge_error error = {0};

	snprintf(plan.fifo, sizeof plan.fifo, "/tmp/collector-%d", (int)getpid());
	model_init(&model);
	collector = collector_open(&model, run, &plan, &error);
	cr_assert_not_null(collector, "%s", error.text);
}

static void end(void)
{
	pid_t pid = collector_pid(collector);

	collector_close(collector);
	cr_assert(pid == 0 || kill(pid, 0) < 0, "it outlives its owner");
	model_free(&model);
	unlink(plan.fifo);
}

TestSuite(model_collector, .init = begin, .fini = end);

/* One round as the loop takes it: false, not over in time. */
static bool round_within(int64_t milliseconds)
{
	int64_t until = now() + milliseconds;

	collector_begin(collector, now());
	while (now() < until) {
		struct pollfd wait = {.fd = collector_fd(collector), .events = POLLIN};
		bool over;

		poll(&wait, 1, 50);
		over = collector_take(collector, 3000);
		collector_check(collector, now());
		if (over)
			return true;
	}
	return false;
}

static void plain_round(void)
{
	struct auberge_error error;

	cr_assert(round_within(20000));
	collector_news(collector, &error);
	cr_assert_str_eq(error.text, "");
	cr_assert_eq(model.rows_count, 5);
}

Test(model_collector, rounds_fill_the_model)
{
	plain_round();
	cr_assert(model.rows[2]->now.have & AUBERGE_HAVE_CPU);
	plain_round();
	cr_assert(model.rows[2]->rates & MODEL_RATE_CPU);
}

static void one_is_left_out(int what)
{
	struct auberge_error error;
	uint64_t before;
	pid_t first;

	plain_round();
	first = collector_pid(collector);
	before = model.rows[2]->now.time_usec;
	plan.what = what;
	collector_close(collector);
	collector = collector_open(&model, run, &plan, &error);
	first = collector_pid(collector);
	cr_assert_eq(mkfifo(plan.fifo, 0600), 0);
	cr_assert(round_within(30000), "the round does not end");
	cr_assert_neq(collector_pid(collector), first);
	cr_assert(collector_news(collector, &error));
	cr_assert_not_null(strstr(error.text, "reading c "), "%s", error.text);
	cr_assert_eq(model.rows_count, 5, "it keeps its row");
	cr_assert(model.rows[2]->unread && model.rows[2]->stale);
	cr_assert_eq(model.rows[2]->now.time_usec, before);
	for (size_t i = 0; i < 5; i++)
		if (i != 2)
			cr_assert(model.rows[i]->now.time_usec > before && !model.rows[i]->stale, "row %zu", i);
	first = collector_pid(collector);
	cr_assert(round_within(30000));
	cr_assert_eq(collector_pid(collector), first, "left out, it hangs nobody");
}

Test(model_collector, one_hangs_in_its_counters)
{
	one_is_left_out(HANG_IN_COUNTERS);
}

Test(model_collector, one_hangs_in_the_list)
{
	one_is_left_out(HANG_IN_LIST);
}

Test(model_collector, the_process_is_stopped)
{
	one_is_left_out(STOPPED);
}

Test(model_collector, the_process_crashes)
{
	one_is_left_out(CRASH);
}

Test(model_collector, one_says_nonsense)
{
	struct auberge_error error;

	plain_round();
	plan.what = NONSENSE;
	collector_close(collector);
	collector = collector_open(&model, run, &plan, &error);
	cr_assert_eq(mkfifo(plan.fifo, 0600), 0);
	collector_begin(collector, now());
	round_within(2000);
	cr_assert_eq(model.rows_count, 5);
}

Test(model_collector, one_that_was_never_read_has_a_row)
{
	struct model_clock clock;
	struct auberge_error error;

	plan.what = HANG_IN_LIST;
	collector_close(collector);
	collector = collector_open(&model, run, &plan, &error);
	cr_assert_eq(mkfifo(plan.fifo, 0600), 0);
	cr_assert(round_within(30000));
	cr_assert_eq(model.rows_count, 5);
	cr_assert_str_eq(model_state_word(model.rows[2]), "running?");
	cr_assert(model.rows[2]->stale);
	cr_assert_str_eq(model.rows[2]->why, "reading hangs");
	cr_assert_str_eq(model.rows[2]->guest.problem, "");
	cr_assert_eq(model.lost, 0);
	clock = model_clock_now();
	clock.monotonic_usec += 5000000;
	model_mark_stale(&model, &clock, 6000000);
	cr_assert_geq(model.rows[2]->stale_seconds, 5, "%u", model.rows[2]->stale_seconds);
}

Test(model_collector, ages_go_on_untold)
{
	struct model_clock clock = model_clock_now();

	plain_round();
	model.rows[0]->guest.uptime_seconds = 10;
	model.rows[0]->told_boot_seconds = clock.boot_seconds;
	clock.boot_seconds += 5;
	model_pass_time(&model, &clock);
	model_pass_time(&model, &clock);
	cr_assert_eq(model.rows[0]->guest.uptime_seconds, 15);
}
