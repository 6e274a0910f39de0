/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where each figure of a guest lives in cgroup v1 and v2, and how its text is read: one table, one reader per form of
 * text. Kept apart from the reading itself (meter.c) so that a new figure is a row here.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "host/meter_private.h"

#include <fcntl.h>
#include <string.h>

static bool take_number(const char *text, uint64_t *number)
{
	uint64_t value = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	*number = value;
	return true;
}

static bool take_limit(const char *text, uint64_t *number)
{
	if (strncmp(text, "max", 3) == 0 || *text == '-') {
		*number = AUBERGE_UNLIMITED;
		return true;
	}
	if (!take_number(text, number))
		return false;
	if (*number >= (uint64_t)1 << 62) /* v1's word for none: the greatest page count */
		*number = AUBERGE_UNLIMITED;
	return true;
}

/* The number behind "WORD " at the start of a line. */
static bool take_line(const char *text, const char *word, uint64_t *number)
{
	size_t length = strlen(word);

	while (text) {
		if (strncmp(text, word, length) == 0 && text[length] == ' ')
			return take_number(text + length + 1, number);
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return false;
}

static bool read_cpu_1(const char *text, struct auberge_counters *counters)
{
	bool understood = take_number(text, &counters->cpu_usec);

	counters->cpu_usec /= 1000;
	return understood;
}

static void read_periods(const char *text, struct auberge_counters *counters)
{
	if (take_line(text, "nr_periods", &counters->periods) && take_line(text, "nr_throttled", &counters->throttled_periods))
		counters->have |= AUBERGE_HAVE_PERIODS;
}

static bool read_cpu_2(const char *text, struct auberge_counters *counters)
{
	if (take_line(text, "throttled_usec", &counters->throttled_usec)) {
		counters->have |= AUBERGE_HAVE_THROTTLED;
		counters->throttled_time_usec = counters->time_usec;
		read_periods(text, counters);
	}
	return take_line(text, "usage_usec", &counters->cpu_usec);
}

static bool read_throttled_1(const char *text, struct auberge_counters *counters)
{
	bool understood = take_line(text, "throttled_time", &counters->throttled_usec);

	counters->throttled_usec /= 1000;
	read_periods(text, counters);
	return understood;
}

static bool read_memory(const char *text, struct auberge_counters *counters)
{
	return take_number(text, &counters->memory_bytes);
}

/* What is wanted of memory.stat, in one pass over it: the file is long, and is read for many. */
struct kinds {
	uint64_t anonymous, shared, inactive, active, refaults;
	unsigned found; /* bits of the first four */
};

static void take_kind(const char *line, const char *anonymous, struct kinds *kinds)
{
	const struct {
		const char *word;
		uint64_t *to;
	} words[] = {{anonymous, &kinds->anonymous}, {"shmem", &kinds->shared}, {"inactive_file", &kinds->inactive},
	             {"active_file", &kinds->active}, {"workingset_refault", NULL}, /* before Linux 5.9 they were one */
	             {"workingset_refault_file", NULL}, {"workingset_refault_anon", NULL}};
	size_t length = strcspn(line, " \n");
	uint64_t number;

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (line[0] != words[i].word[0] || strncmp(line, words[i].word, length) != 0 || words[i].word[length] != '\0')
			continue;
		if (line[length] != ' ' || !take_number(line + length + 1, &number))
			return;
		if (words[i].to) {
			*words[i].to = number;
			kinds->found |= 1u << i;
		} else {
			kinds->refaults += number;
		}
		return;
	}
}

/* prefix: v1 names the lines of the whole subtree "total_...". */
static bool read_kinds(const char *text, const char *prefix, const char *anonymous, struct auberge_counters *counters)
{
	struct kinds kinds = {0};
	size_t length = strlen(prefix);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (strncmp(line, prefix, length) == 0)
			take_kind(line + length, anonymous, &kinds);
	if (!(kinds.found & 1u << 2))
		return false;
	counters->cache_bytes = kinds.inactive;
	if (kinds.found == 0xf) {
		counters->anonymous_bytes = kinds.anonymous;
		counters->shared_bytes = kinds.shared;
		counters->file_bytes = kinds.inactive + kinds.active;
		counters->refaults = kinds.refaults;
		counters->have |= AUBERGE_HAVE_MEMORY_KINDS;
	}
	return true;
}

static bool read_stat_1(const char *text, struct auberge_counters *counters)
{
	return read_kinds(text, "total_", "rss", counters);
}

static bool read_stat_2(const char *text, struct auberge_counters *counters)
{
	return read_kinds(text, "", "anon", counters);
}

static bool read_memory_limit(const char *text, struct auberge_counters *counters)
{
	return take_limit(text, &counters->memory_limit_bytes);
}

