/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The builder's side of a guest's tree: everything is opened and checked before the first side effect, then cloned as
 * detached mounts, id-mapped, and staged for the child. The descriptors belong to the plan.
 */
#include "container/rootfs.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "container/devices.h"
#include "container/guest_mounts.h"
#include "container/idmap.h"
#include "container/safepath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const system_places[] = {"proc", "sys", "dev", "run", "tmp"};

void rootfs_clear(struct container_plan *plan)
{
	plan->rootfs = NULL;
	plan->rootfs_fd = plan->root_tree = plan->notify_tree = -1;
	for (size_t i = 0; i < PLAN_DEVICES; i++)
		plan->device_trees[i] = -1;
	for (size_t i = 0; i < PLAN_MOUNTS_MAX; i++)
		plan->mount_trees[i] = -1;
	plan->staged = false;
}

static void release(int *fd)
{
	if (*fd >= 0)
		close(take_fd(fd));
}

void rootfs_release(struct container_plan *plan)
{
	release(&plan->rootfs_fd);
	release(&plan->root_tree);
	release(&plan->notify_tree);
	for (size_t i = 0; i < PLAN_DEVICES; i++)
		release(&plan->device_trees[i]);
	for (size_t i = 0; i < PLAN_MOUNTS_MAX; i++)
		release(&plan->mount_trees[i]);
	free(take_pointer(&plan->rootfs));
}

int rootfs_lock(const char *rootfs, struct auberge_error *error)
{
	cleanup_close int fd = open(rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(error, errno, "%s: cannot open the rootfs", rootfs);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return take_fd(&fd);
	if (errno != EWOULDBLOCK)
		return error_set(error, errno, "%s: cannot lock the rootfs", rootfs);
	error_set(error, 0, "%s: another running guest has this rootfs, and two never share one writable", rootfs);
	error->number = EWOULDBLOCK;
	return error_remedy(error, "stop the other guest, or give this one a copy of its own");
}

char *rootfs_init_target(int rootfs_fd, const char *init)
{
	char link[64], base[PATH_MAX], found[PATH_MAX];
	ssize_t length;
	cleanup_close int fd = safepath_open(rootfs_fd, init ? init : "/sbin/init", O_PATH);

	if (fd < 0)
		return NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", rootfs_fd);
	length = readlink(link, base, sizeof base - 1);
	if (length < 0)
		return NULL;
	base[length] = '\0';
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, found, sizeof found - 1);
	if (length < 0)
		return NULL;
	found[length] = '\0';
	if (strcmp(base, "/") == 0)
		return strdup(found);
	if (strncmp(found, base, strlen(base)) != 0 || found[strlen(base)] != '/')
		return strdup(init ? init : "/sbin/init");
	return strdup(found + strlen(base));
}

static int check_init(const struct container_plan *plan, struct auberge_error *error)
{
	const char *init = plan->config->init ? plan->config->init : "/sbin/init";
	cleanup_close int fd = safepath_open(plan->rootfs_fd, init, O_PATH);
	struct stat status;

	if (fd < 0)
		return error_add_line(error, "%s: no init %s in the rootfs: %s", plan->rootfs, init, strerror(-fd));
	if (fstat(fd, &status) < 0)
		return error_add_line(error, "%s: the init %s in the rootfs: %s", plan->rootfs, init, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_add_line(error, "%s: the init %s in the rootfs is not a file", plan->rootfs, init);
	if (!(status.st_mode & 0111))
		return error_add_line(error, "%s: the init %s in the rootfs is not executable", plan->rootfs, init);
	return 0;
}

/* What the child would refuse is refused here already, while nothing has been made. */
static int check_places(const struct container_plan *plan, struct auberge_error *error)
{
	int result = 0;

	for (size_t i = 0; i < COUNT_OF(system_places); i++) {
		cleanup_close int fd = safepath_mount_point(plan->rootfs_fd, system_places[i], true, false);

		if (fd == -ELOOP)
			result = error_add_line(error, "%s: /%s in the rootfs is a symbolic link; it must be a directory",
			                        plan->rootfs, system_places[i]);
		else if (fd < 0 && fd != -ENOENT)
			result = error_add_line(error, "%s: /%s in the rootfs: %s", plan->rootfs, system_places[i], strerror(-fd));
	}
	return result;
}

/* Takes over the text of a check that fills an error of its own. */
static int add_error(struct auberge_error *error, const struct auberge_error *one)
{
	error_add_line(error, "%s", one->text);
	if (one->remedy[0] && !error->remedy[0])
		error_remedy(error, "%s", one->remedy);
	return -1;
}

static int check_rootfs(struct container_plan *plan, struct auberge_error *error)
{
	struct auberge_error one = {0};
	int result;

	plan->rootfs = config_rootfs(plan->auberge, plan->name, plan->config);
	if (!plan->rootfs)
		return error_add_line(error, "out of memory");
	plan->rootfs_fd = open(plan->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (plan->rootfs_fd < 0)
		return error_add_line(error, "%s: no rootfs: %s", plan->rootfs, strerror(errno));
	result = check_init(plan, error);
	if (check_places(plan, error) < 0)
		result = -1;
	if (idmap_sheltered(plan->rootfs, &one) < 0)
		result = add_error(error, &one);
	if (plan->probe && plan->id_first != 0 && idmap_possible(plan->rootfs_fd, plan->rootfs, &one) < 0)
		result = add_error(error, &one);
	return result;
}

static int check_mount(struct container_plan *plan, size_t index, struct auberge_error *error)
{
	const struct config_mount *mount = &plan->config->mounts[index];
	const char *file = plan->config->file ? plan->config->file : plan->name;
	int fd = open(mount->source, O_PATH | O_CLOEXEC);
	struct auberge_error one = {0};
	struct stat status;
	int result = 0;

	plan->mount_trees[index] = fd;
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_add_line(error, "%s:%u: [mount %s]: source %s: %s", file, mount->line, mount->name, mount->source,
		                      strerror(errno));
	if (!mount->target || mount->target[strspn(mount->target, "/")] == '\0')
		result = error_add_line(error, "%s:%u: [mount %s]: no target below /", file, mount->line, mount->name);
	if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode) && !S_ISSOCK(status.st_mode))
		result = error_add_line(error, "%s:%u: [mount %s]: source %s: neither a directory nor a file nor a socket", file,
		                        mount->line, mount->name, mount->source);
	if (!mount->idmap || plan->id_first == 0)
		return result;
	if (idmap_possible(fd, mount->source, &one) < 0 ||
	    (!mount->readonly && idmap_sheltered(mount->source, &one) < 0)) {
		error_prefix(&one, "%s:%u: [mount %s]", file, mount->line, mount->name);
		return add_error(error, &one);
	}
	return result;
}

