/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts a guest's tree is put together from, by the new mount API: used by rootfs_enter() and its helpers only. */
#ifndef CONTAINER_GUEST_MOUNTS_H
#define CONTAINER_GUEST_MOUNTS_H

#include "container/plan.h"

/* A new detached mount of a file system type with options "a,b=c" and MOUNT_ATTR_ flags: descriptor, or -errno. */
int guest_mount_new(const char *type, const char *options, unsigned attributes);
/* Puts a detached mount on path below root, made when missing; a symbolic link or the wrong kind of file is refused. */
int guest_mount_attach(int tree, int root, const char *path, bool directory, struct auberge_error *error);
/* Everything fixed below root: proc and sys as given, dev, devpts, shm, mqueue, run, tmp. */
int guest_mount_system(const struct container_plan *plan, int root, int proc, int sys, struct auberge_error *error);
/* The configured [mount]s, from plan->mount_trees. */
int guest_mount_configured(const struct container_plan *plan, int root, struct auberge_error *error);
/* guest_host.c: /run/host, read-only. */
int guest_host_make(const struct container_plan *plan, int root, struct auberge_error *error);
/* guest_cgroups.c: /sys/fs/cgroup. */
int guest_cgroups_mount(const struct cgroup_layout *layout, int root, struct auberge_error *error);
/* guest_console.c: /dev/console and /dev/tty1.. again: over those that are there. */
int guest_console_make(unsigned ttys, int root, bool again, int masters[PLAN_TTYS_MAX], int *console, struct auberge_error *error);

#endif
