/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens as they reach a terminal. */
#include "screen_steps.h"

#include <poll.h>
#include <signal.h>

static const char *const strange[] = {"TERM=strange", "LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=60000", NULL};
static const char *const busy[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=10", NULL};

Test(golden, dashboard_ascii)
{
	golden("dashboard-ascii", "", ascii, 24, 80);
}

Test(golden, dashboard_60x20)
{
	golden("dashboard-60x20", "", mono, 20, 60);
}

Test(screens, kill_dialog)
{
	start("", mono, 24, 80);
	press("/web3\r");
	press("X");
	seen("Kill web3");
	answer("X"); /* the key that opened it does not confirm */
	seen("Kill web3");
	answer("n");
	cr_assert(!harness_contains(&harness, "Kill web3"));
	stop();
}

Test(screens, stop_at_its_time_limit)
{
	start("", mono, 24, 80);
	press("/db2\r");
	press("x");
	seen("Stop db2?");
	answer("y");
	seen("time limit reached");
	seen("mysqld");
	press("b");
	seen("goes on stopping");
	press("x"); /* shows it again, without a question */
	seen("mysqld");
	answer("X");
	seen("Kill db2");
	answer("X"); /* the key that opened it does not confirm */
	seen("Kill db2");
	answer("y");
	seen("db2 killed");
	stop();
}

Test(screens, two_stops_under_way)
{
	start("", mono, 24, 80);
	press("/web3\r");
	press("x");
	answer("y");
	seen("mysqld");
	press("b");
	press("/mail\r");
	press("x");
	answer("y");
	seen("Stop 2 guests: mail, web3");
	press("b");
	seen("2 guests go on stopping");
	stop();
}

Test(screens, head_and_foot_stand_where_the_manual_says)
{
	char line[256];

	start("", mono, 24, 80);
	harness_row(&harness, 2, line, sizeof line);
	cr_assert_str_eq(line, "  NAME           STATE     CPU%   MEM  LIM STAL  IO/s BRIDGE     UP WHY");
	harness_row(&harness, 3, line, sizeof line);
	cr_assert_eq(line[0], '>');
	harness_row(&harness, 22, line, sizeof line);
	cr_assert_str_eq(line, " sort trouble  filter: none");
	press("j");
	harness_row(&harness, 22, line, sizeof line);
	cr_assert_str_eq(line, " sort trouble (held 2s)  filter: none");
	stop();
}

Test(screens, a_question_is_deaf_to_what_was_typed_before)
{
	start("", mono, 24, 80);
	press("/web3\r");
	press("xy");
	seen("Stop web3?  y stop   n Esc Enter leave it");
	harness_settle(&harness, 100);
	press("y"); /* still within 300 ms */
	cr_assert(harness_contains(&harness, "Stop web3?"));
	answer("\r");
	cr_assert(!harness_contains(&harness, "Stop web3?"));
	press("x");
	answer("\033");
	cr_assert(harness_wait_gone(&harness, "Stop web3?", WAIT));
	press("x");
	answer("y");
	seen("waiting: 3 processes left");
	seen("left");
	press("q");
	stop();
}

Test(screens, a_stop_waits_longer_and_signals_one_process)
{
	start("", mono, 24, 80);
	press("/mail\r");
	press("x");
	answer("y");
	seen("mysqld");
	press("w");
	seen("mail: waits 30 s more");
	seen("1h00 left");
	press("j");
	press("s");
	seen("Signal for cron (40)");
	press("\r");
	seen("Send TERM to cron (40) of mail?  y send   n Esc Enter leave it");
	answer("\r");
	cr_assert(!harness_contains(&harness, "Send TERM"));
	press("s");
	press("jj\r");
	seen("Send HUP to cron (40) of mail?");
	answer("y");
	seen("signal sent to cron (40) of mail");
	cr_assert(harness_wait_gone(&harness, "hrtimer_nanosleep", WAIT), "renewed live");
	press("k");
	press("k");
	press("k");
	press("s");
	seen("s: there is no process under the cursor");
	press("?");
	seen("signal the process under the cursor");
	seen("not now: there is no process under the cursor");
	press("q");
	press("j");
	press("s");
	press("\r");
	seen("Send TERM to mysqld (12) of mail?");
	answer("y");
	cr_assert(harness_wait_gone(&harness, "Stop mail", WAIT), "its stop is over");
	stop();
}

Test(screens, a_guest_that_someone_else_stops_can_be_looked_at)
{
	start("", mono, 24, 80);
	press("/ldap1\r");
	press("x");
	seen("Stop ldap1");
	cr_assert(!harness_contains(&harness, "Stop ldap1-lmb-clus-long-name-serv?"), "no question: it is stopping already");
	seen("mysqld");
	press("\033");
	seen("goes on stopping");
	stop();
}

Test(screens, pasted_text_does_nothing)
{
	start("", mono, 24, 80);
	press("\033[200~XyQq\r\033[201~");
	seen("pasted text ignored");
	press("/");
	press("\033[200~db2\033[201~");
	seen("search: db2");
	press("\r");
	press("S");
	seen("shell of db2");
	press("\r");
	seen("sort trouble");
	stop();
}

Test(screens, a_grey_key_says_why)
{
	start("", mono, 24, 80);
	press("/db2\r");
	press("u");
	seen("u: db2 is running, not stopped");
	stop();
	start("--reader", mono, 24, 80);
	seen("not root: read only");
	press("\033[19~");
	seen("F8: you are not root (read only)");
	stop();
}

Test(screens, acts_end_on_the_line_of_messages)
{
	start("", mono, 24, 80);
	press("/old\r");
	press("u");
	seen("old-app started");
	press("/ns2\r");
	press("r");
	answer("y");
	seen("ns2: its supervisor is not answering; auberge show ns2");
	stop();
}

Test(screens, filter_sort_and_search)
{
	start("", mono, 24, 80);
	press("\\state:frozen\r");
	seen("filter: state:frozen");
	cr_assert(!harness_contains(&harness, "old-app"));
	press("\033OS");
	press("\025nonsense<\r");
	seen("filter:");
	press("\025\r");
	seen("old-app");
	press("o");
	seen("Sort by");
	press("j\r");
	seen("sort name");
	press("o\r");
	seen("sort name reversed");
	press("/V2003\r");
	press("n");
	press("N");
	press("/nosuchthing\r");
	seen("no guest shown has that");
	stop();
}

Test(screens, a_shell_has_the_terminal_and_gives_it_back)
{
	start("", mono, 24, 80);
	press("/db2\r");
	harness_send(&harness, "S");
	seen("leave with exit");
	seen("this is the shell of db2");
	cr_assert(harness_restored(&harness), "the child gets the terminal as it was");
	harness_send(&harness, "\nQ"); /* what is typed too much is dropped */
	seen("sort trouble");
	harness_settle(&harness, 200);
	stop();
}

Test(screens, resize)
{
	start("", mono, 24, 80);
	harness_resize(&harness, 10, 40);
	cr_assert(harness_wait_gone(&harness, "BRIDGE", WAIT));
	harness_settle(&harness, 200);
	compare("dashboard-40x10");
	harness_resize(&harness, 24, 80);
	seen("BRIDGE");
	harness_settle(&harness, 200);
	compare("dashboard-mono");
	stop();
}

Test(screens, unknown_terminal)
{
	start("", strange, 24, 80);
	seen("terminal strange is not known here: taken for vt100");
	stop();
}

static void ends_by(int number, bool hang_up)
{
	int64_t begun;
	int status;

	start("--many", busy, 24, 80);
	begun = harness_now_ms();
	kill(harness.pid, number);
	status = harness_finish(&harness, 4000);
	cr_assert_neq(status, -1);
	cr_assert_lt(harness_now_ms() - begun, 2000);
	cr_assert(harness_restored(&harness), "signal %d", number);
	if (hang_up)
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + number);
	harness_free(&harness);
}

