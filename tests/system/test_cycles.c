/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many starts and stops, with supervisors killed at random among them, and many guests at once: nothing is left of any of
 * them, and the supervisor of a guest that is kept busy does not grow. AUBERGE_TEST_LONG=1 runs the full numbers.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(cycles, .init = place_begin, .fini = place_end, .timeout = 7200);

#define BRIDGE "agcycbr0"

static const char quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";

static bool long_run(void)
{
	return getenv("AUBERGE_TEST_LONG") != NULL;
}

/* What one set holds on the host. */
struct census {
	int cgroups, links, mounts, processes, sockets, run_directories;
};

static int count_lines(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int count_lines(const char *format, ...)
{
	char command[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	sh("sh -c '%s'", command);
	return atoi(got.output);
}

static struct census take_census(void)
{
	struct auberge *auberge = place_open();
	const char *root = auberge_cgroup_root(auberge);
	struct census census;

	census.cgroups = count_lines("find /sys/fs/cgroup -type d -path \"*/%s*\" | wc -l", root);
	census.links = count_lines("ls /sys/class/net | grep -c ^agcy-");
	census.mounts = count_lines("cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -c \"%s/\"", place_directory + strlen("/var/tmp"));
	census.processes = count_lines("cat /proc/[0-9]*/cmdline 2>/dev/null | tr \"\\000\" \" \" | grep -o \"auberge-[skb][a-z]* [^/]*--state-dir "
	                               "%s/\" | wc -l", place_directory);
	census.sockets = count_lines("grep -c \"%s/\" /proc/net/unix", place_directory);
	census.run_directories = count_lines("ls %s/state/.run 2>/dev/null | wc -l", place_directory);
	auberge_close(auberge);
	return census;
}

static void expect_empty(const char *when)
{
	struct census census = {0};

	for (int i = 0; i < 100; i++) { /* a keeper ends a moment after its supervisor */
		census = take_census();
		if (census.cgroups + census.links + census.mounts + census.processes + census.sockets + census.run_directories == 0)
			return;
		pause_ms((unsigned)(50 * run_time_factor()));
	}
	cr_expect_fail("%s: %d cgroups, %d links, %d mounts, %d processes, %d sockets, %d run directories", when, census.cgroups,
	               census.links, census.mounts, census.processes, census.sockets, census.run_directories);
}

static void make_bridge(void)
{
	sh("ip link del " BRIDGE);
	cr_assert_eq(sh("ip link add " BRIDGE " type bridge"), 0, "%s", got.errors);
}

static void make_guest(const char *name)
{
	char words[160];

	snprintf(words, sizeof words, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agcy-%s'", name);
	guest_script(name, quick, words);
}

static pid_t supervisor_of(const char *name)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	struct auberge_details *details = auberge_show(auberge, name, &error);
	pid_t pid = details ? details->supervisor_pid : 0;

	auberge_details_free(details);
	auberge_close(auberge);
	return pid;
}

Test(cycles, of_one_guest)
{
	int cycles = long_run() ? 1000 : run_time_factor() > 1 ? 5 : 40;

	make_bridge();
	make_guest("web");
	for (int i = 0; i < cycles; i++) {
		cr_assert_eq(au("start web"), 0, "cycle %d: %s", i, got.errors);
		cr_assert_eq(au("stop web"), 0, "cycle %d: %s", i, got.errors);
	}
	expect_empty("after the cycles of one guest");
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

static void kill_later(pid_t pid, unsigned microseconds)
{
	if (pid > 0 && fork() == 0) {
		usleep(microseconds);
		kill(pid, SIGKILL);
		_exit(0);
	}
}

/*
 * A kill may meet a supervisor whose last act it is to leave its own group, after all was told: that is left to who comes
 * next, and here nobody does. What belongs to another set of guests is none of ours.
 */
static void expect_own_groups_at_most(void)
{
	char *rest, *line;

	cr_expect_neq(au("audit --reclaim"), 1, "%s", got.errors);
	rest = got.output;
	while ((line = strsep(&rest, "\n")))
		cr_expect(*line == '\0' || strncmp(line, "cgroup ", 7) == 0 || strncmp(line, "nothing ", 8) == 0 || strstr(line, " foreign: "),
		          "%s", line);
}

Test(cycles, of_a_random_one_with_random_kills)
{
	int cycles = long_run() ? 1000 : run_time_factor() > 1 ? 6 : 40, guests = run_time_factor() > 1 ? 3 : 20, killed = 0;
	char name[16];

	make_bridge();
	srand(20261123);
	for (int i = 0; i < guests; i++) {
		snprintf(name, sizeof name, "g%d", i);
		make_guest(name);
	}
	for (int i = 0; i < cycles; i++) {
		bool running;
		pid_t victim = 0;

		snprintf(name, sizeof name, "g%d", rand() % guests);
		running = guest_look(name).running;
		if (running && rand() % 2) {
			victim = supervisor_of(name);
			kill_later(victim, (unsigned)(rand() % 8000));
			killed++;
		}
		if (running)
			cr_assert_eq(au("stop %s", name), 0, "cycle %d, %s: %s", i, name, got.errors);
		else
			cr_assert_eq(au("start %s", name), 0, "cycle %d, %s: %s", i, name, got.errors);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	for (int i = 0; i < guests; i++) {
		snprintf(name, sizeof name, "g%d", i);
		if (guest_look(name).running)
			cr_assert_eq(au("stop %s", name), 0, "%s: %s", name, got.errors);
	}
	cr_expect_gt(killed, 0);
	expect_own_groups_at_most();
	expect_empty("after the random cycles");
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

static long resident_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static int descriptors(pid_t pid)
{
	char path[64];
	int count = 0;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static void keep_busy(struct auberge *auberge, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		struct auberge_error error = {0};
		struct auberge_console *console = auberge_console_open(auberge, "web", (unsigned)i % 2, false, &error);

		cr_assert_not_null(console, "%s", error.text);
		if (i % 10 == 0) {
			cr_assert_eq(au("freeze web"), 0, "%s", got.errors);
			cr_assert_eq(au("thaw web"), 0, "%s", got.errors);
		}
		auberge_console_close(console);
		auberge_details_free(auberge_show(auberge, "web", &error));
	}
}

Test(cycles, a_supervisor_that_is_kept_busy_does_not_grow)
{
	int rounds = long_run() ? 1000 : run_time_factor() > 1 ? 20 : 200, open;
	struct auberge *auberge;
	long before, after;
	pid_t pid;

	guest_script("web", quick, NULL);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	auberge = place_open();
	keep_busy(auberge, 20);
	pid = supervisor_of("web");
	before = resident_kib(pid);
	pause_ms(200);
	open = descriptors(pid);
	keep_busy(auberge, rounds);
	after = resident_kib(pid);
	cr_expect_eq(supervisor_of("web"), pid);
	for (int i = 0; i < 250 && descriptors(pid) != open; i++) /* it hears of the last one's leaving in its own time */
		pause_ms(20);
	cr_expect_eq(descriptors(pid), open);
#ifdef __SANITIZE_ADDRESS__ /* its quarantine grows */
	(void)before, (void)after;
#else
	cr_expect_leq(after - before, 256, "%ld KiB more after %d rounds", after - before, rounds);
#endif
	auberge_close(auberge);
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
}

/* Runs VERB on all guests, so many at a time; how many went well. */
static int all_at_once(const char *verb, int guests, int parallel)
{
	int begun = 0, alive = 0, well = 0, status;

	while (begun < guests || alive > 0) {
		while (begun < guests && alive < parallel) {
			if (fork() == 0)
				_exit(au("%s g%d", verb, begun));
			begun++;
			alive++;
		}
		if (wait(&status) > 0) {
			alive--;
			well += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		}
	}
	return well;
}

Test(cycles, many_guests_started_at_once)
{
	int guests = long_run() ? 200 : run_time_factor() > 1 ? 6 : 40, rounds = long_run() ? 10 : 1;
	char name[16];

	for (int i = 0; i < guests; i++) {
		snprintf(name, sizeof name, "g%d", i);
		guest_script(name, quick, NULL);
	}
	for (int round = 0; round < rounds; round++) {
		cr_assert_eq(all_at_once("start", guests, 40), guests, "round %d", round);
		cr_assert_eq(all_at_once("stop", guests, 40), guests, "round %d", round);
	}
	expect_empty("after all were stopped");
}
