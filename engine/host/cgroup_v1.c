/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup v1's part of the table of functions: freezer.state, killing by freeze, kill each, thaw; cpuset that must be
 * filled in before a process may enter. v1 has no events, so the few waits here are short sleeps with an end.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "host/cgroup_private.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define KILL_ROUNDS 20
#define KILL_FREEZE_MS 50

static const char *const delegated[] = {"cgroup.procs", "tasks", NULL};

static int copy_from_parent(const char *path, const char *file)
{
	char own[CGROUP_PATH + 32], parent[CGROUP_PATH + 32], text[1024];
	ssize_t length;

	snprintf(own, sizeof own, "%s/%s", path, file);
	length = file_read_at(AT_FDCWD, own, text, sizeof text);
	if (length < 0 || text[0] != '\n')
		return length < 0 ? (int)length : 0;
	snprintf(parent, sizeof parent, "%s/../%s", path, file);
	length = file_read_at(AT_FDCWD, parent, text, sizeof text);
	return length < 0 ? (int)length : file_write_at(AT_FDCWD, own, text);
}

/* With clone_children all groups made below have the same processors and memory nodes, without a write each. */
static int v1_prepare(const struct cgroup_hierarchy *hierarchy, const char *path)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char file[CGROUP_PATH + 32];

	if (!cgroup_list_has(hierarchy->controllers, "cpuset"))
		return 0;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		int result = copy_from_parent(path, files[i]);

		if (result < 0)
			return result;
	}
	snprintf(file, sizeof file, "%s/cgroup.clone_children", path);
	return file_write_at(AT_FDCWD, file, "1");
}

/* 1 frozen, 0 not (yet), -errno. */
static int v1_is_frozen(const char *path)
{
	char file[CGROUP_PATH + 32], text[32];
	ssize_t length;

	snprintf(file, sizeof file, "%s/freezer.state", path);
	length = file_read_at(AT_FDCWD, file, text, sizeof text);
	return length < 0 ? (int)length : strncmp(text, "FROZEN", 6) == 0;
}

static int v1_await_frozen(const char *path, int timeout_ms)
{
	uint64_t deadline = now_monotonic_usec() + (uint64_t)timeout_ms * 1000;
	struct timespec pause = {.tv_nsec = 200000};
	int result;

	for (;;) {
		result = v1_is_frozen(path);
		if (result != 0 || now_monotonic_usec() >= deadline)
			break;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 10000000)
			pause.tv_nsec *= 2;
	}
	return result == 1 ? 0 : result == 0 ? -ETIMEDOUT : result;
}

/* Frozen processes do not fork, so one round is enough; only what cannot be frozen (state D) needs another. */
static int v1_kill_all(const char *path)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	char file[CGROUP_PATH + 32];

	snprintf(file, sizeof file, "%s/freezer.state", path);
	for (int round = 0; round < KILL_ROUNDS; round++) {
		cleanup_free pid_t *pids = NULL;
		size_t count = 0;
		bool frozen = file_write_at(AT_FDCWD, file, "FROZEN") == 0 && v1_await_frozen(path, KILL_FREEZE_MS) == 0;
		int result = cgroup_collect_pids(path, &pids, &count);

		for (size_t i = 0; i < count; i++)
			kill(pids[i], SIGKILL);
		file_write_at(AT_FDCWD, file, "THAWED");
		if (result < 0)
			return result;
		if (frozen || count == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -EAGAIN;
}

static int v1_populated(const char *path)
{
	cleanup_free pid_t *pids = NULL;
	size_t count = 0;
	int result = cgroup_collect_pids(path, &pids, &count);

	return result < 0 ? result : count > 0;
}

const struct cgroup_version cgroup_version_1 = {
	.delegated = delegated,
	.frozen_file = "freezer.state",
	.frozen_word = "FROZEN",
	.thawed_word = "THAWED",
	.prepare = v1_prepare,
	.is_frozen = v1_is_frozen,
	.await_frozen = v1_await_frozen,
	.kill_all = v1_kill_all,
	.populated = v1_populated,
};
