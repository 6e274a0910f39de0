/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix where the host is not as a guest needs it: F14 cgroups, F22 mounts held elsewhere, F23 links, F24 what is
 * missing, F25 the clock.
 */
#include "host/cgroup.h"
#include "matrix.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace of our own: %s", strerror(errno));
}

/* The directory of the v2 tree, or NULL. */
static const char *tree_v2(void)
{
	static char path[128];
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	const struct cgroup_layout *layout = cgroup_layout(auberge, &error);

	path[0] = '\0';
	if (layout && layout->v2 >= 0)
		snprintf(path, sizeof path, "%s", layout->hierarchies[layout->v2].mount);
	auberge_close(auberge);
	return path[0] ? path : NULL;
}

static const char *root_group(void)
{
	static char name[64];
	struct auberge *auberge = place_open();

	snprintf(name, sizeof name, "%s", auberge_cgroup_root(auberge));
	auberge_close(auberge);
	return name;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_expect_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text), "%s: %s", path, strerror(errno));
	close(fd);
}

/* --- F14 --------------------------------------------------------------------------------------------------------- */

static void expect_refused(const char *what, const char *first, const char *second)
{
	cr_expect_eq(au("start web"), 1, "%s: %s%s", what, got.output, got.errors);
	cr_expect(strstr(got.errors, first) && strstr(got.errors, second), "%s: %s", what, got.errors);
	cr_expect_not(guest_look("web").running);
	cr_expect_neq(access("/sys/class/net/" MATRIX_LINK, F_OK), 0, "%s: its link is there", what);
}

Test(matrix, f14_cgroup_cannot_be_made)
{
	const char *tree = tree_v2();
	char root[256], file[300];

	if (!tree)
		cr_skip_test("this host has no v2 tree, and v1 has no such limit");
	matrix_bridge();
	guest_script("web", matrix_quick, "--set 'net eth0.bridge=" MATRIX_BRIDGE "' --set 'net eth0.host_name=" MATRIX_LINK "'");
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		snprintf(root, sizeof root, "%s/%s", tree, root_group());
		cr_assert(mkdir(root, 0755) == 0 || errno == EEXIST, "%s: %s", root, strerror(errno));
		snprintf(file, sizeof file, "%s/cgroup.max.descendants", root);
		write_file(file, "0");
		expect_refused("no group may be made", root, strerror(EAGAIN));
		rmdir(root); /* where the start did not */
		expect_nothing_left();
	}
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(matrix, f14_root_is_busy)
{
	const char *tree = tree_v2();
	char root[256], file[300], text[16];
	pid_t pid;

	if (!tree || strcmp(tree, "/sys/fs/cgroup") != 0)
		cr_skip_test("only where v2 has the controllers a process in the way makes ROOT busy");
	guest_script("web", matrix_quick, "--set limits.memory=64M");
	snprintf(root, sizeof root, "%s/%s", tree, root_group());
	cr_assert_eq(mkdir(root, 0755), 0, "%s", strerror(errno));
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	snprintf(file, sizeof file, "%s/cgroup.procs", root);
	snprintf(text, sizeof text, "%d", pid);
	write_file(file, text);
	expect_refused("a process is in ROOT", root, "memory");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(matrix, f14_controller_missing)
{
	guest_script("web", matrix_quick, "--set limits.memory=64M");
	own_mounts();
	if (umount2("/sys/fs/cgroup/memory", MNT_DETACH) < 0)
		cr_assert_eq(umount2("/sys/fs/cgroup", MNT_DETACH), 0, "%s", strerror(errno));
	cr_expect_eq(au("config check web"), 1, "%s%s", got.output, got.errors);
	cr_expect(strstr(got.errors, "limits.memory") && strstr(got.errors, "controller memory"), "%s", got.errors);
	expect_refused("no memory controller", "limits.memory", "controller memory");
	cr_expect_eq(au("audit"), 0, "%s%s", got.output, got.errors);
}

/* In v1 a group below an empty one takes no process (ENOSPC) until somebody fills it in: we do. */
Test(matrix, f14_cpuset_empty)
{
	static const char parent[] = "/sys/fs/cgroup/cpuset/agmx";

	if (access("/sys/fs/cgroup/cpuset/cpuset.mems", F_OK) < 0)
		cr_skip_test("this host has no v1 cpuset");
	guest_script("web", matrix_quick, NULL);
	setenv("AUBERGE_CGROUP", "agmx/inner", 1);
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		cr_assert_eq(mkdir(parent, 0755), 0, "%s: %s", parent, strerror(errno));
		write_file("/sys/fs/cgroup/cpuset/agmx/cgroup.clone_children", "0");
		cr_assert(mkdir("/sys/fs/cgroup/cpuset/agmx/inner", 0755) == 0);
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		cr_assert_eq(au("stop web"), 0, "%s", got.errors);
		expect_nothing_left();
		cr_expect_neq(access(parent, F_OK), 0);
	}
	unsetenv("AUBERGE_CGROUP");
}

