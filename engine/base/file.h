/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and descriptors. Every call returns a negative errno when it fails and leaves the sentence to its caller, who
 * knows what the file was for. All descriptors are close-on-exec. No policy here.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads at most size-1 bytes and ends them with NUL. Returns their number. */
ssize_t file_read_at(int dirfd, const char *path, char *buffer, size_t size);
/* Reads a whole file of at most limit bytes (-EFBIG beyond) into *data, malloc'ed and NUL-terminated. */
ssize_t file_read_whole_at(int dirfd, const char *path, size_t limit, char **data);
/* One write to an existing file: kernel interfaces. */
int file_write_at(int dirfd, const char *path, const char *text);
int file_writef_at(int dirfd, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Writes all, whatever the number of calls. */
int write_all(int fd, const void *data, size_t length);
/* Replaces a file by temp file, fsync, rename and fsync of the directory: the old content or the new, never a mix. An
 * error of the last fsync is told too: then the new content is there, and a power cut may take it. */
int file_replace_at(int dirfd, const char *name, const void *data, size_t length, mode_t mode);
/* The same without the fsyncs: for what a crash of the host makes void anyway. */
int file_swap_at(int dirfd, const char *name, const void *data, size_t length, mode_t mode);
/* mkdir -p; existing directories keep their mode. */
int make_directories(const char *path, mode_t mode);
/* Removes a file or a whole tree, following no link and leaving the file system it starts on only for directories that
 * are not mount points (-EBUSY says one was met). 0 when it was not there. */
int remove_tree_at(int dirfd, const char *name);
/* Removes in the same way all that is in a directory but the entry spare (NULL: all). 0 when it was not there. */
int empty_directory_at(int dirfd, const char *name, const char *spare);
/* Sends and receives descriptors over a Unix socket; fds that do not fit are closed. Return bytes, 0 end, -errno. */
ssize_t send_with_fds(int socket, const void *data, size_t length, const int *fds, size_t count);
ssize_t receive_with_fds(int socket, void *data, size_t size, int *fds, size_t room, size_t *count);

/* CLOCK_MONOTONIC and CLOCK_BOOTTIME in microseconds. */
uint64_t now_monotonic_usec(void);
uint64_t now_boottime_usec(void);

/* A growing byte buffer; text_of() is always NUL-terminated. */
struct buffer {
	char *data;
	size_t length, size;
	bool failed; /* out of memory at some point: checked once, at the end */
};
void buffer_free(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const void *data, size_t length);
void buffer_addf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define cleanup_buffer __attribute__((cleanup(buffer_free)))

#endif