Test(screens, signals_give_the_terminal_back)
{
	ends_by(SIGTERM, true);
	ends_by(SIGHUP, true);
	ends_by(SIGINT, true);
	ends_by(SIGQUIT, false);
	ends_by(SIGABRT, false);
}

Test(screens, hang_up_ends_it)
{
	int64_t begun;
	int status = 0;

	start("--many", busy, 24, 80);
	begun = harness_now_ms();
	close(harness.fd);
	while (waitpid(harness.pid, &status, WNOHANG) == 0 && harness_now_ms() < begun + 3000)
		usleep(5000);
	cr_assert_lt(harness_now_ms() - begun, 2000);
	cr_assert(WIFEXITED(status));
}

Test(screens, a_terminal_that_takes_nothing_is_painted_right_later)
{
	char line[256];

	start("--many", busy, 24, 80);
	for (int i = 0; i < 400; i++) { /* keys go on while nobody reads */
		harness_send(&harness, i % 2 ? "j" : "k");
		usleep(5000);
	}
	harness_read(&harness, 500);
	harness_row(&harness, 2, line, sizeof line);
	cr_assert_str_eq(line, "  NAME           STATE     CPU%   MEM  LIM STAL  IO/s BRIDGE     UP WHY");
	seen("guest");
	stop();
}

