/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a test of the screens: start `frozen`, press keys, wait for what is seen, compare with a golden screen.
 * One terminal per test file. `frozen` is found near this program, or by AUBERGE_FROZEN; the golden screens in
 * $AUBERGE_TEST_SOURCE/tests/screens/golden, or by AUBERGE_GOLDEN. AUBERGE_GOLDEN_UPDATE=1 writes them anew.
 */
#ifndef SCREEN_STEPS_H
#define SCREEN_STEPS_H

#include "screen_harness.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT 5000

static const char *const mono[] __attribute__((unused)) = {
	"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1", "FROZEN_ROUND_MS=60000", "ESCDELAY=", "SSH_CONNECTION=", "LANG", NULL};
static const char *const colours[] __attribute__((unused)) = {
	"TERM=xterm", "LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=60000", NULL};

static struct harness harness;

static const char *frozen(void)
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

__attribute__((unused)) static void start(const char *mode, const char *const *environment, int rows, int columns)
{
	const char *const argv[] = {frozen(), mode, NULL};

	cr_assert(harness_start(&harness, argv, environment, rows, columns));
	cr_assert(harness_wait(&harness, "F10", WAIT), "no dashboard came");
	harness_read(&harness, 350); /* the second round */
}

__attribute__((unused)) static void stop(void)
{
	int status;

	harness_send(&harness, "Q");
	status = harness_finish(&harness, WAIT);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %x", status);
	cr_assert(harness_restored(&harness));
	harness_free(&harness);
}

__attribute__((unused)) static void seen(const char *text)
{
	char *dump;

	if (harness_wait(&harness, text, WAIT))
		return;
	dump = harness_dump(&harness);
	cr_assert_fail("no \"%s\" in\n%s", text, dump);
}

__attribute__((unused)) static void press(const char *keys)
{
	harness_send(&harness, keys);
	harness_settle(&harness, 60);
}

/* A question is deaf for 300 ms. */
__attribute__((unused)) static void answer(const char *keys)
{
	harness_settle(&harness, 450);
	press(keys);
}

__attribute__((unused)) static void compare(const char *name)
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

__attribute__((unused)) static void golden(const char *name, const char *mode, const char *const *environment, int rows, int columns)
{
	start(mode, environment, rows, columns);
	compare(name);
	stop();
}

#endif
