/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the screens promise in general, tried where it once did not hold: a paste is taken whole or not at all and that
 * is said; a question says which guest it is about on the narrowest terminal too; what is searched for.
 */
#include "screen_steps.h"

#define PASTE(text) "\033[200~" text "\033[201~"
#define ESCAPE "\033"

/* The screens below the dashboard hold text: the program is ended as a shutdown would end it. */
static void end(void)
{
	int status;

	kill(harness.pid, SIGTERM);
	status = harness_finish(&harness, WAIT);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM, "wait status %x", status);
	harness_free(&harness);
}

/* A paste of lines of eight bytes, so many bytes in all. */
static void paste_lines(size_t bytes)
{
	static char text[128 * 1024];
	size_t length = (size_t)sprintf(text, "\033[200~");

	for (size_t i = 0; i < bytes / 8; i++)
		length += (size_t)sprintf(text + length, "#%06zu\n", i % 1000000);
	sprintf(text + length, "\033[201~");
	for (size_t at = 0, left = strlen(text); at < left; at += 2000) { /* a terminal takes no more at once */
		char piece[2001];

		snprintf(piece, sizeof piece, "%s", text + at);
		harness_send(&harness, piece);
		harness_read(&harness, 5);
	}
}

static void edit(const char *name)
{
	start("", mono, 24, 80);
	go_to(name);
	press("e");
	seen("Edit ");
}

Test(as_written, a_long_paste_into_raw_text_is_whole)
{
	edit("web3");
	press("\022");
	seen("raw text");
	paste_lines(40000);
	seen("#004999");
	end();
}

Test(as_written, a_paste_that_is_too_long_is_refused_whole)
{
	edit("web3");
	press("\022");
	seen("raw text");
	paste_lines(80000);
	seen("the pasted text is longer than 64 KiB: nothing was pasted");
	cr_assert_not(harness_contains(&harness, "#000000"));
	end();
}

Test(as_written, a_paste_into_a_field_is_whole_or_not_at_all)
{
	edit("web3");
	press("\t");
	paste_lines(8000);
	seen("a value has at most 4000 bytes: nothing was pasted");
	cr_assert_not(harness_contains(&harness, "#000000"));
	end();
}

Test(as_written, a_paste_where_no_text_goes_says_so)
{
	edit("web3");
	seen("kind"); /* a choice */
	press(PASTE("vm"));
	seen("pasted text ignored");
	end();
}

Test(as_written, a_paste_into_a_question_line)
{
	start("", mono, 24, 80);
	press("\\");
	seen(" filter: ");
	paste_lines(320);
	seen("there is no room for all of it: nothing was pasted");
	press(PASTE("state:running\nstall>10\n"));
	seen(" filter: state:running stall>10");
	cr_assert_not(harness_contains(&harness, "no room"));
	press("\r");
	seen("filter: state:running stall>10");
	stop();
}

Test(as_written, a_filter_that_is_wrong_can_be_mended_on_a_narrow_terminal)
{
	start("", mono, 10, 40);
	press("\\");
	seen(" filter: ");
	press("stae:running\r");
	seen("filter term stae:running: no such");
	seen(" filter: stae:running");
	press("\025state:running\r");
	cr_assert(harness_wait_gone(&harness, "no such", WAIT));
	stop();
	start("", mono, 24, 80);
	press("\\");
	seen(" filter: ");
	press("stae:running\r");
	seen("no such field; did you mean state?");
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "no such", WAIT));
	stop();
}

Test(as_written, a_question_names_its_guest_on_a_narrow_terminal)
{
	start("", mono, 10, 40);
	go_to("web3");
	press("x");
	seen(" Stop web3?  y stop  n leave it");
	answer("n");
	stop();
	start("", mono, 10, 30);
	go_to("web3");
	press("x");
	seen(" Stop web~  y stop  n leave it");
	answer("n");
	stop();
}

Test(as_written, search_finds_a_mac)
{
	start("", mono, 24, 80);
	go_to("4A:11");
	seen("> web3");
	stop();
}

Test(as_written, the_head_of_a_guest_cuts_no_word)
{
	char line[128];

	start("", mono, 10, 40);
	go_to("web3");
	press("\r");
	seen("1Tri");
	harness_settle(&harness, 60);
	harness_row(&harness, 0, line, sizeof line);
	cr_assert_str_eq(line, " web3  running  up 3d04   3 of 10   < >");
	stop();
}

Test(as_written, a_message_is_told_to_its_end)
{
	start("", mono, 10, 40);
	go_to("web3");
	press("D");
	seen("power it off: auberge kill web3");
	stop();
}

static void tag(const char *const *names)
{
	for (; *names; names++) {
		go_to(*names);
		press("t");
	}
}

