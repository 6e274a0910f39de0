/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model filled from the engine.
 * Owns: the traffic dump, and each row's meter (rows only carry it). Invariants: a meter belongs to the init it was
 * opened for and is closed when that init or the row is gone; memory.stat, the dear one, is read once for each and
 * then for rows on screen only.
 */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#define USEC_PER_SECOND 1000000u
#define CACHE_EVERY (5 * USEC_PER_SECOND)
#define LIMITS_EVERY (10 * USEC_PER_SECOND)
#define STALL_EVERY (10 * USEC_PER_SECOND) /* of rows that are not on screen: avg10 changes no faster */
#define OOM_READS 5

struct model_source {
	struct auberge *auberge;
	struct model *model;
	struct model_source_hooks hooks;
	struct auberge_traffic *traffic; /* NULL: the kernel gave none; rates of links are then not known */
	bool traffic_fresh;
	uint64_t round; /* rows with another number are due */
	size_t next;    /* where in rows[] the search goes on */
	bool visible_done;
};

static void close_meter(struct model_row *row)
{
	if (row->meter)
		auberge_meter_close(row->meter);
	row->meter = NULL;
	row->meter_pid = 0;
}

static void forget_row(void *data, struct model_row *row)
{
	(void)data;
	close_meter(row);
}

struct model_source *model_source_open(struct auberge *auberge, struct model *model, struct auberge_error *error)
{
	struct model_source *source = calloc(1, sizeof *source);
	struct auberge_error ignored;

	if (!source) {
		*error = (struct auberge_error){.code = AUBERGE_FAILED, .text = "figures: out of memory"};
		return NULL;
	}
	source->auberge = auberge;
	source->model = model;
	source->traffic = auberge_traffic_open(&ignored);
	model->forget = forget_row;
	model->forget_data = source;
	return source;
}

void model_source_close(struct model_source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->model->rows_count; i++)
		close_meter(source->model->rows[i]);
	source->model->forget = NULL;
	if (source->traffic)
		auberge_traffic_close(source->traffic);
	free(source);
}

void model_source_hook(struct model_source *source, const struct model_source_hooks *hooks)
{
	source->hooks = *hooks;
}

static bool may_read(void *data, const char *name)
{
	const struct model_source *source = data;

	return !source->hooks.before || source->hooks.before(source->hooks.data, name);
}

int model_source_refresh_list(struct model_source *source, struct auberge_error *error)
{
	struct model_clock clock = model_clock_now();
	struct auberge_guest *guests = NULL;
	size_t count = 0;
	int result;

	if (!may_read(source, "/list"))
		return 0;
	result = auberge_list_each(source->auberge, 0, may_read, source, &guests, &count, error);
	if (result < 0)
		return result;
	if (source->hooks.listed)
		source->hooks.listed(source->hooks.data, guests, count);
	result = model_update_guests(source->model, guests, count, &clock);
	free(guests);
	source->next = 0; /* rows[] is another one now */
	source->visible_done = false;
	if (result < 0)
		*error = (struct auberge_error){.code = AUBERGE_FAILED, .text = "list of guests: out of memory"};
	return result;
}

int model_source_refresh_host(struct model_source *source, struct auberge_error *error)
{
	struct auberge_host host = {0};
	int result;

	if (!may_read(source, "/host"))
		return 0;
	result = auberge_host_read(source->auberge, &host, error);
	if (result < 0)
		return result;
	model_update_host(source->model, &host);
	return 0;
}

void model_source_begin_round(struct model_source *source)
{
	struct auberge_error ignored;

	source->round++;
	source->next = 0;
	source->visible_done = false;
	source->traffic_fresh = source->traffic && may_read(source, "/links") && auberge_traffic_refresh(source->traffic, &ignored) == 0;
}

/* The meter for this run of the guest, or NULL. */
static struct auberge_meter *meter_of(struct model_source *source, struct model_row *row)
{
	struct auberge_error ignored;

