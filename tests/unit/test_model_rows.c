/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows across refreshes: rates, restarts, what is kept by name, holding, tags, search. */
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(model_rows, rates_come_from_two_samples)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;

	model_row_init(&row, &guest, &fixture_clock);
	cr_assert(model_row_waiting(&row));
	model_update_counters(&row, &counters, &fixture_clock);
	cr_assert(model_row_waiting(&row));
	cr_assert_eq(row.rates, 0u);
	counters.time_usec += 2000000;
	counters.cpu_usec += 1000000;
	counters.throttled_usec += 200000;
	counters.read_bytes += 2048;
	counters.write_bytes += 4096;
	counters.receive_bytes += 20;
	counters.transmit_bytes += 40;
	model_update_counters(&row, &counters, &fixture_clock);
	cr_assert_not(model_row_waiting(&row));
	cr_assert_float_eq(row.cpu_percent, 50, 1e-9);
	cr_assert_float_eq(row.throttled_percent, 10, 1e-9);
	cr_assert_float_eq(row.read_rate, 1024, 1e-9);
	cr_assert_float_eq(row.write_rate, 2048, 1e-9);
	cr_assert_float_eq(row.receive_rate, 10, 1e-9);
	cr_assert_float_eq(row.transmit_rate, 20, 1e-9);
	/* the same instant again: the rates stand */
	model_update_counters(&row, &counters, &fixture_clock);
	cr_assert_float_eq(row.cpu_percent, 50, 1e-9);
}

Test(model_rows, a_counter_that_goes_back_gives_no_rate)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;

	model_row_init(&row, &guest, &fixture_clock);
	counters.cpu_usec = counters.write_bytes = 5000;
	model_update_counters(&row, &counters, &fixture_clock);
	counters.time_usec += 1000000;
	counters.cpu_usec = counters.write_bytes = 10;
	counters.receive_bytes = 100;
	model_update_counters(&row, &counters, &fixture_clock);
	cr_assert_eq(row.rates, (unsigned)(MODEL_RATE_THROTTLED | MODEL_RATE_NET));
	cr_assert(isnan(model_column_find("cpu")->number(&row)));
}

Test(model_rows, what_was_not_read_keeps_its_value)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;
	uint64_t bytes;

	model_row_init(&row, &guest, &fixture_clock);
	counters.memory_bytes = 1000;
	counters.cache_bytes = 300;
	counters.memory_limit_bytes = 1400;
	model_update_counters(&row, &counters, &fixture_clock);
	counters = (struct auberge_counters){.have = AUBERGE_HAVE_MEMORY, .time_usec = 101000000, .memory_bytes = 1000};
	model_update_counters(&row, &counters, &fixture_clock);
	cr_assert(model_memory(&row, &bytes));
	cr_assert_eq(bytes, 700u);
	cr_assert_float_eq(model_limit_percent(&row), 50, 1e-9);
	counters.time_usec += 1000000;
	counters.memory_bytes = 200; /* less than the cache that was known */
	model_update_counters(&row, &counters, &fixture_clock);
	cr_assert(model_memory(&row, &bytes));
	cr_assert_eq(bytes, 0u);
}

Test(model_rows, worst_stall)
{
	struct model_row row = {.now = {.have = AUBERGE_HAVE_STALL, .cpu_stall_percent = 3, .memory_stall_percent = -1,
	                                .io_stall_percent = 12}};
	char letter;

	cr_assert_float_eq(model_stall(&row, &letter), 12, 1e-6);
	cr_assert_eq(letter, 'I');
	row.now.memory_stall_percent = 12;
	cr_assert_float_eq(model_stall(&row, &letter), 12, 1e-6);
	cr_assert_eq(letter, 'M');
	row.now.cpu_stall_percent = row.now.memory_stall_percent = row.now.io_stall_percent = -1;
	cr_assert(isnan(model_stall(&row, &letter)));
	row.now.have = 0;
	cr_assert(isnan(model_stall(&row, &letter)));
}

static void count_forgotten(void *data, struct model_row *row)
{
	(void)row;
	(*(int *)data)++;
}

