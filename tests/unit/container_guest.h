/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small guest for tests: a busybox rootfs below TMPDIR or /var/tmp, and a builder of the test's own that runs it with the
 * engine's functions. Test suites take make_base() and remove_base() as their init and fini.
 */
#ifndef TESTS_CONTAINER_GUEST_H
#define TESTS_CONTAINER_GUEST_H

#include "base/cleanup.h"
#include "base/file.h"
#include "container/capabilities.h"
#include "container/idmap.h"
#include "container/init.h"
#include "container/rootfs.h"
#include "guest/set.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <grp.h>
#include <unistd.h>

#define FIRST 0x6ffe0000u
#define CANARY "canary untouched\n"

static char base[64];

struct bench {
	struct auberge auberge;
	struct config config;
	struct config_mount mounts[4];
	struct cgroup_layout layout;
	struct container_plan plan;
	struct auberge_error error;
	char rootfs[160];
};

static inline void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	cr_assert(fd >= 0, "%s", path);
	cr_assert(write_all(fd, text, strlen(text)) == 0);
	fchmod(fd, mode);
	close(fd);
}

static inline void in_base(const char *relative, char out[256])
{
	cr_assert(snprintf(out, 256, "%s/%s", base, relative) < 256);
}

static inline void copy_busybox(void)
{
	char path[256], *data = NULL;
	ssize_t length = file_read_whole_at(AT_FDCWD, "/bin/busybox", 16u << 20, &data);

	if (length <= 0)
		cr_skip_test("no /bin/busybox (busybox-static)");
	in_base("g/rootfs/bin/busybox", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	cr_assert(fd >= 0 && write_all(fd, data, (size_t)length) == 0);
	close(fd);
	free(data);
	in_base("g/rootfs/bin/sh", path);
	cr_assert(symlink("busybox", path) == 0);
}

static inline void make_base(void)
{
	static const char *const directories[] = {"g", "g/rootfs", "g/rootfs/bin", "g/rootfs/sbin", "canary", "source"};
	char path[256];

	if (geteuid() != 0)
		cr_skip_test("needs root");
	snprintf(base, sizeof base, "%.40s/container-guest.%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp", (int)getpid());
	umask(022);
	cr_assert(mkdir(base, 0700) == 0);
	for (size_t i = 0; i < COUNT_OF(directories); i++) {
		in_base(directories[i], path);
		cr_assert(mkdir(path, 0755) == 0);
	}
	in_base("canary/file", path);
	put(path, CANARY, 0644);
	in_base("source/data", path);
	put(path, "shared\n", 0644);
	copy_busybox();
}

static inline void remove_base(void)
{
	char path[256], text[64];

	if (!base[0])
		return;
	in_base("canary/file", path);
	cr_expect(file_read_at(AT_FDCWD, path, text, sizeof text) > 0 && strcmp(text, CANARY) == 0);
	cr_expect(remove_tree_at(AT_FDCWD, base) == 0);
}

static inline void bench_begin(struct bench *bench, bool privileged)
{
	char *mountinfo = NULL;

	memset(bench, 0, sizeof *bench);
	snprintf(bench->rootfs, sizeof bench->rootfs, "%s/g/rootfs", base);
	bench->auberge.state_dir = base;
	bench->config.rootfs = bench->rootfs;
	bench->config.init = (char *)(uintptr_t)"/sbin/init";
	bench->config.mounts = bench->mounts;
	cr_assert(file_read_whole_at(AT_FDCWD, "/proc/self/mountinfo", 1u << 20, &mountinfo) > 0);
	cgroup_layout_parse(mountinfo, &bench->layout);
	free(mountinfo);
	bench->plan = (struct container_plan){
		.auberge = &bench->auberge, .name = "g", .config = &bench->config, .cgroups = &bench->layout, .ttys = 2,
		.id_first = privileged ? 0 : FIRST, .drop = capabilities_default_drop(privileged),
		.uuid = "00000000-0000-4000-8000-000000000001",
	};
}

static inline _Noreturn void child(struct bench *bench, int go, int report)
{
	int masters[PLAN_TTYS_MAX], console;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 || unshare(CLONE_NEWCGROUP) < 0)
		_exit(2);
	if (rootfs_enter(&bench->plan, masters, &console, &bench->error) == 0 &&
	    rootfs_enter_cgroups(&bench->plan, &bench->error) == 0) {
		byte = 0;
		send_with_fds(report, &byte, 1, masters, bench->plan.ttys + 1);
		init_exec(&bench->plan, console, &bench->error);
	}
	send(report, bench->error.text, strlen(bench->error.text) + 1, MSG_NOSIGNAL);
	_exit(3);
}

static inline bool can_map(struct bench *bench)
{
	struct auberge_error error = {0};
	int fd = open(bench->rootfs, O_PATH | O_CLOEXEC), result = idmap_possible(fd, bench->rootfs, &error);

	close(fd);
	return result == 0;
}

/* Runs in a process of its own: rootfs_stage() changes the mount namespace. Exit status of the guest's init. */
static inline _Noreturn void builder(struct bench *bench, int report)
{
	unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD;
	int go[2], userns = -1, status = 0;

	if (bench->plan.id_first) {
		userns = idmap_namespace(bench->plan.id_first, &bench->error);
		flags |= CLONE_NEWUSER;
	}
	if ((bench->plan.id_first && userns < 0) || rootfs_map(&bench->plan, userns, &bench->error) < 0 ||
	    rootfs_stage(&bench->plan, &bench->error) < 0) {
		send(report, bench->error.text, strlen(bench->error.text) + 1, MSG_NOSIGNAL);
		_exit(4);
	}
	if (pipe2(go, O_CLOEXEC) < 0)
		_exit(5);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0)
		child(bench, go[0], report);
	if (pid < 0 || (bench->plan.id_first && idmap_write(pid, bench->plan.id_first, &bench->error) < 0) ||
	    write(go[1], "", 1) != 1)
		_exit(6);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* The guest's output on its console goes to output; text of a failure too. Returns the status. */
static inline int run(struct bench *bench, char *output, size_t size)
{
	int sockets[2], status, masters[PLAN_TTYS_MAX];
	size_t count = 0, length = 0;

	cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(sockets[0]);
		builder(bench, sockets[1]);
	}
	close(sockets[1]);
	output[0] = '\0';
	ssize_t got = receive_with_fds(sockets[0], output, size - 1, masters, COUNT_OF(masters), &count);
	output[got > 0 ? got : 0] = '\0';
	while (count > 0 && length < size - 1) {
		got = read(masters[0], output + length, size - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
		output[length] = '\0';
	}
	for (size_t i = 0; i < count; i++)
		close(masters[i]);
	close(sockets[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WEXITSTATUS(status);
}

static inline void init_script(const char *text)
{
	char path[256];

	in_base("g/rootfs/sbin/init", path);
	put(path, text, 0755);
}

static inline void has(const char *output, const char *wanted)
{
	cr_expect(strstr(output, wanted) != NULL, "no \"%s\" in:\n%s", wanted, output);
}

static inline void has_not(const char *output, const char *unwanted)
{
	cr_expect(strstr(output, unwanted) == NULL, "\"%s\" in:\n%s", unwanted, output);
}

static inline void add_mount(struct bench *bench, const char *source, const char *target, bool idmap, bool readonly)
{
	struct config_mount *mount = &bench->mounts[bench->config.mounts_count++];

	*mount = (struct config_mount){
		.name = (char *)(uintptr_t)"m", .source = (char *)(uintptr_t)source, .target = (char *)(uintptr_t)target,
		.idmap = idmap, .readonly = readonly, .line = 9,
	};
}

#endif