	if (row->meter && row->meter_pid != row->guest.init_pid)
		close_meter(row);
	if (!row->meter) {
		row->meter = auberge_meter_open(source->auberge, &row->guest, &ignored);
		row->meter_pid = row->guest.init_pid;
	}
	return row->meter;
}

/* Who was killed, from the guest's events: the supervisor writes them a moment after the kernel has counted, and seldom
 * while they come in crowds. So they are read a few times after each kill, and once for those of earlier runs. */
static void find_victim(const struct model_source *source, struct model_row *row, struct auberge_counters *counters)
{
	struct auberge_history_event event;
	struct auberge_error ignored;

	if (!(counters->have & AUBERGE_HAVE_OOM))
		return;
	if (!(row->now.have & AUBERGE_HAVE_OOM))
		row->oom_reads = 1;
	if (counters->oom_kills != row->oom_read_kills)
		row->oom_reads = OOM_READS;
	row->oom_read_kills = counters->oom_kills;
	if (row->oom_reads == 0)
		return;
	row->oom_reads--;
	if (auberge_history_last(source->auberge, row->guest.name, "oom", &event, &ignored) <= 0)
		return;
	counters->oom_seconds = event.time_seconds;
	memset(counters->oom_victim, 0, sizeof counters->oom_victim);
	memcpy(counters->oom_victim, event.cause, sizeof event.cause);
	counters->have |= AUBERGE_HAVE_OOM_KNOWN;
}

static void read_row(struct model_source *source, struct model_row *row)
{
	struct model_clock clock = model_clock_now();
	struct auberge_counters counters = {0};
	struct auberge_error ignored;
	struct auberge_meter *meter;
	unsigned flags = 0;

	row->round = source->round;
	if (!row->guest.running) {
		close_meter(row);
		return;
	}
	if (!may_read(source, row->guest.name))
		return;
	meter = meter_of(source, row);
	if (!meter)
		return;
	/* the first time for all: a figure with the cache in it would be another figure */
	if (row->cache_read_usec == 0 || (row->visible && clock.monotonic_usec - row->cache_read_usec >= CACHE_EVERY)) {
		flags |= AUBERGE_METER_CACHE;
		row->cache_read_usec = clock.monotonic_usec;
	}
	if (row->visible || row->stall_read_usec == 0 || clock.monotonic_usec - row->stall_read_usec >= STALL_EVERY) {
		flags |= AUBERGE_METER_STALL;
		row->stall_read_usec = clock.monotonic_usec;
	}
	if (row->limits_read_usec == 0 || clock.monotonic_usec - row->limits_read_usec >= LIMITS_EVERY) {
		flags |= AUBERGE_METER_LIMITS;
		row->limits_read_usec = clock.monotonic_usec;
	}
	if (row->asked)
		flags |= AUBERGE_METER_PROCESSES;
	if (auberge_meter_read(meter, source->traffic_fresh ? source->traffic : NULL, flags, &counters, &ignored) < 0) {
		close_meter(row); /* gone; the next list says what became of it */
		return;
	}
	if (flags & AUBERGE_METER_STALL)
		find_victim(source, row, &counters);
	model_update_counters(row, &counters, &clock);
	if (source->hooks.counted)
		source->hooks.counted(source->hooks.data, row);
}

/* The next row that is due: those on screen first. */
static struct model_row *next_due(struct model_source *source)
{
	struct model *model = source->model;

	for (;;) {
		while (source->next < model->rows_count) {
			struct model_row *row = model->rows[source->next++];

			if (row->round != source->round && (row->visible || source->visible_done))
				return row;
		}
		if (source->visible_done)
			return NULL;
		source->visible_done = true;
		source->next = 0;
	}
}

bool model_source_refresh_counters_slice(struct model_source *source, uint64_t budget_usec)
{
	uint64_t began = model_clock_now().monotonic_usec;
	struct model_row *row;

	while ((row = next_due(source))) {
		read_row(source, row);
		if (budget_usec > 0 && model_clock_now().monotonic_usec - began >= budget_usec)
			return false;
	}
	return true;
}
