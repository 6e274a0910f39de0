/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph of `after` and `order`: levels, reverse, cycles, unknown names, the time that stops take. */
#include "guest/order.h"
#include "guest_place.h"

static struct place place;

static void begin(void)
{
	place = make_place();
}

static void end(void)
{
	drop_place(&place);
}

TestSuite(order, .init = begin, .fini = end);

static void guest(const char *name, const char *rest)
{
	char text[512];

	snprintf(text, sizeof text, "[guest]\n%s", rest);
	make_guest(&place, name, text);
}

/* blanks between the names */
static struct order *read_names(const char *line)
{
	const char *names[16];
	char words[256], *rest = words;
	size_t count = 0;
	struct order *order;

	snprintf(words, sizeof words, "%s", line);
	for (char *word; (word = strsep(&rest, " "));)
		names[count++] = word;
	order = order_read(place.auberge, names, count, ORDER_AS_WRITTEN, NULL, &place.error);
	cr_assert_not_null(order, "%s", place.error.text);
	cr_assert_eq(order->members, count);
	return order;
}

static const struct order_guest *of(const struct order *order, const char *name)
{
	for (size_t i = 0; i < order->count; i++)
		if (strcmp(order->guests[i].name, name) == 0)
			return &order->guests[i];
	cr_assert_fail("%s is not in the graph", name);
	return NULL;
}

Test(order, after_and_before_mirror_each_other)
{
	struct order *order;

	guest("db", "stop_timeout = 10s\n");
	guest("app", "after = db\n");
	guest("web", "after = app db\norder = 900\n");
	order = read_names("web db app");
	cr_assert_eq(order_settle(order, &place.error), 0);
	cr_expect_eq(of(order, "web")->after.count, 2);
	cr_expect_eq(of(order, "db")->before.count, 2);
	cr_expect_eq(of(order, "app")->before.count, 1);
	cr_expect_eq(of(order, "web")->before.count, 0);
	cr_expect_eq(of(order, "db")->stop_timeout, 10);
	cr_expect_eq(of(order, "web")->level, 900);
	cr_expect_eq(of(order, "db")->level, 500);
	order_free(order);
}

Test(order, one_that_comes_after_has_at_least_the_level_of_the_other)
{
	struct order *order;

	guest("db", "order = 700\n");
	guest("app", "after = db\norder = 100\n");
	guest("web", "after = app\norder = 50\n");
	order = read_names("web app db");
	cr_assert_eq(order_settle(order, &place.error), 0);
	cr_expect_eq(of(order, "db")->level, 700);
	cr_expect_eq(of(order, "app")->level, 700);
	cr_expect_eq(of(order, "web")->level, 700);
	order_free(order);
}

Test(order, only_members_hold_each_other)
{
	struct order *order;

	guest("db", "order = 700\n");
	guest("web", "after = db\norder = 1\n");
	order = read_names("web");
	cr_expect_eq(order->count, 2);
	cr_expect(of(order, "db")->found && !of(order, "db")->member);
	cr_assert_eq(order_settle(order, &place.error), 0);
	cr_expect_eq(of(order, "web")->level, 1);
	order_keep_members(order);
	cr_expect_eq(of(order, "web")->after.count, 0);
	order_free(order);
}

Test(order, a_cycle_is_named_with_a_line)
{
	struct order *order;

	guest("web", "autostart = yes\nafter = db\n");
	guest("db", "after = disk\n");
	guest("disk", "after = other web\n");
	guest("other", "");
	guest("by", "after = web\n");
	order = read_names("other web by");
	cr_expect_not(order_in_cycle(order, 0, &place.error));
	cr_expect_not(order_in_cycle(order, 2, &place.error), "it only leads to one");
	cr_expect_str_empty(place.error.text);
	cr_expect(order_in_cycle(order, 1, &place.error));
	cr_expect(strstr(place.error.text, "/web/guest.ini:3: [guest] after goes round in a cycle: web -> db -> disk -> web"), "%s",
	          place.error.text);
	cr_expect_eq(place.error.code, AUBERGE_FAILED);
	order_free(order);
}

