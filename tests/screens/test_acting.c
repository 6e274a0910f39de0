/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts from the screens: tags, several targets with a result each, what is asked before, destroy, typed-ahead keys. */
#include "screen_steps.h"

#include <signal.h>

/* Tags these by searching for them. */
static void tag(const char *const *names)
{
	for (; *names; names++) {
		go_to(*names);
		press("t");
	}
}

static const char *const several[] = {"web3", "mail", "ns1", "ns2", "old-app", NULL};

Test(acting, tags_stay_and_are_counted)
{
	start("", mono, 24, 80);
	go_to("ns1");
	press(" "); /* the cursor goes on: ns2 is next */
	press("t");
	seen("tagged 2");
	press("\\state:frozen\r");
	seen("tagged 2 (2 hidden)");
	press("*"); /* all that are shown, and the hidden ones stay */
	cr_assert(harness_wait_gone(&harness, "tagged 2", WAIT));
	press("T");
	cr_assert(harness_wait_gone(&harness, "tagged", WAIT));
	press("T");
	seen("T: nothing is tagged");
	press("\\\025\r");
	seen("old-app");
	stop();
}

Test(acting, one_tag_is_listed_too_and_goes_before_the_cursor)
{
	start("", mono, 24, 80);
	go_to("ns1");
	press("t");
	go_to("db2");
	press("x");
	seen("Stop 1 tagged guest");
	seen("ns1");
	cr_assert(!harness_contains(&harness, "Stop db2"));
	answer("x"); /* the key that opened it does not confirm */
	seen("Stop 1 tagged guest");
	answer("y");
	seen("ns1");
	seen("1 stopped");
	press("q");
	cr_assert(harness_wait_gone(&harness, "tagged", WAIT), "tags drop after the act");
	stop();
}

Test(acting, several_have_a_result_each)
{
	start("", mono, 24, 80);
	tag(several);
	seen("tagged 5");
	press("x");
	seen("Stop 4 of 5 tagged guests");
	seen("left out: failed, not running");
	answer("y");
	seen("waiting: 3 processes left");
	seen("waits for web3");
	seen("failed: its supervisor is not answering");
	seen("left out: failed, not running");
	press("b");
	seen("1 act goes on in the background; B shows it again");
	seen("stopping 3/5, 1 failed (B)");
	press("Q");
	seen("1 guest will not get its turn. Quit?");
	answer("n");
	press("B");
	press("j\r"); /* old-app, left out, stays where it is; the first is mail */
	press("/");
	seen("Acts:");
	press("G");
	seen("web3: waiting: 3 processes left");
	press("X");
	seen("Kill web3");
	answer("y");
	seen("3 stopped, 1 failed, 1 left out");
	press("q"); /* something failed: it stays */
	seen("1 failed (B)");
	press("B");
	press("d");
	cr_assert(harness_wait_gone(&harness, "failed (B)", WAIT));
	press("B");
	seen("B: no act is under way, no result waits to be read");
	stop();
}

Test(acting, the_rest_is_called_off)
{
	static const char *const two[] = {"web3", "mail", NULL};

	start("", mono, 24, 80);
	tag(two);
	press("x");
	answer("y");
	seen("waits for web3");
	seen("waiting: 3 processes left"); /* before that web3 waits too */
	press("c");
	seen("Begin none of the 1 that wait?");
	answer("y");
	seen("called off before its turn came");
	seen("it goes on, but is no longer watched here");
	press("d");
	seen("sort trouble");
	stop();
}

Test(acting, who_is_left_in_one_of_several)
{
	static const char *const two[] = {"db2", "ldap", NULL};

	start("", mono, 24, 80);
	tag(two);
	press("x");
	answer("y");
	seen("its time limit is over, 3 left: Enter shows them");
	press("G");
	press("\r"); /* ldap1 is stopping already */
	seen("Enter: the guest under the cursor is not stopping");
	stop();
}

