/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the screens do again and again: start, press, see, compare, stop. Owns the one harness of a test.
 * `frozen` is found near this program, or by AUBERGE_FROZEN; the golden screens in
 * $AUBERGE_TEST_SOURCE/tests/screens/golden, or by AUBERGE_GOLDEN. AUBERGE_GOLDEN_UPDATE=1 writes them anew.
 */
#ifndef SCREEN_STEPS_H
#define SCREEN_STEPS_H

#include "screen_harness.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT 5000
#define STEP __attribute__((unused)) static

STEP const char *const mono[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1", "FROZEN_ROUND_MS=60000",
                                   "ESCDELAY=", "SSH_CONNECTION=", "LANG", NULL};
STEP const char *const colours[] = {"TERM=xterm", "LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=60000", NULL};
STEP const char *const ascii[] = {"TERM=vt100", "LC_ALL=C", "NO_COLOR", "FROZEN_ROUND_MS=60000", NULL};

STEP struct harness harness;

STEP const char *frozen(void)
{
	static const char *const places[] = {"frozen", "screens/frozen", "tests/screens/frozen"};
	static char path[PATH_MAX + 64];
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	if (getenv("AUBERGE_FROZEN"))
		return getenv("AUBERGE_FROZEN");
	program[length > 0 ? length : 0] = '\0';
	if (strrchr(program, '/'))
		*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", program, places[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	cr_assert_fail("no frozen beside %s", program);
	return path;
}

STEP void start(const char *mode, const char *const *environment, int rows, int columns)
{
	const char *const argv[] = {frozen(), mode, NULL};

	cr_assert(harness_start(&harness, argv, environment, rows, columns));
	cr_assert(harness_wait(&harness, "F10", WAIT), "no dashboard came");
	harness_read(&harness, 350); /* the second round */
}

STEP void stop(void)
{
	int status;

	harness_send(&harness, "Q");
	status = harness_finish(&harness, WAIT);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %x", status);
	cr_assert(harness_restored(&harness));
	harness_free(&harness);
}

STEP void seen(const char *text)
{
	char *dump;

	if (harness_wait(&harness, text, WAIT))
		return;
	dump = harness_dump(&harness);
	cr_assert_fail("no \"%s\" in\n%s", text, dump);
}

STEP void press(const char *keys)
{
	harness_send(&harness, keys);
	harness_settle(&harness, 60);
}

/* Searches for the name, and waits for each step: what is typed after a text field is dropped with it. */
STEP void go_to(const char *name)
{
	char text[96];

	press("/");
	seen(" search: ");
	press(name);
	snprintf(text, sizeof text, " search: %s", name);
	seen(text);
	press("\r");
	cr_assert(harness_wait_gone(&harness, " search: ", WAIT));
}

/* A question is deaf for 300 ms. */
STEP void answer(const char *keys)
{
	harness_settle(&harness, 450);
	press(keys);
}

/* The row of the field with the focus. */
STEP void focus_row(char *line, size_t size)
{
	line[0] = '\0';
	for (int row = 1; row < harness.rows && line[0] != '>'; row++)
		harness_row(&harness, row, line, size);
}

/* The focus to a field by its label. Each Tab is waited for: the next field has another label. */
STEP void to_field(const char *label)
{
	char line[2048], next[2048];
	size_t length = strlen(label);

	focus_row(line, sizeof line);
	for (int i = 0; i < 80; i++) {
		int64_t until = harness_now_ms() + WAIT;

		if (line[0] == '>' && strncmp(line + 2, label, length) == 0 && (line[2 + length] == ' ' || line[2 + length] == '\0'))
			return;
		harness_send(&harness, "\t");
		do {
			harness_read(&harness, 5);
			focus_row(next, sizeof next);
		} while ((next[0] != '>' || strcmp(next, line) == 0) && harness_now_ms() < until);
		harness_settle(&harness, 10); /* all of the frame */
		focus_row(line, sizeof line);
	}
	cr_assert_fail("no field %s", label);
}

STEP void compare(const char *name)
{
	const char *own = getenv("AUBERGE_GOLDEN"), *source = getenv("AUBERGE_TEST_SOURCE");
	char path[PATH_MAX], wanted[65536];
	char *dump = harness_dump(&harness);
	FILE *file;
	size_t length;

	if (own)
		snprintf(path, sizeof path, "%s/%s.txt", own, name);
	else
		snprintf(path, sizeof path, "%s/tests/screens/golden/%s.txt", source ? source : ".", name);
	if (getenv("AUBERGE_GOLDEN_UPDATE")) {
		file = fopen(path, "w");
		cr_assert_not_null(file, "%s", path);
		fputs(dump, file);
		fclose(file);
	}
	file = fopen(path, "r");
	cr_assert_not_null(file, "%s is missing", path);
	length = fread(wanted, 1, sizeof wanted - 1, file);
	fclose(file);
	wanted[length] = '\0';
	cr_assert_str_eq(dump, wanted, "%s differs; now:\n%s", name, dump);
	free(dump);
}

STEP void golden(const char *name, const char *mode, const char *const *environment, int rows, int columns)
{
	start(mode, environment, rows, columns);
	compare(name);
	stop();
}

#endif
