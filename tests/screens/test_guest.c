/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen: its seven tabs as they look, what their keys do, and what a hostile log cannot do. */
#include "screen_steps.h"

static void open_web3(const char *mode, const char *const *environment, int rows, int columns)
{
	start(mode, environment, rows, columns);
	press("/web3\r");
	seen("> web3"); /* what is typed too early is dropped with the text field */
	press("\r");
	seen("< >");
}

/* What a tab shows once it has all its answers. */
static const struct {
	const char *key, *name, *shows;
} tabs[] = {
	{"2", "processes", "61.0"}, {"1", "triage", "Verdict"}, {"3", "resources", "88.1%"}, {"4", "network", "1.2M"},
	{"5", "log", "web3 login:"},  {"6", "config", "address"}, {"7", "events", "12 times"},
};

static void all_tabs(const char *size, const char *const *environment, int rows, int columns)
{
	char name[64];

	open_web3("--history", environment, rows, columns);
	for (size_t i = 0; i < sizeof tabs / sizeof tabs[0]; i++) {
		press(tabs[i].key);
		if (rows > 10 || strcmp(tabs[i].name, "config") != 0)
			seen(tabs[i].shows);
		harness_settle(&harness, 100);
		snprintf(name, sizeof name, "guest-%s-%s", tabs[i].name, size);
		compare(name);
	}
	stop();
}

Test(guest, tabs_ascii, .timeout = 60)
{
	all_tabs("ascii", ascii, 24, 80);
}

Test(guest, one_that_failed)
{
	start("--history", mono, 24, 80);
	press("/old\r");
	seen("> old-app");
	press("\r");
	seen("what it last wrote");
	press("2");
	seen("old-app is FAILED: it has no processes");
	press("3");
	seen("it uses nothing");
	press("5");
	seen("nothing was written to its console yet");
	stop();
}

Test(guest, keys_go_from_tab_to_tab)
{
	open_web3("", mono, 24, 80);
	seen("Verdict");
	press("\t");
	seen("HOST PID");
	press("]");
	seen("cpu.pressure");
	press("[");
	press("\033[Z");
	seen("Verdict");
	press("[");
	seen("12 times");
	press("q");
	seen("sort trouble");
	stop();
}

Test(guest, keys_go_from_guest_to_guest_as_the_dashboard_shows_them)
{
	char line[256];

	open_web3("", mono, 24, 80);
	seen("3 of 10");
	press("<");
	seen("mail  running?");
	seen("2 of 10");
	press("<<");
	seen("wiki  starting");
	seen("10 of 10");
	press("\033");
	harness_settle(&harness, 400);
	seen("sort trouble");
	harness_row(&harness, 12, line, sizeof line);
	cr_assert_eq(strncmp(line, "> wiki", 6), 0, "the cursor went along: %s", line);
	stop();
}

Test(guest, the_worst_guest)
{
	start("", mono, 24, 80);
	press("!");
	seen("old-app  FAILED");
	seen("Verdict");
	press(">>");
	seen("web3  running");
	press("!");
	seen("old-app  FAILED");
	press("q");
	seen("sort trouble");
	stop();
	start("--empty", mono, 24, 80);
	press("!");
	seen("!: there is no guest");
	stop();
}

Test(guest, acts_are_about_the_guest_shown)
{
	open_web3("", mono, 24, 80);
	press(">>>");
	seen("db2  running");
	press("x");
	seen("Stop db2?  y stop   n Esc Enter leave it");
	answer("n");
	press("u");
	seen("u: db2 is running, not stopped");
	press("X");
	seen("Kill db2");
	answer("n");
	press("?");
	seen("Help: guest");
	seen("triage, processes, resources, network");
	press("q");
	seen("db2  running");
	stop();
	open_web3("--reader", mono, 24, 80);
	press("x");
	seen("x: you are not root (read only)");
	stop();
}

Test(guest, views_rate_and_acts_as_on_the_dashboard)
{
	open_web3("", mono, 24, 80);
	press("B");
	seen("B: no act is under way, no result waits to be read");
	press("+");
	press("v");
	seen("View");
	press("gjj\r");
	seen("Processes of all guests");
	press("-");
	press("+");
	press("q");
	seen("rate 1s");
	stop();
}

Test(guest, a_signal_to_one_process)
{
	open_web3("", mono, 24, 80);
	press("s");
	seen("s: only in 2 Processes");
	press("2");
	seen("61.0");
	press("j");
	press("s");
	seen("Signal for mysqld --basedir=/usr (12)");
	press("\r");
	seen("Send TERM to mysqld --basedir=/usr (12) of web3?  y send   n Esc Enter leave it");
	answer("n");
	press("o");
	seen("Sort by");
	press("jj\r");
	seen("sort pid");
	seen("> "); /* the cursor is still on the same process */
	press("s");
	seen("Signal for mysqld");
	press("\033");
	harness_settle(&harness, 400);
	press("g");
	press("s");
	seen("Signal for /sbin/init (1)");
	press("G\r"); /* KILL of init is the kill of the guest, and asked as that */
	seen("Kill web3");
	answer("n");
	press("/sshd\r");
	press("s");
	seen("Signal for sshd");
	press("\033");
	harness_settle(&harness, 400);
	stop();
}

Test(guest, the_log_scrolls_and_searches)
{
	open_web3("", mono, 24, 80);
	press("5");
	seen("web3 login:");
	seen("following");
	press("g");
	seen("Started unit 1.");
	seen("G follows");
	press("\033[6~");
	seen("Started unit 25.");
	cr_assert(!harness_contains(&harness, "Started unit 1."));
	press("G");
	seen("following");
	press("/UNIT 33.\r");
	seen("Started unit 33.");
	press("/oom\r");
	seen("php-fpm invoked oom-killer");
	press("/nosuch\r");
	seen("nosuch: not in the 65 lines read");
	press("\033[C");
	seen("from column 21");
	press("\033[D");
	press("G");
	cr_assert(!harness_contains(&harness, "owned"), "a title is no text");
	stop();
}

Test(guest, the_report_goes_to_the_clipboard_as_text)
{
	static const char *const dumb[] = {"TERM=vt100", "LC_ALL=C.UTF-8", "NO_COLOR=1", "FROZEN_ROUND_MS=60000", NULL};

	open_web3("", mono, 24, 80);
	seen("61.0");
	press("y");
	seen("bytes of report sent to the terminal's clipboard (OSC 52)");
	press("2");
	press("y");
	seen("y: only in 1 Triage");
	stop();
	open_web3("", dumb, 24, 80);
	press("y");
	seen("this terminal takes no text for a clipboard");
	stop();
}
