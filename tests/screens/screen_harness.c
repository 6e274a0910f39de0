/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen_harness.h"

#include <errno.h>
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
#include <utmp.h>

#define SETTLE_MAX 2000 /* ms: a screen that never rests is looked at as it is */

int64_t harness_now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int on_property(VTermProp property, VTermValue *value, void *data)
{
	struct harness *harness = data;

	/* Leaving the alternate screen, this emulator also brings back whether the cursor was shown when it was last saved,
	 * which curses does as it scrolls. No terminal does that. */
	if (property == VTERM_PROP_ALTSCREEN) {
		harness->leaves = harness->alternate && !value->boolean;
		harness->alternate = value->boolean;
	}
	if (property == VTERM_PROP_CURSORVISIBLE && !harness->leaves)
		harness->cursor = value->boolean;
	if (property == VTERM_PROP_CURSORVISIBLE)
		harness->leaves = false;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void become(struct harness *harness, const char *const *argv, const char *const *environment)
{
	for (size_t i = 0; environment && environment[i]; i++) {
		char *copy = strdup(environment[i]), *value = copy ? strchr(copy, '=') : NULL;

		if (value) {
			*value = '\0';
			setenv(copy, value + 1, 1);
		} else if (copy) {
			unsetenv(copy);
		}
		free(copy);
	}
	close(harness->fd);
	login_tty(harness->slave);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool harness_start(struct harness *harness, const char *const *argv, const char *const *environment, int rows,
                   int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	memset(harness, 0, sizeof *harness);
	harness->rows = rows;
	harness->columns = columns;
	harness->cursor = true;
	if (openpty(&harness->fd, &harness->slave, NULL, NULL, &size) < 0)
		return false;
	fcntl(harness->fd, F_SETFD, FD_CLOEXEC);
	tcgetattr(harness->slave, &harness->before);
	harness->terminal = vterm_new(rows, columns);
	vterm_set_utf8(harness->terminal, 1);
	harness->screen = vterm_obtain_screen(harness->terminal);
	vterm_screen_set_callbacks(harness->screen, &callbacks, harness);
	vterm_screen_enable_altscreen(harness->screen, 1);
	vterm_screen_reset(harness->screen, 1);
	harness->pid = fork();
	if (harness->pid == 0)
		become(harness, argv, environment);
	fcntl(harness->fd, F_SETFL, O_NONBLOCK);
	return harness->pid > 0;
}

/* Reads once, waiting at most so long. False: nothing came. */
static bool pump(struct harness *harness, int64_t milliseconds)
{
	struct pollfd wait = {.fd = harness->fd, .events = POLLIN};
	char block[8192];
	ssize_t got;

	if (milliseconds < 0 || harness->gone || poll(&wait, 1, (int)milliseconds) <= 0)
		return false;
	got = read(harness->fd, block, sizeof block);
	if (got <= 0) {
		harness->gone = got == 0 || errno == EIO;
		return false;
	}
	harness->bytes += (uint64_t)got;
	if (harness->hear)
		harness->hear(harness->hear_data, block, (size_t)got);
	vterm_input_write(harness->terminal, block, (size_t)got);
	return true;
}

void harness_send(struct harness *harness, const char *keys)
{
	size_t length = strlen(keys);

	while (length > 0) {
		ssize_t wrote = write(harness->fd, keys, length);

		if (wrote < 0)
			return;
		keys += wrote;
		length -= (size_t)wrote;
	}
}

void harness_resize(struct harness *harness, int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	harness->rows = rows;
	harness->columns = columns;
	vterm_set_size(harness->terminal, rows, columns);
	ioctl(harness->fd, TIOCSWINSZ, &size);
}

static size_t encode(uint32_t character, char *out)
{
	if (character == 0)
		character = ' ';
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		out[0] = (char)(0xc0 | character >> 6);
		out[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | (character >> 12 & 0x0f));
	out[1] = (char)(0x80 | (character >> 6 & 0x3f));
	out[2] = (char)(0x80 | (character & 0x3f));
	return 3;
}

static bool cell_at(struct harness *harness, int row, int column, VTermScreenCell *cell)
{
	memset(cell, 0, sizeof *cell);
	return vterm_screen_get_cell(harness->screen, (VTermPos){.row = row, .col = column}, cell);
}

static size_t row_text(struct harness *harness, int row, char *out, size_t size)
{
	size_t length = 0;

	for (int column = 0; column < harness->columns && length + 4 < size; column++) {
		VTermScreenCell cell;

		cell_at(harness, row, column, &cell);
		if (cell.chars[0] == (uint32_t)-1) /* the second half of a wide one */
			continue;
		length += encode(cell.chars[0], out + length);
	}
	out[length] = '\0';
	return length;
}

void harness_row(struct harness *harness, int row, char *out, size_t size)
{
	size_t length = row_text(harness, row, out, size);

	while (length > 0 && out[length - 1] == ' ')
		out[--length] = '\0';
}

bool harness_contains(struct harness *harness, const char *text)
{
	char line[2048];

	for (int row = 0; row < harness->rows; row++) {
		row_text(harness, row, line, sizeof line);
		if (strstr(line, text))
			return true;
	}
	return false;
}

static bool wait_for(struct harness *harness, const char *text, bool wanted, int milliseconds)
{
	int64_t until = harness_now_ms() + milliseconds;

	while (harness_contains(harness, text) != wanted) {
		int64_t left = until - harness_now_ms();

		if (left <= 0 || harness->gone)
			return false;
		pump(harness, left);
	}
	return true;
}

bool harness_wait(struct harness *harness, const char *text, int milliseconds)
{
	return wait_for(harness, text, true, milliseconds);
}

bool harness_wait_gone(struct harness *harness, const char *text, int milliseconds)
{
	return wait_for(harness, text, false, milliseconds);
}

void harness_settle(struct harness *harness, int milliseconds)
{
	int64_t until = harness_now_ms() + milliseconds + SETTLE_MAX;

	while (harness_now_ms() < until && pump(harness, milliseconds))
		;
}

void harness_read(struct harness *harness, int milliseconds)
{
	int64_t until = harness_now_ms() + milliseconds;

	while (!harness->gone && harness_now_ms() < until)
		pump(harness, until - harness_now_ms());
}

static char attribute_of(const VTermScreenCell *cell)
{
	int sum = (cell->attrs.bold ? 1 : 0) + (cell->attrs.underline ? 2 : 0) + (cell->attrs.reverse ? 4 : 0);

	return sum == 0 ? '.' : (char)('0' + sum);
}

static char digit_of(const VTermColor *colour)
{
	static const char digits[] = "0123456789abcdef";

	if (!VTERM_COLOR_IS_INDEXED(colour))
		return '#';
	return colour->indexed.idx < 16 ? digits[colour->indexed.idx] : '+';
}

static char colour_of(const VTermScreenCell *cell)
{
	return VTERM_COLOR_IS_DEFAULT_FG(&cell->fg) ? '.' : digit_of(&cell->fg);
}

static char background_of(const VTermScreenCell *cell)
{
	return VTERM_COLOR_IS_DEFAULT_BG(&cell->bg) ? '.' : digit_of(&cell->bg);
}

static void dump_line(struct harness *harness, FILE *file, int row, char mark,
                      char (*of)(const VTermScreenCell *cell))
{
	char line[1024];
	bool any = false;
	int column;

	for (column = 0; column < harness->columns && column < 1000; column++) {
		VTermScreenCell cell;

		cell_at(harness, row, column, &cell);
		line[column] = of(&cell);
		any = any || line[column] != '.';
	}
	line[column] = '\0';
	if (any)
		fprintf(file, "%c%s\n", mark, line);
}

char *harness_dump(struct harness *harness)
{
	char *text = NULL, line[4096];
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	for (int row = 0; row < harness->rows; row++) {
		row_text(harness, row, line, sizeof line);
		fprintf(file, "|%s|\n", line);
		dump_line(harness, file, row, 'a', attribute_of);
		dump_line(harness, file, row, 'f', colour_of);
		dump_line(harness, file, row, 'b', background_of);
	}
	fclose(file);
	return text;
}

bool harness_restored(struct harness *harness)
{
	struct termios now;

	if (tcgetattr(harness->slave, &now) < 0)
		return false;
	return now.c_iflag == harness->before.c_iflag && now.c_oflag == harness->before.c_oflag &&
	       now.c_lflag == harness->before.c_lflag && now.c_cflag == harness->before.c_cflag && !harness->alternate &&
	       harness->cursor;
}

int harness_finish(struct harness *harness, int milliseconds)
{
	int64_t until = harness_now_ms() + milliseconds;
	int status = -1;
	bool ended = false;

	while (!ended && harness_now_ms() < until) {
		ended = waitpid(harness->pid, &status, WNOHANG) == harness->pid;
		if (!ended)
			pump(harness, 5);
		if (!ended && harness->gone)
			usleep(2000);
	}
	if (!ended) {
		kill(harness->pid, SIGKILL);
		waitpid(harness->pid, &status, 0);
		status = -1;
	}
	while (pump(harness, 0))
		;
	return status;
}

void harness_free(struct harness *harness)
{
	vterm_free(harness->terminal);
	close(harness->fd);
	close(harness->slave);
}
