/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of inits, the order of detection, the masks of the real ones, and runit's files. */
#include "supervisor/inits.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "host/process.h"
#include "supervisor/rung.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Test(inits, names_and_numbers_of_signals)
{
	char text[24];

	cr_expect_eq(signal_parse("SIGTERM"), SIGTERM);
	cr_expect_eq(signal_parse("pwr"), SIGPWR);
	cr_expect_eq(signal_parse("SIGRTMIN+4"), 38);
	cr_expect_eq(signal_parse("15"), 15);
	cr_expect_eq(signal_parse("SIGRTMIN+99"), -1);
	cr_expect_eq(signal_parse("0"), -1);
	cr_expect_eq(signal_parse("NOSUCH"), -1);
	signal_format(38, text, sizeof text);
	cr_expect_str_eq(text, "SIGRTMIN+4");
	signal_format(SIGUSR2, text, sizeof text);
	cr_expect_str_eq(text, "SIGUSR2");
}

Test(inits, every_row_can_be_asked_to_halt)
{
	size_t count;
	const struct init_kind *rows = inits_table(&count);

	cr_assert_eq(count, 9);
	for (size_t i = 0; i < count; i++) {
		cr_expect_gt(rows[i].halt_signal, 0, "%s", rows[i].name);
		cr_expect_not_null(rows[i].halt_command, "%s", rows[i].name);
		cr_expect_eq(inits_find(rows[i].name), &rows[i]);
	}
	cr_expect_null(inits_find("nosuch"));
}

Test(inits, the_schema_offers_every_kind)
{
	size_t count;
	const struct init_kind *rows = inits_table(&count);

	for (size_t i = 0; auberge_schema(i); i++) {
		const struct auberge_key *key = auberge_schema(i);
		char choices[256];
		size_t found = 0;

		if (strcmp(key->section, "guest") != 0 || strcmp(key->name, "halt") != 0)
			continue;
		snprintf(choices, sizeof choices, "%s", key->choices);
		for (char *rest = choices, *word; (word = strsep(&rest, " "));)
			found += strcmp(word, "auto") == 0 || inits_find(word);
		cr_expect_eq(found, count + 1);
		for (size_t j = 0; j < count; j++)
			cr_expect(strstr(key->choices, rows[j].name), "%s", rows[j].name);
		return;
	}
	cr_assert_fail("no guest.halt in the schema");
}

/* The whole table as an admin may look it up in each project's manual. */
Test(inits, the_requests_are_the_ones_of_the_manuals)
{
	static const struct {
		const char *name;
		int halt, reboot, other;
	} wanted[] = {
		{"systemd", 38, 39, 0},
		{"sysvinit", 38, SIGINT, SIGPWR},
		{"busybox", SIGUSR2, SIGTERM, 0},
		{"openrc", SIGTERM, SIGINT, 0},
		{"runit", SIGPWR, SIGCONT, SIGCONT},
		{"s6", SIGUSR1, SIGINT, SIGTERM},
		{"finit", SIGUSR2, SIGTERM, 0},
		{"dinit", SIGTERM, SIGINT, 0},
		{"program", SIGTERM, 0, 0},
	};

	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		const struct init_kind *kind = inits_find(wanted[i].name);

		cr_assert_not_null(kind, "%s", wanted[i].name);
		cr_expect_eq(kind->halt_signal, wanted[i].halt, "%s", wanted[i].name);
		cr_expect_eq(kind->reboot_signal, wanted[i].reboot, "%s", wanted[i].name);
		cr_expect_eq(kind->other_signal, wanted[i].other, "%s", wanted[i].name);
	}
}

Test(inits, the_config_has_the_first_word)
{
	char halt[] = "sysvinit";
	struct config config = {.halt = halt};
	struct init_verdict verdict;

	inits_detect(&config, "/lib/systemd/systemd", 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "sysvinit");
	cr_expect_eq(verdict.halt_signal, 38);
	cr_expect_str_eq(verdict.detected_by, "config: guest.halt");
	config.halt_signal = SIGHUP;
	inits_detect(&config, NULL, 0, &verdict);
	cr_expect_eq(verdict.halt_signal, SIGHUP);
	inits_detect(&config, NULL, getpid(), &verdict); /* whatever this process catches */
	cr_expect_eq(verdict.halt_signal, SIGHUP);
	cr_expect_not(verdict.command_first);
}

