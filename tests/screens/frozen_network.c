/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed bridges of `frozen`: an uplink, guests, drops, an orphan, a bridge on a VLAN, one without uplink and one
 * without carrier, a MAC and an address that two guests have. Notes are as the engine words them. The second answer is
 * two seconds after the first, so that rates are always the same; all later ones are the second again, as drops go up.
 */
#include "frozen_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024
#define MIB (1024 * 1024)
#define STEP_SECONDS 2
#define STEPS 2
#define NONE SIZE_MAX

static const struct fixed_bridge {
	const char *name;
	bool up, carrier, stp;
	unsigned vlan;
	const char *uplink, *address;
	uint64_t receive_rate, transmit_rate;
	const char *note;
} bridges[] = {
	{"V2002", true, true, true, 2002, "bond0.2002", NULL, 12 * KIB, 40 * KIB, ""},
	{"V2003", true, true, true, 2003, "bond0.2003", NULL, 60 * KIB, 90 * KIB, ""},
	{"br0", true, true, false, 0, "eno1", "10.0.0.1/24", 2202009, 9 * MIB, ""},
	{"br1", true, true, false, 0, NULL, "10.1.0.1/24", KIB, 2 * KIB, "no uplink"},
	{"br2", true, false, false, 0, NULL, NULL, 0, 0, "no carrier; unused"},
};

static const struct fixed_port {
	const char *name;
	size_t bridge;
	const char *guest, *interface, *mac;
	bool uplink, orphan;
	unsigned vlan;
	const char *addresses[3];
	uint64_t receive_rate, transmit_rate, drops, drops_more;
	const char *note;
} ports[] = {
	{"bond0.2002", 0, NULL, NULL, "3c:ec:ef:00:1e:04", true, false, 2002, {NULL}, 12 * KIB, 40 * KIB, 0, 0, ""},
	{"ldap1-lmb-3f2a", 0, "ldap1-lmb-clus-long-name-serv", "eth0", "ba:be:ba:be:01:01", false, false, 0,
	 {"192.0.2.10/24", "2001:db8::10/64"}, 40 * KIB, 12 * KIB, 3, 0, ""},
	{"bond0.2003", 1, NULL, NULL, "3c:ec:ef:00:1e:04", true, false, 2003, {NULL}, 60 * KIB, 90 * KIB, 0, 0, ""},
	{"ldap1-lmb-77c0", 1, "ldap1-lmb-clus-long-name-serv", "eth1", "ba:be:ba:be:01:02", false, false, 0,
	 {"198.51.100.10/24"}, 30 * KIB, 20 * KIB, 0, 0, ""},
	{"mail-eth0", 1, "mail", "eth0", "02:3c:91:5b:4a:12", false, false, 0, {"10.0.0.30/24"}, 60 * KIB, 40 * KIB, 0, 0,
	 "duplicate MAC: also db2; duplicate address 10.0.0.30: also db2"},
	{"eno1", 2, NULL, NULL, "3c:ec:ef:00:1e:02", true, false, 0, {NULL}, 2097152, 9122611, 0, 0, ""},
	{"veth9f2", 2, NULL, NULL, "fe:91:0c:55:77:aa", false, true, 0, {NULL}, 0, 0, 0, 0, "orphan; no carrier"},
	{"vethbuild7", 2, "build7", "eth0", "02:3c:91:5b:4a:13", false, false, 0, {"10.0.0.31/24"}, 0, 0, 0, 0, ""},
	{"vethdb2", 2, "db2", "eth0", "02:3c:91:5b:4a:12", false, false, 0, {"10.0.0.30/24", "2001:db8:0:1::30/64"}, 40 * KIB,
	 33 * KIB, 12, 1, "duplicate MAC: also mail; duplicate address 10.0.0.30: also mail"},
	{"vethold-app", 2, "old-app", "eth0", "02:3c:91:5b:4a:15", false, true, 0, {NULL}, 0, 0, 0, 0, "orphan of old-app"},
	{"vethweb3", 2, "web3", "eth0", "02:3c:91:5b:4a:11", false, false, 0, {"10.0.0.23/24"}, 90 * KIB, 1258291, 0, 0, ""},
	{"vnet0", 3, NULL, NULL, "fe:54:00:6b:3c:58", false, false, 0, {NULL}, KIB, 2 * KIB, 0, 0, "not ours"},
	{"vethlab", NONE, "lab", "eth0", "02:3c:91:5b:4a:77", false, true, 0, {NULL}, 0, 0, 0, 0, "orphan of lab; no carrier"},
};
#define BRIDGES (sizeof bridges / sizeof bridges[0])
#define PORTS (sizeof ports / sizeof ports[0])

