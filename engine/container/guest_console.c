/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/console and /dev/tty1.. of a guest: ptys of its own devpts, the slave got from its master (TIOCGPTPEER) and
 * mounted by descriptor, so that no path inside the guest can be exchanged under us. The masters go to the caller.
 */
#include "container/guest_mounts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "container/safepath.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TTY_GROUP 5
#define STACKED 8 /* mounts on one tty */

static int make_pty(int devpts, int *master, int *slave)
{
	const struct winsize size = {.ws_row = 24, .ws_col = 80};
	int locked = 0;

	*master = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (*master < 0 || ioctl(*master, TIOCSPTLCK, &locked) < 0)
		return -errno;
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0 || fchown(*slave, 0, TTY_GROUP) < 0 || fchmod(*slave, 0620) < 0 ||
	    ioctl(*slave, TIOCSWINSZ, &size) < 0)
		return -errno;
	return 0;
}

/* The old slave's file is gone with its master, and nothing can be mounted on what is gone (ENOENT). */
static void unbind(int dev, const char *name)
{
	if (fchdir(dev) < 0)
		return;
	for (int i = 0; i < STACKED && umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) == 0; i++)
		;
}

static int bind_slave(int slave, int dev, const char *name, bool again)
{
	cleanup_close int file = openat(dev, name, again ? O_PATH | O_NOFOLLOW | O_CLOEXEC
	                                                 : O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	cleanup_close int tree = open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (file < 0 || tree < 0 ||
	    move_mount(tree, "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

/* A guest that runs may have mounted there what it likes. */
static int check_devpts(int fd, struct auberge_error *error)
{
	struct statfs status;

	if (fstatfs(fd, &status) < 0)
		return error_set(error, errno, "/dev/pts in the guest: cannot look at it");
	return status.f_type == DEVPTS_SUPER_MAGIC ? 0 : error_set(error, 0, "/dev/pts in the guest: no devpts is mounted there");
}

int guest_console_make(unsigned ttys, int root, bool again, int masters[PLAN_TTYS_MAX], int *console, struct auberge_error *error)
{
	cleanup_close int dev = safepath_mount_point(root, "dev", true, false);
	cleanup_close int devpts = safepath_mount_point(root, "dev/pts", true, false);

	for (unsigned i = 0; i < PLAN_TTYS_MAX; i++)
		masters[i] = -1;
	*console = -1;
	if (dev < 0 || devpts < 0)
		return error_set(error, dev < 0 ? -dev : -devpts, "/dev/pts in the guest: cannot open");
	if (check_devpts(devpts, error) < 0)
		return -1;
	if (ttys >= PLAN_TTYS_MAX)
		return error_set(error, 0, "%u ttys: at most %d", ttys, PLAN_TTYS_MAX - 1);
	for (unsigned i = 0; i <= ttys; i++) {
		char name[16] = "console";
		cleanup_close int slave = -1;
		int result;

		if (i > 0)
			snprintf(name, sizeof name, "tty%u", i);
		if (again)
			unbind(dev, name);
		result = make_pty(devpts, &masters[i], &slave);
		if (result == 0)
			result = bind_slave(slave, dev, name, again);
		if (result < 0)
			return error_set(error, -result, "/dev/%s in the guest: cannot make it", name);
		if (i == 0)
			*console = take_fd(&slave);
	}
	return 0;
}