Test(inits, the_rootfs_tells_by_the_link_target)
{
	static const struct {
		const char *path, *kind;
	} paths[] = {
		{"/lib/systemd/systemd", "systemd"},
		{"/bin/busybox", "busybox"},
		{"/usr/sbin/openrc-init", "openrc"},
		{"/usr/lib/runit/runit-init", "runit"},
		{"/etc/s6-linux-init/current/bin/init", "s6"},
		{"/usr/sbin/finit", "finit"},
		{"/usr/bin/dinit", "dinit"},
		{"/usr/bin/tini", "program"},
		{"/usr/bin/my-server", "program"},
		{"/sbin/init", "program"},
	};
	struct config config = {0};
	struct init_verdict verdict;

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		inits_detect(&config, paths[i].path, 0, &verdict);
		cr_expect_str_eq(verdict.kind->name, paths[i].kind, "%s", paths[i].path);
		cr_expect_eq(verdict.halt_signal, verdict.kind->halt_signal);
	}
	cr_expect_str_eq(verdict.detected_by, "nothing known: taken for a program");
}

/* A tree in a new directory, removed at the end. */
static char tree[64];

static void tree_begin(void)
{
	snprintf(tree, sizeof tree, "/tmp/auberge-inits-XXXXXX");
	cr_assert_not_null(mkdtemp(tree));
}

static void tree_end(void)
{
	remove_tree_at(AT_FDCWD, tree);
}

TestSuite(inits_rootfs, .init = tree_begin, .fini = tree_end);

static int open_tree(void)
{
	int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);

	cr_assert_geq(root, 0);
	return root;
}

static void make(int root, const char *path, const char *link)
{
	char directory[64];

	snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (strchr(directory, '/'))
		mkdirat(root, "usr", 0755);
	mkdirat(root, directory, 0755);
	if (link) {
		cr_assert_eq(symlinkat(link, root, path), 0);
		return;
	}
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	cr_assert_geq(fd, 0);
	close(fd);
}

Test(inits_rootfs, a_link_is_resolved_inside_the_root)
{
	cleanup_close int root = open_tree();
	struct init_verdict verdict;

	make(root, "lib/systemd", NULL);
	make(root, "sbin/init", "/lib/systemd"); /* on the host that is a directory */
	inits_detect_in(NULL, root, 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "systemd");
	cr_expect_str_eq(verdict.detected_by, "rootfs: /lib/systemd");
}

Test(inits_rootfs, sysvinit_is_told_by_its_telinit)
{
	cleanup_close int root = open_tree();
	struct init_verdict verdict;

	make(root, "sbin/init", NULL);
	inits_detect_in(NULL, root, 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "program");
	make(root, "sbin/telinit", "init");
	inits_detect_in(NULL, root, 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "sysvinit");
	cr_expect_eq(verdict.reboot_signal, SIGINT);
	inits_detect_in(NULL, -1, 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "program");
}

/* --- masks ---------------------------------------------------------------------------------------------------- */

/* /proc/PID/status of the running programs, without the lines that do not matter. */
#define STATUS(name, blocked, ignored, caught) \
	"Name:\t" name "\nUmask:\t0022\nNSpid:\t4711\t1\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n" \
	"SigBlk:\t" blocked "\nSigIgn:\t" ignored "\nSigCgt:\t" caught "\nCapInh:\t0000000000000000\n"

