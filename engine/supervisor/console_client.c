/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reader and writer of one tty of a guest, over the supervisor's control socket. Never blocks after the attach, but
 * for a moment when the supervisor died; one that was begun does not even then: a timer takes the connection's number
 * until there is one again.
 */
#include "auberge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "supervisor/launch.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 1000
#define INPUT_CHUNK 4096
#define AGAIN_TRIES 200 /* of 5 ms: for the next supervisor to be there */
#define LOST_MS 20
#define LOST_TRIES 150
#define LOST_ADOPT 50   /* so many tries between attempts to have the guest adopted */

struct auberge_console {
	char name[AUBERGE_NAME_MAX + 1];
	int fd;
	struct frame_reader in;
	struct auberge *auberge;
	unsigned tty;
	bool read_only;
	bool patient;   /* may wait */
	bool lost;      /* fd is a timer: when to try again */
	unsigned tries; /* since it was lost */
	uint64_t stream, position; /* of the next byte: where to go on with the next supervisor */
	bool answered;             /* to the attaching */
	unsigned rows, columns;    /* told last; 0 never */
	uint64_t missed;
	unsigned viewers;
	size_t taken; /* of the data frame at the head */
	unsigned char out[INPUT_CHUNK + 64]; /* a frame the socket did not take whole */
	size_t out_length, out_sent;
};

/* Takes the answer to the attaching, when it is there. 1 attached, 0 not yet, negative refused. */
static int take_answer(struct auberge_console *console, struct auberge_error *error)
{
	char type, *body, text[32];
	size_t length;
	int result = frame_next(&console->in, &type, &body, &length);

	if (result < 0)
		return error_set(error, -result, "%s: an answer that cannot be read", console->name);
	if (result == 0)
		return 0;
	if (type == FRAME_ERROR) {
		frame_parse_error(body, length, error);
		return -1;
	}
	if (message_value(body, "position", text, sizeof text))
		console->position = strtoull(text, NULL, 10);
	if (message_value(body, "stream", text, sizeof text))
		console->stream = strtoull(text, NULL, 10);
	frame_drop(&console->in);
	console->answered = true;
	return 1;
}

static int await_answer(struct auberge_console *console, struct auberge_error *error)
{
	struct pollfd wait = {.fd = console->fd, .events = POLLIN};
	int result, taken;

	for (;;) {
		result = poll(&wait, 1, ANSWER_MS);
		if (result < 0 && errno == EINTR)
			continue;
		if (result == 0)
			return error_set(error, 0, "%s: its supervisor is not answering", console->name);
		result = frame_fill(&console->in, console->fd);
		taken = take_answer(console, error);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
		if (result < 0)
			return error_set(error, -result, "%s: its supervisor is gone", console->name);
	}
}

static int ask(struct auberge_console *console)
{
	console->answered = false;
	return frame_sendf(console->fd, FRAME_REQUEST, "%d console\ntty=%u\nread_only=%d\nstream=%" PRIu64 "\nposition=%" PRIu64 "\n",
	                   PROTOCOL_VERSION, console->tty, console->read_only, console->stream, console->position);
}

/* Connects; a guest without supervisor and keeper gets both first. */
static int connect_to(struct auberge *auberge, const char *name)
{
	int fd = control_connect(auberge, name);

	if (fd != -ECONNREFUSED && fd != -ENOENT)
		return fd;
	launch_adoption(auberge, name, true);
	return control_connect(auberge, name);
}

static int take_number(struct auberge_console *console, int fd)
{
	int result;

	if (console->fd < 0) {
		console->fd = fd;
		return 0;
	}
	result = dup3(fd, console->fd, O_CLOEXEC) < 0 ? -errno : 0;
	close(fd);
	return result;
}

/* No supervisor now: a timer stands for the connection. -errno. */
static int lose(struct auberge_console *console)
{
	struct itimerspec when = {.it_value = {.tv_nsec = LOST_MS * 1000000}};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (timer < 0)
		return -errno;
	timerfd_settime(timer, 0, &when, NULL);
	console->tries = console->lost ? console->tries + 1 : 0;
	console->lost = true;
	console->answered = false;
	frame_reader_free(&console->in);
	return take_number(console, timer);
}

static bool runs(const struct auberge *auberge, const char *name)
{
	cleanup_close int run_fd = set_open_run(auberge, name);

	return run_fd >= 0;
}

static struct auberge_console *open_console(struct auberge *auberge, const char *name, unsigned tty, bool read_only,
                                            bool await, struct auberge_error *error)
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
	console->auberge = auberge;
	console->tty = tty;
	console->read_only = read_only;
	console->patient = await;
	console->fd = await ? connect_to(auberge, name) : control_connect(auberge, name);
	if (!await && (console->fd == -ECONNREFUSED || console->fd == -ENOENT) && runs(auberge, name) && lose(console) == 0)
		return console;
	if (console->fd == -ENOENT || console->fd == -ECONNREFUSED) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", name);
		error_remedy(error, "start it by: auberge start %s", name);
	} else if (console->fd < 0) {
		error_set_code(error, console->fd == -EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, -console->fd,
		               "cannot reach the supervisor of %s", name);
	} else {
		result = ask(console);
		if (result == 0 && (!await || await_answer(console, error) == 0))
			return console;
		if (result < 0)
			error_set(error, -result, "cannot ask the supervisor of %s", name);
	}
	auberge_console_close(console);
	return NULL;
}