Test(acting, hidden_ones_are_marked)
{
	static const char *const one[] = {"ns1", NULL};

	start("", mono, 24, 80);
	tag(one);
	press("\\name:web\r");
	cr_assert(harness_wait_gone(&harness, "old-app", WAIT));
	press("t");
	press("X");
	seen("Kill 2 tagged guests");
	seen("running   hidden");
	seen("1 of them is hidden by the filter.");
	answer("X");
	seen("Kill 2 tagged guests");
	answer("y");
	seen("2 killed");
	press("q");
	stop();
}

Test(acting, a_target_that_changed_is_asked_again)
{
	static const char *const two[] = {"ns1", "mail", NULL};

	start("--changing", mono, 24, 80);
	tag(two);
	press("f");
	seen("Freeze 2 tagged guests");
	harness_settle(&harness, 450);
	kill(harness.pid, SIGUSR1); /* ns1 is found stopped */
	seen("2 stopped");
	press("y");
	seen("ns1 is stopped now. Still freeze?");
	seen("left out: stopped, not running");
	press("y"); /* it is deaf again */
	seen("Still freeze?");
	answer("y");
	seen("1 frozen, 1 left out");
	press("q");
	stop();
}

Test(acting, what_was_typed_ahead_confirms_nothing)
{
	static const char *const two[] = {"ns1", "db2", NULL};

	start("", mono, 24, 80);
	tag(two);
	press("Xyyy");
	seen("Kill 2 tagged guests");
	harness_settle(&harness, 400);
	cr_assert(harness_contains(&harness, "Kill 2 tagged guests"));
	press("n");
	cr_assert(harness_wait_gone(&harness, "Kill 2", WAIT));
	seen("tagged 2"); /* not done: the tags stay */
	press("T");
	go_to("old-app");
	press("Dold-app\r");
	seen("Destroy old-app");
	harness_settle(&harness, 400);
	cr_assert(harness_contains(&harness, "type its name:"));
	press("\033");
	cr_assert(harness_wait_gone(&harness, "Destroy old-app", WAIT));
	stop();
}

Test(acting, what_was_typed_into_a_field_is_no_key)
{
	start("", mono, 24, 80);
	press("/ns1\rXy"); /* the rest is dropped with the field */
	harness_settle(&harness, 500);
	cr_assert(!harness_contains(&harness, "Kill"));
	stop();
}

Test(acting, destroy_wants_the_name)
{
	start("", mono, 24, 80);
	go_to("web3");
	press("D");
	seen("destroy deletes web3's disk; to power it off: auberge kill web3");
	go_to("old-app");
	press("D");
	seen("Destroy old-app");
	seen("deleted  /var/lib/auberge/old-app/");
	seen("kept     /srv/ldap");
	answer("old-ap\r");
	seen("That is not old-app: nothing is done");
	press("\033[200~p\033[201~");
	seen("pasted text ignored");
	press("p\r");
	seen("old-app destroyed: kept /srv/ldap");
	press("B");
	seen("Destroy 1 guest: 1 destroyed");
	press("q");
	go_to("test");
	press("D");
	answer("test-ü1\r");
	seen("Device or resource busy");
	seen("1 failed (B)");
	stop();
}

Test(acting, failures_of_single_acts_stay)
{
	start("", mono, 24, 80);
	go_to("ns2");
	press("r");
	answer("y");
	seen("ns2: its supervisor is not answering; auberge show ns2");
	harness_read(&harness, 1100);
	press("j");
	cr_assert(harness_wait_gone(&harness, "not answering", WAIT));
	seen("1 failed (B)");
	press("B");
	seen("Failed acts");
	seen("ns2: its supervisor is not answering; auberge show ns2");
	press("d");
	seen("sort trouble");
	stop();
}

Test(acting, a_reader_may_tag_and_not_act)
{
	start("--reader", mono, 24, 80);
	press("t");
	seen("tagged 1");
	press("D");
	seen("D: you are not root (read only)");
	stop();
}
