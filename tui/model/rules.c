/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of rules: what is a trouble, from where on, how it is said, which file says so, what to do.
 *
 * A guest is accused of what it lacks, not of what it does: page cache is no use of memory, for the kernel drops it when
 * asked, and a processor that is used to the full is no trouble unless there is a limit, or others, to wait for. Stall
 * figures are the kernel's averages of 10 s: a burst of 1.5 s brings them to 14%, which is passed over for IO, and
 * a lasting trouble is past them within two refreshes.
 */
#include "model/verdict.h"

#include <math.h>
#include <string.h>

#define HOUR 3600
#define DAY (24 * HOUR)
#define FAULTS_LEAST 5.0             /* per second: a packet now and then is lost everywhere */
#define REFAULTS_MEGABYTES 1048576.0
#define THROTTLED_LEAST 5.0          /* percent of one processor */
#define STALLED_TOO 5.0              /* memory stall, percent, that makes refaults a trouble */

/* --- how it ended, and what becomes of it --- */

static double yes(bool holds)
{
	return holds ? 1 : (double)NAN;
}

static bool ended_by(const struct model_row *row, const char *cause)
{
	return row->guest.state == AUBERGE_FAILED_STATE && strcmp(row->guest.last_end.cause, cause) == 0;
}

#define MEASURE(name) static double name(const struct model_row *row, const struct model_clock *clock)
#define NO_CLOCK ((void)clock)

MEASURE(start_failed)
{
	NO_CLOCK;
	return yes(ended_by(row, "start-failed"));
}

MEASURE(failed_by_signal)
{
	NO_CLOCK;
	return yes((ended_by(row, "signalled") || ended_by(row, "killed")) && row->guest.last_end.status > 128);
}

MEASURE(failed_by_exit)
{
	NO_CLOCK;
	return yes(ended_by(row, "exited") && row->guest.last_end.status >= 0);
}

MEASURE(failed_by_oom)
{
	NO_CLOCK;
	return yes(ended_by(row, "oom"));
}

MEASURE(failed_with_host)
{
	NO_CLOCK;
	return yes(ended_by(row, "host-restarted"));
}

MEASURE(gave_up)
{
	NO_CLOCK;
	return yes(ended_by(row, "gave-up"));
}

MEASURE(failed_somehow)
{
	static const char *const told[] = {"start-failed", "oom", "host-restarted", "gave-up"};

	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		if (ended_by(row, told[i]))
			return NAN;
	if (!isnan(failed_by_signal(row, clock)) || !isnan(failed_by_exit(row, clock)))
		return NAN;
	return yes(row->guest.state == AUBERGE_FAILED_STATE);
}

/* In a row: a run of some minutes clears them. */
MEASURE(restarts)
{
	NO_CLOCK;
	return row->guest.restarts > 0 ? row->guest.restarts : (double)NAN;
}

MEASURE(restarting)
{
	NO_CLOCK;
	return yes(row->guest.restart_seconds != 0);
}

MEASURE(is_unread)
{
	NO_CLOCK;
	return yes(row->unread);
}

MEASURE(is_lost)
{
	NO_CLOCK;
	return yes(row->guest.supervision == AUBERGE_SUPERVISION_LOST);
}

MEASURE(overdue)
{
	NO_CLOCK;
	return yes(row->stop_timed && row->stop_left_seconds < 0);
}

MEASURE(stopping)
{
	return yes(row->guest.state == AUBERGE_STOPPING && isnan(overdue(row, clock)));
}

MEASURE(bad_config)
{
	NO_CLOCK;
	return yes(row->guest.problem[0] != '\0');
}

MEASURE(half_made)
{
	NO_CLOCK;
	return yes(row->guest.state == AUBERGE_INCOMPLETE);
}

MEASURE(missing)
{
	NO_CLOCK;
	return yes(row->guest.autostart && row->guest.state == AUBERGE_STOPPED);
}

/* --- memory --- */

