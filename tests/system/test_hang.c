/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One guest whose reading hangs: the screens show the others on, answer keys, mark this one, and read it again when it can
 * be read. A FIFO in the place of its config stands for a file of the kernel's that does not answer.
 */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	terminal_open(24, 80);
	terminal_see("web2");
	cr_assert_eq(rename(config, aside), 0);
	cr_assert_eq(mkfifo(config, 0600), 0);
	terminal_see("stale");
	terminal_type("?");
	terminal_see("Help: dashboard");
	terminal_type("q");
	/* What happens to the others is shown. */
	cr_assert_eq(au("freeze web3"), 0, "%s", got.errors);
	terminal_see("frozen");
	/* And acts go on: of the first by name, once the order has settled. */
	terminal_type("/web1\r");
	terminal_rest(500);
	for (int i = 0; i < 100 && strcmp(guest_look("web1").name, "web1") == 0; i++) {
		struct auberge_guest web;

		terminal_type(i % 10 ? "y" : "x");
		terminal_rest(200);
		web = guest_look("web1");
		if (!web.running)
			break;
	}
	cr_expect_not(guest_look("web1").running, "a stop is not carried out");
	cr_assert_eq(unlink(config), 0);
	cr_assert_eq(rename(aside, config), 0);
	terminal_see_gone("stale "); /* it is read again after a while */
	terminal_close("Q");
	cr_assert_eq(au("thaw web3"), 0, "%s", got.errors);
}
