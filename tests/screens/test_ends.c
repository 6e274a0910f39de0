/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever ends the screens ends them soon and wholly: the terminal is as it was where there still is one, and no
 * process that read for them is left. With the fixed source, and with the real program on an empty set of guests, which has
 * a process that reads. Waits are generous; what counts is that they end.
 */
#include "screen_harness.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT 10000
#define READERS_MAX 8

static struct harness harness;
static char directory[64];
static pid_t readers[READERS_MAX];
static size_t readers_count;

/* A program of this build: beside this one, or where its tests are. */
static const char *program(const char *name)
{
	static const char *const places[] = {"", "screens/", "tests/screens/", "../", "../../"};
	static char path[PATH_MAX + 64];
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);

	if (strcmp(name, "frozen") == 0 && getenv("AUBERGE_FROZEN"))
		return getenv("AUBERGE_FROZEN");
	if (strcmp(name, "auberge") == 0 && getenv("AUBERGE_PROGRAM"))
		return getenv("AUBERGE_PROGRAM");
	own[length > 0 ? length : 0] = '\0';
	if (strrchr(own, '/'))
		*strrchr(own, '/') = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		snprintf(path, sizeof path, "%s/%s%s", own, places[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	cr_skip_test("no %s beside %s", name, own);
	return NULL;
}

static void find_readers(void)
{
	char path[64], line[256] = "", *rest = line, *word;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)harness.pid, (int)harness.pid);
	file = fopen(path, "r");
	readers_count = 0;
	if (!file)
		return;
	if (!fgets(line, sizeof line, file))
		line[0] = '\0';
	fclose(file);
	while ((word = strsep(&rest, " \n")) && readers_count < READERS_MAX)
		if (*word)
			readers[readers_count++] = (pid_t)strtol(word, NULL, 10);
}

