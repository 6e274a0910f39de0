/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cgroup hierarchies this host has and where: mountinfo read once and kept in *auberge.
 * Invariant: no two entries are the same hierarchy (device number) or the same place.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup_private.h"
#include "host/scope.h"

#include <fcntl.h>
#include <string.h>

#define CGROUP_TOP "/sys/fs/cgroup"
#define MOUNTINFO_LIMIT (16u << 20)

/* The fields of a mountinfo line that matter here (proc(5)); pointers into the line. */
struct mount_line {
	char *device, *root, *place, *type, *options;
};

/* Undoes \040 and its like, in place. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' && in[3] >= '0' &&
		    in[3] <= '7') {
			*out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

static bool split_line(char *line, struct mount_line *mount)
{
	char *fields[32], *word, *rest = line;
	size_t count = 0, dash = 0;

	while ((word = strsep(&rest, " ")) && count < COUNT_OF(fields))
		fields[count++] = word;
	for (size_t i = 6; i < count && dash == 0; i++)
		if (strcmp(fields[i], "-") == 0)
			dash = i;
	if (dash == 0 || dash + 3 >= count)
		return false;
	mount->device = fields[2];
	mount->root = fields[3];
	mount->place = fields[4];
	mount->type = fields[dash + 1];
	mount->options = fields[dash + 3];
	unescape(mount->root);
	unescape(mount->place);
	return true;
}

static bool append(char *list, size_t size, const char *before, const char *text, const char *after)
{
	size_t length = strlen(list);
	int wrote = snprintf(list + length, size - length, "%s%s%s", before, text, after);

	if (wrote >= 0 && (size_t)wrote < size - length)
		return true;
	list[length] = '\0';
	return false;
}

static bool is_controller(const char *word)
{
	static const char *const others[] = {
		"rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", "nofavordynmods", "none", "all",
	};

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (strcmp(word, others[i]) == 0)
			return false;
	return *word && !strchr(word, '=');
}

/* Super block options of a v1 mount: "rw,xattr,name=systemd", "rw,cpu,cpuacct". */
static bool read_options(char *text, struct cgroup_hierarchy *hierarchy)
{
	char *word, *rest = text;
	const char *name = NULL;
	bool fits = true;

	while ((word = strsep(&rest, ","))) {
		if (strncmp(word, "name=", 5) == 0)
			name = word;
		if (!is_controller(word))
			continue;
		fits &= append(hierarchy->controllers, sizeof hierarchy->controllers,
		               hierarchy->controllers[0] ? "" : ",", word, ",");
		fits &= append(hierarchy->options, sizeof hierarchy->options, hierarchy->options[0] ? "," : "", word, "");
	}
	if (name) {
		hierarchy->named = strcmp(name, "name=systemd") == 0;
		fits &= append(hierarchy->options, sizeof hierarchy->options, hierarchy->options[0] ? "," : "none,", name, "");
	}
	return fits && hierarchy->options[0];
}

/* "memory" of "/sys/fs/cgroup/memory"; elsewhere the last component, so that it is one name in any case. */
static bool name_directory(struct cgroup_hierarchy *hierarchy)
{
	const char *last = strrchr(hierarchy->mount, '/');

	if (strcmp(hierarchy->mount, CGROUP_TOP) == 0)
		last = "";
	else
		last = last ? last + 1 : "";
	if (*last == '\0' && !hierarchy->v2)
		return false;
	return append(hierarchy->directory, sizeof hierarchy->directory, "", last, "");
}

/* A hierarchy that is mounted twice counts once: its whole tree before a part of it, then the usual place. */
static bool better(const struct mount_line *mount, const char *root, const char *place)
{
	bool whole = strcmp(mount->root, "/") == 0, was_whole = strcmp(root, "/") == 0;

	if (whole != was_whole)
		return whole;
	return strncmp(mount->place, CGROUP_TOP, strlen(CGROUP_TOP)) == 0 && strncmp(place, CGROUP_TOP, strlen(CGROUP_TOP)) != 0;
}

struct seen {
	char device[24];
	char root[128];
};

static int take_mount(struct cgroup_layout *layout, struct seen *seen, struct mount_line *mount)
{
	struct cgroup_hierarchy hierarchy = {.v2 = strcmp(mount->type, "cgroup2") == 0};
	size_t at;

	if (strlen(mount->place) >= sizeof hierarchy.mount || strlen(mount->device) >= sizeof seen->device)
		return 0;
	append(hierarchy.mount, sizeof hierarchy.mount, "", mount->place, "");
	if ((!hierarchy.v2 && !read_options(mount->options, &hierarchy)) || !name_directory(&hierarchy))
		return 0;
	for (at = 0; at < layout->count; at++) {
		if (strcmp(layout->hierarchies[at].mount, mount->place) == 0) /* mounted over */
			break;
		if (strcmp(seen[at].device, mount->device) != 0)
			continue;
		if (!better(mount, seen[at].root, layout->hierarchies[at].mount))
			return 0;
		break;
	}
	if (at == CGROUP_HIERARCHIES)
		return -E2BIG;
	if (at == layout->count)
		layout->count++;
	layout->hierarchies[at] = hierarchy;
	snprintf(seen[at].device, sizeof seen[at].device, "%s", mount->device);
	snprintf(seen[at].root, sizeof seen[at].root, "%s", mount->root);
	return 0;
}

