/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's ttys. What the guest writes goes into the ring and, for the console, the log; readers take it from the
 * ring at their own pace. The guest is never held up by a reader: one that falls behind is told what it missed.
 */
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define CONSOLE_RING (256 * 1024)
#define TTY_RING (64 * 1024)
#define LOG_LIMIT (4 * 1024 * 1024)
#define READS_IN_A_ROW 32 /* then the other descriptors have their turn */
#define INPUT_LIMIT 16384 /* kept for a guest that does not read */
#define CHUNK 16384       /* of one data frame */

static void log_open(struct supervisor *supervisor)
{
	cleanup_free char *path = NULL;
	off_t end;

	if (asprintf(&path, "%s/%s.console", auberge_log_dir(supervisor->auberge), supervisor->name) < 0)
		return;
	supervisor->log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	end = supervisor->log_fd < 0 ? 0 : lseek(supervisor->log_fd, 0, SEEK_END);
	supervisor->log_size = end > 0 ? (uint64_t)end : 0;
}

static void log_rotate(struct supervisor *supervisor)
{
	cleanup_free char *path = NULL, *before = NULL;

	if (asprintf(&path, "%s/%s.console", auberge_log_dir(supervisor->auberge), supervisor->name) < 0)
		return;
	if (asprintf(&before, "%s.1", path) < 0)
		return;
	close(supervisor->log_fd);
	supervisor->log_fd = -1;
	if (rename(path, before) < 0)
		unlink(path); /* the bound holds, whatever else */
	log_open(supervisor);
}

/* A full disk costs log lines, never the guest's time. */
static void log_write(struct supervisor *supervisor, const void *data, size_t length)
{
	ssize_t wrote;

	if (supervisor->log_fd < 0)
		return;
	if (supervisor->log_size + length > LOG_LIMIT)
		log_rotate(supervisor);
	wrote = supervisor->log_fd < 0 ? -1 : write(supervisor->log_fd, data, length);
	if (wrote > 0)
		supervisor->log_size += (uint64_t)wrote;
}

static void flush_input(struct supervisor *supervisor, struct tty *tty)
{
	while (tty->input_length > 0) {
		ssize_t took = write(tty->watch.fd, tty->input, tty->input_length);

		if (took < 0 && errno == EINTR)
			continue;
		if (took <= 0)
			break;
		tty->input_length -= (size_t)took;
		memmove(tty->input, tty->input + took, tty->input_length);
	}
	if (tty->input_length > 0)
		return;
	free(tty->input);
	tty->input = NULL;
	for (struct client *client = supervisor->clients; client; client = client->next)
		if (client->tty == tty && client->paused) {
			client->paused = false;
			console_input(supervisor, client);
		}
}

/* The order of the stores counts where this process can be killed between any two of them. */
static void keep_reading(struct supervisor *supervisor, struct tty *tty, size_t length, bool in_ring, bool in_log)
{
	struct ring_reading *reading = &supervisor->heads->reading[tty - supervisor->ttys];

	fault_number(FAULT_CONSOLE_READ);
	if (!in_ring)
		ring_write(&tty->ring, reading->data, length);
	fault_number(FAULT_CONSOLE_RING);
	if (!in_log && tty == supervisor->ttys)
		log_write(supervisor, reading->data, length);
	fault_number(FAULT_CONSOLE_LOG);
	atomic_signal_fence(memory_order_seq_cst);
	memset(reading->data, 0, length);
	atomic_signal_fence(memory_order_seq_cst);
}

/* What a killed supervisor had read and not kept yet. Zeros at its end, which terminals ignore, are not told from none. */
static void recover_reading(struct supervisor *supervisor, struct tty *tty)
{
	struct ring_reading *reading = &supervisor->heads->reading[tty - supervisor->ttys];
	size_t length = sizeof reading->data;

	while (length > 0 && reading->data[length - 1] == 0)
		length--;
	if (length > 0)
		keep_reading(supervisor, tty, length, tty->ring.head != reading->head, supervisor->log_size != reading->log_size);
}