/* 2: within the hour; 1: within the day, or it is not known when, or within the hour but in an earlier run. */
MEASURE(oom_kills)
{
	bool known = row->now.have & AUBERGE_HAVE_OOM_KNOWN && row->now.oom_seconds > 0;
	bool here = row->now.have & AUBERGE_HAVE_OOM && row->now.oom_kills > 0;
	int64_t age = clock->wall_seconds - row->now.oom_seconds;

	if (!known)
		return here ? 1 : (double)NAN;
	if (age > (here ? DAY : HOUR))
		return NAN;
	return age > HOUR || !here ? 1 : 2;
}

bool rule_has_pressure(const struct model_row *row)
{
	return row->now.have & AUBERGE_HAVE_STALL;
}

double rule_memory_percent(const struct model_row *row)
{
	const struct auberge_counters *now = &row->now;
	double percent = model_limit_percent(row);
	uint64_t bytes;

	if (isnan(percent) || !(now->have & AUBERGE_HAVE_MEMORY_KINDS))
		return percent;
	/* Of a guest off the screen the kinds are older than the sum: they may be of more than there is by now. */
	bytes = now->anonymous_bytes + now->shared_bytes;
	if (bytes > now->memory_bytes)
		bytes = now->memory_bytes;
	return (double)bytes * 100 / (double)now->memory_limit_bytes;
}

MEASURE(memory_full)
{
	NO_CLOCK;
	return rule_memory_percent(row);
}

MEASURE(memory_stall)
{
	NO_CLOCK;
	return rule_has_pressure(row) ? (double)row->now.memory_stall_percent : (double)NAN;
}

/* Without pressure figures: pages that are read back while the limit is hit all the time. Both are well alone. */
MEASURE(memory_estimate)
{
	NO_CLOCK;
	if (rule_has_pressure(row) || !(row->rates & MODEL_RATE_HITS) || !(row->rates & MODEL_RATE_REFAULTS) || row->hits_rate < 1)
		return NAN;
	return row->refault_rate / REFAULTS_MEGABYTES;
}

MEASURE(refaults)
{
	NO_CLOCK;
	if (!(row->rates & MODEL_RATE_REFAULTS) || !rule_has_pressure(row) || (double)row->now.memory_stall_percent < STALLED_TOO)
		return NAN;
	return row->refault_rate / REFAULTS_MEGABYTES;
}

/* --- processor --- */

/* Of the periods, but nothing of a guest that loses next to no time by it: one that ran in a single period and was held
 * back in that one lacks nothing. */
MEASURE(throttled)
{
	NO_CLOCK;
	if (row->rates & MODEL_RATE_PERIODS && row->rates & MODEL_RATE_THROTTLED && row->throttled_percent < THROTTLED_LEAST)
		return 0;
	if (row->rates & MODEL_RATE_PERIODS)
		return row->periods_percent;
	return row->rates & MODEL_RATE_THROTTLED ? row->throttled_percent : (double)NAN;
}

/* Waiting for a processor that its limit does not give. */
MEASURE(limited_cpu)
{
	double part = throttled(row, clock);

	if (!rule_has_pressure(row) || isnan(part) || part < 5)
		return NAN;
	return (double)row->now.cpu_stall_percent;
}

/* None of its processes runs while some could, for a minute: others have the processors. */
MEASURE(starved)
{
	const struct auberge_pressure *pressure = &row->now.cpu_pressure;
	double part = throttled(row, clock);

	if (!rule_has_pressure(row) || part >= 5)
		return NAN;
	return (double)(pressure->full10 < pressure->full60 ? pressure->full10 : pressure->full60);
}

/* --- input and output --- */

MEASURE(io_stall)
{
	NO_CLOCK;
	return rule_has_pressure(row) ? (double)row->now.io_stall_percent : (double)NAN;
}

MEASURE(io_estimate)
{
	NO_CLOCK;
	if (rule_has_pressure(row))
		return NAN;
	if (row->rates & MODEL_RATE_DELAY)
		return row->delay_percent < 100 ? row->delay_percent : 100;
	return row->now.have & AUBERGE_HAVE_BLOCKED ? row->blocked_part * 100 : (double)NAN;
}

