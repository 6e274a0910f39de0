/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clone of a guest's init, and what builder and child tell each other until init's exec. */
#ifndef CONTAINER_SPAWN_H
#define CONTAINER_SPAWN_H

#include "container/plan.h"

struct spawned {
	pid_t pid;
	uint64_t start_time;
	int pidfd, sync; /* sync: our end of the channel to the child */
	int masters[PLAN_TTYS_MAX];
	size_t masters_count;
};

/* Id-maps the trees and stages them in a mount namespace of the builder's own (container/rootfs.h says why). */
int spawn_stage(struct container_plan *plan, struct auberge_error *error);
/* Clones the child, which waits. It becomes the child of our parent (CLONE_PARENT): the
 * supervisor waits for it. */
int spawn_clone(struct container_plan *plan, struct spawned *spawned, struct auberge_error *error);
/* Writes its id maps; it begins to put its file system tree together. */
int spawn_map(struct container_plan *plan, const struct spawned *spawned, struct auberge_error *error);
/* Lets the child go on and waits until init's exec has succeeded or the child says why not. */
int spawn_release(struct container_plan *plan, struct spawned *spawned, struct auberge_error *error);
/* After a failure since the clone: the child's own error instead, if it has told one. Returns -1. */
int spawn_blame(const struct spawned *spawned, struct auberge_error *error);

#endif
