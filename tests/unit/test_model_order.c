/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of rows: trouble, columns both ways, and holding it while the cursor moves. */
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_order(const struct model *model, const char *wanted)
{
	char got[400] = "";
	size_t used = 0;

	for (size_t i = 0; i < model->shown_count; i++)
		used += (size_t)snprintf(got + used, sizeof got - used, "%s%s", i ? " " : "", model->shown[i]->guest.name);
	cr_expect_str_eq(got, wanted, "%s, not %s", got, wanted);
}

static void sample(struct model *model, const char *name, float stall, uint64_t oom_kills)
{
	struct auberge_counters counters = fixture_counters(100000000);

	counters.io_stall_percent = stall;
	counters.oom_kills = oom_kills;
	model_update_counters(model_find(model, name), &counters, &fixture_clock);
}

static void fill(struct model *model)
{
	struct auberge_guest guests[] = {
		fixture_guest("auto", AUBERGE_STOPPED),     fixture_guest("calm", AUBERGE_RUNNING),
		fixture_guest("dead", AUBERGE_FAILED_STATE), fixture_guest("lost", AUBERGE_RUNNING),
		fixture_guest("oom", AUBERGE_RUNNING),      fixture_guest("plain", AUBERGE_STOPPED),
		fixture_guest("slow", AUBERGE_STOPPING),    fixture_guest("stall12", AUBERGE_RUNNING),
		fixture_guest("stall30", AUBERGE_RUNNING),  fixture_guest("timely", AUBERGE_STOPPING),
	};

	guests[0].autostart = true;
	guests[3].supervision = AUBERGE_SUPERVISION_LOST;
	guests[6].stop_deadline_seconds = 990;
	guests[9].stop_deadline_seconds = 1010;
	model_init(model);
	cr_assert_eq(model_update_guests(model, guests, sizeof guests / sizeof guests[0], &fixture_clock), 0);
	sample(model, "calm", 0.3f, 0);
	sample(model, "oom", 0, 2);
	sample(model, "stall12", 12, 0);
	sample(model, "stall30", 30, 0);
	model_arrange(model, &fixture_clock);
}

Test(model_order, trouble)
{
	struct model model;

	fill(&model);
	expect_order(&model, "dead lost slow oom stall30 stall12 auto calm plain timely");
	model_free(&model);
}

Test(model_order, the_worst)
{
	struct auberge_guest calm = fixture_guest("calm", AUBERGE_RUNNING);
	struct model model;

	fill(&model);
	cr_expect_str_eq(model_worst(&model)->guest.name, "dead");
	cr_assert_eq(model_update_guests(&model, &calm, 1, &fixture_clock), 0);
	cr_expect_null(model_worst(&model));
	model_free(&model);
}

Test(model_order, columns_both_ways)
{
	struct auberge_error error;
	struct model model;

	fill(&model);
	cr_assert_eq(model_order_parse(&model.order, "name", &error), 0);
	model_arrange(&model, &fixture_clock);
	expect_order(&model, "auto calm dead lost oom plain slow stall12 stall30 timely");
	cr_assert_eq(model_order_parse(&model.order, "-name", &error), 0);
	model_arrange(&model, &fixture_clock);
	expect_order(&model, "timely stall30 stall12 slow plain oom lost dead calm auto");
	cr_assert_eq(model_order_parse(&model.order, "stall", &error), 0);
	model_arrange(&model, &fixture_clock); /* what is not known comes last, both ways */
	expect_order(&model, "stall30 stall12 calm oom auto dead lost plain slow timely");
	cr_assert_eq(model_order_parse(&model.order, "-stall", &error), 0);
	model_arrange(&model, &fixture_clock);
	expect_order(&model, "oom calm stall12 stall30 auto dead lost plain slow timely");
	cr_assert_str_eq(model_order_word(&model.order), "stall");
	cr_assert_eq(model_order_parse(&model.order, "trouble", &error), 0);
	cr_assert_str_eq(model_order_word(&model.order), "trouble");
	model_free(&model);
}

Test(model_order, unknown_column)
{
	struct auberge_error error;
	struct model_order order = {.reverse = true};

	cr_assert_eq(model_order_parse(&order, "nmae", &error), -1);
	cr_assert_eq(error.code, AUBERGE_USAGE);
	cr_assert_str_eq(error.text, "nmae: no such column to sort by");
	cr_assert_str_eq(error.remedy, "did you mean name?");
	cr_assert(order.reverse);
	cr_assert_eq(model_order_parse(&order, "", &error), -1);
	cr_assert_eq(model_order_parse(&order, "\x1b[2J", &error), -1);
	cr_assert_null(strchr(error.text, '\x1b'));
}

Test(model_order, held_while_the_cursor_moves)
{
	struct auberge_guest two[] = {fixture_guest("auto", AUBERGE_STOPPED), fixture_guest("calm", AUBERGE_RUNNING),
	                              fixture_guest("new", AUBERGE_FAILED_STATE)};
	struct model_clock later = fixture_clock;
	struct model model;

	fill(&model);
	model_hold(&model, &fixture_clock, 2000000);
	cr_assert_eq(model_held_seconds(&model, &fixture_clock), 2);
	sample(&model, "timely", 90, 0);
	later.monotonic_usec += 500000;
	cr_assert_eq(model_held_seconds(&model, &later), 2);
	model_arrange(&model, &later);
	expect_order(&model, "dead lost slow oom stall30 stall12 auto calm plain timely");
	/* gone ones go, new ones come last */
	model_update_guests(&model, two, 3, &later);
	expect_order(&model, "auto calm new");
	later.monotonic_usec += 2000000;
	cr_assert_eq(model_held_seconds(&model, &later), 0);
	model_arrange(&model, &later);
	expect_order(&model, "new auto calm");
	model_hold(&model, &later, MODEL_HOLD_FOREVER);
	cr_assert_eq(model_held_seconds(&model, &later), -1);
	model_hold(&model, &later, 0);
	cr_assert_eq(model_held_seconds(&model, &later), 0);
	model_free(&model);
}

Test(model_order, is_total)
{
	struct auberge_error error;
	struct model model;
	size_t count;
	const struct model_column *columns = model_columns(&count);

	fill(&model);
	for (size_t i = 0; i < count; i++) {
		struct model_order order;

		cr_assert_eq(model_order_parse(&order, columns[i].id, &error), 0);
		for (size_t a = 0; a < model.rows_count; a++)
			for (size_t b = 0; b < model.rows_count; b++) {
				int one = model_order_compare(&order, model.rows[a], model.rows[b]);
				int other = model_order_compare(&order, model.rows[b], model.rows[a]);

				cr_expect((a == b) == (one == 0), "%s", columns[i].id);
				cr_expect((one > 0) == (other < 0), "%s", columns[i].id);
			}
	}
	model_free(&model);
}
