/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Terminals: each kind starts, is painted, leaves and is given back; sizes, themes, keys, paste, wide characters. */
#include "screen_steps.h"

#include <ctype.h>
#include <fcntl.h>

TestSuite(terminals, .timeout = 120);

static void start_as(const char *terminal, const char *more, int rows, int columns)
{
	char term[64];
	const char *const argv[] = {frozen(), "", NULL};
	const char *environment[] = {"LC_ALL=C.UTF-8", "NO_COLOR", "FROZEN_ROUND_MS=60000", "ESCDELAY=", "SSH_CONNECTION=", "COLORTERM",
	                             term, more, NULL};

	snprintf(term, sizeof term, terminal ? "TERM=%s" : "TERM", terminal);
	cr_assert(harness_start(&harness, argv, environment, rows, columns), "%s", term);
}

static bool any_colour(void)
{
	char *dump = harness_dump(&harness);
	bool any = strstr(dump, "\nf") != NULL;

	free(dump);
	return any;
}

/* Whether something has a colour of that kind: '+' of the 240 beyond the first 16, '#' exact. */
static bool has_kind(char kind)
{
	char *dump = harness_dump(&harness), *rest = dump, *line;
	bool any = false;

	while ((line = strsep(&rest, "\n")))
		any = any || (line[0] == 'f' && strchr(line, kind));
	free(dump);
	return any;
}

/* Whether the row comes to begin with the cursor's mark. */
static bool cursor_comes_to(int row)
{
	int64_t until = harness_now_ms() + WAIT;
	char line[1024];

	do {
		harness_row(&harness, row, line, sizeof line);
		if (line[0] == '>')
			return true;
		harness_read(&harness, 20);
	} while (harness_now_ms() < until);
	return false;
}

Test(terminals, each_kind)
{
	static const struct {
		const char *name, *says;
		bool colours;
	} kinds[] = {
		{"xterm", NULL, true}, {"xterm-256color", NULL, true}, {"xterm-color", NULL, true}, {"xterm-mono", NULL, false},
		{"vt100", NULL, false}, {"vt102", NULL, false}, {"vt220", NULL, false}, {"linux", NULL, true}, {"screen", NULL, true},
		{"screen-256color", NULL, true}, {"tmux", NULL, true}, {"tmux-256color", NULL, true}, {"rxvt", NULL, true},
		{"rxvt-unicode", NULL, true}, {"rxvt-unicode-256color", NULL, true}, /* not ansi and cygwin, which wrap as libvterm does not */
		{"dumb", "terminal dumb is not known here: taken for vt100", false},
		{"nonesuch", "terminal nonesuch is not known here: taken for vt100", false},
		{"xterm-nonesuch", "terminal xterm-nonesuch is not known here: taken for xterm-256color", true},
		{"", "terminal (none) is not known here: taken for vt100", false},
		{NULL, "terminal (none) is not known here: taken for vt100", false},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		char line[256];

		start_as(kinds[i].name, NULL, 24, 80);
		seen("F10");
		if (kinds[i].says)
			seen(kinds[i].says);
		harness_read(&harness, 350);
		harness_row(&harness, 2, line, sizeof line);
		cr_expect_str_eq(line, "  NAME           STATE     CPU%   MEM  LIM STAL  IO/s BRIDGE     UP WHY", "%s", kinds[i].name);
		harness_row(&harness, 5, line, sizeof line);
		cr_expect(strstr(line, "web3           running   88.1  1.0G 100% M31   4.3M br0      3d04 2 OOM kills"), "%s: %s",
		          kinds[i].name, line);
		cr_expect_eq(any_colour(), kinds[i].colours, "%s", kinds[i].name);
		press("j");
		cr_expect(cursor_comes_to(4), "%s", kinds[i].name);
		stop();
	}
}

Test(terminals, no_color)
{
	start_as("xterm-256color", "NO_COLOR=1", 24, 80);
	seen("F10");
	cr_assert(!any_colour());
	press("O");
	press("l");
	seen("this terminal shows no colours, or NO_COLOR is set: the theme stays mono");
	press("q");
	stop();
	start_as("xterm-256color", "NO_COLOR=", 24, 80); /* set but empty means nothing */
	seen("F10");
	cr_assert(any_colour());
	stop();
}

