/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of one running guest: cgroup files that are kept open, one pread each per reading, and the traffic of
 * its links from the refresh that all guests share. A row of the table says where a figure lives in v1 and v2 and how
 * its text is read. Files of the dear or seldom figures are opened when they are first asked for.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/cgroup_private.h"
#include "host/meter_private.h"

#include <fcntl.h>
#include <string.h>

#define FILE_SIZE 16384 /* memory.stat and io.stat of many devices; the rest is a line or two */

/* Readers: text of the file to counters. False: not understood. */
typedef bool (*reader)(const char *text, struct auberge_counters *counters);

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

static bool read_cpu_2(const char *text, struct auberge_counters *counters)
{
	if (take_line(text, "throttled_usec", &counters->throttled_usec))
		counters->have |= AUBERGE_HAVE_THROTTLED;
	return take_line(text, "usage_usec", &counters->cpu_usec);
}

static bool read_throttled_1(const char *text, struct auberge_counters *counters)
{
	bool understood = take_line(text, "throttled_time", &counters->throttled_usec);

	counters->throttled_usec /= 1000;
	return understood;
}

static bool read_memory(const char *text, struct auberge_counters *counters)
{
	return take_number(text, &counters->memory_bytes);
}

static bool read_cache_1(const char *text, struct auberge_counters *counters)
{
	return take_line(text, "total_inactive_file", &counters->cache_bytes);
}

static bool read_cache_2(const char *text, struct auberge_counters *counters)
{
	return take_line(text, "inactive_file", &counters->cache_bytes);
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

static bool read_oom(const char *text, struct auberge_counters *counters)
{
	return take_line(text, "oom_kill", &counters->oom_kills);
}

/* "some avg10=1.23 avg60=..." */
float meter_stall_percent(const char *text)
{
	uint64_t whole, part = 0;

	if (strncmp(text, "some avg10=", 11) != 0 || !take_number(text + 11, &whole))
		return -1.0F;
	text = strchr(text + 11, '.');
	if (text)
		take_number(text + 1, &part); /* always two digits */
	return (float)whole + (float)(part % 100) / 100.0F;
}

static bool read_cpu_stall(const char *text, struct auberge_counters *counters)
{
	counters->cpu_stall_percent = meter_stall_percent(text);
	return counters->cpu_stall_percent >= 0;
}

static bool read_memory_stall(const char *text, struct auberge_counters *counters)
{
	counters->memory_stall_percent = meter_stall_percent(text);
	return counters->memory_stall_percent >= 0;
}

static bool read_io_stall(const char *text, struct auberge_counters *counters)
{
	counters->io_stall_percent = meter_stall_percent(text);
	return counters->io_stall_percent >= 0;
}

/* controller NULL: of every v2 tree, controllers or not. The first row of a figure that can be opened serves it. */
static const struct row {
	unsigned flag, have;
	const char *controller;
	const char *file[2];
	reader read[2];
} table[] = {
	{0, AUBERGE_HAVE_CPU, "cpuacct", {"cpuacct.usage", "cpu.stat"}, {read_cpu_1, read_cpu_2}},
	{0, AUBERGE_HAVE_CPU, NULL, {NULL, "cpu.stat"}, {NULL, read_cpu_2}},
	{0, AUBERGE_HAVE_MEMORY, "memory", {"memory.usage_in_bytes", "memory.current"}, {read_memory, read_memory}},
	{0, AUBERGE_HAVE_IO, "io", {"blkio.throttle.io_service_bytes_recursive", "io.stat"}, {read_io_1, read_io_2}},
	{0, AUBERGE_HAVE_PROCESSES, "pids", {"pids.current", "pids.current"}, {read_processes, read_processes}},
	{AUBERGE_METER_CACHE, AUBERGE_HAVE_CACHE, "memory", {"memory.stat", "memory.stat"}, {read_cache_1, read_cache_2}},
	{AUBERGE_METER_LIMITS, AUBERGE_HAVE_LIMIT, "memory", {"memory.limit_in_bytes", "memory.max"},
	 {read_memory_limit, read_memory_limit}},
	{AUBERGE_METER_LIMITS, 0, "pids", {"pids.max", "pids.max"}, {read_processes_limit, read_processes_limit}},
	{AUBERGE_METER_STALL, AUBERGE_HAVE_STALL, NULL, {NULL, "cpu.pressure"}, {NULL, read_cpu_stall}},
	{AUBERGE_METER_STALL, 0, NULL, {NULL, "memory.pressure"}, {NULL, read_memory_stall}},
	{AUBERGE_METER_STALL, 0, NULL, {NULL, "io.pressure"}, {NULL, read_io_stall}},
	{AUBERGE_METER_STALL, AUBERGE_HAVE_OOM, "memory", {"payload/memory.oom_control", "memory.events"}, {read_oom, read_oom}},
	{AUBERGE_METER_STALL, AUBERGE_HAVE_THROTTLED, "cpu", {"cpu.stat", NULL}, {read_throttled_1, NULL}},
};

enum { NOT_OPENED = -1, NOT_THERE = -2 };

struct auberge_meter {
	struct auberge *auberge;
	struct auberge_counters last; /* figures that are not read each time keep their last value */
	int fds[COUNT_OF(table)];
	char name[AUBERGE_NAME_MAX + 1];
	unsigned links_count;
	char links[AUBERGE_LINKS_MAX][AUBERGE_LINK_SIZE];
};

static const struct cgroup_hierarchy *hierarchy_of(const struct cgroup_layout *layout, const struct row *row)
{
	if (row->controller)
		return cgroup_for(layout, row->controller);
	return layout->v2 >= 0 ? &layout->hierarchies[layout->v2] : NULL;
}

/* Opens what the flag asks for. 0, or -errno when descriptors run out: any other failure means "no such figure". */
static int open_rows(struct auberge_meter *meter, const struct cgroup_layout *layout, unsigned flag)
{
	char path[CGROUP_PATH];

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct row *row = &table[i];
		const struct cgroup_hierarchy *hierarchy = hierarchy_of(layout, row);
		bool served = i > 0 && row->have && table[i - 1].have == row->have && meter->fds[i - 1] >= 0;

		if (row->flag != flag || meter->fds[i] != NOT_OPENED)
			continue;
		meter->fds[i] = NOT_THERE;
		if (served || !hierarchy || !row->file[hierarchy->v2] ||
		    cgroup_path(path, meter->auberge, hierarchy, CGROUP_OF_GUEST, meter->name, row->file[hierarchy->v2]) < 0)
			continue;
		meter->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (meter->fds[i] < 0 && (errno == EMFILE || errno == ENFILE)) {
			meter->fds[i] = NOT_OPENED;
			return -errno;
		}
		if (meter->fds[i] < 0)
			meter->fds[i] = NOT_THERE;
	}
	return 0;
}

