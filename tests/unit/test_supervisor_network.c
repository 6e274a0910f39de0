/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of bridges and ports: what two claim, what leads nowhere. And whose a link without a ledger is. */
#include "container/network.h"
#include "guest_place.h"
#include "supervisor/network.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct example {
	struct auberge_network network;
	struct auberge_bridge bridges[2];
	struct auberge_port ports[6];
};

static void prepare(struct example *example)
{
	*example = (struct example){.network = {.bridges_count = 2, .ports_count = 6}};
	example->network.bridges = example->bridges;
	example->network.ports = example->ports;
	for (size_t i = 0; i < 2; i++) {
		snprintf(example->bridges[i].name, sizeof example->bridges[i].name, "br%zu", i);
		example->bridges[i].up = example->bridges[i].carrier = true;
		example->bridges[i].ports_count = 3;
		snprintf(example->bridges[i].uplink, sizeof example->bridges[i].uplink, "up%zu", i);
	}
	for (size_t i = 0; i < 6; i++) {
		struct auberge_port *port = &example->ports[i];

		port->bridge = i / 3;
		port->up = port->carrier = true;
		port->uplink = i % 3 == 0;
		snprintf(port->name, sizeof port->name, port->uplink ? "up%zu" : "link%zu", port->uplink ? i / 3 : i);
		snprintf(port->mac, sizeof port->mac, port->uplink ? "3c:00:00:00:00:01" : "02:00:00:00:00:%02zx", i);
		if (!port->uplink) {
			snprintf(port->guest, sizeof port->guest, "guest%zu", i);
			snprintf(port->interface, sizeof port->interface, "eth0");
		}
	}
}

static void give_address(struct auberge_port *port, const char *address)
{
	snprintf(port->addresses[port->addresses_count++], sizeof port->addresses[0], "%s", address);
}

Test(supervisor_network, nothing_to_say)
{
	struct example example;

	prepare(&example); /* both uplinks have one MAC: VLANs of one card */
	give_address(&example.ports[1], "10.0.0.1/24");
	give_address(&example.ports[2], "10.0.0.11/24");
	cr_assert_eq(network_note(&example.network), 0);
	for (size_t i = 0; i < 6; i++)
		cr_expect_str_eq(example.ports[i].note, "");
	cr_expect_str_eq(example.bridges[0].note, "");
}

Test(supervisor_network, a_mac_twice_across_bridges)
{
	struct example example;

	prepare(&example);
	strcpy(example.ports[5].mac, "02:00:00:00:00:01");
	cr_assert_eq(network_note(&example.network), 0);
	cr_expect_str_eq(example.ports[1].note, "duplicate MAC: also guest5");
	cr_expect_str_eq(example.ports[5].note, "duplicate MAC: also guest1");
	cr_expect_str_eq(example.ports[2].note, "");
}

Test(supervisor_network, a_guest_with_an_uplinks_mac_and_one_with_its_own_twice)
{
	struct example example;

	prepare(&example);
	strcpy(example.ports[1].mac, "3c:00:00:00:00:01");
	strcpy(example.ports[5].mac, example.ports[4].mac);
	strcpy(example.ports[5].guest, "guest4");
	strcpy(example.ports[5].interface, "eth1");
	cr_assert_eq(network_note(&example.network), 0);
	cr_expect_str_eq(example.ports[1].note, "duplicate MAC: also up0 and 1 more");
	cr_expect_str_eq(example.ports[0].note, "duplicate MAC: also guest1");
	cr_expect_str_eq(example.ports[4].note, "duplicate MAC: also guest4 eth1");
}

Test(supervisor_network, an_address_twice_however_it_is_written)
{
	struct example example;

	prepare(&example);
	give_address(&example.ports[1], "2001:DB8:0::3/64");
	give_address(&example.ports[2], "10.0.0.3/24");
	give_address(&example.ports[4], "2001:db8::3/48");
	give_address(&example.ports[5], "10.0.0.3");
	strcpy(example.bridges[1].addresses[0], "10.0.0.3/8");
	example.bridges[1].addresses_count = 1;
	cr_assert_eq(network_note(&example.network), 0);
	cr_expect_str_eq(example.ports[1].note, "duplicate address 2001:DB8:0::3: also guest4");
	cr_expect_str_eq(example.ports[4].note, "duplicate address 2001:db8::3: also guest1");
	cr_expect_str_eq(example.ports[2].note, "duplicate address 10.0.0.3: also br1 and 1 more");
	cr_expect_str_eq(example.ports[5].note, "duplicate address 10.0.0.3: also br1 and 1 more");
	cr_expect_str_eq(example.bridges[1].note, "duplicate address 10.0.0.3: also guest2 and 1 more");
}

Test(supervisor_network, one_guest_may_have_an_address_on_two_links)
{
	struct example example;

	prepare(&example);
	strcpy(example.ports[2].guest, "guest1");
	give_address(&example.ports[1], "10.0.0.3/24");
	give_address(&example.ports[2], "10.0.0.3/24");
	cr_assert_eq(network_note(&example.network), 0);
	cr_expect_str_eq(example.ports[1].note, "");
}

