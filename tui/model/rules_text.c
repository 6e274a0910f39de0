/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rules say: few words for the WHY column, those that matter first, since a narrow column drops words from the
 * end; and one sentence with the figures.
 */
#include "model/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECONDS_PER_DAY 86400

/* "02:14" for the last day, else how long ago; with a blank before. */
static void add_time(int64_t then_seconds, const struct model_clock *clock, char *out, size_t size)
{
	time_t then = (time_t)then_seconds;
	int64_t age = clock->wall_seconds - then_seconds;
	size_t used = strlen(out);
	struct tm local;

	if (then_seconds <= 0 || used + 1 >= size)
		return;
	if (age >= SECONDS_PER_DAY) {
		out[used] = ' ';
		auberge_format_age(out + used + 1, size - used - 1, age);
	} else if (localtime_r(&then, &local)) {
		snprintf(out + used, size - used, " %02d:%02d", local.tm_hour, local.tm_min);
	}
}

static void add_end_time(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	if (row->guest.last_end.known)
		add_time(row->guest.last_end.time_seconds, clock, out, size);
}

struct sizes {
	char a[16], b[16];
};

static struct sizes two_sizes(uint64_t a, uint64_t b)
{
	struct sizes sizes;

	auberge_format_size(sizes.a, sizeof sizes.a, a);
	auberge_format_size(sizes.b, sizeof sizes.b, b);
	return sizes;
}

/* Words or a sentence of the row and the figure alone; of the last end and its time; of whatever. */
#define TEXT(name) RULE_TEXT(name)
#define PLAIN_TEXT(name, ...)                                                                                    \
	TEXT(name)                                                                                               \
	{                                                                                                        \
		(void)row;                                                                                       \
		(void)figure;                                                                                    \
		(void)clock;                                                                                     \
		snprintf(out, size, __VA_ARGS__);                                                                \
	}
#define ENDED_TEXT(name, ...)                                                                                    \
	TEXT(name)                                                                                               \
	{                                                                                                        \
		(void)figure;                                                                                    \
		snprintf(out, size, __VA_ARGS__);                                                                \
		add_end_time(row, clock, out, size);                                                             \
	}

/* --- the end --- */

ENDED_TEXT(words_start_failed, "start failed")
ENDED_TEXT(words_signal, "signal %d", row->guest.last_end.status - 128)
ENDED_TEXT(words_exit, "exit %d", row->guest.last_end.status)
ENDED_TEXT(words_oom_end, "OOM kill")
ENDED_TEXT(words_host_restart, "host restart")
ENDED_TEXT(words_gave_up, "gave up")
ENDED_TEXT(words_ended, "ended")

static void say_how(const struct auberge_end *end, char *out, size_t size)
{
	if (!end->known)
		snprintf(out, size, "ended");
	else if (end->status > 128 && strcmp(end->cause, "exited") != 0)
		snprintf(out, size, "%s, signal %d", end->cause, end->status - 128);
	else if (end->status >= 0)
		snprintf(out, size, "%s with status %d", end->cause, end->status);
	else
		snprintf(out, size, "%s", end->cause);
}

TEXT(say_ended)
{
	const struct auberge_end *end = &row->guest.last_end;
	char how[64], when[24] = "", ran[16];

	(void)figure;
	say_how(end, how, sizeof how);
	add_end_time(row, clock, when, sizeof when);
	auberge_format_age(ran, sizeof ran, (int64_t)end->ran_seconds);
	snprintf(out, size, "%s%s%s%s, after %s%s%.100s", how, strchr(when, ':') ? " at" : "", when,
	         when[0] && !strchr(when, ':') ? " ago" : "", ran, end->detail[0] ? ": " : "", end->detail);
}

static void say_last_end(const struct auberge_end *end, char *out, size_t size)
{
	if (end->status > 128 && strcmp(end->cause, "signalled") == 0)
		snprintf(out, size, "signal %d", end->status - 128);
	else if (strcmp(end->cause, "exited") == 0)
		snprintf(out, size, "exit %d", end->status);
	else
		snprintf(out, size, "%s", end->known ? end->cause : "ended");
}

static int64_t restart_left(const struct model_row *row, const struct model_clock *clock)
{
	int64_t left = row->guest.restart_seconds - clock->boot_seconds;

	return left > 0 ? left : 0;
}

/* "loop exit 1", between two runs; else "4 restarts" */
TEXT(words_loop)
{
	char what[40];

	(void)figure;
	(void)clock;
	say_last_end(&row->guest.last_end, what, sizeof what);
	if (row->guest.last_end.known)
		snprintf(out, size, "loop %s", what);
	else
		snprintf(out, size, "%u restarts", row->guest.restarts);
}

