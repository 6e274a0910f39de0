/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Halt and reboot of every init that Debian has, in place from AUBERGE_TEST_TREES (a directory that holds KIND/rootfs;
 * tests/debian-tree -k KIND unpack makes one) and AUBERGE_TEST_DEBIAN (systemd), and of busybox and plain programs.
 * The proof of a clean stop is what init itself says on its console on the way down: a killed one says nothing.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(inits, .init = place_begin, .fini = place_end, .timeout = 3600);

static bool slow_world(void)
{
	const char *world = getenv("AUBERGE_TEST_WORLD");

	return world && strcmp(world, "v2") == 0;
}

/* One stop of each init is the VM's share. */
static void natively_only(void)
{
	if (slow_world())
		cr_skip_test("natively only: the VM emulates its processor");
}

static void create(const char *name, const char *kind, const char *words)
{
	const char *systemd = getenv("AUBERGE_TEST_DEBIAN"), *trees = getenv("AUBERGE_TEST_TREES");
	char tree[512];

	if (strcmp(kind, "systemd") == 0)
		snprintf(tree, sizeof tree, "%s", systemd ? systemd : "");
	else
		snprintf(tree, sizeof tree, "%s/%s", trees ? trees : "", kind);
	if ((strcmp(kind, "systemd") == 0 ? !systemd : !trees) || access(tree, R_OK) != 0)
		cr_skip_test("no tree of %s: set AUBERGE_TEST_TREES (tests/debian-tree -k %s unpack makes one)", kind, kind);
	cr_assert_eq(au("create %s --template dir:%s/rootfs %s", name, tree, words), 0, "%s", got.errors);
}

static const char *console_log(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	return path;
}

static void clear_log(const char *name)
{
	if (access(console_log(name), F_OK) == 0)
		cr_assert_eq(truncate(console_log(name), 0), 0);
}

static bool log_has(const char *name, const char *text)
{
	FILE *file = fopen(console_log(name), "r");
	static char content[1 << 20];
	size_t length = file ? fread(content, 1, sizeof content - 1, file) : 0;

	if (file)
		fclose(file);
	content[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (content[i] == '\0')
			content[i] = ' ';
	return strstr(content, text) != NULL;
}

struct said {
	const char *name, *text;
};

static bool is_said(const void *data)
{
	const struct said *said = data;

	return log_has(said->name, said->text);
}

/* wait_file() ends at a NUL, of which wall(1) writes some. */
static void wait_said(const char *name, const char *text)
{
	struct said said = {name, text};

	wait_until(is_said, &said, 60, text);
}

/* The member of `show --json`'s init. */
static void shown(const char *name, const char *member, const char *wanted)
{
	json_t *document;
	const char *text;

	cr_assert_eq(au("show %s --json", name), 0, "%s", got.errors);
	document = json_loads(got.output, 0, NULL);
	cr_assert_not_null(document, "%s", got.output);
	text = json_string_value(json_object_get(json_object_get(document, "init"), member));
	cr_expect(text && strncmp(text, wanted, strlen(wanted)) == 0, "%s: init.%s is %s, not %s", name, member, text ? text : "null",
	          wanted);
	json_decref(document);
}

/* What the progress of a stop said until it was done; false: it failed. */
static bool stop_and_hear(const char *name, char *heard, size_t size)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	struct auberge_act_options options = {.timeout_seconds = 3600};
	struct auberge_job *job = auberge_job_begin(auberge, name, AUBERGE_STOP, &options, &error);
	bool done = false;
	int result;

	cr_assert_not_null(job, "%s", error.text);
	heard[0] = '\0';
	do {
		struct pollfd wait = {.fd = auberge_job_fd(job), .events = POLLIN};
		struct auberge_job_event event;

		result = auberge_job_next(job, &event, &error);
		if (result > 0 && event.kind == AUBERGE_EVENT_PROGRESS && strstr(event.text, "asked"))
			snprintf(heard, size, "%s", event.text);
		done = result > 0 && event.kind == AUBERGE_EVENT_DONE;
		if (result == 0)
			poll(&wait, 1, 100);
	} while (result >= 0 && !done);
	auberge_job_free(job);
	auberge_close(auberge);
	return done;
}

