/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole of an admin's day through tmux, by the keys that the screens name: a guest is created, started, looked at,
 * edited while it runs, talked to on its console, stopped and destroyed; and the program is left.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char server[64];

static void leave(void)
{
	if (server[0])
		sh("tmux -L %s kill-server", server);
	place_end();
}

TestSuite(smoke, .init = place_begin, .fini = leave, .timeout = 900);

/* What an admin sees now, in got.output. */
static const char *seen(void)
{
	return sh("tmux -L %s capture-pane -p", server) == 0 ? got.output : "";
}

static bool shows(const void *text)
{
	return strstr(seen(), text) != NULL;
}

static void see(const char *text)
{
	double end = 60;

	for (double waited = 0; waited < end * run_time_factor(); waited += 0.1) {
		if (shows(text))
			return;
		pause_ms(100);
	}
	cr_assert_fail("no \"%s\" in\n%s", text, seen());
}

static void press(const char *key)
{
	cr_assert_eq(sh("tmux -L %s send-keys %s", server, key), 0, "%s", got.errors);
}

static void type(const char *text)
{
	cr_assert_eq(sh("tmux -L %s send-keys -l '%s'", server, text), 0, "%s", got.errors);
}

/* A question is deaf for a moment after it came: the key is a try. */
static void answer(const char *key, const char *until)
{
	for (int i = 0; i < 20; i++) {
		pause_ms(400);
		if (shows(until))
			return;
		press(key);
	}
	see(until);
}

static void open_screens(void)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	char path[4096];

	if (access("/usr/bin/tmux", X_OK) != 0)
		cr_skip_test("tmux is missing");
	cr_assert_not_null(realpath(program, path), "%s", program);
	snprintf(server, sizeof server, "auberge-smoke-%d", (int)getpid());
	unsetenv("TMUX");
	setenv("LC_ALL", "C.UTF-8", 1);
	cr_assert_eq(sh("tmux -L %s -f /dev/null new-session -d -x 80 -y 24 %s", server, path), 0, "%s", got.errors);
}

static bool is_gone(const void *data)
{
	(void)data;
	return sh("tmux -L %s has-session", server) != 0;
}

static void create(void)
{
	see("no guests yet: c creates one");
	press("c");
	see("New guest");
	type("inn1");
	press("C-d"); /* the dry run lists the steps */
	see("guest.ini");
	cr_assert(access(guest_file("inn1", ""), F_OK) != 0, "a dry run makes nothing");
	answer("Escape", "template");
	press("C-s");
	see("stopped");
}

static void edit(void)
{
	press("e");
	see("Edit inn1");
	for (int i = 0; i < 40 && !shows("The most memory"); i++) {
		press("Down");
		pause_ms(100);
	}
	see("The most memory");
	type("96M");
	press("C-s");
	see("Save inn1?");
	see("limits.memory: max -> 96M");
	for (int i = 0; i < 20 && shows("Save inn1?"); i++) {
		press("y");
		pause_ms(400);
	}
	cr_assert_eq(au("config get inn1 limits.memory"), 0, "%s", got.errors);
	cr_assert_str_eq(got.output, "96M\n");
	answer("Escape", "F5New");
}

Test(smoke, a_day_through_tmux)
{
	open_screens();
	create();
	press("u");
	see("running");
	press("!");
	see("Verdict");
	see("healthy");
	press("2");
	see("HOST PID");
	press("q");
	edit();
	press("a");
	see("d detach");
	press("Enter");
	type("echo a$((40+2))z");
	press("Enter");
	see("a42z");
	press("C-]");
	press("d");
	see("F10Quit");
	press("x");
	see("y stop");
	answer("y", "stopped");
	wait_state("inn1", "stopped", 60);
	press("D");
	see("type its name");
	pause_ms(600); /* it is deaf at first */
	type("inn1");
	press("Enter");
	see("no guests yet");
	press("Q");
	wait_until(is_gone, NULL, 20, "the program did not leave");
	server[0] = '\0';
	expect_nothing_left();
}
