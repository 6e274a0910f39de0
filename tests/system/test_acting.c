/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts from the screens on real guests: keys in, what is on the terminal out. */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(acting, .init = place_begin, .fini = place_end, .timeout = 900);

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
	terminal_open(30, 100);
	terminal_see("below");
	terminal_type_until("*", "tagged 5");
	terminal_type_until("x", "Stop 5 tagged guests");
	terminal_type_until("y", "Stop 5 guests: 5 stopped");
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
	terminal_type("q");
	terminal_close("Q");
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
	terminal_open(30, 100);
	terminal_see("new");
	terminal_type("/old\r");
	terminal_rest(500);
	terminal_type_until("D", "Destroy old");
	terminal_see("/shared");
	terminal_rest(1000);
	terminal_type("ol\r");
	terminal_see("That is not old");
	cr_expect_eq(access(path, F_OK), 0);
	terminal_type("d\r");
	wait_until(is_gone, path, 30, "old is destroyed");
	terminal_type_until("B", "1 destroyed");
	terminal_type("q");
	cr_expect_eq(access(shared(""), F_OK), 0, "a mount's source is kept");
	cr_expect_str_eq(guest_state("new"), "stopped");
	terminal_close("Q");
	expect_nothing_left();
}

static void tag(const char *name)
{
	char keys[32];

	snprintf(keys, sizeof keys, "/%s\r", name);
	terminal_type(keys);
	terminal_rest(700);
	terminal_type("t");
}

Test(acting, several_tagged_are_destroyed_when_each_name_was_typed)
{
	char one[256], two[256];

	guest_logging("one", "");
	guest_logging("two", "");
	guest_busybox("new", NULL);
	snprintf(one, sizeof one, "%s/state/one", place_directory);
	snprintf(two, sizeof two, "%s/state/two", place_directory);
	terminal_open(30, 100);
	terminal_see("new");
	tag("one");
	tag("two");
	terminal_see("tagged 2");
	terminal_type_until("D", "Destroy 2 tagged guests");
	terminal_rest(1000);
	terminal_type("two\r");
	terminal_see("type each name (2 of 2)");
	cr_expect_eq(access(one, F_OK) | access(two, F_OK), 0, "nothing before the last name");
	terminal_type("one\r");
	terminal_see("2 destroyed");
	wait_until(is_gone, one, 30, "one is destroyed");
	wait_until(is_gone, two, 30, "two is destroyed");
	cr_expect_eq(access(shared(""), F_OK), 0, "a mount's source is kept");
	cr_expect_str_eq(guest_state("new"), "stopped");
	terminal_type("q");
	terminal_close("Q");
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
	terminal_open(30, 100);
	terminal_see("deaf");
	terminal_type_until("*", "tagged 2");
	terminal_type_until("x", "Stop 2 tagged guests");
	terminal_type_until("y", "1 stopped, 1 failed");
	terminal_type_until("g", "its time limit is over");
	cr_expect_eq(guest_look("deaf").init_pid, init, "nothing was killed");
	cr_expect_str_eq(guest_state("deaf"), "stopping");
	terminal_type("gj");
	terminal_rest(500);
	terminal_type_until("\r", "Stop deaf"); /* deaf is the first by name */
	terminal_see("sleep");
	terminal_type_until("X", "Kill deaf");
	terminal_type_until("y", "deaf killed");
	wait_state("deaf", "stopped", 20);
	cr_expect_str_eq(guest_look("deaf").last_end.cause, "killed");
	terminal_close("Q");
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
	terminal_open(30, 100);
	terminal_see("rate 7s");
	terminal_see("screen.ini:3: rat: not known in [screen]");
	terminal_type_until("\014", "sort mem reversed");
	terminal_type_until("O", "Settings of the screens");
	terminal_type_until("s", "written to");
	terminal_type("q");
	terminal_close("Q");
	cr_expect_eq(sh("cat %s", own), 0);
	cr_expect(strstr(got.output, "rat = 3s\n") && strstr(got.output, "rate = 7s\n"), "%s", got.output);
	cr_expect_eq(sh("cat %s", site), 0);
	cr_expect_str_eq(got.output, "[console]\nescape = ^A\n[screen]\nrate = 7s\nsort = name\n", "the site's is left alone");
}
