/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /dev: the host's harmless nodes as detached bind mounts, put onto a fresh tmpfs. A guest never makes a node. */
#ifndef CONTAINER_DEVICES_H
#define CONTAINER_DEVICES_H

#include "container/plan.h"

/* Builder: opens the host's nodes into plan->device_trees after checking what they are. All errors are added. */
int devices_open(struct container_plan *plan, struct auberge_error *error);
/* Child: puts them into the directory dev and makes the links fd, stdin, stdout, stderr, ptmx. */
int devices_make(const struct container_plan *plan, int dev, struct auberge_error *error);

#endif
