/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child's side of a guest's tree: from the copy of the host's mounts to the guest's own root. Runs once, as root of
 * the guest's namespaces, and leaves nothing of the host's tree reachable. No path of the host's is used but "/" and the stage.
 */
#include "container/rootfs.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "container/guest_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Clones keep the locked flags of what they are cloned from; the stage itself goes with the host's tree. */
static int take_staged(struct container_plan *plan, struct auberge_error *error)
{
	cleanup_close int stage = open(ROOTFS_STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (stage < 0)
		return error_set(error, errno, "cannot open the staged trees");
	for (size_t i = 0; i <= plan->config->mounts_count; i++) {
		int *tree = i == 0 ? &plan->root_tree : &plan->mount_trees[i - 1];
		char name[16];

		snprintf(name, sizeof name, "%zu", i);
		*tree = open_tree(stage, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (*tree < 0)
			return error_set(error, errno, "cannot take the staged tree %s", name);
	}
	return 0;
}

/* On top of "/", which every process can reach, then in its place. The old root is detached with all below it. */
static int change_root(int tree, struct auberge_error *error)
{
	if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_set(error, errno, "cannot attach the guest's root");
	if (fchdir(tree) < 0)
		return error_set(error, errno, "cannot enter the guest's root");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return error_set(error, errno, "cannot make the guest's root the root (pivot_root)");
	if (umount2(".", MNT_DETACH) < 0)
		return error_set(error, errno, "cannot detach the host's tree");
	if (chdir("/") < 0)
		return error_set(error, errno, "cannot enter the guest's root");
	return 0;
}

/* The host's tree is gone when "/" is the guest's mount, and nothing lies over it. */
static int verify_root(int tree, struct auberge_error *error)
{
	struct statx want, have, above;

	if (statx(tree, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &want) < 0 ||
	    statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &have) < 0 ||
	    statx(AT_FDCWD, "/..", 0, STATX_INO | STATX_MNT_ID, &above) < 0)
		return error_set(error, errno, "cannot look at the guest's root");
	if (want.stx_ino != have.stx_ino || want.stx_mnt_id != have.stx_mnt_id || above.stx_ino != have.stx_ino ||
	    above.stx_mnt_id != have.stx_mnt_id)
		return error_set(error, 0, "the guest's root is not where it should be: start given up");
	return 0;
}

static int tell_hidden(const char *what, int number, struct auberge_error *error)
{
	error_set(error, number, "cannot mount %s in the guest", what);
	if (number == EPERM)
		error_remedy(error, "the kernel allows it only where all of the host's own %s is visible: "
		             "unmount what covers parts of it (see /proc/self/mountinfo)", what);
	return -1;
}

int rootfs_enter(struct container_plan *plan, int masters[PLAN_TTYS_MAX], int *console, struct auberge_error *error)
{
	const unsigned plain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* execve of the init sets it again */
	umask(0);                           /* modes of mount points are what they say */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_set(error, errno, "cannot make the mounts private");
	if (plan->staged && take_staged(plan, error) < 0)
		return -1;
	/* While the host's are still visible: the kernel asks for that (mount_too_revealing). */
	cleanup_close int proc = guest_mount_new("proc", "", plain);
	if (proc < 0)
		return tell_hidden("/proc", -proc, error);
	cleanup_close int sys = guest_mount_new("sysfs", "", plain | MOUNT_ATTR_RDONLY);
	if (sys < 0)
		return tell_hidden("/sys", -sys, error);
	if (change_root(plan->root_tree, error) < 0 || verify_root(plan->root_tree, error) < 0)
		return -1;
	if (guest_mount_system(plan, plan->root_tree, proc, sys, error) < 0 || guest_host_make(plan, plan->root_tree, error) < 0 ||
	    guest_mount_configured(plan, plan->root_tree, error) < 0)
		return -1;
	return guest_console_make(plan->ttys, plan->root_tree, false, masters, console, error);
}

int rootfs_enter_cgroups(struct container_plan *plan, struct auberge_error *error)
{
	return guest_cgroups_mount(plan->cgroups, plan->root_tree, error);
}
