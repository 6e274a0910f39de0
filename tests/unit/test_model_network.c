/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges as they are shown: lines, cells at each width, rates, notes, search, the line for tcpdump, and the document. */
#include "model/network_json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BRIDGES 2
#define PORTS 4

/* br0 with an uplink and two guests, br1 without carrier, and an orphan on none. */
static struct auberge_network *reading(uint64_t seconds, uint64_t step)
{
	size_t size = sizeof(struct auberge_network) + BRIDGES * sizeof(struct auberge_bridge) + PORTS * sizeof(struct auberge_port);
	struct auberge_network *network = calloc(1, size);

	network->size = size;
	network->time_usec = seconds * 1000000;
	network->bridges = (struct auberge_bridge *)(void *)(network + 1);
	network->ports = (struct auberge_port *)(void *)(network->bridges + BRIDGES);
	network->bridges_count = BRIDGES;
	network->ports_count = PORTS;
	network->bridges[0] = (struct auberge_bridge){.name = "br0", .index = 5, .up = true, .carrier = true, .mtu = 1500, .vlan = 2003,
	                                              .uplink = "bond0.2003", .ports_count = 3, .addresses_count = 1,
	                                              .addresses = {"10.0.0.1/24"}, .receive_bytes = 5000 + 2048 * step};
	network->bridges[1] = (struct auberge_bridge){.name = "br1", .index = 6, .up = true, .stp = true, .mtu = 9000,
	                                              .note = "no carrier; unused"};
	network->ports[0] = (struct auberge_port){.name = "bond0.2003", .index = 7, .mac = "3c:ec:ef:00:1e:04", .up = true,
	                                          .carrier = true, .uplink = true, .vlan = 2003, .mtu = 1500};
	network->ports[1] = (struct auberge_port){.name = "db1-eth0", .index = 8, .guest = "db1", .interface = "eth0",
	                                          .mac = "02:00:00:00:4a:12", .up = true, .carrier = true, .mtu = 1500,
	                                          .addresses_count = 2, .addresses = {"10.0.0.30/24", "2001:db8::30/64"},
	                                          .receive_bytes = 100 + 90 * 1024 * step, .transmit_bytes = 200, .drops = 12 + step,
	                                          .note = "duplicate MAC: also web3"};
	network->ports[2] = (struct auberge_port){.name = "web3-eth0", .index = 9, .guest = "web3", .interface = "eth0",
	                                          .mac = "02:00:00:00:4a:12", .up = true, .mtu = 1500,
	                                          .note = "duplicate MAC: also db1; no carrier"};
	network->ports[3] = (struct auberge_port){.name = "it's;x", .index = 10, .bridge = SIZE_MAX, .orphan = true, .guest = "lab",
	                                          .mac = "fe:00:00:00:77:aa", .up = true, .carrier = true, .note = "orphan of lab"};
	return network;
}

static struct model_network taken(unsigned readings)
{
	struct model_network network = {0};

	for (unsigned i = 0; i < readings; i++) {
		struct auberge_network *one = reading(10 + 2 * i, i);

		cr_assert_eq(model_network_take(&network, one), 0);
		memset(one, 0x55, sizeof *one); /* the answer goes: nothing points into it */
		free(one);
	}
	return network;
}

static const char *cell(const struct model_network *network, size_t line, enum model_network_column column, int width)
{
	static char text[256];

	model_network_cell(network, &network->lines[line], column, width, NULL, false, text, sizeof text);
	return text;
}

Test(model_network, lines_are_bridges_with_their_ports)
{
	static const char *const names[] = {"br0", "bond0.2003", "db1-eth0", "web3-eth0", "br1", "", "it's;x"};
	struct model_network network = taken(1);

	cr_assert_eq(network.lines_count, 7);
	for (size_t i = 0; i < 7; i++)
		cr_expect_str_eq(model_network_name(&network, &network.lines[i]), names[i]);
	cr_expect(!network.lines[2].last && network.lines[3].last && network.lines[6].last);
	cr_expect_eq(network.lines[5].kind, MODEL_LOOSE);
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_NAME, 14), "|- db1-eth0");
	cr_expect_str_eq(cell(&network, 3, MODEL_NET_NAME, 14), "`- web3-eth0");
	cr_expect_eq(model_network_find(&network, "br1"), 4);
	cr_expect_eq(model_network_find(&network, "nothing"), -1);
	model_network_free(&network);
}

