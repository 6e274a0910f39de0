/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles inside the screens, with real guests.
 */
#include "pair.h"
#include "place.h"
#include "terminal.h"

#include "auberge.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>

#define PREFIX "\035"
#define ANSWERING "echo %s is up\nwhile read l; do case $l in size) stty size;; die) exit 0;; *) echo \"heard $l\";; esac; done\n"

TestSuite(console_screen, .init = place_begin, .fini = place_end, .timeout = 600);

static void attach(const char *name)
{
	char keys[64];

	terminal_see(name); /* the keys below the list are there before it */
	terminal_type("/");
	terminal_see("search:");
	snprintf(keys, sizeof keys, "%s\r", name);
	terminal_type(keys);
	terminal_see_gone("search:"); /* what is typed right behind a text field is dropped, and this is behind that */
	terminal_type("a");
}

static void two_guests(void)
{
	char script[256];

	snprintf(script, sizeof script, ANSWERING, "web");
	guest_script("web", script, NULL);
	snprintf(script, sizeof script, ANSWERING, "ldap");
	guest_script("ldap", script, NULL);
	cr_assert_eq(au("start web ldap"), 0, "%s", got.errors);
}

Test(console_screen, typed_resized_left_and_found_again)
{
	two_guests();
	terminal_open(24, 80);
	attach("web");
	terminal_see("web is up"); /* what it said before is shown first */
	terminal_type("hello\r");
	terminal_see("heard hello");
	terminal_see("1 viewer");
	terminal_type("size\r");
	terminal_see("23 80");
	terminal_resize(30, 100);
	terminal_type("size\r");
	terminal_see("29 100");
	terminal_type(PREFIX "d");
	terminal_see("F10");
	attach("ldap");
	terminal_see("ldap is up");
	terminal_see("2/2");
	terminal_type("there\r");
	terminal_see("heard there");
	terminal_type(PREFIX "n");
	terminal_see("heard hello");
	terminal_type(PREFIX "9");
	terminal_see("has no tty 9");
	terminal_see("heard hello");
	terminal_type(PREFIX "d");
	terminal_see("F10");
	terminal_close("Q");
	cr_assert_eq(au("kill web ldap"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(console_screen, another_viewer_is_counted)
{
	struct auberge_error error = {0};
	struct auberge_console *other;
	struct auberge *auberge;

	two_guests();
	terminal_open(24, 80);
	attach("web");
	terminal_see("1 viewer");
	auberge = place_open();
	other = auberge_console_open(auberge, "web", 0, true, &error);
	cr_assert_not_null(other, "%s", error.text);
	terminal_see("2 viewers");
	auberge_console_close(other);
	terminal_see("1 viewer ");
	auberge_close(auberge);
	terminal_type(PREFIX "d");
	terminal_see("F10");
	terminal_close("Q");
}

Test(console_screen, a_guest_that_ends_leaves_its_last_screen)
{
	two_guests();
	terminal_open(24, 80);
	attach("web");
	terminal_see("web is up");
	terminal_type("last words\r");
	terminal_see("heard last words");
	terminal_type("die\r");
	terminal_see("Enter leaves");
	terminal_see("heard last words");
	terminal_see(" at "); /* the time, once the next round has read how it ended */
	terminal_type(PREFIX "[");
	terminal_see("back");
	terminal_type("q");
	terminal_see("Enter leaves");
	terminal_type("\r");
	terminal_see("F10");
	terminal_close("Q");
	cr_assert_str_eq(guest_state("ldap"), "running");
}

Test(console_screen, a_console_outlives_the_supervisor)
{
	struct pair pair;

	two_guests();
	terminal_open(24, 80);
	attach("web");
	terminal_type("one\r");
	terminal_see("heard one");
	pair = pair_of("web");
	kill(pair.supervisor, SIGKILL);
	terminal_type("two\r");
	terminal_rest((int)(500 * run_time_factor()));
	terminal_type("three\r");
	terminal_see("heard three");
	terminal_type(PREFIX "d");
	terminal_see("F10");
	terminal_close("Q");
	cr_assert_str_eq(guest_state("web"), "running");
}