MEASURE(blocked)
{
	NO_CLOCK;
	return row->now.have & AUBERGE_HAVE_BLOCKED && row->now.blocked > 0 ? row->blocked_part * 100 : (double)NAN;
}

/* --- the rest --- */

MEASURE(processes)
{
	const struct auberge_counters *now = &row->now;

	NO_CLOCK;
	if (!(now->have & AUBERGE_HAVE_PROCESSES) || now->processes_limit == AUBERGE_UNLIMITED || now->processes_limit == 0)
		return NAN;
	if (row->rates & MODEL_RATE_REFUSED && row->refused_rate > 0 && now->processes * 2 >= now->processes_limit)
		return 100;
	return (double)now->processes * 100 / (double)now->processes_limit;
}

double rule_disk_percent(const struct model_row *row, bool *inodes)
{
	const struct auberge_counters *now = &row->now;
	double bytes, files = 0;

	if (!(now->have & AUBERGE_HAVE_DISK) || now->disk_bytes == 0)
		return NAN;
	bytes = 100 - (double)now->disk_free_bytes * 100 / (double)now->disk_bytes;
	if (now->disk_inodes > 0)
		files = 100 - (double)now->disk_free_inodes * 100 / (double)now->disk_inodes;
	*inodes = files > bytes;
	return files > bytes ? files : bytes;
}

MEASURE(disk)
{
	bool inodes;

	NO_CLOCK;
	return rule_disk_percent(row, &inodes);
}

MEASURE(link_faults)
{
	NO_CLOCK;
	if (!(row->rates & MODEL_RATE_NET))
		return NAN;
	return row->fault_rate >= FAULTS_LEAST ? row->fault_percent : 0;
}

/* --- what is all right --- */

MEASURE(memory_known)
{
	uint64_t bytes;

	NO_CLOCK;
	return yes(row->now.have & AUBERGE_HAVE_MEMORY && model_memory(row, &bytes));
}

MEASURE(cpu_known)
{
	NO_CLOCK;
	return yes(row->rates & MODEL_RATE_CPU);
}

MEASURE(io_known)
{
	NO_CLOCK;
	return yes(row->rates & MODEL_RATE_IO);
}

MEASURE(disk_known)
{
	NO_CLOCK;
	return yes(row->now.have & AUBERGE_HAVE_DISK);
}

#define LOG "auberge log NAME shows its last words; u starts it"
#define GROW_MEMORY "e  raise limits.memory to MEMORY (auberge config set NAME limits.memory=MEMORY)"
#define GROW_CPUS "e  raise limits.cpus to CPUS (auberge config set NAME limits.cpus=CPUS)"
#define GROW_PIDS "find who forks: auberge ps NAME; e  raise limits.pids to PIDS"
#define IO_NEXT "2  see which process reads and writes (auberge ps NAME)"

