/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests made sick on purpose, each named with its cause within two refreshes of `top` and by `why`; and healthy ones that
 * are accused of nothing, though their memory is full of page cache or they use all the processor there is.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

TestSuite(triage, .init = place_begin, .fini = place_end, .timeout = 600);

#define IDLE "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n"
#define REFRESHES 2

static void start(const char *name)
{
	if (au("config check %s", name) != 0)
		cr_skip_test("%s", got.errors);
	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
}

static json_t *why(const char *name)
{
	json_t *document;

	cr_assert_eq(au("why %s --json", name), 0, "%s", got.errors);
	document = json_loads(got.output, 0, NULL);
	cr_assert_not_null(document, "%s", got.output);
	return document;
}

static bool accuses(const json_t *finding)
{
	return strcmp(json_string_value(json_object_get(finding, "severity")), "ok") != 0;
}

/* The finding of that kind which accuses; NULL none. */
static const json_t *finding_of(const json_t *document, const char *kind)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(document, "findings"), i, one)
		if (accuses(one) && strcmp(json_string_value(json_object_get(one, "kind")), kind) == 0)
			return one;
	return NULL;
}

/* Does the last of two samples of `top` have the flag? */
static bool top_flags(const char *name, const char *flag)
{
	char *line = NULL, *rest;
	bool found = false;
	json_t *document, *guest, *word;
	size_t i, k;

	cr_assert_eq(au("top --count %d --interval 2s --json --filter %s", REFRESHES, name), 0, "%s", got.errors);
	for (rest = got.output; *rest;) {
		line = rest;
		rest = strchrnul(rest, '\n');
		if (*rest)
			*rest++ = '\0';
	}
	document = json_loads(line ? line : "", 0, NULL);
	cr_assert_not_null(document, "%s", line);
	json_array_foreach(json_object_get(document, "guests"), i, guest)
		json_array_foreach(json_object_get(guest, "flags"), k, word)
			found |= strcmp(json_string_value(word), flag) == 0;
	if (!found)
		cr_log_warn("%s", line);
	json_decref(document);
	return found;
}

/* The guest is sick already: two refreshes name it, and so does why, with a sentence that holds the word. */
static void expect_named(const char *name, const char *flag, const char *kind, const char *word)
{
	json_t *document;
	const json_t *finding;

	cr_expect(top_flags(name, flag), "%s: no flag %s", name, flag);
	document = why(name);
	finding = finding_of(document, kind);
	cr_expect_not_null(finding, "%s: nothing of %s: %s", name, kind, got.output);
	if (finding) {
		const char *sentence = json_string_value(json_object_get(finding, "sentence"));

		cr_log_info("%s: %s [%s]", name, sentence, json_string_value(json_object_get(finding, "source")));
		cr_expect(strstr(sentence, word) != NULL, "%s: %s", name, sentence);
		cr_expect_neq(json_string_length(json_object_get(finding, "source")), 0u);
		cr_expect_neq(json_string_length(json_object_get(finding, "next")), 0u);
	}
	cr_expect_str_neq(json_string_value(json_object_get(document, "verdict")), "healthy");
	json_decref(document);
	cr_assert_eq(au("why %s", name), 0);
	cr_log_info("%s", got.output);
}

static void expect_healthy(const char *name)
{
	json_t *document, *one;
	size_t i;

	cr_assert_eq(au("top --count %d --interval 2s --json --filter %s", REFRESHES, name), 0, "%s", got.errors);
	cr_expect_not_null(strstr(got.output, "\"flags\": []"), "%s", got.output);
	document = why(name);
	json_array_foreach(json_object_get(document, "findings"), i, one)
		cr_expect_not(accuses(one), "%s: %s", name, json_string_value(json_object_get(one, "sentence")));
	cr_expect_str_eq(json_string_value(json_object_get(document, "verdict")), "healthy");
	json_decref(document);
}

struct event_wanted {
	const char *name, *word;
};

static bool event_is_there(const void *data)
{
	const struct event_wanted *wanted = data;

	return au("events %s", wanted->name) == 0 && strstr(got.output, wanted->word);
}

Test(triage, a_memory_hog_at_its_limit)
{
	json_t *document;

	guest_script("hog", "cp /bin/busybox /tail\n(while :; do /tail /dev/zero; sleep 1; done) 2>/dev/null &\n" IDLE, "--set limits.memory=40M");
	start("hog");
	wait_until(event_is_there, &(struct event_wanted){"hog", "oom"}, 30, "an OOM kill");
	expect_named("hog", "oom", "oom", access("/dev/kmsg", R_OK) == 0 ? "tail" : "OOM kill");
	/* An admin who comes after the fact. */
	cr_assert_eq(au("kill hog"), 0, "%s", got.errors);
	document = why("hog");
	cr_expect_not_null(finding_of(document, "oom"), "%s", got.output);
	json_decref(document);
	expect_nothing_left();
}

