/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, descriptors, clocks and a byte buffer: what every room needs and none should write again. */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY_SIZE 300
#define SEND_TRIES 3 /* when the kernel is short of memory */

ssize_t file_read_at(int dirfd, const char *path, char *buffer, size_t size)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;

	buffer[0] = '\0';
	if (fd < 0)
		return -errno;
	while (length < size - 1) {
		ssize_t got = read(fd, buffer + length, size - 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	buffer[length] = '\0';
	return (ssize_t)length;
}

ssize_t file_read_whole_at(int dirfd, const char *path, size_t limit, char **data)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	cleanup_buffer struct buffer content = {0};
	char block[4096];

	*data = NULL;
	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t got = read(fd, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		buffer_add(&content, block, (size_t)got);
		if (content.length > limit)
			return -EFBIG;
	}
	buffer_add(&content, "", 0);
	if (content.failed)
		return -ENOMEM;
	*data = take_pointer(&content.data);
	return (ssize_t)content.length;
}

int file_write_at(int dirfd, const char *path, const char *text)
{
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	ssize_t wrote;

	if (fd < 0)
		return -errno;
	do
		wrote = write(fd, text, strlen(text));
	while (wrote < 0 && errno == EINTR);
	return wrote < 0 ? -errno : 0;
}

int file_writef_at(int dirfd, const char *path, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return file_write_at(dirfd, path, text);
}

int write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t wrote = write(fd, at, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -errno;
		at += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

/* 1 it is, 0 another is or none, -errno. */
static int is_named(int fd, int dirfd, const char *name)
{
	struct stat opened, named;

	if (fstat(fd, &opened) < 0)
		return -errno;
	if (fstatat(dirfd, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* The next writer takes over what a killed one left, so that no temporary file stays for ever; while another one is at
 * it, a name of our own. */
static int open_temporary(int dirfd, const char *name, mode_t mode, char temporary[TEMPORARY_SIZE])
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	unsigned number = 0;
	int fd, result;

	snprintf(temporary, TEMPORARY_SIZE, ".%.200s.tmp", name);
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	result = fcntl(fd, F_OFD_SETLK, &whole) < 0 ? -errno : is_named(fd, dirfd, temporary);
	if (result == 1)
		result = ftruncate(fd, 0) < 0 ? -errno : 1;
	if (result == 1)
		return fd;
	if (result < 0 && result != -EAGAIN && result != -EACCES)
		unlinkat(dirfd, temporary, 0);
	close(fd);
	if (result < 0 && result != -EAGAIN && result != -EACCES)
		return result;
	if (getrandom(&number, sizeof number, 0) < 0)
		return -errno;
	snprintf(temporary, TEMPORARY_SIZE, ".%.200s.%08x.tmp", name, number);
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

static int sync_file(int fd)
{
	int result;

	do
		result = fsync(fd);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

/* The rename itself, onto the disk. */
static int sync_directory(int dirfd)
{
	cleanup_close int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 ? -errno : sync_file(fd);

	return result == -EINVAL || result == -ENOTSUP ? 0 : result; /* file systems that know no such thing */
}

static int fill_temporary(int fd, const void *data, size_t length, mode_t mode, bool durable)
{
	int result = write_all(fd, data, length);

	if (result == 0 && fchmod(fd, mode) < 0) /* whatever the umask */
		result = -errno;
	if (result == 0 && durable)
		result = fault_number(FAULT_SAVE_WRITTEN);
	if (result == 0 && durable)
		result = sync_file(fd);
	if (result == 0 && durable)
		result = fault_number(FAULT_SAVE_SYNCED);
	return result;
}

static int replace(int dirfd, const char *name, const void *data, size_t length, mode_t mode, bool durable)
{
	char temporary[TEMPORARY_SIZE];
	cleanup_close int fd = open_temporary(dirfd, name, mode, temporary);
	int result;

	if (fd < 0)
		return fd;
	result = fill_temporary(fd, data, length, mode, durable);
	if (result == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
		result = -errno;
	if (result < 0) {
		unlinkat(dirfd, temporary, 0);
		return result;
	}
	if (durable)
		result = fault_number(FAULT_SAVE_RENAMED);
	return result == 0 && durable ? sync_directory(dirfd) : result;
}

int file_replace_at(int dirfd, const char *name, const void *data, size_t length, mode_t mode)
{
	return replace(dirfd, name, data, length, mode, true);
}

int file_swap_at(int dirfd, const char *name, const void *data, size_t length, mode_t mode)
{
	return replace(dirfd, name, data, length, mode, false);
}

int make_directories(const char *path, mode_t mode)
{
	char part[4096];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof part)
		return length ? -ENAMETOOLONG : -EINVAL;
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -errno;
		part[i] = i < length ? '/' : '\0';
	}
	return 0;
}

/* spare: an entry that stays, or NULL. */
static int remove_entries(int fd, dev_t device, const char *spare)
{
	cleanup_dir DIR *dir = fdopendir(fd);
	struct dirent *entry;
	struct stat status;
	int result = 0;

	if (!dir) {
		result = -errno;
		close(fd);
		return result;
	}
	while (errno = 0, (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || (spare && strcmp(entry->d_name, spare) == 0))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -errno;
		bool directory = errno == EISDIR;
		int child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			return errno == ENOTDIR && !directory ? -EPERM : -errno;
		result = fstat(child, &status) < 0 ? -errno : status.st_dev != device ? -EBUSY : 0;
		if (result < 0) {
			close(child);
			return result;
		}
		result = remove_entries(child, device, NULL);
		if (result < 0)
			return result;
		if (unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) < 0)
			return -errno;
	}
	return -errno;
}

int remove_tree_at(int dirfd, const char *name)
{
	struct stat status;
	int result;

	if (fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(status.st_mode))
		return unlinkat(dirfd, name, 0) < 0 ? -errno : 0;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = remove_entries(fd, status.st_dev, NULL);
	if (result < 0)
		return result;
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int empty_directory_at(int dirfd, const char *name, const char *spare)
{
	struct stat status;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &status) < 0) {
		int number = errno;

		close(fd);
		return -number;
	}
	return remove_entries(fd, status.st_dev, spare);
}

ssize_t send_with_fds(int socket, const void *data, size_t length, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * 64)];
	} control = {0};
	struct iovec vector = {.iov_base = (void *)(uintptr_t)data, .iov_len = length};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	int tries = SEND_TRIES;
	ssize_t sent;

	if (count > 64)
		return -EINVAL;
	if (count > 0) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
	}
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && (errno == EINTR || (--tries > 0 && (errno == ENOMEM || errno == ENOBUFS))));
	return sent < 0 ? -errno : sent;
}