TEXT(say_loop)
{
	char what[40], age[16], end[64] = "";

	(void)figure;
	say_last_end(&row->guest.last_end, what, sizeof what);
	if (row->guest.last_end.known)
		snprintf(end, sizeof end, ", the last end: %s", what);
	if (row->guest.restart_seconds != 0) {
		auberge_format_age(age, sizeof age, restart_left(row, clock));
		snprintf(out, size, "%u restarts in a row%s; the next in %s", row->guest.restarts, end, age);
	} else {
		snprintf(out, size, "%u restarts in a row%s; a calm run of 5 minutes clears them", row->guest.restarts, end);
	}
}

/* "exit 1 again 8s" */
TEXT(words_restarting)
{
	char what[40], age[16];

	(void)figure;
	say_last_end(&row->guest.last_end, what, sizeof what);
	auberge_format_age(age, sizeof age, restart_left(row, clock));
	snprintf(out, size, "%s again %s", what, age);
}

TEXT(say_restarting)
{
	char what[40], age[16];

	(void)figure;
	say_last_end(&row->guest.last_end, what, sizeof what);
	auberge_format_age(age, sizeof age, restart_left(row, clock));
	snprintf(out, size, "%s; it is started again in %s", what, age);
}

PLAIN_TEXT(words_unread, "reading hangs")
PLAIN_TEXT(say_unread, "reading its figures hangs in the kernel, or breaks off: what is shown is from before, and it is tried again now and then")
PLAIN_TEXT(words_lost, "unsupervised")
PLAIN_TEXT(say_lost, "it runs, but no supervisor has its lock: nobody serves its console or sees its end")

/* "3 left 18s"; overdue by as much: "3 left -18s" */
TEXT(words_stopping)
{
	int64_t left = row->stop_left_seconds;
	bool late = row->stop_timed && left < 0;
	char age[16] = "", what[24];

	(void)figure;
	(void)clock;
	if (row->stop_timed)
		auberge_format_age(age, sizeof age, late ? -left : left);
	if (row->survivors < 0) {
		snprintf(out, size, "%s%s%s", late ? "overdue" : "stopping", age[0] ? " " : "", age);
		return;
	}
	snprintf(what, sizeof what, "%d left", row->survivors);
	snprintf(out, size, "%s%s%s", what, late ? " -" : age[0] ? " " : "", age);
}

TEXT(say_stopping)
{
	int64_t left = row->stop_left_seconds;
	char age[16] = "", who[40] = "";

	(void)figure;
	(void)clock;
	auberge_format_age(age, sizeof age, left < 0 ? -left : left);
	if (row->survivors >= 0)
		snprintf(who, sizeof who, ", %d processes are left", row->survivors);
	if (!row->stop_timed)
		snprintf(out, size, "without a time limit%s", who);
	else if (left < 0)
		snprintf(out, size, "its time limit was reached %s ago%s", age, who);
	else
		snprintf(out, size, "%s of its time limit are left%s", age, who);
}

/* --- memory --- */

TEXT(words_oom)
{
	uint64_t kills = row->now.have & AUBERGE_HAVE_OOM ? row->now.oom_kills : 0;

	(void)figure;
	if (kills > 0) {
		snprintf(out, size, "%" PRIu64 " OOM kill%s", kills, kills == 1 ? "" : "s");
	} else {
		snprintf(out, size, "OOM kill");
		add_time(row->now.oom_seconds, clock, out, size);
	}
}

TEXT(say_oom)
{
	const struct auberge_counters *now = &row->now;
	uint64_t kills = now->have & AUBERGE_HAVE_OOM ? now->oom_kills : 0;
	char when[24] = "", limit[48] = "", size_text[16];

	(void)figure;
	if (now->have & AUBERGE_HAVE_OOM_KNOWN)
		add_time(now->oom_seconds, clock, when, sizeof when);
	if (now->have & AUBERGE_HAVE_LIMIT && now->memory_limit_bytes != AUBERGE_UNLIMITED) {
		auberge_format_size(size_text, sizeof size_text, now->memory_limit_bytes);
		snprintf(limit, sizeof limit, "; limits.memory is %s", size_text);
	}
	if (kills > 0)
		snprintf(out, size, "%" PRIu64 " OOM kill%s since its start", kills, kills == 1 ? "" : "s");
	else
		snprintf(out, size, "an OOM kill in an earlier run");
	size_t used = strlen(out);
	if (now->have & AUBERGE_HAVE_OOM_KNOWN)
		used += (size_t)snprintf(out + used, size - used, ", the last%s: %s", when,
		                         now->oom_victim[0] ? now->oom_victim : "the kernel did not say who");
	if (used < size)
		snprintf(out + used, size - used, "%s", limit);
}

PLAIN_TEXT(words_memory, "memory %.0f%%", figure)

