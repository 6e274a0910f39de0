/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reclaim: processes, cgroups, links, files of the run directory, and the ledger last, so that a crash in the middle
 * is taken up again by the next one. Only what the ledger names is touched, and links only by their identity.
 */
#include "supervisor/reclaim.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "container/network.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/link.h"
#include "host/link_list.h"
#include "host/process.h"
#include "supervisor/build.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXIT_WAIT_MS 5000 /* for a killed init to be gone */
#define LINK_WAIT_MS 1000 /* for the kernel to take a dead namespace's links along */

/* Nothing is killed in an orderly end: init is gone and the group was seen empty. */
static int end_processes(struct auberge *auberge, const char *name, const struct ledger *ledger, struct auberge_error *error)
{
	cleanup_close int init = -ESRCH;

	if (ledger->this_boot && ledger->init_pid > 0)
		init = process_open(ledger->init_pid, ledger->init_start);
	if (init < 0 && init != -ESRCH)
		return error_set(error, -init, "cannot look for init of %s (pid %d)", name, ledger->init_pid);
	if (init >= 0) {
		struct pollfd wait = {.fd = init, .events = POLLIN};

		syscall(SYS_pidfd_send_signal, init, SIGKILL, NULL, 0);
		if (ledger->cgroup)
			cgroup_kill(auberge, name, error);
		if (poll(&wait, 1, EXIT_WAIT_MS) == 0)
			return error_set(error, ETIMEDOUT, "init of %s (pid %d) does not end", name, ledger->init_pid);
	} else if (ledger->this_boot && ledger->cgroup && cgroup_populated(auberge, name) > 0) {
		return cgroup_kill(auberge, name, error);
	}
	return 0;
}

static int remove_links(struct auberge *auberge, const char *name, const struct ledger *ledger, bool many, struct auberge_error *error)
{
	struct nl_sock *socket = NULL;
	char alias[128];
	int result = 0;

	network_alias(auberge, name, alias, sizeof alias);
	for (size_t i = 0; i < ledger->links_count && result == 0; i++) {
		const struct ledger_link *link = &ledger->links[i];

		if (many) {
			result = link_await_gone(link->host_name, link->host_mac, alias, LINK_WAIT_MS, error);
			continue;
		}
		if (!socket && !(socket = link_open(error)))
			return -1;
		result = link_delete(socket, link->host_name, link->host_mac, alias, error);
	}
	if (socket)
		link_close(socket);
	return result;
}

/* The run directory was deleted, and the ledger with it: what the cgroup's path and the links' tag tell is ours all the same. */
static int reclaim_untold(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_free struct link_entry *links = NULL;
	char alias[128];
	size_t count = 0;
	int result = cgroup_remove(auberge, name, error);

	network_alias(auberge, name, alias, sizeof alias);
	if (result == 0)
		result = link_list(&links, &count, error);
	for (size_t i = 0; i < count && result == 0; i++)
		if (strcmp(links[i].alias, alias) == 0 && links[i].mac[0] == NETWORK_HOST_MAC)
			result = link_delete_entry(&links[i], error);
	return result;
}

/* Killed by command, for nobody can be asked to: a supervisor that lives takes the rest apart and frees its lock. */
static int kill_untold(struct auberge *auberge, const char *name, int lock, struct auberge_error *error)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	uint64_t limit = now_monotonic_usec() + EXIT_WAIT_MS * 1000u;
	int result = 0;

	if (cgroup_populated(auberge, name) > 0)
		result = cgroup_kill(auberge, name, error);
	while (result == 0 && (cgroup_populated(auberge, name) > 0 || lock_try(lock, LOCK_SUPERVISOR) < 0)) {
		if (now_monotonic_usec() > limit)
			return error_set(error, ETIMEDOUT, "%s: killed, but not all of it ends", name);
		nanosleep(&pause, NULL);
	}
	return result < 0 ? result : reclaim_untold(auberge, name, error);
}

static int remove_run_files(struct auberge *auberge, const char *name, int run_fd, struct auberge_error *error)
{
	static const struct {
		const char *name;
		enum fault fault;
	} files[] = {
		{"control", FAULT_REMOVE_CONTROL}, {"effective.ini", FAULT_REMOVE_EFFECTIVE},
		{"summary", FAULT_REMOVE_SUMMARY}, {"ledger", FAULT_REMOVE_LEDGER},
	};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (fault_point(files[i].fault, error) < 0)
			return -1;
		if (unlinkat(run_fd, files[i].name, 0) < 0 && errno != ENOENT)
			return error_set(error, errno, "cannot remove %s/%s/%s", auberge_run_dir(auberge), name, files[i].name);
	}
	if (fault_point(FAULT_REMOVE_DIRECTORY, error) < 0)
		return -1;
	/* A temporary file of a killed writer would keep the directory: all in it is ours. */
	int result = remove_tree_at(auberge->run_fd, name);
	return result < 0 ? error_set(error, -result, "cannot remove %s/%s", auberge_run_dir(auberge), name) : 0;
}

