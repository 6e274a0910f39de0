/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit: each kind of leftover is made on purpose, seen with status 7, reclaimed, and gone; what lives, what is
 * foreign and what only looks like ours is never touched.
 */
#include "place.h"
#include "supervisor/ledger.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BRIDGE "agtestbr3"
#define VETH "agtest-a0"

static pid_t helper; /* a process of the test's own that it may have left */

static void begin(void)
{
	place_begin();
	helper = 0;
	sh("ip link del " BRIDGE);
	sh("ip link del " VETH);
	cr_assert_eq(sh("ip link add " BRIDGE " type bridge"), 0, "%s", got.errors);
}

static void end_helper(void)
{
	if (helper > 0) {
		kill(helper, SIGKILL);
		waitpid(helper, NULL, 0);
	}
	helper = 0;
}

static void end(void)
{
	end_helper();
	place_end();
	sh("ip link del " BRIDGE);
	sh("ip link del " VETH);
	run_free(&got);
}

TestSuite(audit, .init = begin, .fini = end, .timeout = 1200);

static const char quick[] = "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";

static const char *state_path(const char *name)
{
	static char path[400];

	snprintf(path, sizeof path, "%s/state/%s", place_directory, name);
	return path;
}

static const char *set_id(void)
{
	static char text[32];
	int fd = open(state_path("set-id"), O_RDONLY | O_CLOEXEC);

	cr_assert_eq(read(fd, text, 16), 16);
	close(fd);
	text[16] = '\0';
	return text;
}

/* Is there a line "TYPE ... OWNER ... word" that is neither reclaimed nor foreign? got is the audit's. */
static bool told(const char *type, const char *owner, const char *word)
{
	char line[1024];

	for (const char *at = got.output; at && *at; at += strcspn(at, "\n"), at += *at == '\n') {
		char first[32] = "", second[80] = "";

		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		if (sscanf(line, "%31s %79s", first, second) == 2 && strcmp(first, type) == 0 && strcmp(second, owner) == 0 &&
		    (!word || strstr(line, word)) && !strstr(line, "reclaimed: ") && !strstr(line, "foreign: "))
			return true;
	}
	return false;
}

static void expect_found(const char *type, const char *owner, const char *word)
{
	cr_expect_eq(au("audit"), 7, "%s of %s: %s%s", type, owner, got.output, got.errors);
	cr_expect(told(type, owner, word), "no %s of %s (%s) in:\n%s", type, owner, word ? word : "", got.output);
}

static void expect_reclaimed(const char *what)
{
	cr_expect_eq(au("audit --reclaim"), 0, "%s: %s%s", what, got.output, got.errors);
	cr_expect_eq(au("audit"), 0, "after %s was reclaimed: %s%s", what, got.output, got.errors);
}

/* In every hierarchy below /sys/fs/cgroup that has this place: a pattern, for glob(3). */
static size_t each_cgroup(const char *relative, int (*act)(const char *path))
{
	static const char *const tops[] = {"", "*/"};
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		char pattern[400];
		glob_t found;

		snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/%s%s", tops[i], relative);
		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++)
				count += act(found.gl_pathv[k]) == 0;
		globfree(&found);
	}
	return count;
}

static int exists(const char *path)
{
	return access(path, F_OK);
}

static int stop_members(const char *path)
{
	char file[500];
	FILE *procs;
	int pid;

	snprintf(file, sizeof file, "%s/cgroup.procs", path);
	procs = fopen(file, "re");
	while (procs && fscanf(procs, "%d", &pid) == 1)
		kill(pid, SIGSTOP);
	if (procs)
		fclose(procs);
	return 0;
}

