/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleanup attributes, so that each early return releases what the function held.
 * A value that is handed on is taken out first: take_fd(), take_pointer().
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_function(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close_function(const int *fd)
{
	if (*fd >= 0) {
		int saved = errno;
		close(*fd);
		errno = saved;
	}
}

static inline void cleanup_dir_function(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static inline void cleanup_file_function(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define cleanup_free __attribute__((cleanup(cleanup_free_function)))
#define cleanup_close __attribute__((cleanup(cleanup_close_function)))
#define cleanup_dir __attribute__((cleanup(cleanup_dir_function)))
#define cleanup_file __attribute__((cleanup(cleanup_file_function)))

static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static inline void *take_pointer_function(void **pointer)
{
	void *taken = *pointer;
	*pointer = NULL;
	return taken;
}
#define take_pointer(pointer) take_pointer_function((void **)(pointer))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
