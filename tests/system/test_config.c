/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of a guest's config, on guests that run: limits that act at once, by the kernel's own word, what waits for
 * the next start, what is refused, drift, two admins, a full disk, a save that is killed at each of its steps.
 */
#include "place.h"

#include "base/cleanup.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(config_verbs, .init = place_begin, .fini = place_end, .timeout = 600);

#define IDLE "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n"

/* A skip has no end of the test: the guests go first. */
static void skip(const char *why)
{
	char copy[400];

	snprintf(copy, sizeof copy, "%s", why);
	place_end();
	cr_skip_test("%s", copy);
}

static json_t *show(const char *name)
{
	json_t *document;

	cr_assert_eq(au("show %s --json", name), 0, "%s", got.errors);
	document = json_loads(got.output, 0, NULL);
	cr_assert_not_null(document);
	return document;
}

/* A file of the guest's cgroups, in whichever hierarchy has it; false: none. */
static bool kernel_file(const char *name, const char *file, char *out, size_t size)
{
	json_t *document = show(name), *path;
	bool found = false;
	size_t i;

	json_array_foreach(json_object_get(document, "cgroups"), i, path) {
		char full[1024];
		int fd;
		ssize_t length;

		snprintf(full, sizeof full, "%s/%s", json_string_value(path), file);
		fd = found ? -1 : open(full, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		length = read(fd, out, size - 1);
		out[length > 0 ? length : 0] = '\0';
		out[strcspn(out, "\n")] = '\0';
		close(fd);
		found = true;
	}
	json_decref(document);
	return found;
}

static void expect_kernel(const char *name, const char *v1, const char *v1_text, const char *v2, const char *v2_text)
{
	char text[128];

	if (kernel_file(name, v2, text, sizeof text))
		cr_expect_str_eq(text, v2_text, "%s", v2);
	else if (kernel_file(name, v1, text, sizeof text))
		cr_expect_str_eq(text, v1_text, "%s", v1);
	else
		cr_expect_fail("neither %s nor %s", v1, v2);
}

static void start_limited(const char *name, const char *words)
{
	guest_script(name, IDLE, words);
	if (au("config check %s", name) != 0)
		skip(got.errors);
	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
}

static char *slurp(const char *name, const char *file)
{
	static char text[8192];
	char path[300];
	int fd;
	ssize_t length;

	snprintf(path, sizeof path, "%s/state/%s/%s", place_directory, name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	text[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static size_t drift_count(const char *name)
{
	json_t *document = show(name);
	size_t count = json_array_size(json_object_get(document, "drift"));

	json_decref(document);
	return count;
}

Test(config_verbs, limits_act_now_and_the_kernel_says_so)
{
	start_limited("web", "--set limits.memory=256M --set limits.pids=200");
	cr_assert_eq(au("config set web limits.memory=64M limits.cpus=0.5 limits.pids=40"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "web: limits.memory 256M to 64M, now"), "%s", got.output);
	expect_kernel("web", "memory.limit_in_bytes", "67108864", "memory.max", "67108864");
	expect_kernel("web", "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000");
	expect_kernel("web", "pids.max", "40", "pids.max", "40");
	cr_assert_eq(au("config set web limits.memory=512M limits.cpus= limits.pids=max"), 0, "%s", got.errors);
	expect_kernel("web", "memory.limit_in_bytes", "536870912", "memory.max", "536870912");
	expect_kernel("web", "cpu.cfs_quota_us", "-1", "cpu.max", "max 100000");
	expect_kernel("web", "pids.max", "max", "pids.max", "max");
	cr_expect_eq(drift_count("web"), 0);
	/* What acts now is what the next supervisor has. */
	cr_expect_not_null(strstr(slurp(".run/web", "effective.ini"), "memory = 512M"));
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	cr_assert_eq(au("destroy web --yes"), 0);
	expect_nothing_left();
}

/* cgroup v1 wants memory <= memory and swap at every moment, on the way up as on the way down. */
Test(config_verbs, memory_and_swap_go_up_and_down_together)
{
	static const char *const steps[][3] = {{"64M", "32M", "100663296"}, {"512M", "256M", "805306368"}, {"32M", "8M", "41943040"}};

	start_limited("web", "--set limits.memory=128M --set limits.swap=64M");
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		char text[64];

		cr_assert_eq(au("config set web limits.memory=%s limits.swap=%s", steps[i][0], steps[i][1]), 0, "%s", got.errors);
		if (kernel_file("web", "memory.memsw.limit_in_bytes", text, sizeof text))
			cr_expect_str_eq(text, steps[i][2]);
		cr_expect_eq(drift_count("web"), 0, "%s", got.output);
	}
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
}

Test(config_verbs, below_what_is_used_is_refused_with_both_figures)
{
	start_limited("hog", "--set limits.memory=128M --set limits.pids=100");
	/* 20 MiB of a tmpfs are charged to the guest and cannot be given back. */
	cr_assert_eq(au("exec hog -- /bin/sh -c 'mount -t tmpfs t /mnt && dd if=/dev/zero of=/mnt/x bs=1M count=20 && sleep 0'"), 0, "%s",
	             got.errors);
	cr_expect_eq(au("config set hog limits.memory=8M"), 1);
	cr_expect_not_null(strstr(got.errors, "limits.memory: the guest uses 2"), "%s", got.errors);
	cr_expect_not_null(strstr(got.errors, "of memory now, and 8.0M is below that"), "%s", got.errors);
	cr_expect_null(strstr(slurp("hog", "guest.ini"), "= 8M"));
	expect_kernel("hog", "memory.limit_in_bytes", "134217728", "memory.max", "134217728");
	cr_expect_eq(au("config set hog limits.pids=1"), 1);
	cr_expect_not_null(strstr(got.errors, "processes and threads now, and 1 is below that"), "%s", got.errors);
	cr_expect_eq(au("config set hog limits.pids=1 --force"), 0, "%s", got.errors);
	expect_kernel("hog", "pids.max", "1", "pids.max", "1");
	cr_expect_eq(au("config set hog limits.memory=8M --next-start limits.pids=100"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "at next start"), "%s", got.output);
	expect_kernel("hog", "memory.limit_in_bytes", "134217728", "memory.max", "134217728");
	au("kill hog");
}

/* On cgroup v1 a limit that cannot be reached is refused by the kernel; on v2 it is taken, and the guest is killed down. */
Test(config_verbs, what_the_kernel_does_not_take_is_saved_and_told)
{
	char text[64];

	start_limited("hog", "--set limits.memory=128M");
	if (!kernel_file("hog", "memory.limit_in_bytes", text, sizeof text))
		skip("this host has memory on cgroup v2, which takes any limit");
	cr_assert_eq(au("exec hog -- /bin/sh -c 'mount -t tmpfs t /mnt && dd if=/dev/zero of=/mnt/x bs=1M count=20'"), 0, "%s", got.errors);
	cr_assert_eq(au("exec hog -- /bin/sh -c 'while :; do sleep 1; done & cat /mnt/x > /dev/null'"), 0);
	if (au("config set hog limits.memory=8M --force") == 0) { /* with swap it can */
		cr_expect(kernel_file("hog", "memory.limit_in_bytes", text, sizeof text) && strcmp(text, "8388608") == 0);
	} else {
		cr_expect_not_null(strstr(got.errors, "it is saved, but not all of it is in force"), "%s", got.errors);
		cr_expect_not_null(strstr(got.errors, "asked for 8388608 bytes, the kernel has 134217728 bytes"), "%s", got.errors);
		cr_expect_not_null(strstr(slurp("hog", "guest.ini"), "memory = 8M"));
		cr_expect_not_null(strstr(slurp(".run/hog", "effective.ini"), "memory = 128M"));
		cr_expect_eq(drift_count("hog"), 1);
	}
	au("kill hog");
}

Test(config_verbs, the_supervisor_has_what_is_live)
{
	guest_script("slow", "trap '' TERM PWR\nwhile :; do sleep 1000; done\n", "--set guest.stop_timeout=600s");
	cr_assert_eq(au("start slow"), 0, "%s", got.errors);
	cr_assert_eq(au("config set slow guest.stop_timeout=1s guest.halt_signal=SIGUSR1 console.ttys=3"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "guest.stop_timeout 600s to 1s, now"), "%s", got.output);
	cr_expect_not_null(strstr(got.output, "console.ttys 1 to 3, at next start"), "%s", got.output);
	cr_expect_not_null(strstr(got.output, "auberge restart slow"));
	cr_assert_eq(au("show slow"), 0);
	cr_expect_not_null(strstr(got.output, "halt SIGUSR1"), "%s", got.output);
	cr_expect_not_null(strstr(got.output, "console.ttys: file 3, running 1"), "%s", got.output);
	cr_expect_eq(au("stop slow"), 5, "%s", got.errors); /* after one second, not after ten minutes */
	au("kill slow");
}

static bool oom_is_told(const void *name)
{
	return au("events %s", (const char *)name) == 0 && strstr(got.output, " oom ");
}

/* The supervisor listens at the new limit, not at the one of the start. */
Test(config_verbs, what_meets_the_new_limit_is_told)
{
	start_limited("hog", "--set limits.memory=512M --set limits.swap=0");
	cr_assert_eq(au("config set hog limits.memory=24M"), 0, "%s", got.errors);
	cr_expect_eq(au("exec hog -- tail /dev/zero"), 128 + SIGKILL, "%d %s", got.status, got.errors);
	wait_until(oom_is_told, "hog", 20, "an OOM kill in the events");
	cr_expect_str_eq(guest_state("hog"), "running");
	au("kill hog");
}

Test(config_verbs, what_was_left_for_the_next_start_can_be_made_to_act)
{
	start_limited("web", "--set limits.memory=128M");
	cr_assert_eq(au("config set web limits.memory=256M --next-start"), 0, "%s", got.errors);
	cr_expect_eq(drift_count("web"), 1);
	cr_assert_eq(au("config set web limits.memory=256M"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "limits.memory 128M to 256M, now"), "%s", got.output);
	expect_kernel("web", "memory.limit_in_bytes", "268435456", "memory.max", "268435456");
	cr_expect_eq(drift_count("web"), 0);
	au("kill web");
}

Test(config_verbs, a_guest_without_its_supervisor_has_it_too)
{
	json_t *document;
	pid_t supervisor, keeper;

	start_limited("web", "--set limits.pids=100");
	document = show("web");
	supervisor = (pid_t)json_integer_value(json_object_get(document, "supervisor_pid"));
	keeper = (pid_t)json_integer_value(json_object_get(document, "keeper_pid"));
	json_decref(document);
	cr_assert_gt(supervisor, 0);
	if (keeper > 0) {
		cr_assert_eq(kill(keeper, SIGSTOP), 0);
		cr_assert_eq(kill(supervisor, SIGKILL), 0);
		cr_assert_eq(kill(keeper, SIGKILL), 0);
	}
	for (int i = 0; i < 100 && guest_look("web").supervision != AUBERGE_SUPERVISION_LOST; i++)
		pause_ms(50);
	if (guest_look("web").supervision != AUBERGE_SUPERVISION_LOST)
		skip("it has a supervisor again already");
	cr_assert_eq(au("config set web limits.pids=60 guest.stop_timeout=7s"), 0, "%s", got.errors);
	expect_kernel("web", "pids.max", "60", "pids.max", "60");
	cr_expect_not_null(strstr(slurp(".run/web", "effective.ini"), "stop_timeout = 7s"));
	cr_assert_eq(au("kill web"), 0, "%s", got.errors);
	cr_assert_eq(au("destroy web --yes"), 0);
	expect_nothing_left();
}

Test(config_verbs, a_value_is_read_and_refused)
{
	guest_busybox("web", "--set limits.memory=128M");
	cr_expect_eq(au("config get web limits.memory"), 0);
	cr_expect_str_eq(got.output, "128M\n");
	cr_expect_eq(au("config get web limits.pids"), 0);
	cr_expect_str_eq(got.output, "16384\n");
	cr_expect_eq(au("config get web guest.hostname"), 1);
	cr_expect_eq(au("config get web 'net eth0.mtu'"), 1);
	cr_expect_eq(au("config get web limits.memroy"), 2);
	cr_expect_not_null(strstr(got.errors, "did you mean limits.memory?"));
	cr_expect_eq(au("config get nobody limits.memory"), 3);
	cr_expect_eq(au("config set web limits.memory=much limits.pids=none"), 2);
	cr_expect(strstr(got.errors, "limits.memory") && strstr(got.errors, "limits.pids"), "%s", got.errors);
	cr_expect_eq(au("config set web limits.memory"), 2);
	cr_expect_eq(au("config set web"), 2);
	cr_expect_eq(au("config set web 'net eth0.address=10.0.0.2/24' 'net eth0.gateway=10.9.0.1'"), 1);
	cr_expect_not_null(strstr(got.errors, "guest.ini:"), "%s", got.errors);
	cr_expect_null(strstr(slurp("web", "guest.ini"), "eth0"));
	cr_expect_eq(au("config history web"), 0);
	cr_expect_str_eq(got.output, "");
	cr_expect_eq(au("config revert web"), 2);
}

/* Its own link is no reason to refuse its name; and a name is free again for others only when it is gone. */
Test(config_verbs, a_guest_that_runs_passes_the_check_of_its_config)
{
	char link[16], words[64];

	snprintf(link, sizeof link, "agtc%u", (unsigned)getpid() % 100000);
	snprintf(words, sizeof words, "--set 'net eth0.host_name=%s'", link);
	guest_script("web", IDLE, words);
	if (au("start web") != 0)
		skip(got.errors);
	cr_expect_eq(au("config check web"), 0, "%s", got.errors);
	guest_script("other", IDLE, words);
	cr_expect_eq(au("config check other"), 1);
	cr_expect_not_null(strstr(got.errors, "this host has a link of that name"), "%s", got.errors);
	cr_assert_eq(au("kill web"), 0);
}

Test(config_verbs, dry_run_changes_nothing)
{
	guest_busybox("web", "");
	cr_expect_eq(au("config set web guest.autostart=yes --dry-run"), 0);
	cr_expect_not_null(strstr(got.output, "+autostart = yes"), "%s", got.output);
	cr_expect_null(strstr(slurp("web", "guest.ini"), "autostart"));
	cr_expect_eq(au("config history web"), 0);
	cr_expect_str_eq(got.output, "");
}

Test(config_verbs, reverts)
{
	guest_busybox("web", "");
	cr_assert_eq(au("config set web limits.pids=50"), 0);
	cr_assert_eq(au("config set web limits.pids=60"), 0);
	cr_expect_eq(au("config history web"), 0);
	cr_expect(strncmp(got.output, "VERSION", 7) == 0 && strstr(got.output, "\n2 ") && strstr(got.output, "\n1 "), "%s", got.output);
	cr_expect_eq(au("config revert web"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(slurp("web", "guest.ini"), "pids = 50\n"));
	cr_expect_eq(au("config revert web 1"), 0, "%s", got.errors);
	cr_expect_null(strstr(slurp("web", "guest.ini"), "pids"));
	cr_expect_eq(au("config revert web 77"), 2);
	cr_expect_eq(au("config revert web x"), 2);
	cr_expect_eq(au("events web"), 0);
	cr_expect_not_null(strstr(got.output, "config   by"), "%s", got.output);
}

/* --- the editor -------------------------------------------------------------------------------------------------- */

static void editor(const char *script)
{
	static char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/editor", place_directory);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	cr_assert_eq(chmod(path, 0700), 0);
	unsetenv("VISUAL");
	setenv("EDITOR", path, 1);
	setenv("TMPDIR", place_directory, 1);
}

static bool copy_left(void)
{
	return sh("sh -c 'ls -d %s/auberge-edit-*'", place_directory) == 0;
}

Test(config_verbs, an_editor_of_several_words)
{
	char words[300];

	if (strlen(place_directory) > 32)
		cr_log_info("%s is too long for TMPDIR", place_directory);
	guest_busybox("web", "");
	editor("case $1 in -x) shift;; *) exit 3;; esac\n[ \"$1\" = 'two words' ] || exit 4\nprintf '[limits]\\npids = 50\\n' >> \"$2\"\n: > \"$2~\"");
	snprintf(words, sizeof words, "%s -x 'two words'", getenv("EDITOR"));
	setenv("EDITOR", words, 1);
	cr_expect_eq(au("config edit web"), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "+pids = 50"), "%s", got.output);
	cr_expect_not_null(strstr(slurp("web", "guest.ini"), "pids = 50\n"));
	cr_expect(!copy_left());
}

Test(config_verbs, an_editor_that_changes_nothing_fails_or_writes_nonsense)
{
	guest_busybox("web", "");
	editor("exit 0");
	cr_expect_eq(au("config edit web"), 0);
	cr_expect_not_null(strstr(got.output, "nothing changed"));
	editor("exit 1");
	cr_expect_eq(au("config edit web"), 1);
	cr_expect(!copy_left());
	editor("echo nonsense >> \"$1\"");
	cr_expect_eq(au("config edit web"), 1);
	cr_expect_not_null(strstr(got.errors, "guest.ini:4: neither a comment"), "%s", got.errors);
	cr_expect_not_null(strstr(got.errors, "what was typed is in"), "%s", got.errors);
	cr_expect_null(strstr(slurp("web", "guest.ini"), "nonsense"));
	sh("sh -c 'rm -r %s/auberge-edit-* /tmp/auberge-edit-*'", place_directory);
	setenv("EDITOR", "/nonexistent/editor", 1);
	cr_expect_eq(au("config edit web"), 1);
	unsetenv("EDITOR");
	cr_expect_eq(au("config edit web"), 2);
	cr_expect_not_null(strstr(got.errors, "$EDITOR"), "%s", got.errors);
}

/* While one admin has it in an editor, the other one sets a value. */
Test(config_verbs, the_second_admin_is_told)
{
	char script[600];

	guest_busybox("web", "");
	snprintf(script, sizeof script, "\"$AUBERGE_PROGRAM\" --state-dir %s/state config set web limits.pids=70 >/dev/null || exit 9\n"
	         "echo '# mine' >> \"$1\"", place_directory);
	editor(script);
	cr_expect_eq(au("config edit web"), 4, "%s", got.errors);
	cr_expect_not_null(strstr(got.errors, "someone else has changed it"), "%s", got.errors);
	cr_expect_not_null(strstr(got.errors, "what was typed is in"), "%s", got.errors);
	cr_expect_not_null(strstr(slurp("web", "guest.ini"), "pids = 70"));
	cr_expect_null(strstr(slurp("web", "guest.ini"), "mine"));
	sh("sh -c 'rm -r %s/auberge-edit-* /tmp/auberge-edit-*'", place_directory);
}

/* --- what goes wrong --------------------------------------------------------------------------------------------- */

static void fill(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	while (write(fd, zeros, sizeof zeros) > 0)
		;
	cr_expect_eq(errno, ENOSPC);
	close(fd);
}

Test(config_verbs, a_full_or_readonly_disk_loses_nothing)
{
	char small[200], path[260], before[8192];

	guest_busybox("web", "");
	snprintf(small, sizeof small, "%s/state/web", place_directory);
	snprintf(before, sizeof before, "%s", slurp("web", "guest.ini"));
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("agmx", small, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0700"), 0);
	snprintf(path, sizeof path, "%s/guest.ini", small);
	FILE *file = fopen(path, "we");
	fputs(before, file);
	fclose(file);
	cr_assert_eq(au("config set web limits.pids=50"), 0, "%s", got.errors);
	snprintf(before, sizeof before, "%s", slurp("web", "guest.ini"));
	snprintf(path, sizeof path, "%s/filling", small);
	fill(path);
	cr_expect_eq(au("config set web limits.pids=60"), 1);
	cr_expect_not_null(strstr(got.errors, "No space left on device"), "%s", got.errors);
	cr_expect_not_null(strstr(got.errors, "nothing was saved"), "%s", got.errors);
	cr_expect_str_eq(slurp("web", "guest.ini"), before);
	cr_expect_neq(sh("sh -c 'ls -A %s %s/config.d | grep \\.tmp$'", small, small), 0, "%s", got.output);
	cr_expect_eq(unlink(path), 0);
	cr_assert_eq(mount(NULL, small, NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL), 0);
	cr_expect_eq(au("config set web limits.pids=60"), 1);
	cr_expect_not_null(strstr(got.errors, "Read-only file system"), "%s", got.errors);
	cr_assert_eq(mount(NULL, small, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL), 0);
	cr_expect_eq(au("config set web limits.pids=60"), 0, "%s", got.errors);
	cr_expect_eq(umount(small), 0);
}

#ifdef AUBERGE_FAULTS
Test(config_verbs, killed_at_each_step_it_is_the_old_one_or_the_new_one)
{
	static const char *const points[] = {"save-written", "save-synced", "save-renamed", "edit-version", "save-written:2",
	                                     "save-synced:2", "save-renamed:2", "edit-saved", "edit-limits"};
	char old[16] = "100", new[16];

	start_limited("web", "--set limits.pids=100");
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		char text[64];
		bool is_new;

		snprintf(new, sizeof new, "%zu", 101 + i);
		setenv("AUBERGE_FAULT", points[i], 1);
		cr_expect_eq(au("config set web limits.pids=%s", new), 128 + SIGKILL, "%s", points[i]);
		unsetenv("AUBERGE_FAULT");
		cr_assert_eq(au("config get web limits.pids"), 0, "%s: %s", points[i], got.errors);
		got.output[strcspn(got.output, "\n")] = '\0';
		is_new = strcmp(got.output, new) == 0;
		cr_expect(is_new || strcmp(got.output, old) == 0, "%s: %s", points[i], got.output);
		/* The next one finds its way, and brings the guest to its file. */
		cr_expect_eq(au("config set web limits.pids=%s", new), 0, "%s: %s", points[i], got.errors);
		expect_kernel("web", "pids.max", new, "pids.max", new);
		cr_expect_eq(drift_count("web"), 0, "%s", points[i]);
		cr_expect_neq(sh("sh -c 'ls -A %s/state/web %s/state/web/config.d | grep \\.tmp$'", place_directory, place_directory), 0, "%s: %s",
		              points[i], got.output);
		kernel_file("web", "pids.max", text, sizeof text);
		snprintf(old, sizeof old, "%s", new);
	}
	cr_assert_eq(au("kill web"), 0);
	cr_assert_eq(au("destroy web --yes"), 0);
	expect_nothing_left();
}
#endif