static const struct mask {
	const char *who, *status, *kind;
	int halt; /* heard by the kind's own signal; 0: by its other one */
} masks[] = {
	{"systemd 252", STATUS("systemd", "7fe3c0fe28014a03", "0000000180001000", "00000000000004ec"), "systemd", 38},
	{"sysvinit 3.06", STATUS("init", "0000000000000000", "ffffffffd7f0d0fc", "00000000280b2e03"), "sysvinit", 0},
	{"sysvinit 3.10", STATUS("init", "0000000000000000", "ffffffdfd7f0d0fc", "00000020280b2e03"), "sysvinit", 38},
	{"openrc-init 0.45", STATUS("init", "fffffffe5ffabefd", "0000000180000000", "0000000020014002"), "openrc", SIGTERM},
	{"runit of Debian", STATUS("runit", "0000000000005001", "0000000180000000", "0000000020032002"), "runit", SIGPWR},
	{"runit 2.1.2", STATUS("runit", "0000000000005001", "0000000180000000", "0000000000032002"), "runit", 0},
	{"finit 4.2", STATUS("init", "0000000020014a03", "fffffffffffafeff", "0000000000010000"), "finit", SIGUSR2},
	{"dinit", STATUS("dinit", "fffffffe7ffbfeff", "0000000000381000", "0000000000000000"), "dinit", SIGTERM},
	{"a shell with a trap", STATUS("sh", "0000000000000000", "0000000000000000", "0000000000004002"), "program", SIGTERM},
	{"a shell", STATUS("sh", "0000000000000000", "0000000000000004", "0000000000010002"), NULL, 0},
	{"a program that blocks all", STATUS("x", "fffffffe7ffbfeff", "0000000000000000", "0000000000000000"), NULL, 0},
	{"busybox init", STATUS("init", "0000000000000000", "0000000000000000", "0000000000000000"), NULL, 0},
};

static void read_masks(const char *status, struct init_signals *signals)
{
	*signals = (struct init_signals){0};
	cr_assert_eq(process_signals_of(status, &signals->caught, &signals->blocked, &signals->ignored), 0);
}

Test(inits, an_init_of_unknown_name_is_told_by_its_masks)
{
	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		struct init_signals signals;
		const struct init_kind *kind;

		read_masks(masks[i].status, &signals);
		kind = inits_by_signals(&signals);
		if (masks[i].kind)
			cr_expect(kind && strcmp(kind->name, masks[i].kind) == 0, "%s is taken for %s", masks[i].who, kind ? kind->name : "none");
		else
			cr_expect_null(kind, "%s is taken for %s", masks[i].who, kind ? kind->name : "");
	}
}

Test(inits, only_a_signal_that_it_hears_is_chosen)
{
	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		struct init_verdict verdict = {0};
		struct init_signals signals;

		if (!masks[i].kind)
			continue;
		read_masks(masks[i].status, &signals);
		verdict.kind = inits_find(masks[i].kind);
		inits_choose(NULL, &signals, &verdict);
		cr_expect_eq(verdict.halt_signal, masks[i].halt ? masks[i].halt : verdict.kind->other_signal, "%s", masks[i].who);
		cr_expect(inits_heeds(verdict.kind, &signals, verdict.halt_signal), "%s", masks[i].who);
		cr_expect_eq(verdict.command_first, !masks[i].halt && strcmp(masks[i].kind, "sysvinit") == 0, "%s", masks[i].who);
		cr_expect_eq(verdict.files, !masks[i].halt && strcmp(masks[i].kind, "runit") == 0, "%s", masks[i].who);
	}
}

Test(inits, before_its_handlers_are_there_none_is_heard)
{
	const struct init_signals early = {0}, awaiting = {.awaits = true};
	size_t count;
	const struct init_kind *rows = inits_table(&count);

	for (size_t i = 0; i < count; i++) {
		struct init_verdict verdict = {.kind = &rows[i]};

		inits_choose(NULL, &early, &verdict);
		cr_expect_eq(verdict.halt_signal, rows[i].halt_signal);
		cr_expect_not(inits_heeds(&rows[i], &early, verdict.halt_signal), "%s", rows[i].name);
		cr_expect_eq(inits_heeds(&rows[i], &awaiting, verdict.halt_signal), (rows[i].traits & INIT_READS_BLOCKED) != 0);
		cr_expect_not(inits_heeds(&rows[i], &early, 0));
	}
}

/* --- the running one ------------------------------------------------------------------------------------------ */

