/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All rows across refreshes, and which of them are shown in which order.
 * Owns the rows. Invariants: rows[] by name; shown[] has room for all rows and never holds one that was freed.
 */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct model *model)
{
	*model = (struct model){.host_cpu_percent = NAN};
}

static void free_row(struct model *model, struct model_row *row)
{
	if (model->forget)
		model->forget(model->forget_data, row);
	free(row);
}

void model_free(struct model *model)
{
	for (size_t i = 0; i < model->rows_count; i++)
		free_row(model, model->rows[i]);
	free(model->rows);
	free(model->shown);
	*model = (struct model){0};
}

static int by_name(const void *a, const void *b)
{
	const struct model_row *const *first = a, *const *second = b;

	return strcmp((*first)->guest.name, (*second)->guest.name);
}

static int name_to_row(const void *name, const void *row)
{
	const struct model_row *const *second = row;

	return strcmp(name, (*second)->guest.name);
}

struct model_row *model_find(const struct model *model, const char *name)
{
	struct model_row **found = NULL;

	if (model->rows_count > 0)
		found = bsearch(name, model->rows, model->rows_count, sizeof model->rows[0], name_to_row);
	return found ? *found : NULL;
}

ssize_t model_shown_index(const struct model *model, const char *name)
{
	const struct model_row *row = model_find(model, name);

	for (size_t i = 0; row && i < model->shown_count; i++)
		if (model->shown[i] == row)
			return (ssize_t)i;
	return -1;
}

/* --- a new list --- */

static void keep_rates(struct model_row *fresh, const struct model_row *row)
{
	fresh->cpu_percent = row->cpu_percent;
	fresh->throttled_percent = row->throttled_percent;
	fresh->read_rate = row->read_rate;
	fresh->write_rate = row->write_rate;
	fresh->receive_rate = row->receive_rate;
	fresh->transmit_rate = row->transmit_rate;
	fresh->periods_percent = row->periods_percent;
	fresh->hits_rate = row->hits_rate;
	fresh->refused_rate = row->refused_rate;
	fresh->refault_rate = row->refault_rate;
	fresh->delay_percent = row->delay_percent;
	fresh->fault_rate = row->fault_rate;
	fresh->fault_percent = row->fault_percent;
	fresh->looks = row->looks;
	fresh->looks_blocked = row->looks_blocked;
	fresh->blocked_part = row->blocked_part;
}

/* The guest may be another run of itself: what was sampled before does not count then. */
static void renew_row(struct model_row *row, const struct auberge_guest *guest, const struct model_clock *clock)
{
	struct model_row fresh;

	model_row_init(&fresh, guest, clock);
	fresh.tagged = row->tagged;
	fresh.visible = row->visible;
	fresh.unread = fresh.stale = row->unread;
	fresh.unread_usec = row->unread_usec;
	fresh.meter = row->meter;
	fresh.meter_pid = row->meter_pid;
	fresh.asked = row->asked;
	fresh.ring = row->ring;
	if (guest->running && guest->init_pid == row->guest.init_pid) {
		fresh.now = row->now;
		fresh.before = row->before;
		fresh.rates = row->rates;
		keep_rates(&fresh, row);
		fresh.stale = row->stale;
		fresh.stale_seconds = row->stale_seconds;
		fresh.cache_read_usec = row->cache_read_usec;
		fresh.limits_read_usec = row->limits_read_usec;
		fresh.stall_read_usec = row->stall_read_usec;
		fresh.oom_read_kills = row->oom_read_kills;
		fresh.oom_reads = row->oom_reads;
		memcpy(fresh.held, row->held, sizeof fresh.held);
		fresh.round = row->round;
		if (guest->state == AUBERGE_STOPPING)
			fresh.survivors = row->survivors;
		model_verdict(&fresh, clock);
	} else if (fresh.unread) {
		model_verdict(&fresh, clock);
	}
	*row = fresh;
}

