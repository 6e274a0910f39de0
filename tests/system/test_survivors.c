/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds a stop up, told while it waits: a deaf process, one stuck in the kernel (a FUSE mount of our own that never
 * answers, in a mount namespace of the test's own), joining a stop, and signals to single processes.
 */
#include "host/process.h"
#include "place.h"
#include "silence.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(survivors, .init = place_begin, .fini = place_end);

/* Deaf, with two that will not go either. */
static const char deaf[] = "trap '' TERM\nsleep 1001 &\nsleep 1002 &\necho up\nwhile :; do sleep 1000; done\n";

static void wait_log(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	wait_file(path, text, 20);
}

static void start_deaf(const char *name)
{
	guest_script(name, deaf, NULL);
	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
	wait_log(name, "up");
}

/* Long enough to be told something, on a slow machine too. */
static int limit_seconds(void)
{
	return run_time_factor() > 1 ? 25 : 8;
}

static const json_t *named(const json_t *array, const char *key, const char *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
		if (strcmp(json_string_value(json_object_get(one, key)) ? json_string_value(json_object_get(one, key)) : "", value) == 0)
			return one;
	return NULL;
}

static json_t *document(void)
{
	json_error_t why;
	json_t *all = json_loads(got.output, 0, &why);

	cr_assert_not_null(all, "%s: %s", why.text, got.output);
	cr_assert(json_is_array(all));
	return all;
}

Test(survivors, what_holds_a_stop_up_is_named_while_it_waits)
{
	start_deaf("deaf");
	cr_expect_eq(au("stop deaf --timeout %ds", limit_seconds()), 5, "%s", got.errors);
	const char *live = strstr(got.errors, "deaf: "), *limit = strstr(got.errors, "still running at the time limit");
	cr_assert_not_null(live, "%s", got.errors);
	cr_assert_not_null(limit);
	cr_expect_lt(live, limit, "before the limit: %s", got.errors);
	cr_expect(strstr(live, "s left: init ignores SIGTERM, 4 processes left") && strstr(live, "s left: ") < limit, "%s", got.errors);
	cr_expect(strstr(live, "sleep 1001 (") && strstr(live, "sleep 1001 (") < limit, "%s", got.errors);
	cr_expect(strstr(limit, "sleep 1002") != NULL, "%s", got.errors);
	cr_expect_str_eq(guest_state("deaf"), "stopping");
}

Test(survivors, json_says_status_time_and_who_is_left_of_each)
{
	const json_t *one, *process;
	json_t *all;

	start_deaf("deaf");
	guest_script("quick", "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n", NULL);
	cr_assert_eq(au("start quick"), 0, "%s", got.errors);
	wait_log("quick", "up");
	cr_expect_eq(au("stop deaf quick nosuch --timeout %ds --json", limit_seconds()), 5, "%s", got.errors);
	all = document();
	cr_assert_eq(json_array_size(all), 3);
	one = named(all, "name", "quick");
	cr_expect_str_eq(json_string_value(json_object_get(one, "status")), "done");
	cr_expect_eq(json_array_size(json_object_get(one, "survivors")), 0);
	cr_expect(json_is_null(json_object_get(one, "error")));
	one = named(all, "name", "nosuch");
	cr_expect_str_eq(json_string_value(json_object_get(one, "status")), "failed");
	cr_expect(json_is_string(json_object_get(one, "error")));
	one = named(all, "name", "deaf");
	cr_expect_str_eq(json_string_value(json_object_get(one, "status")), "timeout");
	cr_expect_geq(json_real_value(json_object_get(one, "seconds")), 1.5);
	cr_expect_eq(json_integer_value(json_object_get(one, "survivors_total")), 4);
	cr_expect_eq(json_array_size(json_object_get(one, "survivors")), 4);
	process = named(json_object_get(one, "survivors"), "command", "sleep 1001");
	cr_assert_not_null(process, "%s", got.output);
	cr_expect_eq(json_integer_value(json_object_get(process, "pid")),
	             process_inner_pid((pid_t)json_integer_value(json_object_get(process, "host_pid"))));
	cr_expect_str_eq(json_string_value(json_object_get(process, "state")), "S");
	cr_expect_geq(json_integer_value(json_object_get(process, "age_seconds")), 1);
	cr_expect(json_object_get(process, "wait") != NULL);
	cr_expect(json_is_null(json_object_get(process, "stuck_seconds")));
	json_decref(all);
}

Test(survivors, on_a_terminal_lines_are_drawn_in_place_and_an_interrupt_leaves_the_stop)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";

	if (sh("script --version") != 0)
		cr_skip_test("there is no script(1) to give a terminal");
	start_deaf("one");
	start_deaf("two");
	cr_expect_eq(sh("script -qec 'stty rows 9 cols 60; TERM=xterm timeout -s INT %d %s stop one two --timeout 600s; exit $?' "
	                "/dev/null", limit_seconds(), program), 124, "%s", got.output);
	cr_expect(strstr(got.output, "\033[") != NULL, "%s", got.output);
	cr_expect(strstr(got.output, "one            ") && strstr(got.output, "two            "), "%s", got.output);
	cr_expect(strstr(got.output, "and ") && strstr(got.output, " more"), "bounded: %s", got.output);
	cr_expect(strstr(got.output, "\033[8A") == NULL, "higher than the terminal: %s", got.output);
	cr_expect(strstr(got.output, "one: the stop goes on") && strstr(got.output, "two: the stop goes on"), "%s", got.output);
	cr_expect_str_eq(guest_state("one"), "stopping");
}

