/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real child in a rootfs made here, put together by the engine's own functions, that reports what it sees inside. */
#include "container_guest.h"

static const char inside[] =
	"#!/bin/sh\n"
	"export PATH=/bin; b=busybox\n"
	"$b echo pid=$$ uid=$($b id -u) host=$($b hostname) container=$container uuid=$container_uuid\n"
	"$b echo uid_map=$($b awk '{print $2}' /proc/self/uid_map)\n"
	"$b grep -E '^Cap(Inh|Amb|Bnd)' /proc/self/status\n"
	"$b grep -E '^Sig(Blk|Ign)' /proc/self/status\n"
	"$b stat -c '%n=%t:%T' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/console /dev/tty1 /dev/tty2\n"
	"$b echo umask=$($b umask 2>/dev/null || umask) score=$($b cat /proc/self/oom_score_adj)\n"
	"$b echo fds=$($b ls /proc/1/fd | $b tr '\\n' ' ')\n"
	"$b touch /sys/x 2>/dev/null && $b echo BAD sys writable\n"
	"$b echo x > /dev/null && $b echo null=ok\n"
	"$b mount -o remount,bind,dev / 2>/dev/null && $b echo BAD nodev cleared\n"
	"$b mount -o remount,bind,rw /ro 2>/dev/null && $b echo BAD readonly cleared\n"
	"$b touch /ro/x 2>/dev/null && $b echo BAD wrote to a read-only mount\n"
	"$b umount /ro 2>/dev/null; $b touch /rw/made 2>/dev/null && $b echo rw=ok\n"
	"$b echo data=$($b cat /rw/data) owner=$($b stat -c %u /rw/data) plain=$($b stat -c %u /plain/data)\n"
	"$b echo root=$($b ls / | $b tr '\\n' ' ')\n"
	"$b echo run=$($b stat -c %a /run) tmp=$($b stat -c %a /tmp) shm=$($b stat -c %a /dev/shm)\n"
	"$b echo tty=$($b stat -c '%a %u %g' /dev/console)\n"
	"$b echo cgroup=$($b ls /sys/fs/cgroup | $b tr '\\n' ' ')\n"
	"$b mkdir /tmp/p && $b mount -t proc proc /tmp/p && $b echo nested proc ok\n"
	"$b echo 1 > /proc/sys/kernel/sysrq 2>/dev/null && $b echo BAD sysrq\n"
	"$b cat /proc/self/mountinfo\n"
	"$b echo end\n"
	"exit 7\n";

TestSuite(container_rootfs, .init = make_base, .fini = remove_base);

Test(container_rootfs, seen_from_inside)
{
	static char output[65536];
	struct bench bench;
	char source[256];

	bench_begin(&bench, false);
	if (!can_map(&bench))
		cr_skip_test("the file system of TMPDIR, or /var/tmp, cannot map ids");
	in_base("source", source);
	add_mount(&bench, source, "/ro", true, true);
	add_mount(&bench, source, "/rw", true, false);
	add_mount(&bench, source, "/plain", false, false);
	init_script(inside);
	cr_assert(rootfs_prepare(&bench.plan, &bench.error) == 0, "%s", bench.error.text);
	cr_expect(run(&bench, output, sizeof output) == 7, "%s", output);
	has(output, "pid=1 uid=0 host=g container=auberge uuid=00000000-0000-4000-8000-000000000001");
	has(output, "uid_map=1878917120");
	has(output, "CapInh:\t0000000000000000");
	has(output, "CapAmb:\t0000000000000000");
	has(output, "SigBlk:\t0000000000000000");
	has(output, "/dev/null=1:3");
	has(output, "/dev/tty=5:0");
	has(output, "/dev/console=88:0");
	has(output, "/dev/tty2=88:2");
	has(output, "umask=0022 score=0");
	has(output, "null=ok");
	has(output, "rw=ok");
	has(output, "data=shared owner=0 plain=65534");
	has(output, "root=bin dev plain proc ro run rw sbin sys tmp\r\n");
	has(output, "run=755 tmp=1777 shm=1777");
	has(output, "tty=620 0 5");
	has(output, "nested proc ok");
	has(output, "end\r\n");
	has_not(output, "BAD");
	has_not(output, " /mnt"); /* no mount point of the host's */
	has_not(output, "- tmpfs none");
	has_not(output, " / / ");
	rootfs_release(&bench.plan);
}

Test(container_rootfs, privileged_protects_proc)
{
	static char output[65536];
	struct bench bench;

	bench_begin(&bench, true);
	init_script("#!/bin/sh\nexport PATH=/bin\nbusybox echo h > /proc/sysrq-trigger 2>/dev/null && busybox echo BAD sysrq\n"
	            "busybox sh -c 'echo 0 > /proc/sys/kernel/sysrq' 2>/dev/null && busybox echo BAD sys\n"
	            "busybox sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' && busybox echo net=ok\nbusybox echo end\n");
	cr_assert(rootfs_prepare(&bench.plan, &bench.error) == 0, "%s", bench.error.text);
	cr_expect(run(&bench, output, sizeof output) == 0, "%s", output);
	has(output, "end");
	has(output, "net=ok");
	has_not(output, "BAD");
	rootfs_release(&bench.plan);
}