Test(supervisor_network, an_orphan_claims_nothing)
{
	struct example example;

	prepare(&example);
	strcpy(example.ports[5].mac, "02:00:00:00:00:01");
	strcpy(example.ports[5].note, "orphan of guest5");
	example.ports[5].orphan = true;
	example.ports[5].carrier = false;
	cr_assert_eq(network_note(&example.network), 0);
	cr_expect_str_eq(example.ports[1].note, "");
	cr_expect_str_eq(example.ports[5].note, "orphan of guest5; no carrier");
}

Test(supervisor_network, what_leads_nowhere)
{
	struct example example;

	prepare(&example);
	example.bridges[0].carrier = false;
	example.bridges[0].uplink[0] = '\0';
	example.bridges[1].up = example.bridges[1].carrier = false;
	example.bridges[1].ports_count = 0;
	example.ports[1].up = example.ports[1].carrier = false;
	cr_assert_eq(network_note(&example.network), 0);
	cr_expect_str_eq(example.bridges[0].note, "no carrier; no uplink");
	cr_expect_str_eq(example.bridges[1].note, "down; unused");
	cr_expect_str_eq(example.ports[1].note, "down");
}

Test(supervisor_network, a_note_is_cut_between_characters)
{
	struct example example;

	prepare(&example);
	for (size_t i = 0; i < 6; i++) {
		strcpy(example.ports[i].mac, "02:00:00:00:00:01");
		example.ports[i].uplink = false;
		example.ports[i].guest[0] = '\0';
		for (int k = 0; k < 5; k++)
			strcpy(example.ports[i].name + k * 3, "\xe2\x82\xac"); /* names of another program's links */
		give_address(&example.ports[i], "10.0.0.3");
		give_address(&example.ports[i], "10.0.0.4");
		example.ports[i].up = false;
	}
	cr_assert_eq(network_note(&example.network), 0);
	for (size_t i = 0; i < 6; i++) {
		char again[200];

		cr_expect_lt(strlen(example.ports[i].note), sizeof example.ports[i].note);
		auberge_text_clean(again, sizeof again, example.ports[i].note, strlen(example.ports[i].note), 0);
		cr_expect_str_eq(again, example.ports[i].note);
	}
}

Test(supervisor_network, whose_a_link_is)
{
	struct place place = make_place();
	struct network_dump none = {0};
	struct network_owners owners;
	struct network_link link = {.kind = "veth", .entry = {.name = "nosuchlink", .mac = {0xfe, 1, 2, 3, 4, 5}}};
	struct network_owner owner;

	cr_assert_eq(set_prepare(place.auberge, &place.error), 0, "%s", place.error.text);
	cr_assert_eq(network_owners_open(place.auberge, &none, &owners, &place.error), 0, "%s", place.error.text);
	link.elsewhere = link.carrier = true; /* as LXC's: someone keeps the other end up */
	owner = network_owner_of(&owners, &link);
	cr_expect(owner.stranger && !owner.orphan && !owner.guest);
	snprintf(link.entry.alias, sizeof link.entry.alias, "auberge 0123456789abcdef web3");
	owner = network_owner_of(&owners, &link);
	cr_expect(owner.foreign && !owner.orphan && !owner.guest && !owner.stranger);
	link.entry.alias[0] = '\0';
	link.elsewhere = false;
	link.entry.index = 1 << 30;
	owner = network_owner_of(&owners, &link);
	if (geteuid() == 0)
		cr_expect(owner.orphan && owner.gone, "an orphan that has gone meanwhile");
	strcpy(link.kind, "tun");
	owner = network_owner_of(&owners, &link);
	cr_expect(owner.stranger);
	link.kind[0] = '\0';
	link.entry.mac[0] = 0x3c;
	owner = network_owner_of(&owners, &link);
	cr_expect(!owner.stranger && !owner.orphan && !owner.foreign && !owner.guest);
	network_owners_free(&owners);
	drop_place(&place);
}

Test(supervisor_network, a_tag_is_ours_only_word_by_word)
{
	static const char *const wrong[] = {"", "auberge", "auberge 0123456789abcdef", "auberge 0123456789abcdef ",
	                                    "auberge 0123456789abcdeg web", "auberge 0123456789abcde web",
	                                    "auberge 0123456789abcdef ../x", "auberge 0123456789abcdef a b", "xauberge 0123456789abcdef web"};
	char set_id[SET_ID_SIZE];
	const char *name;

	cr_assert(network_alias_split("auberge 0123456789abcdef web-1", set_id, &name));
	cr_expect_str_eq(set_id, "0123456789abcdef");
	cr_expect_str_eq(name, "web-1");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		cr_expect(!network_alias_split(wrong[i], set_id, &name), "%s", wrong[i]);
}
