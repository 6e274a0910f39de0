/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths below a guest's rootfs, resolved by the kernel inside it. Every path is given whole to openat2(2) on the root's
 * descriptor; what is made is made by its last component below a directory that was resolved that way.
 * Owns nothing between calls. Invariant: no call here can touch anything outside root, whatever the tree holds.
 */
#include "container/safepath.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RETRIES 16 /* a rename inside the tree while it is resolved gives EAGAIN */

/* The last component of path: its length, and in *directory the length of what is before it. */
static size_t split(const char *path, size_t *directory)
{
	size_t end = strlen(path), start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	*directory = start;
	return end - start;
}

static int resolve(int root, const char *path, int flags, mode_t mode, uint64_t how)
{
	struct open_how open_how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | how,
	};

	if (!(flags & O_PATH))
		open_how.flags |= O_NOCTTY;
	for (int attempt = 0; attempt < RETRIES; attempt++) {
		long fd = syscall(SYS_openat2, root, path[0] ? path : ".", &open_how, sizeof open_how);

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

/* A fifo would block and a device act when it is opened: only files and directories are opened for more than O_PATH. */
static int open_checked(int root, const char *path, int flags)
{
	struct stat before, after;

	for (int attempt = 0; attempt < RETRIES; attempt++) {
		cleanup_close int place = resolve(root, path, O_PATH | (flags & (O_NOFOLLOW | O_DIRECTORY)), 0, 0);

		if (place < 0)
			return place;
		if (fstat(place, &before) < 0)
			return -errno;
		if (S_ISLNK(before.st_mode))
			return -ELOOP;
		if (!S_ISREG(before.st_mode) && !S_ISDIR(before.st_mode))
			return -EINVAL;
		cleanup_close int fd = resolve(root, path, flags | O_NONBLOCK, 0, 0);
		if (fd < 0)
			return fd;
		if (fstat(fd, &after) < 0)
			return -errno;
		if (before.st_dev == after.st_dev && before.st_ino == after.st_ino)
			return take_fd(&fd);
	}
	return -EAGAIN;
}

int safepath_open(int root, const char *path, int flags)
{
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		return -EINVAL;
	if (flags & O_PATH)
		return resolve(root, path, flags, 0, 0);
	return open_checked(root, path, flags);
}

/* The directory that path lies in, and its last component in name. */
static int open_parent(int root, const char *path, char name[NAME_MAX + 1])
{
	char parent[PATH_MAX];
	size_t directory, length = split(path, &directory);

	if (length == 0)
		return -EINVAL;
	if (length > NAME_MAX || directory >= sizeof parent)
		return -ENAMETOOLONG;
	memcpy(name, path + directory, length);
	name[length] = '\0';
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	memcpy(parent, path, directory);
	parent[directory] = '\0';
	return resolve(root, parent, O_PATH | O_DIRECTORY, 0, 0);
}

int safepath_create(int root, const char *path, int flags, mode_t mode)
{
	char name[NAME_MAX + 1];
	struct stat status;
	cleanup_close int parent = open_parent(root, path, name);

	if (parent < 0)
		return parent;
	cleanup_close int fd = resolve(parent, name, flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode, RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISREG(status.st_mode) ? take_fd(&fd) : -EINVAL;
}

/* Walks path one component more at a time and makes what is missing; how is what each resolution adds. */
static int make_way(int root, const char *path, mode_t mode, uint64_t how)
{
	char part[PATH_MAX];
	size_t length = strlen(path), at = 0;
	cleanup_close int here = resolve(root, ".", O_PATH | O_DIRECTORY, 0, 0);

	if (length >= sizeof part)
		return -ENAMETOOLONG;
	memcpy(part, path, length + 1);
	while (here >= 0) {
		size_t start = at + strspn(part + at, "/");
		size_t end = start + strcspn(part + start, "/");
		char after = part[end];

		if (start == end)
			break;
		part[end] = '\0';
		int next = resolve(root, part, O_PATH | O_DIRECTORY, 0, how);
		if (next == -ENOENT) {
			if (mkdirat(here, part + start, mode) < 0 && errno != EEXIST)
				return -errno;
			next = resolve(root, part, O_PATH | O_DIRECTORY, 0, how);
		}
		part[end] = after;
		close(here);
		here = next;
		at = end;
	}
	return take_fd(&here);
}

int safepath_directories(int root, const char *path, mode_t mode)
{
	return make_way(root, path, mode, 0);
}

static int make_file(int root, const char *path)
{
	char parent[PATH_MAX];
	size_t directory, length = split(path, &directory);

	if (length == 0 || directory >= sizeof parent)
		return -EINVAL;
	memcpy(parent, path, directory);
	parent[directory] = '\0';
	cleanup_close int place = make_way(root, parent, 0755, RESOLVE_NO_SYMLINKS);
	if (place < 0)
		return place;
	cleanup_close int made = resolve(place, path + directory, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644,
	                                 RESOLVE_NO_SYMLINKS);
	return made < 0 && made != -EEXIST ? made : 0;
}

int safepath_mount_point(int root, const char *path, bool directory, bool create)
{
	struct stat status;
	int flags = O_PATH | (directory ? O_DIRECTORY : 0);
	cleanup_close int fd = resolve(root, path, flags, 0, RESOLVE_NO_SYMLINKS);

	if (fd == -ENOENT && create) {
		if (directory)
			return make_way(root, path, 0755, RESOLVE_NO_SYMLINKS);
		int made = make_file(root, path);
		if (made < 0)
			return made;
		fd = resolve(root, path, flags, 0, RESOLVE_NO_SYMLINKS);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!directory && S_ISDIR(status.st_mode))
		return -EISDIR;
	return take_fd(&fd);
}

ssize_t safepath_read_link(int root, const char *path, char *buffer, size_t size)
{
	char name[NAME_MAX + 1];
	ssize_t length;
	cleanup_close int parent = open_parent(root, path, name);

	if (parent < 0)
		return parent;
	if (size == 0)
		return -EINVAL;
	length = readlinkat(parent, name, buffer, size - 1);
	if (length < 0)
		return -errno;
	buffer[length] = '\0';
	return length;
}
