/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console screen: what it shows of a guest, its keys, and that nothing of a guest but cells reaches the terminal. */
#include "hostile_cases.h"
#include "screen_steps.h"

#include "frozen_console.h"

#define PREFIX "\035"

/* What is typed right behind a text field is dropped, so its end is waited for. */
static void go_on(const char *guest)
{
	char keys[64];

	press("/");
	seen("search:");
	snprintf(keys, sizeof keys, "%s\r", guest);
	press(keys);
	cr_assert(harness_wait_gone(&harness, "search:", WAIT));
	press("a");
}

static void attach(const char *guest, const char *const *environment, int rows, int columns)
{
	start("", environment, rows, columns);
	go_on(guest);
	seen("detach");
	harness_settle(&harness, 120);
}

static void leave(void)
{
	press(PREFIX "d");
	seen("F10");
	stop();
}

static void console_golden(const char *name, const char *const *environment, int rows, int columns)
{
	attach("web3", environment, rows, columns);
	seen("root@web3");
	compare(name);
	leave();
}

Test(console, colours_256)
{
	static const char *const many[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=60000", NULL};

	console_golden("console-256", many, 24, 80);
}

Test(console, ascii)
{
	console_golden("console-ascii", ascii, 24, 80);
}

Test(console, wide_140x40)
{
	attach("web3", mono, 40, 140);
	press("title\r");
	seen("top: 88%");
	compare("console-title");
	leave();
}

Test(console, keys_go_to_the_guest)
{
	attach("web3", mono, 24, 80);
	press("size\r");
	seen("23 80"); /* all rows but the strip's */
	press("q"); /* not ours without the prefix */
	press("Q");
	press("\003");
	seen("qQ^C");
	press("\r" PREFIX PREFIX);
	seen("# ^]");
	press(PREFIX "x"); /* no key of ours: both are the guest's */
	seen("^]^]x");
	press("\r");
	harness_send(&harness, "\033[200~pasted\033[201~");
	seen("# pasted");
	press(PREFIX "\033");
	harness_read(&harness, 300); /* a lone Esc takes its time */
	press("z");
	seen("pastedz");
	leave();
}

Test(console, the_strip_tells_the_keys_behind_the_prefix)
{
	attach("web3", mono, 24, 80);
	press(PREFIX);
	seen("d detach  n/p next");
	press("?");
	seen("Help: console");
	seen("detach and close it");
	press("q");
	seen("root@web3");
	leave();
}

Test(console, answers_go_to_the_guest_alone)
{
	attach("web3", mono, 24, 80);
	press("ask\r");
	seen("^[[8;1R"); /* as the guest echoes it */
	leave();
}

Test(console, watch_only_sends_nothing)
{
	attach("web3", mono, 24, 80);
	press(PREFIX "w");
	seen("watch only");
	press("z");
	seen("nothing is sent");
	harness_read(&harness, 1100);
	press(PREFIX "w");
	press("y");
	seen("# y");
	cr_assert(!harness_contains(&harness, "zy"));
	leave();
}

Test(console, a_message_gives_the_guests_line_back)
{
	attach("web3", mono, 24, 80);
	press(PREFIX "w");
	seen("watching only: nothing is sent");
	cr_assert(harness_wait_gone(&harness, "watching only: nothing is sent", 2 * WAIT));
	press(PREFIX "w");
	leave();
}

Test(console, scrollback_and_search)
{
	attach("db2", mono, 24, 80);
	seen("db2 login");
	press(PREFIX "[");
	seen("back 0 of");
	press("g");
	seen("001 checkpoint");
	press("G/failed\r");
	seen("200 checkpoint FAILED");
	press("n");
	seen("150 checkpoint FAILED");
	press("n");
	seen("100 checkpoint FAILED");
	press("nn");
	seen("not found above");
	press("N");
	seen("100 checkpoint FAILED");
	press("q");
	seen("db2 login");
	leave();
}

Test(console, several_stay_open)
{
	attach("web3", mono, 24, 80);
	press("hello");
	press(PREFIX "d");
	go_on("db2");
	seen("db2 login");
	seen("db2 R 2/2");
	press(PREFIX "n");
	seen("# hello"); /* as it was left */
	press(PREFIX "2");
	seen("this is tty2 of web3");
	seen("web3 tty2 R 3/3");
	press(PREFIX "7"); /* there is none: back to the one before */
	seen("has no tty 7");
	seen("this is tty2 of web3");
	press(PREFIX "p");
	seen("db2 login");
	press(PREFIX "q");
	go_on("web3");
	seen("# hello");
	seen("web3 R 1/2");
	leave();
}

Test(console, a_dead_guest_keeps_its_last_screen)
{
	attach("web3", mono, 24, 80);
	press("exit\r");
	seen("exited 0 at 22:13, Enter leaves");
	seen("Power down");
	press("x");
	seen("Power down");
	press(PREFIX "d");
	seen("F10");
	press("a"); /* it is there still */
	seen("Power down");
	press("\r");
	seen("F10");
	press("a");
	seen("web3 is stopped");
	stop();
}

Test(console, a_refused_console_says_why_until_someone_leaves)
{
	start("", mono, 24, 80);
	go_on("ns2");
	seen("detach");
	press("xX"); /* for a guest that never hears it */
	seen("the console could not be opened: the supervisor of ns2 does not answer");
	press("xXuDq"); /* no acts of the dashboard */
	seen("Enter leaves");
	press(PREFIX "[");
	seen("no console is open here");
	press(PREFIX "n");
	seen("no other console is open");
	press(PREFIX PREFIX "?");
	seen("Enter leaves");
	press("\r");
	seen("F10");
	cr_assert(!harness_contains(&harness, "stop   n"));
	stop();
}

Test(console, a_console_refused_behind_its_text_field_takes_that_along)
{
	start("", mono, 24, 80);
	go_on("ns2");
	seen("detach");
	press(PREFIX "/");
	seen("search:");
	press("abc");
	seen("the console could not be opened");
	cr_assert(harness_wait_gone(&harness, "search:", WAIT));
	press("d\r");
	seen("F10");
	stop();
}

Test(console, looking_back_quits_too)
{
	attach("db2", mono, 24, 80);
	press(PREFIX "[");
	seen("back 0 of");
	harness_send(&harness, "\033[200~pasted\033[201~");
	seen("pasted text ignored");
	stop(); /* by Q */
}

Test(console, a_flood_shows_its_end_and_keys_still_work)
{
	attach("web3", mono, 24, 80);
	press("flood\r");
	seen("flood line 19999");
	press("x");
	seen("# x");
	leave();
}

Test(console, resized_with_the_terminal)
{
	attach("web3", mono, 24, 80);
	harness_resize(&harness, 30, 100);
	harness_settle(&harness, 200);
	press("\rsize\r");
	seen("29 100");
	harness_resize(&harness, 2, 10);
	harness_settle(&harness, 200);
	harness_resize(&harness, 1, 1);
	harness_settle(&harness, 200);
	harness_resize(&harness, 24, 80);
	harness_settle(&harness, 200);
	press("\rsize\r");
	seen("23 80");
	leave();
}

/* --- nothing of a guest's but cells */

static struct {
	char *bytes;
	size_t length;
} heard;

static void hear(void *data, const char *bytes, size_t length)
{
	(void)data;
	heard.bytes = realloc(heard.bytes, heard.length + length + 1);
	memcpy(heard.bytes + heard.length, bytes, length);
	heard.length += length;
	heard.bytes[heard.length] = '\0';
}

/* What curses makes for xterm-256color while the screens are up: no string, no question, no mode but the cursor's. */
static bool allowed(const char *sequence, size_t length)
{
	static const char *const whole[] = {"\033(B", "\033)0", "\033M", "\033[?25h", "\033[?25l", "\033[?12l\033[?25h", "\033[?12l", "\033[?12h", "\033[4l", "\033[4h"};
	char final = sequence[length - 1];

	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		if (strlen(whole[i]) == length && memcmp(whole[i], sequence, length) == 0)
			return true;
	if (sequence[1] != '[' || !strchr("mHABCDGdJKXPLM@rSTb", final))
		return false;
	for (size_t i = 2; i + 1 < length; i++)
		if (!strchr("0123456789;", sequence[i]))
			return false;
	return true;
}

static size_t sequence_length(const char *at)
{
	size_t length = 1;

	if (at[length] == '[') {
		for (length++; at[length] && (unsigned char)at[length] < 0x40; length++)
			;
	} else {
		while (at[length] && (unsigned char)at[length] < 0x30)
			length++;
	}
	return at[length] ? length + 1 : length;
}

static void check_text(const char *bytes, size_t from, size_t length, size_t number)
{
	static const char controls[] = "\r\n\b\t\017"; /* with shift in, which is xterm's sgr0 */
	char clean[4096], text[4096];

	snprintf(text, sizeof text, "%.*s", (int)(length < 4000 ? length : 4000), bytes + from);
	auberge_text_clean(clean, sizeof clean, text, strlen(text), 0);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[from + i] < 0x20 || bytes[from + i] == 0x7f) {
			cr_assert(bytes[from + i] && strchr(controls, bytes[from + i]), "control %x after case %zu",
			          (unsigned char)bytes[from + i], number);
			return;
		}
	/* A mark may begin a run where the character before was written by another: x stands for that. */
	snprintf(text, sizeof text, "x%.*s", (int)(length < 4000 ? length : 4000), bytes + from);
	auberge_text_clean(clean, sizeof clean, text, strlen(text), 0);
	cr_assert_str_eq(clean, text, "text after case %zu", number);
}

