/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits: one table of file and format per cgroup version. Written to guest-NAME, which the guest cannot reach.
 * A check without side effects says before a start which of them this host cannot give.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define PERIOD_USEC 100000u
#define SWAP_FILE_1 "memory.memsw.limit_in_bytes"

static uint64_t add_limits(uint64_t a, uint64_t b)
{
	return a == AUBERGE_UNLIMITED || b == AUBERGE_UNLIMITED || a + b < a ? AUBERGE_UNLIMITED : a + b;
}

static uint64_t memory_value(const struct cgroup_limits *limits)
{
	return limits->memory;
}

static uint64_t swap_value(const struct cgroup_limits *limits)
{
	return limits->swap;
}

/* v1 counts memory and swap together. */
static uint64_t both_value(const struct cgroup_limits *limits)
{
	return add_limits(limits->memory, limits->swap);
}

static uint64_t quota_value(const struct cgroup_limits *limits)
{
	return limits->cpus_thousandths == AUBERGE_UNLIMITED ? AUBERGE_UNLIMITED
	                                                     : limits->cpus_thousandths * (PERIOD_USEC / 1000);
}

static uint64_t pids_value(const struct cgroup_limits *limits)
{
	return limits->pids;
}

const struct cgroup_limit cgroup_limit_table[CGROUP_LIMITS] = {
	{"memory", "memory", memory_value,
	 {{"memory.limit_in_bytes", "-1", "", memory_value}, {"memory.max", "max", "", memory_value}}},
	{"swap", "memory", swap_value, {{SWAP_FILE_1, "-1", "", both_value}, {"memory.swap.max", "max", "", swap_value}}},
	{"cpus", "cpu", quota_value,
	 {{"cpu.cfs_quota_us", "-1", "", quota_value}, {"cpu.max", "max", " 100000", quota_value}}},
	{"pids", "pids", pids_value, {{"pids.max", "max", "", pids_value}, {"pids.max", "max", "", pids_value}}},
};

static int write_row(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name,
                     const struct cgroup_limit *row, const struct cgroup_limits *limits, char path[CGROUP_PATH])
{
	const struct cgroup_limit_file *file = &row->files[hierarchy->v2];
	uint64_t value = file->value(limits);
	int result = cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, file->name);

	if (result < 0)
		return result;
	if (value == AUBERGE_UNLIMITED)
		return file_writef_at(AT_FDCWD, path, "%s%s", file->none, file->after);
	return file_writef_at(AT_FDCWD, path, "%" PRIu64 "%s", value, file->after);
}

/* v1 wants memory <= memory and swap at every moment: EINVAL says that the other one must go first. */
static int write_memory_1(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name,
                          const struct cgroup_limits *limits, char path[CGROUP_PATH])
{
	int result = write_row(auberge, hierarchy, name, &cgroup_limit_table[ROW_MEMORY], limits, path);

	if (result != -EINVAL)
		return result;
	result = write_row(auberge, hierarchy, name, &cgroup_limit_table[ROW_SWAP], limits, path);
	return result < 0 ? result : write_row(auberge, hierarchy, name, &cgroup_limit_table[ROW_MEMORY], limits, path);
}

int cgroup_write_limit(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, size_t row,
                       const struct cgroup_limits *limits, char path[CGROUP_PATH])
{
	return row == ROW_MEMORY && !hierarchy->v2 ? write_memory_1(auberge, hierarchy, name, limits, path)
	                                           : write_row(auberge, hierarchy, name, &cgroup_limit_table[row], limits, path);
}

static int explain(struct auberge_error *error, int number, const struct cgroup_limit *row, const char *path)
{
	error_set(error, number, "limits.%s: %s", row->key, path);
	if (number == EBUSY)
		error_remedy(error, "the guest uses more than that and it cannot be reclaimed: give it more, or free some first");
	else if (number == ENOENT)
		error_remedy(error, "this kernel does not give that limit: remove limits.%s from the config", row->key);
	return -1;
}

