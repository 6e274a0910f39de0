/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Order and dependence with real guests: start --autostart, several names, stop --all, cycles, the host's name. */
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(order, .init = place_begin, .fini = place_end, .timeout = 900);

static const char quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";
static const char deaf[] = "trap '' TERM\necho up\nwhile :; do sleep 1000; done\n";

static const char *shared(const char *file)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/shared/%s", place_directory, file);
	return path;
}

/* A guest that appends "NAME down" to a log that it shares with the others, after doing this first. */
static void guest_logging(const char *name, const char *first, const char *words)
{
	char script[512], all[700];

	mkdir(shared(""), 0755);
	snprintf(script, sizeof script,
	         "trap '%s echo %s down >>/shared/log; exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n", first, name);
	snprintf(all, sizeof all, "--set 'mount s.source=%s/shared' --set 'mount s.target=/shared' --set 'mount s.idmap=yes' %s",
	         place_directory, words);
	guest_script(name, script, all);
}

static void wait_up(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	wait_file(path, "up", 20);
}

static void write_config(const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/state/%s/guest.ini", place_directory, name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* When the kernel made its init, in ticks since the boot. */
static unsigned long long born(const char *name)
{
	char path[64], text[1024], *at;
	unsigned long long ticks = 0;
	pid_t pid = guest_look(name).init_pid;
	ssize_t length;
	int fd;

	cr_assert_gt(pid, 0, "%s does not run", name);
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, text, sizeof text - 1);
	close(fd);
	cr_assert_gt(length, 0);
	text[length] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	cr_assert(at && sscanf(at, " %llu", &ticks) == 1);
	return ticks;
}

/* Its init was made before the other's; in the same tick the pids tell. */
static void expect_earlier(const char *one, const char *other)
{
	unsigned long long a = born(one), b = born(other);

	cr_expect(a < b || (a == b && guest_look(one).init_pid < guest_look(other).init_pid), "%s (%llu) before %s (%llu)", one, a,
	          other, b);
}