static int kill_members(const char *path)
{
	char file[500];
	FILE *procs;
	int pid;

	snprintf(file, sizeof file, "%s/cgroup.procs", path);
	procs = fopen(file, "re");
	while (procs && fscanf(procs, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (procs)
		fclose(procs);
	return 0;
}

static bool init_is_gone(const void *data)
{
	const pid_t *pid = data;

	return kill(*pid, 0) < 0;
}

/* Whoever watches over the guest, all of them, and then init: what a crash of the host's memory would leave. */
static void lose(const char *name)
{
	char relative[200];
	pid_t init = guest_look(name).init_pid;

	cr_assert_gt(init, 0);
	snprintf(relative, sizeof relative, "auberge-%s/supervisor/%s", set_id(), name);
	each_cgroup(relative, stop_members);
	each_cgroup(relative, kill_members);
	kill(init, SIGKILL);
	wait_until(init_is_gone, &init, 20, "init to be gone");
}

static void make_cgroup(const char *relative)
{
	char script[700];

	snprintf(script, sizeof script, "for h in $(findmnt -rno TARGET -t cgroup,cgroup2); do mkdir -p $h/%s || exit 1; done", relative);
	cr_assert_eq(sh("sh -c '%s'", script), 0, "%s", got.errors);
	cr_assert_gt(each_cgroup(relative, exists), 0);
}

static int remove_cgroup(const char *path)
{
	return rmdir(path);
}

/* A process that waits to be killed, by the helper's way in. */
static void helper_begin(void (*inside)(const void *data), const void *data)
{
	int pair[2];
	char byte;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	helper = fork();
	cr_assert_geq(helper, 0);
	if (helper == 0) {
		inside(data);
		if (write(pair[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(pair[1]);
	cr_assert_eq(read(pair[0], &byte, 1), 1, "the helper does not come up");
	close(pair[0]);
}

Test(audit, what_lives_is_no_leftover)
{
	cr_expect_eq(au("audit"), 0, "an empty set: %s%s", got.output, got.errors);
	guest_script("web", quick, "--set 'net eth0.bridge=" BRIDGE "'");
	cr_expect_eq(au("audit --reclaim"), 0, "%s", got.output);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_expect_eq(au("audit --reclaim"), 0, "running: %s", got.output);
	cr_assert_eq(au("freeze web"), 0, "%s", got.errors);
	cr_expect_eq(au("audit --reclaim"), 0, "frozen: %s", got.output);
	cr_assert_eq(au("thaw web"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("web"), "running");
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	cr_expect_eq(au("audit"), 0, "stopped: %s", got.output);
	cr_expect_eq(au("audit surplus"), 2);
}

Test(audit, only_root_is_served)
{
	const char *path = getenv("AUBERGE_PROGRAM");

	cr_expect_eq(sh("setpriv --reuid 65534 --clear-groups %s audit", path ? path : "./auberge"), 6, "%d %s", got.status, got.errors);
	cr_expect(strstr(got.errors, "only root"), "%s", got.errors);
}

Test(audit, a_run_whose_end_nobody_saw_is_reclaimed_by_its_ledger)
{
	char path[64];
	int held;

	guest_script("web", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=" VETH "'");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	/* Held from outside, its network namespace does not take the link along. */
	snprintf(path, sizeof path, "/proc/%d/ns/net", guest_look("web").init_pid);
	held = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(held, 0);
	lose("web");
	expect_found("ledger", "web", "nobody saw");
	cr_expect(told("cgroup", "web", "guest-web"), "%s", got.output);
	cr_expect(told("cgroup", "web", "supervisor/web"), "%s", got.output);
	cr_expect(told("link", "web", VETH), "%s", got.output);
	cr_expect(told("socket", "web", "control"), "%s", got.output);
	cr_expect_eq(au("audit --json"), 7);
	cr_expect(strstr(got.output, "\"leftovers\": [") && strstr(got.output, "\"type\": \"ledger\"") &&
	          strstr(got.output, "\"owner\": \"web\"") && strstr(got.output, "\"reclaimed\": false"), "%s", got.output);
	expect_reclaimed("a lost run");
	close(held);
	cr_expect_neq(access("/sys/class/net/" VETH, F_OK), 0);
	cr_expect_str_eq(guest_look("web").last_end.cause, "unknown");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

static void die_at(const char *point, bool at_stop)
{
	setenv("AUBERGE_FAULT", point, 1);
	if (au("start web") == 0 && at_stop)
		au("stop web --timeout 5s");
	unsetenv("AUBERGE_FAULT");
	if (guest_look("web").supervision == AUBERGE_SUPERVISION_LOST && guest_look("web").running)
		au("kill web"); /* it outlived its supervisor: no leftover */
	for (int i = 0; i < 3 && strcmp(guest_state("web"), "running") == 0; i++)
		au("kill web");
	if (au("audit --reclaim") == 4)
		au("audit --reclaim");
	cr_expect_eq(got.status, 0, "at %s: %s%s", point, got.output, got.errors);
	cr_expect_eq(au("audit"), 0, "after %s: %s%s", point, got.output, got.errors);
	cr_expect_neq(access("/sys/class/net/" VETH, F_OK), 0, "after %s the link stays", point);
}

Test(audit, a_crash_at_each_record_and_step_is_reclaimed)
{
	static const char *const points[] = {"reclaim-processes", "reclaim-links", "reclaim-cgroups", "remove-control",
	                                     "remove-effective.ini", "remove-summary", "remove-ledger"};
	char point[64];

#ifndef AUBERGE_FAULTS
	cr_skip_test("built without --enable-faults");
#endif
	guest_script("web", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=" VETH "'");
	for (int record = 0; record < LEDGER_RECORDS_COUNT; record++) {
		snprintf(point, sizeof point, "before-%s", ledger_record_word((enum ledger_record)record));
		die_at(point, false);
		snprintf(point, sizeof point, "after-%s", ledger_record_word((enum ledger_record)record));
		die_at(point, false);
	}
	die_at("spawn-released", false);
	die_at("build-answer", false);
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		die_at(points[i], true);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

static void join_cgroup(const void *data)
{
	char path[500];

	for (int i = 0; i < 2; i++) {
		glob_t found;

		snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s/cgroup.procs", i ? "*/" : "", (const char *)data);
		if (glob(path, 0, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++) {
				int fd = open(found.gl_pathv[k], O_WRONLY | O_CLOEXEC);

				if (fd >= 0 && write(fd, "0", 1) < 0)
					errno = 0; /* v1's cpuset wants to be filled first: any other will do */
				close(fd);
			}
		globfree(&found);
	}
}

Test(audit, cgroups_below_root_go_when_they_are_empty)
{
	char group[100];

	guest_busybox("web", NULL);
	snprintf(group, sizeof group, "auberge-%s/guest-ghost/payload", set_id());
	make_cgroup(group);
	snprintf(group, sizeof group, "auberge-%s/supervisor/web", set_id());
	make_cgroup(group);
	snprintf(group, sizeof group, "auberge-%s/other", set_id());
	make_cgroup(group);
	expect_found("cgroup", "ghost", "guest-ghost");
	cr_expect(told("cgroup", "web", "supervisor/web"), "%s", got.output);
	cr_expect(told("cgroup", "unknown", "/other"), "%s", got.output);
	expect_reclaimed("empty cgroups");
	cr_expect_neq(access(state_path(".create-ghost"), F_OK), 0, "the name is free again");
	expect_nothing_left();

	/* Empty, but for ROOT itself. */
	snprintf(group, sizeof group, "auberge-%s", set_id());
	make_cgroup(group);
	expect_found("cgroup", set_id(), NULL);
	expect_reclaimed("ROOT");

	/* With a process in it that no ledger answers for: told, not killed, and the group stays. */
	snprintf(group, sizeof group, "auberge-%s/guest-ghost", set_id());
	make_cgroup(group);
	helper_begin(join_cgroup, group);
	expect_found("process", "ghost", "guest-ghost");
	cr_expect(told("cgroup", "ghost", "1 process in it"), "%s", got.output);
	cr_expect_eq(au("audit --reclaim"), 7, "%s", got.output);
	cr_expect(told("process", "ghost", "it stays: "), "%s", got.output);
	cr_expect_eq(waitpid(helper, NULL, WNOHANG), 0, "it lives");
	end_helper();
	expect_reclaimed("a cgroup that was emptied");
	expect_nothing_left();
}

static void make_link(const char *mac, const char *before, const char *id, const char *after)
{
	char alias[200];

	snprintf(alias, sizeof alias, "%s%s%s", before, id, after);
	cr_assert_eq(sh("ip link add " VETH " address %s type veth peer name agtest-a1", mac), 0, "%s", got.errors);
	cr_assert_eq(sh("ip link set " VETH " alias '%s'", alias), 0, "%s", got.errors);
}

Test(audit, a_link_goes_by_its_whole_tag_only)
{
	char wrong[2][32];

	guest_busybox("web", NULL);
	make_link("fe:12:34:56:78:9a", "auberge ", set_id(), " web");
	expect_found("link", "web", VETH);
	expect_reclaimed("a tagged link");
	make_link("fe:12:34:56:78:9a", "auberge ", set_id(), " ghost");
	expect_found("link", "ghost", VETH);
	expect_reclaimed("a tagged link of no guest");

	make_link("02:12:34:56:78:9a", "auberge ", set_id(), " web");
	expect_found("link", "web", "not one that we gave");
	cr_expect_eq(au("audit --reclaim"), 7, "%s", got.output);
	cr_expect_eq(access("/sys/class/net/" VETH, F_OK), 0);
	sh("ip link del " VETH);

	make_link("fe:12:34:56:78:9a", "auberge ", "00000000000000aa", " web");
	cr_expect_eq(au("audit --reclaim"), 0, "%s", got.output);
	cr_expect(strstr(got.output, "foreign: ") && strstr(got.output, "00000000000000aa"), "%s", got.output);
	cr_expect_eq(access("/sys/class/net/" VETH, F_OK), 0);
	sh("ip link del " VETH);

	/* Near enough for an eye, not for the audit. */
	snprintf(wrong[0], sizeof wrong[0], "%.15s", set_id());
	snprintf(wrong[1], sizeof wrong[1], "%sa", set_id());
	for (int i = 0; i < 4; i++) {
		make_link("fe:12:34:56:78:9a", i == 2 ? "Auberge " : "auberge ", i < 2 ? wrong[i] : set_id(), i == 3 ? " web/x" : " web");
		cr_expect_eq(au("audit --reclaim"), 0, "%d: %s", i, got.output);
		cr_expect_not(strstr(got.output, VETH), "%d: %s", i, got.output);
		cr_expect_eq(access("/sys/class/net/" VETH, F_OK), 0, "%d", i);
		sh("ip link del " VETH);
	}
}

static void join_mounts(const void *data)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/ns/mnt", *(const pid_t *)data);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0)
		_exit(1);
	close(fd);
}

Test(audit, a_mount_namespace_that_holds_a_rootfs_is_named_with_its_holder)
{
	char word[64];
	pid_t init;

	guest_script("web", quick, NULL);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	init = guest_look("web").init_pid;
	helper_begin(join_mounts, &init);
	cr_expect_eq(au("audit"), 0, "while it runs: %s", got.output);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	snprintf(word, sizeof word, "of process %d ", (int)helper);
	expect_found("mount", "web", word);
	cr_expect_eq(au("audit --reclaim"), 7, "%s", got.output);
	cr_expect(told("mount", "web", word), "%s", got.output);
	cr_expect_eq(waitpid(helper, NULL, WNOHANG), 0, "the holder is not touched");
	/* Its tree goes; the holder keeps it all the same. */
	cr_assert_eq(au("destroy web --yes"), 0, "%s", got.errors);
	expect_found("mount", "web", word);
	end_helper();
	expect_nothing_left();
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

Test(audit, half_made_guests_and_what_they_have)
{
	static const char *const directories[] = {".create-half", ".create-half/rootfs", ".destroy-gone", ".destroy-gone/rootfs", "bare",
	                                          "bare/rootfs", ".run/none"};
	guest_script("web", quick, NULL);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		cr_assert_eq(mkdir(state_path(directories[i]), 0700), 0, "%s", directories[i]);
	put_file(state_path(".destroy-gone/rootfs/file"), "x");
	put_file(state_path("bare/rootfs/precious"), "x");
	put_file(state_path(".run/none/control"), "");
	put_file(state_path("web/.guest.ini.0123abcd.tmp"), "[guest");
	put_file(state_path("web/.mine.tmp"), "x");
	expect_found("guest", "half", "half made");
	cr_expect(told("guest", "gone", "half destroyed"), "%s", got.output);
	cr_expect(told("guest", "bare", "without a config"), "%s", got.output);
	cr_expect(told("directory", "none", ".run/none"), "%s", got.output);
	cr_expect(told("socket", "none", ".run/none/control"), "%s", got.output);
	cr_expect(told("file", "web", ".guest.ini.0123abcd.tmp"), "%s", got.output);
	cr_expect_not(strstr(got.output, ".mine.tmp"), "%s", got.output);
	cr_expect_eq(au("audit --reclaim"), 7, "%s", got.output);
	cr_expect(told("guest", "bare", NULL), "%s", got.output);
	cr_expect_eq(access(state_path("bare/rootfs/precious"), F_OK), 0, "nobody else has it");
	cr_expect_eq(access(state_path("web/.mine.tmp"), F_OK), 0);
	cr_expect_neq(access(state_path(".create-half"), F_OK), 0);
	cr_expect_neq(access(state_path(".destroy-gone"), F_OK), 0);
	cr_expect_neq(access(state_path(".run/none"), F_OK), 0);
	cr_expect_neq(access(state_path("web/.guest.ini.0123abcd.tmp"), F_OK), 0);
	cr_expect_eq(au("destroy bare --yes"), 0, "%s", got.errors);

	/* The guest's directory is gone, by hand; its range of ids was not given back. */
	cr_expect_eq(sh("grep -q '%s/state web$' /var/lib/auberge.ids", place_directory), 0);
	cr_assert_eq(sh("rm -rf %s", state_path("web")), 0);
	if (au("audit") == 7) /* any other set's start or destroy takes the line along */
		expect_reclaimed(told("ids", "web", NULL) ? "a range of ids" : got.output);
	cr_expect_eq(sh("grep -q '%s/state web$' /var/lib/auberge.ids", place_directory), sh("test -e /var/lib/auberge.ids") ? 2 : 1);
}

Test(audit, a_ledger_of_another_boot_is_only_files)
{
	guest_busybox("web", NULL);
	cr_assert_eq(mkdir(state_path(".run/web"), 0711), 0);
	put_file(state_path(".run/web/ledger"), "auberge-ledger 1 00000000-0000-0000-0000-000000000000\n");
	expect_found("ledger", "web", "last boot");
	expect_reclaimed("a ledger of another boot");
	cr_assert_eq(mkdir(state_path(".run/web"), 0711), 0);
	put_file(state_path(".run/web/ledger"), "auberge-ledger 9 00000000-0000-0000-0000-000000000000\n");
	expect_found("ledger", "web", "newer version");
	cr_expect_eq(au("audit --reclaim"), 7, "%s", got.output);
	cr_expect_eq(access(state_path(".run/web/ledger"), F_OK), 0, "it is not touched");
	cr_assert_eq(sh("rm -r %s", state_path(".run/web")), 0);
	expect_nothing_left();
}

Test(audit, a_program_of_ours_without_its_guest_is_ended)
{
	char path[200], relation[200];
	int ends[2], status = 0;

	guest_busybox("web", NULL);
	snprintf(path, sizeof path, "%s/auberge-build", place_directory);
	snprintf(relation, sizeof relation, "%s/state", place_directory);
	put_file(path, "#!/bin/sh\nread -r word\n");
	cr_assert_eq(chmod(path, 0700), 0);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	helper = fork();
	cr_assert_geq(helper, 0);
	if (helper == 0) {
		dup2(ends[0], STDIN_FILENO);
		execl(path, path, "--state-dir", relation, "start", "web", NULL);
		_exit(127);
	}
	expect_found("process", "web", "auberge-build");
	cr_expect_eq(au("--state-dir %s/other audit --reclaim", place_directory), 0, "another set's: %s", got.output);
	cr_expect_eq(waitpid(helper, NULL, WNOHANG), 0, "it was ended by another set");
	expect_reclaimed("a program of ours");
	cr_assert_eq(waitpid(helper, &status, 0), helper);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%x", (unsigned)status);
	helper = 0;
	close(ends[0]);
	close(ends[1]);
	expect_nothing_left();
}

static pid_t begin_storm(const char *script)
{
	const char *path = getenv("AUBERGE_PROGRAM");
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		int out = open(state_path("../storm"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		dup2(out, 1);
		dup2(out, 2);
		setenv("A", path ? path : "./auberge", 1);
		setenv("ROUNDS", run_time_factor() < 10 ? "20" : "5", 1); /* an emulated machine has its own idea of a storm */
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	return pid;
}

Test(audit, in_a_storm_the_living_are_neither_told_nor_touched)
{
	static const char *const scripts[] = {
		"for i in $(seq $ROUNDS); do $A start web && $A stop web || exit 1; done",
		"for i in $(seq $ROUNDS); do $A create x$i --template busybox && $A destroy x$i --yes || exit 1; done",
	};
	pid_t storms[2];
	int left = 2, rounds = 0, status;

	guest_script("web", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=" VETH "'");
	guest_script("calm", quick, NULL);
	cr_assert_eq(au("start calm"), 0, "%s", got.errors);
	for (int i = 0; i < 2; i++)
		storms[i] = begin_storm(scripts[i]);
	while (left > 0) {
		cr_expect_eq(au(rounds++ % 2 ? "audit" : "audit --reclaim"), 0, "%s%s", got.output, got.errors);
		cr_expect_not(strstr(got.output, "reclaimed: "), "%s", got.output);
		for (int i = 0; i < 2; i++) {
			if (storms[i] <= 0 || waitpid(storms[i], &status, WNOHANG) != storms[i])
				continue;
			cr_expect_eq(status, 0, "storm %d broke: see what follows", i);
			if (status != 0 && sh("tail -n 5 %s", state_path("../storm")) == 0)
				cr_log_error("%s", got.output);
			storms[i] = 0;
			left--;
		}
	}
	cr_expect_gt(rounds, 2);
	cr_expect_str_eq(guest_state("calm"), "running");
	cr_assert_eq(au("stop calm"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(audit, another_sets_guests_and_look_alikes_are_not_touched)
{
	static const char *const alikes[][2] = {{"auberge-", "x"}, {"auberge-", ".d"}, {"auberge_", ""}};
	char other[200], group[4][100];
	int index = 0;

	guest_busybox("web", NULL);
	snprintf(other, sizeof other, "--state-dir %s/other", place_directory);
	for (int i = 0; i < 3; i++) {
		snprintf(group[i], sizeof group[i], "%s%s%s", alikes[i][0], set_id(), alikes[i][1]);
		make_cgroup(group[i]);
	}
	au("%s create web --template busybox --set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=" VETH "'", other);
	cr_assert_eq(got.status, 0, "%s", got.errors);
	cr_assert_eq(au("%s start web", other), 0, "%s", got.errors);
	cr_assert_eq(sh("cat /sys/class/net/" VETH "/ifindex"), 0);
	index = atoi(got.output);
	cr_expect_eq(au("audit --reclaim"), 0, "%s", got.output);
	cr_expect_not(strstr(got.output, VETH), "what lives elsewhere is not even foreign: %s", got.output);
	cr_expect_eq(sh("cat /sys/class/net/" VETH "/ifindex"), 0);
	cr_expect_eq(atoi(got.output), index);
	cr_expect_eq(au("%s exec web -- true", other), 0, "%s", got.errors);
	cr_expect_eq(au("%s stop web", other), 0, "%s", got.errors);
	for (int i = 0; i < 3; i++) {
		cr_expect_gt(each_cgroup(group[i], exists), 0, "%s is gone", group[i]);
		each_cgroup(group[i], remove_cgroup);
	}
	cr_expect_eq(au("%s audit", other), 0, "%s", got.output);
	cr_expect_eq(au("%s destroy web --yes", other), 0, "%s", got.errors);
	expect_nothing_left();
}
