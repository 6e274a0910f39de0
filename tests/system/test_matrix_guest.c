/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix where a guest harms itself or the host: F5 init ends, F6 fork bomb, F7 out of memory, F8 the host out of
 * memory, F15 processes that stay.
 */
#include "host/cgroup.h"
#include "host/process.h"
#include "matrix.h"
#include "silence.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static struct auberge *host;
static struct auberge_console *typing;

/* Open until type_end(): who closes a connection with something unread in it takes back what it has sent. */
static void type_line(const char *line)
{
	struct auberge_error error = {0};

	host = place_open();
	typing = auberge_console_open(host, "web", 0, false, &error);
	cr_assert_not_null(typing, "%s", error.text);
	cr_assert_eq(auberge_console_write(typing, line, strlen(line), &error), (ssize_t)strlen(line));
}

static void type_end(void)
{
	auberge_console_close(typing);
	auberge_close(host);
}

static void expect_answer(const char *line, const char *answer, double limit)
{
	type_line(line);
	wait_file(matrix_path("state/.log/web.console"), answer, limit);
	type_end();
}

/* --- F5 -------------------------------------------------------------------------------------------------------- */

static const struct ending {
	const char *what, *script; /* NULL: killed from without */
	const char *cause, *state;
	int status;
} endings[] = {
	{"kill -9", NULL, "signalled", "failed", 128 + SIGKILL},
	{"exit 0", "read line\nexit 0\n", "exited", "stopped", 0},
	{"exit 3", "read line\nexit 3\n", "exited", "failed", 3},
	{"exit 255", "read line\nexit 255\n", "exited", "failed", 255},
	{"SIGSEGV", "read line\nf() { f; }\nf\n", "signalled", "failed", 128 + SIGSEGV}, /* its stack runs over */
	{"poweroff", "read line\nexec /bin/busybox poweroff -f\n", "poweroff", "stopped", 128 + SIGINT},
};

static bool has_ended(const void *name)
{
	struct auberge_guest guest = guest_look(name);

	return guest.state == AUBERGE_STOPPED || guest.state == AUBERGE_FAILED_STATE;
}

Test(matrix, f5_init_ends)
{
	guest_script("web", matrix_quick, NULL);
	for (int round = matrix_rounds(1, 20); round > 0; round--) {
		for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
			const struct ending *ending = &endings[i];
			struct auberge_guest guest;
			char script[160];
			double begun;
			int fd = open(guest_file("web", "init"), O_WRONLY | O_TRUNC | O_CLOEXEC);

			snprintf(script, sizeof script, "#!/bin/sh\necho up\n%s", ending->script ? ending->script : "while :; do sleep 1000; done\n");
			cr_assert_eq(write(fd, script, strlen(script)), (ssize_t)strlen(script));
			close(fd);
			unlink(matrix_path("state/.log/web.console"));
			cr_assert_eq(au("start web"), 0, "%s", got.errors);
			matrix_wait_up("web");
			begun = matrix_now();
			if (ending->script)
				type_line("\r");
			else
				kill(guest_look("web").init_pid, SIGKILL);
			wait_until(has_ended, "web", 10, ending->what);
			cr_expect_lt(matrix_now() - begun, run_patience(1), "%s: %.2f s", ending->what, matrix_now() - begun);
			if (ending->script)
				type_end();
			guest = guest_look("web");
			cr_expect_str_eq(guest.last_end.cause, ending->cause, "%s: %s", ending->what, guest.last_end.cause);
			cr_expect_eq(guest.last_end.status, ending->status, "%s: %d", ending->what, guest.last_end.status);
			cr_expect_str_eq(auberge_state_word(guest.state), ending->state, "%s", ending->what);
			expect_nothing_left();
		}
	}
}

/* --- F6, F7 ------------------------------------------------------------------------------------------------------ */

static struct auberge_counters counters_of(const char *name)
{
	struct auberge *auberge = place_open();
	struct auberge_guest guest = guest_look(name);
	struct auberge_error error = {0};
	struct auberge_counters counters = {0};
	struct auberge_meter *meter = auberge_meter_open(auberge, &guest, &error);

	cr_assert_not_null(meter, "%s", error.text);
	cr_expect_eq(auberge_meter_read(meter, NULL, AUBERGE_METER_LIMITS | AUBERGE_METER_STALL, &counters, &error), 0, "%s", error.text);
	auberge_meter_close(meter);
	auberge_close(auberge);
	return counters;
}

