/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clone of init. The builder makes everything that takes the host's rights (id maps, id-mapped trees, links, cgroup
 * attaches) while the child waits; then the child, root of its own namespaces only, puts its world together and execs.
 * The channel is close-on-exec: end of file without a word means that init runs.
 */
#include "container/spawn.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "container/idmap.h"
#include "container/init.h"
#include "container/rootfs.h"
#include "host/link.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAPPED 'I' /* the ids are there: the child builds its world while the builder goes on */
#define GO 'G'     /* the child is in its cgroups and has its links */
#define MASTERS 'M'
#define FAILURE 'E'

/* Uptime begins at 0: the children's boottime and monotonic clocks are set back by what the host's show
 * (time_namespaces(7)). Kernels without time namespaces keep the host's. */
static int set_clocks_back(struct auberge_error *error)
{
	uint64_t boottime = now_boottime_usec() / 1000000u, monotonic = now_monotonic_usec() / 1000000u;
	int result;

	if (unshare(CLONE_NEWTIME) < 0)
		return errno == EINVAL ? 0 : error_set(error, errno, "cannot make a time namespace");
	result = file_writef_at(AT_FDCWD, "/proc/self/timens_offsets", "monotonic -%" PRIu64 " 0\nboottime -%" PRIu64 " 0\n",
	                        monotonic, boottime);
	return result < 0 ? error_set(error, -result, "cannot set the clocks of the time namespace") : 0;
}

