/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the triage, one by one: what holds, what does not, what stays for a while, and what `why` says in JSON. */
#include "model/json.h"
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define MIB (1024.0 * 1024)
#define SECOND 1000000u

/* A healthy guest with all figures, which each test makes sick. */
struct patient {
	struct model_row row;
	struct auberge_counters counters;
	struct model_clock clock;
	struct model_finding findings[MODEL_FINDINGS_MAX];
	size_t count;
};

static void look(struct patient *patient)
{
	model_update_counters(&patient->row, &patient->counters, &patient->clock);
	patient->count = model_findings(&patient->row, &patient->clock, patient->findings, MODEL_FINDINGS_MAX);
}

static void pass(struct patient *patient, unsigned seconds)
{
	patient->clock.monotonic_usec += seconds * (uint64_t)SECOND;
	patient->clock.wall_seconds += seconds;
	patient->clock.boot_seconds += seconds;
	patient->counters.time_usec = patient->clock.monotonic_usec;
}

static struct patient healthy(void)
{
	struct patient patient = {.clock = fixture_clock};
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);

	patient.counters = fixture_counters(fixture_clock.monotonic_usec);
	patient.counters.have |= AUBERGE_HAVE_QUOTA | AUBERGE_HAVE_PERIODS | AUBERGE_HAVE_MEMORY_HITS | AUBERGE_HAVE_MEMORY_KINDS |
	                         AUBERGE_HAVE_REFUSED | AUBERGE_HAVE_DISK;
	patient.counters.cpu_quota_thousandths = AUBERGE_UNLIMITED;
	patient.counters.memory_bytes = (uint64_t)(500 * MIB);
	patient.counters.memory_limit_bytes = (uint64_t)(1024 * MIB);
	patient.counters.anonymous_bytes = (uint64_t)(200 * MIB);
	patient.counters.file_bytes = (uint64_t)(300 * MIB);
	patient.counters.processes = 40;
	patient.counters.disk_bytes = (uint64_t)(1024 * MIB);
	patient.counters.disk_free_bytes = (uint64_t)(512 * MIB);
	model_row_init(&patient.row, &guest, &patient.clock);
	look(&patient);
	pass(&patient, 2);
	look(&patient);
	return patient;
}

static const struct model_finding *accusation(const struct patient *patient, const char *kind)
{
	for (size_t i = 0; i < patient->count; i++)
		if (patient->findings[i].level >= MODEL_WARN && strcmp(patient->findings[i].kind, kind) == 0)
			return &patient->findings[i];
	return NULL;
}

static void expect_healthy(const struct patient *patient, const char *what)
{
	char verdict[320];

	for (size_t i = 0; i < patient->count; i++)
		cr_expect(patient->findings[i].level < MODEL_WARN, "%s: %s", what, patient->findings[i].sentence);
	cr_expect_eq(patient->row.flags, 0u, "%s", what);
	cr_expect_str_eq(patient->row.why, "", "%s", what);
	model_verdict_sentence(&patient->row, &patient->clock, verdict, sizeof verdict);
	cr_expect_str_eq(verdict, "healthy", "%s: %s", what, verdict);
}

static void expect_accused(const struct patient *patient, const char *kind, enum model_level level, const char *words,
                           const char *in_sentence, const char *source)
{
	const struct model_finding *finding = accusation(patient, kind);

	cr_assert_not_null(finding, "%s", kind);
	cr_expect_eq(finding->level, level, "%s: %d", kind, (int)finding->level);
	cr_expect_str_eq(finding->words, words, "%s", finding->words);
	cr_expect_not_null(strstr(finding->sentence, in_sentence), "%s", finding->sentence);
	cr_expect_str_eq(finding->source, source, "%s", finding->source);
	cr_expect_neq(finding->next[0], '\0', "%s", kind);
	cr_expect_neq(finding->letter, '-');
}