struct auberge_console *auberge_console_open(struct auberge *auberge, const char *name, unsigned tty, bool read_only,
                                             struct auberge_error *error)
{
	return open_console(auberge, name, tty, read_only, true, error);
}

struct auberge_console *auberge_console_begin(struct auberge *auberge, const char *name, unsigned tty, bool read_only,
                                              struct auberge_error *error)
{
	return open_console(auberge, name, tty, read_only, false, error);
}

unsigned auberge_console_viewers(const struct auberge_console *console)
{
	return console->viewers;
}

/*
 * The supervisor died: the next one is asked to go on from the same byte. The new connection takes the old one's number,
 * so that whoever polls it need not know. Waits a moment where the next one is not there yet.
 */
static int reattach(struct auberge_console *console)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	for (int i = 0; i < AGAIN_TRIES; i++) {
		int fd = connect_to(console->auberge, console->name);

		if (fd >= 0) {
			int result = take_number(console, fd);

			frame_reader_free(&console->in);
			console->taken = console->out_sent = 0; /* a frame that was not sent whole is sent again */
			return result < 0 ? result : ask(console);
		}
		if (!runs(console->auberge, console->name))
			return -ENOENT; /* it has ended */
		nanosleep(&pause, NULL);
	}
	return -ECONNREFUSED;
}

/* The same at one try, when the timer says so. 0: asked, or not there yet. */
static int try_again(struct auberge_console *console)
{
	uint64_t expired;
	int fd, result;

	if (read(console->fd, &expired, sizeof expired) != (ssize_t)sizeof expired)
		return 0;
	fd = control_connect(console->auberge, console->name);
	if (fd < 0) {
		if (!runs(console->auberge, console->name))
			return -ENOENT;
		if (console->tries >= LOST_TRIES)
			return -ECONNREFUSED;
		if (console->tries % LOST_ADOPT == 0)
			launch_adoption(console->auberge, console->name, false);
		return lose(console);
	}
	result = take_number(console, fd);
	console->lost = false;
	console->taken = console->out_sent = 0;
	return result < 0 ? result : ask(console);
}

/* A connection that broke: 0 it goes on, -ENOENT the guest has ended. */
static int mend(struct auberge_console *console, struct auberge_error *error, int why)
{
	int again = console->lost ? try_again(console) : console->patient ? reattach(console) : lose(console);

	if (again == 0)
		return 0;
	error_clear(error);
	if (again != -ENOENT)
		error_set(error, why == -ECONNRESET ? 0 : -why, "%s: its supervisor is gone", console->name);
	return -1;
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
			console->position += step;
			if (console->taken == length) {
				frame_drop(&console->in);
				console->taken = 0;
			}
			return (ssize_t)step;
		}
		if (type == FRAME_MISSED) {
			uint64_t missed = strtoull(body, NULL, 10);

			console->missed += missed;
			console->position += missed;
		}
		if (type == FRAME_VIEWERS) {
			char text[24];

			snprintf(text, sizeof text, "%.*s", (int)(length < 20 ? length : 20), body);
			console->viewers = (unsigned)strtoul(text, NULL, 10);
		}
		frame_drop(&console->in);
		if (type == FRAME_END)
			return -2;
	}
	return result < 0 ? -3 : -1;
}

ssize_t auberge_console_read(struct auberge_console *console, void *buffer, size_t size, uint64_t *missed,
                             struct auberge_error *error)
{
	ssize_t got = console->answered ? take(console, buffer, size) : -1;

	if (console->lost)
		return mend(console, error, -ECONNRESET);
	while (got == -1) {
		int result = frame_fill(&console->in, console->fd);

		if (result < 0)
			return mend(console, error, result);
		if (!console->answered) {
			int taken = take_answer(console, error);

			if (taken < 0)
				return -1;
			if (taken == 0)
				return 0;
			if (console->rows)
				auberge_console_resize(console, console->rows, console->columns, error);
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

/* Sends what an earlier call left. False: the socket is full, or broken: then the reading side finds the next supervisor. */
static bool flush(struct auberge_console *console)
{
	while (console->out_sent < console->out_length) {
		ssize_t sent = send(console->fd, console->out + console->out_sent, console->out_length - console->out_sent,
		                    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		console->out_sent += (size_t)sent;
	}
	console->out_length = console->out_sent = 0;
	return true;
}

/* False: not now. */
static bool put(struct auberge_console *console, enum frame_type type, const void *data, size_t length)
{
	size_t whole = length + 1;

	if (!flush(console))
		return false;
	console->out[0] = console->out[1] = 0; /* shorter than 64 KiB */
	console->out[2] = (unsigned char)(whole >> 8);
	console->out[3] = (unsigned char)whole;
	console->out[4] = (unsigned char)type;
	memcpy(console->out + 5, data, length);
	console->out_length = 5 + length;
	flush(console);
	return true;
}

ssize_t auberge_console_write(struct auberge_console *console, const void *buffer, size_t size, struct auberge_error *error)
{
	size_t step = size < INPUT_CHUNK ? size : INPUT_CHUNK;

	(void)error;
	return console->answered && put(console, FRAME_INPUT, buffer, step) ? (ssize_t)step : 0;
}

int auberge_console_resize(struct auberge_console *console, unsigned rows, unsigned columns, struct auberge_error *error)
{
	char text[32];
	int length = snprintf(text, sizeof text, "%u %u", rows, columns);

	(void)error;
	console->rows = rows;
	console->columns = columns;
	put(console, FRAME_SIZE, text, (size_t)length);
	return 0;
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
