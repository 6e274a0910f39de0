/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row: samples to rates, and the figures that are worked out from several counters.
 * Invariants: a rate is never negative and never spans a restart; a counter that was not read this time keeps its
 * last value.
 */
#include "model/model.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define USEC_PER_SECOND 1000000
#define PAGE_BYTES 4096.0 /* near enough for a rate, whatever the host's pages */

struct model_clock model_clock_now(void)
{
	struct timespec monotonic, boot, wall;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct model_clock){
		.monotonic_usec = (uint64_t)monotonic.tv_sec * USEC_PER_SECOND + (uint64_t)monotonic.tv_nsec / 1000,
		.boot_seconds = boot.tv_sec,
		.wall_seconds = wall.tv_sec,
	};
}

void model_row_init(struct model_row *row, const struct auberge_guest *guest, const struct model_clock *clock)
{
	*row = (struct model_row){.guest = *guest, .survivors = -1, .told_boot_seconds = clock->boot_seconds};
	if (guest->state == AUBERGE_STOPPING && guest->stop_deadline_seconds != 0) {
		row->stop_timed = true;
		row->stop_left_seconds = guest->stop_deadline_seconds - clock->boot_seconds;
	}
	model_verdict(row, clock);
}

/* What is read more seldom than the rest. */
static void carry_over(struct auberge_counters *now, const struct auberge_counters *before)
{
	unsigned kept = before->have & ~now->have;

	if (kept & AUBERGE_HAVE_CACHE)
		now->cache_bytes = before->cache_bytes;
	if (kept & AUBERGE_HAVE_LIMIT)
		now->memory_limit_bytes = before->memory_limit_bytes;
	if (kept & AUBERGE_HAVE_STALL) {
		now->cpu_stall_percent = before->cpu_stall_percent;
		now->memory_stall_percent = before->memory_stall_percent;
		now->io_stall_percent = before->io_stall_percent;
	}
	if (kept & AUBERGE_HAVE_PROCESSES) {
		now->processes = before->processes;
		now->processes_limit = before->processes_limit;
	}
	if (kept & AUBERGE_HAVE_OOM)
		now->oom_kills = before->oom_kills;
	if (kept & AUBERGE_HAVE_OOM_KNOWN) {
		now->oom_seconds = before->oom_seconds;
		memcpy(now->oom_victim, before->oom_victim, sizeof now->oom_victim);
	}
	now->have |= kept & (AUBERGE_HAVE_CACHE | AUBERGE_HAVE_LIMIT | AUBERGE_HAVE_STALL | AUBERGE_HAVE_PROCESSES |
	                     AUBERGE_HAVE_OOM | AUBERGE_HAVE_OOM_KNOWN);
}

/* Per second; false when the counter went back. */
static bool rate_of(uint64_t now, uint64_t before, double seconds, double *rate)
{
	if (now < before)
		return false;
	*rate = (double)(now - before) / seconds;
	return true;
}

/*
 * A figure that has a time of its own: its rate is of the time between its own readings, and stands until the next one.
 * time: that of the reading, 0: it was read with the rest. Returns whether there is a new rate.
 */
static bool seldom_rate(struct model_row *row, unsigned have, unsigned rate_bit, uint64_t time, uint64_t time_before,
                        uint64_t number, uint64_t number_before, double *rate)
{
	time = time ? time : row->now.time_usec;
	time_before = time_before ? time_before : row->before.time_usec;
	if (!(row->now.have & row->before.have & have)) {
		row->rates &= ~rate_bit;
		return false;
	}
	if (time <= time_before)
		return false;
	if (!rate_of(number, number_before, (double)(time - time_before) / USEC_PER_SECOND, rate)) {
		row->rates &= ~rate_bit;
		return false;
	}
	row->rates |= rate_bit;
	return true;
}

#define SELDOM(have, bit, time, field, rate)                                                                     \
	seldom_rate(row, have, bit, row->now.time, row->before.time, row->now.field, row->before.field, rate)
#define OWN_TIMES (MODEL_RATE_THROTTLED | MODEL_RATE_PERIODS | MODEL_RATE_HITS | MODEL_RATE_REFUSED | MODEL_RATE_REFAULTS | \
	           MODEL_RATE_DELAY)

static void work_out_seldom_rates(struct model_row *row)
{
	double rate, periods = 0;

	if (SELDOM(AUBERGE_HAVE_THROTTLED, MODEL_RATE_THROTTLED, throttled_time_usec, throttled_usec, &rate))
		row->throttled_percent = rate * 100 / USEC_PER_SECOND;
	if (SELDOM(AUBERGE_HAVE_PERIODS, MODEL_RATE_PERIODS, throttled_time_usec, periods, &periods) &&
	    SELDOM(AUBERGE_HAVE_PERIODS, MODEL_RATE_PERIODS, throttled_time_usec, throttled_periods, &rate))
		row->periods_percent = periods > 0 ? rate * 100 / periods : 0;
	SELDOM(AUBERGE_HAVE_MEMORY_HITS, MODEL_RATE_HITS, events_time_usec, memory_hits, &row->hits_rate);
	SELDOM(AUBERGE_HAVE_REFUSED, MODEL_RATE_REFUSED, events_time_usec, refused_processes, &row->refused_rate);
	if (SELDOM(AUBERGE_HAVE_MEMORY_KINDS, MODEL_RATE_REFAULTS, kinds_time_usec, refaults, &rate))
		row->refault_rate = rate * PAGE_BYTES;
	if (SELDOM(AUBERGE_HAVE_DELAY, MODEL_RATE_DELAY, blocked_time_usec, delay_usec, &rate))
		row->delay_percent = rate * 100 / USEC_PER_SECOND;
}