struct reborn {
	const char *name;
	pid_t before;
};

static bool is_reborn(const void *data)
{
	const struct reborn *reborn = data;
	struct auberge_guest guest = guest_look(reborn->name);

	return guest.state == AUBERGE_RUNNING && guest.init_pid > 0 && guest.init_pid != reborn->before;
}

/* The request of its row, sent from the host: the guest begins again in place. */
static void reboot(const char *name)
{
	const char *build = getenv("AUBERGE_TEST_BUILD");
	struct reborn reborn = {name, guest_look(name).init_pid};

	cr_assert_eq(sh("%s/auberge-build reboot %s", build ? build : ".", name), 0, "%s", got.errors);
	wait_until(is_reborn, &reborn, 60, "the guest to be running again");
}

static const struct real {
	const char *kind, *words;
	const char *detected_by;  /* at rest */
	const char *booted;       /* on the console once it can be stopped as on any day */
	const char *going;        /* on the console only when it goes down by itself */
	const char *halt, *reboot;
} reals[] = {
	{"systemd", "", "rootfs: /usr/lib/systemd/systemd", "login:", "poweroff.target", "SIGRTMIN+4", "SIGRTMIN+5"},
	{"sysvinit", "", "rootfs: /usr/sbin/init and telinit", "Entering runlevel: 2", "Will now halt", "SIGPWR", "SIGINT"},
	{"runit", "", "rootfs: /usr/lib/runit/runit-init", "enter stage: /etc/runit/2", "enter stage: /etc/runit/3", "SIGPWR", "SIGCONT"},
	{"openrc", "", "rootfs: /usr/sbin/openrc-init", "Starting default runlevel", "Starting shutdown runlevel", "SIGTERM", "SIGINT"},
	{"finit", "", "rootfs: /usr/sbin/finit", "Mounting filesystems", "Stopping", "SIGUSR2", "SIGTERM"},
};

static const struct real *real_of(const char *kind)
{
	for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
		if (strcmp(reals[i].kind, kind) == 0)
			return &reals[i];
	return NULL;
}