static bool is_full(const void *name)
{
	struct auberge_counters counters = counters_of(name);

	return (counters.have & AUBERGE_HAVE_PROCESSES) && counters.processes >= 60;
}

Test(matrix, f6_fork_bomb)
{
	static const char bomb[] = "trap '' TERM\nf() { f | f & sleep 1000 & }\n(f; while :; do sleep 1000 & done) 2>/dev/null &\necho up\n"
				   "while read line; do echo \"heard $line.\"; done\n";
	char line[32], answer[40];

	guest_script("web", bomb, "--set limits.pids=64");
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		wait_until(is_full, "web", 20, "the bomb to go off");
		cr_expect_leq(counters_of("web").processes, 64, "more processes than it may have");
		snprintf(line, sizeof line, "hello%d\r", round);
		snprintf(answer, sizeof answer, "heard hello%d.", round);
		expect_answer(line, answer, 5);
		cr_expect_eq(au("list"), 0);
		cr_expect_lt(got.seconds, run_patience(1), "list took %.2f s", got.seconds);
		au("exec web -- true"); /* it may or may not find room, but not hang */
		cr_expect_lt(got.seconds, run_patience(5), "exec took %.2f s", got.seconds);
		cr_expect_eq(au("stop web --timeout 1s --kill"), 0, "%s", got.errors);
		cr_expect_lt(got.seconds, run_patience(10), "stop took %.2f s", got.seconds);
	}
	expect_nothing_left();
}

/* Only where somebody writes such events. */
static bool tells_oom(void)
{
	cr_assert_eq(au("events web"), 0, "%s", got.errors);
	return strstr(got.output, "oom") != NULL;
}

Test(matrix, f7_guest_out_of_memory)
{
	static const char hog[] = "echo up\ni=0\nwhile read line; do i=$((i+1)); dd if=/dev/zero of=/dev/null bs=400M count=1; echo \"hog$i $?.\"; done\n";
	struct auberge_counters counters;
	struct pair pair;
	char answer[24];
	pid_t init;

	if (sh("sh -c 'test $(sed -n \"s/^SwapTotal: *\\([0-9]*\\).*/\\1/p\" /proc/meminfo) = 0'") != 0)
		cr_skip_test("this host has swap: the hog would be swapped out, not killed");
	matrix_start("web", hog, "--set limits.memory=48M");
	wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
	pair = pair_of("web");
	init = guest_look("web").init_pid;
	for (int round = 1; round <= matrix_rounds(2, 20); round++) {
		snprintf(answer, sizeof answer, "hog%d 137.", round);
		expect_answer("\r", answer, 30);
		cr_expect_eq(guest_look("web").init_pid, init, "init was killed");
		cr_expect_eq(pair_of("web").supervisor, pair.supervisor, "the supervisor was killed");
		cr_expect_eq(pair_of("web").keeper, pair.keeper, "the keeper was killed");
		cr_expect_eq(au("exec web -- true"), 0, "%s", got.errors);
		counters = counters_of("web");
		if (tells_oom()) /* who counts them right tells of them too */
			cr_expect_geq(counters.oom_kills, (uint64_t)round, "%llu kills counted", (unsigned long long)counters.oom_kills);
		cr_expect_leq(counters.memory_bytes, 48u << 20);
	}
	cr_expect_eq(au("stop web --timeout 1s --kill"), 0, "%s", got.errors);
	/* and where init itself is the hog */
	guest_script("hog", "echo up\nexec dd if=/dev/zero of=/dev/null bs=400M count=1\n", "--set limits.memory=48M");
	cr_assert_eq(au("start hog"), 0, "%s", got.errors);
	wait_state("hog", "failed", 20);
	cr_expect_eq(guest_look("hog").last_end.status, 128 + SIGKILL);
	cr_expect_not(guest_look("hog").running);
	expect_nothing_left();
}

/* --- F8 ---------------------------------------------------------------------------------------------------------- */

static int score_of(pid_t pid)
{
	char path[64], text[16] = "";
	int fd;

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_gt(read(fd, text, sizeof text - 1), 0);
	close(fd);
	return atoi(text);
}