static void start_themed(const char *theme, const char *terminal)
{
	char more[64], path[4096];

	snprintf(path, sizeof path, "%s/themes", getenv("AUBERGE_TEST_SOURCE") ? getenv("AUBERGE_TEST_SOURCE") : ".");
	setenv("AUBERGE_THEMES", path, 1);
	snprintf(more, sizeof more, "FROZEN_THEME=%s", theme);
	start_as(terminal, more, 24, 80);
	seen("F10");
	harness_read(&harness, 350);
}

Test(terminals, themes_are_painted)
{
	static const char *const names[] = {"dark", "light", "high-contrast", "cvd", "mono"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char golden_name[64];

		start_themed(names[i], "xterm");
		snprintf(golden_name, sizeof golden_name, "theme-%s-16", names[i]);
		compare(golden_name);
		stop();
		start_themed(names[i], "xterm-256color");
		cr_assert(!harness_contains(&harness, "theme"), "%s is well", names[i]);
		cr_assert_eq(has_kind('+'), strcmp(names[i], "mono") != 0, "%s", names[i]);
		stop();
	}
	start_themed("nonesuch", "xterm");
	seen("theme nonesuch: there is no nonesuch.ini in");
	stop();
}

Test(terminals, true_colour)
{
	if (system("infocmp xterm-direct >/dev/null 2>&1") != 0)
		cr_skip_test("no xterm-direct here: true colour is not looked at");
	start_themed("dark", "xterm-direct");
	seen("old-app");
	cr_assert(has_kind('#'));
	cr_assert(!has_kind('+'));
	stop();
}

Test(terminals, settings_change_at_once_and_are_saved_only_when_asked)
{
	char directory[] = "/tmp/auberge-screens-XXXXXX", more[96], file[64], text[512] = "";
	int fd;

	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof file, "%s/screen.ini", directory);
	snprintf(more, sizeof more, "FROZEN_SETTINGS=%s", file);
	start_as("xterm", more, 24, 80);
	seen("F10");
	press("O");
	seen("theme    < default >");
	press("h"); /* before default: dark, or whatever is there */
	cr_assert(harness_wait_gone(&harness, "< default >", WAIT));
	press("l");
	seen("theme    < default >");
	press("jl");
	seen("rate     < 3s >");
	press("jl");
	seen("sort     < name >");
	press("jl");
	seen("ascii    < yes >");
	cr_assert(!harness_contains(&harness, "ü"), "at once");
	cr_assert(!harness_contains(&harness, "│"));
	press("q"); /* an Esc and an O would be one key */
	cr_assert(harness_wait_gone(&harness, "Settings", WAIT));
	seen("sort name");
	cr_assert_lt(access(file, F_OK), 0, "nothing was written");
	press("O");
	press("s");
	seen("written to");
	press("q");
	stop();
	fd = open(file, O_RDONLY | O_CLOEXEC);
	cr_assert_gt(read(fd, text, sizeof text - 1), 0);
	close(fd);
	cr_assert_str_eq(text, "[screen]\ntheme = default\nrate = 3s\nsort = name\nascii = yes\n");
	unlink(file);
	rmdir(directory);
}

Test(terminals, ascii_has_no_other_byte)
{
	char *dump;

	start("", ascii, 24, 80);
	go_to("web3");
	press("X");
	seen("Kill web3");
	seen("+- Kill web3 -");
	dump = harness_dump(&harness);
	for (const char *byte = dump; *byte; byte++)
		cr_assert(isascii((unsigned char)*byte), "%s", dump);
	free(dump);
	answer("n");
	stop();
}

