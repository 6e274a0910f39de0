/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `events --follow`: guests made later, a file that was shortened, equal events, and its own end. */
#include "base/error.h"
#include "guest/history.h"
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[256];
static pid_t follower;

static void begin(void)
{
	place_begin();
	snprintf(output, sizeof output, "%s/followed", place_directory);
	follower = 0;
}

static void end(void)
{
	if (follower > 0) {
		kill(follower, SIGKILL);
		waitpid(follower, NULL, 0);
	}
	place_end();
}

TestSuite(events, .init = begin, .fini = end, .timeout = 600);

static void note(const char *name, const char *what, int64_t time)
{
	struct auberge_history_event event = {.time_seconds = time, .status = -1, .seconds = -1};
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};

	snprintf(event.event, sizeof event.event, "%s", what);
	memset(event.detail, '.', sizeof event.detail - 1); /* long lines: the file's bound comes sooner */
	cr_assert_eq(history_add(auberge, name, &event, &error), 0, "%s", error.text);
	auberge_close(auberge);
}

static size_t count_of(const char *word)
{
	static char text[4 << 20];
	int fd = open(output, O_RDONLY | O_CLOEXEC);
	ssize_t length = 0, got_now;
	size_t count = 0;

	while (fd >= 0 && (got_now = read(fd, text + length, sizeof text - 1 - (size_t)length)) > 0)
		length += got_now;
	close(fd);
	text[length] = '\0';
	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	return count;
}

static void follow(const char *words)
{
	follower = au_background(output, "events %s --follow", words);
	wait_file(output, "begun", 20);
}

Test(events, a_guest_made_later_is_followed)
{
	guest_busybox("old", NULL);
	note("old", "begun", 100);
	follow("");
	guest_busybox("new", NULL);
	cr_assert_eq(au("start new"), 0, "%s", got.errors);
	wait_file(output, "new            start", 20);
	cr_assert_eq(au("stop new"), 0, "%s", got.errors);
	wait_file(output, "new            end", 20);
	note("old", "later", 200);
	wait_file(output, "later", 20);
	cr_expect_eq(count_of("begun"), 1);
	cr_expect_eq(count_of("new            start"), 1);
	cr_assert_eq(au("destroy new --yes"), 0, "%s", got.errors);
	note("old", "last", 300);
	wait_file(output, "last", 20);
}

Test(events, what_is_shortened_meanwhile_is_neither_lost_nor_told_twice)
{
	char word[24];

	guest_busybox("web", NULL);
	note("web", "begun", 100);
	follow("web --json");
	for (int i = 0; i < 3000; i++) { /* twice over the file's bound */
		snprintf(word, sizeof word, "e%05d.", i);
		note("web", word, 1000 + i / 7);
		if (i % 200 == 199)
			wait_file(output, word, 30);
	}
	for (int i = 0; i < 3000; i += 23) {
		snprintf(word, sizeof word, "e%05d.", i);
		cr_expect_eq(count_of(word), 1, "%s: %zu times", word, count_of(word));
	}
	cr_expect_eq(count_of("begun"), 1);
}

Test(events, equals_are_counted_and_a_clock_set_back_loses_none)
{
	guest_busybox("web", NULL);
	note("web", "begun", 1000);
	follow("");
	note("web", "same", 1000);
	wait_file(output, "same", 20);
	note("web", "same", 1000);
	note("web", "past", 500);
	wait_file(output, "past", 20);
	cr_expect_eq(count_of("same"), 2);
	cr_expect_eq(count_of("begun"), 1);
}

static bool has_ended(const void *data)
{
	return waitpid(*(const pid_t *)data, NULL, WNOHANG) != 0;
}

Test(events, it_ends_by_term_and_when_nobody_reads_any_more)
{
	const char *path = getenv("AUBERGE_PROGRAM");
	int status = 0, pipe_ends[2];
	char byte;

	guest_busybox("web", NULL);
	note("web", "begun", 100);
	follow("");
	cr_assert_eq(kill(follower, SIGTERM), 0);
	cr_assert_eq(waitpid(follower, &status, 0), follower);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM, "%x", (unsigned)status);

	cr_assert_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
	follower = fork();
	cr_assert_geq(follower, 0);
	if (follower == 0) {
		dup2(pipe_ends[1], STDOUT_FILENO);
		execl(path ? path : "./auberge", "auberge", "events", "--follow", NULL);
		_exit(127);
	}
	close(pipe_ends[1]);
	cr_assert_eq(read(pipe_ends[0], &byte, 1), 1); /* it is at work */
	close(pipe_ends[0]);
	wait_until(has_ended, &follower, 20, "the follower whose reader is gone to end"); /* and nothing else happens */
	follower = 0;
}