/* The share of the last looks, the newest counting half; a single one is no proof. */
static void work_out_blocked(struct model_row *row)
{
	if (!(row->now.have & AUBERGE_HAVE_BLOCKED)) {
		row->looks = row->looks_blocked = row->blocked_part = 0;
	} else if (row->now.blocked_time_usec == 0 || row->now.blocked_time_usec != row->before.blocked_time_usec) {
		row->looks = row->looks / 2 + row->now.looks;
		row->looks_blocked = row->looks_blocked / 2 + row->now.looks_blocked;
		row->blocked_part = row->looks_blocked / (row->looks > 2 ? row->looks : 2);
	}
}

static void work_out_faults(struct model_row *row, double seconds)
{
	const struct auberge_counters *now = &row->now, *before = &row->before;
	uint64_t packets = now->receive_packets + now->transmit_packets, packets_before = before->receive_packets + before->transmit_packets;
	uint64_t faults = now->receive_errors + now->transmit_errors + now->receive_drops + now->transmit_drops;
	uint64_t faults_before = before->receive_errors + before->transmit_errors + before->receive_drops + before->transmit_drops;
	double passed;

	row->fault_rate = row->fault_percent = 0;
	if (!rate_of(faults, faults_before, seconds, &row->fault_rate) || !rate_of(packets, packets_before, seconds, &passed))
		row->fault_rate = 0;
	else if (row->fault_rate > 0)
		row->fault_percent = row->fault_rate * 100 / (row->fault_rate + passed);
}

static void work_out_rates(struct model_row *row)
{
	const struct auberge_counters *now = &row->now, *before = &row->before;
	double seconds = (double)(now->time_usec - before->time_usec) / USEC_PER_SECOND, rate;
	unsigned both = now->have & before->have;

	row->rates &= OWN_TIMES;
	work_out_seldom_rates(row);
	work_out_blocked(row);
	if (both & AUBERGE_HAVE_CPU && rate_of(now->cpu_usec, before->cpu_usec, seconds, &rate)) {
		row->cpu_percent = rate * 100 / USEC_PER_SECOND;
		row->rates |= MODEL_RATE_CPU;
	}
	if (both & AUBERGE_HAVE_IO && rate_of(now->read_bytes, before->read_bytes, seconds, &row->read_rate) &&
	    rate_of(now->write_bytes, before->write_bytes, seconds, &row->write_rate))
		row->rates |= MODEL_RATE_IO;
	if (both & AUBERGE_HAVE_NET &&
	    rate_of(now->receive_bytes, before->receive_bytes, seconds, &row->receive_rate) &&
	    rate_of(now->transmit_bytes, before->transmit_bytes, seconds, &row->transmit_rate))
		row->rates |= MODEL_RATE_NET;
	if (row->rates & MODEL_RATE_NET)
		work_out_faults(row, seconds);
}

void model_update_counters(struct model_row *row, const struct auberge_counters *counters,
                           const struct model_clock *clock)
{
	struct auberge_counters next = *counters;

	if (row->now.have != 0) {
		carry_over(&next, &row->now);
		if (next.time_usec <= row->now.time_usec) { /* no time passed: the rates stand */
			next.time_usec = row->now.time_usec;
		} else {
			row->before = row->now;
			row->now = next;
			work_out_rates(row);
		}
	}
	row->now = next;
	row->stale = row->unread = false;
	model_history_add(row, clock);
	model_verdict(row, clock);
}

bool model_memory(const struct model_row *row, uint64_t *bytes)
{
	uint64_t cache = row->now.have & AUBERGE_HAVE_CACHE ? row->now.cache_bytes : 0;

	if (row->now.have & AUBERGE_HAVE_MEMORY) {
		/* the two are read at different times */
		*bytes = row->now.memory_bytes > cache ? row->now.memory_bytes - cache : 0;
		return true;
	}
	*bytes = row->guest.memory_bytes;
	return row->guest.running && row->guest.memory_bytes > 0;
}

double model_limit_percent(const struct model_row *row)
{
	uint64_t bytes, limit = row->now.memory_limit_bytes;

	if (!(row->now.have & AUBERGE_HAVE_LIMIT) || limit == AUBERGE_UNLIMITED || limit == 0 ||
	    !model_memory(row, &bytes))
		return NAN;
	return (double)bytes * 100 / (double)limit;
}

double model_stall(const struct model_row *row, char *letter)
{
	const struct {
		char letter;
		float percent;
	} kinds[] = {
		{'M', row->now.memory_stall_percent}, /* named first when equal: the hardest to live with */
		{'I', row->now.io_stall_percent},
		{'C', row->now.cpu_stall_percent},
	};
	float worst = -1;

	*letter = '-';
	if (!(row->now.have & AUBERGE_HAVE_STALL))
		return NAN;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].percent <= worst) /* negative: the kernel does not say */
			continue;
		worst = kinds[i].percent;
		*letter = kinds[i].letter;
	}
	return worst < 0 ? (double)NAN : (double)worst;
}

bool model_row_waiting(const struct model_row *row)
{
	return row->guest.running && !row->stale && (row->now.have == 0 || row->before.have == 0);
}