/* --- F22 --------------------------------------------------------------------------------------------------------- */

/* A process in a mount namespace of its own, where it has mounted source on target (NULL: a tmpfs). */
static pid_t hold_mount(const char *source, const char *target)
{
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    (source ? mount(source, target, NULL, MS_BIND, NULL) : mount("agmx", target, "tmpfs", 0, NULL)) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1, "the mount cannot be made");
	close(ready[0]);
	return pid;
}

static void release(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(matrix, f22_rootfs_held_by_another_mount_namespace)
{
	char rootfs[512], inside[520], text[16];

	for (int round = 0; round < matrix_rounds(2, 20); round++) {
		pid_t holder;

		matrix_start("web", matrix_quick, NULL);
		snprintf(rootfs, sizeof rootfs, "%s", guest_file("web", ""));
		snprintf(inside, sizeof inside, "%stmp", rootfs);
		mkdir(inside, 0755);
		mkdir(matrix_path("elsewhere"), 0755);
		holder = round % 2 ? hold_mount(NULL, inside) : hold_mount(rootfs, matrix_path("elsewhere"));
		cr_assert_eq(au("stop web"), 0, "%s", got.errors);
		if (round % 2 == 0) { /* it holds the rootfs itself, and is told of */
			cr_expect_eq(au("audit"), 7, "%s%s", got.output, got.errors);
			snprintf(text, sizeof text, "%d", holder);
			cr_expect(strstr(got.output, "mount") && strstr(got.output, text), "%s", got.output);
		}
		/* since Linux 3.18 neither keeps a directory from being removed */
		cr_expect_eq(au("destroy web --yes"), 0, "%s", got.errors);
		cr_expect_neq(access(matrix_path("state/web"), F_OK), 0);
		cr_expect_neq(access(matrix_path("state/.destroy-web"), F_OK), 0);
		release(holder);
		expect_nothing_left();
	}
}

Test(matrix, f22_mount_in_the_hosts_own_namespace)
{
	char inside[520];

	own_mounts();
	guest_script("web", matrix_quick, NULL);
	snprintf(inside, sizeof inside, "%s", guest_file("web", "tmp"));
	mkdir(inside, 0755);
	cr_assert_eq(mount("agmx", inside, "tmpfs", 0, NULL), 0, "%s", strerror(errno));
	cr_expect_eq(au("destroy web --yes"), 1, "%s", got.errors);
	cr_expect(strstr(got.errors, "mounted inside") != NULL, "%s", got.errors);
	cr_expect_str_eq(guest_state("web"), "incomplete");
	snprintf(inside, sizeof inside, "%s", matrix_path("state/.destroy-web/rootfs/tmp"));
	cr_expect_eq(umount2(inside, MNT_DETACH), 0, "%s: %s", inside, strerror(errno));
	cr_expect_eq(au("destroy web --yes"), 0, "%s", got.errors);
	expect_nothing_left();
}

/* --- F23 --------------------------------------------------------------------------------------------------------- */

static bool link_there(const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/class/net/%s", name);
	return access(path, F_OK) == 0;
}

static void start_linked(void)
{
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	matrix_wait_up("web");
	cr_assert(link_there(MATRIX_LINK));
}

static void expect_clean_stop(const char *what)
{
	cr_expect_eq(au("stop web"), 0, "%s: %s", what, got.errors);
	cr_expect_not(link_there(MATRIX_LINK), "%s: its link stays", what);
	expect_nothing_left();
}

Test(matrix, f23_links_changed_by_hand)
{
	matrix_bridge();
	guest_script("web", matrix_quick, "--set 'net eth0.bridge=" MATRIX_BRIDGE "' --set 'net eth0.host_name=" MATRIX_LINK "'");
	for (int round = matrix_rounds(1, 20); round > 0; round--) {
		pid_t holder;

		start_linked();
		cr_assert_eq(sh("ip link del " MATRIX_LINK), 0, "%s", got.errors);
		expect_clean_stop("the link was deleted");

		start_linked();
		holder = fork();
		if (holder == 0) {
			unshare(CLONE_NEWNET);
			for (;;)
				pause();
		}
		pause_ms((unsigned)(100 * run_time_factor())); /* until it has one */
		cr_expect_eq(sh("nsenter -t %d -n ip link set eth0 netns %d", guest_look("web").init_pid, holder), 0, "%s", got.errors);
		expect_clean_stop("the guest's end was moved elsewhere");
		release(holder);

		start_linked();
		cr_assert_eq(sh("ip link set " MATRIX_LINK " nomaster"), 0, "%s", got.errors);
		expect_clean_stop("it was taken out of its bridge");

		start_linked();
		cr_assert_eq(sh("ip link set " MATRIX_LINK " name agmx-other"), 0, "%s", got.errors);
		cr_expect_eq(au("stop web"), 0, "%s", got.errors);
		cr_expect_not(link_there("agmx-other"), "a renamed link stays");
		expect_nothing_left();

		start_linked();
		cr_assert_eq(sh("ip link del " MATRIX_BRIDGE), 0, "%s", got.errors);
		cr_expect_eq(au("exec web -- true"), 0, "%s", got.errors);
		expect_clean_stop("the bridge was removed");
		expect_refused("no bridge", "no bridge " MATRIX_BRIDGE, "guest.ini:");
		expect_nothing_left();
		matrix_bridge();
	}
}

Test(matrix, f23_name_taken)
{
	matrix_bridge();
	/* what the free name would be, "GUEST-eth0" */
	cr_assert_eq(sh("ip link add " MATRIX_LINK "-eth0 type bridge"), 0, "%s", got.errors);
	guest_script(MATRIX_LINK, matrix_quick, "--set 'net eth0.bridge=" MATRIX_BRIDGE "'");
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		struct auberge_guest guest;

		cr_expect_eq(au("start " MATRIX_LINK), 0, "%s", got.errors);
		guest = guest_look(MATRIX_LINK);
		cr_expect_eq(guest.links_count, 1);
		cr_expect_str_neq(guest.links[0], MATRIX_LINK "-eth0");
		cr_expect(link_there(guest.links[0]), "%s", guest.links[0]);
		cr_expect_eq(au("stop " MATRIX_LINK), 0, "%s", got.errors);
		cr_expect_not(link_there(guest.links[0]), "%s stays", guest.links[0]);
		expect_nothing_left();
	}
	cr_expect(link_there(MATRIX_LINK "-eth0"), "a foreign link was taken away");
	cr_expect_eq(sh("ip link del " MATRIX_LINK "-eth0"), 0);
	guest_script("web", matrix_quick, "--set 'net eth0.bridge=" MATRIX_BRIDGE "' --set 'net eth0.host_name=" MATRIX_LINK "'");
	cr_assert_eq(sh("ip link add " MATRIX_LINK " type bridge"), 0, "%s", got.errors);
	cr_expect_eq(au("start web"), 1, "%s", got.errors);
	cr_expect(strstr(got.errors, "host_name " MATRIX_LINK) != NULL, "%s", got.errors);
	cr_expect(link_there(MATRIX_LINK), "a foreign link was taken away");
	expect_nothing_left();
}

