/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of the kernel's files, as the table of the figures reads them; the disk; who sleeps. */
#include "host/meter_private.h"

#include <criterion/criterion.h>
#include <string.h>

static bool read_text(const char *file, bool v2, const char *text, struct auberge_counters *counters)
{
	for (size_t i = 0; i < METER_ROWS; i++)
		if (meter_rows[i].file[v2] && strcmp(meter_rows[i].file[v2], file) == 0)
			return meter_rows[i].read[v2](text, counters);
	cr_expect(false, "no row for %s", file);
	return false;
}

Test(host_figures, processor)
{
	struct auberge_counters counters = {.time_usec = 7};

	cr_assert(read_text("cpu.stat", true, "usage_usec 5\nuser_usec 3\nnr_periods 10\nnr_throttled 4\nthrottled_usec 900\n", &counters));
	cr_expect_eq(counters.periods, 10u);
	cr_expect_eq(counters.throttled_periods, 4u);
	cr_expect_eq(counters.throttled_usec, 900u);
	cr_expect_eq(counters.throttled_time_usec, 7u);
	cr_expect(counters.have & AUBERGE_HAVE_PERIODS);
	counters = (struct auberge_counters){0};
	cr_assert(read_text("cpu.stat", true, "usage_usec 5\nuser_usec 3\n", &counters));
	cr_expect_not(counters.have & AUBERGE_HAVE_PERIODS);
	cr_assert(read_text("cpu.stat", false, "nr_periods 8\nnr_throttled 2\nthrottled_time 5000\n", &counters));
	cr_expect_eq(counters.throttled_usec, 5u);
	cr_expect_eq(counters.throttled_periods, 2u);
	cr_assert(read_text("cpu.max", true, "max 100000\n", &counters));
	cr_expect_eq(counters.cpu_quota_thousandths, AUBERGE_UNLIMITED);
	cr_assert(read_text("cpu.max", true, "150000 50000\n", &counters));
	cr_expect_eq(counters.cpu_quota_thousandths, 3000u);
	cr_assert_not(read_text("cpu.max", true, "150000 0\n", &counters));
	cr_assert_not(read_text("cpu.max", true, "", &counters));
	cr_assert(read_text("cpu.cfs_quota_us", false, "-1\n", &counters));
	cr_expect_eq(counters.cpu_quota_thousandths, AUBERGE_UNLIMITED);
	cr_assert(read_text("cpu.cfs_quota_us", false, "20000\n", &counters));
	cr_expect_eq(counters.cpu_quota_thousandths, 200u);
}

Test(host_figures, memory)
{
	struct auberge_counters counters = {0};

	cr_assert(read_text("memory.stat", true, "anon 100\nfile 70\nshmem 20\nactive_file 30\ninactive_file 20\n"
	                                         "workingset_refault_anon 3\nworkingset_refault_file 4\n", &counters));
	cr_expect_eq(counters.anonymous_bytes, 100u);
	cr_expect_eq(counters.shared_bytes, 20u);
	cr_expect_eq(counters.file_bytes, 50u);
	cr_expect_eq(counters.cache_bytes, 20u);
	cr_expect_eq(counters.refaults, 7u);
	cr_expect(counters.have & AUBERGE_HAVE_MEMORY_KINDS);
	counters = (struct auberge_counters){0};
	cr_assert(read_text("memory.stat", false, "rss 1\ninactive_file 1\nactive_file 1\nshmem 1\nworkingset_refault_file 9\ntotal_rss 100\n"
	                                          "total_shmem 20\ntotal_inactive_file 5\ntotal_active_file 6\n"
	                                          "total_workingset_refault_file 8", &counters));
	cr_expect_eq(counters.anonymous_bytes, 100u);
	cr_expect_eq(counters.file_bytes, 11u);
	cr_expect_eq(counters.refaults, 8u);
	counters = (struct auberge_counters){0};
	cr_assert(read_text("memory.stat", true, "inactive_file 5\n", &counters), "the old figure is there");
	cr_expect_not(counters.have & AUBERGE_HAVE_MEMORY_KINDS);
	cr_assert_not(read_text("memory.stat", true, "", &counters));
	cr_assert_not(read_text("memory.stat", true, "inactive_file\n", &counters));
	cr_assert(read_text("memory.events", true, "low 0\nhigh 2\nmax 33\noom 4\noom_kill 3\n", &counters));
	cr_expect_eq(counters.oom_kills, 3u);
	cr_expect_eq(counters.memory_hits, 33u);
	counters = (struct auberge_counters){.have = AUBERGE_HAVE_OOM, .oom_kills = 2};
	cr_assert(read_text("exec/memory.oom_control", false, "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", &counters));
	cr_expect_eq(counters.oom_kills, 3u, "added to that of payload");
	cr_assert(read_text("memory.failcnt", false, "12\n", &counters));
	cr_expect_eq(counters.memory_hits, 12u);
}

Test(host_figures, processes)
{
	struct auberge_counters counters = {0};

	cr_assert(read_text("pids.events", true, "max 2\n", &counters));
	cr_assert(read_text("payload/pids.events", true, "max 5\n", &counters));
	cr_expect_eq(counters.refused_processes, 5u);
	cr_assert(read_text("pids.events", true, "max 9\n", &counters));
	cr_assert(read_text("payload/pids.events", true, "max 5\n", &counters));
	cr_expect_eq(counters.refused_processes, 9u, "the greater, not the sum");
}

Test(host_figures, pressure)
{
	struct auberge_pressure pressure;

	cr_assert(meter_read_pressure("some avg10=12.34 avg60=5.00 avg300=0.00 total=1\nfull avg10=1.50 avg60=0.25 avg300=0.00 total=9\n", &pressure));
	cr_expect_float_eq(pressure.some10, 12.34, 1e-4);
	cr_expect_float_eq(pressure.some60, 5, 1e-4);
	cr_expect_float_eq(pressure.full10, 1.5, 1e-4);
	cr_expect_float_eq(pressure.full60, 0.25, 1e-4);
	cr_assert(meter_read_pressure("some avg10=1.00 avg60=2.00 avg300=0.00 total=1\n", &pressure), "cpu before Linux 5.13");
	cr_expect_lt(pressure.full10, 0);
	cr_assert_not(meter_read_pressure("some avg10=", &pressure));
	cr_assert_not(meter_read_pressure("", &pressure));
	cr_assert_not(meter_read_pressure("some avg10=1.00", &pressure));
}

Test(host_figures, disk)
{
	struct auberge_counters counters = {0};

	meter_look_at_disk("/", &counters);
	cr_expect(counters.have & AUBERGE_HAVE_DISK);
	cr_expect_geq(counters.disk_bytes, counters.disk_free_bytes);
	meter_look_at_disk("/there/is/no/such/directory", &counters);
	cr_expect_not(counters.have & AUBERGE_HAVE_DISK);
}
