/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev of a guest. The nodes are the host's, by descriptor and checked for their numbers; the guest's rootfs is not
 * asked. Owns nothing: the detached trees belong to the plan.
 */
#include "container/devices.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct device {
	const char *name;
	unsigned major, minor;
} devices[PLAN_DEVICES] = {
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},         {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},   {"ptmx", "pts/ptmx"},
};

int devices_open(struct container_plan *plan, struct auberge_error *error)
{
	cleanup_close int dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (dev < 0)
		return error_add_line(error, "/dev: cannot open: %s", strerror(errno));
	for (size_t i = 0; i < PLAN_DEVICES; i++) {
		const struct device *device = &devices[i];
		cleanup_close int node = openat(dev, device->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat status;

		if (node < 0 || fstat(node, &status) < 0) {
			result = error_add_line(error, "/dev/%s: cannot look at it: %s", device->name, strerror(errno));
			continue;
		}
		if (!S_ISCHR(status.st_mode) ||
		    status.st_rdev != makedev(device->major, device->minor)) {
			result = error_add_line(error, "/dev/%s: not the character device %u:%u on this host", device->name,
			                        device->major, device->minor);
			continue;
		}
		plan->device_trees[i] = open_tree(node, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (plan->device_trees[i] < 0)
			result = error_add_line(error, "/dev/%s: cannot make a mount of it (root only): %s", device->name,
			                        strerror(errno));
	}
	return result;
}

int devices_make(const struct container_plan *plan, int dev, struct auberge_error *error)
{
	for (size_t i = 0; i < PLAN_DEVICES; i++) {
		cleanup_close int file =
			openat(dev, devices[i].name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

		if (file < 0 || move_mount(plan->device_trees[i], "", file, "",
		                           MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return error_set(error, errno, "/dev/%s: cannot mount the host's node", devices[i].name);
	}
	for (size_t i = 0; i < COUNT_OF(links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0)
			return error_set(error, errno, "/dev/%s: cannot make the link", links[i].name);
	return 0;
}
