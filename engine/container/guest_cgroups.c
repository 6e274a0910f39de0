/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/fs/cgroup inside a guest, whose cgroup namespace begins at its payload group. Pure v2: cgroup2. v1 and hybrid:
 * a tmpfs with a directory per hierarchy; name=systemd and the unified tree writable, the controllers read-only.
 */
#include "container/guest_mounts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "container/safepath.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE "sys/fs/cgroup"
#define ATTRIBUTES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int mount_hierarchy(const struct cgroup_hierarchy *hierarchy, int parent, const char *name,
                           struct auberge_error *error)
{
	bool writable = hierarchy->v2 || hierarchy->named;
	cleanup_close int tree = guest_mount_new(hierarchy->v2 ? "cgroup2" : "cgroup", hierarchy->v2 ? "" : hierarchy->options,
	                                         ATTRIBUTES | (writable ? 0 : MOUNT_ATTR_RDONLY));

	if (tree < 0)
		return error_set(error, -tree, "cannot mount the cgroup hierarchy %s in the guest", hierarchy->mount);
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return error_set(error, errno, "/" PLACE "/%s in the guest: cannot make it", name);
	cleanup_close int place = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0 || move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_set(error, errno, "/" PLACE "/%s in the guest: cannot mount there", name);
	return 0;
}

/* "cpu" and "cpuacct" lead to "cpu,cpuacct": programs look for a controller by its own name. */
static void link_controllers(int parent, const char *directory)
{
	char copy[sizeof((struct cgroup_hierarchy *)0)->directory], *rest = copy, *part;

	if (!strchr(directory, ','))
		return;
	memcpy(copy, directory, strlen(directory) + 1);
	while ((part = strsep(&rest, ",")))
		if (part[0] && symlinkat(directory, parent, part) < 0 && errno != EEXIST)
			return;
}

int guest_cgroups_mount(const struct cgroup_layout *layout, int root, struct auberge_error *error)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	cleanup_close int tree = -1;

	if (!layout || layout->count == 0)
		return 0;
	if (layout->pure)
		tree = guest_mount_new("cgroup2", "", ATTRIBUTES);
	else
		tree = guest_mount_new("tmpfs", "mode=755,size=64k,nr_inodes=64", ATTRIBUTES);
	if (tree < 0)
		return error_set(error, -tree, "cannot make the guest's /" PLACE);
	/* Attached first: mounts can only be put onto what is in this mount namespace. */
	if (guest_mount_attach(tree, root, PLACE, true, error) < 0)
		return -1;
	if (layout->pure)
		return 0;
	for (size_t i = 0; i < layout->count; i++) {
		const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];
		const char *name = hierarchy->directory;

		if (!name[0] || strchr(name, '/'))
			name = strrchr(hierarchy->mount, '/') ? strrchr(hierarchy->mount, '/') + 1 : hierarchy->mount;
		if (!name[0])
			continue;
		if (mount_hierarchy(hierarchy, tree, name, error) < 0)
			return -1;
		link_controllers(tree, hierarchy->directory);
	}
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		return error_set(error, errno, "/" PLACE " in the guest: cannot make it read-only");
	return 0;
}