static void halts_and_reboots(const char *kind)
{
	const struct real *real = real_of(kind);

	create("it", kind, real->words);
	shown("it", "name", kind);
	shown("it", "detected_by", real->detected_by);
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	wait_said("it", real->booted);
	shown("it", "name", kind);
	shown("it", "halt_signal", real->halt);
	shown("it", "reboot_signal", real->reboot);
	if (!slow_world()) {
		clear_log("it");
		reboot("it");
		wait_said("it", real->booted);
	}
	clear_log("it");
	cr_expect_eq(au("stop it --timeout 60m"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("it").last_end.cause, "stopped");
	cr_expect(log_has("it", real->going), "%s: no \"%s\" on its console", kind, real->going);
	expect_nothing_left();
}

Test(inits, systemd_halts_and_reboots)
{
	halts_and_reboots("systemd");
}

Test(inits, sysvinit_halts_and_reboots)
{
	halts_and_reboots("sysvinit");
}

Test(inits, runit_halts_and_reboots)
{
	halts_and_reboots("runit");
}

Test(inits, openrc_halts_and_reboots)
{
	halts_and_reboots("openrc");
}

Test(inits, finit_halts_and_reboots)
{
	halts_and_reboots("finit");
}

Test(inits, busybox_halts_and_reboots)
{
	guest_busybox("it", NULL);
	shown("it", "name", "busybox");
	shown("it", "halt_signal", "SIGUSR2");
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	reboot("it");
	shown("it", "detected_by", "rootfs: /bin/busybox");
	cr_expect_eq(au("stop it --timeout 60m"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("it").last_end.cause, "stopped");
	expect_nothing_left();
}

/* LXC takes whatever blocks SIGRTMIN+3 for a systemd. */
Test(inits, an_openrc_init_of_another_name_is_told_by_its_signals)
{
	natively_only();
	create("it", "openrc", "--set guest.init=/sbin/nameless-init");
	shown("it", "name", "program");
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	wait_said("it", "Starting default runlevel");
	shown("it", "name", "openrc");
	shown("it", "detected_by", "signals");
	cr_expect_eq(au("stop it --timeout 60m"), 0, "%s", got.errors);
	cr_expect(log_has("it", "Starting shutdown runlevel"));
}

static void stand_in_halts(const char *init)
{
	char words[64];

	snprintf(words, sizeof words, "--set guest.init=%s", init);
	create("it", "openrc", words);
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	cr_expect_eq(au("stop it --timeout 60m"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("it").last_end.cause, "stopped");
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	wait_state("it", "running", 20);
	cr_expect_eq(au("stop it --timeout 60m"), 0, "%s", got.errors);
}

Test(inits, tini_halts)
{
	natively_only();
	stand_in_halts("/sbin/run-tini");
}

Test(inits, dumb_init_halts)
{
	natively_only();
	stand_in_halts("/sbin/run-dumb-init");
}

/* Without s6-linux-init SIGUSR1 means nothing to it and the command is not there: the other signal. */
Test(inits, a_bare_s6_svscan_halts)
{
	natively_only();
	stand_in_halts("/sbin/run-s6");
}

/* --- a stop right after the start ----------------------------------------------------------------------------- */

/* Returns how many rounds failed. */
static int stop_right_after_start(const char *name, int count)
{
	int failed = 0;

	for (int i = 0; i < count; i++) {
		int started = au("start %s", name);

		if (started == 0 && au("stop %s --timeout 60m", name) == 0 && strcmp(guest_look(name).last_end.cause, "stopped") == 0)
			continue;
		cr_log_error("%s, round %d: %s", name, i, got.errors);
		failed++;
		au("kill %s", name);
	}
	return failed;
}

/* Some at a time: busybox takes two seconds to halt, whatever there is to end. */
static void many_stops_right_after_starts(void (*make)(const char *name), int guests, int count)
{
	pid_t children[16];
	char name[16];
	int failed = 0;

	for (int i = 0; i < guests; i++) {
		snprintf(name, sizeof name, "it%d", i);
		make(name);
	}
	for (int i = 0; i < guests; i++) {
		snprintf(name, sizeof name, "it%d", i);
		children[i] = fork();
		if (children[i] == 0)
			_exit(stop_right_after_start(name, count));
	}
	for (int i = 0; i < guests; i++) {
		int status;

		waitpid(children[i], &status, 0);
		failed += WIFEXITED(status) ? WEXITSTATUS(status) : count;
	}
	cr_expect_eq(failed, 0, "%d of %d", failed, guests * count);
	expect_nothing_left();
}

static void make_busybox(const char *name)
{
	guest_busybox(name, NULL);
}

static void make_late_script(const char *name)
{
	guest_script(name, "i=0\nwhile [ $i -lt 3000 ]; do i=$((i+1)); done\ntrap 'exit 0' TERM\nwhile :; do sleep 1 & wait $!; done\n",
	             NULL);
}

Test(inits, busybox_hears_a_stop_right_after_its_start)
{
	natively_only();
	many_stops_right_after_starts(make_busybox, 10, 10);
}

Test(inits, a_script_hears_a_stop_right_after_its_start)
{
	natively_only();
	many_stops_right_after_starts(make_late_script, 4, 25);
}

Test(inits, systemd_hears_a_stop_right_after_its_start)
{
	natively_only();
	create("it", "systemd", "");
	cr_expect_eq(stop_right_after_start("it", 20), 0);
}

Test(inits, sysvinit_hears_a_stop_right_after_its_start)
{
	natively_only();
	create("it", "sysvinit", "");
	cr_expect_eq(stop_right_after_start("it", 5), 0);
}

Test(inits, runit_hears_a_stop_right_after_its_start)
{
	natively_only();
	create("it", "runit", "");
	cr_expect_eq(stop_right_after_start("it", 3), 0);
}

Test(inits, openrc_hears_a_stop_right_after_its_start)
{
	natively_only();
	create("it", "openrc", "");
	cr_expect_eq(stop_right_after_start("it", 3), 0);
}

Test(inits, finit_hears_a_stop_right_after_its_start)
{
	natively_only();
	create("it", "finit", "");
	cr_expect_eq(stop_right_after_start("it", 3), 0);
}

/* --- the second rung ------------------------------------------------------------------------------------------ */

Test(inits, where_the_signal_comes_to_nothing_poweroff_asks_again)
{
	char heard[256];

	guest_busybox("it", "--set guest.halt_signal=SIGHUP"); /* reads inittab again */
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	cr_expect(stop_and_hear("it", heard, sizeof heard));
	cr_expect_str_eq(guest_look("it").last_end.cause, "stopped");
	cr_expect(strstr(heard, "asked again by poweroff") || slow_world(), "%s", heard);
	expect_nothing_left();
}

Test(inits, an_init_that_never_hears_its_signal_is_asked_by_its_own_command)
{
	char heard[256];

	natively_only();
	create("it", "openrc", "--set guest.halt_signal=SIGUSR1"); /* blocked, never read */
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	wait_said("it", "Starting default runlevel");
	clear_log("it");
	cr_expect(stop_and_hear("it", heard, sizeof heard));
	cr_expect(log_has("it", "Starting shutdown runlevel"));
	cr_expect(strstr(heard, "asked again by openrc-shutdown"), "%s", heard);
	expect_nothing_left();
}

Test(inits, a_second_rung_in_vain_kills_nothing)
{
	pid_t before;

	natively_only();
	guest_script("it", "rm -f /sbin/poweroff /bin/poweroff\ntrap '' TERM\necho up\nwhile :; do sleep 1000; done\n", NULL);
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	wait_said("it", "up");
	before = guest_look("it").init_pid;
	cr_expect_eq(au("stop it --timeout 8s"), 5, "%s", got.errors);
	cr_expect_str_eq(guest_state("it"), "stopping");
	cr_expect_eq(guest_look("it").init_pid, before);
	cr_expect_eq(au("exec it -- true"), 0, "%s", got.errors);
	cr_expect_eq(au("kill it"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("it").last_end.cause, "killed");
	expect_nothing_left();
}

/* Many a program takes the second SIGTERM for "at once", and SIGUSR2, busybox's poweroff, for anything. */
Test(inits, a_program_that_has_heard_is_asked_once)
{
	natively_only();
	guest_script("it",
	             "n=0\ntrap 'n=$((n+1)); echo heard $n' TERM\ntrap 'echo poked' USR1 USR2\necho up\n"
	             "while [ $n = 0 ]; do sleep 1 & wait $!; done\n"
	             "i=0; while [ $i -lt 12 ]; do i=$((i+1)); sleep 1 & wait $!; done\nexit 0\n",
	             NULL);
	cr_assert_eq(au("start it"), 0, "%s", got.errors);
	wait_said("it", "up");
	cr_expect_eq(au("stop it --timeout 7s"), 5, "%s", got.errors);
	cr_expect(log_has("it", "heard 1"));
	cr_expect_not(log_has("it", "heard 2"), "by one stop");
	cr_expect_eq(au("stop it --timeout 60m"), 0, "%s", got.errors);
	cr_expect(log_has("it", "heard 2"), "by a second one");
	cr_expect_not(log_has("it", "poked"));
	cr_expect_eq(guest_look("it").last_end.status, 0);
}