Test(model_triage, healthy_guests_are_accused_of_nothing)
{
	struct patient patient = healthy();

	expect_healthy(&patient, "at rest");
	cr_expect_geq(patient.count, 4u, "what is well is told");
	for (size_t i = 0; i < patient.count; i++)
		cr_expect_eq(patient.findings[i].letter, '-');
	/* memory full of page cache, active or not, at its limit all the time */
	patient.counters.memory_bytes = (uint64_t)(1023 * MIB);
	patient.counters.file_bytes = (uint64_t)(900 * MIB);
	patient.counters.anonymous_bytes = (uint64_t)(100 * MIB);
	patient.counters.cache_bytes = (uint64_t)(10 * MIB);
	patient.counters.memory_hits = 50000;
	patient.counters.memory_stall_percent = 2;
	patient.counters.refaults = 100000;
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "page cache");
	/* all processors used, no limit: its own processes wait for one another */
	patient = healthy();
	patient.counters.cpu_usec += 4 * SECOND;
	patient.counters.cpu_stall_percent = 60;
	patient.counters.cpu_pressure = (struct auberge_pressure){60, 60, 1, 1};
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "busy");
	/* a burst of a second, a lost packet */
	patient = healthy();
	patient.counters.io_stall_percent = 9.5f;
	patient.counters.receive_packets += 10;
	patient.counters.receive_drops += 1;
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "a burst");
}

Test(model_triage, memory_at_its_limit)
{
	struct patient patient = healthy();

	patient.counters.anonymous_bytes = (uint64_t)(1010 * MIB);
	patient.counters.memory_bytes = (uint64_t)(1023 * MIB);
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "memory", MODEL_BAD, "memory 99%", "not page cache", "memory.current memory.stat");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_MEMORY);
	cr_expect_str_eq(accusation(&patient, "memory")->next, "e  raise limits.memory to 1536M (auberge config set web3 limits.memory=1536M)");
	/* a little below it stays, a lot below it goes at once */
	patient.counters.anonymous_bytes = (uint64_t)(975 * MIB);
	pass(&patient, 2);
	look(&patient);
	cr_expect_eq(accusation(&patient, "memory")->level, MODEL_BAD);
	patient.counters.anonymous_bytes = (uint64_t)(900 * MIB);
	pass(&patient, 2);
	look(&patient);
	cr_expect_eq(accusation(&patient, "memory")->level, MODEL_WARN);
	patient.counters.anonymous_bytes = (uint64_t)(500 * MIB);
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "below");
	/* v1's files have other names */
	patient.counters.old = AUBERGE_OLD_MEMORY;
	patient.counters.shared_bytes = (uint64_t)(600 * MIB);
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "memory", MODEL_BAD, "memory 100%", "not page cache", "memory.usage_in_bytes memory.stat");
	/* its kinds were read long ago, what it uses just now */
	patient.counters.memory_bytes = (uint64_t)(300 * MIB);
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "an old memory.stat");
}

Test(model_triage, stalls_do_not_flicker)
{
	static const struct {
		float percent;
		bool held;
	} steps[] = {{9, false}, {11, true}, {9, true}, {6, true}, {4, false}, {9, false}, {10, true}};
	struct patient patient = healthy();

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		patient.counters.memory_stall_percent = steps[i].percent;
		patient.counters.memory_pressure = (struct auberge_pressure){steps[i].percent, 7, 3, 2};
		pass(&patient, 2);
		look(&patient);
		cr_expect_eq(accusation(&patient, "memory") != NULL, steps[i].held, "step %zu", i);
	}
	expect_accused(&patient, "memory", MODEL_WARN, "memory stall 10%", "all of them at once 3%; 7% of the last minute", "memory.pressure");
	for (int i = 0; i < 10; i++) {
		pass(&patient, 2);
		look(&patient);
	}
	cr_expect_not_null(strstr(accusation(&patient, "memory")->sentence, "for 20s now"), "%s", accusation(&patient, "memory")->sentence);
}

Test(model_triage, refaults_count_only_with_a_stall)
{
	struct patient patient = healthy();

	patient.counters.refaults += 5120; /* 20 MiB in 2 s */
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "no stall");
	patient.counters.refaults += 5120;
	patient.counters.memory_stall_percent = 6;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "refaults", MODEL_WARN, "refaults 10M/s", "10.0 MiB per second", "memory.stat");
	/* gone, but told for 10 s more, with the figure that it was */
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "refaults", MODEL_WARN, "refaults 10M/s", "10.0 MiB per second", "memory.stat");
	pass(&patient, 10);
	look(&patient);
	expect_healthy(&patient, "after a while");
}