static pid_t child_named(const char *name, int catch)
{
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		for (int i = 1; i < 32; i++)
			signal(i, SIG_DFL);
		if (catch)
			signal(catch, _exit);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

static const char *kind_of_child(const char *name, int catch, const char *init_path, struct init_verdict *verdict)
{
	pid_t pid = child_named(name, catch);

	inits_detect(NULL, init_path, pid, verdict);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return verdict->kind->name;
}

Test(inits, of_the_running_one_name_and_signals_tell)
{
	struct init_verdict verdict;

	cr_expect_str_eq(kind_of_child("s6-svscan", 0, "/sbin/init", &verdict), "s6");
	cr_expect_str_eq(verdict.detected_by, "executable of the running init");
	cr_expect_str_eq(kind_of_child("runit", 0, "/lib/systemd/systemd", &verdict), "runit"); /* what runs hears */
	cr_expect_str_eq(kind_of_child("anything", 0, "/lib/systemd/systemd", &verdict), "systemd");
	cr_expect_str_eq(verdict.detected_by, "rootfs: /lib/systemd/systemd");
	cr_expect_str_eq(kind_of_child("anything", SIGTERM, "/sbin/init", &verdict), "program");
	cr_expect_str_eq(verdict.detected_by, "signals that init catches and blocks");
	cr_expect_str_eq(kind_of_child("anything", 0, NULL, &verdict), "program");
	cr_expect_str_eq(verdict.detected_by, "nothing known: taken for a program");
}

/* --- runit's files -------------------------------------------------------------------------------------------- */

static mode_t mode_of(int root, const char *path)
{
	struct stat status;

	return fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & 07777 : 07777;
}

Test(inits_rootfs, runits_files_are_made_in_etc)
{
	cleanup_close int root = open_tree();
	struct auberge_error error = {0};

	cr_assert_eq(mkdirat(root, "etc", 0755), 0);
	cr_assert_lt(rung_files(root, getuid(), getgid(), false, &error), 0);
	cr_expect(strstr(error.text, "/etc/runit/reboot"), "%s", error.text);
	cr_assert_eq(mkdirat(root, "etc/runit", 0755), 0);
	cr_assert_eq(rung_files(root, getuid(), getgid(), false, &error), 0, "%s", error.text);
	cr_expect_eq(mode_of(root, "etc/runit/stopit"), 0100);
	cr_expect_eq(mode_of(root, "etc/runit/reboot"), 0);
	cr_assert_eq(rung_files(root, getuid(), getgid(), true, &error), 0, "%s", error.text);
	cr_expect_eq(mode_of(root, "etc/runit/reboot"), 0100);
}

Test(inits_rootfs, runits_files_are_found_in_run)
{
	cleanup_close int root = open_tree();
	struct auberge_error error = {0};

	make(root, "run/runit.stopit", NULL); /* as Debian's stage 1 does */
	cr_assert_eq(rung_files(root, getuid(), getgid(), false, &error), 0, "%s", error.text);
	cr_expect_eq(mode_of(root, "run/runit.stopit"), 0100);
	cr_expect_eq(mode_of(root, "run/runit.reboot"), 0);
}

Test(inits_rootfs, runits_links_are_followed_inside_the_root_only)
{
	cleanup_close int root = open_tree();
	struct auberge_error error = {0};
	char outside[96], target[128];

	snprintf(outside, sizeof outside, "%s-outside", tree);
	cr_assert_eq(mkdir(outside, 0755), 0);
	cr_assert_eq(mkdirat(root, "etc", 0755), 0);
	make(root, "etc/runit/stopit", "/run/runit.stopit"); /* as Void has it */
	snprintf(target, sizeof target, "%s/reboot", outside);
	make(root, "etc/runit/reboot", target);
	cr_assert_eq(mkdirat(root, "run", 0755), 0);
	cr_expect_lt(rung_files(root, getuid(), getgid(), true, &error), 0);
	cr_expect_eq(access(target, F_OK), -1);
	cr_assert_eq(unlinkat(root, "etc/runit/reboot", 0), 0);
	cr_expect_eq(rung_files(root, getuid(), getgid(), true, &error), 0, "%s", error.text);
	cr_expect_eq(mode_of(root, "run/runit.stopit"), 0100);
	rmdir(outside);
}