/* All that the ledger names, but the files of the run directory. */
static int reclaim_resources(struct auberge *auberge, const char *name, const struct ledger *ledger, bool many,
                             struct auberge_error *error)
{
	if (fault_point(FAULT_RECLAIM_PROCESSES, error) < 0 || end_processes(auberge, name, ledger, error) < 0)
		return -1;
	/* A single link is deleted before the kernel begins to take its namespace down: then it need not wait for that. */
	if (fault_point(FAULT_RECLAIM_LINKS, error) < 0)
		return -1;
	if (!many && remove_links(auberge, name, ledger, false, error) < 0)
		return -1;
	if (fault_point(FAULT_RECLAIM_CGROUPS, error) < 0)
		return -1;
	if (ledger->cgroup && cgroup_remove(auberge, name, error) < 0)
		return -1;
	return many ? remove_links(auberge, name, ledger, true, error) : 0;
}

int reclaim_again(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name);
	struct ledger ledger;

	if (run_fd < 0)
		return error_set(error, errno, "cannot open %s/%s", auberge_run_dir(auberge), name);
	if (ledger_read(run_fd, &ledger, error) < 0)
		return error_prefix(error, "%s/%s", auberge_run_dir(auberge), name);
	if (!ledger.this_boot || ledger.phase != PHASE_AWAITING)
		return error_set(error, 0, "%s: it does not wait to be started again", name);
	if (reclaim_resources(auberge, name, &ledger, false, error) < 0)
		return -1;
	unlinkat(run_fd, "effective.ini", 0);
	if (fault_point(FAULT_RECLAIM_AGAIN, error) < 0)
		return -1;
	return ledger_keep_waiting(run_fd, &ledger, error);
}

int reclaim_held(struct auberge *auberge, const char *name, bool many, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name);
	struct ledger ledger;

	if (run_fd < 0)
		return errno == ENOENT ? reclaim_untold(auberge, name, error)
		                       : error_set(error, errno, "cannot open %s/%s", auberge_run_dir(auberge), name);
	if (ledger_read(run_fd, &ledger, error) < 0)
		return error_prefix(error, "%s/%s", auberge_run_dir(auberge), name);
	if (!ledger.present && reclaim_untold(auberge, name, error) < 0)
		return -1;
	if (ledger.present && !ledger.this_boot) /* the reboot took all but the files */
		return remove_run_files(auberge, name, run_fd, error);
	if (reclaim_resources(auberge, name, &ledger, many, error) < 0)
		return -1;
	return remove_run_files(auberge, name, run_fd, error);
}

int reclaim_locked(struct auberge *auberge, const char *name, bool kill, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name), lock = -1;
	struct ledger ledger;
	int result;

	if (run_fd < 0 && errno != ENOENT)
		return error_set(error, errno, "cannot open %s/%s", auberge_run_dir(auberge), name);
	lock = lock_open(auberge, name);
	if (lock < 0)
		return error_set(error, -lock, "cannot open the lock of %s", name);
	if (!ledger_exists(auberge, name)) {
		result = kill ? kill_untold(auberge, name, lock, error) : 0;
		cgroup_leave_supervisor(auberge, name, 0);
		return result;
	}
	result = lock_wait(lock, LOCK_LIFECYCLE);
	if (result == 0)
		result = lock_try(lock, LOCK_SUPERVISOR);
	if (result < 0 && result != -EAGAIN)
		return error_set(error, -result, "cannot take the locks of %s", name);
	if (result < 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is running", name);
	lock_wait(lock, LOCK_BUILDER); /* the dead supervisor's builder dies with it, not at the same instant */
	if (ledger_read(run_fd, &ledger, error) < 0)
		return error_prefix(error, "%s/%s", auberge_run_dir(auberge), name);
	if (!kill && ledger.this_boot && ledger.phase >= PHASE_RUNNING && ledger.init_pid > 0) {
		cleanup_close int init = process_open(ledger.init_pid, ledger.init_start);

		if (init < 0 && init != -ESRCH)
			return error_set(error, -init, "cannot look for init of %s (pid %d)", name, ledger.init_pid);
		if (init >= 0) {
			error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is running, without a supervisor", name);
			return error_remedy(error, "end it by: auberge kill %s", name);
		}
	}
	result = reclaim_held(auberge, name, false, error);
	cgroup_leave_supervisor(auberge, name, 0); /* the dead supervisor's own group */
	return result;
}