Test(model_triage, oom_kills_fade)
{
	struct patient patient = healthy();
	int64_t killed = patient.clock.wall_seconds;

	patient.counters.oom_kills = 2;
	look(&patient);
	expect_accused(&patient, "oom", MODEL_WARN, "2 OOM kills", "since its start", "memory.events");
	patient.counters.have |= AUBERGE_HAVE_OOM_KNOWN;
	patient.counters.oom_seconds = killed;
	snprintf(patient.counters.oom_victim, sizeof patient.counters.oom_victim, "php-fpm");
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "oom", MODEL_BAD, "2 OOM kills", "php-fpm; limits.memory is 1.0G", "memory.events");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_OOM);
	pass(&patient, 2 * 3600);
	look(&patient);
	expect_accused(&patient, "oom", MODEL_WARN, "2 OOM kills", "php-fpm", "memory.events");
	pass(&patient, 23 * 3600);
	look(&patient);
	expect_healthy(&patient, "a day later");
	/* of an earlier run */
	patient = healthy();
	patient.counters.have |= AUBERGE_HAVE_OOM_KNOWN;
	patient.counters.oom_seconds = killed;
	pass(&patient, 60);
	look(&patient);
	cr_expect_not_null(strstr(accusation(&patient, "oom")->sentence, "an earlier run"), "%s", accusation(&patient, "oom")->sentence);
	cr_expect_eq(accusation(&patient, "oom")->level, MODEL_WARN);
	pass(&patient, 3600);
	look(&patient);
	expect_healthy(&patient, "an hour later");
}

Test(model_triage, throttled_by_its_quota)
{
	struct patient patient = healthy();

	patient.counters.cpu_quota_thousandths = 1500;
	patient.counters.periods += 20;
	patient.counters.throttled_periods += 15;
	patient.counters.throttled_usec += SECOND;
	patient.counters.cpu_usec += 3 * SECOND;
	patient.counters.cpu_stall_percent = 40;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "throttled", MODEL_WARN, "throttled 75%", "in 75% of the periods, uses 150% of one processor; limits.cpus is 1.5",
	               "cpu.stat");
	expect_accused(&patient, "cpu", MODEL_WARN, "cpu stall 40%", "its limit does not give more", "cpu.pressure");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_THROTTLED | 1u << MODEL_FLAG_CPU);
	cr_expect_str_eq(patient.row.why, "throttled 75%");
	/* a limit of more than nine processors is said as it is */
	patient.counters.cpu_quota_thousandths = 12500;
	look(&patient);
	cr_expect_not_null(strstr(accusation(&patient, "throttled")->sentence, "limits.cpus is 12.5"));
	patient.counters.cpu_quota_thousandths = 100000;
	look(&patient);
	cr_expect_not_null(strstr(accusation(&patient, "throttled")->sentence, "limits.cpus is 100"));
	patient.counters.cpu_quota_thousandths = 1250;
	look(&patient);
	cr_expect_not_null(strstr(accusation(&patient, "throttled")->sentence, "limits.cpus is 1.25"));
	/* it ran in one period, and was held back in that for a moment */
	patient = healthy();
	patient.counters.cpu_quota_thousandths = 100;
	patient.counters.periods += 1;
	patient.counters.throttled_periods += 1;
	patient.counters.throttled_usec += SECOND / 20;
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "nearly idle");
	/* read more seldom than the rest: the rate is that of its own readings */
	patient = healthy();
	patient.counters.throttled_time_usec = patient.counters.time_usec;
	pass(&patient, 2);
	look(&patient);
	patient.counters.throttled_usec += SECOND;
	pass(&patient, 8);
	patient.counters.throttled_time_usec = patient.counters.time_usec;
	look(&patient);
	cr_expect_float_eq(patient.row.throttled_percent, 10, 1e-6);
	pass(&patient, 2);
	look(&patient);
	cr_expect_float_eq(patient.row.throttled_percent, 10, 1e-6, "until the next reading");
}

Test(model_triage, starved_by_others)
{
	struct patient patient = healthy();

	patient.counters.cpu_stall_percent = 90;
	patient.counters.cpu_pressure = (struct auberge_pressure){90, 80, 80, 20};
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "not for long");
	patient.counters.cpu_pressure.full60 = 60;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "cpu", MODEL_WARN, "cpu stall 90%", "others keep the host's busy", "cpu.pressure");
}