TEXT(say_memory)
{
	const struct auberge_counters *now = &row->now;
	struct sizes use = two_sizes(now->memory_bytes, now->memory_limit_bytes);

	(void)figure;
	(void)clock;
	if (now->have & AUBERGE_HAVE_MEMORY_KINDS)
		snprintf(out, size, "%s of %s used, %.0f%% of the limit by processes and shared memory: not page cache", use.a, use.b,
		         rule_memory_percent(row));
	else
		snprintf(out, size, "%s of %s used, %.0f%% of it not inactive file cache", use.a, use.b, rule_memory_percent(row));
}

/* ", full 28%, 12% of the last minute" as far as the kernel says */
static void add_pressure(const struct auberge_pressure *pressure, char *out, size_t size)
{
	size_t used = strlen(out);

	if (pressure->full10 > 0 && used < size)
		used += (size_t)snprintf(out + used, size - used, ", all of them at once %.0f%%", (double)pressure->full10);
	if (pressure->some60 > 0 && used < size)
		snprintf(out + used, size - used, "; %.0f%% of the last minute", (double)pressure->some60);
}

PLAIN_TEXT(words_memory_stall, "memory stall %.0f%%", (double)row->now.memory_stall_percent)

TEXT(say_memory_stall)
{
	(void)figure;
	(void)clock;
	snprintf(out, size, "some process waits for memory %.0f%% of the last 10 s", (double)row->now.memory_stall_percent);
	add_pressure(&row->now.memory_pressure, out, size);
}

PLAIN_TEXT(words_memory_estimate, "memory short")
PLAIN_TEXT(say_memory_estimate,
           "an estimate, this kernel has no pressure figures: it hits its limit %.0f times and reads %.1f MiB back per second",
           row->hits_rate, figure)

PLAIN_TEXT(words_refaults, "refaults %.0fM/s", figure)
PLAIN_TEXT(say_refaults, "%.1f MiB per second are read back soon after they were taken away", figure)

/* --- processor --- */

PLAIN_TEXT(words_throttled, "throttled %.0f%%", figure)

TEXT(say_throttled)
{
	const struct auberge_counters *now = &row->now;
	char limit[64] = "";

	(void)clock;
	if (now->have & AUBERGE_HAVE_QUOTA && now->cpu_quota_thousandths != AUBERGE_UNLIMITED)
		snprintf(limit, sizeof limit, "; limits.cpus is %g", (double)now->cpu_quota_thousandths / 1000);
	if (row->rates & MODEL_RATE_PERIODS)
		snprintf(out, size, "held back in %.0f%% of the periods, uses %.0f%% of one processor%s", figure, row->cpu_percent, limit);
	else
		snprintf(out, size, "held back %.0f%% of the time%s", figure, limit);
}

PLAIN_TEXT(words_cpu, "cpu stall %.0f%%", (double)row->now.cpu_stall_percent)

TEXT(say_cpu)
{
	(void)figure;
	(void)clock;
	snprintf(out, size, "some process waits for a processor %.0f%% of the last 10 s, for its limit does not give more",
	         (double)row->now.cpu_stall_percent);
}

PLAIN_TEXT(say_starved, "all that could run wait for a processor %.0f%% of the last minute: others keep the host's busy",
           (double)row->now.cpu_pressure.full60)

/* --- input and output --- */

PLAIN_TEXT(words_io, "io stall %.0f%%", (double)row->now.io_stall_percent)

TEXT(say_io)
{
	(void)figure;
	(void)clock;
	snprintf(out, size, "some process waits for IO %.0f%% of the last 10 s", (double)row->now.io_stall_percent);
	add_pressure(&row->now.io_pressure, out, size);
	if ((double)row->now.memory_stall_percent >= 10 && strlen(out) < size)
		snprintf(out + strlen(out), size - strlen(out), "; follows from its want of memory");
}

PLAIN_TEXT(words_io_estimate, "io waits")

TEXT(say_io_estimate)
{
	(void)clock;
	if (row->rates & MODEL_RATE_DELAY)
		snprintf(out, size, "an estimate, this kernel has no pressure figures: its processes waited %.0f%% of the time for IO",
		         figure);
	else
		snprintf(out, size,
		         "an estimate, this kernel has no pressure figures: %u of %u processes wait for IO (state D)%s%s, in %.0f%% of the last looks",
		         row->now.blocked, row->now.looked_at, row->now.blocked > 0 ? ": " : "",
		         row->now.blocked > 0 ? row->now.blocked_command : "", row->blocked_part * 100);
}

PLAIN_TEXT(words_blocked, "%u in D", row->now.blocked)
PLAIN_TEXT(say_blocked, "%u of %u processes sleep in the kernel (state D): %s", row->now.blocked, row->now.looked_at,
           row->now.blocked_command)