/* Lowering needs CAP_SYS_RESOURCE. */
static bool may_lower(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

		_exit(write(fd, "-900", 4) == 4 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

Test(matrix, f8_host_out_of_memory)
{
	int own = score_of(getpid()), wanted = may_lower() ? -900 : own;
	struct pair pair;

	matrix_start("web", matrix_quick, NULL);
	wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
	for (int round = 0; round < 2; round++) {
		pair = pair_of("web");
		cr_expect_eq(score_of(pair.supervisor), wanted, "supervisor: %d", score_of(pair.supervisor));
		cr_expect_eq(score_of(pair.keeper), wanted, "keeper: %d", score_of(pair.keeper));
		cr_expect_geq(score_of(guest_look("web").init_pid), own < 0 && wanted == own ? own : 0, "init");
		cr_expect_eq(au("exec web -- cat /proc/self/oom_score_adj"), 0, "%s", got.errors);
		cr_expect_geq(atoi(got.output), own < 0 && wanted == own ? own : 0, "exec: %s", got.output);
		kill(pair.supervisor, SIGKILL); /* as the kernel would */
		pause_ms(100);
		wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
	}
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(matrix, f8_host_out_of_memory_with_the_right_to_lower_scores)
{
	if (!may_lower())
		cr_skip_test("no CAP_SYS_RESOURCE: f8_host_out_of_memory saw that nobody is worse off than its caller");
}

/* --- F15 --------------------------------------------------------------------------------------------------------- */

/* A process of the host in the guest's cgroup, but not in its pid namespace: the guest's end does not end it. */
static pid_t put_inside(const char *name)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	pid_t pid = fork();

	if (pid == 0) {
		execlp("sleep", "sleep", "4321", NULL);
		_exit(127);
	}
	cr_assert_eq(cgroup_attach_exec(auberge, name, pid, &error), 0, "%s", error.text);
	auberge_close(auberge);
	return pid;
}

static void expect_start_refused(const char *command)
{
	cr_expect_eq(au("start web"), 4, "%s", got.errors);
	cr_expect(strstr(got.errors, "already stopping") && strstr(got.errors, command), "%s", got.errors);
	cr_expect_lt(got.seconds, run_patience(3), "a start that must be refused took %.1f s", got.seconds);
}

Test(matrix, f15_processes_that_stay)
{
	guest_script("web", matrix_quick, NULL);
	for (int round = 0; round < matrix_rounds(2, 20); round++) {
		pid_t stays;
		int status = 0;

		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		stays = put_inside("web");
		cr_expect_eq(au("stop web --timeout 1s"), 5, "%s", got.errors);
		cr_expect(strstr(got.errors, "sleep 4321") != NULL, "%s", got.errors);
		cr_expect_str_eq(guest_state("web"), "stopping");
		expect_start_refused("sleep 4321");
		cr_expect_eq(waitpid(stays, NULL, WNOHANG), 0, "a clean stop became a kill");
		if (round % 2 == 0) {
			cr_expect_eq(au("kill web"), 0, "%s", got.errors);
			cr_expect_lt(got.seconds, run_patience(3), "%.1f s", got.seconds);
		} else {
			kill(stays, SIGTERM); /* it ends by itself: so does the stop */
			wait_state("web", "stopped", 10);
		}
		cr_assert_eq(waitpid(stays, &status, 0), stays);
		cr_expect_eq(WTERMSIG(status), round % 2 ? SIGTERM : SIGKILL);
		wait_state("web", "stopped", 5);
		expect_nothing_left();
	}
}

Test(matrix, f15_stuck_in_the_kernel)
{
	char path[256], words[512];
	int asked;
	pid_t server = silence_mount(path, &asked);
	struct pollfd reader = {.fd = asked, .events = POLLIN};

	snprintf(words, sizeof words, "--set 'mount silent.source=%s' --set 'mount silent.target=/silent'", path);
	guest_script("web", "trap 'exit 0' TERM\ncat /silent/file &\necho up\nwhile :; do wait; sleep 1000 & wait $!; done\n", words);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(poll(&reader, 1, (int)run_patience(20000)), 1);
	cr_expect_eq(au("kill web"), 5, "a kill does not end it: %s", got.errors);
	cr_expect(strstr(got.errors, "cat") != NULL, "%s", got.errors);
	expect_start_refused("cat");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	wait_state("web", "stopped", 20);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
	umount2(path, MNT_DETACH);
	close(asked);
	expect_nothing_left();
}
