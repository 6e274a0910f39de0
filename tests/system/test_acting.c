/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts from the screens on real guests: the program in a pty, keys in, what is painted out. */
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(acting, .init = place_begin, .fini = place_end, .timeout = 900);

static struct {
	pid_t pid;
	int fd; /* pty master */
	char text[1 << 18]; /* what was painted, since the last key */
	size_t length;
} screens;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* True once word was painted in one piece. */
static bool painted(const char *word, double seconds)
{
	double end = now() + seconds;

	for (;;) {
		struct pollfd wait = {.fd = screens.fd, .events = POLLIN};
		ssize_t count;

		if (strstr(screens.text, word))
			return true;
		if (now() >= end)
			return false;
		if (poll(&wait, 1, 20) <= 0)
			continue;
		if (screens.length > sizeof screens.text / 2)
			screens.length = 0;
		count = read(screens.fd, screens.text + screens.length, sizeof screens.text - 1 - screens.length);
		if (count <= 0)
			return false;
		screens.length += (size_t)count;
		screens.text[screens.length] = '\0';
	}
}

static void see(const char *word)
{
	cr_assert(painted(word, 30 * run_time_factor()), "no \"%s\" in\n%s", word, screens.text);
}

static void press(const char *keys)
{
	screens.length = 0;
	screens.text[0] = '\0';
	cr_assert_eq(write(screens.fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* A dialog is deaf for a moment: each key is a try. Painted anew, so that the word comes in one piece. */
static void press_until(const char *keys, const char *word)
{
	for (int i = 0; i < 40; i++) {
		press(keys);
		if (painted(word, 0.5 * run_time_factor()))
			return;
		press("\014");
		if (painted(word, 0.5 * run_time_factor()))
			return;
	}
	cr_assert_fail("no \"%s\" in\n%s", word, screens.text);
}

static void open_screens(const char *word)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	struct winsize size = {.ws_row = 30, .ws_col = 100};

	screens.pid = forkpty(&screens.fd, NULL, NULL, &size);
	cr_assert_geq(screens.pid, 0);
	if (screens.pid == 0) {
		setenv("TERM", "xterm", 1);
		execlp(program, "auberge", NULL);
		_exit(127);
	}
	fcntl(screens.fd, F_SETFD, FD_CLOEXEC);
	see(word);
}

static void close_screens(void)
{
	int status;

	press("Q");
	painted("never painted", 1);
	cr_expect_eq(waitpid(screens.pid, &status, 0), screens.pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %x", status);
	close(screens.fd);
}

static const char *shared(const char *file)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/shared/%s", place_directory, file);
	return path;
}

static void wait_up(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/state/.log/%s.console", place_directory, name);
	wait_file(path, "up", 20);
}

/* Appends "NAME down" to a log that all share, when it is asked to stop. */
static void guest_logging(const char *name, const char *words)
{
	char script[512], all[700];

	mkdir(shared(""), 0755);
	snprintf(script, sizeof script,
	         "trap 'echo %s down >>/shared/log; exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n", name);
	snprintf(all, sizeof all, "--set 'mount s.source=%s/shared' --set 'mount s.target=/shared' --set 'mount s.idmap=yes' %s",
	         place_directory, words);
	guest_script(name, script, all);
}

Test(acting, five_stop_in_their_order)
{
	static const char *const names[] = {"base", "db", "app", "web", "below"};
	static char log[4096];
	const char *before = NULL;
	ssize_t length;
	int fd;

	guest_logging("base", "--set guest.order=100");
	guest_logging("db", "");
	guest_logging("app", "--set guest.after=db");
	guest_logging("web", "--set guest.after=app");
	guest_logging("below", "--set guest.order=10");
	cr_assert_eq(au("start base db app web below"), 0, "%s", got.errors);
	for (size_t i = 0; i < 5; i++)
		wait_up(names[i]);
	open_screens("below");
	press_until("*", "tagged 5");
	press_until("x", "Stop 5 tagged guests");
	press_until("y", "Stop 5 guests: 5 stopped");
	for (size_t i = 0; i < 5; i++) {
		cr_expect_str_eq(guest_state(names[i]), "stopped", "%s", names[i]);
		cr_expect_str_eq(guest_look(names[i]).last_end.cause, "stopped", "%s", names[i]);
	}
	fd = open(shared("log"), O_RDONLY | O_CLOEXEC);
	length = read(fd, log, sizeof log - 1);
	close(fd);
	log[length > 0 ? length : 0] = '\0';
	for (size_t i = 0; i < 3; i++) { /* web, app, db; base and below last */
		const char *at = strstr(log, names[3 - i]);

		cr_expect(at && (!before || at > before), "%s in\n%s", names[3 - i], log);
		before = at;
	}
	cr_expect(strstr(log, "base down") > before && strstr(log, "below down") > strstr(log, "base down"), "%s", log);
	press("q");
	close_screens();
	expect_nothing_left();
}

static bool is_gone(const void *path)
{
	return access(path, F_OK) < 0;
}

Test(acting, destroy_takes_the_guest_and_keeps_what_is_not_its_own)
{
	char path[256];

	guest_logging("old", "");
	guest_busybox("new", NULL);
	snprintf(path, sizeof path, "%s/state/old", place_directory);
	open_screens("new");
	press("/old\r");
	painted("never painted", 0.5);
	press_until("D", "Destroy old");
	see("/shared");
	painted("never painted", 1);
	press("ol\r");
	see("That is not old");
	cr_expect_eq(access(path, F_OK), 0);
	press("d\r");
	wait_until(is_gone, path, 30, "old is destroyed");
	press_until("B", "1 destroyed");
	press("q");
	cr_expect_eq(access(shared(""), F_OK), 0, "a mount's source is kept");
	cr_expect_str_eq(guest_state("new"), "stopped");
	close_screens();
	expect_nothing_left();
}

Test(acting, one_that_does_not_stop_is_shown_and_killed_only_when_told)
{
	pid_t init;

	guest_logging("quick", "");
	guest_script("deaf", "trap '' TERM\necho up\nwhile :; do sleep 1000; done\n", "--set guest.stop_timeout=2s");
	cr_assert_eq(au("start quick deaf"), 0, "%s", got.errors);
	wait_up("quick");
	wait_up("deaf");
	init = guest_look("deaf").init_pid;
	open_screens("deaf");
	press_until("*", "tagged 2");
	press_until("x", "Stop 2 tagged guests");
	press_until("y", "1 stopped, 1 failed");
	press_until("g", "its time limit is over");
	cr_expect_eq(guest_look("deaf").init_pid, init, "nothing was killed");
	cr_expect_str_eq(guest_state("deaf"), "stopping");
	press("gj");
	painted("never painted", 0.5);
	press_until("\r", "Stop deaf"); /* deaf is the first by name */
	see("sleep");
	press_until("X", "Kill deaf");
	press_until("y", "deaf killed");
	wait_state("deaf", "stopped", 20);
	cr_expect_str_eq(guest_look("deaf").last_end.cause, "killed");
	close_screens();
	expect_nothing_left();
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file, "%s", path);
	fputs(text, file);
	fclose(file);
}

Test(acting, settings_of_the_site_and_of_the_user)
{
	char site[256], own[256];

	guest_busybox("web", NULL);
	snprintf(site, sizeof site, "%s/site.ini", place_directory);
	snprintf(own, sizeof own, "%s/auberge", place_directory);
	mkdir(own, 0700);
	snprintf(own, sizeof own, "%s/auberge/screen.ini", place_directory);
	write_file(site, "[console]\nescape = ^A\n[screen]\nrate = 7s\nsort = name\n");
	write_file(own, "[screen]\nsort = -mem\nrat = 3s\n");
	setenv("AUBERGE_CONFIG", site, 1);
	setenv("XDG_CONFIG_HOME", place_directory, 1);
	open_screens("rate 7s");
	see("screen.ini:3: rat: not known in [screen]");
	press_until("\014", "sort mem reversed");
	press_until("O", "Settings of the screens");
	press_until("s", "written to");
	press("q");
	close_screens();
	cr_expect_eq(sh("cat %s", own), 0);
	cr_expect(strstr(got.output, "rat = 3s\n") && strstr(got.output, "rate = 7s\n"), "%s", got.output);
	cr_expect_eq(sh("cat %s", site), 0);
	cr_expect_str_eq(got.output, "[console]\nescape = ^A\n[screen]\nrate = 7s\nsort = name\n", "the site's is left alone");
}