Test(terminals, sizes)
{
	static const int sizes[][2] = {{10, 40}, {24, 80}, {40, 140}, {200, 500}, {50, 300}, {5, 20}, {3, 10}, {2, 80}, {1, 1}, {24, 1}, {1, 200}};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		bool full = sizes[i][0] >= 10 && sizes[i][1] >= 40;

		start_as("xterm-256color", NULL, sizes[i][0], sizes[i][1]);
		if (full)
			seen("web3");
		harness_settle(&harness, 500);
		press("jk/");
		press("\003");
		harness_settle(&harness, 300);
		press("?");
		press("q");
		press("O");
		press("q");
		press("t");
		press("u");
		if (full)
			seen("Start 1 tagged");
		answer("n");
		stop();
	}
}

Test(terminals, storm_of_200_resizes)
{
	unsigned state = 1;

	start_as("xterm-256color", NULL, 24, 80);
	seen("F10");
	for (int i = 0; i < 200; i++) {
		state = state * 1103515245 + 12345;
		harness_resize(&harness, 1 + (int)(state >> 16) % 60, 1 + (int)(state >> 8) % 200);
		if (i % 10 == 0)
			press("j");
		harness_read(&harness, i % 7 == 0 ? 40 : 2);
	}
	harness_resize(&harness, 24, 80);
	harness_settle(&harness, 400);
	press("g\014");
	harness_settle(&harness, 200);
	cr_assert(harness_contains(&harness, "  NAME           STATE     CPU%   MEM  LIM STAL  IO/s BRIDGE     UP WHY"));
	seen("F10Quit");
	stop();
}

Test(terminals, keys_of_putty_rxvt_linux_and_others)
{
	static const char *const first[] = {"\033OP", "\033[11~", "\033[[A"}; /* F1: xterm and VT100+, rxvt and PuTTY, linux */
	static const char *const filters[] = {"\033OS", "\033[14~", "\033[[D"};
	static const char *const home[] = {"\033[H", "\033OH", "\033[1~", "\033[7~"}, *const end[] = {"\033[F", "\033OF", "\033[4~", "\033[8~"};

	start("", mono, 24, 80);
	for (size_t i = 0; i < 3; i++) {
		press(first[i]);
		seen("Help: dashboard");
		press("q");
		press(filters[i]);
		seen(" filter: ");
		press("\003");
	}
	for (size_t i = 0; i < 4; i++) {
		press(end[i]);
		cr_expect(cursor_comes_to(12), "end %zu", i);
		press(home[i]);
		cr_expect(cursor_comes_to(3), "home %zu", i);
	}
	press("\033[B\033OB\033[6~\033[5~\033[1;5A\033[a\033Oa\033[11$\033[3^"); /* the modified ones do nothing */
	cr_expect(cursor_comes_to(3));
	press("\033[19~"); /* F8 of all of them */
	seen("F8");
	stop();
}

/* All of it, however slowly it is read. */
static void send_whole(const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t wrote = write(harness.fd, text, length);

		if (wrote < 0)
			harness_read(&harness, 5);
		text += wrote > 0 ? wrote : 0;
		length -= wrote > 0 ? (size_t)wrote : 0;
	}
}

Test(terminals, paste_of_any_size_does_nothing)
{
	start("", mono, 24, 80);
	send_whole("\033[200~");
	for (int i = 0; i < 2000; i++)
		send_whole("XyDQq\r\033Oxx \n*u");
	send_whole("\033[201~");
	seen("pasted text ignored");
	cr_assert(!harness_contains(&harness, "tagged"));
	cr_assert(!harness_contains(&harness, "Kill"));
	press("X");
	seen("not running"); /* the first is FAILED */
	stop();
}

Test(terminals, wide_and_combining_characters)
{
	char line[512];

	start("", mono, 24, 80);
	press("\\");
	seen(" filter: ");
	press("name:\346\274\242\345\255\227e\314\201x");
	seen(" filter: name:\346\274\242\345\255\227e"); /* the emulator keeps the accent apart */
	press("\177\177\177\177\177"); /* x, the accent, e, and the two wide ones */
	press("web");
	seen(" filter: name:web");
	press("\r");
	cr_assert(harness_wait_gone(&harness, "old-app", WAIT));
	press("/\346\274\242\r");
	seen("no guest shown has that");
	harness_row(&harness, 3, line, sizeof line);
	cr_expect(strstr(line, "web3           running   88.1"), "columns stand where they stood: %s", line);
	stop();
}
