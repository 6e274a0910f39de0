/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the documents of `list` and `top`, exactly; nulls where nothing is known. */
#include "model/json.h"
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char list_names[] = "name kind state running supervision init_pid uptime_seconds memory_bytes autostart "
				 "privileged bridges addresses ";
static const char top_names[] = "cpu_percent cpu_throttled_percent memory_cache_bytes memory_limit_bytes "
				"memory_stall_percent cpu_stall_percent io_stall_percent read_bytes_per_second "
				"write_bytes_per_second receive_bytes_per_second transmit_bytes_per_second processes oom_kills "
				"flags ";

static void expect_names(json_t *object, const char *wanted)
{
	char names[1000] = "";
	size_t used = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
		used += (size_t)snprintf(names + used, sizeof names - used, "%s ", name);
	cr_expect_str_eq(names, wanted, "%s", names);
}

static void expect_dump(json_t *object, const char *name, const char *wanted)
{
	char *text = json_dumps(json_object_get(object, name), JSON_ENCODE_ANY | JSON_COMPACT | MODEL_JSON_FLAGS);

	cr_expect_str_eq(text, wanted, "%s: %s", name, text);
	free(text);
}

Test(model_json, list)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct model_row row;
	json_t *object;

	guest.bridges_count = 1;
	snprintf(guest.bridges[0], sizeof guest.bridges[0], "br0");
	guest.memory_bytes = 4096;
	guest.privileged = true;
	model_row_init(&row, &guest, &fixture_clock);
	object = model_json_list_row(&row);
	expect_names(object, list_names);
	expect_dump(object, "name", "\"web3\"");
	expect_dump(object, "kind", "\"container\"");
	expect_dump(object, "state", "\"running\"");
	expect_dump(object, "running", "true");
	expect_dump(object, "supervision", "\"ok\"");
	expect_dump(object, "init_pid", "4711");
	expect_dump(object, "uptime_seconds", "273600");
	expect_dump(object, "memory_bytes", "4096");
	expect_dump(object, "autostart", "false");
	expect_dump(object, "privileged", "true");
	expect_dump(object, "bridges", "[\"br0\"]");
	expect_dump(object, "addresses", "[]");
	json_decref(object);
}

Test(model_json, top)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;
	char names[1000];
	json_t *object;

	model_row_init(&row, &guest, &fixture_clock);
	object = model_json_top_row(&row);
	snprintf(names, sizeof names, "%s%s", list_names, top_names);
	expect_names(object, names);
	expect_dump(object, "cpu_percent", "null");
	expect_dump(object, "memory_bytes", "null");
	expect_dump(object, "memory_stall_percent", "null");
	expect_dump(object, "flags", "[]");
	json_decref(object);
	counters.memory_bytes = 5000;
	counters.cache_bytes = 1000;
	counters.memory_stall_percent = 31.2f;
	counters.cpu_stall_percent = -1;
	model_update_counters(&row, &counters, &fixture_clock);
	counters.time_usec += 1000000;
	counters.cpu_usec += 881000;
	counters.read_bytes += 1 << 20;
	counters.oom_kills = 2;
	model_update_counters(&row, &counters, &fixture_clock);
	object = model_json_top_row(&row);
	expect_dump(object, "cpu_percent", "88.1");
	expect_dump(object, "memory_bytes", "4000");
	expect_dump(object, "memory_cache_bytes", "1000");
	expect_dump(object, "memory_limit_bytes", "null");
	expect_dump(object, "memory_stall_percent", "31.2");
	expect_dump(object, "cpu_stall_percent", "null");
	expect_dump(object, "read_bytes_per_second", "1048576");
	expect_dump(object, "oom_kills", "2");
	expect_dump(object, "flags", "[\"memory\",\"oom\"]");
	json_decref(object);
}

Test(model_json, documents)
{
	struct auberge_guest guests[2] = {fixture_guest("a", AUBERGE_STOPPED), fixture_guest("b", AUBERGE_STOPPED)};
	struct auberge_host host = {.name = "host7", .uptime_seconds = 3542400.5, .cpu_stall_percent = -1};
	struct model model;
	json_t *document;

	snprintf(guests[1].addresses[0], sizeof guests[1].addresses[0], "\xff\x1b[m");
	guests[1].addresses_count = 1;
	model_init(&model);
	model_update_guests(&model, guests, 2, &fixture_clock);
	model_update_host(&model, &host);
	document = model_json_list(&model);
	cr_assert_eq(json_array_size(document), 2u);
	expect_dump(json_array_get(document, 1), "addresses", "[\"\xef\xbf\xbd^[[m\"]");
	expect_dump(json_array_get(document, 0), "init_pid", "null");
	expect_dump(json_array_get(document, 0), "uptime_seconds", "null");
	json_decref(document);
	document = model_json_top(&model);
	expect_names(document, "host guests ");
	cr_assert_eq(json_array_size(json_object_get(document, "guests")), 2u);
	expect_dump(json_object_get(document, "host"), "uptime_seconds", "3542400");
	expect_dump(json_object_get(document, "host"), "cpu_stall_percent", "null");
	expect_dump(json_object_get(document, "host"), "cpu_percent", "null");
	json_decref(document);
	model_free(&model);
}