/* Of equal levels the earlier row is the stronger. Percent unless a comment says otherwise. */
const struct rule model_rules[] = {
	{"failed", 'F', -1, TROUBLE_FAILED, start_failed, 0, 1, 0, 0, false, "start failed", words_start_failed, say_ended,
	 {"last_end", NULL}, 0, "auberge config check NAME tells what it lacks; u starts it"},
	{"failed", 'F', -1, TROUBLE_FAILED, failed_by_signal, 0, 1, 0, 0, false, "failed", words_signal, say_ended,
	 {"last_end", NULL}, 0, LOG},
	{"failed", 'F', -1, TROUBLE_FAILED, failed_by_exit, 0, 1, 0, 0, false, "failed", words_exit, say_ended,
	 {"last_end", NULL}, 0, LOG},
	{"failed", 'F', MODEL_FLAG_OOM, TROUBLE_FAILED, failed_by_oom, 0, 1, 0, 0, false, "out of memory", words_oom_end, say_ended,
	 {"last_end", NULL}, 0, GROW_MEMORY},
	{"failed", 'F', -1, TROUBLE_FAILED, failed_with_host, 0, 1, 0, 0, false, "the host went down", words_host_restart, say_ended,
	 {"last_end", NULL}, 0, "u  start it (auberge start NAME)"},
	{"loop", 'R', MODEL_FLAG_LOOP, TROUBLE_FAILED, gave_up, 0, 1, 0, 0, false, "crash loop", words_gave_up, say_ended,
	 {"last_end", NULL}, 0, LOG},
	{"failed", 'F', -1, TROUBLE_FAILED, failed_somehow, 0, 1, 0, 0, false, "failed", words_ended, say_ended,
	 {"last_end", NULL}, 0, LOG},
	/* restarts in a row */
	{"loop", 'R', MODEL_FLAG_LOOP, TROUBLE_FAILED, restarts, 0, 3, 0, 0, false, "crash loop", words_loop, say_loop,
	 {"ledger", NULL}, 0, "auberge log NAME shows its last words; x  stop it (auberge stop NAME) ends the loop"},
	{"restarting", 'R', -1, TROUBLE_FAILED, restarting, 0, 1, 0, 0, false, "it ended", words_restarting, say_restarting,
	 {"ledger", NULL}, 0, "auberge log NAME shows its last words; auberge events NAME what went before"},
	{"unread", '?', -1, TROUBLE_LOST, is_unread, 0, 1, 0, 0, false, "not read", words_unread, say_unread, {"reader", NULL}, 0,
	 "dmesg  tells what the kernel waits for; it is read again by itself"},
	{"lost", '?', -1, TROUBLE_LOST, is_lost, 0, 1, 0, 0, false, "unsupervised", words_lost, say_lost, {"lock", NULL}, 0,
	 "F3  its console takes it over again, as any act on it does (auberge console NAME)"},
	{"stopping", '<', -1, TROUBLE_OVERDUE, overdue, 0, 1, 0, 0, false, "stop overdue", words_stopping, say_stopping,
	 {"ledger", NULL}, 0, "x  join the stop and see who holds it up; X  kill it (auberge kill NAME)"},
	/* 1 within the day, 2 within the hour */
	{"oom", 'O', MODEL_FLAG_OOM, TROUBLE_OOM, oom_kills, 1, 2, 0, 0, false, "out of memory", words_oom, say_oom,
	 {"memory.events", "memory.oom_control"}, AUBERGE_OLD_MEMORY, GROW_MEMORY},
	{"memory", 'M', MODEL_FLAG_MEMORY, TROUBLE_STALL, memory_full, 90, 97, 0.95, 0, false, "nearly at its memory limit", words_memory, say_memory,
	 {"memory.current memory.stat", "memory.usage_in_bytes memory.stat"}, AUBERGE_OLD_MEMORY, GROW_MEMORY},
	{"memory", 'M', MODEL_FLAG_MEMORY, TROUBLE_STALL, memory_stall, 10, 30, 0.5, 0, false, "short of memory", words_memory_stall,
	 say_memory_stall, {"memory.pressure", NULL}, 0, GROW_MEMORY},
	/* mebibytes read back per second */
	{"memory", 'M', MODEL_FLAG_MEMORY, TROUBLE_STALL, memory_estimate, 1, 16, 0.5, 20, false, "short of memory",
	 words_memory_estimate, say_memory_estimate, {"memory.failcnt memory.stat", NULL}, 0, GROW_MEMORY},
	{"refaults", 'M', MODEL_FLAG_MEMORY, TROUBLE_STALL, refaults, 1, 16, 0.5, 10, false, "short of memory", words_refaults,
	 say_refaults, {"memory.stat", NULL}, 0, GROW_MEMORY},
	{"disk", 'D', MODEL_FLAG_DISK, TROUBLE_STALL, disk, 95, 99, 0.99, 0, false, "disk full", words_disk, say_disk, {"statfs(rootfs)", NULL},
	 0, "S  free some of it in its shell (auberge shell NAME), or give its file system more"},
	{"processes", 'P', MODEL_FLAG_PROCESSES, TROUBLE_STALL, processes, 90, 100, 0.9, 5, false, "at its limit of processes",
	 words_processes, say_processes, {"pids.current pids.events", NULL}, 0, GROW_PIDS},
	{"throttled", 'T', MODEL_FLAG_THROTTLED, TROUBLE_STALL, throttled, 5, 0, 0.5, 10, false, "held back by its CPU limit",
	 words_throttled, say_throttled, {"cpu.stat", NULL}, 0, GROW_CPUS},
	{"cpu", 'C', MODEL_FLAG_CPU, TROUBLE_STALL, limited_cpu, 10, 0, 0.5, 0, false, "short of processor", words_cpu, say_cpu,
	 {"cpu.pressure", NULL}, 0, GROW_CPUS},
	{"cpu", 'C', MODEL_FLAG_CPU, TROUBLE_STALL, starved, 50, 0, 0.5, 0, false, "short of processor", words_cpu, say_starved,
	 {"cpu.pressure", NULL}, 0, "o cpu  sort by CPU%: others keep the host's processors busy"},
	{"io", 'I', MODEL_FLAG_IO, TROUBLE_STALL, io_stall, 15, 60, 0.5, 0, false, "waits for its disk", words_io, say_io,
	 {"io.pressure", NULL}, 0, IO_NEXT},
	{"io", 'I', MODEL_FLAG_IO, TROUBLE_STALL, io_estimate, 15, 60, 0.5, 10, false, "waits for its disk", words_io_estimate,
	 say_io_estimate, {"/proc/PID/stat", NULL}, 0, IO_NEXT},
	/* of the last looks, the newest counting half: two in a row */
	{"blocked", 'I', MODEL_FLAG_IO, TROUBLE_STALL, blocked, 70, 0, 0.5, 0, false, "processes hang in the kernel", words_blocked,
	 say_blocked, {"/proc/PID/stat", NULL}, 0, "2  see what they wait for (auberge ps NAME)"},
	{"link", 'L', MODEL_FLAG_LINK, TROUBLE_STALL, link_faults, 1, 10, 0.5, 10, false, "its network drops packets", words_link, say_link,
	 {"rtnetlink IFLA_STATS64", NULL}, 0, "4  look at its links and bridges"},
	{"stopping", '<', -1, TROUBLE_NONE, stopping, 1, 0, 0, 0, false, "stopping", words_stopping, say_stopping, {"ledger", NULL}, 0,
	 "x  join the stop and see who holds it up (auberge stop NAME)"},
	{"config", 'E', -1, TROUBLE_MISSING, bad_config, 1, 0, 0, 0, false, "bad config", words_config, say_config, {"guest.ini", NULL}, 0,
	 "auberge config check NAME tells all that is wrong"},
	{"incomplete", 'E', -1, TROUBLE_MISSING, half_made, 1, 0, 0, 0, false, "half made", words_half_made, say_half_made,
	 {"guest.ini", NULL}, 0, "D  destroy what is there (auberge destroy NAME)"},
	{"missing", '-', -1, TROUBLE_MISSING, missing, 1, 0, 0, 0, true, "stopped", NULL, say_missing, {"guest.ini", NULL}, 0,
	 "u  start it (auberge start NAME)"},
	{"memory", '-', -1, TROUBLE_NONE, memory_known, 1, 0, 0, 0, true, "", NULL, say_memory_well,
	 {"memory.current memory.stat", "memory.usage_in_bytes memory.stat"}, AUBERGE_OLD_MEMORY, ""},
	{"cpu", '-', -1, TROUBLE_NONE, cpu_known, 1, 0, 0, 0, true, "", NULL, say_cpu_well, {"cpu.stat", "cpuacct.usage cpu.stat"},
	 AUBERGE_OLD_CPU, ""},
	{"io", '-', -1, TROUBLE_NONE, io_known, 1, 0, 0, 0, true, "", NULL, say_io_well,
	 {"io.stat", "blkio.throttle.io_service_bytes_recursive"}, AUBERGE_OLD_IO, ""},
	{"disk", '-', -1, TROUBLE_NONE, disk_known, 1, 0, 0, 0, true, "", NULL, say_disk_well, {"statfs(rootfs)", NULL}, 0, ""},
};
const size_t model_rules_count = sizeof model_rules / sizeof model_rules[0];