static void take_descriptors(struct msghdr *message, int *fds, size_t room, size_t *count)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t got = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < got; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
			if (*count < room)
				fds[(*count)++] = fd;
			else
				close(fd);
		}
	}
}

ssize_t receive_with_fds(int socket, void *data, size_t size, int *fds, size_t room, size_t *count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * 64)];
	} control = {0};
	struct iovec vector = {.iov_base = data, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
	ssize_t got;

	*count = 0;
	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	take_descriptors(&message, fds, room, count);
	return got;
}

static uint64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t now_monotonic_usec(void)
{
	return clock_usec(CLOCK_MONOTONIC);
}

uint64_t now_boottime_usec(void)
{
	return clock_usec(CLOCK_BOOTTIME);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}

static bool buffer_reserve(struct buffer *buffer, size_t more)
{
	size_t wanted = buffer->length + more + 1;

	if (buffer->failed || wanted < more)
		return false;
	if (wanted > buffer->size) {
		size_t size = wanted < 256 ? 256 : wanted + wanted / 2;
		char *data = realloc(buffer->data, size);

		if (!data) {
			buffer->failed = true;
			return false;
		}
		buffer->data = data;
		buffer->size = size;
	}
	return true;
}

void buffer_add(struct buffer *buffer, const void *data, size_t length)
{
	if (!buffer_reserve(buffer, length))
		return;
	memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_addf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length >= 0 && buffer_reserve(buffer, (size_t)length)) {
		vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
}