/* "8:0 Read 4096" per device and kind. */
static bool read_io_1(const char *text, struct auberge_counters *counters)
{
	uint64_t number;

	counters->read_bytes = counters->write_bytes = 0;
	while (*text) {
		const char *kind = text + strcspn(text, " \n");

		if (strncmp(kind, " Read ", 6) == 0 && take_number(kind + 6, &number))
			counters->read_bytes += number;
		else if (strncmp(kind, " Write ", 7) == 0 && take_number(kind + 7, &number))
			counters->write_bytes += number;
		text = strchrnul(kind, '\n');
		text += *text == '\n';
	}
	return true;
}

/* "8:0 rbytes=1 wbytes=2 rios=.." per device. */
static bool read_io_2(const char *text, struct auberge_counters *counters)
{
	uint64_t number;

	counters->read_bytes = counters->write_bytes = 0;
	while ((text = strchr(text, ' '))) {
		text++;
		if (strncmp(text, "rbytes=", 7) == 0 && take_number(text + 7, &number))
			counters->read_bytes += number;
		else if (strncmp(text, "wbytes=", 7) == 0 && take_number(text + 7, &number))
			counters->write_bytes += number;
	}
	return true;
}

static bool read_processes(const char *text, struct auberge_counters *counters)
{
	return take_number(text, &counters->processes);
}

static bool read_processes_limit(const char *text, struct auberge_counters *counters)
{
	return take_limit(text, &counters->processes_limit);
}

/* v1 counts a kill in the victim's own group: payload/, then exec/ is added. */
static bool read_oom_1(const char *text, struct auberge_counters *counters)
{
	return take_line(text, "oom_kill", &counters->oom_kills);
}

static bool read_oom_exec_1(const char *text, struct auberge_counters *counters)
{
	uint64_t more;

	if (!(counters->have & AUBERGE_HAVE_OOM) || !take_line(text, "oom_kill", &more))
		return false;
	counters->oom_kills += more;
	return true;
}

static bool read_events_2(const char *text, struct auberge_counters *counters)
{
	if (take_line(text, "max", &counters->memory_hits))
		counters->have |= AUBERGE_HAVE_MEMORY_HITS;
	return take_line(text, "oom_kill", &counters->oom_kills);
}

static bool read_hits_1(const char *text, struct auberge_counters *counters)
{
	return take_number(text, &counters->memory_hits);
}

static bool read_refused(const char *text, struct auberge_counters *counters)
{
	return take_line(text, "max", &counters->refused_processes);
}

/* Before Linux 6.11 the group that forked counts, since then the one with the limit. */
static bool read_refused_payload(const char *text, struct auberge_counters *counters)
{
	uint64_t other;

	if (!take_line(text, "max", &other))
		return false;
	if (other > counters->refused_processes)
		counters->refused_processes = other;
	return true;
}

/* Of the period that we leave as it is, 100 ms. */
static bool read_quota_1(const char *text, struct auberge_counters *counters)
{
	if (!take_limit(text, &counters->cpu_quota_thousandths))
		return false;
	if (counters->cpu_quota_thousandths != AUBERGE_UNLIMITED)
		counters->cpu_quota_thousandths /= 100;
	return true;
}

/* "max 100000", "150000 100000" */
static bool read_quota_2(const char *text, struct auberge_counters *counters)
{
	const char *blank = strchr(text, ' ');
	uint64_t period;

	if (!take_limit(text, &counters->cpu_quota_thousandths))
		return false;
	if (counters->cpu_quota_thousandths == AUBERGE_UNLIMITED)
		return true;
	if (!blank || !take_number(blank + 1, &period) || period == 0)
		return false;
	counters->cpu_quota_thousandths = counters->cpu_quota_thousandths * 1000 / period;
	return true;
}

/* --- pressure: "some avg10=1.23 avg60=..\nfull avg10=..." --- */

/* "12.34", always two places. */
static bool take_percent(const char *text, float *percent)
{
	uint64_t whole, part = 0;

	if (!take_number(text, &whole))
		return false;
	text = strpbrk(text, ". \n");
	if (text && *text == '.')
		take_number(text + 1, &part);
	*percent = (float)whole + (float)(part % 100) / 100.0F;
	return true;
}

static bool take_averages(const char *text, const char *word, float *ten, float *sixty)
{
	const char *line = strstr(text, word), *second;

	if (!line || !take_percent(line + strlen(word), ten))
		return false;
	second = strstr(line, " avg60=");
	return second && take_percent(second + 7, sixty);
}

bool meter_read_pressure(const char *text, struct auberge_pressure *pressure)
{
	*pressure = (struct auberge_pressure){-1, -1, -1, -1};
	if (!take_averages(text, "some avg10=", &pressure->some10, &pressure->some60))
		return false;
	take_averages(text, "full avg10=", &pressure->full10, &pressure->full60); /* cpu: since Linux 5.13 */
	return true;
}

float meter_stall_percent(const char *text)
{
	float percent;

	return strncmp(text, "some avg10=", 11) == 0 && take_percent(text + 11, &percent) ? percent : -1.0F;
}

float meter_read_stall(const char *path)
{
	char text[256];

	return file_read_at(AT_FDCWD, path, text, sizeof text) <= 0 ? -1.0F : meter_stall_percent(text);
}

