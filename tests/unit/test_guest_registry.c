/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list: names, order, states from what lies on disk, without any supervisor. */
#include "guest/history.h"
#include "guest/lock.h"
#include "guest_place.h"
#include "host/process.h"
#include "supervisor/ledger.h"

#include <time.h>

static struct auberge_guest get(struct place *place, const char *name)
{
	struct auberge_guest *guests, guest;
	size_t count;

	error_clear(&place->error);
	cr_assert_eq(auberge_list(place->auberge, &name, 1, AUBERGE_LIST_FIGURES, &guests, &count, &place->error), 0, "%s",
	             place->error.text);
	guest = guests[0];
	free(guests);
	return guest;
}

/* A ledger as a supervisor would have left it. */
static void write_ledger(struct place *place, const char *name, const char *phase, pid_t init)
{
	cleanup_close int run_fd = set_make_run(place->auberge, name, &place->error);

	unlinkat(run_fd, "ledger", 0);
	cleanup_close int fd = ledger_begin(run_fd, &place->error);
	cr_assert_geq(fd, 0, "%s", place->error.text);
	ledger_append(fd, &place->error, LEDGER_PHASE, "starting");
	ledger_append(fd, &place->error, LEDGER_LINK, "%s", "veth-x fe:00:00:00:00:01 eth0 br1 02:00:00:00:00:01");
	if (init)
		ledger_append(fd, &place->error, LEDGER_INIT, "%d %llu", init, (unsigned long long)process_start_time(init));
	ledger_append(fd, &place->error, LEDGER_PHASE, "%s", phase);
}

Test(registry, empty_sorted_and_half_made)
{
	struct place place = make_place();
	struct auberge_guest *guests;
	char path[200];
	size_t count;

	cr_assert_eq(auberge_list(place.auberge, NULL, 0, 0, &guests, &count, &place.error), 0);
	cr_assert_eq(count, 0);
	free(guests);
	make_guest(&place, "zeta", "[guest]\nautostart = yes\n[net eth0]\nbridge = br0\naddress = 192.0.2.1/24\n");
	make_guest(&place, "alpha", "[guest]\nkind = vm\n[security]\nprivileged = yes\n");
	make_guest(&place, "broken", "[guest]\nautostart = yes\nkindd = x\n");
	make_guest(&place, "empty", NULL);
	snprintf(path, sizeof path, "%s/.create-new", place.state);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/.destroy-zeta", place.state);
	mkdir(path, 0700);
	cr_assert_eq(auberge_list(place.auberge, NULL, 0, 0, &guests, &count, &place.error), 0);
	cr_assert_eq(count, 5);
	cr_assert_str_eq(guests[0].name, "alpha");
	cr_assert(guests[0].kind == AUBERGE_VM && guests[0].privileged);
	cr_assert_str_eq(guests[1].name, "broken");
	cr_assert(guests[1].autostart && strstr(guests[1].problem, "/broken/guest.ini:3: unknown key \"kindd\""));
	cr_assert_eq(guests[1].state, AUBERGE_STOPPED);
	cr_assert_eq(guests[2].state, AUBERGE_INCOMPLETE);
	cr_assert_str_eq(guests[3].name, "new");
	cr_assert_eq(guests[3].state, AUBERGE_INCOMPLETE);
	cr_assert_str_eq(guests[4].name, "zeta");
	cr_assert(guests[4].autostart && guests[4].state == AUBERGE_STOPPED && guests[4].uptime_seconds == -1);
	cr_assert_str_eq(guests[4].bridges[0], "br0");
	cr_assert_str_eq(guests[4].addresses[0], "192.0.2.1/24");
	free(guests);
	drop_place(&place);
}

Test(registry, unknown_names)
{
	struct place place = make_place();
	const char *names[] = {"web", "nix"};
	struct auberge_guest *guests;
	size_t count;

	make_guest(&place, "web", "[guest]\n");
	cr_assert_lt(auberge_list(place.auberge, names, 2, 0, &guests, &count, &place.error), 0);
	cr_assert_eq(place.error.code, AUBERGE_NO_GUEST);
	drop_place(&place);
}

Test(registry, states_by_ledger_and_lock)
{
	struct place place = make_place();
	struct auberge_guest guest;
	int lock;

	make_guest(&place, "web", "[guest]\n");
	write_ledger(&place, "web", "running 1", getpid());
	guest = get(&place, "web");
	cr_assert_eq(guest.state, AUBERGE_RUNNING);
	cr_assert_eq(guest.supervision, AUBERGE_SUPERVISION_LOST);
	cr_assert(guest.running && guest.init_pid == getpid() && guest.uptime_seconds >= 0);
	cr_assert_str_eq(guest.links[0], "veth-x");
	cr_assert_str_eq(guest.bridges[0], "br1");
	lock = lock_open(place.auberge, "web");
	cr_assert_eq(lock_try(lock, LOCK_SUPERVISOR), 0);
	guest = get(&place, "web");
	cr_assert(guest.state == AUBERGE_RUNNING && guest.supervision == AUBERGE_SUPERVISION_OK);
	write_ledger(&place, "web", "stopping 12345", getpid());
	guest = get(&place, "web");
	cr_assert(guest.state == AUBERGE_STOPPING && guest.stop_deadline_seconds == 12345);
	write_ledger(&place, "web", "starting", 0);
	guest = get(&place, "web");
	cr_assert(guest.state == AUBERGE_STARTING && !guest.running);
	close(lock);
	guest = get(&place, "web");
	cr_assert_eq(guest.state, AUBERGE_FAILED_STATE);
	cr_assert_str_eq(guest.last_end.cause, "start-failed");
	cr_assert_eq(guest.supervision, AUBERGE_SUPERVISION_NONE);
	write_ledger(&place, "web", "running 1", 0);
	cr_assert_eq(get(&place, "web").state, AUBERGE_STOPPED);
	drop_place(&place);
}