Test(model_rows, rows_are_kept_by_name)
{
	struct auberge_guest guests[3] = {fixture_guest("a", AUBERGE_RUNNING), fixture_guest("b", AUBERGE_RUNNING),
	                                  fixture_guest("c", AUBERGE_STOPPED)};
	struct auberge_counters counters = fixture_counters(100000000);
	struct model model;
	struct model_row *b;
	int forgotten = 0;

	model_init(&model);
	model.forget = count_forgotten;
	model.forget_data = &forgotten;
	cr_assert_eq(model_update_guests(&model, guests, 3, &fixture_clock), 0);
	cr_assert_eq(model.rows_count, 3u);
	cr_assert_eq(model.states[AUBERGE_RUNNING], 2u);
	b = model_find(&model, "b");
	model_tag(&model, b, true);
	model_update_counters(b, &counters, &fixture_clock);
	counters.time_usec += 1000000;
	counters.cpu_usec += 1000000;
	model_update_counters(b, &counters, &fixture_clock);
	guests[0] = fixture_guest("aa", AUBERGE_RUNNING);
	cr_assert_eq(model_update_guests(&model, guests, 3, &fixture_clock), 0);
	cr_assert_eq(forgotten, 1);
	cr_assert_null(model_find(&model, "a"));
	cr_assert_not_null(model_find(&model, "aa"));
	cr_assert_eq(model_find(&model, "b"), b);
	cr_assert(b->tagged);
	cr_assert_eq(model.tagged, 1u);
	cr_assert_float_eq(b->cpu_percent, 100, 1e-9);
	/* started anew */
	guests[1].init_pid++;
	cr_assert_eq(model_update_guests(&model, guests, 3, &fixture_clock), 0);
	cr_assert_eq(b->now.have, 0u);
	cr_assert_eq(b->rates, 0u);
	cr_assert(b->tagged);
	cr_assert_eq(model_update_guests(&model, NULL, 0, &fixture_clock), 0);
	cr_assert_eq(model.shown_count, 0u);
	cr_assert_eq(model.tagged, 0u);
	cr_assert_eq(forgotten, 4);
	model_free(&model);
}

Test(model_rows, figures_grow_stale)
{
	struct auberge_guest guest = fixture_guest("a", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_clock later = fixture_clock;
	struct model model;

	model_init(&model);
	model_update_guests(&model, &guest, 1, &fixture_clock);
	model_update_counters(model.rows[0], &counters, &fixture_clock);
	later.monotonic_usec += 5000000;
	model_mark_stale(&model, &later, 6000000);
	cr_assert_not(model.rows[0]->stale);
	model_mark_stale(&model, &later, 4000000);
	cr_assert(model.rows[0]->stale);
	counters.time_usec += 5000000;
	model_update_counters(model.rows[0], &counters, &later);
	cr_assert_not(model.rows[0]->stale);
	model_free(&model);
}

Test(model_rows, search_goes_round)
{
	struct auberge_guest guests[3] = {fixture_guest("web1", AUBERGE_STOPPED), fixture_guest("db", AUBERGE_STOPPED),
	                                  fixture_guest("web2", AUBERGE_STOPPED)};
	struct model model;

	guests[1].addresses_count = 1;
	snprintf(guests[1].addresses[0], sizeof guests[1].addresses[0], "192.0.2.7/24");
	model_init(&model);
	model_update_guests(&model, guests, 3, &fixture_clock); /* db web1 web2 */
	cr_assert_eq(model_search(&model, -1, 1, "WEB"), 1);
	cr_assert_eq(model_search(&model, 1, 1, "web"), 2);
	cr_assert_eq(model_search(&model, 2, 1, "web"), 1);
	cr_assert_eq(model_search(&model, 1, -1, "web"), 2);
	cr_assert_eq(model_search(&model, -1, -1, "web"), 2);
	cr_assert_eq(model_search(&model, 0, 1, "192.0.2.7"), 0);
	cr_assert_eq(model_search(&model, 0, 1, "none"), -1);
	cr_assert_eq(model_shown_index(&model, "web2"), 2);
	model_set_visible(&model, 1, 10);
	cr_assert(!model.rows[0]->visible && model.rows[1]->visible && model.rows[2]->visible);
	model_tag_shown(&model);
	cr_assert_eq(model.tagged, 3u);
	model_untag_all(&model);
	cr_assert_eq(model.tagged, 0u);
	model_free(&model);
}

Test(model_rows, host_cpu)
{
	struct auberge_host host = {.name = "host7", .cpu_busy_ticks = 100, .cpu_total_ticks = 1000};
	struct model model;

	model_init(&model);
	model_update_host(&model, &host);
	cr_assert(isnan(model.host_cpu_percent));
	host.cpu_busy_ticks += 37;
	host.cpu_total_ticks += 100;
	model_update_host(&model, &host);
	cr_assert_float_eq(model.host_cpu_percent, 37, 1e-9);
	model_free(&model);
}