/* Rows for guests that the model does not know yet go to next[count..]; NULL in the end: no memory. */
static int add_new_rows(struct model *model, struct model_row **next, size_t *next_count,
                        const struct auberge_guest *guests, size_t count, const struct model_clock *clock)
{
	for (size_t i = 0; i < count; i++) {
		struct model_row *row;

		if (model_find(model, guests[i].name))
			continue;
		row = malloc(sizeof *row);
		if (!row)
			return -1;
		model_row_init(row, &guests[i], clock);
		next[(*next_count)++] = row;
	}
	return 0;
}

/* Takes rows that are not marked as seen out of shown[] and frees them; the others go to next[]. */
static void drop_gone_rows(struct model *model, struct model_row **next, size_t *next_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->shown_count; i++)
		if (model->shown[i]->seen)
			model->shown[kept++] = model->shown[i];
	model->shown_count = kept;
	for (size_t i = 0; i < model->rows_count; i++) {
		if (model->rows[i]->seen)
			next[(*next_count)++] = model->rows[i];
		else
			free_row(model, model->rows[i]);
	}
}

static void count_rows(struct model *model)
{
	memset(model->states, 0, sizeof model->states);
	model->lost = model->tagged = 0;
	for (size_t i = 0; i < model->rows_count; i++) {
		const struct model_row *row = model->rows[i];

		model->states[row->guest.state]++;
		model->lost += row->guest.supervision == AUBERGE_SUPERVISION_LOST;
		model->tagged += row->tagged;
	}
}

int model_update_guests(struct model *model, const struct auberge_guest *guests, size_t count,
                        const struct model_clock *clock)
{
	size_t room = model->rows_count + count + 1, next_count = 0;
	struct model_row **next = calloc(room, sizeof(struct model_row *)); /* by then shown[] may hold as many */
	struct model_row **shown = realloc(model->shown, room * sizeof(struct model_row *));

	if (shown)
		model->shown = shown;
	if (!next || !shown || add_new_rows(model, next, &next_count, guests, count, clock) < 0) {
		for (size_t i = 0; i < next_count; i++)
			free(next[i]);
		free(next);
		return -1;
	}
	for (size_t i = 0; i < model->rows_count; i++)
		model->rows[i]->seen = false;
	for (size_t i = 0; i < count; i++) {
		struct model_row *row = model_find(model, guests[i].name);

		if (!row)
			continue;
		renew_row(row, &guests[i], clock);
		row->seen = true;
	}
	drop_gone_rows(model, next, &next_count);
	qsort(next, next_count, sizeof next[0], by_name);
	free(model->rows);
	model->rows = next;
	model->rows_count = next_count;
	model->listed = true;
	count_rows(model);
	model_arrange(model, clock);
	return 0;
}

void model_update_some(struct model *model, const struct auberge_guest *guests, size_t count,
                       const struct model_clock *clock)
{
	for (size_t i = 0; i < count; i++) {
		struct model_row *row = model_find(model, guests[i].name);

		if (row)
			renew_row(row, &guests[i], clock);
	}
	if (count > 0)
		count_rows(model);
}

void model_pass_time(struct model *model, const struct model_clock *clock)
{
	for (size_t i = 0; i < model->rows_count; i++) {
		struct model_row *row = model->rows[i];

		if (row->guest.uptime_seconds >= 0)
			row->guest.uptime_seconds += clock->boot_seconds - row->told_boot_seconds;
		row->told_boot_seconds = clock->boot_seconds;
		if (row->stop_timed)
			row->stop_left_seconds = row->guest.stop_deadline_seconds - clock->boot_seconds;
		if (row->stop_timed || row->guest.restart_seconds != 0)
			model_verdict(row, clock);
	}
}

void model_update_host(struct model *model, const struct auberge_host *host)
{
	uint64_t busy, total;

	model->host_before = model->host;
	model->host = *host;
	model->host_cpu_percent = NAN;
	if (model->host_before.name[0] == '\0' || host->cpu_total_ticks <= model->host_before.cpu_total_ticks ||
	    host->cpu_busy_ticks < model->host_before.cpu_busy_ticks)
		return;
	busy = host->cpu_busy_ticks - model->host_before.cpu_busy_ticks;
	total = host->cpu_total_ticks - model->host_before.cpu_total_ticks;
	model->host_cpu_percent = (double)busy * 100 / (double)total;
}

