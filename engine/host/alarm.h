/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells about a guest's limits without being asked twice: descriptors that become readable, and the
 * counters behind them. v2: memory.events and pids.events by EPOLLPRI (kernel: cgroup-v2.rst). v1: eventfds of
 * cgroup.event_control on memory.oom_control and memory.usage_in_bytes (cgroup-v1/memory.rst), counters read beside them.
 */
#ifndef HOST_ALARM_H
#define HOST_ALARM_H

#include "auberge.h"

enum alarm_kind { ALARM_OOM, ALARM_MEMORY, ALARM_PROCESSES, ALARM_KINDS };
#define ALARM_SOURCES 4
#define ALARM_COUNTERS 9

struct alarm_source {
	int fd;
	uint32_t events; /* what epoll is to watch: EPOLLPRI or EPOLLIN */
};
struct alarms {
	struct alarm_source sources[ALARM_SOURCES];
	size_t sources_count;
	int counters[ALARM_COUNTERS]; /* by row of the table; -1 */
};

/* Opens what this host has, be it nothing. The guest's cgroups must be there. */
void alarms_open(struct auberge *auberge, const char *name, uint64_t memory_limit, struct alarms *alarms);
/* The counters now, since the cgroups were made; reading them quiets the sources. */
void alarms_read(struct auberge *auberge, const char *name, struct alarms *alarms, uint64_t counts[ALARM_KINDS]);
/* The sources belong to whoever watches them. */
void alarms_close_counters(struct alarms *alarms);

struct alarm_victim {
	pid_t pid; /* on the host */
	char command[64]; /* clean */
};
/* The last process of a guest that the OOM killer took after *since_usec (CLOCK_MONOTONIC), from /dev/kmsg; false: the
 * kernel does not tell. *since_usec moves on. */
bool alarm_find_victim(const struct auberge *auberge, const char *name, uint64_t *since_usec, struct alarm_victim *victim);
/* One line of the kernel's log: "oom-kill:constraint=..,oom_memcg=..,task_memcg=..,task=..,pid=..,uid=..". */
bool alarm_parse_victim(const char *line, const char *root, const char *name, struct alarm_victim *victim);

#endif
