/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader and writer of one tty of a guest, over the supervisor's control socket. Never blocks after the attach. */
#include "auberge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "host/process.h"
#include "supervisor/ledger.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_MS 1000
#define INPUT_CHUNK 4096

struct auberge_console {
	char name[AUBERGE_NAME_MAX + 1];
	int fd;
	struct frame_reader in;
	uint64_t missed;
	size_t taken; /* of the data frame at the head */
	unsigned char out[INPUT_CHUNK + 64]; /* a frame the socket did not take whole */
	size_t out_length, out_sent;
};

static int await_answer(struct auberge_console *console, struct auberge_error *error)
{
	struct pollfd wait = {.fd = console->fd, .events = POLLIN};
	char type, *body;
	size_t length;
	int result;

	for (;;) {
		result = poll(&wait, 1, ANSWER_MS);
		if (result < 0 && errno == EINTR)
			continue;
		if (result == 0)
			return error_set(error, 0, "%s: its supervisor is not answering", console->name);
		result = frame_fill(&console->in, console->fd);
		if (frame_next(&console->in, &type, &body, &length) > 0)
			break;
		if (result < 0)
			return error_set(error, -result, "%s: its supervisor is gone", console->name);
	}
	if (type == FRAME_ERROR) {
		frame_parse_error(body, length, error);
		return -1;
	}
	frame_drop(&console->in);
	return 0;
}

/* Its supervisor does not: nobody listens on the socket that it left. */
static bool init_lives(const struct auberge *auberge, const char *name)
{
	cleanup_close int run_fd = set_open_run(auberge, name), init = -1;
	struct auberge_error ignored = {0};
	struct ledger ledger;

	if (run_fd < 0 || ledger_read(run_fd, &ledger, &ignored) < 0 || !ledger.this_boot || ledger.init_pid <= 0)
		return false;
	init = process_open(ledger.init_pid, ledger.init_start);
	return init >= 0;
}

struct auberge_console *auberge_console_open(struct auberge *auberge, const char *name, unsigned tty, bool read_only,
                                             struct auberge_error *error)
{
	struct auberge_console *console;
	int result;

	if (set_require_guest(auberge, name, error) < 0)
		return NULL;
	console = calloc(1, sizeof *console);
	if (!console) {
		error_set(error, ENOMEM, "cannot attach to %s", name);
		return NULL;
	}
	snprintf(console->name, sizeof console->name, "%s", name);
	console->fd = control_connect(auberge, name);
	if (console->fd == -ECONNREFUSED && init_lives(auberge, name)) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s is running without a supervisor: its consoles are gone", name);
		error_remedy(error, "enter it by: auberge shell %s", name);
	} else if (console->fd == -ENOENT || console->fd == -ECONNREFUSED) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s is not running", name);
		error_remedy(error, "start it by: auberge start %s", name);
	} else if (console->fd < 0) {
		error_set_code(error, console->fd == -EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, -console->fd,
		               "cannot reach the supervisor of %s", name);
	} else {
		result = frame_sendf(console->fd, FRAME_REQUEST, "%d console\ntty=%u\nread_only=%d\n", PROTOCOL_VERSION, tty, read_only);
		if (result == 0 && await_answer(console, error) == 0)
			return console;
		if (result < 0)
			error_set(error, -result, "cannot ask the supervisor of %s", name);
	}
	auberge_console_close(console);
	return NULL;
}

int auberge_console_fd(const struct auberge_console *console)
{
	return console->fd;
}

/* Takes from the frames that are whole. -1: nothing whole; -2: the guest has ended. */
static ssize_t take(struct auberge_console *console, void *buffer, size_t size)
{
	char type, *body;
	size_t length;
	int result;

	while ((result = frame_next(&console->in, &type, &body, &length)) > 0) {
		if (type == FRAME_DATA && console->taken < length) {
			size_t step = length - console->taken < size ? length - console->taken : size;

			memcpy(buffer, body + console->taken, step);
			console->taken += step;
			if (console->taken == length) {
				frame_drop(&console->in);
				console->taken = 0;
			}
			return (ssize_t)step;
		}
		if (type == FRAME_MISSED)
			console->missed += strtoull(body, NULL, 10);
		frame_drop(&console->in);
		if (type == FRAME_END)
			return -2;
	}
	return result < 0 ? -3 : -1;
}

ssize_t auberge_console_read(struct auberge_console *console, void *buffer, size_t size, uint64_t *missed,
                             struct auberge_error *error)
{
	ssize_t got = take(console, buffer, size);

	while (got == -1) {
		int result = frame_fill(&console->in, console->fd);

		if (result < 0) {
			error_set(error, result == -ECONNRESET ? 0 : -result, "%s: its supervisor is gone", console->name);
			return -1;
		}
		got = take(console, buffer, size);
		if (got == -1 && result == 0)
			return 0;
	}
	if (got == -2) {
		error_clear(error);
		return -1;
	}
	if (got < 0)
		return error_set(error, EPROTO, "%s: an answer that cannot be read", console->name);
	*missed = console->missed;
	console->missed = 0;
	return got;
}

/* Sends what an earlier call left. 1 all gone, 0 the socket is full. */
static int flush(struct auberge_console *console, struct auberge_error *error)
{
	while (console->out_sent < console->out_length) {
		ssize_t sent = send(console->fd, console->out + console->out_sent, console->out_length - console->out_sent,
		                    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return 0;
		if (sent < 0)
			return error_set(error, errno, "%s: its supervisor is gone", console->name);
		console->out_sent += (size_t)sent;
	}
	console->out_length = console->out_sent = 0;
	return 1;
}

static int put(struct auberge_console *console, enum frame_type type, const void *data, size_t length, struct auberge_error *error)
{
	size_t whole = length + 1;
	int result = flush(console, error);

	if (result <= 0)
		return result;
	console->out[0] = console->out[1] = 0; /* shorter than 64 KiB */
	console->out[2] = (unsigned char)(whole >> 8);
	console->out[3] = (unsigned char)whole;
	console->out[4] = (unsigned char)type;
	memcpy(console->out + 5, data, length);
	console->out_length = 5 + length;
	return flush(console, error) < 0 ? -1 : 1;
}

ssize_t auberge_console_write(struct auberge_console *console, const void *buffer, size_t size, struct auberge_error *error)
{
	size_t step = size < INPUT_CHUNK ? size : INPUT_CHUNK;
	int result = put(console, FRAME_INPUT, buffer, step, error);

	return result <= 0 ? result : (ssize_t)step;
}

int auberge_console_resize(struct auberge_console *console, unsigned rows, unsigned columns, struct auberge_error *error)
{
	char text[32];
	int length = snprintf(text, sizeof text, "%u %u", rows, columns);

	return put(console, FRAME_SIZE, text, (size_t)length, error) < 0 ? -1 : 0;
}

void auberge_console_close(struct auberge_console *console)
{
	if (!console)
		return;
	if (console->fd >= 0)
		close(console->fd);
	frame_reader_free(&console->in);
	free(console);
}
