/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering a running guest, between supervisor/exec.c (the caller's side) and enter_child.c (the joiner and the command).
 * The joiner is our child: it joins the exec cgroup and the namespaces, forks the command, and ends with its status.
 */
#ifndef CONTAINER_ENTER_H
#define CONTAINER_ENTER_H

#include "auberge.h"

#include <sys/resource.h>

#define ENTER_FAILED 125 /* the command's own exit statuses of CLI.md */
#define ENTER_NOT_EXECUTABLE 126
#define ENTER_NOT_FOUND 127

struct entering {
	struct auberge *auberge;
	const char *name, *terminal; /* TERM of the caller */
	const struct auberge_exec *exec;
	int pidfd;             /* of the guest's init */
	int report;            /* the joiner's end: close-on-exec, end of file says that the command runs */
	int namespaces;        /* CLONE_NEW flags of those that are not ours already */
	uint64_t drop;         /* what the guest's init has not in its bounding set */
	struct rlimit limits[RLIM_NLIMITS]; /* of the guest's init */
};

/* What comes over the report socket: with descriptors (the caller's ends), or an error. */
struct enter_report {
	bool failed;
	struct auberge_error error;
};

_Noreturn void enter_child(struct entering *entering);

#endif