/* Not killed, but full: what is in /dev/shm is no cache that could be dropped. */
Test(triage, a_guest_whose_memory_is_full)
{
	guest_script("full", "mkdir -p /hold && mount -t tmpfs none /hold && dd if=/dev/zero of=/hold/file bs=1M count=46 2>/dev/null\n>/filled\n" IDLE,
	             "--set limits.memory=48M");
	start("full");
	wait_file(guest_file("full", "filled"), "", 30);
	expect_named("full", "memory", "memory", "not page cache");
	cr_assert_eq(au("kill full"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(triage, a_cpu_hog_under_quota)
{
	guest_script("spin", "(while :; do :; done) &\n(while :; do :; done) &\n" IDLE, "--set limits.cpus=0.2");
	start("spin");
	expect_named("spin", "throttled", "throttled", "limits.cpus is 0.2");
	cr_assert_eq(au("kill spin"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(triage, a_fork_bomb)
{
	guest_script("bomb", "(while :; do sleep 1000 & done) 2>/dev/null &\n" IDLE, "--set limits.pids=48");
	start("bomb");
	pause_ms(500);
	expect_named("bomb", "processes", "processes", "of 48 processes");
	cr_assert_eq(au("kill bomb"), 0, "%s", got.errors);
	expect_nothing_left();
}

/* Of the whole host; 100 where the kernel does not say. */
static double host_stall(void)
{
	double percent = 100;
	FILE *file = fopen("/proc/pressure/io", "re");

	if (file && fscanf(file, "some avg10=%lf", &percent) != 1)
		percent = 100;
	if (file)
		fclose(file);
	return percent;
}

/* By the kernel's own figure, where it has one: how much a hog has to wait depends on disk and machine. */
static bool stalls(const void *name)
{
	const char *at;

	cr_assert_eq(au("top --count 1 --interval 1s --json --filter %s", (const char *)name), 0, "%s", got.errors);
	at = strstr(strstr(got.output, "\"guests\""), "\"io_stall_percent\": ");
	if (at && strncmp(at + 20, "null", 4) == 0) /* pure cgroup v1: an estimate, of a hog that is one beyond doubt */
		return host_stall() >= 30;
	return at && strtod(at + 20, NULL) >= 18;
}

Test(triage, an_io_hog)
{
	guest_script("disk",
	             "for i in 1 2 3 4; do (while :; do dd if=/dev/zero of=/fill$i bs=16k count=4000 oflag=direct ||\n"
	             "dd if=/dev/zero of=/fill$i bs=1M count=32 conv=fsync; done) 2>/dev/null & done\n" IDLE,
	             NULL);
	start("disk");
	wait_until(stalls, "disk", 40, "the disk to be slower than what is asked of it");
	expect_named("disk", "io", "io", "IO");
	cr_assert_eq(au("kill disk"), 0, "%s", got.errors);
	expect_nothing_left();
}

static bool has_restarts(const void *data)
{
	return guest_look(data).restarts >= 3;
}

Test(triage, a_crash_loop)
{
	guest_script("loop", "exit 3\n", "--set guest.restart=on-failure");
	start("loop");
	wait_until(has_restarts, "loop", 60, "three restarts");
	expect_named("loop", "loop", "loop", "exit 3");
	cr_assert_eq(au("kill loop"), 0, "%s", got.errors);
	expect_nothing_left();
}

static bool is_full(const void *path)
{
	struct statvfs disk;

	return statvfs(path, &disk) == 0 && disk.f_bavail == 0;
}

/* A rootfs of its own file system, in this test's mount namespace. */
Test(triage, a_full_disk)
{
	char path[200];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace: %s", strerror(errno));
	guest_script("model", "dd if=/dev/zero of=/filling bs=64k 2>/dev/null\n" IDLE, NULL);
	snprintf(path, sizeof path, "%s/small", place_directory);
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_assert_eq(mount("triage", path, "tmpfs", MS_NODEV, "size=16m,mode=0755"), 0, "%s", strerror(errno));
	cr_assert_eq(sh("cp -a %s. %s", guest_file("model", ""), path), 0, "%s", got.errors);
	cr_assert_eq(au("create full --template dir:%s --set guest.init=/init --set security.privileged=yes", path), 0, "%s", got.errors);
	start("full");
	wait_until(is_full, path, 30, "the file system to be full");
	expect_named("full", "disk", "disk", "file system is used");
	cr_assert_eq(au("kill full"), 0, "%s", got.errors);
	cr_assert_eq(umount(path), 0, "%s", strerror(errno));
	expect_nothing_left();
}

/* Read by nobody before: its pages are the guest's, more than its limit, and none of them is missed. */
Test(triage, a_full_page_cache_is_no_trouble)
{
	static const char zeros[1 << 16];
	int fd;

	guest_script("cache", "cat /big >/dev/null\ncat /big >/dev/null\n>/read\n" IDLE, "--set limits.memory=32M");
	fd = open(guest_file("cache", "big"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	cr_assert_geq(fd, 0);
	for (int i = 0; i < 40 << 4; i++)
		cr_assert_eq(write(fd, zeros, sizeof zeros), (ssize_t)sizeof zeros);
	cr_assert_eq(fsync(fd), 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	start("cache");
	wait_file(guest_file("cache", "read"), "", 60);
	expect_healthy("cache");
	cr_assert_eq(au("why cache"), 0);
	cr_log_info("%s", got.output);
	cr_expect_not_null(strstr(got.output, "page cache"), "%s", got.output);
	cr_assert_eq(au("kill cache"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(triage, busy_without_a_limit_is_no_trouble)
{
	guest_script("busy", "(while :; do :; done) &\n(while :; do :; done) &\n" IDLE, NULL);
	start("busy");
	pause_ms(1000);
	expect_healthy("busy");
	cr_assert_eq(au("kill busy"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(triage, what_does_not_run_is_told_too)
{
	json_t *document;

	guest_script("once", "exit 7\n", NULL);
	document = why("once");
	cr_expect_str_eq(json_string_value(json_object_get(document, "verdict")), "stopped");
	json_decref(document);
	start("once");
	wait_state("once", "failed", 30);
	document = why("once");
	cr_expect_not_null(finding_of(document, "failed"), "%s", got.output);
	cr_expect_not_null(strstr(json_string_value(json_object_get(document, "verdict")), "status 7"), "%s", got.output);
	json_decref(document);
	cr_expect_eq(au("why nobody"), 3);
	cr_expect_eq(au("why"), 2);
	expect_nothing_left();
}
