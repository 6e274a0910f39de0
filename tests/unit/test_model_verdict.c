/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of WHY, one rule after the other, and the flags. */
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_why(const struct auberge_guest *guest, const char *why, enum model_level level)
{
	struct model_row row;

	model_row_init(&row, guest, &fixture_clock);
	cr_expect_str_eq(row.why, why, "%s, not %s", row.why, why);
	cr_expect_eq(row.level, level, "%s", why);
}

Test(model_verdict, failed)
{
	static const struct {
		const char *cause;
		int status;
		int64_t age;
		const char *why;
	} cases[] = {
		{"exited", 1, 72000, "exit 1 02:13"}, {"exited", 127, 60, "exit 127 22:12"},
		{"signalled", 137, 60, "signal 9 22:12"},
		{"killed", 137, 60, "signal 9 22:12"}, {"start-failed", -1, 60, "start failed 22:12"},
		{"oom", 137, 60, "OOM kill 22:12"}, {"host-restarted", -1, 60, "host restart 22:12"},
		{"gave-up", 1, 60, "gave up 22:12"},
		{"unknown", -1, 60, "ended 22:12"}, {"exited", 1, 3 * 86400 + 7200, "exit 1 3d02"},
		{"exited", 1, 41 * 86400, "exit 1 41d"}, {"exited", 1, 1700000000, "exit 1"},
	};
	struct auberge_guest guest = fixture_guest("old", AUBERGE_FAILED_STATE);

	setenv("TZ", "UTC", 1); /* the clock says 22:13:20 */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		guest.last_end = (struct auberge_end){.known = true, .status = cases[i].status, .bad = true,
		                                      .time_seconds = fixture_clock.wall_seconds - cases[i].age};
		snprintf(guest.last_end.cause, sizeof guest.last_end.cause, "%s", cases[i].cause);
		expect_why(&guest, cases[i].why, MODEL_BAD);
	}
}

Test(model_verdict, the_others)
{
	struct auberge_guest guest = fixture_guest("a", AUBERGE_RUNNING);

	expect_why(&guest, "", MODEL_PLAIN);
	guest.supervision = AUBERGE_SUPERVISION_LOST;
	expect_why(&guest, "unsupervised", MODEL_BAD);
	guest = fixture_guest("a", AUBERGE_FROZEN);
	expect_why(&guest, "", MODEL_PLAIN);
	guest = fixture_guest("a", AUBERGE_STOPPED);
	expect_why(&guest, "", MODEL_PLAIN);
	guest.autostart = true;
	expect_why(&guest, "", MODEL_PLAIN);
	snprintf(guest.problem, sizeof guest.problem, "guest.ini:3: unknown key");
	expect_why(&guest, "bad config", MODEL_WARN);
	guest = fixture_guest("a", AUBERGE_INCOMPLETE);
	expect_why(&guest, "half made", MODEL_WARN);
}

Test(model_verdict, started_again_by_itself)
{
	struct auberge_guest guest = fixture_guest("a", AUBERGE_STARTING);
	struct model_row row;

	guest.restarts = 2;
	guest.restart_seconds = 1008;
	guest.last_end = (struct auberge_end){.known = true, .cause = "exited", .status = 1, .bad = true};
	expect_why(&guest, "exit 1 again 8s", MODEL_BAD);
	guest.last_end = (struct auberge_end){.known = true, .cause = "signalled", .status = 139, .bad = true};
	guest.restart_seconds = 990;
	expect_why(&guest, "signal 11 again 0s", MODEL_BAD);
	guest.last_end = (struct auberge_end){.known = true, .cause = "start-failed", .status = -1, .bad = true};
	guest.restart_seconds = 1060;
	expect_why(&guest, "start-failed again 1m", MODEL_BAD);
	model_row_init(&row, &guest, &fixture_clock);
	cr_expect_eq(row.flags & 1u << MODEL_FLAG_LOOP, 0u);
	guest.restarts = 3;
	model_row_init(&row, &guest, &fixture_clock);
	cr_expect(row.flags & 1u << MODEL_FLAG_LOOP);
	guest = fixture_guest("a", AUBERGE_RUNNING);
	guest.restarts = 4;
	model_row_init(&row, &guest, &fixture_clock);
	cr_expect(row.flags & 1u << MODEL_FLAG_LOOP);
	expect_why(&guest, "4 restarts", MODEL_BAD);
}

Test(model_verdict, stopping)
{
	struct auberge_guest guest = fixture_guest("a", AUBERGE_STOPPING);
	struct model_row row;

	expect_why(&guest, "stopping", MODEL_WARN);
	guest.stop_deadline_seconds = 1018;
	expect_why(&guest, "stopping 18s", MODEL_WARN);
	model_row_init(&row, &guest, &fixture_clock);
	row.survivors = 3;
	model_verdict(&row, &fixture_clock);
	cr_expect_str_eq(row.why, "3 left 18s");
	guest.stop_deadline_seconds = 990;
	expect_why(&guest, "overdue 10s", MODEL_BAD);
	model_row_init(&row, &guest, &fixture_clock);
	row.survivors = 3;
	model_verdict(&row, &fixture_clock);
	cr_expect_str_eq(row.why, "3 left -10s");
}

Test(model_verdict, oom_kills)
{
	struct auberge_guest guest = fixture_guest("a", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;

	model_row_init(&row, &guest, &fixture_clock);
	counters.oom_kills = 1;
	model_update_counters(&row, &counters, &fixture_clock);
	cr_expect_str_eq(row.why, "1 OOM kill");
	counters.oom_kills = 2;
	counters.time_usec++;
	model_update_counters(&row, &counters, &fixture_clock);
	cr_expect_str_eq(row.why, "2 OOM kills");
	cr_expect_eq(row.level, MODEL_WARN, "it is not known when");
	cr_expect(row.flags & 1u << MODEL_FLAG_OOM);
}

Test(model_verdict, flags)
{
	struct auberge_guest guest = fixture_guest("a", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;
	char text[MODEL_CELL_SIZE];

	model_row_init(&row, &guest, &fixture_clock);
	model_update_counters(&row, &counters, &fixture_clock);
	cr_expect_eq(row.flags, 0u);
	counters.time_usec += 1000000;
	counters.throttled_usec += 100000;
	counters.memory_bytes = counters.memory_limit_bytes = 4096;
	counters.processes = 95;
	counters.processes_limit = 100;
	counters.cpu_stall_percent = counters.io_stall_percent = 50;
	model_update_counters(&row, &counters, &fixture_clock);
	model_text(model_column_find("flags"), &row, text, sizeof text);
	cr_expect_str_eq(text, "memory cpu io throttled processes");
}
