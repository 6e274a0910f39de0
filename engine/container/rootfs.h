/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's file system tree: opened, checked and id-mapped in the builder, put together and entered in the child.
 *
 * Order: rootfs_prepare() in the builder before any side effect; rootfs_map() with a namespace of idmap_namespace();
 * rootfs_stage(), which gives the builder a mount namespace of its own; clone with CLONE_NEWNS; rootfs_enter() in the
 * child, which then is in its final root. The child takes the trees out of its copy of the builder's mount namespace:
 * only mounts that were copied into a less privileged namespace keep read-only and nodev locked, and a guest could
 * clear them on a tree that is handed to it by descriptor (which rootfs_enter() takes too, when nothing is staged).
 */
#ifndef CONTAINER_ROOTFS_H
#define CONTAINER_ROOTFS_H

#include "container/plan.h"

/* Opens rootfs, init, device nodes and mount sources; refuses with the reason (missing rootfs or init, init not
 * executable, a dir: rootfs or idmap mount that others can reach, a file system that cannot be id-mapped, a rootfs in
 * use writable by another running guest). All errors are added, none is a side effect. */
int rootfs_prepare(struct container_plan *plan, struct auberge_error *error);
/* A descriptor of the rootfs directory with an exclusive flock(2), to be held by the supervisor for the guest's life:
 * two guests never share one rootfs writable. -1: another guest has it, and error->number is EWOULDBLOCK. */
int rootfs_lock(const char *rootfs, struct auberge_error *error);
/* The plan's descriptors all -1: before rootfs_prepare(). */
void rootfs_clear(struct container_plan *plan);
/* Closes what prepare, map and stage opened: for a check, and for tests. Frees plan->rootfs. */
void rootfs_release(struct container_plan *plan);
/* Builder, after rootfs_prepare(): the socket at path below run_fd is what the guest finds at /run/host/notify. 0 too when
 * there is none. guest_host.c. */
int rootfs_take_notify(struct container_plan *plan, int run_fd, const char *path, struct auberge_error *error);
/* Builder: makes root_tree and mount_trees, id-mapped by the user namespace (userns_fd -1: privileged, plain). */
int rootfs_map(struct container_plan *plan, int userns_fd, struct auberge_error *error);
/* Builder: unshares its mount namespace, makes it private and puts the trees on ROOTFS_STAGE, for the child to take:
 * the caller has no /dev from then on. Closes root_tree and mount_trees. */
#define ROOTFS_STAGE "/dev" /* every process can reach it, and nothing opens a node by path after rootfs_prepare() */
int rootfs_stage(struct container_plan *plan, struct auberge_error *error);
/* Child, as root of its namespaces: proc, sys (read-only), dev, devpts, shm, mqueue, run, tmp, configured mounts, console
 * and ttys by TIOCGPTPEER (masters[0] the console), pivot_root. On return / is the guest's and the host's tree is gone.
 * *console is the slave of the console. */
int rootfs_enter(struct container_plan *plan, int masters[PLAN_TTYS_MAX], int *console, struct auberge_error *error);
/* Then /sys/fs/cgroup, once the child was attached and has unshared its cgroup namespace: the builder waits for the
 * attach while the child does all of the above. */
int rootfs_enter_cgroups(struct container_plan *plan, struct auberge_error *error);

/* What /sbin/init (or [guest] init) of a rootfs is: follows links inside it; NULL when there is none. malloc'ed path. */
char *rootfs_init_target(int rootfs_fd, const char *init);

#endif
