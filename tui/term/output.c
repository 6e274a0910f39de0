/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output queue; see output.h for what it owns and its invariants. */
#include "term/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIPE_SIZE (1024 * 1024)

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int output_open_fd(struct output *output, int fd)
{
	int ends[2], size;

	memset(output, 0, sizeof *output);
	output->fd = output->pipe = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	output->pipe = ends[0];
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	/* Only with root or below the user's pipe quota; the screen is kept small enough for what we got. */
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	size = fcntl(ends[1], F_GETPIPE_SZ);
	output->capacity = size > 0 ? (size_t)size : 4096;
	output->stream = fdopen(ends[1], "w");
	output->queue = malloc(OUTPUT_LIMIT);
	if (!output->stream || !output->queue) {
		if (!output->stream)
			close(ends[1]);
		output_close(output);
		return -ENOMEM;
	}
	output->fd = fd;
	return 0;
}

int output_open(struct output *output, int terminal)
{
	char path[32];
	int fd, result;

	/* O_NONBLOCK belongs to the open file description, which the shell and its other children share. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", terminal);
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fd = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = output_open_fd(output, fd);
	if (result < 0)
		close(fd);
	return result;
}

void output_close(struct output *output)
{
	if (output->stream)
		fclose(output->stream);
	if (output->pipe >= 0)
		close(output->pipe);
	if (output->fd >= 0)
		close(output->fd);
	free(output->queue);
	output->stream = NULL;
	output->queue = NULL;
	output->fd = output->pipe = -1;
	output->length = output->frames_count = 0;
}

bool output_ready(const struct output *output, enum output_kind kind)
{
	if (kind == OUTPUT_DATA)
		return output->length == 0 && !output->lost;
	return output->length < OUTPUT_ECHO_LIMIT && output->frames_count < OUTPUT_FRAMES_MAX - 1 && !output->lost;
}

/* Drops all frames of which nothing was sent yet, but never the rest of the first. */
static void drop_frames(struct output *output, bool first_begun)
{
	size_t keep = first_begun && output->frames_count > 0 ? 1 : 0;

	output->length = keep ? output->frames[0] : 0;
	output->frames_count = keep;
	output->lost = true;
}

static void queue_bytes(struct output *output, const char *data, size_t length)
{
	if (output->start > 0) {
		memmove(output->queue, output->queue + output->start, output->length);
		output->start = 0;
	}
	memcpy(output->queue + output->length, data, length);
	output->length += length;
	output->frames[output->frames_count - 1] += length;
}

size_t output_take(struct output *output)
{
	char block[16384];
	size_t total = 0;
	/* A frame only makes sense after those before it. */
	bool dropped = output->lost || output->frames_count == OUTPUT_FRAMES_MAX;
	/* Writing begins at once, so the first frame has always been begun when there is one. */
	bool begun = output->frames_count > 0;

	fflush(output->stream);
	for (;;) {
		ssize_t got = read(output->pipe, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (total == 0 && !dropped) {
			output->frames[output->frames_count++] = 0;
			output->frames_total++;
		}
		total += (size_t)got;
		if (!dropped && output->length + (size_t)got > OUTPUT_LIMIT)
			dropped = true;
		if (!dropped)
			queue_bytes(output, block, (size_t)got);
	}
	if (dropped && total > 0)
		drop_frames(output, begun);
	if (total > 0)
		output->last_frame = total;
	output_send(output);
	return total;
}

static void sent(struct output *output, size_t count)
{
	output->start += count;
	output->length -= count;
	output->bytes += count;
	while (count > 0 && output->frames_count > 0) {
		size_t part = count < output->frames[0] ? count : output->frames[0];

		output->frames[0] -= part;
		count -= part;
		if (output->frames[0] > 0)
			break;
		output->frames_count--;
		memmove(output->frames, output->frames + 1, output->frames_count * sizeof output->frames[0]);
	}
	if (output->length == 0)
		output->start = output->frames_count = 0;
}

int output_send(struct output *output)
{
	while (output->length > 0 && !output->gone) {
		ssize_t wrote = write(output->fd, output->queue + output->start, output->length);

		output->writes++;
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EAGAIN)
			return 0;
		if (wrote < 0) {
			output->gone = true;
			break;
		}
		sent(output, (size_t)wrote);
	}
	return output->gone ? -EIO : 0;
}

bool output_pending(const struct output *output)
{
	return output->length > 0 && !output->gone;
}

bool output_take_lost(struct output *output)
{
	if (!output->lost || output->length > 0)
		return false;
	output->lost = false;
	return true;
}

void output_drain(struct output *output, int milliseconds)
{
	int64_t until = now_ms() + milliseconds;

	while (output_send(output) == 0 && output_pending(output)) {
		struct pollfd wait = {.fd = output->fd, .events = POLLOUT};
		int64_t left = until - now_ms();

		if (left <= 0)
			return;
		poll(&wait, 1, (int)left);
	}
}
