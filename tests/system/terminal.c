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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 20000
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

static void picture(char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (int row = 0; row < vt_rows(terminal.vt); row++) {
		struct cell cells[COLUMNS_MOST];

		vt_line(terminal.vt, row, cells, vt_columns(terminal.vt));
		for (int i = 0; i < vt_columns(terminal.vt) && length + 2 < size; i++) {
			uint32_t character = cells[i].characters[0];

			out[length++] = character >= ' ' && character < 0x7f ? (char)character : character ? '?' : ' ';
		}
		out[length++] = '\n';
		out[length] = '\0';
	}
}

void terminal_see(const char *text)
{
	int64_t end = now_ms() + (int64_t)(LIMIT_MS * run_time_factor());
	static char now[65536];

	do {
		read_some(50);
		picture(now, sizeof now);
		if (strstr(now, text))
			return;
	} while (now_ms() < end);
	cr_assert_fail("no \"%s\" in\n%s", text, now);
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

void terminal_open(int rows, int columns)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	terminal.vt = vt_open(rows, columns);
	terminal.pid = forkpty(&terminal.fd, NULL, NULL, &size);
	cr_assert_geq(terminal.pid, 0);
	if (terminal.pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execlp(program, "auberge", NULL);
		_exit(127);
	}
	fcntl(terminal.fd, F_SETFD, FD_CLOEXEC);
	terminal_see("F10");
}

static bool is_gone(const void *pid)
{
	read_some(10);
	return waitpid(*(const pid_t *)pid, NULL, WNOHANG) != 0;
}

void terminal_close(void)
{
	terminal_type("Q");
	wait_until(is_gone, &terminal.pid, 10, "the screens end");
	close(terminal.fd);
	vt_close(terminal.vt);
}