#define PRESSURE(function, pressure, percent)                                            \
	static bool function(const char *text, struct auberge_counters *counters)        \
	{                                                                                \
		bool understood = meter_read_pressure(text, &counters->pressure);        \
                                                                                         \
		counters->percent = understood ? counters->pressure.some10 : -1.0F;      \
		return understood;                                                       \
	}
PRESSURE(read_cpu_stall, cpu_pressure, cpu_stall_percent)
PRESSURE(read_memory_stall, memory_pressure, memory_stall_percent)
PRESSURE(read_io_stall, io_pressure, io_stall_percent)

/* --- what is worth a reading --- */

static bool has_quota(const struct auberge_counters *counters)
{
	return !(counters->have & AUBERGE_HAVE_THROTTLED) || counters->cpu_quota_thousandths != AUBERGE_UNLIMITED;
}

static bool has_memory_limit(const struct auberge_counters *counters)
{
	return counters->memory_limit_bytes != AUBERGE_UNLIMITED;
}

/* Forks are refused at the limit only. */
static bool has_many_processes(const struct auberge_counters *counters)
{
	return counters->processes_limit != AUBERGE_UNLIMITED && counters->processes * 2 >= counters->processes_limit;
}

#define TIME(field) offsetof(struct auberge_counters, field)
/* FLAG HAVE, controller, v1's file and reader, v2's file and reader, whatever else. */
#define ROW(asked, bit, by, file_1, read_1, file_2, read_2, ...)                                              \
	{.flag = (asked), .have = (bit), .controller = (by), .file = {file_1, file_2}, .read = {read_1, read_2}, __VA_ARGS__}

const struct meter_row meter_rows[METER_ROWS] = {
	ROW(0, AUBERGE_HAVE_CPU, "cpuacct", "cpuacct.usage", read_cpu_1, "cpu.stat", read_cpu_2, ),
	ROW(0, AUBERGE_HAVE_CPU, NULL, NULL, NULL, "cpu.stat", read_cpu_2, ),
	ROW(0, AUBERGE_HAVE_MEMORY, "memory", "memory.usage_in_bytes", read_memory, "memory.current", read_memory, ),
	ROW(0, AUBERGE_HAVE_IO, "io", "blkio.throttle.io_service_bytes_recursive", read_io_1, "io.stat", read_io_2, ),
	ROW(0, AUBERGE_HAVE_PROCESSES, "pids", "pids.current", read_processes, "pids.current", read_processes, ),
	ROW(AUBERGE_METER_LIMITS, AUBERGE_HAVE_LIMIT, "memory", "memory.limit_in_bytes", read_memory_limit, "memory.max",
	    read_memory_limit, ),
	ROW(AUBERGE_METER_LIMITS, 0, "pids", "pids.max", read_processes_limit, "pids.max", read_processes_limit, ),
	ROW(AUBERGE_METER_LIMITS, AUBERGE_HAVE_QUOTA, "cpu", "cpu.cfs_quota_us", read_quota_1, "cpu.max", read_quota_2, ),
	ROW(AUBERGE_METER_STALL, AUBERGE_HAVE_STALL, NULL, NULL, NULL, "cpu.pressure", read_cpu_stall, ),
	ROW(AUBERGE_METER_STALL, 0, NULL, NULL, NULL, "memory.pressure", read_memory_stall, ),
	ROW(AUBERGE_METER_STALL, 0, NULL, NULL, NULL, "io.pressure", read_io_stall, ),
	ROW(AUBERGE_METER_STALL, AUBERGE_HAVE_OOM, "memory", "payload/memory.oom_control", read_oom_1, "memory.events",
	    read_events_2, .time = TIME(events_time_usec)),
	ROW(AUBERGE_METER_STALL, 0, "memory", "exec/memory.oom_control", read_oom_exec_1, NULL, NULL, .late = true),
	ROW(AUBERGE_METER_STALL, AUBERGE_HAVE_MEMORY_HITS, "memory", "memory.failcnt", read_hits_1, NULL, NULL,
	    .time = TIME(events_time_usec), .when = has_memory_limit),
	ROW(AUBERGE_METER_STALL, AUBERGE_HAVE_REFUSED, "pids", "payload/pids.events", read_refused, "pids.events", read_refused,
	    .time = TIME(events_time_usec), .when = has_many_processes),
	ROW(AUBERGE_METER_STALL, 0, "pids", NULL, NULL, "payload/pids.events", read_refused_payload, .when = has_many_processes),
	ROW(AUBERGE_METER_STALL, AUBERGE_HAVE_THROTTLED, "cpu", "cpu.stat", read_throttled_1, NULL, NULL,
	    .time = TIME(throttled_time_usec), .when = has_quota),
	ROW(AUBERGE_METER_CACHE, AUBERGE_HAVE_CACHE, "memory", "memory.stat", read_stat_1, "memory.stat", read_stat_2,
	    .time = TIME(kinds_time_usec)),
};
