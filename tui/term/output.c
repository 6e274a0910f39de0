/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output queue; see output.h for what it owns and its invariants. */
#include "term/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT_ROOM (64 * 1024) /* a larger queue is given back when it has run empty */

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int output_open_fd(struct output *output, int fd)
{
	int file;

	memset(output, 0, sizeof *output);
	output->fd = -1;
	file = memfd_create("auberge-frame", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (file < 0 && errno == EINVAL) /* a kernel that is older than the flag */
		file = memfd_create("auberge-frame", MFD_CLOEXEC);
	if (file < 0)
		return -errno;
	output->stream = fdopen(file, "a"); /* it is emptied behind curses' back: what is written next goes to its beginning */
	if (!output->stream) {
		close(file);
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
	if (output->fd >= 0)
		close(output->fd);
	free(output->queue);
	output->stream = NULL;
	output->queue = NULL;
	output->fd = -1;
	output->start = output->length = output->room = output->frames_count = 0;
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

static bool make_room(struct output *output, size_t length)
{
	char *more;

	if (output->start > 0 && output->length > 0)
		memmove(output->queue, output->queue + output->start, output->length);
	output->start = 0;
	if (output->length + length <= output->room)
		return true;
	more = realloc(output->queue, output->length + length);
	if (!more)
		return false;
	output->queue = more;
	output->room = output->length + length;
	return true;
}

static bool queue_frame(struct output *output, size_t length)
{
	int file = fileno(output->stream);
	size_t done = 0;

	/* Nothing else waits: this one is taken whatever its size, or it could never be shown. */
	if (output->length > 0 && (output->length + length > OUTPUT_LIMIT || output->frames_count == OUTPUT_FRAMES_MAX))
		return false;
	if (!make_room(output, length))
		return false;
	while (done < length) {
		ssize_t got = pread(file, output->queue + output->length + done, length - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	output->length += length;
	output->frames[output->frames_count++] = length;
	output->frames_total++;
	return true;
}

size_t output_take(struct output *output)
{
	/* Writing begins at once, so the first frame has always been begun when there is one. */
	bool begun = output->frames_count > 0;
	struct stat status;
	size_t total;

	fflush(output->stream);
	total = fstat(fileno(output->stream), &status) == 0 ? (size_t)status.st_size : 0;
	/* A frame only makes sense after those before it. */
	if (total > 0 && (output->lost || !queue_frame(output, total)))
		drop_frames(output, begun);
	if (total > 0) {
		output->last_frame = total;
		if (ftruncate(fileno(output->stream), 0) < 0)
			output->gone = true; /* what is drawn from now on could not be told from this */
	}
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
	if (output->length > 0)
		return;
	output->start = output->frames_count = 0;
	if (output->room > KEPT_ROOM) {
		free(output->queue);
		output->queue = NULL;
		output->room = 0;
	}
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