static void drain(struct supervisor *supervisor, struct tty *tty)
{
	struct ring_reading *reading = &supervisor->heads->reading[tty - supervisor->ttys];
	bool any = false;

	tty->more = false;
	for (int i = 0;; i++) {
		ssize_t got;

		if (i == READS_IN_A_ROW) {
			tty->more = supervisor->busy = true;
			break;
		}
		reading->head = tty->ring.head;
		reading->log_size = supervisor->log_size;
		got = read(tty->watch.fd, reading->data, sizeof reading->data);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) /* EAGAIN; EIO: nobody has the tty open */
			break;
		any = true;
		keep_reading(supervisor, tty, (size_t)got, false, false);
	}
	if (!any)
		return;
	for (struct client *client = supervisor->clients; client; client = client->next)
		if (client->tty == tty && client->state == CLIENT_CONSOLE)
			console_pump(supervisor, client);
}

static void tty_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	struct tty *tty = (struct tty *)watch; /* its first member */

	if (events & EPOLLOUT)
		flush_input(supervisor, tty);
	drain(supervisor, tty);
}

static size_t ring_size(size_t number)
{
	return number == 0 ? CONSOLE_RING : TTY_RING;
}

static int open_heads(struct supervisor *supervisor, struct auberge_error *error)
{
	if (!supervisor->heads)
		supervisor->heads = ring_heads_open(&supervisor->heads_fd);
	if (!supervisor->heads)
		return error_set(error, errno, "cannot make the memory of the consoles");
	keep(supervisor, "heads", supervisor->heads_fd);
	return 0;
}

int console_take(struct supervisor *supervisor, const int *masters, size_t count, struct auberge_error *error)
{
	if (supervisor->log_fd < 0)
		log_open(supervisor);
	if (open_heads(supervisor, error) < 0)
		return -1;
	for (size_t i = 0; i < count && i < TTYS_MAX; i++) {
		struct tty *tty = &supervisor->ttys[i];

		tty->watch = (struct watch){.fd = masters[i], .ready = tty_ready};
		if (tty->ring.size == 0) { /* a reboot keeps what was written before */
			int result = ring_open(&tty->ring, i == 0 ? "auberge-console" : "auberge-tty", ring_size(i));
			if (result < 0)
				return error_set(error, -result, "cannot make the ring of tty %zu", i);
			tty->ring.kept_head = &supervisor->heads->head[i];
		}
		keep_numbered(supervisor, "tty", i, masters[i]);
		keep_numbered(supervisor, "ring", i, tty->ring.fd);
		int flags = fcntl(masters[i], F_GETFL);
		if (flags < 0 || fcntl(masters[i], F_SETFL, flags | O_NONBLOCK) < 0) /* a read would block the loop */
			return error_set(error, errno, "cannot prepare tty %zu", i);
		supervisor->ttys_count = i + 1 > supervisor->ttys_count ? i + 1 : supervisor->ttys_count;
		if (loop_watch(supervisor, &tty->watch, EPOLLIN | EPOLLOUT | EPOLLET) < 0)
			return error_set(error, errno, "cannot watch tty %zu", i);
	}
	return 0;
}

