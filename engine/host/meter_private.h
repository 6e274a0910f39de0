/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the figures share: the table of where each figure lives (meter_files.c), a link's counters
 * (traffic.c), and what takes more than a pread (meter_look.c).
 */
#ifndef HOST_METER_PRIVATE_H
#define HOST_METER_PRIVATE_H

#include "auberge.h"

/*
 * Where a figure is. `flag`: the AUBERGE_METER_* that asks for it, 0 always. `have`: the bit that a reading sets; the
 * first row of a bit that can be opened serves it. controller NULL: of every v2 tree, controllers or not.
 * `time`: offset of the field that gets the time of the reading, 0 none. `when` (may be NULL): false, not worth a
 * reading now. `late`: the group may come later, so a file that is missing is tried again.
 */
struct meter_row {
	unsigned flag, have;
	const char *controller;
	const char *file[2]; /* v1, v2 */
	bool (*read[2])(const char *text, struct auberge_counters *counters); /* false: not understood */
	size_t time;
	bool (*when)(const struct auberge_counters *counters);
	bool late;
};
#define METER_ROWS 18
extern const struct meter_row meter_rows[METER_ROWS];

/* All of a pressure file; false: not understood. */
bool meter_read_pressure(const char *text, struct auberge_pressure *pressure);
/* "some" avg10 of a pressure file; negative: not understood. */
float meter_stall_percent(const char *text);
/* The same of a file; negative: there is none. */
float meter_read_stall(const char *path);

/* Counts the guest's processes in uninterruptible sleep, and how long they have waited for block IO. ran: it has used the
 * processor since it was last looked at. */
void meter_look_at_processes(struct auberge *auberge, const char *name, bool ran, struct auberge_counters *counters);
/* How full the file system of that directory is. */
void meter_look_at_disk(const char *directory, struct auberge_counters *counters);

struct traffic_counts {
	uint64_t bytes, packets, errors, drops;
};
struct traffic_link {
	struct traffic_counts receive, transmit; /* as the host sees them */
};
/* Until the next refresh; NULL: not there at the last one. */
const struct traffic_link *traffic_find(const struct auberge_traffic *traffic, const char *name);

#endif