/* Where "NAME down" stands in the shared log; -1 nowhere. */
static long down_at(const char *name)
{
	static char text[4096];
	char line[96], *at;
	int fd = open(shared("log"), O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	snprintf(line, sizeof line, "%s down\n", name);
	at = strstr(text, line);
	return at ? at - text : -1;
}

static void expect_down_earlier(const char *one, const char *other)
{
	cr_expect(down_at(one) >= 0 && down_at(one) < down_at(other), "%s (%ld) before %s (%ld)", one, down_at(one), other,
	          down_at(other));
}

Test(order, autostart_follows_after_and_order)
{
	static const char *const names[] = {"base", "db", "cache", "app", "web", "last"};

	guest_script("web", quick, "--set guest.autostart=yes --set guest.after=app --set guest.order=50");
	guest_script("app", quick, "--set guest.autostart=yes --set 'guest.after=db cache'");
	guest_script("db", quick, "--set guest.autostart=yes");
	guest_script("cache", quick, "--set guest.autostart=yes");
	guest_script("last", quick, "--set guest.autostart=yes --set guest.order=900");
	guest_script("base", quick, "--set guest.autostart=yes --set guest.order=100");
	guest_script("idle", quick, NULL);
	cr_assert_eq(au("start --autostart"), 0, "%s", got.errors);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_str_eq(guest_state(names[i]), "running", "%s", names[i]);
	cr_expect_str_eq(guest_state("idle"), "stopped");
	expect_earlier("base", "db");
	expect_earlier("base", "cache");
	expect_earlier("db", "app");
	expect_earlier("cache", "app");
	expect_earlier("app", "web");
	expect_earlier("web", "last");
	cr_expect_eq(au("start --autostart"), 0, "%s", got.errors);
	cr_expect_str_empty(got.output);
	cr_expect_eq(au("stop db"), 0, "%s", got.errors);
	cr_expect_eq(au("start --autostart"), 0, "%s", got.errors);
	cr_expect_str_eq(got.output, "db: started\n");
	cr_expect_eq(au("stop --all --yes"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(order, one_that_fails_to_start_fails_those_that_come_after_it)
{
	guest_script("db", quick, NULL);
	guest_script("app", quick, "--set guest.after=db");
	guest_script("web", quick, "--set guest.after=app");
	guest_script("lone", quick, "--set guest.order=800");
	unlink(guest_file("db", "init"));
	cr_expect_eq(au("start web app db lone"), 1, "%s", got.errors);
	cr_expect_str_eq(got.output, "lone: started\n");
	cr_expect(strstr(got.errors, "app: not started: db, which it comes after, did not start"), "%s", got.errors);
	cr_expect(strstr(got.errors, "web: not started: app, which it comes after, did not start"), "%s", got.errors);
	cr_expect_str_eq(guest_state("web"), "stopped");
	cr_expect_eq(au("start web"), 0, "%s", got.errors);
	cr_expect(strstr(got.errors, "web: app, which it comes after, is not running"), "%s", got.errors);
	cr_expect_eq(au("start app web"), 4, "it runs already: %s", got.errors);
	cr_expect_str_eq(got.output, "app: started\n");
}

Test(order, restart_of_several_stops_and_starts_in_order)
{
	guest_logging("db", "", "");
	guest_logging("web", "", "--set guest.after=db");
	cr_assert_eq(au("start web db"), 0, "%s", got.errors);
	expect_earlier("db", "web");
	wait_up("db");
	wait_up("web");
	cr_assert_eq(au("restart db web"), 0, "%s", got.errors);
	expect_down_earlier("web", "db");
	expect_earlier("db", "web");
	cr_assert_eq(au("stop db"), 0, "%s", got.errors);
	cr_expect_eq(au("restart db web"), 4, "%s", got.errors);
	cr_expect_str_eq(got.output, "web: restarted\n");
}

Test(order, stop_all_is_in_reverse_and_a_slow_one_holds_up_none_but_its_own)
{
	guest_logging("db", "", "");
	guest_logging("app", "", "--set guest.after=db");
	guest_logging("web", "", "--set guest.after=app");
	/* This one ends when those have: were they held up by it, it would never end. */
	guest_logging("slow", "while ! grep -q \"db down\" /shared/log; do sleep 0.1; done;", "");
	guest_logging("below", "", "--set guest.order=10");
	cr_assert_eq(au("start db app web slow below"), 0, "%s", got.errors);
	wait_up("web");
	wait_up("slow");
	wait_up("below");
	cr_assert_eq(au("stop --all --yes"), 0, "%s", got.errors);
	expect_down_earlier("web", "app");
	expect_down_earlier("app", "db");
	expect_down_earlier("db", "slow");
	expect_down_earlier("slow", "below");
	cr_expect(got.output_length > 15 && strcmp(got.output + got.output_length - 15, "below: stopped\n") == 0, "%s", got.output);
	expect_nothing_left();
}

Test(order, one_time_limit_for_all_and_nothing_is_killed)
{
	int limit = run_time_factor() > 8 ? (int)(run_time_factor() / 2) : 4;
	pid_t init;

	guest_script("db", quick, NULL);
	guest_script("web", deaf, "--set guest.after=db");
	guest_script("lone", quick, NULL);
	cr_assert_eq(au("start db web lone"), 0, "%s", got.errors);
	wait_up("web");
	init = guest_look("web").init_pid;
	cr_expect_eq(au("stop --all --yes --timeout %ds", limit), 5, "%s", got.errors);
	cr_expect(got.seconds >= limit - 1 && got.seconds < limit + run_patience(5), "%g s", got.seconds);
	cr_expect(strstr(got.errors, "sleep"), "%s", got.errors);
	cr_expect(strstr(got.errors, "web: still stopping at the time limit"), "%s", got.errors);
	cr_expect(strstr(got.errors, "db: stopped although web, which comes after it, has not ended yet"), "%s", got.errors);
	cr_expect_str_eq(guest_state("web"), "stopping");
	cr_expect_eq(guest_look("web").init_pid, init);
	cr_expect_str_eq(guest_look("lone").last_end.cause, "stopped");
	cr_expect_str_eq(guest_look("db").last_end.cause, "stopped");
	/* No time at all: the first are asked, those below are left alone. */
	cr_assert_eq(au("start db"), 0, "%s", got.errors);
	cr_expect_eq(au("stop --all --yes --timeout 0s"), 5, "%s", got.errors);
	cr_expect(strstr(got.errors, "db: not stopped: the time limit came while web was still stopping"), "%s", got.errors);
	cr_expect_str_eq(guest_state("db"), "running");
	cr_expect_eq(guest_look("web").init_pid, init);
	cr_expect_eq(au("stop --all --yes --kill --timeout 1s"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("web").last_end.cause, "killed");
	expect_nothing_left();
}

Test(order, cycles_and_unknown_names_are_refused)
{
	guest_script("db", quick, NULL);
	guest_script("web", quick, "--set guest.after=db");
	guest_script("lone", quick, "--set guest.after=datbase");
	cr_expect_eq(au("create me --template busybox --set guest.after=me"), 1, "%s", got.errors);
	cr_expect(strstr(got.errors, "me -> me"), "%s", got.errors);
	cr_expect_eq(au("config check web db"), 0, "%s", got.errors);
	write_config("db", "[guest]\ninit = /init\nautostart = yes\nafter = new\n");
	cr_expect_eq(au("create new --template busybox --set guest.after=web"), 1, "%s", got.errors);
	cr_expect(strstr(got.errors, "/db/guest.ini:4: [guest] after goes round in a cycle: new -> web -> db -> new"), "%s", got.errors);
	cr_expect_eq(au("list new"), 3);
	write_config("db", "[guest]\ninit = /init\nautostart = yes\nafter = web\n");
	cr_expect_eq(au("config check web db"), 1);
	cr_expect(strstr(got.errors, "/db/guest.ini:4: [guest] after goes round in a cycle: db -> web -> db"), "%s", got.errors);
	cr_expect(strstr(got.errors, "web -> db -> web"), "%s", got.errors);
	cr_expect_eq(au("start db"), 1);
	cr_expect(strstr(got.errors, "db -> web -> db"), "%s", got.errors);
	cr_expect_eq(au("start --autostart"), 1);
	cr_expect(strstr(got.errors, "db -> web -> db"), "%s", got.errors);
	cr_expect_eq(au("config check lone"), 1);
	cr_expect(strstr(got.errors, "after = datbase: there is no such guest"), "%s", got.errors);
	cr_expect_eq(au("start lone"), 1);
	cr_expect_eq(au("config check db web lone"), 1);
	/* Host-wide, a name that is gone is no reason not to start. */
	write_config("lone", "[guest]\ninit = /init\nautostart = yes\nafter = wep\n");
	cr_expect_eq(au("start --autostart"), 1);
	cr_expect(strstr(got.errors, "after = wep: there is no such guest: did you mean \"web\"?"), "%s", got.errors);
	cr_expect_str_eq(got.output, "lone: started\n");
	cr_expect_eq(au("stop --all --yes"), 0);
	cr_expect(strstr(got.errors, "after = wep: there is no such guest"), "%s", got.errors);
}

Test(order, stop_all_stops_a_cycle_that_came_about_by_hand)
{
	guest_script("a", quick, "--set guest.after=b");
	guest_script("b", quick, NULL);
	cr_assert_eq(au("start a b"), 0, "%s", got.errors);
	write_config("a", "[guest]\ninit = /init\n");
	write_config("b", "[guest]\ninit = /init\nafter = a\n");
	cr_assert_eq(au("restart b"), 0, "%s", got.errors); /* as they run, each comes after the other */
	write_config("a", "[guest]\ninit = /init\nafter = b\n"); /* and as they are written */
	wait_up("a");
	cr_expect_eq(au("stop --all --yes"), 0, "%s", got.errors);
	cr_expect(strstr(got.errors, "[guest] after goes round in a cycle: a -> b -> a"), "%s", got.errors);
	cr_expect(strstr(got.errors, "without an order among them"), "%s", got.errors);
	cr_expect_str_eq(guest_state("a"), "stopped");
	cr_expect_str_eq(guest_state("b"), "stopped");
	expect_nothing_left();
}

/* Runs `auberge stop --all` on a terminal of its own and types the answer when asked. Its exit status. */
static int stop_all_on_terminal(const char *answer, char *said, size_t size)
{
	const char *program = getenv("AUBERGE_PROGRAM");
	struct pollfd wait = {.events = POLLIN};
	size_t length = 0;
	ssize_t count;
	int status = 0;
	bool asked = false;
	pid_t pid = forkpty(&wait.fd, NULL, NULL, NULL);

	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		execl(program ? program : "./auberge", "auberge", "stop", "--all", (char *)NULL);
		_exit(127);
	}
	cr_assert_gt(pid, 0);
	said[0] = '\0';
	while (length + 1 < size && poll(&wait, 1, (int)(60000 * run_time_factor())) > 0 &&
	       (count = read(wait.fd, said + length, size - length - 1)) > 0) {
		length += (size_t)count;
		said[length] = '\0';
		if (!asked && strstr(said, "to go on: ")) {
			asked = true;
			cr_assert_eq(write(wait.fd, answer, strlen(answer)), (ssize_t)strlen(answer));
		}
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	close(wait.fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Test(order, stop_all_wants_the_hosts_name)
{
	char host[65] = "", answer[80], said[16384];

	guest_script("a", quick, NULL);
	guest_script("b", quick, "--set guest.after=a");
	cr_assert_eq(au("start a b"), 0, "%s", got.errors);
	wait_up("a");
	wait_up("b");
	cr_expect_eq(au("stop --all"), 2);
	cr_expect(strstr(got.errors, "say --yes: there is no terminal to ask on"), "%s", got.errors);
	cr_expect_str_eq(guest_state("a"), "running");
	cr_expect_eq(stop_all_on_terminal("yes\n", said, sizeof said), 1, "%s", said);
	cr_expect(strstr(said, "not confirmed, nothing done"), "%s", said);
	cr_expect_str_eq(guest_state("b"), "running");
	gethostname(host, sizeof host - 1);
	snprintf(answer, sizeof answer, "%s\n", host);
	cr_expect_eq(stop_all_on_terminal(answer, said, sizeof said), 0, "%s", said);
	cr_expect(strstr(said, "This stops all 2 running guests of host"), "%s", said);
	cr_expect(strstr(said, "0/2 stopped, 2 waiting; not yet: a (after b)"), "%s", said);
	cr_expect_str_eq(guest_state("a"), "stopped");
	cr_expect_str_eq(guest_state("b"), "stopped");
	expect_nothing_left();
}
