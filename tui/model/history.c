/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of samples per guest and series, from the start and for all guests. A sample is the mean of what was seen in
 * MODEL_HISTORY_SECONDS; a slot in which nothing was seen is a gap. What is kept are figures, not parts of full: full
 * may change.
 */
#include "model/model.h"

#include <math.h>

#define SLOT_USEC (MODEL_HISTORY_SECONDS * UINT64_C(1000000))
#define IO_LEAST (1024 * 1024.0f) /* bytes per second that are full at least: a trickle is no mountain */

static double figure(const struct model_row *row, enum model_series series)
{
	uint64_t bytes;
	char letter;

	switch (series) {
	case MODEL_SERIES_CPU: return row->rates & MODEL_RATE_CPU ? row->cpu_percent : (double)NAN;
	case MODEL_SERIES_MEMORY: return model_memory(row, &bytes) ? (double)bytes : (double)NAN;
	case MODEL_SERIES_IO: return row->rates & MODEL_RATE_IO ? row->read_rate + row->write_rate : (double)NAN;
	case MODEL_SERIES_STALL: return model_stall(row, &letter);
	case MODEL_SERIES_COUNT: break;
	}
	return NAN;
}

static void put(struct model_ring *ring, uint64_t slot, bool gathered)
{
	for (size_t series = 0; series < MODEL_SERIES_COUNT; series++)
		ring->values[series][slot % MODEL_HISTORY] =
			gathered && ring->gathered[series] > 0 ? ring->sums[series] / (float)ring->gathered[series] : -1.0f;
}

/* Ends the slot being gathered and those after it in which nothing was seen. */
static void move_to(struct model_ring *ring, uint64_t slot)
{
	put(ring, ring->slot, true);
	for (uint64_t gap = slot > ring->slot + MODEL_HISTORY ? slot - MODEL_HISTORY : ring->slot + 1; gap < slot; gap++)
		put(ring, gap, false);
	for (size_t series = 0; series < MODEL_SERIES_COUNT; series++) {
		ring->sums[series] = 0;
		ring->gathered[series] = 0;
	}
	ring->slot = slot;
}

void model_history_add(struct model_row *row, const struct model_clock *clock)
{
	struct model_ring *ring = &row->ring;
	uint64_t slot = clock->monotonic_usec / SLOT_USEC;

	if (!ring->begun)
		*ring = (struct model_ring){.begun = true, .first = slot, .slot = slot};
	else if (slot > ring->slot)
		move_to(ring, slot);
	for (enum model_series series = 0; series < MODEL_SERIES_COUNT; series++) {
		double value = figure(row, series);

		if (isnan(value))
			continue;
		ring->sums[series] += (float)value;
		ring->gathered[series]++;
	}
}

void model_history_pass(struct model_row *row, const struct model_clock *clock)
{
	uint64_t slot = clock->monotonic_usec / SLOT_USEC;

	if (row->ring.begun && slot > row->ring.slot)
		move_to(&row->ring, slot);
}

static float full(const struct model_row *row, enum model_series series, const float *values, size_t count)
{
	const struct auberge_counters *now = &row->now;
	float most = 0;

	switch (series) {
	case MODEL_SERIES_CPU:
		if (now->have & AUBERGE_HAVE_QUOTA && now->cpu_quota_thousandths != AUBERGE_UNLIMITED && now->cpu_quota_thousandths > 0)
			return (float)now->cpu_quota_thousandths / 10;
		return now->host_processors > 0 ? (float)now->host_processors * 100 : 100;
	case MODEL_SERIES_MEMORY:
		most = (float)now->host_memory_bytes;
		if (now->have & AUBERGE_HAVE_LIMIT && now->memory_limit_bytes > 0 &&
		    (most <= 0 || (float)now->memory_limit_bytes < most) && now->memory_limit_bytes != AUBERGE_UNLIMITED)
			most = (float)now->memory_limit_bytes;
		if (most > 0)
			return most;
		break;
	case MODEL_SERIES_STALL: return 100;
	case MODEL_SERIES_IO: most = IO_LEAST; break;
	case MODEL_SERIES_COUNT: break;
	}
	for (size_t i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	return most > 0 ? most : 1;
}

/* Slot n of the clock stands in place n % room, whatever the width: a graph moves on without shifting. The place of the
 * slot being gathered is the gap. */
size_t model_history(const struct model_row *row, enum model_series series, float *parts, size_t room, size_t *now)
{
	const struct model_ring *ring = &row->ring;
	size_t count = room < MODEL_HISTORY ? room : MODEL_HISTORY;
	float whole;

	*now = count > 0 ? ring->slot % count : 0;
	for (size_t i = 0; i < count; i++)
		parts[i] = -1;
	if (!ring->begun || count == 0)
		return count;
	for (uint64_t back = 1; back < count && ring->slot >= ring->first + back; back++) {
		uint64_t slot = ring->slot - back;

		parts[slot % count] = ring->values[series][slot % MODEL_HISTORY];
	}
	whole = full(row, series, parts, count);
	for (size_t i = 0; i < count; i++)
		if (parts[i] >= 0)
			parts[i] = parts[i] >= whole ? 1 : parts[i] / whole;
	return count;
}
