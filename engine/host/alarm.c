/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table of what to watch and what to count, per cgroup version. A file that is not there is done without. */
#include "host/alarm.h"
#include "host/cgroup_private.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define NEAR_LIMIT (1u << 20) /* v1: usage this near its limit counts as being at it */

/*
 * Counters. Of several for one kind in one group of the same sum number the values are added, and the greatest sum
 * counts: pids.events is the forking group's own before Linux 6.11, and its limit's owner's after. On v1 an OOM kill is
 * the victim's group's own.
 */
static const struct row {
	bool v2;
	const char *controller, *file, *word; /* word NULL: the file is a number */
	enum alarm_kind kind;
	unsigned sum;
	bool notifies; /* by EPOLLPRI */
} table[ALARM_COUNTERS] = {
	{true, "memory", "memory.events", "oom_kill", ALARM_OOM, 0, true},
	{true, "memory", "memory.events", "max", ALARM_MEMORY, 0, false}, /* the same file: told by the one above */
	{true, "pids", "pids.events", "max", ALARM_PROCESSES, 0, true},
	{true, "pids", "payload/pids.events", "max", ALARM_PROCESSES, 1, true},
	{false, "memory", "payload/memory.oom_control", "oom_kill", ALARM_OOM, 0, false},
	{false, "memory", "exec/memory.oom_control", "oom_kill", ALARM_OOM, 0, false},
	{false, "memory", "memory.failcnt", NULL, ALARM_MEMORY, 0, false},
	{false, "memory", "memory.memsw.failcnt", NULL, ALARM_MEMORY, 0, false},
	{false, "pids", "payload/pids.events", "max", ALARM_PROCESSES, 0, true}, /* from 6.11 on this one is not told */
};
#define SUMS 2

static void add_source(struct alarms *alarms, int fd, uint32_t events)
{
	if (fd < 0)
		return;
	if (alarms->sources_count == ALARM_SOURCES) {
		close(fd);
		return;
	}
	alarms->sources[alarms->sources_count++] = (struct alarm_source){fd, events};
}

static int open_file(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, const char *file,
                     int flags)
{
	char path[CGROUP_PATH];

	if (cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, file) < 0)
		return -1;
	return open(path, flags | O_CLOEXEC);
}

/* An eventfd that the kernel counts up when something happens to a v1 file. */
static int make_eventfd(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, const char *file,
                        uint64_t threshold)
{
	cleanup_close int watched = open_file(auberge, hierarchy, name, file, O_RDONLY);
	cleanup_close int control = open_file(auberge, hierarchy, name, "cgroup.event_control", O_WRONLY);
	cleanup_close int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char line[64];
	int length;

	if (watched < 0 || control < 0 || event < 0)
		return -1;
	if (threshold)
		length = snprintf(line, sizeof line, "%d %d %" PRIu64, event, watched, threshold);
	else
		length = snprintf(line, sizeof line, "%d %d", event, watched);
	return write(control, line, (size_t)length) == length ? take_fd(&event) : -1;
}

static void watch_memory_1(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name,
                           uint64_t memory_limit, struct alarms *alarms)
{
	add_source(alarms, make_eventfd(auberge, hierarchy, name, "memory.oom_control", 0), EPOLLIN);
	if (memory_limit != AUBERGE_UNLIMITED && memory_limit > 2 * NEAR_LIMIT)
		add_source(alarms, make_eventfd(auberge, hierarchy, name, "memory.usage_in_bytes", memory_limit - NEAR_LIMIT), EPOLLIN);
}

/* exec/ is made when it is first needed, so what is missing is tried again. */
static bool open_counter(struct auberge *auberge, const char *name, unsigned index, struct alarms *alarms)
{
	struct auberge_error ignored = {0};
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	const struct cgroup_hierarchy *hierarchy = layout ? cgroup_for(layout, table[index].controller) : NULL;

	if (alarms->counters[index] < 0 && hierarchy && hierarchy->v2 == table[index].v2)
		alarms->counters[index] = open_file(auberge, hierarchy, name, table[index].file, O_RDONLY);
	return alarms->counters[index] >= 0;
}

void alarms_open(struct auberge *auberge, const char *name, uint64_t memory_limit, struct alarms *alarms)
{
	struct auberge_error ignored = {0};
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	const struct cgroup_hierarchy *memory = layout ? cgroup_for(layout, "memory") : NULL;

	*alarms = (struct alarms){0};
	if (memory && !memory->v2)
		watch_memory_1(auberge, memory, name, memory_limit, alarms);
	for (unsigned i = 0; i < COUNT_OF(table); i++) {
		alarms->counters[i] = -1;
		if (open_counter(auberge, name, i, alarms) && table[i].notifies)
			add_source(alarms, fcntl(alarms->counters[i], F_DUPFD_CLOEXEC, 0), EPOLLPRI);
	}
}

static uint64_t number_in(const char *text, const char *word)
{
	size_t length = word ? strlen(word) : 0;

	if (!word)
		return strtoull(text, NULL, 10);
	for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, word, length) == 0 && at[length] == ' ')
			return strtoull(at + length, NULL, 10);
	return 0;
}

void alarms_read(struct auberge *auberge, const char *name, struct alarms *alarms, uint64_t counts[ALARM_KINDS])
{
	uint64_t sums[ALARM_KINDS][SUMS] = {0};

	for (unsigned i = 0; i < COUNT_OF(table); i++) {
		const struct row *row = &table[i];
		char text[512];
		ssize_t length = open_counter(auberge, name, i, alarms) ? pread(alarms->counters[i], text, sizeof text - 1, 0) : -1;

		if (length <= 0)
			continue;
		text[length] = '\0';
		sums[row->kind][row->sum] += number_in(text, row->word);
	}
	for (size_t kind = 0; kind < ALARM_KINDS; kind++)
		counts[kind] = sums[kind][0] > sums[kind][1] ? sums[kind][0] : sums[kind][1];
}

void alarms_close_counters(struct alarms *alarms)
{
	for (unsigned i = 0; i < COUNT_OF(table); i++) {
		if (alarms->counters[i] >= 0)
			close(alarms->counters[i]);
		alarms->counters[i] = -1;
	}
}
