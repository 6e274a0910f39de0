/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The busybox template: one static program, its links, and a dozen small files. */
#ifndef GUEST_TEMPLATE_BUSYBOX_H
#define GUEST_TEMPLATE_BUSYBOX_H

#include "auberge.h"

/* The host's static busybox, opened; *path tells which. Negative with a remedy when there is none. */
int template_busybox_find(const char **path, struct auberge_error *error);
/* Fills the empty directory rootfs_fd. */
int template_busybox_build(int rootfs_fd, int busybox_fd, const char *hostname, unsigned ttys, struct auberge_error *error);

#endif
