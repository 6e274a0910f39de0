/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw mode, signals as a descriptor, and pumps; see terminal.h. */
#include "commands/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
#define CAUGHT (sizeof caught / sizeof caught[0])

static int signal_pipe[2] = {-1, -1};
static struct sigaction former[CAUGHT];
static volatile sig_atomic_t resized;

static void on_signal(int number)
{
	unsigned char byte = (unsigned char)number;
	int saved = errno;

	if (number == SIGWINCH && resized) {
		errno = saved;
		return;
	}
	if (number == SIGWINCH)
		resized = 1;
	if (write(signal_pipe[1], &byte, 1) < 0) { /* a full pipe has told enough already */
	}
	errno = saved;
}

int signals_open(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (signal_pipe[0] >= 0)
		return signal_pipe[0];
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	for (size_t i = 0; i < CAUGHT; i++) {
		sigaction(caught[i], NULL, &former[i]);
		if (former[i].sa_handler != SIG_IGN) /* nohup stays nohup */
			sigaction(caught[i], &action, NULL);
	}
	return signal_pipe[0];
}

int signals_next(void)
{
	unsigned char byte;

	if (signal_pipe[0] < 0 || read(signal_pipe[0], &byte, 1) != 1)
		return 0;
	if (byte == SIGWINCH)
		resized = 0;
	return byte;
}

void signals_close(void)
{
	if (signal_pipe[0] < 0)
		return;
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &former[i], NULL);
	close(signal_pipe[0]);
	close(signal_pipe[1]);
	signal_pipe[0] = signal_pipe[1] = -1;
}

int signals_wait(int fd, int timeout_milliseconds)
{
	struct pollfd polled[2] = {{.fd = signal_pipe[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	int ready = poll(polled, 2, timeout_milliseconds);
	int number;

	if (ready > 0 && polled[0].revents) {
		number = signals_next();
		if (number && number != SIGWINCH)
			return -number;
	}
	return ready > 0 && polled[1].revents ? 1 : 0;
}

/*
 * Screen buffer, origin and scrolling region, mouse and focus reports, bracketed paste, cursor keys and keypad,
 * inverse, wrap, insert and newline modes, modifyOtherKeys, cursor, character set, colours. No DECSTR: the Linux
 * console lacks it.
 */
const char terminal_reset_bytes[] =
	"\033[?1047l\033[?6l\0337\033[r\0338"
	"\033[?9l\033[?1000l\033[?1001l\033[?1002l\033[?1003l\033[?1004l\033[?1005l\033[?1006l\033[?1015l\033[?2004l"
	"\033[?1l\033>\033[?5l\033[?7h\033[4l\033[20l\033[>4m\033[?25h\017\033(B\033[0m";

void terminal_begin(struct terminal *terminal)
{
	struct termios raw;

	*terminal = (struct terminal){.out = STDOUT_FILENO, .output = isatty(STDOUT_FILENO) == 1};
	if (terminal->output) {
		int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0)
			terminal->out = fd;
	}
	if (tcgetattr(STDIN_FILENO, &terminal->saved) < 0)
		return;
	raw = terminal->saved;
	cfmakeraw(&raw);
	terminal->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void terminal_end(struct terminal *terminal)
{
	if (terminal->output) {
		size_t length = strlen(terminal_reset_bytes);

		for (int tries = 0; length && tries < 2; tries++) { /* a terminal that takes nothing is not waited for long */
			struct pollfd polled = {.fd = terminal->out, .events = POLLOUT};
			const char *at = terminal_reset_bytes + (strlen(terminal_reset_bytes) - length);
			ssize_t wrote = poll(&polled, 1, 500) > 0 ? write(terminal->out, at, length) : 0;

			if (wrote > 0)
				length -= (size_t)wrote;
		}
	}
	if (terminal->raw) /* and what was typed for the guest is not for the shell */
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->saved);
	if (terminal->out != STDOUT_FILENO)
		close(terminal->out);
	*terminal = (struct terminal){.out = -1};
}

void terminal_size(unsigned *rows, unsigned *columns)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	*rows = size.ws_row;
	*columns = size.ws_col;
}

bool pump_pending(const struct pump *pump)
{
	return pump->start < pump->end;
}

bool pump_done(const struct pump *pump)
{
	return pump->to < 0 || (pump->from < 0 && !pump_pending(pump));
}

int pump_read(struct pump *pump)
{
	ssize_t got = read(pump->from, pump->data, sizeof pump->data);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0) { /* EIO is how a pty says end */
		pump->from = -1;
		return -1;
	}
	pump->start = 0;
	pump->end = (size_t)got;
	return 1;
}

void pump_text(struct pump *pump, const char *text)
{
	if (pump_pending(pump))
		return;
	pump->start = 0;
	pump->end = strlen(text);
	memcpy(pump->data, text, pump->end);
}

int pump_write(struct pump *pump)
{
	size_t length = pump->end - pump->start;
	ssize_t wrote;

	if (pump->to < 0)
		return -1;
	wrote = write(pump->to, pump->data + pump->start, length < PIPE_BUF ? length : PIPE_BUF);

	if (wrote < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (wrote < 0) {
		pump->failed = errno == EPIPE || errno == EIO ? 0 : errno; /* EIO: of a terminal that was hung up */
		pump->to = -1;
		return -1;
	}
	pump->start += (size_t)wrote;
	return 0;
}
