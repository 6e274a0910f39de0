/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/host of a guest, systemd's container interface: a small read-only tmpfs that says who the manager is
 * (container-manager) and holds the socket on which the guest tells that it is up (notify). The socket is the
 * supervisor's, mounted by descriptor; the detached tree belongs to the plan.
 */
#include "container/guest_mounts.h"
#include "container/rootfs.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLAIN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

int rootfs_take_notify(struct container_plan *plan, int run_fd, const char *path, struct auberge_error *error)
{
	struct mount_attr attributes = {.attr_set = PLAIN | MOUNT_ATTR_RDONLY};
	cleanup_close int socket = openat(run_fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (socket < 0 && errno == ENOENT) /* built by hand */
		return 0;
	if (socket < 0 || fstat(socket, &status) < 0)
		return error_set(error, errno, "cannot open the readiness socket %s", path);
	if (!S_ISSOCK(status.st_mode))
		return error_set(error, 0, "%s is no socket", path);
	cleanup_close int tree = open_tree(socket, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		return error_set(error, errno, "cannot make a mount of the readiness socket");
	plan->notify_tree = take_fd(&tree);
	return 0;
}

static int put_manager(int place)
{
	static const char manager[] = "auberge\n";
	cleanup_close int file = openat(place, "container-manager", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	return file < 0 ? -errno : write_all(file, manager, sizeof manager - 1);
}

int guest_host_make(const struct container_plan *plan, int root, struct auberge_error *error)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	cleanup_close int place = guest_mount_new("tmpfs", "mode=755,size=64k,nr_inodes=16", PLAIN);

	if (place < 0)
		return error_set(error, -place, "cannot make the guest's /run/host (tmpfs)");
	if (guest_mount_attach(place, root, "run/host", true, error) < 0)
		return -1;
	if (put_manager(place) < 0)
		return error_set(error, errno, "cannot fill the guest's /run/host");
	if (plan->notify_tree >= 0) {
		cleanup_close int file = openat(place, "notify", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

		if (file < 0 || move_mount(plan->notify_tree, "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return error_set(error, errno, "cannot put the readiness socket into the guest");
	}
	if (mount_setattr(place, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		return error_set(error, errno, "cannot make the guest's /run/host read-only");
	return 0;
}
