/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's cgroups: making, entering, freezing, killing, asking. The two versions differ behind struct cgroup_version;
 * this file knows neither's file names.
 * Each process's first attach after a quiet time waits some ms for an RCU grace period in the kernel and those right
 * behind it are nearly free: all files are opened first, then written in one burst.
 */
#include "host/cgroup.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MAKE_TRIES 8
#define FREEZE_TIMEOUT_MS 2000

static int delegate(const struct cgroup_hierarchy *hierarchy, const char *payload, uid_t owner)
{
	cleanup_close int fd = open(payload, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fchown(fd, owner, owner) < 0)
		return -errno;
	for (const char *const *file = cgroup_version_of(hierarchy)->delegated; *file; file++)
		if (fchownat(fd, *file, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
	return 0;
}

/* systemd puts our processes into the scope's own group: they go to supervisor/, since on v2 a group that passes
 * controllers on holds no process. */
static int clear_scope(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name,
                       char path[CGROUP_PATH])
{
	char scope[CGROUP_PATH], text[4096], *word, *rest = text;
	int result = cgroup_path(path, auberge, hierarchy, CGROUP_OF_SUPERVISOR, name, NULL);

	if (result == 0)
		result = cgroup_make(hierarchy, path);
	if (result >= 0)
		result = cgroup_path(scope, auberge, hierarchy, CGROUP_OF_SUPERVISOR, name, "../cgroup.procs");
	if (result >= 0)
		result = (int)file_read_at(AT_FDCWD, scope, text, sizeof text);
	if (result >= 0)
		result = cgroup_path(path, auberge, hierarchy, CGROUP_OF_SUPERVISOR, name, "cgroup.procs");
	while (result >= 0 && (word = strsep(&rest, "\n"))) {
		if (*word == '\0')
			continue;
		result = file_write_at(AT_FDCWD, path, word);
		if (result == -ESRCH) /* it has ended meanwhile */
			result = 0;
	}
	return result < 0 ? result : 0;
}

/* guest-NAME and payload in one hierarchy. *was_there: guest-NAME is left from before. path names what failed. */
static int make_guest(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name,
                      uid_t owner, bool *was_there, char path[CGROUP_PATH])
{
	bool scoped = cgroup_scoped(auberge, hierarchy, name);
	int result = scoped ? clear_scope(auberge, hierarchy, name, path) : 0;

	if (result == 0)
		result = cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, NULL);
	if (result == 0)
		result = cgroup_make(hierarchy, path);
	if (result >= 0 && scoped && hierarchy->v2) { /* mkdir needed no parent, so none was prepared */
		int prepared = cgroup_make_parents(hierarchy, path);

		result = prepared < 0 ? prepared : result;
	}
	if (result < 0)
		return result;
	*was_there |= result == 1;
	result = hierarchy->v2 ? cgroup_version_of(hierarchy)->prepare(hierarchy, path) : 0;
	if (result == 1 && (result = cgroup_make_parents(hierarchy, path)) >= 0) /* ROOT was left half made */
		result = cgroup_version_of(hierarchy)->prepare(hierarchy, path);
	if (result < 0)
		return result;
	result = cgroup_path(path, auberge, hierarchy, CGROUP_OF_PAYLOAD, name, NULL);
	if (result == 0 && mkdir(path, 0755) < 0 && errno != EEXIST)
		result = -errno;
	if (result == 0 && owner != 0 && (hierarchy->v2 || hierarchy->named))
		result = delegate(hierarchy, path, owner);
	return result;
}

int cgroup_create(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, uid_t owner, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	char path[CGROUP_PATH];
	bool was_there = false;

	if (!layout)
		return -1;
	for (size_t i = 0; i < layout->count; i++) {
		const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];
		int result = make_guest(auberge, hierarchy, name, owner, &was_there, path);

		if (result < 0)
			return error_set(error, -result, "%s: cannot make the cgroup", path);
	}
	if (was_there && cgroup_populated(auberge, name) == 1)
		return error_set(error, EBUSY, "the cgroup guest-%s of an earlier run still has processes in it", name);
	return cgroup_write_limits(auberge, layout, name, limits, was_there, error);
}

