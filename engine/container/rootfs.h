/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's file system tree: opened and checked in the builder, id-mapped once the user namespace is there, put
 * together and entered in the child.
 *
 * Order: rootfs_prepare() in the builder before any side effect; clone; rootfs_map() in the builder; the trees are sent
 * to the child; rootfs_enter() in the child, which then is in its final root.
 */
#ifndef CONTAINER_ROOTFS_H
#define CONTAINER_ROOTFS_H

#include "container/plan.h"

/* Opens rootfs, init, device nodes and mount sources; refuses with the reason (missing rootfs or init, init not
 * executable, a dir: rootfs or idmap mount that others can reach, a file system that cannot be id-mapped, a rootfs in
 * use writable by another running guest). All errors are added, none is a side effect. */
int rootfs_prepare(struct container_plan *plan, struct auberge_error *error);
/* Builder: makes root_tree and mount_trees, id-mapped by the user namespace (userns_fd -1: privileged, plain). */
int rootfs_map(struct container_plan *plan, int userns_fd, struct auberge_error *error);
/* Child, as root of its namespaces, cgroup namespace already unshared: proc, sys (read-only), dev, devpts, shm, mqueue,
 * run, tmp, /sys/fs/cgroup, configured mounts, console and ttys by TIOCGPTPEER (masters[0] the console), pivot_root.
 * On return / is the guest's and the host's tree is gone. *console is the slave of the console. */
int rootfs_enter(struct container_plan *plan, int masters[PLAN_TTYS_MAX], int *console, struct auberge_error *error);

/* What /sbin/init (or [guest] init) of a rootfs is: follows links inside it; NULL when there is none. malloc'ed path. */
char *rootfs_init_target(int rootfs_fd, const char *init);

#endif
