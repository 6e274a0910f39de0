/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capability sets through libcap. Sets are bit sets: bit N is capability N. */
#ifndef CONTAINER_CAPABILITIES_H
#define CONTAINER_CAPABILITIES_H

#include "auberge.h"

/* What every guest loses, and what a privileged one loses besides. */
uint64_t capabilities_default_drop(bool privileged);
/* The bounding set alone: what a process does that changes its ids before capabilities_apply(). */
int capabilities_limit(uint64_t drop, struct auberge_error *error);
/* Bounding set reduced by drop; permitted and effective follow; inheritable and ambient empty. Last act before exec. */
int capabilities_apply(uint64_t drop, struct auberge_error *error);
/* "cap_chown,cap_kill" of a set, malloc'ed. */
char *capabilities_text(uint64_t set);
/* CapBnd of a running process. */
int capabilities_of(pid_t pid, uint64_t *bounding);

#endif