/* --- stuck in the kernel --------------------------------------------------------------------------------------- */

Test(survivors, a_process_stuck_in_the_kernel_is_named_with_what_it_is_stuck_in)
{
	const json_t *process;
	char path[256], words[512];
	json_t *all;
	int asked;
	pid_t server = silence_mount(path, &asked);
	struct pollfd reader = {.fd = asked, .events = POLLIN};

	snprintf(words, sizeof words, "--set 'mount silent.source=%s' --set 'mount silent.target=/silent'", path);
	guest_script("stuck", "trap 'exit 0' TERM\ncat /silent/file &\necho up\nwhile :; do wait; sleep 1000 & wait $!; done\n", words);
	cr_assert_eq(au("start stuck"), 0, "%s", got.errors);
	wait_log("stuck", "up");
	cr_assert_eq(poll(&reader, 1, (int)run_patience(20000)), 1);
	/* init goes at once; the kernel kills the rest, and cannot end who waits for the silent mount */
	cr_expect_eq(au("stop stuck --timeout %ds", limit_seconds()), 5, "%s", got.errors);
	cr_expect(strstr(got.errors, "1 stuck in the kernel: cat") != NULL, "%s", got.errors);
	cr_expect(strstr(got.errors, "stuck in kernel: ") && strstr(got.errors, "(FUSE), "), "%s", got.errors);
	cr_expect_eq(au("stop stuck --timeout %ds --json", limit_seconds()), 5, "%s", got.errors);
	all = document();
	process = json_array_get(json_object_get(json_array_get(all, 0), "survivors"), 0); /* the stuck one is first */
	cr_expect_str_eq(json_string_value(json_object_get(process, "state")), "D", "%s", got.output);
	cr_expect(strstr(json_string_value(json_object_get(process, "stuck_in")), "(FUSE)") != NULL, "%s", got.output);
	cr_expect_geq(json_integer_value(json_object_get(process, "stuck_seconds")), 1);
	cr_expect(strncmp(json_string_value(json_object_get(process, "command")), "cat", 3) == 0);
	json_decref(all);
	kill(server, SIGKILL); /* now the request fails, and the stop that was never given up ends */
	waitpid(server, NULL, 0);
	wait_state("stuck", "stopped", 20);
	cr_expect_str_eq(guest_look("stuck").last_end.cause, "stopped");
	close(asked);
	umount2(path, MNT_DETACH);
	expect_nothing_left();
}

/* --- joining, and signals, through the library ------------------------------------------------------------------ */

