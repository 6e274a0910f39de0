/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A start, and a stop, killed by SIGKILL at each step: the steps are the ledger's own record table, before and after each
 * record is written, and the points of reclaim. Each time the next start comes up, and the stop after it leaves nothing.
 */
#include "place.h"
#include "supervisor/ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(crash, .init = place_begin, .fini = place_end, .timeout = 900);

static const char quick[] = "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";

#define BRIDGE "agtestbr0"

static void make_guest(void)
{
#ifndef AUBERGE_FAULTS
	cr_skip_test("built without --enable-faults");
#endif
	sh("ip link del " BRIDGE);
	cr_assert_eq(sh("ip link add " BRIDGE " type bridge"), 0, "%s", got.errors);
	guest_script("web", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agtest-web'");
}

static void begin_again(const char *point)
{
	unsetenv("AUBERGE_FAULT");
	for (int i = 0; i < 3 && au("start web") != 0; i++) { /* its supervisor may have come up after all */
		if (got.status == 4)
			au("kill web");
	}
	cr_assert_str_eq(guest_state("web"), "running", "after %s: %s", point, got.errors);
	cr_assert_eq(au("stop web"), 0, "after %s: %s", point, got.errors);
	cr_assert_neq(access("/sys/class/net/agtest-web", F_OK), 0, "after %s the link stays", point);
}

static void die_at(const char *point, bool at_stop)
{
	setenv("AUBERGE_FAULT", point, 1);
	if (au("start web") == 0) {
		cr_expect(at_stop, "nothing happened at %s", point);
		au("stop web --timeout 5s");
	} else {
		cr_expect_gt(strlen(got.errors), 0, "at %s nothing is said", point);
	}
	begin_again(point);
}

Test(crash, start_killed_at_each_record_of_the_ledger)
{
	char point[64];

	make_guest();
	for (int record = 0; record < LEDGER_RECORDS_COUNT; record++) {
		bool at_stop = record == LEDGER_INIT_END || record == LEDGER_READY || record == LEDGER_HALT_HEARD; /* the start goes well */

		snprintf(point, sizeof point, "before-%s", ledger_record_word((enum ledger_record)record));
		die_at(point, at_stop);
		snprintf(point, sizeof point, "after-%s", ledger_record_word((enum ledger_record)record));
		die_at(point, at_stop);
	}
	die_at("spawn-released", false);
	die_at("build-answer", false);
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}

Test(crash, stop_killed_at_each_step_of_the_reclaim)
{
	static const char *const points[] = {"reclaim-processes", "reclaim-links", "reclaim-cgroups", "remove-control",
	                                     "remove-effective.ini", "remove-summary", "remove-ledger"};

	make_guest();
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		die_at(points[i], true);
	expect_nothing_left();
	cr_expect_eq(sh("ip link del " BRIDGE), 0);
}