int cgroup_open_payload(struct auberge *auberge, const char *name)
{
	struct auberge_error ignored;
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	char path[CGROUP_PATH];

	if (!layout || layout->v2 < 0)
		return -1;
	if (cgroup_path(path, auberge, &layout->hierarchies[layout->v2], CGROUP_OF_PAYLOAD, name, NULL) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* --- entering -------------------------------------------------------------------------------------------------- */

struct entry {
	const struct cgroup_hierarchy *hierarchy;
	enum cgroup_group group;
	pid_t pid;
	int fd;
};

struct burst {
	struct entry entries[3 * CGROUP_HIERARCHIES];
	size_t count;
};

static void burst_close(struct burst *burst)
{
	for (size_t i = 0; i < burst->count; i++)
		close(burst->entries[i].fd);
}

/* Is the process in that group of the v2 tree already (clone3 put it there)? path: the group's. */
static bool is_there(const struct cgroup_hierarchy *hierarchy, const char *path, pid_t pid)
{
	const char *wanted = path + strlen(hierarchy->mount);
	char file[64], text[8192], *line, *rest = text;

	snprintf(file, sizeof file, "/proc/%d/cgroup", (int)pid);
	if (file_read_at(AT_FDCWD, file, text, sizeof text) <= 0)
		return false;
	while ((line = strsep(&rest, "\n"))) {
		size_t length = strlen(line), ending = strlen(wanted);

		if (strncmp(line, "0::", 3) == 0)
			return length >= ending && strcmp(line + length - ending, wanted) == 0;
	}
	return false;
}

static int burst_add(struct burst *burst, const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                     enum cgroup_group group, const char *name, pid_t pid, struct auberge_error *error)
{
	char path[CGROUP_PATH], directory[CGROUP_PATH];
	int fd = -1, result = cgroup_path(directory, auberge, hierarchy, group, name, NULL);

	if (result == 0 && hierarchy->v2 && is_there(hierarchy, directory, pid))
		return 0;
	if (result == 0)
		result = cgroup_path(path, auberge, hierarchy, group, name, "cgroup.procs");
	for (int try = 0; try < MAKE_TRIES && result >= 0 && fd < 0; try++) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			break;
		/* ENODEV: it is just being removed, by the supervisor before. */
		result = (errno == ENOENT || errno == ENODEV) && group != CGROUP_OF_PAYLOAD ? cgroup_make(hierarchy, directory) : -errno;
	}
	if (fd < 0)
		return error_set(error, result < 0 ? -result : ENOENT, "%s: cannot enter the cgroup", directory);
	burst->entries[burst->count++] = (struct entry){.hierarchy = hierarchy, .group = group, .pid = pid, .fd = fd};
	return 0;
}

/* ENOSPC: a cpuset without processors, left by a process that ended between mkdir and filling ROOT in. */
static int fill_cpuset(const struct auberge *auberge, const struct entry *entry, const char *name)
{
	char path[CGROUP_PATH];
	size_t start;
	int result = cgroup_path(path, auberge, entry->hierarchy, entry->group, name, "cgroup.procs");

	if (result < 0)
		return result;
	start = strlen(entry->hierarchy->mount) + 1;
	for (size_t i = start; path[i] && result >= 0; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		result = cgroup_version_of(entry->hierarchy)->prepare(entry->hierarchy, path);
		path[i] = '/';
	}
	return result;
}

/* ENODEV: the group went between opening and writing. supervisor/NAME is removed by the supervisor that ends just as the
 * next one starts. */
static ssize_t write_into_new(const struct auberge *auberge, const struct entry *entry, const char *name, const char *text)
{
	char directory[CGROUP_PATH], path[CGROUP_PATH];

	if (cgroup_path(directory, auberge, entry->hierarchy, entry->group, name, NULL) < 0 ||
	    cgroup_path(path, auberge, entry->hierarchy, entry->group, name, "cgroup.procs") < 0)
		return -1;
	for (int try = 0; try < MAKE_TRIES; try++) {
		int result = cgroup_make(entry->hierarchy, directory);

		if (result >= 0)
			result = file_write_at(AT_FDCWD, path, text);
		if (result == 0)
			return 0;
		errno = -result;
		if (result != -ENODEV && result != -ENOENT)
			break;
	}
	return -1;
}

static int burst_write(const struct burst *burst, const struct auberge *auberge, const char *name, struct auberge_error *error)
{
	char text[16], path[CGROUP_PATH];

	for (size_t i = 0; i < burst->count; i++) {
		const struct entry *entry = &burst->entries[i];
		int length = snprintf(text, sizeof text, "%d", (int)entry->pid);
		ssize_t wrote = write(entry->fd, text, (size_t)length);

		if (wrote < 0 && errno == ENOSPC && !entry->hierarchy->v2 && fill_cpuset(auberge, entry, name) == 0)
			wrote = pwrite(entry->fd, text, (size_t)length, 0);
		if (wrote < 0 && errno == ENODEV && entry->group != CGROUP_OF_PAYLOAD)
			wrote = write_into_new(auberge, entry, name, text);
		if (wrote >= 0 || (errno == ESRCH && entry->group == CGROUP_OF_SUPERVISOR)) /* killed meanwhile: its successor comes */
			continue;
		int number = errno;

		cgroup_path(path, auberge, entry->hierarchy, entry->group, name, NULL);
		return error_set(error, number, "%s: cannot move process %d into the cgroup", path, (int)entry->pid);
	}
	return 0;
}

static int attach(struct auberge *auberge, const char *name, pid_t guest, enum cgroup_group group, pid_t supervisor, pid_t keeper,
                  struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	struct burst burst = {.count = 0};
	int result = layout ? 0 : -1;

	for (size_t i = 0; result == 0 && i < layout->count && guest != 0; i++)
		result = burst_add(&burst, auberge, &layout->hierarchies[i], group, name, guest, error);
	for (size_t i = 0; result == 0 && i < layout->count && supervisor != 0; i++)
		result = burst_add(&burst, auberge, &layout->hierarchies[i], CGROUP_OF_SUPERVISOR, name, supervisor, error);
	for (size_t i = 0; result == 0 && i < layout->count && keeper != 0; i++)
		result = burst_add(&burst, auberge, &layout->hierarchies[i], CGROUP_OF_SUPERVISOR, name, keeper, error);
	if (result == 0)
		result = burst_write(&burst, auberge, name, error);
	burst_close(&burst);
	return result;
}

int cgroup_attach(struct auberge *auberge, const char *name, pid_t init, pid_t supervisor, pid_t keeper, struct auberge_error *error)
{
	return attach(auberge, name, init, CGROUP_OF_PAYLOAD, supervisor, keeper, error);
}

int cgroup_attach_exec(struct auberge *auberge, const char *name, pid_t pid, struct auberge_error *error)
{
	return attach(auberge, name, pid, CGROUP_OF_EXEC, 0, 0, error);
}

/* --- freezing, killing, asking ---------------------------------------------------------------------------------- */

/* The hierarchy that acts, and guest-NAME's path in it. NULL: none is mounted, or *error. */
static const struct cgroup_hierarchy *control(struct auberge *auberge, const char *name, char path[CGROUP_PATH],
                                              struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	const struct cgroup_hierarchy *hierarchy = layout ? cgroup_control(layout) : NULL;

	if (layout && !hierarchy)
		error_set(error, ENOTSUP, "no cgroup hierarchy is mounted on this host");
	if (!hierarchy)
		return NULL;
	if (cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, NULL) < 0) {
		error_set(error, ENAMETOOLONG, "the cgroup guest-%s", name);
		return NULL;
	}
	return hierarchy;
}

