/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup v2's part of the table of functions, which serves the unified tree of a hybrid host as well: cgroup.freeze,
 * cgroup.kill and cgroup.events work there without any controller.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "host/cgroup_private.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

static const char *const delegated[] = {"cgroup.procs", "cgroup.threads", "cgroup.subtree_control", NULL};

/* Passes the controllers on to the children. One write; word by word only when one of them cannot be had (cpu with
 * realtime processes about): the limit that needs it is refused later by its missing file. */
static int v2_prepare(const struct cgroup_hierarchy *hierarchy, const char *path)
{
	static const char *const wanted[] = {"cpu", "io", "memory", "pids", "cpuset"};
	char file[CGROUP_PATH + 32], text[64] = "";
	size_t length = 0;
	int result;

	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		if (cgroup_list_has(hierarchy->controllers, wanted[i]))
			length += (size_t)snprintf(text + length, sizeof text - length, "%s+%s", length ? " " : "", wanted[i]);
	if (length == 0)
		return 0;
	snprintf(file, sizeof file, "%s/cgroup.subtree_control", path);
	result = file_write_at(AT_FDCWD, file, text);
	if (result == 0 || result == -EACCES || result == -EPERM || result == -EROFS)
		return result;
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		if (cgroup_list_has(hierarchy->controllers, wanted[i]))
			file_writef_at(AT_FDCWD, file, "+%s", wanted[i]);
	return 1;
}

static int read_flag(const char *path, const char *word)
{
	char file[CGROUP_PATH + 32], text[256];
	ssize_t length;

	snprintf(file, sizeof file, "%s/cgroup.events", path);
	length = file_read_at(AT_FDCWD, file, text, sizeof text);
	return length < 0 ? (int)length : cgroup_flag(text, word);
}

static int v2_is_frozen(const char *path)
{
	return read_flag(path, "frozen");
}

static int v2_await_frozen(const char *path, int timeout_ms)
{
	uint64_t deadline = now_monotonic_usec() + (uint64_t)timeout_ms * 1000, now;
	char file[CGROUP_PATH + 32], text[256];

	snprintf(file, sizeof file, "%s/cgroup.events", path);
	cleanup_close int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct pollfd event = {.fd = fd, .events = POLLPRI};

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t length = pread(fd, text, sizeof text - 1, 0);

		if (length < 0)
			return -errno;
		text[length] = '\0';
		if (cgroup_flag(text, "frozen") == 1)
			return 0;
		now = now_monotonic_usec();
		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(&event, 1, (int)((deadline - now) / 1000) + 1) < 0 && errno != EINTR)
			return -errno;
	}
}

static int v2_kill_all(const char *path)
{
	char file[CGROUP_PATH + 32];

	snprintf(file, sizeof file, "%s/cgroup.kill", path);
	return file_write_at(AT_FDCWD, file, "1");
}

static int v2_populated(const char *path)
{
	return read_flag(path, "populated");
}

const struct cgroup_version cgroup_version_2 = {
	.delegated = delegated,
	.frozen_file = "cgroup.freeze",
	.frozen_word = "1",
	.thawed_word = "0",
	.prepare = v2_prepare,
	.is_frozen = v2_is_frozen,
	.await_frozen = v2_await_frozen,
	.kill_all = v2_kill_all,
	.populated = v2_populated,
};