static void start(bool real)
{
	static char state[128], run[128], log[128];
	const char *const environment[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "FROZEN_ROUND_MS=20", state, run, log,
	                                   "AUBERGE_CGROUP", "ASAN_OPTIONS", NULL};
	const char *argv[] = {program(real ? "auberge" : "frozen"), real ? NULL : "--many", NULL};

	snprintf(directory, sizeof directory, "/tmp/auberge-ends-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(state, sizeof state, "AUBERGE_STATE_DIR=%s/state", directory);
	snprintf(run, sizeof run, "AUBERGE_RUN_DIR=%s/run", directory);
	snprintf(log, sizeof log, "AUBERGE_LOG_DIR=%s/log", directory);
	cr_assert(harness_start(&harness, argv, environment, 24, 80));
	cr_assert(harness_wait(&harness, "F10", WAIT), "no dashboard came");
	harness_read(&harness, 300);
	find_readers();
	cr_assert_eq(readers_count, real ? 1 : 0);
}

/* Ended, whether or not someone has asked for its status yet. */
static bool is_gone(pid_t pid)
{
	char path[32], text[256] = "", *state;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return true;
	if (!fgets(text, sizeof text, file))
		text[0] = '\0';
	fclose(file);
	state = strrchr(text, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

/* The sanitizer's own handler comes after ours, and it exits. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

static void expect_no_reader(void)
{
	int64_t until = harness_now_ms() + WAIT;

	for (size_t i = 0; i < readers_count; i++) {
		while (!is_gone(readers[i]) && harness_now_ms() < until)
			usleep(5000);
		cr_expect(is_gone(readers[i]), "the process that reads is left");
	}
}

static void tidy(void)
{
	harness_free(&harness);
	rmdir(directory);
}

static void ends_by_signal(bool real, int number, bool handled)
{
	int status;

	start(real);
	kill(harness.pid, number);
	status = harness_finish(&harness, WAIT);
	cr_assert_neq(status, -1, "signal %d does not end it", number);
	if (handled)
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 128 + number, "wait status %x", status);
	else
		cr_expect(WIFSIGNALED(status) || (SANITIZED && WEXITSTATUS(status) == 1), "wait status %x", status);
	if (number != SIGKILL)
		cr_expect(harness_restored(&harness), "signal %d leaves the terminal as it was not", number);
	expect_no_reader();
	tidy();
}

Test(ends, by_signals, .timeout = 120)
{
	for (int real = 0; real < 2; real++) {
		ends_by_signal(real, SIGTERM, true);
		ends_by_signal(real, SIGHUP, true);
		ends_by_signal(real, SIGINT, true);
	}
}

Test(ends, by_crashes, .timeout = 120)
{
	for (int real = 0; real < 2; real++) {
		ends_by_signal(real, SIGSEGV, false);
		ends_by_signal(real, SIGABRT, false);
		ends_by_signal(real, SIGBUS, false);
	}
}

Test(ends, by_kill, .timeout = 60)
{
	ends_by_signal(true, SIGKILL, false);
}

static void expect_end(const char *what)
{
	int64_t until = harness_now_ms() + WAIT;
	int status = 0;

	while (waitpid(harness.pid, &status, WNOHANG) == 0 && harness_now_ms() < until)
		usleep(5000);
	cr_assert(is_gone(harness.pid), "%s: it goes on", what);
	cr_expect(WIFEXITED(status), "%s: wait status %x", what, status);
	expect_no_reader();
}

/* Both ends: ours of the slave is open only to look at it. */
static void cut(void)
{
	close(harness.fd);
	harness.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

Test(ends, by_a_terminal_that_is_gone, .timeout = 120)
{
	for (int real = 0; real < 2; real++)
		for (int ignored = 0; ignored < 2; ignored++) {
			signal(SIGHUP, ignored ? SIG_IGN : SIG_DFL); /* as nohup(1) has it */
			start(real);
			signal(SIGHUP, SIG_DFL);
			cut();
			expect_end(ignored ? "SIGHUP ignored" : "closed");
			tidy();
		}
}

Test(ends, by_a_connection_cut_while_nobody_read, .timeout = 120)
{
	for (int ignored = 0; ignored < 2; ignored++) {
		signal(SIGHUP, ignored ? SIG_IGN : SIG_DFL);
		start(false);
		signal(SIGHUP, SIG_DFL);
		for (int i = 0; i < 300; i++) { /* the pty and the queue behind it fill */
			harness_send(&harness, i % 2 ? "\014" : "j");
			usleep(3000);
		}
		cut();
		expect_end("cut while the queue is full");
		tidy();
	}
}

Test(ends, while_the_process_that_reads_is_stopped, .timeout = 60)
{
	start(true);
	kill(readers[0], SIGSTOP);
	harness_send(&harness, "Q");
	cr_assert_neq(harness_finish(&harness, WAIT), -1);
	cr_expect(harness_restored(&harness));
	expect_no_reader();
	tidy();
}

Test(ends, a_process_that_reads_is_followed_by_another, .timeout = 60)
{
	pid_t first;

	start(true);
	first = readers[0];
	kill(first, SIGKILL);
	for (int i = 0; i < 100 && (readers_count == 0 || readers[0] == first); i++) {
		harness_read(&harness, 100);
		find_readers();
	}
	cr_assert_eq(readers_count, 1);
	cr_assert_neq(readers[0], first);
	harness_send(&harness, "Q");
	cr_assert_neq(harness_finish(&harness, WAIT), -1);
	expect_no_reader();
	tidy();
}

Test(ends, stopped_and_continued_it_paints_again, .timeout = 60)
{
	for (int real = 0; real < 2; real++) {
		uint64_t before;

		start(real);
		kill(harness.pid, SIGSTOP);
		before = harness.bytes;
		kill(harness.pid, SIGCONT);
		for (int i = 0; i < 100 && harness.bytes < before + 300; i++)
			harness_read(&harness, 100);
		cr_expect_geq(harness.bytes, before + 300, "nothing was painted anew");
		/* No shell would continue this one, so it does not stop. */
		kill(harness.pid, SIGTSTP);
		harness_read(&harness, 300);
		cr_assert(harness_contains(&harness, "F10"));
		cr_assert(harness.alternate);
		harness_send(&harness, "Q");
		cr_assert_neq(harness_finish(&harness, WAIT), -1);
		cr_expect(harness_restored(&harness));
		expect_no_reader();
		tidy();
	}
}
