/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signal to one process of a guest. Invariant: what is signalled is what was looked at, by pidfd. */
#include "auberge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>

static int ended(const char *name, pid_t pid, struct auberge_error *error)
{
	return error_set_code(error, AUBERGE_WRONG_STATE, 0, "process %d of %s has ended", (int)pid, name);
}

static int check_belongs(struct auberge *auberge, const char *name, pid_t pid, struct auberge_error *error)
{
	cleanup_free pid_t *pids = NULL;
	size_t count = 0;

	if (cgroup_pids(auberge, name, &pids, &count, error) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return 0;
	return error_set_code(error, AUBERGE_NOT_PERMITTED, 0, "process %d is none of %s", (int)pid, name);
}

int auberge_signal(struct auberge *auberge, const char *name, pid_t host_pid, uint64_t start_time, int signal_number,
                   struct auberge_error *error)
{
	set_refresh(auberge); /* the set may be younger than its handle */
	if (set_require_guest(auberge, name, error) < 0)
		return -1;
	if (geteuid() != 0)
		return error_set_code(error, AUBERGE_NOT_PERMITTED, EPERM, "cannot signal a process of %s", name);
	if (signal_number < 1 || signal_number >= NSIG)
		return error_set_code(error, AUBERGE_USAGE, 0, "there is no signal %d", signal_number);
	/* While this descriptor's process lives its pid is nobody else's: what is read by pid below is read of it, and if it
	 * has ended meanwhile the signal reaches nobody. */
	cleanup_close int fd = process_open(host_pid, start_time);
	if (fd == -ESRCH)
		return ended(name, host_pid, error);
	if (fd < 0)
		return error_set(error, -fd, "cannot look for process %d of %s", (int)host_pid, name);
	if (check_belongs(auberge, name, host_pid, error) < 0)
		return -1;
	if (pidfd_send_signal(fd, signal_number, NULL, 0) == 0)
		return 0;
	return errno == ESRCH ? ended(name, host_pid, error) :
	                        error_set(error, errno, "cannot signal process %d of %s", (int)host_pid, name);
}