/* What a read may have cut, from the last ESC on, waits for the rest; not at the end. */
static void check_heard(size_t number, bool end)
{
	size_t at = 0, run = 0, length = heard.length;

	while (!end && length > 0 && heard.bytes[--length] != 033)
		;
	while (at < length) {
		size_t step;

		if (heard.bytes[at] != 033 && (unsigned char)heard.bytes[at] >= 0x20) {
			at++;
			continue;
		}
		if (at > run)
			check_text(heard.bytes, run, at - run, number);
		step = heard.bytes[at] == 033 ? sequence_length(heard.bytes + at) : 1;
		if (heard.bytes[at] == 033)
			cr_assert(allowed(heard.bytes + at, step), "sequence ESC %.*s after case %zu", (int)step - 1,
			          heard.bytes + at + 1, number);
		else
			check_text(heard.bytes, at, 1, number);
		at += step;
		run = at;
	}
	if (at > run)
		check_text(heard.bytes, run, at - run, number);
	heard.length -= length;
	memmove(heard.bytes, heard.bytes + length, heard.length);
}

Test(console, hostile_text_leaves_no_sequence_of_its_own, .timeout = 180)
{
	static const char *const many[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=60000", NULL};
	static struct hostile_case cases[HOSTILE_CASES_MAX];
	size_t count = hostile_read(NULL, cases);
	char marker[64];

	cr_assert_geq(count, 300);
	hostile_free(cases, count);
	attach("ns1", many, 24, 140);
	seen("hostile cases");
	harness.hear = hear;
	for (size_t i = HOSTILE_STEP; i < count + HOSTILE_STEP; i += HOSTILE_STEP) {
		snprintf(marker, sizeof marker, "case %zu.", i < count ? i : count);
		harness_send(&harness, "x");
		seen(marker);
		check_heard(i, false);
	}
	harness_settle(&harness, 100);
	check_heard(count, true);
	harness.hear = NULL;
	free(heard.bytes);
	leave();
}
