/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded ring of bytes in a memfd. Readers keep a position in the whole stream; who falls behind is told by how much. */
#include "supervisor/supervisor.h"

#include "base/file.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int ring_open(struct ring *ring, const char *name, size_t size)
{
	*ring = (struct ring){.fd = memfd_create(name, MFD_CLOEXEC), .size = size};
	return ring->fd < 0 ? -errno : 0;
}

void ring_close(struct ring *ring)
{
	if (ring->fd >= 0)
		close(ring->fd);
	ring->fd = -1;
}

struct ring_heads *ring_heads_open(int *fd)
{
	bool made = *fd < 0;
	struct ring_heads *heads;
	struct stat now;

	if (made)
		*fd = memfd_create("auberge-heads", MFD_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &now) < 0 || (now.st_size < (off_t)sizeof *heads && ftruncate(*fd, sizeof *heads) < 0))
		return NULL;
	heads = mmap(NULL, sizeof *heads, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (heads == MAP_FAILED)
		return NULL;
	if (made)
		heads->stream = now_boottime_usec();
	return heads;
}

int ring_write(struct ring *ring, const void *data, size_t length)
{
	const char *at = data;

	if (length > ring->size) {
		ring->head += length - ring->size;
		at += length - ring->size;
		length = ring->size;
	}
	while (length > 0) {
		uint64_t offset = ring->head % ring->size;
		size_t room = (size_t)(ring->size - offset), step = length < room ? length : room;
		ssize_t wrote = pwrite(ring->fd, at, step, (off_t)offset);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return -errno;
		ring->head += (uint64_t)wrote;
		at += wrote;
		length -= (size_t)wrote;
	}
	if (ring->kept_head)
		*ring->kept_head = ring->head;
	return 0;
}

ssize_t ring_read(const struct ring *ring, uint64_t *position, void *buffer, size_t size, uint64_t *missed)
{
	uint64_t oldest = ring->head > ring->size ? ring->head - ring->size : 0, offset;
	ssize_t got;

	*missed = 0;
	if (*position < oldest) {
		*missed = oldest - *position;
		*position = oldest;
	}
	offset = *position % ring->size;
	if (size > ring->head - *position)
		size = (size_t)(ring->head - *position);
	if (size > ring->size - offset)
		size = (size_t)(ring->size - offset);
	if (size == 0)
		return 0;
	got = pread(ring->fd, buffer, size, (off_t)offset);
	if (got < 0)
		return -errno;
	*position += (uint64_t)got;
	return got;
}