int cgroup_layout_parse(const char *mountinfo, struct cgroup_layout *layout)
{
	cleanup_free char *text = strdup(mountinfo);
	struct seen seen[CGROUP_HIERARCHIES] = {0};
	struct mount_line mount;
	char *line, *rest = text;
	int result;

	*layout = (struct cgroup_layout){.v2 = -1};
	if (!text)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		if (!split_line(line, &mount) || (strcmp(mount.type, "cgroup") != 0 && strcmp(mount.type, "cgroup2") != 0))
			continue;
		result = take_mount(layout, seen, &mount);
		if (result < 0)
			return result;
	}
	for (size_t i = 0; i < layout->count; i++)
		if (layout->hierarchies[i].v2)
			layout->v2 = (int)i;
	layout->pure = layout->count == 1 && layout->v2 == 0;
	if (layout->v2 >= 0 && !layout->pure && !layout->hierarchies[layout->v2].directory[0])
		append(layout->hierarchies[layout->v2].directory, sizeof layout->hierarchies[0].directory, "", "unified", "");
	return 0;
}

/* v2 says what it has in a file, "cpu io memory\n". */
static void read_controllers(struct cgroup_hierarchy *hierarchy)
{
	char path[CGROUP_PATH], text[512], *word, *rest = text;

	snprintf(path, sizeof path, "%s/cgroup.controllers", hierarchy->mount);
	if (file_read_at(AT_FDCWD, path, text, sizeof text) <= 0)
		return;
	while ((word = strsep(&rest, " \n")))
		if (*word)
			append(hierarchy->controllers, sizeof hierarchy->controllers, hierarchy->controllers[0] ? "" : ",", word, ",");
}

const struct cgroup_layout *cgroup_layout(struct auberge *auberge, struct auberge_error *error)
{
	cleanup_free char *text = NULL;
	cleanup_free struct cgroup_layout *layout = NULL;
	ssize_t length;
	int result;

	if (auberge->cgroups)
		return auberge->cgroups;
	length = file_read_whole_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &text);
	layout = length < 0 ? NULL : malloc(sizeof *layout);
	result = length < 0 ? (int)length : layout ? cgroup_layout_parse(text, layout) : -ENOMEM;
	if (result < 0) {
		error_set(error, -result, "cannot find the cgroup hierarchies: /proc/self/mountinfo");
		return NULL;
	}
	if (layout->v2 >= 0)
		read_controllers(&layout->hierarchies[layout->v2]);
	layout->systemd = scope_host();
	auberge->cgroups = take_pointer(&layout);
	return auberge->cgroups;
}

bool cgroup_list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at++)
		if (at > list && at[-1] == ',' && at[length] == ',')
			return true;
	return false;
}

const struct cgroup_hierarchy *cgroup_for(const struct cgroup_layout *layout, const char *controller)
{
	static const char *const twins[][2] = {{"blkio", "io"}, {"cpuacct", "cpu"}}; /* v1's name, v2's */
	const char *first = controller, *second = controller;

	for (size_t i = 0; i < COUNT_OF(twins); i++) {
		if (strcmp(controller, twins[i][0]) == 0)
			second = twins[i][1];
		if (strcmp(controller, "io") == 0)
			first = "blkio";
	}
	for (size_t i = 0; i < layout->count; i++)
		if (!layout->hierarchies[i].v2 && cgroup_list_has(layout->hierarchies[i].controllers, first))
			return &layout->hierarchies[i];
	if (layout->v2 >= 0 && cgroup_list_has(layout->hierarchies[layout->v2].controllers, second))
		return &layout->hierarchies[layout->v2];
	return NULL;
}

const struct cgroup_hierarchy *cgroup_control(const struct cgroup_layout *layout)
{
	static const char *const wanted[] = {"freezer", "pids", "memory", "cpuacct"};

	if (layout->v2 >= 0)
		return &layout->hierarchies[layout->v2];
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		const struct cgroup_hierarchy *found = cgroup_for(layout, wanted[i]);

		if (found)
			return found;
	}
	return layout->count > 0 ? &layout->hierarchies[0] : NULL;
}
