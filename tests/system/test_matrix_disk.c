/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix where what is on disk is concerned: F10 full, F11 power cut, F12 reboot.
 * F11 here is the order of operations: a copy of the state directory at a random instant, with the process stopped, is what
 * a journal would replay if all before it was written and nothing after. What had not been synced is lost in no copy:
 * tests/vm/power-cut, which cuts a VM's power, is for that.
 */
#include "base/cleanup.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "matrix.h"
#include "supervisor/ledger.h"

#include <criterion/criterion.h>
#include <dirent.h>
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
#include <unistd.h>

/* --- F10 --------------------------------------------------------------------------------------------------------- */

/* A file system of 1 MiB, in this test's own mount namespace. */
static void mount_small(const char *path)
{
	cr_assert(mkdir(path, 0755) == 0 || errno == EEXIST, "%s: %s", path, strerror(errno));
	cr_assert_eq(mount("agmx", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755"), 0, "%s: %s", path, strerror(errno));
}

static void fill(const char *directory)
{
	static const char zeros[4096];
	char path[600];

	snprintf(path, sizeof path, "%s/filling", directory);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (size_t step = sizeof zeros; step > 0; step = step > 64 ? step / 64 : step == 1 ? 0 : 1)
		while (write(fd, zeros, step) == (ssize_t)step)
			;
	cr_expect_eq(errno, ENOSPC);
	close(fd);
}

static void empty(const char *directory)
{
	char path[600];

	snprintf(path, sizeof path, "%s/filling", directory);
	cr_expect_eq(unlink(path), 0, "%s: %s", path, strerror(errno));
}

static void expect_works(const char *line)
{
	cr_expect_eq(au("%s", line), 0, "%s on a full disk: %s%s", line, got.output, got.errors);
}

static pid_t former;

static bool has_another(const void *name)
{
	struct pair pair = pair_of(name);

	return pair.supervisor > 0 && pair.supervisor != former && pair.keeper > 0;
}

/* The guest runs, the disk is full: nobody is held up and everything that needs no room works. */
static void expect_full_is_survived(void)
{
	expect_works("list");
	expect_works("exec web -- sh -c 'dd if=/dev/zero bs=1000 count=600 2>/dev/null | tr \"\\000\" x >/dev/console'"); /* drained */
	expect_works("exec web -- true");
	expect_works("freeze web");
	expect_works("thaw web");
	expect_works("show web");
	expect_works("log web");
	expect_works("events web");
	former = pair_of("web").supervisor;
	kill(former, SIGKILL);
	wait_until(has_another, "web", 10, "another supervisor on a full disk");
	pair_kill("web");
	expect_works("exec web -- true");
	wait_until(pair_is_whole, "web", 10, "both again on a full disk");
	cr_expect_eq(guest_look("web").supervision, AUBERGE_SUPERVISION_OK);
	matrix_check_beats("web", 1.5);
	expect_works("stop web");
	cr_expect_str_eq(guest_state("web"), "stopped");
}

Test(matrix, f10_run_and_log_directory_full)
{
	const char *small = "small";
	char directory[512];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace of our own: %s", strerror(errno));
	snprintf(directory, sizeof directory, "%s", matrix_path("%s", small));
	mount_small(directory);
	setenv("AUBERGE_RUN_DIR", matrix_path("small/run"), 1);
	setenv("AUBERGE_LOG_DIR", matrix_path("small/log"), 1);
	guest_script("web", matrix_beats, NULL);
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		wait_file(matrix_path("small/log/web.console"), "up", 20);
		fill(directory);
		expect_full_is_survived();
		for (int tries = 0; tries < 8; tries++) { /* a tmpfs has a page more or less: it is not always the same write that fails */
			fill(directory);
			cr_expect_eq(au("start web"), 1, "%s", got.errors);
			cr_expect(strstr(got.errors, strerror(ENOSPC)) != NULL, "%s", got.errors);
			cr_expect_not(guest_look("web").running);
			expect_nothing_left();
		}
		empty(directory);
		unlink(guest_file("web", "beats"));
		unlink(matrix_path("small/log/web.console"));
	}
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
	au("destroy web --yes");
	umount2(directory, MNT_DETACH);
}

/* Each start with room for one more file than the last: where it has none it says so and leaves nothing. */
Test(matrix, f10_no_room_for_another_file)
{
	char directory[512], path[600];
	int free = 0, fillers = 0, refused = 0;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace of our own: %s", strerror(errno));
	snprintf(directory, sizeof directory, "%s", matrix_path("small"));
	cr_assert_eq(mkdir(directory, 0755), 0);
	cr_assert_eq(mount("agmx", directory, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,nr_inodes=64,mode=0755"), 0, "%s", strerror(errno));
	setenv("AUBERGE_RUN_DIR", matrix_path("small/run"), 1);
	matrix_start("web", matrix_quick, NULL);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	for (int fd; (fd = open(matrix_path("small/filler%d", fillers), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0; fillers++)
		close(fd);
	cr_assert_eq(errno, ENOSPC);
	for (; free < fillers && au("start web") != 0; free++) {
		cr_expect(strstr(got.errors, strerror(ENOSPC)) != NULL, "with room for %d files: %s", free, got.errors);
		expect_nothing_left();
		snprintf(path, sizeof path, "%s/filler%d", directory, free);
		cr_assert_eq(unlink(path), 0, "%s: %s", path, strerror(errno));
		refused++;
	}
	cr_expect_gt(refused, 2);
	cr_expect_str_eq(guest_state("web"), "running", "with room for %d files: %s", free, got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
	umount2(directory, MNT_DETACH);
}

/* Asked of the kernel, for the ledger cannot tell: the keeper's child that is not the guest's init. 0: none. */
static pid_t child_of(pid_t keeper)
{
	char path[64];
	pid_t init = guest_look("web").init_pid;
	int pid, found = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", keeper, keeper);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s", path);
	while (fscanf(file, "%d", &pid) == 1)
		if (pid != init)
			found = pid;
	fclose(file);
	return found;
}

static bool has_another_child(const void *keeper)
{
	pid_t pid = child_of(*(const pid_t *)keeper);

	return pid > 0 && pid != former && guest_look("web").supervision == AUBERGE_SUPERVISION_OK;
}

static void kill_child(pid_t keeper)
{
	former = child_of(keeper);
	cr_assert_gt(former, 0);
	kill(former, SIGKILL);
	wait_until(has_another_child, &keeper, 10, "another supervisor");
	expect_works("freeze web");
	expect_works("thaw web");
}

/* Up to a few bytes before the end of its last page: the next record has no room on a full disk. */
static void pad_ledger(const char *name)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	cleanup_close int run_fd = set_open_run(auberge, name), fd = ledger_open_append(run_fd, &error);
	struct stat status;

	cr_assert_geq(fd, 0, "%s", error.text);
	for (int i = 0; i < 1000 && fstat(fd, &status) == 0 && 4096 - status.st_size % 4096 > 40; i++)
		cr_assert_eq(ledger_append(fd, &error, LEDGER_SOCKET, "control"), 0, "%s", error.text);
	auberge_close(auberge);
}

Test(matrix, f10_ledger_full)
{
	char directory[512];
	pid_t keeper;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace of our own: %s", strerror(errno));
	snprintf(directory, sizeof directory, "%s", matrix_path("small"));
	mount_small(directory);
	setenv("AUBERGE_RUN_DIR", matrix_path("small/run"), 1);
	guest_script("web", matrix_beats, NULL);
	for (int round = 0; round < matrix_rounds(2, 20); round++) {
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		wait_until(pair_is_whole, "web", 10, "supervisor and keeper");
		keeper = pair_of("web").keeper;
		pad_ledger("web");
		fill(directory);
		kill_child(keeper);
		kill_child(keeper);
		expect_works("exec web -- true");
		if (round % 2 == 0) {
			empty(directory);
			kill_child(keeper); /* it finds room, and what it writes is read again */
			cr_expect_eq(pair_of("web").supervisor, child_of(keeper));
		}
		matrix_check_beats("web", 1.5);
		expect_works("stop web");
		cr_expect_str_eq(guest_look("web").last_end.cause, "stopped");
		if (round % 2)
			empty(directory);
		unlink(guest_file("web", "beats"));
		expect_nothing_left();
	}
	au("destroy web --yes");
	umount2(directory, MNT_DETACH);
}

Test(matrix, f10_state_directory_full)
{
	char state[512], rootfs[600];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace of our own: %s", strerror(errno));
	guest_script("web", matrix_beats, NULL); /* for its tree only, which stays on the disk */
	snprintf(rootfs, sizeof rootfs, "%s", matrix_path("tree"));
	cr_assert_eq(rename(matrix_path("state/web/rootfs"), rootfs), 0, "%s", strerror(errno));
	cr_assert_eq(au("destroy web --yes"), 0, "%s", got.errors);
	snprintf(state, sizeof state, "%s", matrix_path("state"));
	mount_small(state);
	cr_assert_eq(au("create web --template dir:%s --set guest.init=/init", rootfs), 0, "%s", got.errors);
	for (int round = matrix_rounds(1, 20); round > 0; round--) {
		cr_assert_eq(au("start web"), 0, "%s", got.errors);
		matrix_wait_up("web");
		fill(state);
		expect_works("list");
		expect_works("exec web -- true");
		expect_works("freeze web");
		expect_works("thaw web");
		cr_expect_eq(au("create other --template none"), 1, "%s", got.errors);
		cr_expect(strstr(got.errors, strerror(ENOSPC)) != NULL, "%s", got.errors);
		expect_works("stop web");
		cr_expect_not(guest_look("web").running);
		cr_expect_eq(au("list"), 0);
		cr_expect(strstr(got.output, "other") == NULL || strstr(got.output, "incomplete") != NULL, "%s", got.output);
		au("destroy other --yes");
		empty(state);
		cr_expect_eq(au("config check web"), 0, "its config is not whole: %s", got.errors);
		expect_nothing_left();
	}
	cr_expect_eq(au("destroy web --yes"), 0, "on a disk that was full: %s", got.errors);
	umount2(state, MNT_DETACH);
}

/* --- F11 --------------------------------------------------------------------------------------------------------- */

static unsigned long long wanted, copies, incomplete, whole, absent;

/* In the copy the guest is there with a config that holds, is told as incomplete, or is not there; and it can be removed. */
static void expect_sound(const char *copy)
{
	char former_state[512];
	struct auberge *auberge;
	struct auberge_error error = {0};
	struct auberge_guest *guests = NULL;
	size_t count = 0;

	snprintf(former_state, sizeof former_state, "%s", getenv("AUBERGE_STATE_DIR"));
	setenv("AUBERGE_STATE_DIR", copy, 1);
	auberge = place_open();
	cr_assert_eq(auberge_list(auberge, NULL, 0, 0, &guests, &count, &error), 0, "%s", error.text);
	auberge_close(auberge);
	copies++;
	for (size_t i = 0; i < count; i++) {
		cr_expect_str_eq(guests[i].name, "web");
		if (guests[i].state == AUBERGE_INCOMPLETE) {
			incomplete++;
		} else {
			whole++;
			cr_expect_eq(guests[i].state, AUBERGE_STOPPED, "%s", auberge_state_word(guests[i].state));
			cr_expect_str_empty(guests[i].problem, "%s", guests[i].problem);
			cr_expect_eq(au("config check web"), 0, "%s", got.errors);
		}
		cr_expect_eq(au("destroy web --yes"), 0, "%s", got.errors);
	}
	absent += count == 0;
	free(guests);
	cr_expect_eq(au("create web --template none"), 0, "after that its name is not free: %s", got.errors);
	cr_expect_eq(au("destroy web --yes"), 0, "%s", got.errors);
	cr_expect_eq(au("audit"), 0, "%s%s", got.output, got.errors);
	setenv("AUBERGE_STATE_DIR", former_state, 1);
}

/* Runs the line and, at some instants of it, copies the state directory while nobody writes. */
static void copy_during(const char *line, unsigned span_us)
{
	pid_t pid = au_background(matrix_path("said"), "%s", line);
	int status;

	for (int i = 0; i < 40; i++) {
		siginfo_t info = {0};

		usleep((useconds_t)((unsigned)rand() % span_us));
		kill(pid, SIGSTOP);
		waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT);
		if (info.si_code != CLD_STOPPED)
			break;
		if (copies < wanted) {
			sh("rm -rf %s", matrix_path("copy"));
			cr_assert_eq(sh("cp -a %s %s", matrix_path("state"), matrix_path("copy")), 0, "%s", got.errors);
			expect_sound(matrix_path("copy"));
		}
		kill(pid, SIGCONT);
	}
	waitpid(pid, &status, 0);
	cr_expect_eq(WEXITSTATUS(status), 0, "%s", line);
}

Test(matrix, f11_power_cut)
{
	wanted = (unsigned long long)matrix_rounds(8, 200);
	srand(20261124);
	guest_busybox("web", NULL);
	cr_assert_eq(au("destroy web --yes"), 0); /* the set is there */
	for (int i = 0; i < 100 && copies < wanted; i++) {
		copy_during("create web --template busybox", run_time_factor() > 1 ? 400000 : 6000);
		copy_during("destroy web --yes", run_time_factor() > 1 ? 400000 : 6000);
	}
	cr_log_info("%llu copies: %llu whole, %llu incomplete, %llu without it", copies, whole, incomplete, absent);
	cr_expect_geq(copies, wanted);
	cr_expect_gt(incomplete, 0, "no copy was taken in the middle of anything");
	expect_nothing_left();
}

/* A save that is broken off at each of its steps: config_verbs. */
Test(matrix, f11_power_cut_while_a_guest_is_cloned)
{
	cr_skip_test("there is no clone yet");
}

/* --- F12 --------------------------------------------------------------------------------------------------------- */

/* What a reboot leaves of a running guest: its ledger, with the former boot's id. */
static void reboot_takes(const char *name)
{
	struct pair pair;
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	pid_t init = guest_look(name).init_pid;
	int fd;

	wait_until(pair_is_whole, name, 10, "supervisor and keeper");
	pair = pair_of(name);
	kill(pair.keeper, SIGSTOP);
	kill(pair.supervisor, SIGKILL);
	kill(pair.keeper, SIGKILL);
	kill(init, SIGKILL);
	for (int i = 0; i < 500 && cgroup_populated(auberge, name) > 0; i++)
		pause_ms((unsigned)(10 * run_time_factor()));
	cr_expect_eq(cgroup_remove(auberge, name, &error), 0, "%s", error.text);
	cgroup_leave_supervisor(auberge, name, 0);
	fd = open(matrix_path("state/.run/%s/ledger", name), O_WRONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(pwrite(fd, "00000000-0000-0000-0000-000000000000", 36, (off_t)strlen("auberge-ledger 1 ")), 36);
	close(fd);
	auberge_close(auberge);
}

Test(matrix, f12_reboot_with_guests_running)
{
	static const char *const names[] = {"first", "second", "third"};

	guest_script("third", matrix_quick, "--set guest.autostart=yes --set guest.after=second");
	guest_script("second", matrix_quick, "--set guest.autostart=yes --set guest.after=first");
	guest_script("first", matrix_quick, "--set guest.autostart=yes");
	guest_script("hand", matrix_quick, NULL);
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		int64_t since = 0;

		cr_assert_eq(au("start first second third hand"), 0, "%s", got.errors);
		for (size_t i = 0; i < 3; i++)
			reboot_takes(names[i]);
		reboot_takes("hand");
		for (size_t i = 0; i < 3; i++) {
			struct auberge_guest guest = guest_look(names[i]);

			cr_expect_eq(guest.state, AUBERGE_STOPPED, "%s is %s", names[i], auberge_state_word(guest.state));
			cr_expect_not(guest.running);
			cr_expect_str_eq(guest.last_end.cause, "host-restarted");
		}
		cr_expect_eq(au("stop first"), 4, "%s", got.errors);
		cr_expect_eq(au("start --autostart"), 0, "%s", got.errors);
		for (size_t i = 0; i < 3; i++) {
			struct auberge_guest guest = guest_look(names[i]);
			int64_t started = guest.init_pid > 0 ? (int64_t)process_start_time(guest.init_pid) : 0;

			cr_expect_str_eq(auberge_state_word(guest.state), "running", "%s", names[i]);
			cr_expect_geq(started, since, "%s was started before the one it comes after", names[i]);
			since = started;
		}
		cr_expect_str_eq(guest_state("hand"), "stopped");
		cr_expect_eq(au("start hand"), 0, "%s", got.errors);
		cr_expect_eq(au("stop first second third hand"), 0, "%s", got.errors);
		expect_nothing_left();
	}
}
