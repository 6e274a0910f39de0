/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One guest whose reading hangs: the screens show the others on, answer keys, mark this one, and read it again when it can
 * be read. A FIFO in the place of its config stands for a file of the kernel's that does not answer.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int terminal;
static pid_t screens;

/* True once the word was in what is painted. */
static bool painted(const char *word, double seconds)
{
	static char text[1 << 16];
	size_t length = 0;

	for (int left = (int)(seconds * run_time_factor() * 50); left > 0; left--) {
		struct pollfd wait = {.fd = terminal, .events = POLLIN};
		ssize_t count = poll(&wait, 1, 20) > 0 ? read(terminal, text + length, sizeof text - 1 - length) : 0;

		if (count < 0)
			return false;
		length += (size_t)count;
		text[length] = '\0';
		if (strstr(text, word))
			return true;
		if (length > sizeof text / 2)
			length = 0;
	}
	return false;
}

static void press(const char *keys)
{
	cr_assert_eq(write(terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void open_screens(void)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	screens = forkpty(&terminal, NULL, NULL, &size);
	cr_assert_geq(screens, 0);
	if (screens == 0) {
		setenv("TERM", "xterm", 1);
		execlp(program, "auberge", NULL);
		_exit(127);
	}
	cr_assert(painted("web2", 10), "the screens do not come up");
}

static void close_screens(void)
{
	int status = 0;

	press("Q");
	painted("\001", 0.5);
	close(terminal);
	waitpid(screens, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %x", status);
}

TestSuite(hang, .init = place_begin, .fini = place_end, .timeout = 300);

Test(hang, one_guest_holds_up_nobody)
{
	char config[256], aside[256];

	guest_busybox("web1", "");
	guest_busybox("web2", "");
	guest_busybox("web3", "");
	cr_assert_eq(au("start web1 web2 web3"), 0, "%s", got.errors);
	snprintf(config, sizeof config, "%s/state/web2/guest.ini", place_directory);
	snprintf(aside, sizeof aside, "%s/guest.ini", place_directory);
	open_screens();
	cr_assert_eq(rename(config, aside), 0);
	cr_assert_eq(mkfifo(config, 0600), 0);
	cr_expect(painted("stale", 20), "nothing says that its figures are old");
	press("?");
	cr_expect(painted("Help: dashboard", 10), "keys are not answered");
	press("q");
	/* What happens to the others is shown. */
	cr_assert_eq(au("freeze web3"), 0, "%s", got.errors);
	cr_expect(painted("frozen", 20), "the others are not read any more");
	/* And acts go on: of the first by name, once the order has settled. */
	press("/web1\r");
	painted("\001", 0.5);
	for (int i = 0; i < 100 && strcmp(guest_look("web1").name, "web1") == 0; i++) {
		struct auberge_guest web;

		press(i % 10 ? "y" : "x");
		painted("\001", 0.2);
		web = guest_look("web1");
		if (!web.running)
			break;
	}
	cr_expect_not(guest_look("web1").running, "a stop is not carried out");
	cr_assert_eq(unlink(config), 0);
	cr_assert_eq(rename(aside, config), 0);
	/* Read again after a while, it looks as before; a repaint shows what stands there by then. */
	for (int i = 0; i < 80; i++) {
		press("\014");
		if (!painted("stale ", 0.5))
			break;
		pause_ms(500);
		cr_assert_neq(i, 79, "it is never read again");
	}
	close_screens();
	cr_assert_eq(au("thaw web3"), 0, "%s", got.errors);
}