static struct auberge_job *begin_job(struct auberge *auberge, const char *name, int64_t timeout, bool join)
{
	struct auberge_act_options options = {.timeout_seconds = timeout, .join = join};
	struct auberge_error error = {0};
	struct auberge_job *job = auberge_job_begin(auberge, name, AUBERGE_STOP, &options, &error);

	cr_assert_not_null(job, "%s", error.text);
	return job;
}

/* The next event of the job; false: it failed. */
static bool next_event(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error)
{
	struct pollfd wait = {.fd = auberge_job_fd(job), .events = POLLIN};
	int result;

	while ((result = auberge_job_next(job, event, error)) == 0)
		cr_assert_eq(poll(&wait, 1, (int)run_patience(20000)), 1, "it says nothing");
	return result > 0;
}

static void next_progress(struct auberge_job *job, struct auberge_job_event *event)
{
	struct auberge_error error = {0};

	cr_assert(next_event(job, event, &error), "%s", error.text);
	cr_assert_eq(event->kind, AUBERGE_EVENT_PROGRESS);
}

static const struct auberge_survivor *find(const struct auberge_job_event *event, const char *command)
{
	for (size_t i = 0; i < event->survivors_count; i++)
		if (strcmp(event->survivors[i].command, command) == 0)
			return &event->survivors[i];
	return NULL;
}

static int count_in_log(const char *name, const char *text)
{
	char path[256], log[65536];
	int fd, count = 0;
	ssize_t length;

	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, log, sizeof log - 1);
	log[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
	for (const char *at = log; (at = strstr(at, text)); at++)
		count++;
	return count;
}

Test(survivors, a_stop_can_be_joined_and_its_limit_moved_without_asking_again)
{
	struct auberge *auberge = place_open();
	struct auberge_act_options options = {.timeout_seconds = -1, .join = true};
	struct auberge_error error = {0};
	struct auberge_job *refused, *first, *second;
	struct auberge_job_event event;
	int64_t deadline;

	guest_script("slow", "trap 'echo asked' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n", NULL);
	cr_assert_eq(au("start slow"), 0, "%s", got.errors);
	wait_log("slow", "up");
	refused = auberge_job_begin(auberge, "slow", AUBERGE_STOP, &options, &error);
	cr_assert_not_null(refused);
	cr_expect_not(next_event(refused, &event, &error), "there is no stop to join");
	cr_expect_eq(error.code, AUBERGE_WRONG_STATE, "%s", error.text);
	auberge_job_free(refused);
	first = begin_job(auberge, "slow", 40, false);
	next_progress(first, &event);
	cr_expect_leq(event.left_seconds, 40);
	wait_log("slow", "asked");
	deadline = guest_look("slow").stop_deadline_seconds;
	second = begin_job(auberge, "slow", -1, true);
	next_progress(second, &event);
	cr_expect_leq(event.left_seconds, 40, "joining leaves the limit");
	cr_expect_gt(event.survivors_total, 1);
	auberge_job_free(second);
	second = begin_job(auberge, "slow", 4000, true);
	next_progress(second, &event);
	cr_expect_gt(event.left_seconds, 3000);
	cr_expect_gt(guest_look("slow").stop_deadline_seconds, deadline + 3000, "those who list know too");
	auberge_job_free(second);
	next_progress(first, &event);
	cr_expect_leq(event.left_seconds, 40, "whoever set a limit of his own keeps it");
	cr_expect_eq(count_in_log("slow", "asked"), 1, "init was asked once");
	auberge_job_free(first);
	cr_expect_eq(au("stop slow --timeout 1s"), 5, "%s", got.errors);
	cr_expect_eq(count_in_log("slow", "asked"), 2, "a stop asks again");
	auberge_close(auberge);
}