Test(model_triage, waits_for_its_disk)
{
	struct patient patient = healthy();

	patient.counters.io_stall_percent = 66;
	patient.counters.io_pressure = (struct auberge_pressure){66, 30, 50, 20};
	patient.counters.have |= AUBERGE_HAVE_BLOCKED;
	patient.counters.blocked = 2;
	patient.counters.looks = patient.counters.looks_blocked = 1;
	patient.counters.looked_at = 41;
	snprintf(patient.counters.blocked_command, sizeof patient.counters.blocked_command, "mysqld");
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "io", MODEL_BAD, "io stall 66%", "all of them at once 50%", "io.pressure");
	cr_expect_null(accusation(&patient, "blocked"), "one look is no proof");
	patient.counters.blocked_time_usec = 1;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "blocked", MODEL_WARN, "2 in D", "2 of 41 processes sleep in the kernel (state D): mysqld", "/proc/PID/stat");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_IO);
}

Test(model_triage, at_its_limit_of_processes)
{
	struct patient patient = healthy();

	patient.counters.processes_limit = 64;
	patient.counters.processes = 50;
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "50 of 64");
	patient.counters.processes = 60;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "processes", MODEL_WARN, "60 processes", "60 of 64", "pids.current pids.events");
	patient.counters.refused_processes += 10;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "processes", MODEL_BAD, "60 processes", "5.0 more per second refused", "pids.current pids.events");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_PROCESSES);
	cr_expect_not_null(strstr(accusation(&patient, "processes")->next, "limits.pids to 128"));
}

Test(model_triage, full_disk)
{
	struct patient patient = healthy();

	patient.counters.disk_free_bytes = (uint64_t)(40 * MIB);
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "disk", MODEL_WARN, "disk 96%", "40M of 1.0G are free", "statfs(rootfs)");
	patient.counters.disk_free_bytes = 0;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "disk", MODEL_BAD, "disk full", "100%", "statfs(rootfs)");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_DISK);
	patient.counters.disk_free_bytes = patient.counters.disk_bytes / 2;
	patient.counters.disk_inodes = 1000;
	patient.counters.disk_free_inodes = 2;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "disk", MODEL_BAD, "inodes full", "inodes", "statfs(rootfs)");
	patient.counters.disk_free_inodes = 900;
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "freed");
}

Test(model_triage, link_errors)
{
	struct patient patient = healthy();

	patient.counters.receive_packets += 800;
	patient.counters.receive_drops += 100;
	patient.counters.transmit_errors += 100;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "link", MODEL_BAD, "drops 20%", "20.0% of the packets", "rtnetlink IFLA_STATS64");
	cr_expect_eq(patient.row.flags, 1u << MODEL_FLAG_LINK);
	pass(&patient, 2);
	look(&patient);
	cr_expect_not_null(accusation(&patient, "link"), "for some seconds more");
	pass(&patient, 10);
	look(&patient);
	cr_expect_null(accusation(&patient, "link"));
}

/* Pure v1: no pressure files. What is told then is an estimate, and says so. */
Test(model_triage, estimates_without_pressure_figures)
{
	struct patient patient = healthy();

	patient.row.now.have &= ~(unsigned)AUBERGE_HAVE_STALL; /* nor had it ever */
	patient.row.before.have &= ~(unsigned)AUBERGE_HAVE_STALL;
	patient.counters.have &= ~(unsigned)AUBERGE_HAVE_STALL;
	patient.counters.memory_hits += 1000;
	pass(&patient, 2);
	look(&patient);
	expect_healthy(&patient, "the limit alone: it fills it with page cache");
	patient.counters.memory_hits += 1000;
	patient.counters.refaults += 5120;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "memory", MODEL_WARN, "memory short", "an estimate", "memory.failcnt memory.stat");
	patient.counters.have |= AUBERGE_HAVE_BLOCKED;
	patient.counters.blocked = 1;
	patient.counters.looked_at = 3;
	patient.counters.looks = 16;
	patient.counters.looks_blocked = 1;
	pass(&patient, 2);
	look(&patient);
	cr_expect_null(accusation(&patient, "io"), "it waits now and then");
	patient.counters.looks_blocked = 6;
	pass(&patient, 2);
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "io", MODEL_WARN, "io waits", "an estimate", "/proc/PID/stat");
	patient.counters.have |= AUBERGE_HAVE_DELAY;
	pass(&patient, 2);
	look(&patient);
	patient.counters.delay_usec += 2 * SECOND;
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "io", MODEL_BAD, "io waits", "waited 100% of the time for IO", "/proc/PID/stat");
	patient.counters.delay_usec += 8 * SECOND; /* four at once */
	pass(&patient, 2);
	look(&patient);
	expect_accused(&patient, "io", MODEL_BAD, "io waits", "waited 100% of the time for IO", "/proc/PID/stat");
}

