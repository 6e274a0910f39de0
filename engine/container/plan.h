/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of one start: all that auberge-build worked out and opened before the first side effect. Made in the builder,
 * inherited by the cloned child; neither frees it, both are short-lived.
 */
#ifndef CONTAINER_PLAN_H
#define CONTAINER_PLAN_H

#include "auberge.h"
#include "guest/config.h"
#include "host/cgroup.h"

#define PLAN_TTYS_MAX 17 /* the console and 16 ttys */
#define PLAN_MOUNTS_MAX 64
#define PLAN_DEVICES 6   /* null zero full random urandom tty */

struct container_plan {
	struct auberge *auberge;
	const char *name;
	const struct config *config;
	const struct cgroup_layout *cgroups;
	char *rootfs;          /* path on the host, for messages */
	int rootfs_fd;         /* O_PATH directory */
	uint32_t id_first;     /* host id of the guest's 0; 0: privileged */
	uint64_t drop;         /* capabilities to drop: default, privileged and configured ones together */
	char uuid[37];         /* container_uuid: from set-id and name, stable */
	int device_trees[PLAN_DEVICES]; /* detached bind mounts of the host's nodes */
	int root_tree;         /* detached, idmapped unless privileged; -1 until rootfs_map() */
	int mount_trees[PLAN_MOUNTS_MAX];   /* one per config->mounts: the source (O_PATH) until rootfs_map(), then its tree */
	int notify_tree;       /* detached mount of the socket for readiness; -1: none */
	bool staged;           /* rootfs_stage() was called: the child finds the trees in its own mount namespace */
	bool probe;             /* a check alone: try whether trees can be id-mapped, as rootfs_map() will not be called */
	unsigned ttys;         /* without the console */
};

#endif