int rootfs_prepare(struct container_plan *plan, struct auberge_error *error)
{
	int result;

	rootfs_clear(plan);
	result = check_rootfs(plan, error);
	if (devices_open(plan, error) < 0)
		result = -1;
	if (plan->config->mounts_count > PLAN_MOUNTS_MAX)
		return error_add_line(error, "%s: %zu [mount] sections: at most %d", plan->name, plan->config->mounts_count,
		                      PLAN_MOUNTS_MAX);
	for (size_t i = 0; i < plan->config->mounts_count; i++)
		if (check_mount(plan, i, error) < 0)
			result = -1;
	return result;
}

int rootfs_map(struct container_plan *plan, int userns_fd, struct auberge_error *error)
{
	plan->root_tree = idmap_tree(plan->rootfs_fd, plan->rootfs, userns_fd, 0, true, error);
	if (plan->root_tree < 0)
		return -1;
	for (size_t i = 0; i < plan->config->mounts_count; i++) {
		const struct config_mount *mount = &plan->config->mounts[i];
		int tree = idmap_tree(plan->mount_trees[i], mount->source, mount->idmap ? userns_fd : -1,
		                      mount->readonly ? MOUNT_ATTR_RDONLY : 0, true, error);

		if (tree < 0)
			return error_prefix(error, "[mount %s]", mount->name);
		close(plan->mount_trees[i]);
		plan->mount_trees[i] = tree;
	}
	return 0;
}

/* Puts one tree onto the stage: a directory, or an empty file under a file. */
static int stage_tree(int stage, size_t number, int *tree, struct auberge_error *error)
{
	char name[16];
	struct stat status;
	int made;

	snprintf(name, sizeof name, "%zu", number);
	if (fstat(*tree, &status) < 0)
		return error_set(error, errno, "cannot look at tree %s", name);
	made = S_ISDIR(status.st_mode) ? mkdirat(stage, name, 0755) : mknodat(stage, name, S_IFREG | 0644, 0);
	if (made < 0 || move_mount(*tree, "", stage, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_set(error, errno, "cannot stage tree %s", name);
	close(take_fd(tree));
	return 0;
}

int rootfs_stage(struct container_plan *plan, struct auberge_error *error)
{
	if (unshare(CLONE_NEWNS) < 0)
		return error_set(error, errno, "cannot make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_set(error, errno, "cannot make the mounts private");
	cleanup_close int stage = guest_mount_new("tmpfs", "mode=755,size=64k,nr_inodes=128", MOUNT_ATTR_NOSUID);
	if (stage < 0)
		return error_set(error, -stage, "cannot make the stage (tmpfs)");
	if (move_mount(stage, "", AT_FDCWD, ROOTFS_STAGE, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_set(error, errno, "cannot attach the stage");
	if (stage_tree(stage, 0, &plan->root_tree, error) < 0)
		return -1;
	for (size_t i = 0; i < plan->config->mounts_count; i++)
		if (stage_tree(stage, i + 1, &plan->mount_trees[i], error) < 0)
			return -1;
	plan->staged = true;
	return 0;
}