Test(model_triage, the_strongest_comes_first)
{
	struct patient patient = healthy();

	patient.counters.io_stall_percent = 20;
	patient.counters.memory_stall_percent = 31;
	patient.counters.oom_kills = 1;
	patient.counters.have |= AUBERGE_HAVE_OOM_KNOWN;
	patient.counters.oom_seconds = patient.clock.wall_seconds;
	pass(&patient, 2);
	look(&patient);
	cr_expect_str_eq(patient.findings[0].kind, "oom");
	cr_expect_str_eq(patient.findings[1].kind, "memory");
	cr_expect_str_eq(patient.findings[2].kind, "io");
	cr_expect_not_null(strstr(patient.findings[2].sentence, "follows from its want of memory"), "%s", patient.findings[2].sentence);
	for (size_t i = 3; i < patient.count; i++) {
		cr_expect_eq(patient.findings[i].level, MODEL_PLAIN);
		cr_expect_str_neq(patient.findings[i].kind, "memory", "it was just accused of it");
	}
}

Test(model_triage, json)
{
	struct patient patient = healthy();
	json_t *document, *first;

	document = model_json_why(&patient.row, &patient.clock);
	cr_expect_str_eq(json_string_value(json_object_get(document, "verdict")), "healthy");
	cr_expect_str_eq(json_string_value(json_object_get(document, "name")), "web3");
	json_decref(document);
	patient.counters.disk_free_bytes = 0;
	pass(&patient, 2);
	look(&patient);
	document = model_json_why(&patient.row, &patient.clock);
	first = json_array_get(json_object_get(document, "findings"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(document, "verdict")),
	                 "disk full: 100% of its rootfs' file system is used, 0B of 1.0G are free");
	cr_expect_str_eq(json_string_value(json_object_get(first, "kind")), "disk");
	cr_expect_str_eq(json_string_value(json_object_get(first, "severity")), "bad");
	cr_expect_str_eq(json_string_value(json_object_get(first, "source")), "statfs(rootfs)");
	cr_expect(json_is_string(json_object_get(first, "next")));
	cr_expect_eq(json_object_size(first), 5u);
	json_decref(document);
}

Test(model_triage, trouble_is_ordered_by_the_same_rules)
{
	struct model_order order = {0};
	struct patient full = healthy(), busy = healthy(), waits = healthy();

	full.counters.disk_free_bytes = 0; /* bad, no stall */
	busy.counters.cpu_stall_percent = 80; /* accused of nothing */
	waits.counters.io_stall_percent = 20; /* a warning */
	look(&full);
	look(&busy);
	look(&waits);
	pass(&full, 2), pass(&busy, 2), pass(&waits, 2);
	look(&full);
	look(&busy);
	look(&waits);
	cr_expect_lt(model_order_compare(&order, &full.row, &waits.row), 0);
	cr_expect_lt(model_order_compare(&order, &waits.row, &busy.row), 0);
}

Test(model_triage, one_that_cannot_be_read)
{
	struct patient patient = healthy();
	char verdict[320];

	patient.row.unread = true;
	model_verdict(&patient.row, &patient.clock);
	patient.count = model_findings(&patient.row, &patient.clock, patient.findings, MODEL_FINDINGS_MAX);
	expect_accused(&patient, "unread", MODEL_BAD, "reading hangs", "reading its figures hangs in the kernel", "reader");
	model_verdict_sentence(&patient.row, &patient.clock, verdict, sizeof verdict);
	cr_expect_eq(strncmp(verdict, "not read: ", 10), 0, "%s", verdict);
	patient.counters.anonymous_bytes = (uint64_t)(950 * MIB);
	patient.counters.memory_bytes = (uint64_t)(1000 * MIB);
	patient.row.unread = false;
	pass(&patient, 2);
	look(&patient);
	model_verdict_sentence(&patient.row, &patient.clock, verdict, sizeof verdict);
	cr_expect_eq(strncmp(verdict, "nearly at its memory limit: ", 28), 0, "%s", verdict);
}

