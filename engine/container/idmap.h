/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User namespaces and id-mapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP). */
#ifndef CONTAINER_IDMAP_H
#define CONTAINER_IDMAP_H

#include "auberge.h"

/* Writes "0 FIRST 65536" to uid_map and gid_map of pid. */
int idmap_write(pid_t pid, uint32_t first, struct auberge_error *error);
/* A user namespace with that map, without a process of its own staying: descriptor, or -1. */
int idmap_namespace(uint32_t first, struct auberge_error *error);
/* A detached clone of the tree at fd (recursive or not), id-mapped by userns_fd unless that is -1, with attributes
 * MOUNT_ATTR_NODEV | extra. Descriptor, or -1 with an error that names the choices where the file system cannot. */
int idmap_tree(int fd, const char *path, int userns_fd, unsigned long long extra, bool recursive, struct auberge_error *error);
/* 0: the file system of fd can be id-mapped; else the error names file system and choices. */
int idmap_possible(int fd, const char *path, struct auberge_error *error);
/* 0: an ancestor of path (or path itself) is a root-owned directory of mode 0700; else the error says so. */
int idmap_sheltered(const char *path, struct auberge_error *error);

#endif
