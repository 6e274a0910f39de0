/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger: what was written is read back, a torn tail costs nothing, a newer format is refused untouched. */
#include "base/error.h"
#include "supervisor/ledger.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	char path[64];
	int fd;
};

static struct place make_place(void)
{
	struct place place = {"/tmp/auberge-ledger-XXXXXX", -1};

	cr_assert_not_null(mkdtemp(place.path));
	place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place;
}

static void drop_place(struct place *place)
{
	unlinkat(place->fd, "ledger", 0);
	close(place->fd);
	rmdir(place->path);
}

static void write_some(struct place *place)
{
	struct auberge_error error = {0};
	int fd = ledger_begin(place->fd, &error);

	cr_assert_geq(fd, 0, "%s", error.text);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_SUPERVISOR, "%d %d", 41, 4100), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_PHASE, "starting"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_CGROUP, "web auberge-web.scope"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_LINK, "web-eth0 fe:00:00:00:00:01 eth0 br0 02:00:00:00:00:02"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_LINK_INDEX, "web-eth0 17"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_INIT, "%d %d", 42, 4200), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_PHASE, "running 100"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_PHASE, "stopping 190"), 0);
	close(fd);
}

Test(ledger, reads_what_was_written)
{
	struct place place = make_place();
	struct auberge_error error = {0};
	struct ledger ledger;

	write_some(&place);
	cr_assert_eq(ledger_read(place.fd, &ledger, &error), 0, "%s", error.text);
	cr_expect(ledger.present && ledger.this_boot && ledger.cgroup);
	cr_expect_str_eq(ledger.scope, "auberge-web.scope");
	cr_expect_eq(ledger.phase, PHASE_STOPPING);
	cr_expect_eq(ledger.stop_deadline_seconds, 190);
	cr_expect_eq(ledger.running_since, 100);
	cr_expect_eq(ledger.init_pid, 42);
	cr_expect_eq(ledger.init_start, 4200);
	cr_assert_eq(ledger.links_count, 1);
	cr_expect_str_eq(ledger.links[0].host_name, "web-eth0");
	cr_expect_str_eq(ledger.links[0].bridge, "br0");
	cr_expect_eq(ledger.links[0].host_mac[0], 0xfe);
	cr_expect_eq(ledger.links[0].index, 17);
	drop_place(&place);
}

Test(ledger, a_tail_torn_at_any_byte_is_ignored)
{
	struct place place = make_place();
	struct auberge_error error = {0};
	char text[4096], boot[40] = "";
	ssize_t length;
	int fd;

	write_some(&place);
	fd = openat(place.fd, "ledger", O_RDONLY);
	length = read(fd, text, sizeof text - 1);
	close(fd);
	text[length] = '\0';
	sscanf(text, "auberge-ledger 1 %39s", boot);
	for (ssize_t cut = 0; cut <= length; cut++) {
		struct ledger ledger;

		cr_assert_eq(ledger_parse(text, (size_t)cut, boot, &ledger, &error), 0, "cut at %zd: %s", cut, error.text);
		cr_assert(ledger.init_pid == 0 || ledger.init_pid == 42);
		cr_assert(ledger.links_count == 0 || ledger.links[0].host_mac[5] == 1);
	}
	drop_place(&place);
}

Test(ledger, a_changed_byte_ends_the_reading)
{
	struct place place = make_place();
	struct auberge_error error = {0};
	struct ledger ledger;
	char text[4096];
	int fd;

	write_some(&place);
	fd = openat(place.fd, "ledger", O_RDWR);
	ssize_t length = read(fd, text, sizeof text - 1);
	text[length] = '\0';
	char *at = strstr(text, "init 42");
	cr_assert_not_null(at);
	cr_assert_eq(pwrite(fd, "43", 2, at + 5 - text), 2);
	close(fd);
	cr_assert_eq(ledger_read(place.fd, &ledger, &error), 0);
	cr_expect_eq(ledger.init_pid, 0);
	cr_expect_eq(ledger.phase, PHASE_STARTING);
	drop_place(&place);
}

Test(ledger, a_newer_format_is_refused)
{
	static const char text[] = "auberge-ledger 2 x\nwhatever\n";
	struct auberge_error error = {0};
	struct ledger ledger;

	cr_assert_lt(ledger_parse(text, sizeof text - 1, "x", &ledger, &error), 0);
	cr_expect_eq(error.number, EPROTONOSUPPORT);
	cr_expect(strstr(error.text, "newer") != NULL);
}

Test(ledger, another_boot_is_told)
{
	static const char text[] = "auberge-ledger 1 other\n";
	struct auberge_error error = {0};
	struct ledger ledger;

	cr_assert_eq(ledger_parse(text, sizeof text - 1, "this", &ledger, &error), 0);
	cr_expect(ledger.present && !ledger.this_boot);
}

Test(ledger, a_missing_one_is_no_error)
{
	struct place place = make_place();
	struct auberge_error error = {0};
	struct ledger ledger;

	cr_assert_eq(ledger_read(place.fd, &ledger, &error), 0);
	cr_expect_not(ledger.present);
	drop_place(&place);
}

Test(ledger, a_guest_that_waits_to_be_started_again_keeps_only_that)
{
	struct place place = make_place();
	struct auberge_error error = {0};
	struct ledger ledger, kept;
	int fd;

	write_some(&place);
	fd = ledger_open_append(place.fd, &error);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_READY, "101"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_RESTARTS, "2 150 170"), 0);
	cr_assert_eq(ledger_append(fd, &error, LEDGER_PHASE, "waiting 172 2"), 0);
	close(fd);
	cr_assert_eq(ledger_read(place.fd, &ledger, &error), 0, "%s", error.text);
	cr_expect_eq(ledger.phase, PHASE_AWAITING);
	cr_expect(ledger.ready && ledger.cgroup && ledger.init_pid == 42);
	cr_assert_eq(ledger_keep_waiting(place.fd, &ledger, &error), 0, "%s", error.text);
	cr_assert_eq(ledger_read(place.fd, &kept, &error), 0, "%s", error.text);
	cr_expect(kept.present && kept.this_boot && kept.socket);
	cr_expect_eq(kept.phase, PHASE_AWAITING);
	cr_expect_eq(kept.waiting_until_seconds, 172);
	cr_expect_eq(kept.restarts.count, 2u);
	cr_expect_eq(kept.restarts.times[1], 170);
	cr_expect_eq(kept.supervisor_pid, 41);
	cr_expect(!kept.ready && !kept.cgroup && kept.init_pid == 0 && kept.links_count == 0);
	drop_place(&place);
}