Test(survivors, past_its_limit_a_stop_is_still_told_of)
{
	struct auberge *auberge = place_open();
	struct auberge_job *job;
	struct auberge_job_event event;
	struct auberge_error error = {0};

	start_deaf("deaf");
	job = begin_job(auberge, "deaf", 1, false);
	do
		cr_assert(next_event(job, &event, &error), "%s", error.text);
	while (event.kind == AUBERGE_EVENT_PROGRESS);
	cr_expect_eq(event.kind, AUBERGE_EVENT_SURVIVORS);
	cr_expect_eq(event.survivors_total, 4);
	cr_expect_not(next_event(job, &event, &error));
	cr_expect_eq(error.code, AUBERGE_TIMEOUT, "%s", error.text);
	auberge_job_free(job);
	job = begin_job(auberge, "deaf", -1, true);
	for (int i = 0; i < 2; i++) {
		next_progress(job, &event);
		cr_expect_eq(event.left_seconds, -1);
		cr_expect_eq(event.survivors_total, 4);
	}
	cr_expect_eq(au("kill deaf"), 0, "%s", got.errors);
	do
		cr_assert(next_event(job, &event, &error), "%s", error.text);
	while (event.kind == AUBERGE_EVENT_PROGRESS);
	cr_expect_eq(event.kind, AUBERGE_EVENT_DONE);
	auberge_job_free(job);
	auberge_close(auberge);
}

static void refused(struct auberge *auberge, const char *name, pid_t pid, uint64_t start, int number, enum auberge_code code)
{
	struct auberge_error error = {0};

	cr_expect_lt(auberge_signal(auberge, name, pid, start, number, &error), 0);
	cr_expect_eq(error.code, code, "%d: %s", (int)error.code, error.text);
}

Test(survivors, one_process_is_signalled_and_no_other_can_be)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	const struct auberge_survivor *found;
	struct auberge_survivor sleeper;
	struct auberge_job_event event;
	struct auberge_job *job;
	pid_t other, child;

	start_deaf("deaf");
	start_deaf("other");
	other = guest_look("other").init_pid;
	job = begin_job(auberge, "deaf", 600, false);
	do
		next_progress(job, &event);
	while (!find(&event, "sleep 1001"));
	sleeper = *find(&event, "sleep 1001");
	refused(auberge, "deaf", getpid(), process_start_time(getpid()), SIGTERM, AUBERGE_NOT_PERMITTED);
	refused(auberge, "deaf", other, process_start_time(other), SIGTERM, AUBERGE_NOT_PERMITTED);
	refused(auberge, "deaf", sleeper.host_pid, sleeper.start_time + 1, SIGKILL, AUBERGE_WRONG_STATE); /* a recycled pid */
	refused(auberge, "deaf", sleeper.host_pid, 0, SIGKILL, AUBERGE_WRONG_STATE);
	refused(auberge, "deaf", -1, sleeper.start_time, SIGKILL, AUBERGE_WRONG_STATE);
	refused(auberge, "deaf", 0, sleeper.start_time, SIGKILL, AUBERGE_WRONG_STATE);
	refused(auberge, "deaf", sleeper.host_pid, sleeper.start_time, 0, AUBERGE_USAGE);
	refused(auberge, "deaf", sleeper.host_pid, sleeper.start_time, 1000, AUBERGE_USAGE);
	refused(auberge, "nosuch", sleeper.host_pid, sleeper.start_time, SIGTERM, AUBERGE_NO_GUEST);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	uint64_t start = process_start_time(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	refused(auberge, "deaf", child, start, SIGTERM, AUBERGE_WRONG_STATE);
	next_progress(job, &event);
	found = find(&event, "sleep 1001");
	cr_assert_not_null(found);
	cr_expect_eq(found->host_pid, sleeper.host_pid, "untouched by all that");
	cr_assert_eq(auberge_signal(auberge, "deaf", sleeper.host_pid, sleeper.start_time, SIGKILL, &error), 0, "%s", error.text);
	do
		next_progress(job, &event);
	while ((found = find(&event, "sleep 1001")) && found->state != 'Z');
	cr_expect_not_null(find(&event, "sleep 1002"));
	refused(auberge, "deaf", sleeper.host_pid, sleeper.start_time, SIGTERM, AUBERGE_WRONG_STATE);
	auberge_job_free(job);
	cr_expect(guest_look("other").running);
	auberge_close(auberge);
}
