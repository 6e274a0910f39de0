/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts inside a guest, made in the child by the new mount API. Nothing is mounted by path: each mount is made
 * detached and put onto a descriptor that safepath resolved. Owns nothing between calls.
 */
#include "container/guest_mounts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "container/devices.h"
#include "container/safepath.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct fixed_mount {
	const char *type, *path, *options;
	unsigned attributes;
	bool optional; /* the kernel may have been built without it */
} fixed_mounts[] = {
	{"tmpfs", "dev", "mode=755,size=512k,nr_inodes=1024", MOUNT_ATTR_NOSUID, false},
	{"devpts", "dev/pts", "gid=5,mode=620,ptmxmode=666,max=1024", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false},
	{"tmpfs", "dev/shm", "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false},
	{"mqueue", "dev/mqueue", "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, true},
	{"tmpfs", "run", "mode=755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false},
	/* systemd without sys_admin cannot make it, and does not boot without it */
	{"tmpfs", "run/lock", "mode=1777,size=5m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, false},
	{"tmpfs", "tmp", "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false},
};

/* A privileged guest's root is the host's: what the user namespace protects for others is a read-only mount here.
 * sys/net belongs to the guest's own network namespace. */
static const struct {
	const char *path;
	bool writable;
} privileged_proc[] = {
	{"proc/sys", false}, {"proc/sys/net", true}, {"proc/sysrq-trigger", false}, {"proc/irq", false}, {"proc/bus", false},
};

int guest_mount_new(const char *type, const char *options, unsigned attributes)
{
	char copy[256], *rest = copy, *option;
	cleanup_close int context = fsopen(type, FSOPEN_CLOEXEC);
	int mount;

	if (context < 0)
		return -errno;
	if (strlen(options) >= sizeof copy)
		return -E2BIG;
	memcpy(copy, options, strlen(options) + 1);
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", type, 0) < 0) /* for /proc/self/mountinfo's readers */
		return -errno;
	while ((option = strsep(&rest, ","))) {
		char *value = strchr(option, '=');

		if (value)
			*value++ = '\0';
		if (option[0] && fsconfig(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value, 0) < 0)
			return -errno;
	}
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	return mount < 0 ? -errno : mount;
}

static int tell_attach(int number, const char *path, bool directory, struct auberge_error *error)
{
	switch (number) {
	case ELOOP:
		error_set(error, 0, "/%s in the guest's rootfs is, or lies behind, a symbolic link: nothing is mounted there", path);
		error->number = ELOOP;
		return error_remedy(error, "make it a plain %s in the rootfs", directory ? "directory" : "file");
	case ENOTDIR:
		return error_set(error, number, "/%s in the guest's rootfs: something is mounted there", path);
	case EISDIR:
		return error_set(error, number, "/%s in the guest's rootfs: a file is mounted there", path);
	default:
		return error_set(error, number, "/%s in the guest's rootfs: cannot mount there", path);
	}
}

int guest_mount_attach(int tree, int root, const char *path, bool directory, struct auberge_error *error)
{
	cleanup_close int place = safepath_mount_point(root, path, directory, true);

	if (place < 0)
		return tell_attach(-place, path, directory, error);
	if (move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return tell_attach(errno, path, directory, error);
	return 0;
}

static int protect_proc(int root, struct auberge_error *error)
{
	for (size_t i = 0; i < COUNT_OF(privileged_proc); i++) {
		const char *path = privileged_proc[i].path;
		struct mount_attr attributes = {0};
		cleanup_close int place = safepath_mount_point(root, path, false, false);

		if (place == -EISDIR)
			place = safepath_mount_point(root, path, true, false);
		if (place == -ENOENT)
			continue; /* this kernel has no such file */
		if (place < 0)
			return error_set(error, -place, "/%s: cannot open", path);
		cleanup_close int tree = open_tree(place, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (privileged_proc[i].writable)
			attributes.attr_clr = MOUNT_ATTR_RDONLY;
		else
			attributes.attr_set = MOUNT_ATTR_RDONLY;
		if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0 ||
		    move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return error_set(error, errno, "/%s: cannot protect it", path);
	}
	return 0;
}

int guest_mount_system(const struct container_plan *plan, int root, int proc, int sys, struct auberge_error *error)
{
	if (guest_mount_attach(proc, root, "proc", true, error) < 0 || guest_mount_attach(sys, root, "sys", true, error) < 0)
		return -1;
	if (plan->id_first == 0 && protect_proc(root, error) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(fixed_mounts); i++) {
		const struct fixed_mount *fixed = &fixed_mounts[i];
		cleanup_close int tree = guest_mount_new(fixed->type, fixed->options, fixed->attributes);

		if (tree == -ENODEV && fixed->optional)
			continue;
		if (tree < 0)
			return error_set(error, -tree, "cannot make the guest's /%s (%s)", fixed->path, fixed->type);
		if (guest_mount_attach(tree, root, fixed->path, true, error) < 0)
			return -1;
		if (strcmp(fixed->path, "dev") == 0 && devices_make(plan, tree, error) < 0)
			return -1;
	}
	return 0;
}

int guest_mount_configured(const struct container_plan *plan, int root, struct auberge_error *error)
{
	for (size_t i = 0; i < plan->config->mounts_count; i++) {
		const struct config_mount *mount = &plan->config->mounts[i];
		const char *target = mount->target + strspn(mount->target, "/");
		struct stat status;

		if (fstat(plan->mount_trees[i], &status) < 0)
			return error_set(error, errno, "[mount %s]: its tree is gone", mount->name);
		if (guest_mount_attach(plan->mount_trees[i], root, target, S_ISDIR(status.st_mode), error) < 0)
			return error_prefix(error, "[mount %s]", mount->name);
	}
	return 0;
}
