/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests and samples for the tests of the model. */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include "model/model.h"

#include <stdio.h>

static const struct model_clock fixture_clock = {
	.monotonic_usec = 100000000, .boot_seconds = 1000, .wall_seconds = 1700000000};

static inline struct auberge_guest fixture_guest(const char *name, enum auberge_state state)
{
	struct auberge_guest guest = {.state = state, .supervision = AUBERGE_SUPERVISION_NONE, .uptime_seconds = -1};

	snprintf(guest.name, sizeof guest.name, "%s", name);
	if (state == AUBERGE_RUNNING || state == AUBERGE_FROZEN || state == AUBERGE_STOPPING) {
		guest.running = true;
		guest.init_pid = 4711;
		guest.uptime_seconds = 3 * 86400 + 4 * 3600;
		guest.supervision = AUBERGE_SUPERVISION_OK;
	}
	return guest;
}

static inline struct auberge_counters fixture_counters(uint64_t time_usec)
{
	return (struct auberge_counters){
		.have = AUBERGE_HAVE_CPU | AUBERGE_HAVE_THROTTLED | AUBERGE_HAVE_MEMORY | AUBERGE_HAVE_CACHE |
	                AUBERGE_HAVE_LIMIT | AUBERGE_HAVE_STALL | AUBERGE_HAVE_IO | AUBERGE_HAVE_PROCESSES |
	                AUBERGE_HAVE_OOM | AUBERGE_HAVE_NET,
		.time_usec = time_usec,
		.memory_limit_bytes = AUBERGE_UNLIMITED,
		.processes_limit = AUBERGE_UNLIMITED,
	};
}

#endif