/* A row of which nothing was ever read is as old as its trouble. */
void model_row_mark_stale(struct model_row *row, const struct model_clock *clock, uint64_t oldest_usec)
{
	uint64_t from = row->now.time_usec > 0 ? row->now.time_usec : row->unread ? row->unread_usec : 0;
	bool old = row->now.have != 0 && row->now.time_usec + oldest_usec < clock->monotonic_usec;

	row->stale = row->unread || (row->guest.running && old);
	row->stale_seconds = row->stale && from > 0 && clock->monotonic_usec > from ?
	                     (unsigned)((clock->monotonic_usec - from) / 1000000) : 0;
}

void model_mark_stale(struct model *model, const struct model_clock *clock, uint64_t oldest_usec)
{
	for (size_t i = 0; i < model->rows_count; i++) {
		model_row_mark_stale(model->rows[i], clock, oldest_usec);
		model_history_pass(model->rows[i], clock);
	}
}

/* --- what is shown --- */

static int by_order(const void *a, const void *b, void *order)
{
	const struct model_row *const *first = a, *const *second = b;

	return model_order_compare(order, *first, *second);
}

void model_hold(struct model *model, const struct model_clock *clock, uint64_t usec)
{
	if (usec == MODEL_HOLD_FOREVER)
		model->held_until_usec = MODEL_HOLD_FOREVER;
	else
		model->held_until_usec = usec ? clock->monotonic_usec + usec : 0;
}

int model_held_seconds(const struct model *model, const struct model_clock *clock)
{
	if (model->held_until_usec == MODEL_HOLD_FOREVER)
		return -1;
	if (model->held_until_usec <= clock->monotonic_usec)
		return 0;
	return (int)((model->held_until_usec - clock->monotonic_usec + 999999) / 1000000);
}

void model_arrange(struct model *model, const struct model_clock *clock)
{
	size_t kept = 0, first_new;

	for (size_t i = 0; i < model->rows_count; i++)
		model->rows[i]->seen = false; /* here: has its place already */
	if (model_held_seconds(model, clock) != 0) {
		for (size_t i = 0; i < model->shown_count; i++) {
			struct model_row *row = model->shown[i];

			if (!model_filter_match(&model->filter, row))
				continue;
			row->seen = true;
			model->shown[kept++] = row;
		}
	}
	first_new = kept;
	for (size_t i = 0; i < model->rows_count; i++)
		if (!model->rows[i]->seen && model_filter_match(&model->filter, model->rows[i]))
			model->shown[kept++] = model->rows[i];
	model->shown_count = kept;
	if (kept - first_new > 1)
		qsort_r(model->shown + first_new, kept - first_new, sizeof model->shown[0], by_order, &model->order);
}

ssize_t model_search(const struct model *model, ssize_t from, int step, const char *text)
{
	ssize_t count = (ssize_t)model->shown_count, index = from;

	if (index < 0 && step < 0)
		index = count;
	for (ssize_t tried = 0; tried < count; tried++) {
		index = (index + step + count) % count;
		if (model_search_match(model->shown[index], text))
			return index;
	}
	return -1;
}

void model_set_visible(struct model *model, size_t first, size_t count)
{
	for (size_t i = 0; i < model->rows_count; i++)
		model->rows[i]->visible = false;
	for (size_t i = first; i < model->shown_count && i - first < count; i++)
		model->shown[i]->visible = true;
}

/* --- tags --- */

void model_tag(struct model *model, struct model_row *row, bool tagged)
{
	if (row->tagged != tagged)
		model->tagged += tagged ? 1 : (size_t)-1;
	row->tagged = tagged;
}

void model_tag_shown(struct model *model)
{
	for (size_t i = 0; i < model->shown_count; i++)
		model_tag(model, model->shown[i], true);
}

void model_untag_all(struct model *model)
{
	for (size_t i = 0; i < model->rows_count; i++)
		model_tag(model, model->rows[i], false);
}