Test(model_network, rates_want_two_readings)
{
	struct model_network network = taken(1);

	cr_expect_str_eq(cell(&network, 2, MODEL_NET_RECEIVE, 5), "…");
	model_network_free(&network);
	network = taken(2);
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_RECEIVE, 5), "45K");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_TRANSMIT, 5), "0");
	cr_expect_str_eq(cell(&network, 0, MODEL_NET_RECEIVE, 5), "1.0K");
	cr_expect_str_eq(cell(&network, 4, MODEL_NET_RECEIVE, 5), "-", "no carrier");
	network.totals = true;
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_RECEIVE, 5), "90K");
	cr_expect_str_eq(model_network_heading(&network, MODEL_NET_RECEIVE), "RX");
	model_network_free(&network);
}

Test(model_network, the_same_reading_again_and_counters_that_went_back)
{
	struct model_network network = taken(2);
	struct auberge_network *again = reading(12, 1), *back = reading(14, 0);

	cr_assert_eq(model_network_take(&network, again), 0);
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_RECEIVE, 5), "45K");
	cr_assert_eq(model_network_take(&network, back), 0);
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_RECEIVE, 5), "-");
	free(again);
	free(back);
	model_network_free(&network);
}

Test(model_network, another_link_of_the_same_name_has_no_rate_yet)
{
	struct model_network network = taken(1);
	struct auberge_network *next = reading(12, 1);

	next->ports[1].index = 77;
	cr_assert_eq(model_network_take(&network, next), 0);
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_RECEIVE, 5), "-");
	free(next);
	model_network_free(&network);
}

Test(model_network, notes_and_what_they_weigh)
{
	struct model_network network = taken(2);
	char text[256];

	cr_expect_eq(model_network_note(&network, &network.lines[2], text, sizeof text), MODEL_BAD);
	cr_expect_str_eq(text, "duplicate MAC: also web3; drops");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_NOTE, 31), text);
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_NOTE, 20), "dup. MAC, drops");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_NOTE, 10), "dup. MAC");
	cr_expect_eq(model_network_note(&network, &network.lines[1], text, sizeof text), MODEL_QUIET);
	cr_expect_str_eq(text, "uplink");
	cr_expect_str_eq(cell(&network, 1, MODEL_NET_NOTE, 10), "", "the guest's column says it");
	cr_expect_eq(model_network_note(&network, &network.lines[4], text, sizeof text), MODEL_QUIET, "nobody uses it");
	cr_expect_eq(model_network_note(&network, &network.lines[6], text, sizeof text), MODEL_WARN);
	cr_expect_eq(model_network_warnings(&network, text, sizeof text), MODEL_BAD);
	cr_expect_str_eq(text, "2 dup. MACs, 1 orphan, 1 with drops, 1 no carrier");
	model_network_free(&network);
}

Test(model_network, cells)
{
	struct model_network network = taken(1);

	cr_expect_str_eq(cell(&network, 1, MODEL_NET_GUEST, 9), "(uplink)");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_GUEST, 9), "db1");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_MAC, 8), "..:4a:12");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_MAC, 17), "02:00:00:00:4a:12");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_ADDRESS, 15), "10.0.0.30+1");
	cr_expect_str_eq(cell(&network, 1, MODEL_NET_ADDRESS, 15), "-");
	cr_expect_str_eq(cell(&network, 1, MODEL_NET_VLAN, 4), "2003");
	cr_expect_str_eq(cell(&network, 2, MODEL_NET_DROPS, 4), "12");
	model_network_free(&network);
}

Test(model_network, a_bridge_says_as_much_as_fits)
{
	struct model_network network = taken(1);
	char text[256];

	model_network_bridge_text(&network, &network.lines[0], 60, text, sizeof text);
	cr_expect_str_eq(text, "br0  up  vlan 2003  10.0.0.1/24  stp off  mtu 1500  3 ports");
	model_network_bridge_text(&network, &network.lines[0], 30, text, sizeof text);
	cr_expect_str_eq(text, "br0  up  vlan 2003  3 ports");
	model_network_bridge_text(&network, &network.lines[0], 20, text, sizeof text);
	cr_expect_str_eq(text, "br0  up  vlan 2003");
	model_network_bridge_text(&network, &network.lines[4], 60, text, sizeof text);
	cr_expect_str_eq(text, "br1  NO CARRIER  stp on  mtu 9000  0 ports");
	model_network_free(&network);
}

Test(model_network, columns_fit_at_every_width)
{
	struct model_network_place places[MODEL_NET_COLUMNS];

	for (int columns = 40; columns < 200; columns++) {
		size_t count = model_network_layout(places, 1, columns, true);

		cr_assert_gt(count, 3);
		for (size_t i = 0; i + 1 < count; i++)
			cr_assert_lt(places[i].x + places[i].width, places[i + 1].x, "at %d", columns);
		cr_assert_leq(places[count - 1].x + places[count - 1].width, columns, "at %d", columns);
		cr_assert_geq(places[count - 1].width, 7, "NOTE at %d", columns);
		cr_assert_gt(model_network_span(places, count), 20);
	}
	cr_expect_eq(model_network_layout(places, 1, 80, true), model_network_layout(places, 1, 80, false) + 1);
}

