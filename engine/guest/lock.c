/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OFD byte locks on a guest's lock file, and the host-wide lock. Owns nothing: descriptors are the caller's. */
#include "guest/lock.h"
#include "guest/set.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define HOST_LOCK_DIR "/run/lock"
#define HOST_LOCK HOST_LOCK_DIR "/auberge"

static int open_lock(const struct auberge *auberge, const char *name, int flags)
{
	char path[AUBERGE_NAME_MAX + 32];
	cleanup_close int own = -1;
	int directory = auberge->state_fd, fd;

	snprintf(path, sizeof path, "%s/lock", name);
	if (directory < 0)
		directory = own = open(auberge->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	fd = openat(directory, path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int lock_open(const struct auberge *auberge, const char *name)
{
	return open_lock(auberge, name, O_RDWR | O_CREAT);
}

static int byte_lock(int fd, enum lock_byte byte, int command, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
	int result;

	do
		result = fcntl(fd, command, &lock);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	return command == F_OFD_GETLK ? lock.l_type != F_UNLCK : 0;
}

int lock_try(int fd, enum lock_byte byte)
{
	return byte_lock(fd, byte, F_OFD_SETLK, F_WRLCK);
}

int lock_wait(int fd, enum lock_byte byte)
{
	return byte_lock(fd, byte, F_OFD_SETLKW, F_WRLCK);
}

int lock_release(int fd, enum lock_byte byte)
{
	return byte_lock(fd, byte, F_OFD_SETLK, F_UNLCK);
}

int lock_fd_held(int fd, enum lock_byte byte)
{
	return byte_lock(fd, byte, F_OFD_GETLK, F_WRLCK);
}

int lock_held(const struct auberge *auberge, const char *name, enum lock_byte byte)
{
	int fd = open_lock(auberge, name, O_RDONLY), result;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	result = lock_fd_held(fd, byte);
	close(fd);
	return result;
}

int lock_busy(const struct auberge *auberge, const char *place)
{
	int fd = open_lock(auberge, place, O_RDONLY), result = 0;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	for (int byte = 0; byte < 8 && result == 0; byte++)
		if (byte != LOCK_CONFIG)
			result = lock_fd_held(fd, (enum lock_byte)byte);
	close(fd);
	return result;
}

int lock_host(void)
{
	cleanup_close int fd = -1;
	int result;

	if (mkdir(HOST_LOCK_DIR, 01777) == 0)
		chmod(HOST_LOCK_DIR, 01777); /* as distributions have it */
	fd = open(HOST_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	result = lock_wait(fd, LOCK_SUPERVISOR);
	return result < 0 ? result : take_fd(&fd);
}
