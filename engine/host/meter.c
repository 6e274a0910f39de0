/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of one running guest: the files of meter_rows[] kept open, one pread each per reading, and the traffic
 * of its links from the refresh that all guests share. Files of the dear or seldom figures are opened when they are
 * first asked for. What is dearer still (memory.stat, the processes) is also read when the cheap figures point there,
 * so that a healthy guest costs little and a sick one is known wherever it stands in the list.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/cgroup_private.h"
#include "host/meter_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sysinfo.h>

#define FILE_SIZE 16384 /* memory.stat and io.stat of many devices; the rest is a line or two */
#define STALLED 5.0F    /* percent of 10 s waiting for IO: who waits is looked at */

enum { NOT_OPENED = -1, NOT_THERE = -2, NOT_YET = -3 }; /* not yet: tried again when the limits are read */

struct auberge_meter {
	struct auberge *auberge;
	struct auberge_counters last; /* figures that are not read each time keep their last value */
	uint64_t looked_cpu_usec;     /* its processor time when its processes were last looked at */
	int fds[METER_ROWS];
	bool v2[METER_ROWS]; /* of what is open */
	char name[AUBERGE_NAME_MAX + 1], rootfs[256];
	unsigned links_count;
	char links[AUBERGE_LINKS_MAX][AUBERGE_LINK_SIZE];
};

static bool is_asked(size_t index, unsigned flags)
{
	return meter_rows[index].flag == 0 || flags & meter_rows[index].flag;
}

static bool is_wanted(const struct auberge_meter *meter, size_t index, unsigned flags)
{
	const struct meter_row *row = &meter_rows[index];

	return is_asked(index, flags) && (!row->when || row->when(&meter->last));
}

static const struct cgroup_hierarchy *hierarchy_of(const struct cgroup_layout *layout, const struct meter_row *row)
{
	if (row->controller)
		return cgroup_for(layout, row->controller);
	return layout->v2 >= 0 ? &layout->hierarchies[layout->v2] : NULL;
}

/* Opens what the flags ask for. 0, or -errno when descriptors run out: any other failure means "no such figure". */
static int open_rows(struct auberge_meter *meter, const struct cgroup_layout *layout, unsigned flags)
{
	char path[CGROUP_PATH];

	for (size_t i = 0; i < METER_ROWS; i++) {
		const struct meter_row *row = &meter_rows[i];
		const struct cgroup_hierarchy *hierarchy;
		bool served = i > 0 && row->have && meter_rows[i - 1].have == row->have && meter->fds[i - 1] >= 0;

		if (meter->fds[i] == NOT_YET && flags & AUBERGE_METER_LIMITS)
			meter->fds[i] = NOT_OPENED;
		if (meter->fds[i] != NOT_OPENED || !is_wanted(meter, i, flags))
			continue;
		meter->fds[i] = NOT_THERE;
		hierarchy = hierarchy_of(layout, row);
		if (served || !hierarchy || !row->file[hierarchy->v2] ||
		    cgroup_path(path, meter->auberge, hierarchy, CGROUP_OF_GUEST, meter->name, row->file[hierarchy->v2]) < 0)
			continue;
		meter->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		meter->v2[i] = hierarchy->v2;
		if (meter->fds[i] < 0 && (errno == EMFILE || errno == ENFILE)) {
			meter->fds[i] = NOT_OPENED;
			return -errno;
		}
		if (meter->fds[i] < 0)
			meter->fds[i] = row->late ? NOT_YET : NOT_THERE;
	}
	return 0;
}