struct auberge_meter *auberge_meter_open(struct auberge *auberge, const struct auberge_guest *guest, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	struct auberge_meter *meter = layout ? calloc(1, sizeof *meter) : NULL;
	size_t opened = 0;
	int result;

	if (!meter) {
		if (layout)
			error_set(error, ENOMEM, "the figures of %s", guest->name);
		return NULL;
	}
	meter->auberge = auberge;
	meter->last.processes_limit = AUBERGE_UNLIMITED;
	memcpy(meter->name, guest->name, sizeof meter->name);
	memcpy(meter->links, guest->links, sizeof meter->links);
	meter->links_count = guest->links_count < AUBERGE_LINKS_MAX ? guest->links_count : AUBERGE_LINKS_MAX;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		meter->fds[i] = NOT_OPENED;
	result = open_rows(meter, layout, 0);
	for (size_t i = 0; i < COUNT_OF(table); i++)
		opened += meter->fds[i] >= 0;
	if (result == 0 && (opened > 0 || layout->count == 0))
		return meter;
	if (result < 0) {
		error_set(error, -result, "%s: cannot open its figures", guest->name);
		error_remedy(error, "raise the limit of open files: ulimit -n 65536");
	} else {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running: it has no cgroups", guest->name);
	}
	auberge_meter_close(meter);
	return NULL;
}

static void read_traffic(struct auberge_meter *meter, const struct auberge_traffic *traffic)
{
	uint64_t received = 0, sent = 0;
	bool any = false;

	for (unsigned i = 0; i < meter->links_count; i++) {
		uint64_t host_received, host_sent;

		if (!traffic_find(traffic, meter->links[i], &host_received, &host_sent))
			continue;
		received += host_sent; /* what the host's end sends is what the guest receives */
		sent += host_received;
		any = true;
	}
	if (!any)
		return;
	meter->last.receive_bytes = received;
	meter->last.transmit_bytes = sent;
	meter->last.have |= AUBERGE_HAVE_NET;
}

/* 1 read, 0 no such file or not understood, -1: the group is gone. */
static int read_row(struct auberge_meter *meter, const struct cgroup_layout *layout, size_t index, char *text)
{
	const struct row *row = &table[index];
	ssize_t length;

	if (meter->fds[index] < 0)
		return 0;
	length = pread(meter->fds[index], text, FILE_SIZE - 1, 0);
	if (length < 0)
		return errno == ENODEV ? -1 : 0;
	text[length] = '\0';
	if (!row->read[hierarchy_of(layout, row)->v2](text, &meter->last))
		return 0;
	meter->last.have |= row->have;
	return 1;
}

static int read_rows(struct auberge_meter *meter, const struct cgroup_layout *layout, unsigned flags, struct auberge_error *error)
{
	char text[FILE_SIZE];
	unsigned read = 0, gone = 0;

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].flag == 0 || flags & table[i].flag)
			meter->last.have &= ~table[i].have;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		int result = table[i].flag == 0 || flags & table[i].flag ? read_row(meter, layout, i, text) : 0;

		read += result > 0;
		gone += result < 0;
	}
	if (gone > 0 && read == 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running any more", meter->name);
	return 0;
}

int auberge_meter_read(struct auberge_meter *meter, const struct auberge_traffic *traffic, unsigned flags,
                       struct auberge_counters *counters, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(meter->auberge, error);
	int result = layout ? 0 : -1;

	for (unsigned flag = AUBERGE_METER_CACHE; flag <= AUBERGE_METER_STALL && result == 0; flag <<= 1)
		if (flags & flag)
			result = open_rows(meter, layout, flag);
	if (result < 0)
		return layout ? error_set(error, -result, "%s: cannot open its figures", meter->name) : -1;
	if (read_rows(meter, layout, flags, error) < 0)
		return -1;
	meter->last.have &= ~(unsigned)AUBERGE_HAVE_NET;
	if (traffic)
		read_traffic(meter, traffic);
	meter->last.time_usec = now_monotonic_usec();
	*counters = meter->last;
	return 0;
}

void auberge_meter_close(struct auberge_meter *meter)
{
	if (!meter)
		return;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (meter->fds[i] >= 0)
			close(meter->fds[i]);
	free(meter);
}