Test(screens, keys_echo_while_a_stop_is_held_up)
{
	int64_t worst = 0, slow = 0;

	start("", mono, 24, 80);
	press("/web3\r");
	press("x");
	answer("y");
	seen("waiting: 3 processes left");
	press("b");
	for (int i = 0; i < 40; i++) {
		struct pollfd wait = {.fd = harness.fd, .events = POLLIN};
		int64_t begun = harness_now_ms(), took;

		harness_send(&harness, i % 2 ? "j" : "k");
		cr_assert_eq(poll(&wait, 1, WAIT), 1);
		took = harness_now_ms() - begun;
		worst = took > worst ? took : worst;
		slow += took > 5;
		harness_settle(&harness, 20);
	}
	cr_assert_leq(slow, 8, "%d of 40 keys took over 5 ms, the worst %d", (int)slow, (int)worst);
	stop();
}

Test(screens, bytes_stay_in_their_budget, .timeout = 60)
{
	char command[PATH_MAX + 32], lines[512] = "";
	FILE *pipe;
	size_t length;

	snprintf(command, sizeof command, "%s --bench", frozen());
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	length = fread(lines, 1, sizeof lines - 1, pipe);
	lines[length] = '\0';
	cr_assert_eq(pclose(pipe), 0, "%s", lines);
}

Test(screens, through_tmux, .timeout = 60)
{
	char command[2 * PATH_MAX], line[512];
	FILE *pipe;
	bool heading = false, cursor = false;

	if (system("command -v tmux > /dev/null") != 0)
		cr_skip_test("no tmux here");
	snprintf(command, sizeof command,
	         "s=auberge-test-%d; unset TMUX; tmux -L $s -f /dev/null new-session -d -x 80 -y 24 "
	         "\"LC_ALL=C.UTF-8 FROZEN_ROUND_MS=60000 %s\" && sleep 2 && tmux -L $s send-keys Down && sleep 1 && "
	         "tmux -L $s capture-pane -p; tmux -L $s kill-server",
	         (int)getpid(), frozen());
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	while (fgets(line, sizeof line, pipe)) {
		heading = heading || strstr(line, "NAME           STATE     CPU%   MEM  LIM STAL  IO/s BRIDGE     UP WHY");
		cursor = cursor || strncmp(line, "> mail           running?", 25) == 0;
	}
	pclose(pipe);
	cr_assert(heading);
	cr_assert(cursor);
}
