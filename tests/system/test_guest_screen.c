/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen on real guests: what runs inside, a signal to one of them, the log as it grows, config, events. */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>

TestSuite(guest_screen, .init = place_begin, .fini = place_end, .timeout = 600);

#define TALKING                                                                                                    \
	"trap 'echo got the signal' USR1\ntrap 'echo bye; exit 0' TERM PWR INT\nsleep 4321 &\necho web is up\n" \
	"while read l; do echo \"heard $l\"; done\nwhile :; do wait; done\n"

Test(guest_screen, tabs_of_a_guest_that_runs)
{
	guest_script("web", TALKING, NULL);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	terminal_open(24, 80);
	terminal_see("web");
	terminal_type("\r");
	terminal_see("Verdict");
	terminal_see("Top inside");
	terminal_type("2");
	terminal_see("sleep 4321");
	terminal_see("0.0"); /* the second answer has come */
	terminal_type("3");
	terminal_see("of one processor, no limit");
	terminal_type("5");
	terminal_see("web is up");
	terminal_see("following");
	cr_assert_eq(au_input("hello\n\035d", "console web"), 0, "%s", got.errors);
	terminal_see("heard hello"); /* as it grows */
	terminal_type("6");
	terminal_see("kind = container");
	terminal_see("In force without being written");
	terminal_type("7");
	terminal_see("start");
	terminal_type("q");
	terminal_see("sort trouble");
	terminal_close("Q");
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(guest_screen, a_signal_ends_one_process_and_a_wide_dashboard_shows_it)
{
	guest_script("web", TALKING, NULL);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	terminal_open(40, 140);
	terminal_see("sleep 4321"); /* beside the list */
	terminal_see("by root");    /* the events below */
	terminal_type("\r");
	terminal_see("Verdict");
	terminal_type("2");
	terminal_see("sleep 4321");
	terminal_rest(300);
	terminal_type("/sleep\r");
	terminal_rest(300);
	terminal_type("s");
	terminal_see("Signal for sleep 4321");
	terminal_type("\r");
	terminal_see("Send TERM to sleep 4321");
	terminal_rest(600);
	terminal_type("y");
	terminal_see("signal sent to sleep 4321");
	terminal_see("1 processes");
	terminal_type("q");
	terminal_see("sort trouble");
	terminal_close("Q");
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
	expect_nothing_left();
}