static int become_root(const struct container_plan *plan, struct auberge_error *error)
{
	if (plan->id_first == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_set(error, errno, "cannot become root of the user namespace");
	return 0;
}

static int await(int sync, char wanted, struct auberge_error *error)
{
	char word = 0;
	ssize_t got;

	do
		got = recv(sync, &word, 1, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set(error, errno, "cannot hear the builder");
	return got == 1 && word == wanted ? 0 : error_set(error, 0, "the builder is gone");
}

static int child_setup(struct container_plan *plan, int sync, int *console, struct auberge_error *error)
{
	int masters[PLAN_TTYS_MAX];
	ssize_t sent;

	if (await(sync, MAPPED, error) < 0 || become_root(plan, error) < 0 || rootfs_enter(plan, masters, console, error) < 0 ||
	    fault_point(FAULT_CHILD_BUILT, error) < 0 || await(sync, GO, error) < 0)
		return -1;
	if (plan->cgroups->count > 0 && unshare(CLONE_NEWCGROUP) < 0) /* after the attach: our root is payload/ */
		return error_set(error, errno, "cannot make a cgroup namespace");
	if (rootfs_enter_cgroups(plan, error) < 0 ||
	    link_configure_guest(plan->config->nets, plan->config->nets_count, error) < 0)
		return -1;
	sent = send_with_fds(sync, &(char){MASTERS}, 1, masters, plan->ttys + 1);
	return sent < 0 ? error_set(error, (int)-sent, "cannot hand over the ttys") : 0;
}

static _Noreturn void child(struct container_plan *plan, int sync)
{
	struct auberge_error error = {0};
	char message[1 + sizeof error.text + sizeof error.remedy];
	int console = -1;

	if (child_setup(plan, sync, &console, &error) == 0)
		init_exec(plan, console, &error);
	message[0] = FAILURE;
	int length = snprintf(message + 1, sizeof message - 1, "%s%c%s", error.text, 0, error.remedy);
	send_with_fds(sync, message, (size_t)length + 1, NULL, 0);
	_exit(1);
}

int spawn_stage(struct container_plan *plan, struct auberge_error *error)
{
	cleanup_close int userns = plan->id_first ? idmap_namespace(plan->id_first, error) : -1;

	if (plan->id_first && userns < 0)
		return -1;
	if (rootfs_map(plan, userns, error) < 0 || rootfs_stage(plan, error) < 0)
		return -1;
	return fault_point(FAULT_SPAWN_STAGED, error);
}

int spawn_clone(struct container_plan *plan, struct spawned *spawned, struct auberge_error *error)
{
	cleanup_close int payload = cgroup_open_payload(plan->auberge, plan->name);
	struct clone_args arguments = {0};
	int pair[2];

	*spawned = (struct spawned){.pidfd = -1, .sync = -1};
	if (set_clocks_back(error) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(error, errno, "cannot make a channel to init");
	arguments.flags = CLONE_PARENT | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
	if (plan->id_first)
		arguments.flags |= CLONE_NEWUSER;
	if (payload >= 0) {
		arguments.flags |= CLONE_INTO_CGROUP;
		arguments.cgroup = (unsigned)payload;
	}
	arguments.pidfd = (uint64_t)(uintptr_t)&spawned->pidfd;
	spawned->pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	if (spawned->pid < 0) {
		int number = errno;

		close(pair[0]);
		close(pair[1]);
		return error_set(error, number, "cannot clone init (clone3)");
	}
	if (spawned->pid == 0) {
		close(pair[0]);
		child(plan, pair[1]);
	}
	close(pair[1]);
	spawned->sync = pair[0];
	int result = process_read_start_time(spawned->pid, &spawned->start_time);
	if (result < 0) /* in the ledger it would name nobody */
		return error_set(error, -result, "cannot read when init was started");
	return fault_point(FAULT_SPAWN_CLONED, error);
}

static int take_failure(const char *message, size_t length, struct auberge_error *error)
{
	const char *remedy = memchr(message, '\0', length);

	error_set(error, 0, "%.*s", (int)strnlen(message, length), message);
	if (remedy && remedy + 1 < message + length)
		error_remedy(error, "%.*s", (int)(message + length - remedy - 1), remedy + 1);
	return -1;
}

int spawn_blame(const struct spawned *spawned, struct auberge_error *error)
{
	struct pollfd said = {.fd = spawned->sync, .events = POLLIN};
	char message[8192];
	size_t none;
	ssize_t got = -ECONNRESET;

	if (spawned->sync < 0 || poll(&said, 1, 0) <= 0)
		return -1;
	for (int try = 0; try < 2 && got == -ECONNRESET; try++) /* first of all: that it left something of ours unread */
		got = receive_with_fds(spawned->sync, message, sizeof message - 1, NULL, 0, &none);
	return got > 0 && message[0] == FAILURE ? take_failure(message + 1, (size_t)got - 1, error) : -1;
}

static int send_word(const struct spawned *spawned, char word, struct auberge_error *error)
{
	ssize_t sent = send_with_fds(spawned->sync, &word, 1, NULL, 0);

	return sent < 0 ? error_set(error, (int)-sent, "init is gone before it began") : 0;
}

int spawn_map(struct container_plan *plan, const struct spawned *spawned, struct auberge_error *error)
{
	if (plan->id_first && idmap_write(spawned->pid, plan->id_first, error) < 0)
		return -1;
	return send_word(spawned, MAPPED, error) < 0 ? -1 : fault_point(FAULT_SPAWN_MAPPED, error);
}

int spawn_release(struct container_plan *plan, struct spawned *spawned, struct auberge_error *error)
{
	char message[8192];
	int fds[64];
	size_t count = 0;
	ssize_t got;

	if (send_word(spawned, GO, error) < 0 || fault_point(FAULT_SPAWN_RELEASED, error) < 0)
		return -1;
	while ((got = receive_with_fds(spawned->sync, message, sizeof message - 1, fds, COUNT_OF(fds), &count)) > 0) {
		if (message[0] == FAILURE)
			return take_failure(message + 1, (size_t)got - 1, error);
		for (size_t i = 0; i < count && i < PLAN_TTYS_MAX; i++)
			spawned->masters[i] = fds[i];
		spawned->masters_count = count;
	}
	if (got < 0)
		return error_set(error, (int)-got, "cannot hear init");
	if (spawned->masters_count != plan->ttys + 1)
		return error_set(error, 0, "init ended before it was started");
	return 0;
}