Test(registry, another_boot_and_a_bad_end)
{
	struct place place = make_place();
	struct auberge_end end = {.cause = "oom", .status = 137, .bad = true};
	static const char old[] = "auberge-ledger 1 00000000-0000-0000-0000-000000000000\n";
	struct auberge_guest guest;
	char text[1024], *body;

	make_guest(&place, "web", "[guest]\n");
	write_ledger(&place, "web", "running 1", getpid());
	cleanup_close int run_fd = set_open_run(place.auberge, "web");
	cr_assert_gt(file_read_at(run_fd, "ledger", text, sizeof text), 0);
	body = strchr(text, '\n') + 1;
	cr_assert_eq(strlen(old), (size_t)(body - text));
	memcpy(text, old, strlen(old));
	cr_assert_eq(file_replace_at(run_fd, "ledger", text, strlen(text), 0600), 0);
	guest = get(&place, "web");
	cr_assert_eq(guest.state, AUBERGE_STOPPED);
	cr_assert_str_eq(guest.last_end.cause, "host-restarted");
	cr_assert_eq(history_write_end(place.auberge, "web", &end, &place.error), 0);
	guest = get(&place, "web");
	cr_assert_eq(guest.state, AUBERGE_FAILED_STATE);
	cr_assert_str_eq(guest.last_end.cause, "oom");
	drop_place(&place);
}

/* 200 stopped and 50 running ones: the share of `list` that is ours. */
Test(registry, many_are_quick)
{
	struct place place = make_place();
	struct auberge_guest *guests;
	struct timespec before, after;
	double best = 1e9;
	size_t count;

	for (int i = 0; i < 250; i++) {
		char name[16];

		snprintf(name, sizeof name, "g%03d", i);
		make_guest(&place, name, "[guest]\nhostname = a\n[limits]\nmemory = 1G\n[net eth0]\nbridge = br0\naddress = 192.0.2.1/24\n");
		if (i < 50)
			write_ledger(&place, name, "running 1", getpid());
	}
	for (int i = 0; i < 5; i++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		cr_assert_eq(auberge_list(place.auberge, NULL, 0, AUBERGE_LIST_FIGURES, &guests, &count, &place.error), 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
		double took = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
		best = took < best ? took : best;
		cr_assert_eq(count, 250);
		free(guests);
	}
	cr_assert_lt(best, 100, "%.1f ms, sanitizers included", best);
	if (getenv("TELL"))
		fprintf(stderr, "list of 250: %.2f ms\n", best);
	drop_place(&place);
}

Test(registry, words)
{
	cr_assert_str_eq(auberge_state_word(AUBERGE_FAILED_STATE), "failed");
	cr_assert_str_eq(auberge_supervision_word(AUBERGE_SUPERVISION_NOT_ANSWERING), "not_answering");
	cr_assert_str_eq(auberge_kind_word(AUBERGE_VM), "vm");
	cr_assert_str_eq(auberge_act_word(AUBERGE_KILL), "kill");
}

Test(registry, macs_as_configured_then_as_they_are)
{
	struct place place = make_place();
	int lock;

	make_guest(&place, "web", "[net eth0]\nbridge = br0\n[net eth1]\nbridge = br1\nmac = 02:00:00:00:4A:11\n");
	cr_assert_str_eq(get(&place, "web").macs[0], "");
	cr_assert_str_eq(get(&place, "web").macs[1], "02:00:00:00:4a:11");
	lock = lock_open(place.auberge, "web");
	cr_assert_eq(lock_try(lock, LOCK_SUPERVISOR), 0);
	write_ledger(&place, "web", "running 1", getpid());
	cr_assert_str_eq(get(&place, "web").macs[0], "02:00:00:00:00:01");
	cr_assert_str_eq(get(&place, "web").macs[1], "");
	close(lock);
	drop_place(&place);
}

/* A state directory as mkdir(1) makes it: its names are open to all, the guests are not. */
Test(registry, without_rights_no_guest_looks_half_made)
{
	struct place place = make_place();
	struct auberge_guest *guests;
	char path[200];
	size_t count = 99;

	if (geteuid() != 0) {
		drop_place(&place);
		cr_skip_test("not root");
	}
	make_guest(&place, "web", "[guest]\n");
	snprintf(path, sizeof path, "%s/web", place.state);
	cr_assert_eq(chmod(path, 0700), 0);
	cr_assert_eq(chmod(place.state, 0755), 0);
	cr_assert_eq(chmod(place.path, 0755), 0);
	cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(auberge_list(place.auberge, NULL, 0, 0, &guests, &count, &place.error), 0, "%s", place.error.text);
	cr_expect_eq(count, 0, "it does not run");
	free(guests);
	cr_assert_eq(seteuid(0), 0);
	drop_place(&place);
}
