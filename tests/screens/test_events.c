/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens over all guests: events, processes, and the wide dashboard; help that finds. */
#include "screen_steps.h"

static void view(const char *keys, const char *shows)
{
	press("v");
	seen("Enter takes it");
	press(keys);
	seen(shows);
}

static void show_events(void)
{
	view("G\r", "6 of 6");
}

static void show_processes(void)
{
	view("Gk\r", "61.0");
}

static void wide_golden(const char *name, const char *const *environment, int rows, int columns)
{
	start("--history", environment, rows, columns);
	press("/web3\r");
	seen("php-fpm: pool www");
	seen("  61 ");
	harness_settle(&harness, 100);
	compare(name);
	stop();
}

Test(wide, looks, .timeout = 60)
{
	wide_golden("dashboard-120x24", mono, 24, 120);
}

Test(wide, panes_take_the_focus)
{
	start("", mono, 40, 140);
	seen("12 times");
	press("/web3\r");
	seen("  61 ");
	press("\t");
	press("j");
	harness_settle(&harness, 100);
	compare("dashboard-140x40-detail");
	press("\r");
	seen("HOST PID");
	seen("sort cpu");
	press("q");
	press("\t");
	press("kkk");
	harness_settle(&harness, 100);
	compare("dashboard-140x40-events");
	press("\r");
	seen("old-app  FAILED");
	seen("following");
	press("q");
	press("\t");
	press("j");
	seen("V2002"); /* the detail of the next guest, once the cursor rests */
	stop();
	start("", mono, 24, 80);
	press("\t");
	seen("Tab: there is one pane below 120 columns");
	stop();
}

Test(wide, the_detail_follows_a_cursor_that_rests)
{
	start("", mono, 40, 140);
	press("/db2\r");
	seen("postgres: checkpointer");
	press("/ns1\r");
	cr_assert(harness_wait_gone(&harness, "postgres", WAIT));
	seen("ns1  running");
	stop();
}

Test(events, keys)
{
	start("", mono, 24, 80);
	show_events();
	seen("6 of 6");
	press("k");
	seen("5 of 6");
	seen("G follows");
	press("G");
	seen("following");
	press("\\old\r");
	seen("filter: old");
	seen("2 of 2");
	press("\033OS");
	press("\025\r");
	seen("filter: none");
	press("/exited\r");
	seen("3 of 6");
	press("n");
	seen("3 of 6");
	press("/nosuch\r");
	seen("nosuch: no event shown has that in it");
	press("\r");
	seen("old-app  FAILED");
	press("q");
	seen("Events of all guests");
	view("k\r", "Processes of all guests");
	view("g\r", "sort trouble");
	stop();
}

Test(processes, keys)
{
	start("", mono, 24, 80);
	show_processes();
	press("/postgres\r");
	press("s");
	seen("Signal for postgres: checkpointer (9)");
	press("\033");
	harness_settle(&harness, 400);
	press("\r");
	seen("#privileged");
	press("q");
	seen("Processes of all guests");
	press("o");
	seen("guest");
	press("jjjjj\r");
	seen("sort guest");
	stop();
	start("--reader", mono, 24, 80);
	show_processes();
	press("s");
	seen("s: you are not root (read only)");
	stop();
}

Test(help, finds)
{
	start("", mono, 24, 80);
	press("?");
	seen("the guest above");
	press("/freeze");
	seen("freeze; thaw when it is frozen");
	cr_assert(!harness_contains(&harness, "the guest above"));
	seen(" Act");
	press("\177\177\177\177\177\177zzz");
	seen("nothing here has that");
	press("\033");
	harness_settle(&harness, 400);
	seen("the guest above");
	press("/legend nothing\r");
	press("q");
	seen("sort trouble");
	stop();
}
