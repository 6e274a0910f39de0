/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User namespaces and id-mapped mounts. Owns nothing between calls: the child that a namespace is taken from is reaped
 * before its descriptor is handed out. Invariant: a tree made here is detached, private and nodev.
 */
#include "container/idmap.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAP_COUNT 65536u
#define PROBE_FIRST 0x6fff0000u /* below every guest's range: the namespace of a probe never holds a process */

/* What people may know a file system by, and from which kernel on it can map ids (NULL: not known to). */
static const struct file_system {
	unsigned long magic;
	const char *name, *since;
} file_systems[] = {
	{0x0000ef53, "ext4", "5.12"},     {0x58465342, "xfs", "5.12"},    {0x9123683e, "btrfs", "5.15"},
	{0x01021994, "tmpfs", "6.3"},     {0x794c7630, "overlay", NULL},  {0x00006969, "nfs", NULL},
	{0x65735546, "fuse", NULL},       {0x01021997, "9p", NULL},       {0x2fc12fc1, "zfs", NULL},
	{0xf2f52010, "f2fs", "5.18"},     {0x00004d44, "vfat", "5.12"},   {0x73717368, "squashfs", "6.2"},
	{0x858458f6, "ramfs", NULL},      {0xff534d42, "cifs", NULL},     {0x00c36400, "ceph", "6.7"},
	{0xe0f5e1e2, "erofs", "5.19"},    {0x00009660, "iso9660", NULL},  {0xca451a4e, "bcachefs", NULL},
};

int idmap_write(pid_t pid, uint32_t first, struct auberge_error *error)
{
	static const char *const files[] = {"uid_map", "gid_map"};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		char path[64];
		int result;

		snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, files[i]);
		result = file_writef_at(AT_FDCWD, path, "0 %u %u", first, MAP_COUNT);
		if (result < 0)
			return error_set(error, -result, "%s: cannot map ids 0 to %u on %u and up", path, MAP_COUNT - 1, first);
	}
	return 0;
}

static int take_namespace(pid_t pid, uint32_t first, struct auberge_error *error)
{
	char path[64];
	int fd;

	if (idmap_write(pid, first, error) < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_set(error, errno, "%s: cannot open", path) : fd;
}

int idmap_namespace(uint32_t first, struct auberge_error *error)
{
	cleanup_close int reading = -1, writing = -1;
	int ends[2], fd;
	long pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(error, errno, "cannot make a pipe");
	reading = ends[0];
	writing = ends[1];
	/* No exit signal: a caller that watches SIGCHLD does not hear of it. */
	pid = syscall(SYS_clone, (unsigned long)CLONE_NEWUSER, NULL, NULL, NULL, NULL);
	if (pid < 0) {
		error_set(error, errno, "cannot make a user namespace");
		return error_remedy(error, "see /proc/sys/user/max_user_namespaces and kernel.unprivileged_userns_clone");
	}
	if (pid == 0) {
		close(writing);
		_exit(read(reading, &byte, 1) < 0);
	}
	fd = take_namespace((pid_t)pid, first, error);
	close(take_fd(&writing));
	while (waitpid((pid_t)pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return fd;
}

static int tell_impossible(int fd, const char *path, int number, struct auberge_error *error)
{
	const struct file_system *known = NULL;
	struct utsname kernel = {0};
	struct statfs status;
	char since[96] = "";

	if (fstatfs(fd, &status) < 0)
		return error_set(error, errno, "%s: cannot ask for its file system", path);
	for (size_t i = 0; i < COUNT_OF(file_systems); i++)
		if (file_systems[i].magic == ((unsigned long)status.f_type & 0xffffffffu))
			known = &file_systems[i];
	uname(&kernel);
	if (known && known->since)
		snprintf(since, sizeof since, "use Linux %s or newer, where %s can; ", known->since, known->name);
	if (known)
		error_set(error, 0, "%s: its file system (%s) cannot map ids on this kernel (%.64s): %s", path, known->name,
		          kernel.release, strerror(number));
	else
		error_set(error, 0, "%s: its file system (type 0x%lx) cannot map ids on this kernel (%.64s): %s", path,
		          (unsigned long)status.f_type, kernel.release, strerror(number));
	error->number = number;
	return error_remedy(error,
	                    "move it to ext4, xfs or btrfs; or %sor set `privileged = yes` in [security] (no user namespace)",
	                    since);
}

int idmap_tree(int fd, const char *path, int userns_fd, unsigned long long extra, bool recursive, struct auberge_error *error)
{
	unsigned depth = recursive ? AT_RECURSIVE : 0;
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NODEV | extra, .propagation = MS_PRIVATE};
	cleanup_close int tree = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | depth);

	if (tree < 0)
		return error_set(error, errno, "%s: cannot make a mount of it", path);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | depth, &attributes, sizeof attributes) < 0)
		return error_set(error, errno, "%s: cannot set the mount's attributes", path);
	if (userns_fd >= 0) {
		struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)(unsigned)userns_fd};

		if (mount_setattr(tree, "", AT_EMPTY_PATH | depth, &map, sizeof map) < 0)
			return tell_impossible(fd, path, errno, error);
	}
	return take_fd(&tree);
}

int idmap_possible(int fd, const char *path, struct auberge_error *error)
{
	cleanup_close int userns = idmap_namespace(PROBE_FIRST, error);

	if (userns < 0)
		return -1;
	cleanup_close int tree = idmap_tree(fd, path, userns, 0, true, error);
	return tree < 0 ? -1 : 0;
}

int idmap_sheltered(const char *path, struct auberge_error *error)
{
	struct stat status, above;
	cleanup_close int here = open(path, O_PATH | O_CLOEXEC);

	if (here < 0)
		return error_set(error, errno, "%s: cannot open", path);
	if (fstat(here, &status) < 0)
		return error_set(error, errno, "%s: cannot look at it", path);
	if (!S_ISDIR(status.st_mode)) {
		/* A file: its directory is where shelter begins. */
		cleanup_free char *copy = strdup(path);
		char *slash = copy ? strrchr(copy, '/') : NULL;

		if (!slash || slash == copy)
			return error_set(error, 0, "%s: not below a directory that only root can enter", path);
		*slash = '\0';
		return idmap_sheltered(copy, error);
	}
	for (;;) {
		if (status.st_uid == 0 && (status.st_mode & 0077) == 0)
			return 0;
		int parent = openat(here, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (parent < 0)
			return error_set(error, errno, "%s: cannot look at the directories above it", path);
		close(here);
		here = parent;
		if (fstat(here, &above) < 0)
			return error_set(error, errno, "%s: cannot look at the directories above it", path);
		if (above.st_ino == status.st_ino && above.st_dev == status.st_dev)
			break;
		status = above;
	}
	error_set(error, 0, "%s: other users of this host can reach it, and files in it that the guest makes setuid root "
	          "are setuid root for them too", path);
	return error_remedy(error, "make a directory above it root's own and closed to others (chown root, chmod 0700)");
}
