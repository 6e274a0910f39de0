/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the figures share: a link's counters, and the reading of a pressure file. */
#ifndef HOST_METER_PRIVATE_H
#define HOST_METER_PRIVATE_H

#include "auberge.h"

/* Counters of a link as the host sees them; false: not there at the last refresh. */
bool traffic_find(const struct auberge_traffic *traffic, const char *name, uint64_t *received, uint64_t *sent);
/* "some" avg10 of a pressure file; negative: not understood. */
float meter_stall_percent(const char *text);

#endif