int cgroup_write_limits(const struct auberge *auberge, const struct cgroup_layout *layout, const char *name,
                        const struct cgroup_limits *limits, bool all, struct auberge_error *error)
{
	char path[CGROUP_PATH] = "";

	for (size_t i = 0; i < CGROUP_LIMITS; i++) {
		const struct cgroup_limit *row = &cgroup_limit_table[i];
		const struct cgroup_hierarchy *hierarchy = cgroup_for(layout, row->controller);
		bool limited = row->asked(limits) != AUBERGE_UNLIMITED;
		int result;

		if (!limited && (!all || !hierarchy))
			continue;
		if (!hierarchy)
			return error_set(error, 0, "limits.%s: this host has no cgroup controller %s", row->key, row->controller);
		result = cgroup_write_limit(auberge, hierarchy, name, i, limits, path);
		if (result == -ENOENT && !limited)
			continue; /* no such limit on this kernel, and none is wanted */
		if (result < 0)
			return explain(error, -result, row, path);
	}
	return 0;
}

/* What cannot be looked at is taken to be there: writing it tells what is wrong. */
static bool file_exists(const char *directory, const char *name)
{
	char path[CGROUP_PATH + 64];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* v1 shows its limit files in the root group too; v2 does not, so there only an existing ROOT can tell. */
static bool limit_given(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const struct cgroup_limit *row)
{
	char root[CGROUP_PATH];

	if (!hierarchy->v2)
		return strcmp(row->key, "pids") == 0 || file_exists(hierarchy->mount, row->files[0].name);
	if (cgroup_root_path(root, auberge, hierarchy, strlen(auberge->cgroup_root)) < 0 || !file_exists(root, "memory.max"))
		return true;
	return strcmp(row->key, "swap") != 0 || file_exists(root, row->files[1].name);
}

static unsigned check_hierarchies(const struct cgroup_layout *layout, struct auberge_error *error)
{
	char path[CGROUP_PATH], text[512];
	unsigned wrong = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];

		if (access(hierarchy->mount, W_OK) < 0) {
			error_add_line(error, "%s: cannot make cgroups there: %s", hierarchy->mount, strerror(errno));
			wrong++;
		}
		if (hierarchy->v2 || !cgroup_list_has(hierarchy->controllers, "cpuset"))
			continue;
		snprintf(path, sizeof path, "%s/cpuset.cpus", hierarchy->mount);
		ssize_t length = file_read_at(AT_FDCWD, path, text, sizeof text);
		if (length < 0) {
			error_add_line(error, "%s: %s", path, strerror((int)-length));
			wrong++;
		} else if (length <= 1) {
			error_add_line(error, "%s: names no processor, so no process could enter a group below it", path);
			wrong++;
		}
	}
	return wrong;
}

int cgroup_check(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	char path[CGROUP_PATH];
	unsigned wrong;

	if (!layout)
		return -1;
	wrong = check_hierarchies(layout, error);
	for (size_t i = 0; i < layout->count; i++) {
		if (cgroup_path(path, auberge, &layout->hierarchies[i], CGROUP_OF_PAYLOAD, name, "cgroup.subtree_control") < 0) {
			error_add_line(error, "%s: the cgroup's path would be too long", auberge->cgroup_root);
			return -1;
		}
	}
	for (size_t i = 0; i < CGROUP_LIMITS; i++) {
		const struct cgroup_limit *row = &cgroup_limit_table[i];
		const struct cgroup_hierarchy *hierarchy = cgroup_for(layout, row->controller);

		if (row->asked(limits) == AUBERGE_UNLIMITED)
			continue;
		if (!hierarchy)
			error_add_line(error, layout->count ? "limits.%s: this host has no cgroup controller %s"
			                                    : "limits.%s: no cgroup hierarchy is mounted, so there is no controller %s",
			               row->key, row->controller);
		else if (!limit_given(auberge, hierarchy, row))
			error_add_line(error, "limits.%s: this kernel does not count it (no %s)", row->key,
			               row->files[hierarchy->v2].name);
		else if (i == ROW_SWAP && !hierarchy->v2 && limits->memory == AUBERGE_UNLIMITED)
			error_add_line(error, "limits.swap: cgroup v1 limits swap only together with limits.memory");
		else
			continue;
		wrong++;
	}
	return wrong ? -1 : 0;
}

int cgroup_set_limits(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);

	return layout ? cgroup_write_limits(auberge, layout, name, limits, true, error) : -1;
}
