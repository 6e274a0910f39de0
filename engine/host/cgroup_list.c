/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which groups there are below our ROOT, and which look like other sets' ROOTs: read for the audit, nothing is made.
 * A group of ours that some day lives elsewhere (a scope of systemd's) is told to cgroup_list()'s caller from here.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "host/cgroup_private.h"

#include <string.h>
#include <sys/stat.h>

#define GROUP_SIZE 300 /* "supervisor/" and a directory's name */

/* Calls each for the directories in path, with the prefix before their names. */
static int list_directory(const char *path, const char *prefix, int (*each)(void *data, const char *group), void *data)
{
	cleanup_dir DIR *dir = opendir(path);
	const struct dirent *entry;
	char group[GROUP_SIZE];
	int result = 0;

	while (dir && result >= 0 && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (!*prefix && strcmp(entry->d_name, "supervisor") == 0)
			continue;
		snprintf(group, sizeof group, "%s%s", prefix, entry->d_name);
		result = each(data, group);
	}
	return result;
}

int cgroup_list(struct auberge *auberge, int (*each)(void *data, const char *group), void *data, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	char root[CGROUP_PATH], supervisors[CGROUP_PATH + 16];
	int result = layout ? 0 : -1;

	for (size_t i = 0; layout && i < layout->count && result >= 0; i++) {
		if (cgroup_root_path(root, auberge, &layout->hierarchies[i], strlen(auberge->cgroup_root)) < 0 ||
		    access(root, F_OK) < 0)
			continue;
		snprintf(supervisors, sizeof supervisors, "%s/supervisor", root);
		result = each(data, "");
		if (result >= 0)
			result = list_directory(root, "", each, data);
		if (result >= 0)
			result = list_directory(supervisors, "supervisor/", each, data);
	}
	return result;
}

static bool is_roots_name(const char *name)
{
	if (strncmp(name, "auberge", 7) != 0)
		return false;
	return name[7] == '\0' || (name[7] == '-' && strspn(name + 8, "0123456789abcdef") == SET_ID_SIZE - 1 &&
	                           strlen(name) == 8 + SET_ID_SIZE - 1);
}

int cgroup_list_others(struct auberge *auberge, int (*each)(void *data, const char *root), void *data, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	size_t own = strcspn(auberge->cgroup_root, "/");
	int result = layout ? 0 : -1;

	for (size_t i = 0; layout && i < layout->count && result >= 0; i++) {
		cleanup_dir DIR *dir = opendir(layout->hierarchies[i].mount);
		const struct dirent *entry;

		while (dir && result >= 0 && (entry = readdir(dir))) {
			char path[CGROUP_PATH];
			cleanup_free pid_t *pids = NULL;
			size_t count = 0;

			if (entry->d_type != DT_DIR || !is_roots_name(entry->d_name) ||
			    (strncmp(entry->d_name, auberge->cgroup_root, own) == 0 && entry->d_name[own] == '\0'))
				continue;
			snprintf(path, sizeof path, "%s/%.32s", layout->hierarchies[i].mount, entry->d_name);
			if (cgroup_collect_pids(path, &pids, &count) == 0 && count == 0)
				result = each(data, entry->d_name);
		}
	}
	return result;
}

static int group_path(char path[CGROUP_PATH], const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                      const char *group)
{
	int length = snprintf(path, CGROUP_PATH, "%s/%s%s%s", hierarchy->mount, auberge->cgroup_root, *group ? "/" : "", group);

	return length < 0 || length >= CGROUP_PATH ? -ENAMETOOLONG : 0;
}

unsigned cgroup_group_places(struct auberge *auberge, const char *group, char *first, size_t first_size)
{
	struct auberge_error ignored;
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	char path[CGROUP_PATH];
	unsigned count = 0;

	for (size_t i = 0; layout && i < layout->count; i++) {
		if (group_path(path, auberge, &layout->hierarchies[i], group) < 0 || access(path, F_OK) < 0)
			continue;
		if (count++ == 0 && first)
			snprintf(first, first_size, "%s", path);
	}
	return count;
}

static int compare(const void *left, const void *right)
{
	const pid_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

int cgroup_group_pids(struct auberge *auberge, const char *group, pid_t **pids, size_t *count)
{
	struct auberge_error ignored;
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	char path[CGROUP_PATH];
	size_t kept = 0;
	int result = 0;

	*pids = NULL;
	*count = 0;
	for (size_t i = 0; layout && i < layout->count && result == 0; i++)
		if (group_path(path, auberge, &layout->hierarchies[i], group) == 0)
			result = cgroup_collect_pids(path, pids, count);
	if (*count > 1)
		qsort(*pids, *count, sizeof **pids, compare);
	for (size_t i = 0; i < *count; i++)
		if (kept == 0 || (*pids)[kept - 1] != (*pids)[i])
			(*pids)[kept++] = (*pids)[i];
	*count = kept;
	return result;
}
