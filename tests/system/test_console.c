/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles: replay, input, many readers, one that does not read, the log and its rotation. */
#include "place.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(console, .init = place_begin, .fini = place_end, .timeout = 600);

struct reader {
	struct auberge_console *console;
	char *text;
	size_t length;
	uint64_t missed;
	bool ended;
};

static struct reader attach(struct auberge *auberge, const char *name, unsigned tty)
{
	struct auberge_error error = {0};
	struct reader reader = {.console = auberge_console_open(auberge, name, tty, false, &error)};

	cr_assert_not_null(reader.console, "%s", error.text);
	reader.text = calloc(1, 1 << 22);
	return reader;
}

/* Reads what there is; true when text has come. */
static bool read_until(struct reader *reader, const char *text, int limit_ms)
{
	struct pollfd wait = {.fd = auberge_console_fd(reader->console), .events = POLLIN};

	limit_ms = (int)(limit_ms * run_time_factor());
	while (!strstr(reader->text, text)) {
		struct auberge_error error = {0};
		uint64_t missed = 0;
		ssize_t count = auberge_console_read(reader->console, reader->text + reader->length, 65536, &missed, &error);

		reader->missed += missed;
		if (count < 0) {
			reader->ended = error.code == AUBERGE_OK;
			return false;
		}
		reader->length += (size_t)count;
		if (reader->length > (1 << 22) - 70000) {
			memmove(reader->text, reader->text + reader->length - 1000, 1001);
			reader->length = 1000;
			reader->text[1000] = '\0';
		}
		if (count == 0 && poll(&wait, 1, limit_ms) <= 0)
			return strstr(reader->text, text) != NULL;
	}
	return true;
}

static void detach(struct reader *reader)
{
	auberge_console_close(reader->console);
	free(reader->text);
}

static void type(struct reader *reader, const char *text)
{
	struct auberge_error error = {0};

	cr_assert_eq(auberge_console_write(reader->console, text, strlen(text), &error), (ssize_t)strlen(text), "%s", error.text);
}

Test(console, what_was_written_before_is_replayed_and_input_arrives)
{
	struct auberge *auberge;
	struct reader one, two;

	guest_script("con", "echo first words\nwhile read line; do echo \"heard $line\"; done\n", NULL);
	cr_assert_eq(au("start con"), 0, "%s", got.errors);
	auberge = place_open();
	one = attach(auberge, "con", 0);
	cr_expect(read_until(&one, "first words", 10000), "%s", one.text);
	type(&one, "hello\r");
	cr_expect(read_until(&one, "heard hello", 10000), "%s", one.text);
	two = attach(auberge, "con", 0);
	cr_expect(read_until(&two, "first words", 10000));
	cr_expect(read_until(&two, "heard hello", 10000));
	type(&two, "again\r");
	cr_expect(read_until(&one, "heard again", 10000));
	cr_expect(read_until(&two, "heard again", 10000));
	detach(&one);
	detach(&two);
	auberge_close(auberge);
}

Test(console, the_size_of_the_terminal_is_passed_on)
{
	struct auberge_error error = {0};
	struct auberge *auberge;
	struct reader reader;

	guest_script("siz", "while read line; do stty size; done\n", NULL);
	cr_assert_eq(au("start siz"), 0, "%s", got.errors);
	auberge = place_open();
	reader = attach(auberge, "siz", 0);
	cr_assert_eq(auberge_console_resize(reader.console, 33, 101, &error), 0, "%s", error.text);
	type(&reader, "x\r");
	cr_expect(read_until(&reader, "33 101", 10000), "%s", reader.text);
	detach(&reader);
	auberge_close(auberge);
}

Test(console, a_reader_that_stops_delays_nobody_and_is_told_what_it_missed)
{
	struct auberge *auberge;
	struct reader slow, quick;

	guest_script("fl", "read line\ndd if=/dev/zero bs=4096 count=1500 2>/dev/null | tr '\\0' x\necho\necho the end\nread line\n",
	             NULL);
	cr_assert_eq(au("start fl"), 0, "%s", got.errors);
	auberge = place_open();
	slow = attach(auberge, "fl", 0);
	quick = attach(auberge, "fl", 0);
	type(&quick, "go\r");
	cr_expect(read_until(&quick, "the end", 60000));
	cr_expect(read_until(&slow, "the end", 60000));
	cr_expect_gt(slow.missed, 0);
	detach(&slow);
	detach(&quick);
	auberge_close(auberge);
	struct stat status;
	char path[256];
	snprintf(path, sizeof path, "%s/state/.log/fl.console", place_directory);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_leq(status.st_size, 4 * 1024 * 1024);
	snprintf(path, sizeof path, "%s/state/.log/fl.console.1", place_directory);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_leq(status.st_size, 4 * 1024 * 1024);
}

Test(console, a_guest_that_does_not_read_bounds_its_input)
{
	struct auberge_error error = {0};
	struct auberge *auberge;
	struct reader reader;
	char block[4096];
	size_t taken = 0;

	guest_script("dumb", "stty raw -echo\necho up\nexec sleep 1000\n", NULL);
	cr_assert_eq(au("start dumb"), 0, "%s", got.errors);
	auberge = place_open();
	reader = attach(auberge, "dumb", 0);
	cr_expect(read_until(&reader, "up", 10000));
	memset(block, 'p', sizeof block);
	for (int idle = 0; idle < 50 && taken < 64u << 20;) {
		ssize_t count = auberge_console_write(reader.console, block, sizeof block, &error);

		cr_assert_geq(count, 0, "%s", error.text);
		taken += (size_t)count;
		idle = count ? 0 : idle + 1;
		if (!count)
			pause_ms(10);
	}
	cr_expect_lt(taken, 4u << 20, "%zu bytes were taken for a guest that reads none", taken);
	detach(&reader);
	cr_expect_eq(au("kill dumb"), 0, "%s", got.errors);
	auberge_close(auberge);
}

Test(console, readers_are_told_when_the_guest_ends)
{
	struct auberge *auberge;
	struct reader reader;

	guest_script("bye", "read line\necho last words\n", NULL);
	cr_assert_eq(au("start bye"), 0, "%s", got.errors);
	auberge = place_open();
	reader = attach(auberge, "bye", 0);
	type(&reader, "x\r");
	cr_expect_not(read_until(&reader, "never", 10000));
	cr_expect(reader.ended);
	cr_expect(strstr(reader.text, "last words") != NULL, "%s", reader.text);
	detach(&reader);
	auberge_close(auberge);
	cr_expect_eq(au("log bye"), 0);
	cr_expect(strstr(got.output, "last words") != NULL, "%s", got.output);
}