/* --- F24 --------------------------------------------------------------------------------------------------------- */

Test(matrix, f24_what_is_missing_is_said_before_anything_is_made)
{
	char *former = strdup(getenv("PATH"));

	guest_script("web", matrix_quick, "--set 'net eth0.bridge=" MATRIX_BRIDGE "' --set 'net eth0.host_name=" MATRIX_LINK "' "
	                                  "--set 'mount data.source=/nosuch/source' --set 'mount data.target=/data'");
	cr_expect_eq(au("config check web"), 1, "%s%s", got.output, got.errors);
	cr_expect(strstr(got.errors, "no bridge " MATRIX_BRIDGE) && strstr(got.errors, "/nosuch/source"), "not both: %s", got.errors);
	expect_refused("bridge and source missing", "no bridge " MATRIX_BRIDGE, "/nosuch/source");
	expect_nothing_left();
	cr_expect_neq(access(matrix_path("state/.run/web"), F_OK), 0);
	/* no program of others is needed: neither ip nor brctl nor nft */
	matrix_bridge();
	guest_script("lone", matrix_quick, "--set 'net eth0.bridge=" MATRIX_BRIDGE "' --set 'net eth0.host_name=" MATRIX_LINK "'");
	setenv("PATH", "/nonexistent", 1);
	cr_expect_eq(au("start lone"), 0, "%s", got.errors);
	cr_expect_eq(au("stop lone"), 0, "%s", got.errors);
	setenv("PATH", former, 1);
	free(former);
	expect_nothing_left();
}

