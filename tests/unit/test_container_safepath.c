/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile trees: nothing outside the root is opened, made or changed. */
#include "base/cleanup.h"
#include "base/file.h"
#include "container/safepath.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CANARY "canary untouched\n"

static char base[64];
static int outer = -1, root = -1;

static void put(int at, const char *path, const char *text)
{
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert(fd >= 0 && write_all(fd, text, strlen(text)) == 0);
	close(fd);
}

static void make_tree(void)
{
	static const struct {
		const char *target, *name;
	} links[] = {
		{"/etc", "absolute"},  {"../../../../../../../../canary", "dots"}, {"loop", "loop"},
		{"other", "ping"},     {"ping", "other"},                          {"/proc/self/root", "magic"},
		{"plain", "inside"},   {"/plain/deep", "absolute_inside"},         {"/nowhere/yet", "dangling"},
		{"/canary/file", "canary_file"},
	};

	snprintf(base, sizeof base, "/tmp/container-safepath.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	outer = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert(mkdirat(outer, "root", 0755) == 0 && mkdirat(outer, "canary", 0755) == 0);
	put(outer, "canary/file", CANARY);
	root = openat(outer, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert(mkdirat(root, "plain", 0755) == 0 && mkdirat(root, "plain/deep", 0755) == 0);
	put(root, "plain/deep/file", "inside\n");
	for (size_t i = 0; i < COUNT_OF(links); i++)
		cr_assert(symlinkat(links[i].target, root, links[i].name) == 0);
	cr_assert(mkfifoat(root, "fifo", 0644) == 0);
}

static void remove_tree(void)
{
	char text[64];

	cr_expect(file_read_at(outer, "canary/file", text, sizeof text) > 0 && strcmp(text, CANARY) == 0);
	cr_expect(faccessat(outer, "canary/made", F_OK, 0) < 0);
	cr_expect(unlinkat(outer, "canary/file", 0) == 0 && unlinkat(outer, "canary", AT_REMOVEDIR) == 0, "canary holds more");
	close(root);
	close(outer);
	remove_tree_at(AT_FDCWD, base);
}

TestSuite(container_safepath, .init = make_tree, .fini = remove_tree);

static void expect(int result, int wanted, const char *what)
{
	if (wanted == 0)
		cr_expect(result >= 0, "%s: %s", what, strerror(result < 0 ? -result : 0));
	else
		cr_expect_eq(result, wanted, "%s: %d", what, result);
	if (result >= 0)
		close(result);
}

Test(container_safepath, open_stays_inside)
{
	static const struct {
		const char *path;
		int wanted;
	} cases[] = {
		{"plain/deep/file", 0}, {"/plain/deep/file", 0}, {"inside/deep/file", 0}, {"absolute_inside/file", 0},
		{"/../../../plain/deep/file", 0}, {"", 0}, {"/", 0}, {"..", 0}, {"absolute/passwd", -ENOENT}, {"dots/file", -ENOENT},
		{"canary_file", -ENOENT}, {"../canary/file", -ENOENT}, {"loop", -ELOOP}, {"ping", -ELOOP}, {"fifo", -EINVAL},
		{"magic/etc", -ENOENT}, {"plain/deep/file/x", -ENOTDIR},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(safepath_open(root, cases[i].path, O_RDONLY), cases[i].wanted, cases[i].path);
	expect(safepath_open(root, "fifo", O_PATH), 0, "fifo by O_PATH");
	expect(safepath_open(root, "x", O_RDWR | O_CREAT), -EINVAL, "O_CREAT");
	int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	expect(safepath_open(host, "/proc/self/root/etc", O_RDONLY), -ELOOP, "a magic link");
	expect(safepath_open(host, "/proc/self/fd/0", O_PATH), -ELOOP, "a magic link");
	close(host);
	int fd = safepath_open(root, "plain/deep/file", O_RDONLY);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

Test(container_safepath, create_stays_inside)
{
	expect(safepath_create(root, "plain/made", O_WRONLY | O_EXCL, 0600), 0, "plain/made");
	expect(safepath_create(root, "absolute_inside/made", O_WRONLY, 0600), 0, "below a link inside");
	expect(safepath_create(root, "dots/made", O_WRONLY, 0600), -ENOENT, "dots/made");
	expect(safepath_create(root, "../canary/made", O_WRONLY, 0600), -ENOENT, "../canary/made");
	expect(safepath_create(root, "canary_file", O_WRONLY | O_TRUNC, 0600), -ELOOP, "a link as last component");
	expect(safepath_create(root, "plain/..", O_WRONLY, 0600), -EINVAL, "plain/..");
	expect(safepath_create(root, "/", O_WRONLY, 0600), -EINVAL, "/");
	expect(safepath_directories(root, "/a/b//c/", 0755), 0, "a/b/c");
	expect(safepath_directories(root, "inside/new/er", 0755), 0, "inside/new/er");
	expect(safepath_directories(root, "../../x", 0755), 0, "../../x is x");
	cr_expect(faccessat(root, "plain/new/er", F_OK, 0) == 0 && faccessat(root, "x", F_OK, 0) == 0);
	cr_expect(faccessat(outer, "x", F_OK, 0) < 0);
	expect(safepath_directories(root, "dangling/x", 0755), -ENOENT, "dangling/x");
	expect(safepath_directories(root, "dots/made", 0755), -ENOENT, "dots/made");
	expect(safepath_directories(root, "fifo/x", 0755), -ENOTDIR, "fifo/x");
}

Test(container_safepath, mount_points_follow_no_link)
{
	static const char *const links[] = {"absolute", "dots", "loop", "inside", "inside/deep", "dangling", "dots/made", "magic/x"};

	for (size_t i = 0; i < COUNT_OF(links); i++) {
		expect(safepath_mount_point(root, links[i], true, true), -ELOOP, links[i]);
		expect(safepath_mount_point(root, links[i], false, true), -ELOOP, links[i]);
	}
	expect(safepath_mount_point(root, "plain/deep", true, false), 0, "plain/deep");
	expect(safepath_mount_point(root, "plain/deep", false, false), -EISDIR, "plain/deep");
	expect(safepath_mount_point(root, "plain/deep/file", true, false), -ENOTDIR, "plain/deep/file");
	expect(safepath_mount_point(root, "none", true, false), -ENOENT, "none");
	expect(safepath_mount_point(root, "/made/a/b", true, true), 0, "made/a/b");
	expect(safepath_mount_point(root, "/made/c/file", false, true), 0, "made/c/file");
	expect(safepath_mount_point(root, "file", false, true), 0, "file");
	expect(safepath_mount_point(root, "fifo", true, true), -ENOTDIR, "fifo");
}

Test(container_safepath, read_link)
{
	char target[64];

	cr_expect_eq(safepath_read_link(root, "absolute", target, sizeof target), 4);
	cr_expect_str_eq(target, "/etc");
	cr_expect_eq(safepath_read_link(root, "plain", target, sizeof target), -EINVAL);
	cr_expect_eq(safepath_read_link(root, "/", target, sizeof target), -EINVAL);
}
