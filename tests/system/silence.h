/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A FUSE mount of our own that never answers: whoever asks it for something sleeps in the kernel. */
#ifndef TESTS_SYSTEM_SILENCE_H
#define TESTS_SYSTEM_SILENCE_H

#include <sys/types.h>

/* A directory with one file, `file`, that opens and never gives a byte, at DIRECTORY/silent of the place. path is filled.
 * Returns the server's pid: once it ends, all requests fail. The mount is seen in this test's own mount namespace alone;
 * where there cannot be one the test is skipped, saying why. *asked is readable once somebody reads. */
pid_t silence_mount(char path[256], int *asked);
/* The same on a directory that is there, and it answers nothing at all, not even what its root is. *asked is readable once
 * somebody wants anything of it. */
pid_t silence_mount_on(const char *path, int *asked);
/* All servers of this test end: what waited for them goes on, so that what a failed test has left can be removed. */
void silence_end(void);

#endif