Test(model_network, search_looks_everywhere_and_round)
{
	struct model_network network = taken(1);

	cr_expect_eq(model_network_search(&network, 0, 1, "4A:12"), 2);
	cr_expect_eq(model_network_search(&network, 2, 1, "4a:12"), 3);
	cr_expect_eq(model_network_search(&network, 3, 1, "4a:12"), 2);
	cr_expect_eq(model_network_search(&network, 2, -1, "4a:12"), 3);
	cr_expect_eq(model_network_search(&network, 0, 1, "2001:db8"), 2);
	cr_expect_eq(model_network_search(&network, 0, 1, "orphan"), 6);
	cr_expect_eq(model_network_search(&network, 6, 1, "BR1"), 4);
	cr_expect_eq(model_network_search(&network, 0, 1, "10.0.0.1/"), 0);
	cr_expect_eq(model_network_search(&network, 0, 1, "duplicate"), 2);
	cr_expect_eq(model_network_search(&network, 0, 1, "web3"), 3, "not db1, whose note is about it");
	cr_expect_eq(model_network_search(&network, 0, 1, "nothing"), -1);
	model_network_free(&network);
}

Test(model_network, a_name_is_quoted_for_the_shell)
{
	struct model_network network = taken(1);
	char text[160];

	model_network_capture(&network, &network.lines[2], text, sizeof text);
	cr_expect_str_eq(text, "tcpdump -nei db1-eth0");
	model_network_capture(&network, &network.lines[6], text, sizeof text);
	cr_expect_str_eq(text, "tcpdump -ne --interface='it'\\''s;x'");
	model_network_capture(&network, &network.lines[5], text, sizeof text);
	cr_expect_str_eq(text, "");
	model_network_free(&network);
}

static void expect_names(json_t *object, const char *wanted)
{
	char names[512] = "";
	size_t used = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
		used += (size_t)snprintf(names + used, sizeof names - used, "%s ", name);
	cr_expect_str_eq(names, wanted);
}

static void expect_dump(json_t *object, const char *name, const char *wanted)
{
	char *text = json_dumps(json_object_get(object, name), JSON_ENCODE_ANY | JSON_COMPACT);

	cr_expect_str_eq(text, wanted, "%s: %s", name, text);
	free(text);
}

Test(model_network, document)
{
	struct model_network network = taken(1);
	json_t *document = model_json_network(&network), *bridge = json_array_get(json_object_get(document, "bridges"), 0);
	json_t *port = json_array_get(json_object_get(bridge, "ports"), 1);

	expect_names(document, "bridges ports ");
	expect_names(bridge, "name up stp mtu vlan ports ");
	expect_names(port, "name guest interface mac addresses vlan receive_bytes transmit_bytes receive_bytes_per_second "
	                   "transmit_bytes_per_second drops note ");
	expect_dump(bridge, "vlan", "2003");
	expect_dump(bridge, "stp", "false");
	expect_dump(port, "addresses", "[\"10.0.0.30/24\",\"2001:db8::30/64\"]");
	expect_dump(port, "receive_bytes", "100");
	expect_dump(port, "receive_bytes_per_second", "null");
	expect_dump(port, "note", "\"duplicate MAC: also web3\"");
	expect_dump(json_array_get(json_object_get(bridge, "ports"), 0), "guest", "null");
	expect_dump(json_array_get(json_object_get(bridge, "ports"), 0), "note", "\"uplink\"");
	cr_expect_eq(json_array_size(json_object_get(bridge, "ports")), 3);
	json_decref(document);
	model_network_free(&network);
	network = taken(2);
	document = model_json_network(&network);
	port = json_array_get(json_object_get(json_array_get(json_object_get(document, "bridges"), 0), "ports"), 1);
	expect_dump(port, "receive_bytes_per_second", "46080");
	expect_dump(port, "transmit_bytes_per_second", "0");
	json_decref(document);
	model_network_free(&network);
}

Test(model_network, a_host_without_bridges)
{
	struct auberge_network *none = calloc(1, sizeof *none);
	struct model_network network = {0};
	json_t *document;

	none->size = sizeof *none;
	none->time_usec = 1;
	none->bridges = (struct auberge_bridge *)(void *)(none + 1);
	none->ports = (struct auberge_port *)(void *)(none + 1);
	cr_assert_eq(model_network_take(&network, none), 0);
	cr_expect_eq(network.lines_count, 0);
	cr_expect_eq(model_network_search(&network, 0, 1, "x"), -1);
	document = model_json_network(&network);
	expect_names(document, "bridges ");
	json_decref(document);
	free(none);
	model_network_free(&network);
}
