/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest sees of itself and of the host, and what a hostile rootfs achieves: nothing. */
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(confinement, .init = place_begin, .fini = place_end);

static const char *inside(const char *name, const char *command)
{
	cr_expect_eq(au("exec %s -- /bin/sh -c '%s'", name, command), 0, "%s: %s%s", command, got.output, got.errors);
	return got.output ? got.output : "";
}

Test(confinement, id_0_inside_is_not_id_0_on_the_host)
{
	struct stat status;
	char path[64];

	guest_busybox("ids", NULL);
	cr_assert_eq(au("start ids"), 0, "%s", got.errors);
	snprintf(path, sizeof path, "/proc/%d", guest_look("ids").init_pid);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_geq(status.st_uid, 0x70000000u);
	cr_expect_str_eq(inside("ids", "id -u"), "0\n");
	inside("ids", "echo x > /made");
	cr_assert_eq(stat(guest_file("ids", "made"), &status), 0);
	cr_expect_eq(status.st_uid, 0u); /* plain on disk: the mount maps, not the files */
	cr_expect_neq(au("exec ids -- /bin/sh -c 'echo 1 > /proc/sysrq-trigger'"), 0);
	cr_expect_neq(au("exec ids -- /bin/sh -c 'echo x > /sys/kernel/uevent_helper'"), 0);
	cr_expect_neq(au("exec ids -- mknod /tmp/sda b 8 0"), 0);
}

Test(confinement, two_guests_have_disjoint_ids)
{
	struct stat one, two;
	char path[64];

	guest_busybox("one", NULL);
	guest_busybox("two", NULL);
	cr_assert_eq(au("start one two"), 0, "%s", got.errors);
	snprintf(path, sizeof path, "/proc/%d", guest_look("one").init_pid);
	cr_assert_eq(stat(path, &one), 0);
	snprintf(path, sizeof path, "/proc/%d", guest_look("two").init_pid);
	cr_assert_eq(stat(path, &two), 0);
	cr_expect_geq(one.st_uid > two.st_uid ? one.st_uid - two.st_uid : two.st_uid - one.st_uid, 65536u);
}

Test(confinement, the_guest_has_a_world_of_its_own)
{
	guest_busybox("own", "--set guest.hostname=inn --set console.ttys=2");
	cr_assert_eq(au("start own"), 0, "%s", got.errors);
	cr_expect_str_eq(inside("own", "hostname"), "inn\n");
	cr_expect_lt(atof(inside("own", "cat /proc/uptime")), 60 * run_time_factor());
	cr_expect_str_eq(inside("own", "ls /sys/class/net"), "lo\n");
	cr_expect(strstr(inside("own", "ps"), "1 root") != NULL);
	cr_expect_str_eq(inside("own", "echo $(ls /dev)"),
	                 "console fd full mqueue null ptmx pts random shm stderr stdin stdout tty tty1 tty2 urandom zero\n");
	cr_expect(strstr(inside("own", "cat /proc/mounts"), "sysfs /sys sysfs ro,") != NULL);
	cr_expect(strstr(inside("own", "tr \"\\000\" \" \" < /proc/1/environ"), "container=auberge") != NULL);
	cr_expect(strstr(inside("own", "grep -h . /proc/1/cgroup"), ":/\n") != NULL);
	cr_expect(strstr(inside("own", "grep CapInh /proc/1/status"), "0000000000000000") != NULL);
	cr_expect_eq(au("exec own -- test -e /proc/1/root%s", place_directory), 1);
}

Test(confinement, no_descriptor_of_ours_is_inside)
{
	guest_busybox("fds", NULL);
	cr_assert_eq(au("start fds"), 0, "%s", got.errors);
	cr_expect_str_eq(inside("fds", "ls /proc/1/fd | tr -d \"\\n\""), "012");
	/* ls itself opens one, for the directory it lists */
	cr_expect_str_eq(inside("fds", "ls /proc/self/fd | tr -d \"\\n\""), "0123");
}

Test(confinement, limits_are_the_kernels)
{
	static const struct {
		const char *names[2]; /* v1, v2 */
	} files[] = {
		{{"memory.limit_in_bytes", "memory.max"}},
		{{"pids.max", "pids.max"}},
		{{"cpu.cfs_quota_us", "cpu.max"}},
	};
	static const char *const wanted[] = {"67108864\n", "50\n", "150000"};
	struct auberge_error error = {0};
	struct auberge_details *details;
	struct auberge *auberge;

	guest_busybox("lim", "--set limits.memory=64M --set limits.pids=50 --set limits.cpus=1.5");
	cr_assert_eq(au("start lim"), 0, "%s", got.errors);
	auberge = place_open();
	details = auberge_show(auberge, "lim", &error);
	cr_assert_not_null(details, "%s", error.text);
	for (size_t i = 0; i < 3; i++) {
		char path[256] = "", text[64] = "";
		int fd = -1;

		for (size_t k = 0; k < 2 * details->cgroups_count && fd < 0; k++) {
			snprintf(path, sizeof path, "%s/%s", details->cgroups[k / 2], files[i].names[k % 2]);
			fd = open(path, O_RDONLY);
		}
		cr_assert_geq(fd, 0, "no group has %s", files[i].names[1]);
		cr_expect_gt(read(fd, text, sizeof text - 1), 0);
		cr_expect_eq(strncmp(text, wanted[i], strlen(wanted[i])), 0, "%s: %s", path, text);
		close(fd);
	}
	auberge_details_free(details);
	auberge_close(auberge);
	/* a fork bomb ends at the limit */
	au("exec lim -- /bin/sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 "
	   "31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52; do sleep 30 & done'");
	cr_expect_eq(au("stop lim --timeout 30s"), 0, "%s", got.errors);
}

