/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Debian guest with systemd, in place from AUBERGE_TEST_DEBIAN (a directory that holds rootfs/): it boots to a login
 * prompt on its console and on tty1, with id 0 inside another one outside, and stops cleanly; with sys_admin dropped too,
 * or that is refused with the reason.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(debian, .init = place_begin, .fini = place_end, .timeout = 900);

static void create(const char *name, const char *words)
{
	const char *tree = getenv("AUBERGE_TEST_DEBIAN");

	if (!tree || access(tree, R_OK) != 0)
		cr_skip_test("no Debian tree: set AUBERGE_TEST_DEBIAN (tests/debian-tree makes one)");
	cr_assert_eq(au("create %s --template dir:%s/rootfs --set console.ttys=1 %s", name, tree, words), 0, "%s", got.errors);
}

/* What a tty has shown since it was opened, until text comes. */
static bool tty_shows(const char *name, unsigned tty, const char *text, double limit_seconds)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	struct auberge_console *console = auberge_console_open(auberge, name, tty, true, &error);
	static char shown[1 << 20];
	size_t length = 0;
	bool found = false;

	cr_assert_not_null(console, "%s", error.text);
	struct pollfd wait = {.fd = auberge_console_fd(console), .events = POLLIN};
	for (double left = limit_seconds * run_time_factor() * 10; !found && left > 0 && length < sizeof shown - 5000;) {
		uint64_t missed;
		ssize_t count = auberge_console_read(console, shown + length, 4096, &missed, &error);

		if (count < 0)
			break;
		length += (size_t)count;
		shown[length] = '\0';
		found = strstr(shown, text) != NULL;
		if (count == 0 && poll(&wait, 1, 100) == 0)
			left--;
	}
	auberge_console_close(console);
	auberge_close(auberge);
	if (!found)
		cr_log_error("tty %u of %s: no \"%s\" in: %s", tty, name, text, shown);
	return found;
}

static void boot_and_stop(const char *name)
{
	struct stat status;
	char path[64];

	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
	cr_expect(tty_shows(name, 0, "login:", 60));
	cr_expect(tty_shows(name, 1, "login:", 30));
	snprintf(path, sizeof path, "/proc/%d", guest_look(name).init_pid);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_geq(status.st_uid, 0x70000000u);
	cr_expect_eq(au("show %s", name), 0);
	cr_expect(strstr(got.output, "systemd") != NULL, "%s", got.output);
	cr_expect_eq(au("stop %s --timeout 60m", name), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look(name).last_end.cause, "stopped");
	expect_nothing_left();
}

Test(debian, systemd_boots_to_a_login_and_stops_cleanly)
{
	create("deb", "");
	boot_and_stop("deb");
}

Test(debian, systemd_without_sys_admin_boots_or_is_refused_with_the_reason)
{
	create("tight", "--set security.drop_capabilities=sys_admin");
	if (au("config check tight") == 0) {
		boot_and_stop("tight");
	} else {
		cr_expect(strstr(got.errors, "sys_admin") != NULL, "%s", got.errors);
	}
}

Test(debian, a_stop_right_after_the_start_is_heard)
{
	create("soon", "");
	cr_assert_eq(au("start soon"), 0, "%s", got.errors);
	cr_expect_eq(au("stop soon --timeout 60m"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("soon").last_end.cause, "stopped");
}

Test(debian, systemd_says_itself_that_it_is_up)
{
	create("told", "");
	cr_assert_eq(au("start told --wait ready"), 0, "%s", got.errors);
	cr_expect(guest_look("told").ready);
	cr_assert_eq(au("show told --json"), 0);
	cr_expect(strstr(got.output, "\"status\": \"Startup finished in") || strstr(got.output, "\"status\": \"Ready."), "%s", got.output);
	cr_expect_eq(au("exec told -- systemctl is-system-running"), strstr(got.output, "degraded") ? 1 : 0, "%s", got.output);
	cr_expect_null(strstr(got.output, "starting"), "%s", got.output);
	cr_expect_eq(au("exec told -- systemd-detect-virt"), 0, "%s", got.errors);
	cr_expect_eq(au("stop told --timeout 60m"), 0, "%s", got.errors);
	expect_nothing_left();
}