/* The keeper has kept masters, rings and heads, and in these what was in the dead one's hands. */
int console_adopt(struct supervisor *supervisor, struct auberge_error *error)
{
	int masters[TTYS_MAX];
	size_t count = 0;

	supervisor->heads_fd = kept_take(supervisor, "heads");
	if (supervisor->heads_fd < 0 || open_heads(supervisor, error) < 0)
		return 0;
	for (; count < TTYS_MAX; count++) {
		struct ring *ring = &supervisor->ttys[count].ring;
		char name[16];

		snprintf(name, sizeof name, "tty%zu", count);
		masters[count] = kept_take(supervisor, name);
		if (masters[count] < 0)
			break;
		snprintf(name, sizeof name, "ring%zu", count);
		*ring = (struct ring){.fd = kept_take(supervisor, name), .size = ring_size(count)};
		ring->kept_head = &supervisor->heads->head[count];
		ring->head = *ring->kept_head;
	}
	if (console_take(supervisor, masters, count, error) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		recover_reading(supervisor, &supervisor->ttys[i]);
	return (int)count;
}

/* Into the ring and the log, as if the guest had written it. */
void console_note(struct supervisor *supervisor, const char *text)
{
	for (size_t i = 0; i < supervisor->ttys_count; i++)
		ring_write(&supervisor->ttys[i].ring, text, strlen(text));
	log_write(supervisor, text, strlen(text));
}

/* A pump may close a client: that changes their number once more, for the next turn. */
static void tell_viewers(struct supervisor *supervisor)
{
	supervisor->viewers_changed = false;
	for (struct client *client = supervisor->clients; client; client = client->next)
		if (client->state == CLIENT_CONSOLE && client->tty)
			console_pump(supervisor, client);
}

void console_serve(struct supervisor *supervisor)
{
	if (supervisor->viewers_changed)
		tell_viewers(supervisor);
	if (!supervisor->busy)
		return;
	supervisor->busy = false;
	for (size_t i = 0; i < supervisor->ttys_count; i++)
		if (supervisor->ttys[i].more && supervisor->ttys[i].watch.fd >= 0)
			drain(supervisor, &supervisor->ttys[i]);
}

void console_release(struct supervisor *supervisor, bool for_ever)
{
	for (size_t i = 0; i < supervisor->ttys_count; i++) {
		struct tty *tty = &supervisor->ttys[i];

		if (tty->watch.fd >= 0)
			do /* the last words of a guest that wrote much */
				drain(supervisor, tty);
			while (tty->more);
		loop_forget(supervisor, &tty->watch);
		keep_numbered(supervisor, "tty", i, -1);
		free(tty->input);
		tty->input = NULL;
		tty->input_length = 0;
	}
	supervisor->busy = false;
	for (struct client *client = supervisor->clients; for_ever && client; client = client->next)
		if (client->state == CLIENT_CONSOLE) {
			client->ended = true;
			console_pump(supervisor, client);
		}
}

int console_attach(struct supervisor *supervisor, struct client *client, const char *body, struct auberge_error *error)
{
	int64_t number = message_number(body, "tty", 0), position;
	struct tty *tty;

	if (number < 0 || (size_t)number >= supervisor->ttys_count)
		return error_set(error, 0, "%s: it has no tty %" PRId64 ", but the console (0) and %zu ttys", supervisor->name, number,
		                 supervisor->ttys_count ? supervisor->ttys_count - 1 : 0);
	tty = &supervisor->ttys[number];
	client->out = malloc(CHUNK + 128);
	if (!client->out)
		return error_set(error, ENOMEM, "cannot attach");
	client->tty = tty;
	client->read_only = message_number(body, "read_only", 0) != 0;
	client->position = tty->ring.head > tty->ring.size ? tty->ring.head - tty->ring.size : 0;
	/* One that was attached to an earlier supervisor goes on where it was. */
	position = message_number(body, "position", -1);
	if (position >= 0 && (uint64_t)position <= tty->ring.head && message_number(body, "stream", 0) == (int64_t)supervisor->heads->stream)
		client->position = (uint64_t)position;
	client->state = CLIENT_CONSOLE;
	supervisor->viewers_changed = true;
	return 0;
}

static void stage(struct client *client, enum frame_type type, size_t length)
{
	unsigned char *head = client->out + client->out_length;
	size_t whole = length + 1;

	head[0] = (unsigned char)(whole >> 24);
	head[1] = (unsigned char)(whole >> 16);
	head[2] = (unsigned char)(whole >> 8);
	head[3] = (unsigned char)whole;
	head[4] = (unsigned char)type;
	client->out_length += 5 + length;
}

static void stage_viewers(const struct supervisor *supervisor, struct client *client)
{
	size_t viewers = 0;

	for (const struct client *other = supervisor->clients; other; other = other->next)
		viewers += other->state == CLIENT_CONSOLE && other->tty == client->tty;
	if (viewers == client->told_viewers)
		return;
	client->told_viewers = viewers;
	stage(client, FRAME_VIEWERS, (size_t)snprintf((char *)client->out + client->out_length + 5, 24, "%zu", viewers));
}

/* Fills the empty staging buffer with what comes next; false when there is nothing. */
static bool stage_next(const struct supervisor *supervisor, struct client *client)
{
	unsigned char data[CHUNK];
	uint64_t missed;
	ssize_t got;

	client->out_length = client->out_sent = 0;
	stage_viewers(supervisor, client);
	got = ring_read(&client->tty->ring, &client->position, data, CHUNK, &missed);
	if (missed > 0) {
		int digits = snprintf((char *)client->out + client->out_length + 5, 24, "%" PRIu64, missed);
		stage(client, FRAME_MISSED, (size_t)digits);
	}
	if (got > 0) {
		memcpy(client->out + client->out_length + 5, data, (size_t)got);
		stage(client, FRAME_DATA, (size_t)got);
	}
	if (client->out_length == 0 && client->ended) {
		stage(client, FRAME_END, 0);
		client->tty = NULL; /* nothing follows */
	}
	return client->out_length > 0;
}

void console_pump(struct supervisor *supervisor, struct client *client)
{
	for (;;) {
		ssize_t sent;

		if (client->out_sent == client->out_length) {
			if (!client->tty) {
				client_close(supervisor, client);
				return;
			}
			if (!stage_next(supervisor, client)) {
				loop_watch(supervisor, &client->watch, client->paused ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP);
				return;
			}
		}
		sent = send(client->watch.fd, client->out + client->out_sent, client->out_length - client->out_sent,
		            MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN) {
			loop_watch(supervisor, &client->watch, (client->paused ? 0 : EPOLLIN) | EPOLLOUT | EPOLLRDHUP);
			return;
		}
		if (sent < 0) {
			client_close(supervisor, client);
			return;
		}
		client->out_sent += (size_t)sent;
	}
}

static void resize(struct tty *tty, const char *body)
{
	unsigned rows, columns;

	if (sscanf(body, "%u %u", &rows, &columns) != 2 || rows < 1 || columns < 1 || rows > 4096 || columns > 4096)
		return;
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
	ioctl(tty->watch.fd, TIOCSWINSZ, &size);
}

/* False: the guest does not read; the frame stays until it does. */
static bool take_input(struct supervisor *supervisor, struct client *client, const char *body, size_t length)
{
	struct tty *tty = client->tty;

	if (client->read_only || tty->watch.fd < 0)
		return true;
	if (tty->input_length > 0 && tty->input_length + length > INPUT_LIMIT)
		return false;
	unsigned char *input = realloc(tty->input, tty->input_length + length + 1);
	if (!input)
		return false;
	tty->input = input;
	memcpy(tty->input + tty->input_length, body, length);
	tty->input_length += length;
	flush_input(supervisor, tty);
	return true;
}

void console_input(struct supervisor *supervisor, struct client *client)
{
	char type, *body;
	size_t length;
	int result = 0;

	while (client->state == CLIENT_CONSOLE && client->tty && !client->paused &&
	       (result = frame_next(&client->in, &type, &body, &length)) > 0) {
		if (type == FRAME_INPUT && !take_input(supervisor, client, body, length)) {
			client->paused = true;
			loop_watch(supervisor, &client->watch, (client->watch.events & EPOLLOUT) | EPOLLRDHUP);
			return;
		}
		if (type == FRAME_SIZE && !client->read_only) {
			char text[32];

			snprintf(text, sizeof text, "%.*s", (int)(length < 31 ? length : 31), body);
			resize(client->tty, text);
		}
		frame_drop(&client->in);
	}
	if (result < 0)
		client_close(supervisor, client);
	else if (client->state == CLIENT_CONSOLE && client->tty && !client->paused)
		loop_watch(supervisor, &client->watch, client->watch.events | EPOLLIN);
}
