/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id-mapped trees: who owns what through them, and what is said where a file system cannot. */
#include "base/cleanup.h"
#include "base/file.h"
#include "container/idmap.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define FIRST 0x6ffd0000u

static char base[64];

static void make_base(void)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	snprintf(base, sizeof base, "%.40s/container-idmap.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp");
	cr_assert_not_null(mkdtemp(base));
}

static void remove_base(void)
{
	if (base[0])
		remove_tree_at(AT_FDCWD, base);
}

TestSuite(container_idmap, .init = make_base, .fini = remove_base);

Test(container_idmap, owner_through_the_tree)
{
	struct auberge_error error = {0};
	struct stat status;
	int fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int file = openat(fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert(file >= 0 && fchown(file, 1000, 1001) == 0);
	close(file);
	if (idmap_possible(fd, base, &error) < 0)
		cr_skip_test("the file system of /var/tmp cannot map ids");
	int userns = idmap_namespace(FIRST, &error);
	cr_assert(userns >= 0, "%s", error.text);
	cr_expect(waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD, "a child stayed");
	int tree = idmap_tree(fd, base, userns, MOUNT_ATTR_RDONLY, true, &error);
	cr_assert(tree >= 0, "%s", error.text);
	cr_assert(fstatat(tree, "file", &status, 0) == 0);
	cr_expect(status.st_uid == FIRST + 1000 && status.st_gid == FIRST + 1001);
	cr_expect(openat(tree, "file", O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS);
	int plain = idmap_tree(fd, base, -1, 0, false, &error);
	cr_expect(fstatat(plain, "file", &status, 0) == 0 && status.st_uid == 1000);
	close(plain);
	close(tree);
	close(userns);
	close(fd);
}

Test(container_idmap, tmpfs_as_the_kernel_can)
{
	struct auberge_error error = {0};
	struct utsname kernel;
	int major = 0, minor = 0;

	uname(&kernel);
	cr_assert(sscanf(kernel.release, "%d.%d", &major, &minor) == 2);
	cr_assert(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	cr_assert(mount("tmpfs", base, "tmpfs", 0, "size=64k") == 0);
	int fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC), result = idmap_possible(fd, base, &error);
	if (major > 6 || (major == 6 && minor >= 3)) {
		cr_expect(result == 0, "%s", error.text);
	} else {
		cr_expect(result < 0);
		cr_expect(strstr(error.text, "(tmpfs) cannot map ids") != NULL, "%s", error.text);
		cr_expect(strstr(error.remedy, "Linux 6.3") && strstr(error.remedy, "privileged = yes"), "%s", error.remedy);
	}
	close(fd);
	umount2(base, MNT_DETACH);
	/* sysfs cannot on any kernel; it has no name in the table. */
	error = (struct auberge_error){0};
	fd = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_expect(idmap_possible(fd, "/sys", &error) < 0);
	cr_expect(strstr(error.text, "/sys: its file system (type 0x62656572) cannot map ids") != NULL, "%s", error.text);
	close(fd);
}

Test(container_idmap, shelter)
{
	struct auberge_error error = {0};
	char deep[128];

	snprintf(deep, sizeof deep, "%s/a", base);
	cr_assert(mkdir(deep, 0755) == 0);
	chmod(base, 0700);
	cr_expect(idmap_sheltered(deep, &error) == 0 && idmap_sheltered(base, &error) == 0);
	chmod(base, 0710);
	cr_expect(idmap_sheltered(deep, &error) < 0 && error.remedy[0]);
	chmod(base, 0700);
	cr_assert(chown(base, 65534, 65534) == 0);
	cr_expect(idmap_sheltered(deep, &error) < 0);
	cr_expect(idmap_sheltered("/etc/passwd", &error) < 0);
	cr_expect(idmap_sheltered("/nowhere", &error) < 0);
}