Test(order, dropping_cycles_leaves_the_rest)
{
	struct order *order;
	struct auberge_error error = {0};

	guest("a", "after = b base\n");
	guest("b", "after = c\n");
	guest("c", "after = a\n");
	guest("d", "after = d a\n");
	guest("base", "");
	order = read_names("a b c d base");
	for (int i = 0; i < 2; i++)
		cr_expect(order_drop_cycle(order, &error));
	cr_expect_not(order_drop_cycle(order, &error));
	cr_expect(strstr(error.text, "a -> b -> c -> a"), "%s", error.text);
	cr_expect(strstr(error.text, "d -> d"), "%s", error.text);
	cr_expect_eq(of(order, "a")->after.count, 1);
	cr_expect_eq(of(order, "b")->after.count, 0);
	cr_expect_eq(of(order, "c")->after.count, 0);
	cr_expect_eq(of(order, "d")->after.count, 1);
	cr_assert_eq(order_settle(order, &error), 0);
	cr_expect_eq(of(order, "base")->before.count, 1);
	order_free(order);
}

Test(order, unknown_names_have_the_nearest)
{
	struct order *order;

	guest("database", "");
	guest("web", "after = databse zzz\n");
	order = read_names("web database");
	cr_expect(order_names_unknown(place.auberge, order, 0, &place.error));
	cr_expect(strstr(place.error.text, "/web/guest.ini:2: [guest] after = databse: there is no such guest: did you mean "
	                                   "\"database\"?"),
	          "%s", place.error.text);
	cr_expect(strstr(place.error.text, "after = zzz: there is no such guest"), "%s", place.error.text);
	cr_expect_not(order_names_unknown(place.auberge, order, 1, &place.error));
	order_free(order);
}

Test(order, the_dearest_chain)
{
	struct order *order;

	guest("db", "stop_timeout = 60s\n");
	guest("web", "after = db\nstop_timeout = 10s\n");
	guest("app", "after = db\nstop_timeout = 20s\n");
	guest("lone", "stop_timeout = 70s\n");
	order = read_names("db lone web app");
	cr_assert_eq(order_settle(order, &place.error), 0);
	cr_expect_eq(order_stop_seconds(order), 80, "%ld", (long)order_stop_seconds(order));
	order_free(order);
	guest("last", "order = 900\nstop_timeout = 5s\n"); /* the first to stop: all wait for it */
	order = read_names("db lone web app last");
	cr_assert_eq(order_settle(order, &place.error), 0);
	cr_expect_eq(order_stop_seconds(order), 85, "%ld", (long)order_stop_seconds(order));
	order_free(order);
}

Test(order, the_check_of_one_guest)
{
	struct config *config = NULL;
	static const char text[] = "[guest]\nafter = db nobody\n";

	guest("db", "after = new\n");
	guest("lone", "");
	cr_expect_eq(order_check(place.auberge, "lone", NULL, 0, &place.error), 0);
	cr_expect_lt(order_check(place.auberge, "db", NULL, 0, &place.error), 0, "there is no guest new");
	error_clear(&place.error);
	cr_assert_eq(config_parse(text, strlen(text), "new/guest.ini", &config, &place.error), 0);
	cr_expect_lt(order_check(place.auberge, "new", config, ORDER_NEW | ORDER_UNKNOWN_FINE, &place.error), 0);
	cr_expect(strstr(place.error.text, "/db/guest.ini:2: [guest] after goes round in a cycle: new -> db -> new"), "%s",
	          place.error.text);
	config_free(config);
}

Test(order, a_config_that_is_wrong_counts_as_far_as_it_is_understood)
{
	struct order *order;

	guest("db", "");
	guest("web", "nonsense\nafter = db\nstop_timeout = never\n");
	order = read_names("web nobody");
	cr_expect_eq(of(order, "web")->after.count, 1);
	cr_expect_eq(of(order, "web")->stop_timeout, 90);
	cr_expect_not(of(order, "nobody")->found);
	order_free(order);
}

Test(order, of_names)
{
	static const struct {
		const char *text, *wanted;
	} wrong[] = {{"a a", "\"a\" is there twice"}, {"a /b", "\"/b\" is not a guest's name"}, {"", "no value"}};
	struct config *config = NULL;
	char text[64];

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		error_clear(&place.error);
		snprintf(text, sizeof text, "[guest]\nafter = %s\n", wrong[i].text);
		cr_expect_lt(config_parse(text, strlen(text), "x", &config, &place.error), 0);
		cr_expect(strstr(place.error.text, wrong[i].wanted), "%s", place.error.text);
		config_free(config);
	}
	error_clear(&place.error);
	cr_expect_eq(config_parse("[guest]\nafter = a, b\tc\norder = 0\n", 33, "x", &config, &place.error), 0, "%s", place.error.text);
	cr_expect_eq(config->after.count, 3);
	cr_expect_eq(config->order, 0);
	config_free(config);
}