static void make_bridge(struct auberge_bridge *bridge, const struct fixed_bridge *from, int index, unsigned step)
{
	snprintf(bridge->name, sizeof bridge->name, "%s", from->name);
	bridge->index = index;
	bridge->up = from->up;
	bridge->carrier = from->carrier;
	bridge->stp = from->stp;
	bridge->mtu = 1500;
	bridge->vlan = from->vlan;
	snprintf(bridge->uplink, sizeof bridge->uplink, "%s", from->uplink ? from->uplink : "");
	if (from->address)
		snprintf(bridge->addresses[bridge->addresses_count++], sizeof bridge->addresses[0], "%s", from->address);
	bridge->receive_bytes = 1000 * MIB + from->receive_rate * STEP_SECONDS * step;
	bridge->transmit_bytes = 2000 * (uint64_t)MIB + from->transmit_rate * STEP_SECONDS * step;
	snprintf(bridge->note, sizeof bridge->note, "%s", from->note);
}

static void make_port(struct auberge_port *port, const struct fixed_port *from, int index, unsigned step)
{
	snprintf(port->name, sizeof port->name, "%s", from->name);
	port->index = index;
	port->bridge = from->bridge;
	snprintf(port->guest, sizeof port->guest, "%s", from->guest ? from->guest : "");
	snprintf(port->interface, sizeof port->interface, "%s", from->interface ? from->interface : "");
	snprintf(port->mac, sizeof port->mac, "%s", from->mac);
	port->up = true;
	port->carrier = !strstr(from->note, "no carrier");
	port->uplink = from->uplink;
	port->orphan = from->orphan;
	port->vlan = from->vlan;
	port->mtu = 1500;
	for (size_t i = 0; from->addresses[i]; i++)
		snprintf(port->addresses[port->addresses_count++], sizeof port->addresses[0], "%s", from->addresses[i]);
	port->receive_bytes = 100 * MIB + from->receive_rate * STEP_SECONDS * step;
	port->transmit_bytes = 200 * MIB + from->transmit_rate * STEP_SECONDS * step;
	port->drops = from->drops + (step > 0 ? from->drops_more * step - from->drops_more : 0);
	snprintf(port->note, sizeof port->note, "%s", from->note);
}

void frozen_network(struct source_answer *answer)
{
	static unsigned step;
	size_t size = sizeof(struct auberge_network) + BRIDGES * sizeof(struct auberge_bridge) + PORTS * sizeof(struct auberge_port);
	struct auberge_network *network = calloc(1, size);

	if (!network)
		return;
	network->size = size;
	network->bridges = (struct auberge_bridge *)(void *)(network + 1);
	network->ports = (struct auberge_port *)(void *)(network->bridges + BRIDGES);
	network->bridges_count = BRIDGES;
	network->ports_count = PORTS;
	step += step < STEPS;
	network->time_usec = answer->time_usec + (uint64_t)step * STEP_SECONDS * 1000000;
	answer->time_usec = network->time_usec;
	for (size_t i = 0; i < BRIDGES; i++)
		make_bridge(&network->bridges[i], &bridges[i], (int)i + 2, step);
	for (size_t i = 0; i < PORTS; i++) {
		make_port(&network->ports[i], &ports[i], (int)i + 20, step);
		if (ports[i].bridge != NONE)
			network->bridges[ports[i].bridge].ports_count++;
	}
	answer->items = network;
	answer->count = 1;
}