Test(matrix, f24_nft)
{
	cr_skip_test("nothing uses nft, VLANs or other kernel modules yet");
}

/* --- F25 --------------------------------------------------------------------------------------------------------- */

Test(matrix, f25_no_time_limit_by_the_wall_clock)
{
	const char *source = getenv("AUBERGE_TEST_SOURCE");

	if (!source || access(source, R_OK) < 0)
		cr_skip_test("no source tree: set AUBERGE_TEST_SOURCE");
	cr_expect_eq(sh("grep -rnE --include=*.c 'timerfd_create\\(CLOCK_REALTIME|gettimeofday|pthread_cond_timedwait|"
	                "sem_timedwait|timer_create\\(CLOCK_REALTIME|clock_nanosleep\\(CLOCK_REALTIME' %s/engine %s/tui", source, source),
	             1, "%s", got.output);
	/* clock_gettime of it is for what is written down, in no file that waits */
	cr_expect_eq(sh("grep -rlE --include=*.c 'clock_gettime\\(CLOCK_REALTIME' %s/engine/supervisor %s/engine/host", source, source), 1,
	             "%s", got.output);
}

static void set_clock(time_t seconds)
{
	struct timespec time = {.tv_sec = seconds};

	cr_expect_eq(clock_settime(CLOCK_REALTIME, &time), 0, "%s", strerror(errno));
}

Test(matrix, f25_clock_set_during_a_stop)
{
	static const time_t steps[] = {3600, -3600, INT32_MIN};
	const double limit = 5;
	double usual;

	if (!matrix_own_machine())
		cr_skip_test("this host's clock is not the test's to set: it is done in the VM");
	matrix_start("web", "trap '' TERM\necho up\nwhile :; do sleep 1000; done\n", NULL);
	cr_expect_eq(au("stop web --timeout 5s"), 5, "%s", got.errors);
	usual = got.seconds;
	cr_expect_geq(usual, limit);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		time_t before = time(NULL), target = steps[i] == INT32_MIN ? 1000 : before + steps[i];
		double begun = matrix_now();
		pid_t setter = fork();

		if (setter == 0) {
			pause_ms(2500);
			set_clock(target);
			_exit(0);
		}
		cr_expect_eq(au("stop web --timeout 5s"), 5, "%s", got.errors);
		cr_expect_geq(got.seconds, limit - 0.2, "step %d: %.1f s", (int)i, got.seconds);
		cr_expect_lt(got.seconds, usual + 10, "step %d: %.1f s, without it %.1f s", (int)i, got.seconds, usual);
		cr_expect_geq(guest_look("web").uptime_seconds, 0);
		cr_expect_lt(guest_look("web").uptime_seconds, 600, "uptime by the wall clock");
		waitpid(setter, NULL, 0);
		set_clock(before + (time_t)(matrix_now() - begun));
	}
	cr_expect_eq(au("kill web"), 0, "%s", got.errors);
	cr_expect_eq(au("events web"), 0, "%s", got.errors);
	expect_nothing_left();
}
