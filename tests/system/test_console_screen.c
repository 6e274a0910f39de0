/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles inside the screens, with real guests. The terminal that the program sees is a pty whose other end is read
 * by the emulator that is under test elsewhere.
 */
#include "pair.h"
#include "place.h"

#include "auberge.h"
#include "term/vt.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 20000
#define PREFIX "\035"
#define ANSWERING "echo %s is up\nwhile read l; do case $l in size) stty size;; die) exit 0;; *) echo \"heard $l\";; esac; done\n"

TestSuite(console_screen, .init = place_begin, .fini = place_end, .timeout = 600);

static struct {
	pid_t pid;
	int fd;
	struct vt *vt;
} screens;

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool there(const char *text)
{
	int line = 0, column, width;

	return vt_search(screens.vt, text, false, &line, &column, &width);
}

static void read_some(int milliseconds)
{
	struct pollfd wait = {.fd = screens.fd, .events = POLLIN};
	char bytes[8192];
	ssize_t count;

	if (poll(&wait, 1, milliseconds) <= 0)
		return;
	count = read(screens.fd, bytes, sizeof bytes);
	for (size_t at = 0; count > 0 && at < (size_t)count;)
		at += vt_feed(screens.vt, bytes + at, (size_t)count - at);
}

static void rest(int milliseconds)
{
	int64_t end = now_ms() + milliseconds;

	while (now_ms() < end)
		read_some((int)(end - now_ms()));
}

static void seen(const char *text)
{
	int64_t end = now_ms() + (int64_t)(LIMIT_MS * run_time_factor());
	static char picture[32768];
	size_t length = 0;

	while (!there(text) && now_ms() < end)
		read_some(50);
	if (there(text))
		return;
	for (int row = 0; row < vt_rows(screens.vt) && length + 4096 < sizeof picture; row++) {
		struct cell cells[200];
		char line[4096] = "";

		vt_line(screens.vt, row, cells, vt_columns(screens.vt));
		for (int i = 0; i < vt_columns(screens.vt); i++)
			snprintf(line + strlen(line), sizeof line - strlen(line), "%c",
			         cells[i].characters[0] < 0x7f && cells[i].characters[0] >= ' ' ? (char)cells[i].characters[0] : '?');
		length += (size_t)snprintf(picture + length, sizeof picture - length, "%s|\n", line);
	}
	cr_assert_fail("no \"%s\" in\n%s", text, picture);
}

static void type(const char *keys)
{
	cr_assert_eq(write(screens.fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void open_screens(void)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	screens.vt = vt_open(24, 80);
	screens.pid = forkpty(&screens.fd, NULL, NULL, &size);
	cr_assert_geq(screens.pid, 0);
	if (screens.pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execlp(program, "auberge", NULL);
		_exit(127);
	}
	fcntl(screens.fd, F_SETFD, FD_CLOEXEC);
	seen("F10");
}

static void resize_screens(int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	vt_resize(screens.vt, rows, columns);
	ioctl(screens.fd, TIOCSWINSZ, &size);
	rest((int)(300 * run_time_factor()));
}

static bool is_gone(const void *pid)
{
	read_some(10);
	return waitpid(*(const pid_t *)pid, NULL, WNOHANG) != 0;
}

static void close_screens(void)
{
	type("Q");
	wait_until(is_gone, &screens.pid, 10, "the screens end");
	close(screens.fd);
	vt_close(screens.vt);
}

static void gone(const char *text)
{
	int64_t end = now_ms() + (int64_t)(LIMIT_MS * run_time_factor());

	while (there(text) && now_ms() < end)
		read_some(50);
	cr_assert(!there(text), "\"%s\" stays", text);
}

static void attach(const char *name)
{
	char keys[64];

	type("/");
	seen("search:");
	snprintf(keys, sizeof keys, "%s\r", name);
	type(keys);
	gone("search:"); /* what is typed right behind a text field is dropped, and this is behind that */
	type("a");
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
	open_screens();
	attach("web");
	seen("web is up"); /* what it said before is shown first */
	type("hello\r");
	seen("heard hello");
	seen("1 viewer");
	type("size\r");
	seen("23 80");
	resize_screens(30, 100);
	type("size\r");
	seen("29 100");
	type(PREFIX "d");
	seen("F10");
	attach("ldap");
	seen("ldap is up");
	seen("2/2");
	type("there\r");
	seen("heard there");
	type(PREFIX "n");
	seen("heard hello");
	type(PREFIX "9");
	seen("has no tty 9");
	seen("heard hello");
	type(PREFIX "d");
	seen("F10");
	close_screens();
	cr_assert_eq(au("kill web ldap"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(console_screen, another_viewer_is_counted)
{
	struct auberge_error error = {0};
	struct auberge_console *other;
	struct auberge *auberge;

	two_guests();
	open_screens();
	attach("web");
	seen("1 viewer");
	auberge = place_open();
	other = auberge_console_open(auberge, "web", 0, true, &error);
	cr_assert_not_null(other, "%s", error.text);
	seen("2 viewers");
	auberge_console_close(other);
	seen("1 viewer ");
	auberge_close(auberge);
	type(PREFIX "d");
	seen("F10");
	close_screens();
}

Test(console_screen, a_guest_that_ends_leaves_its_last_screen)
{
	two_guests();
	open_screens();
	attach("web");
	seen("web is up");
	type("last words\r");
	seen("heard last words");
	type("die\r");
	seen("Enter leaves");
	seen("heard last words");
	seen(" at "); /* the time, once the next round has read how it ended */
	type(PREFIX "[");
	seen("back");
	type("q");
	seen("Enter leaves");
	type("\r");
	seen("F10");
	close_screens();
	cr_assert_str_eq(guest_state("ldap"), "running");
}

Test(console_screen, a_console_outlives_the_supervisor)
{
	struct pair pair;

	two_guests();
	open_screens();
	attach("web");
	type("one\r");
	seen("heard one");
	pair = pair_of("web");
	kill(pair.supervisor, SIGKILL);
	type("two\r");
	rest((int)(500 * run_time_factor()));
	type("three\r");
	seen("heard three");
	type(PREFIX "d");
	seen("F10");
	close_screens();
	cr_assert_str_eq(guest_state("web"), "running");
}