/* --- the rest --- */

PLAIN_TEXT(words_processes, "%" PRIu64 " processes", row->now.processes)

TEXT(say_processes)
{
	char refused[64] = "";

	(void)figure;
	(void)clock;
	if (row->rates & MODEL_RATE_REFUSED && row->refused_rate > 0)
		snprintf(refused, sizeof refused, ", %.1f more per second refused", row->refused_rate);
	snprintf(out, size, "%" PRIu64 " of %" PRIu64 " processes that limits.pids gives%s", row->now.processes,
	         row->now.processes_limit, refused);
}

TEXT(words_disk)
{
	bool inodes = false;
	double percent = rule_disk_percent(row, &inodes);

	(void)figure;
	(void)clock;
	if (percent >= 99)
		snprintf(out, size, inodes ? "inodes full" : "disk full");
	else
		snprintf(out, size, "%s %.0f%%", inodes ? "inodes" : "disk", percent);
}

TEXT(say_disk)
{
	bool inodes = false;
	double percent = rule_disk_percent(row, &inodes);
	struct sizes disk = two_sizes(row->now.disk_free_bytes, row->now.disk_bytes);

	(void)figure;
	(void)clock;
	if (inodes)
		snprintf(out, size, "%.0f%% of the inodes of its rootfs' file system are used, %" PRIu64 " are left", percent,
		         row->now.disk_free_inodes);
	else
		snprintf(out, size, "%.0f%% of its rootfs' file system is used, %s of %s are free", percent, disk.a, disk.b);
}

PLAIN_TEXT(words_link, "drops %.0f%%", figure)
PLAIN_TEXT(say_link, "%.1f%% of the packets of its links are dropped or faulty, received and sent together", figure)
PLAIN_TEXT(words_config, "bad config")
PLAIN_TEXT(say_config, "%.190s", row->guest.problem)
PLAIN_TEXT(words_half_made, "half made")
PLAIN_TEXT(say_half_made, "there is no guest.ini: a create or destroy was broken off")
PLAIN_TEXT(say_missing, "it does not run, though autostart = yes")

/* --- what is all right --- */

TEXT(say_memory_well)
{
	const struct auberge_counters *now = &row->now;
	uint64_t bytes = 0, cache = 0;
	char of[40] = "", kind[96] = "";
	struct sizes sizes;

	(void)figure;
	(void)clock;
	model_memory(row, &bytes);
	if (now->have & AUBERGE_HAVE_LIMIT && now->memory_limit_bytes != AUBERGE_UNLIMITED) {
		sizes = two_sizes(now->memory_limit_bytes, 0);
		snprintf(of, sizeof of, " of %s", sizes.a);
	}
	if (now->have & AUBERGE_HAVE_MEMORY_KINDS)
		cache = now->file_bytes;
	else if (now->have & AUBERGE_HAVE_CACHE)
		cache = now->cache_bytes;
	sizes = two_sizes(now->memory_bytes, cache);
	if (cache > 0)
		snprintf(kind, sizeof kind, ", of which %s are page cache that it can do without", sizes.b);
	snprintf(out, size, "memory: %s%s used%s", sizes.a, of, kind);
}

TEXT(say_cpu_well)
{
	const struct auberge_counters *now = &row->now;
	double percent = row->rates & MODEL_RATE_PERIODS ? row->periods_percent : row->throttled_percent;

	(void)figure;
	(void)clock;
	if (now->have & AUBERGE_HAVE_QUOTA && now->cpu_quota_thousandths == AUBERGE_UNLIMITED)
		snprintf(out, size, "processor: %.1f%% of one, no limit", row->cpu_percent);
	else if (row->rates & (MODEL_RATE_THROTTLED | MODEL_RATE_PERIODS))
		snprintf(out, size, "processor: %.1f%% of one, held back %.0f%%", row->cpu_percent, percent);
	else
		snprintf(out, size, "processor: %.1f%% of one", row->cpu_percent);
}

TEXT(say_io_well)
{
	struct sizes rates = two_sizes((uint64_t)row->read_rate, (uint64_t)row->write_rate);
	char stall[48] = "";

	(void)figure;
	(void)clock;
	if (rule_has_pressure(row))
		snprintf(stall, sizeof stall, ", stall %.0f%%", (double)row->now.io_stall_percent);
	snprintf(out, size, "disk: %s read and %s written per second%s", rates.a, rates.b, stall);
}

TEXT(say_disk_well)
{
	struct sizes disk = two_sizes(row->now.disk_free_bytes, row->now.disk_bytes);

	(void)figure;
	(void)clock;
	snprintf(out, size, "its rootfs' file system has %s of %s free", disk.a, disk.b);
}
