/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that resolves paths below a guest's rootfs: openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS,
 * used by descriptor afterwards. A rootfs is hostile before the start and while the guest runs; a joined string is
 * never handed to the kernel. Negative errno on failure.
 */
#ifndef CONTAINER_SAFEPATH_H
#define CONTAINER_SAFEPATH_H

#include <stdbool.h>
#include <sys/types.h>

/* Opens path inside root; symbolic links are followed inside it. flags as open(2); O_CLOEXEC is added. */
int safepath_open(int root, const char *path, int flags);
/* The same with mode for O_CREAT, below the directory that the parent resolves to. */
int safepath_create(int root, const char *path, int flags, mode_t mode);
/* mkdir -p inside root; returns an O_PATH descriptor of the directory. */
int safepath_directories(int root, const char *path, mode_t mode);
/* A place to mount on: O_PATH descriptor; -ELOOP when any component is a symbolic link, made (directory or empty file)
 * when missing and create is set. */
int safepath_mount_point(int root, const char *path, bool directory, bool create);
/* Where a symbolic link points, read with readlinkat on the resolved parent: bytes, or -errno. */
ssize_t safepath_read_link(int root, const char *path, char *buffer, size_t size);

#endif