static void canary(char *path, size_t size)
{
	snprintf(path, size, "%s/canary", place_directory);
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_assert_eq(sh("touch %s/mark", path), 0);
}

Test(confinement, a_rootfs_of_symlinks_leads_nowhere)
{
	static const char *const names[] = {"dev", "proc", "sys", "run", "tmp", "etc"};
	char outside[160], name[16], before[4096];

	canary(outside, sizeof outside);
	cr_assert_eq(sh("find %s -printf '%%p %%i %%m %%T@ %%s\\n'", outside), 0);
	snprintf(before, sizeof before, "%s", got.output);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "evil%zu", i);
		guest_busybox(name, NULL);
		cr_assert_eq(sh("rm -rf %s", guest_file(name, names[i])), 0);
		cr_assert_eq(symlink(outside, guest_file(name, names[i])), 0);
		if (au("start %s", name) == 0)
			cr_expect_eq(au("kill %s", name), 0, "%s", got.errors);
		else
			cr_expect(strstr(got.errors, names[i]) != NULL, "%s: %s", names[i], got.errors);
		cr_assert_eq(sh("find %s -printf '%%p %%i %%m %%T@ %%s\\n'", outside), 0);
		cr_expect_str_eq(got.output, before, "%s touched the canary", names[i]);
	}
	expect_nothing_left();
}

Test(confinement, a_dir_rootfs_that_others_can_reach_is_refused)
{
	const char *base = getenv("AUBERGE_TEST_BASE");
	char open_directory[160];

	snprintf(open_directory, sizeof open_directory, "%s/auberge-test-open-XXXXXX", base ? base : "/var/tmp");
	cr_assert_not_null(mkdtemp(open_directory));
	cr_assert_eq(chmod(open_directory, 0755), 0);
	guest_busybox("src", NULL);
	cr_assert_eq(sh("cp -a %s %s/rootfs", guest_file("src", ""), open_directory), 0);
	int status = au("create pub --template dir:%s/rootfs", open_directory);
	if (status == 0)
		status = au("start pub");
	cr_expect_eq(status, 1);
	cr_expect(strstr(got.errors, "0700") != NULL, "%s", got.errors);
	cr_assert_eq(sh("rm -rf --one-file-system %s", open_directory), 0);
}

Test(confinement, what_is_missing_is_said_before_anything_is_made)
{
	guest_busybox("nobr", "--set 'net eth0.bridge=auberge-none'");
	cr_expect_eq(au("start nobr"), 1);
	cr_expect(strstr(got.errors, "auberge-none") != NULL, "%s", got.errors);
	guest_busybox("noinit", "--set guest.init=/sbin/nosuch");
	cr_expect_eq(au("start noinit"), 1);
	cr_expect(strstr(got.errors, "/sbin/nosuch") != NULL, "%s", got.errors);
	cr_expect_eq(au("config check noinit"), 1);
	guest_busybox("noroot", NULL);
	cr_assert_eq(sh("rm -rf %s", guest_file("noroot", "")), 0);
	cr_expect_eq(au("start noroot"), 1);
	cr_expect(strstr(got.errors, "rootfs") != NULL, "%s", got.errors);
	expect_nothing_left();
}

Test(confinement, a_bad_line_in_one_config_leaves_the_others_listed)
{
	char path[256];
	int fd;

	guest_busybox("good", NULL);
	guest_busybox("ugly", NULL);
	snprintf(path, sizeof path, "%s/state/ugly/guest.ini", place_directory);
	fd = open(path, O_WRONLY | O_APPEND);
	cr_assert_eq(write(fd, "[limits]\nmemmory = 1G\n", 22), 22);
	close(fd);
	cr_expect_eq(au("list"), 0);
	cr_expect(strstr(got.output, "good") && strstr(got.output, "ugly"), "%s", got.output);
	cr_expect_eq(au("start ugly"), 1);
	cr_expect(strstr(got.errors, "guest.ini:") && strstr(got.errors, "memory"), "%s", got.errors);
	cr_expect_eq(au("start good"), 0, "%s", got.errors);
}

Test(confinement, the_capability_list_of_the_talk_is_dropped_whole)
{
	guest_busybox("talk", "--set 'security.drop_capabilities=audit_control audit_write fsetid ipc_lock ipc_owner lease "
	                      "linux_immutable mac_admin mac_override mknod setfcap setpcap sys_admin sys_boot sys_module "
	                      "sys_nice sys_pacct sys_ptrace sys_rawio sys_resource sys_time sys_tty_config'");
	cr_assert_eq(au("start talk"), 0, "%s", got.errors);
	inside("talk", "grep CapBnd /proc/1/status");
	unsigned long long bounding = strtoull(got.output + 7, NULL, 16);
	static const int dropped[] = {4, 8, 9, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33};
	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
		cr_expect_not(bounding & 1ull << dropped[i], "capability %d is there: %llx", dropped[i], bounding);
	cr_expect(bounding & 1ull << 10); /* net_bind_service */
}