/* --- rings --- */

Test(model_triage, rings_sweep)
{
	struct patient patient = healthy();
	float parts[MODEL_HISTORY];
	size_t now, count, filled = 0;

	patient.counters.cpu_quota_thousandths = 2000;
	for (int i = 0; i < 100; i++) { /* 200 s: 20 samples */
		patient.counters.cpu_usec += SECOND;
		pass(&patient, 2);
		look(&patient);
	}
	count = model_history(&patient.row, MODEL_SERIES_CPU, parts, MODEL_HISTORY, &now);
	cr_assert_eq(count, (size_t)MODEL_HISTORY);
	cr_expect_eq(now, (size_t)(patient.clock.monotonic_usec / 10000000 % MODEL_HISTORY));
	cr_expect_lt(parts[now], 0, "the gap that marks now");
	for (size_t i = 0; i < count; i++)
		filled += parts[i] >= 0;
	cr_expect_eq(filled, 20u, "%zu", filled);
	cr_expect_float_eq(parts[(now + count - 1) % count], 0.25, 1e-4, "50% of 200%");
	/* narrower: the last ones, each in its own place */
	count = model_history(&patient.row, MODEL_SERIES_CPU, parts, 8, &now);
	cr_expect_eq(count, 8u);
	cr_expect_eq(now, (size_t)(patient.clock.monotonic_usec / 10000000 % 8));
	for (size_t i = 0; i < count; i++)
		cr_expect_eq(parts[i] < 0, i == now, "%zu", i);
	cr_expect_eq(model_history(&patient.row, MODEL_SERIES_MEMORY, parts, 8, &now), 8u);
	cr_expect_float_eq(parts[(now + 7) % 8], 500.0 / 1024, 1e-3);
	cr_expect_eq(model_history(&patient.row, MODEL_SERIES_IO, parts, 0, &now), 0u);
}

Test(model_triage, rings_have_gaps_and_outlive_a_restart)
{
	struct patient patient = healthy();
	struct auberge_guest guest = patient.row.guest;
	struct model model;
	float parts[MODEL_HISTORY];
	size_t now;

	model_init(&model);
	cr_assert_eq(model_update_guests(&model, &guest, 1, &patient.clock), 0);
	struct model_row *row = model_find(&model, "web3");
	patient.counters.io_stall_percent = 50;
	model_update_counters(row, &patient.counters, &patient.clock);
	pass(&patient, 50);
	guest.init_pid++;
	cr_assert_eq(model_update_guests(&model, &guest, 1, &patient.clock), 0);
	model_update_counters(row, &patient.counters, &patient.clock);
	model_history(row, MODEL_SERIES_STALL, parts, MODEL_HISTORY, &now);
	cr_expect_float_eq(parts[(now + MODEL_HISTORY - 5) % MODEL_HISTORY], 0.5, 1e-4);
	for (size_t back = 1; back < 5; back++)
		cr_expect_lt(parts[(now + MODEL_HISTORY - back) % MODEL_HISTORY], 0, "%zu back: nothing was seen", back);
	/* it stopped: its graph goes on with the clock */
	pass(&patient, 30);
	model_mark_stale(&model, &patient.clock, 6000000);
	model_history(row, MODEL_SERIES_STALL, parts, MODEL_HISTORY, &now);
	cr_expect_eq(now, (size_t)(patient.clock.monotonic_usec / 10000000 % MODEL_HISTORY));
	cr_expect_float_eq(parts[(now + MODEL_HISTORY - 8) % MODEL_HISTORY], 0.5, 1e-4);
	pass(&patient, 100000);
	model_update_counters(row, &patient.counters, &patient.clock);
	model_history(row, MODEL_SERIES_STALL, parts, MODEL_HISTORY, &now);
	for (size_t i = 0; i < MODEL_HISTORY; i++)
		cr_expect_lt(parts[i], 0, "%zu", i);
	model_free(&model);
}