Test(as_written, destroy_takes_the_tags_and_each_name)
{
	static const char *const three[] = {"web3", "test", "old-app", NULL};

	start("", mono, 24, 80);
	tag(three);
	press("D");
	seen("Destroy 2 of 3 tagged guests");
	seen("web3 running, left out: running, not stopped");
	seen("old-app FAILED");
	seen("deleted  /var/lib/auberge/test-ü1/");
	seen("Nothing is deleted before the last name.");
	seen("type each name (1 of 2):");
	answer("web3\r");
	seen("That is none of them: nothing is done");
	press("\025test-ü1\r");
	seen("type each name (2 of 2):");
	seen("test-ü1 stopped, typed");
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "type each", WAIT));
	seen("tagged 3"); /* not done */
	press("D");
	seen("type each name (1 of 2):");
	answer("old-app\r");
	seen("type each name (2 of 2):");
	press("test-ü1\r");
	seen("1 destroyed, 1 failed, 1 left out");
	seen("destroyed: kept /srv/ldap");
	press("j");
	seen("Device or resource");
	press("q");
	cr_assert(harness_wait_gone(&harness, "tagged", WAIT));
	stop();
}

Test(as_written, destroy_lists_even_one_tagged_guest)
{
	static const char *const one[] = {"old-app", NULL};

	start("", mono, 24, 80);
	tag(one);
	go_to("test");
	press("D");
	seen("Destroy 1 tagged guest");
	seen("old-app FAILED");
	answer("test-ü1\r");
	seen("That is none of them: nothing is done");
	press("\025old-app\r");
	seen("1 destroyed");
	stop();
}

Test(as_written, destroy_with_none_of_the_tagged_stopped)
{
	static const char *const two[] = {"web3", "ns1", NULL};

	start("", mono, 24, 80);
	tag(two);
	press("D");
	seen("D: none of the 2 tagged is stopped");
	stop();
}

Test(as_written, console_and_edit_take_the_tags)
{
	static const char *const two[] = {"web3", "old-app", NULL};

	start("", mono, 24, 80);
	tag(two);
	go_to("ns1");
	press("a");
	seen("Console of which tagged guest");
	seen("old-app                  FAILED");
	press("k\r"); /* on web3, which can take it; above it old-app */
	seen("old-app is failed, not running");
	press("a");
	seen("Console of which tagged guest");
	press("\r");
	seen("root@web3");
	press("\035d");
	seen("tagged 1");
	press("e");
	seen("Edit which tagged guest");
	press("\r");
	seen("Edit old-app");
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "Edit old-app", WAIT));
	cr_assert_not(harness_contains(&harness, "tagged"));
	press("e");
	seen("Edit ");
	end();
}

Test(as_written, shell_is_of_a_tagged_guest)
{
	static const char *const two[] = {"old-app", "test", NULL};

	start("", mono, 24, 80);
	tag(two);
	go_to("web3");
	press("S");
	seen("S: none of the 2 tagged can take it, they are not running");
	stop();
}

Test(as_written, bridges_filter_sort_and_tag)
{
	char line[128];

	start("--bridges", mono, 24, 80);
	seen("90K");
	press("\\");
	seen(" lines that have: ");
	press("br0 dup\r");
	seen("filter: br0 dup");
	cr_assert(harness_wait_gone(&harness, "vethweb3", WAIT));
	seen("vethdb2");
	cr_assert_not(harness_contains(&harness, "V2002"));
	seen("warnings: 2 dup. MACs"); /* of all */
	press("\033OS"); /* F4 */
	seen(" lines that have: br0 dup");
	press("\025nosuch\r");
	seen("nothing here passes the filter");
	press("\\");
	seen(" lines that have: ");
	press("\025br0\r");
	seen("vethweb3");
	press("o");
	seen("Sort by");
	press("j\r");
	seen("sort rx");
	harness_settle(&harness, 60);
	harness_row(&harness, 3, line, sizeof line);
	cr_assert_not_null(strstr(line, "eno1"), "%s", line);
	go_to("vethdb2");
	press(" ");
	seen("*db2");
	seen("tagged 1");
	press("*");
	seen("*web3");
	press("T");
	cr_assert(harness_wait_gone(&harness, "tagged", WAIT));
	press("T");
	seen("T: nothing is tagged");
	stop();
}

Test(as_written, what_to_sort_by_stands_as_the_columns)
{
	char line[128], next[128];
	int row = 0;

	start("", mono, 24, 80);
	press("o");
	seen("Sort by");
	do
		harness_row(&harness, row++, line, sizeof line);
	while (row < 23 && !strstr(line, " state  "));
	harness_row(&harness, row, next, sizeof next);
	cr_assert_not_null(strstr(next, " cpu  "), "%s", next);
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "Sort by", WAIT));
	stop();
}

Test(as_written, a_config_without_a_name_says_where_it_goes)
{
	start("", mono, 24, 80);
	press("c");
	seen("# NAME: see auberge-guest.ini(5)");
	end();
}