int cgroup_freeze(struct auberge *auberge, const char *name, bool frozen, struct auberge_error *error)
{
	char path[CGROUP_PATH], file[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = control(auberge, name, path, error);
	const struct cgroup_version *version = hierarchy ? cgroup_version_of(hierarchy) : NULL;
	int result;

	if (hierarchy && !hierarchy->v2 && !cgroup_list_has(hierarchy->controllers, "freezer"))
		version = NULL;
	if (!version) {
		error_set(error, ENOTSUP, "%s: cannot %s: this host has neither cgroup v2 nor v1's freezer", name,
		          frozen ? "freeze" : "thaw");
		return error_remedy(error, "mount a cgroup hierarchy: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	}
	result = cgroup_path(file, auberge, hierarchy, CGROUP_OF_GUEST, name, version->frozen_file);
	if (result == 0)
		result = file_write_at(AT_FDCWD, file, frozen ? version->frozen_word : version->thawed_word);
	if (result == 0 && frozen)
		result = version->await_frozen(path, FREEZE_TIMEOUT_MS);
	if (result == -ETIMEDOUT)
		return error_set_code(error, AUBERGE_TIMEOUT, 0, "%s: not all of its processes are frozen after %d s", name,
		                      FREEZE_TIMEOUT_MS / 1000);
	if (result == -ENOENT)
		return error_set_code(error, AUBERGE_WRONG_STATE, ENOENT, "%s: cannot %s: %s", name, frozen ? "freeze" : "thaw", file);
	return result < 0 ? error_set(error, -result, "%s: cannot %s: %s", name, frozen ? "freeze" : "thaw", file) : 0;
}

int cgroup_frozen(struct auberge *auberge, const char *name)
{
	struct auberge_error ignored;
	char path[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = control(auberge, name, path, &ignored);

	return hierarchy && cgroup_version_of(hierarchy)->is_frozen(path) == 1;
}

int cgroup_kill(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	char path[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = control(auberge, name, path, error);
	int result;

	if (!hierarchy)
		return -1;
	result = cgroup_version_of(hierarchy)->kill_all(path);
	if (result == 0 || result == -ENOENT)
		return 0;
	return error_set(error, -result, "%s: cannot kill all of it: %s", name, path);
}

int cgroup_populated(struct auberge *auberge, const char *name)
{
	struct auberge_error ignored;
	char path[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = control(auberge, name, path, &ignored);
	int result = hierarchy ? cgroup_version_of(hierarchy)->populated(path) : -ENOTSUP;

	return result == -ENOENT ? 0 : result;
}

int cgroup_open_events(struct auberge *auberge, const char *name)
{
	struct auberge_error ignored;
	char path[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = control(auberge, name, path, &ignored);

	if (!hierarchy || !hierarchy->v2 || cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, "cgroup.events") < 0)
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

int cgroup_pids(struct auberge *auberge, const char *name, pid_t **pids, size_t *count, struct auberge_error *error)
{
	char path[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = control(auberge, name, path, error);
	int result;

	*pids = NULL;
	*count = 0;
	if (!hierarchy)
		return -1;
	result = cgroup_collect_pids(path, pids, count);
	return result < 0 ? error_set(error, -result, "%s: cannot list its processes: %s", name, path) : 0;
}

int cgroup_paths(struct auberge *auberge, const char *name, char ***paths, size_t *count, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	char path[CGROUP_PATH];

	*count = 0;
	*paths = layout ? calloc(layout->count + 1, sizeof **paths) : NULL;
	if (!*paths)
		return layout ? error_set(error, ENOMEM, "the cgroups of %s", name) : -1;
	for (size_t i = 0; i < layout->count; i++) {
		if (cgroup_path(path, auberge, &layout->hierarchies[i], CGROUP_OF_GUEST, name, NULL) < 0 || access(path, F_OK) < 0)
			continue;
		(*paths)[*count] = strdup(path);
		if (!(*paths)[*count])
			return error_set(error, ENOMEM, "the cgroups of %s", name);
		(*count)++;
	}
	return 0;
}
