/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matrix.h. */
#include "matrix.h"

#include "silence.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char matrix_quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";
const char matrix_beats[] = "trap 'exit 7' TERM\necho up\ni=0\n"
			    "while :; do i=$((i+1)); read t rest </proc/uptime; echo \"$i $t\" >>/beats; echo \"beat $i.\"; usleep 100000; done\n";

static void remove_links(void)
{
	sh("ip link del " MATRIX_BRIDGE);
	sh("ip link del " MATRIX_LINK);
	run_free(&got);
}

static void begin(void)
{
	place_begin();
	remove_links();
}

static void end(void)
{
	silence_end();
	place_end();
	remove_links();
}

TestSuite(matrix, .init = begin, .fini = end, .timeout = 1800);

int matrix_rounds(int bounded, int whole)
{
	if (getenv("AUBERGE_TEST_LONG"))
		return whole;
	return run_time_factor() > 1 && bounded > 2 ? 2 : bounded;
}

const char *matrix_path(const char *format, ...)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];
	size_t length = (size_t)snprintf(path, sizeof paths[0], "%s/", place_directory);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path + length, sizeof paths[0] - length, format, arguments);
	va_end(arguments);
	return path;
}

void matrix_wait_up(const char *name)
{
	wait_file(matrix_path("state/.log/%s.console", name), "up", 20);
}

void matrix_start(const char *name, const char *script, const char *words)
{
	guest_script(name, script, words);
	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
	matrix_wait_up(name);
}

void matrix_bridge(void)
{
	cr_assert_eq(sh("ip link add " MATRIX_BRIDGE " type bridge"), 0, "%s", got.errors);
	cr_assert_eq(sh("ip link set " MATRIX_BRIDGE " up"), 0, "%s", got.errors);
}

void matrix_check_beats(const char *name, double limit_seconds)
{
	FILE *file;
	double before = 0, now, worst = 0;
	int number, expected = 0, missed = 0;

	wait_file(guest_file(name, "beats"), "\n10 ", 20);
	file = fopen(guest_file(name, "beats"), "re");
	cr_assert_not_null(file);
	while (fscanf(file, "%d %lf", &number, &now) == 2) {
		missed += expected && number != expected;
		if (expected && now - before > worst)
			worst = now - before;
		expected = number + 1;
		before = now;
	}
	fclose(file);
	cr_expect_eq(missed, 0, "%d beats were left out", missed);
	cr_expect_lt(worst, run_patience(limit_seconds), "no beat for %.2f s", worst);
}

double matrix_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool matrix_own_machine(void)
{
	const char *world = getenv("AUBERGE_TEST_WORLD");

	return world && strcmp(world, "native") != 0;
}