static void break_place(const char *place, const char *kind)
{
	char path[256], canary[256], relative[256];

	snprintf(relative, sizeof relative, "g/rootfs/%s", place);
	in_base(relative, path);
	in_base("canary", canary);
	if (strcmp(kind, "absolute") == 0)
		cr_assert(symlink(canary, path) == 0);
	else if (strcmp(kind, "dots") == 0)
		cr_assert(symlink("../../../../../../../../../../etc", path) == 0);
	else if (strcmp(kind, "loop") == 0)
		cr_assert(symlink(place, path) == 0);
	else if (strcmp(kind, "fifo") == 0)
		cr_assert(mkfifo(path, 0644) == 0);
	else
		put(path, "", 0644);
}

Test(container_rootfs, hostile_places_are_refused)
{
	static const char *const places[] = {"proc", "sys", "dev", "run", "tmp"};
	static const char *const kinds[] = {"absolute", "dots", "loop", "fifo", "file"};
	static char output[65536];

	init_script("#!/bin/sh\n");
	for (size_t i = 0; i < COUNT_OF(places); i++)
		for (size_t j = 0; j < COUNT_OF(kinds); j++) {
			struct bench bench;
			char path[512];

			bench_begin(&bench, true);
			break_place(places[i], kinds[j]);
			cr_expect(rootfs_prepare(&bench.plan, &bench.error) < 0, "%s %s", places[i], kinds[j]);
			has(bench.error.text, places[i]);
			/* The child, which sees the tree later, refuses too. */
			cr_expect(run(&bench, output, sizeof output) != 0, "%s %s", places[i], kinds[j]);
			has(output, places[i]);
			rootfs_release(&bench.plan);
			snprintf(path, sizeof path, "%s/%s", bench.rootfs, places[i]);
			cr_expect(unlink(path) == 0);
		}
}

Test(container_rootfs, a_mount_target_behind_a_link_is_refused)
{
	static char output[4096];
	struct bench bench;
	char source[256], path[256], canary[256];

	bench_begin(&bench, true);
	init_script("#!/bin/sh\n");
	in_base("source", source);
	in_base("canary", canary);
	in_base("g/rootfs/srv", path);
	cr_assert(symlink(canary, path) == 0);
	add_mount(&bench, source, "/srv/ldap", false, false);
	cr_assert(rootfs_prepare(&bench.plan, &bench.error) == 0, "%s", bench.error.text);
	cr_expect(run(&bench, output, sizeof output) == 3);
	has(output, "symbolic link");
	rootfs_release(&bench.plan);
}

Test(container_rootfs, all_errors_at_once)
{
	struct bench bench;
	char path[256];

	bench_begin(&bench, false);
	in_base("", path);
	chmod(path, 0755);
	init_script("");
	in_base("g/rootfs/sbin/init", path);
	chmod(path, 0644);
	add_mount(&bench, "/nowhere/at/all", "/x", false, false);
	cr_expect(rootfs_prepare(&bench.plan, &bench.error) < 0);
	has(bench.error.text, "not executable");
	has(bench.error.text, "g:9: [mount m]: source /nowhere/at/all");
	has(bench.error.text, "other users of this host can reach it");
	rootfs_release(&bench.plan);
	bench.error = (struct auberge_error){0};
	bench.config.rootfs = (char *)(uintptr_t)"/nowhere/rootfs";
	bench.config.mounts_count = 0;
	cr_expect(rootfs_prepare(&bench.plan, &bench.error) < 0);
	has(bench.error.text, "/nowhere/rootfs: no rootfs");
	rootfs_release(&bench.plan);
}

Test(container_rootfs, init_target_and_lock)
{
	struct auberge_error error = {0};
	struct bench bench;
	char path[256];

	bench_begin(&bench, true);
	in_base("g/rootfs/sbin/init", path);
	cr_assert(symlink("/bin/sh", path) == 0);
	int fd = open(bench.rootfs, O_PATH | O_CLOEXEC);
	char *target = rootfs_init_target(fd, NULL);
	cr_expect_str_eq(target, "/bin/busybox");
	free(target);
	cr_expect_null(rootfs_init_target(fd, "/sbin/none"));
	close(fd);
	int first = rootfs_lock(bench.rootfs, &error), second = rootfs_lock(bench.rootfs, &error);
	cr_expect(first >= 0 && second < 0 && error.number == EWOULDBLOCK);
	close(first);
}
