/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Screens in a pty; see terminal.h. Owns the one that is open. */
#include "terminal.h"

#include "place.h"
#include "term/vt.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 10000
#define COLUMNS_MOST 200

static struct {
	pid_t pid;
	int fd;
	struct vt *vt;
} terminal;

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void read_some(int milliseconds)
{
	struct pollfd wait = {.fd = terminal.fd, .events = POLLIN};
	char bytes[8192];
	ssize_t count;

	if (poll(&wait, 1, milliseconds) <= 0)
		return;
	count = read(terminal.fd, bytes, sizeof bytes);
	for (size_t at = 0; count > 0 && at < (size_t)count;)
		at += vt_feed(terminal.vt, bytes + at, (size_t)count - at);
}

static const char *picture(void)
{
	static char text[65536];
	size_t length = 0;

	text[0] = '\0';
	for (int row = 0; row < vt_rows(terminal.vt); row++) {
		struct cell cells[COLUMNS_MOST];

		vt_line(terminal.vt, row, cells, vt_columns(terminal.vt));
		for (int i = 0; i < vt_columns(terminal.vt) && length + 2 < sizeof text; i++) {
			uint32_t character = cells[i].characters[0];

			text[length++] = character >= ' ' && character < 0x7f ? (char)character : character ? '?' : ' ';
		}
		text[length++] = '\n';
		text[length] = '\0';
	}
	return text;
}

bool terminal_has(const char *text)
{
	return strstr(picture(), text) != NULL;
}

/* True once text is there, or is not: as wanted. */
static bool wait_for(const char *text, bool wanted, double milliseconds)
{
	int64_t end = now_ms() + (int64_t)milliseconds;

	do
		read_some(50);
	while (terminal_has(text) != wanted && now_ms() < end);
	return terminal_has(text) == wanted;
}

void terminal_see(const char *text)
{
	cr_assert(wait_for(text, true, run_patience(LIMIT_MS)), "no \"%s\" in\n%s", text, picture());
}

void terminal_see_gone(const char *text)
{
	cr_assert(wait_for(text, false, run_patience(LIMIT_MS)), "\"%s\" stays in\n%s", text, picture());
}

void terminal_rest(int milliseconds)
{
	int64_t end = now_ms() + milliseconds;

	while (now_ms() < end)
		read_some((int)(end - now_ms()));
}

void terminal_type(const char *keys)
{
	cr_assert_eq(write(terminal.fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

void terminal_type_until(const char *keys, const char *text)
{
	int64_t end = now_ms() + (int64_t)run_patience(LIMIT_MS);

	do
		terminal_type(keys);
	while (!wait_for(text, true, 1000 * run_time_factor()) && now_ms() < end);
	terminal_see(text);
}

void terminal_run(int rows, int columns, const char *const *argv)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	terminal.vt = vt_open(rows, columns);
	terminal.pid = forkpty(&terminal.fd, NULL, NULL, &size);
	cr_assert_geq(terminal.pid, 0);
	if (terminal.pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	fcntl(terminal.fd, F_SETFD, FD_CLOEXEC);
}

void terminal_open(int rows, int columns)
{
	const char *program = getenv("AUBERGE_PROGRAM");

	terminal_run(rows, columns, (const char *const[]){program ? program : "./auberge", NULL});
	terminal_see("F10");
}

void terminal_resize(int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	vt_resize(terminal.vt, rows, columns);
	ioctl(terminal.fd, TIOCSWINSZ, &size);
	terminal_rest((int)(300 * run_time_factor()));
}

static int ended; /* its wait status */

static bool is_gone(const void *pid)
{
	if (terminal.fd >= 0)
		read_some(10);
	return waitpid(*(const pid_t *)pid, &ended, WNOHANG) != 0;
}

int terminal_end(void)
{
	wait_until(is_gone, &terminal.pid, 10, "what runs on the terminal ends");
	if (terminal.fd >= 0)
		close(terminal.fd);
	vt_close(terminal.vt);
	return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}

int terminal_hang_up(void)
{
	close(terminal.fd);
	terminal.fd = -1;
	return terminal_end();
}

void terminal_close(const char *keys)
{
	int status;

	terminal_type(keys);
	status = terminal_end();
	cr_expect_eq(status, 0, "status %d", status);
}