/* What no file of the guest's tells. */
static void begin_figures(const struct cgroup_layout *layout, struct auberge_counters *counters)
{
	static const struct {
		const char *controller;
		unsigned bit;
	} olds[] = {{"memory", AUBERGE_OLD_MEMORY}, {"cpu", AUBERGE_OLD_CPU}, {"pids", AUBERGE_OLD_PROCESSES}, {"io", AUBERGE_OLD_IO}};
	struct sysinfo host;

	for (size_t i = 0; i < COUNT_OF(olds); i++) {
		const struct cgroup_hierarchy *hierarchy = cgroup_for(layout, olds[i].controller);

		if (hierarchy && !hierarchy->v2)
			counters->old |= olds[i].bit;
	}
	counters->processes_limit = counters->memory_limit_bytes = counters->cpu_quota_thousandths = AUBERGE_UNLIMITED;
	counters->cpu_stall_percent = counters->memory_stall_percent = counters->io_stall_percent = -1;
	if (sysinfo(&host) < 0)
		return;
	counters->host_processors = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	counters->host_memory_bytes = (uint64_t)host.totalram * host.mem_unit;
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
	begin_figures(layout, &meter->last);
	memcpy(meter->name, guest->name, sizeof meter->name);
	memcpy(meter->rootfs, guest->rootfs, sizeof meter->rootfs);
	memcpy(meter->links, guest->links, sizeof meter->links);
	meter->links_count = guest->links_count < AUBERGE_LINKS_MAX ? guest->links_count : AUBERGE_LINKS_MAX;
	for (size_t i = 0; i < METER_ROWS; i++)
		meter->fds[i] = NOT_OPENED;
	result = open_rows(meter, layout, 0);
	for (size_t i = 0; i < METER_ROWS; i++)
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

static void add_counts(struct traffic_counts *sum, const struct traffic_counts *counts)
{
	sum->bytes += counts->bytes;
	sum->packets += counts->packets;
	sum->errors += counts->errors;
	sum->drops += counts->drops;
}

static void read_traffic(struct auberge_meter *meter, const struct auberge_traffic *traffic)
{
	struct traffic_link sum = {0};
	struct auberge_counters *last = &meter->last;
	bool any = false;

	for (unsigned i = 0; i < meter->links_count; i++) {
		const struct traffic_link *link = traffic_find(traffic, meter->links[i]);

		if (!link)
			continue;
		add_counts(&sum.receive, &link->transmit); /* what the host's end sends is what the guest receives */
		add_counts(&sum.transmit, &link->receive);
		any = true;
	}
	if (!any)
		return;
	last->receive_bytes = sum.receive.bytes;
	last->receive_packets = sum.receive.packets;
	last->receive_errors = sum.receive.errors;
	last->receive_drops = sum.receive.drops;
	last->transmit_bytes = sum.transmit.bytes;
	last->transmit_packets = sum.transmit.packets;
	last->transmit_errors = sum.transmit.errors;
	last->transmit_drops = sum.transmit.drops;
	last->have |= AUBERGE_HAVE_NET;
}

static void note_time(struct auberge_meter *meter, const struct meter_row *row)
{
	if (row->time)
		memcpy((char *)&meter->last + row->time, &meter->last.time_usec, sizeof meter->last.time_usec);
}

/* 1 read, 0 no such file or not understood, -1: the group is gone. */
static int read_row(struct auberge_meter *meter, size_t index, char *text)
{
	const struct meter_row *row = &meter_rows[index];
	ssize_t length;

	if (meter->fds[index] < 0)
		return 0;
	length = pread(meter->fds[index], text, FILE_SIZE - 1, 0);
	if (length < 0)
		return errno == ENODEV ? -1 : 0;
	text[length] = '\0';
	if (!row->read[meter->v2[index]](text, &meter->last))
		return 0;
	meter->last.have |= row->have;
	note_time(meter, row);
	return 1;
}

/* So much of its memory is in use that it matters what for. */
static bool is_near_limit(const struct auberge_counters *counters)
{
	return counters->memory_limit_bytes != AUBERGE_UNLIMITED &&
	       counters->memory_bytes >= counters->memory_limit_bytes - counters->memory_limit_bytes / 8;
}

/* 0, or -1 when all that is open is gone. */
static int read_rows(struct auberge_meter *meter, unsigned flags)
{
	char text[FILE_SIZE];
	unsigned read = 0, gone = 0;

	for (size_t i = 0; i < METER_ROWS; i++)
		if (is_wanted(meter, i, flags))
			meter->last.have &= ~meter_rows[i].have;
	for (size_t i = 0; i < METER_ROWS; i++) {
		int result = is_wanted(meter, i, flags) ? read_row(meter, i, text) : 0;

		/* what is not worth a reading has not moved: its rate falls to nothing */
		if (is_asked(i, flags) && !is_wanted(meter, i, flags))
			note_time(meter, &meter_rows[i]);
		read += result > 0;
		gone += result < 0;
	}
	return gone > 0 && read == 0 ? -1 : 0;
}

/* memory.stat alone, the last of the table. */
static void read_kinds(struct auberge_meter *meter, const struct cgroup_layout *layout)
{
	char text[FILE_SIZE];

	for (size_t i = 0; i < METER_ROWS; i++)
		if (meter_rows[i].flag == AUBERGE_METER_CACHE && open_rows(meter, layout, AUBERGE_METER_CACHE) == 0)
			read_row(meter, i, text);
}

/* Who waits is looked at where the pressure file says that somebody does. Where there is none, always: v1 does not count
 * all that is written, so its bytes are no sign. */
static bool wants_look(const struct auberge_counters *counters)
{
	return !(counters->have & AUBERGE_HAVE_STALL) || counters->io_stall_percent >= STALLED || counters->blocked > 0;
}

static void look_at_processes(struct auberge_meter *meter)
{
	meter_look_at_processes(meter->auberge, meter->name, meter->last.cpu_usec != meter->looked_cpu_usec, &meter->last);
	meter->looked_cpu_usec = meter->last.cpu_usec;
}

int auberge_meter_read(struct auberge_meter *meter, const struct auberge_traffic *traffic, unsigned flags,
                       struct auberge_counters *counters, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(meter->auberge, error);
	int result = layout ? open_rows(meter, layout, flags) : -1;

	if (result < 0)
		return layout ? error_set(error, -result, "%s: cannot open its figures", meter->name) : -1;
	meter->last.time_usec = now_monotonic_usec();
	if (read_rows(meter, flags) < 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running any more", meter->name);
	if (flags & AUBERGE_METER_STALL && !(flags & AUBERGE_METER_CACHE) && is_near_limit(&meter->last))
		read_kinds(meter, layout);
	if (flags & AUBERGE_METER_PROCESSES || (flags & AUBERGE_METER_STALL && wants_look(&meter->last)))
		look_at_processes(meter);
	else if (flags & AUBERGE_METER_STALL)
		meter->last.have &= ~(unsigned)(AUBERGE_HAVE_BLOCKED | AUBERGE_HAVE_DELAY);
	if (flags & AUBERGE_METER_LIMITS && meter->rootfs[0])
		meter_look_at_disk(meter->rootfs, &meter->last);
	meter->last.have &= ~(unsigned)AUBERGE_HAVE_NET;
	if (traffic)
		read_traffic(meter, traffic);
	*counters = meter->last;
	return 0;
}

void auberge_meter_close(struct auberge_meter *meter)
{
	if (!meter)
		return;
	for (size_t i = 0; i < METER_ROWS; i++)
		if (meter->fds[i] >= 0)
			close(meter->fds[i]);
	free(meter);
}
