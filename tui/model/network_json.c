/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges as JSON, from the lines that are shown; see network_json.h. */
#include "model/network_json.h"

#include <math.h>
#include <string.h>

/* A document must be UTF-8, and clean text cut short is still that; "" is null. */
static json_t *text(const char *value)
{
	return *value ? json_string(value) : json_null();
}

static json_t *figure(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *per_second(const struct model_network_rate *rate, double value)
{
	return rate->known ? json_integer((json_int_t)round(value)) : json_null();
}

static json_t *port_object(const struct model_network *network, const struct model_network_line *line)
{
	const struct auberge_port *port = &network->now->ports[line->index];
	const struct model_network_rate *rate = &network->port_rates[line->index];
	json_t *addresses = json_array();
	char note[192];

	model_network_note(network, line, note, sizeof note);
	for (unsigned i = 0; i < port->addresses_count; i++)
		json_array_append_new(addresses, json_string(port->addresses[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", text(port->name), "guest",
	                 text(port->guest), "interface", text(port->interface), "mac", text(port->mac), "addresses", addresses,
	                 "vlan", port->vlan ? figure(port->vlan) : json_null(), "receive_bytes", figure(port->receive_bytes),
	                 "transmit_bytes", figure(port->transmit_bytes), "receive_bytes_per_second",
	                 per_second(rate, rate->receive), "transmit_bytes_per_second", per_second(rate, rate->transmit), "drops",
	                 figure(port->drops), "note", text(note));
}

static json_t *bridge_object(const struct auberge_bridge *bridge)
{
	return json_pack("{s:o, s:b, s:b, s:o, s:o, s:[]}", "name", text(bridge->name), "up", bridge->up, "stp", bridge->stp,
	                 "mtu", figure(bridge->mtu), "vlan", bridge->vlan ? figure(bridge->vlan) : json_null(), "ports");
}

json_t *model_json_network(const struct model_network *network)
{
	json_t *document = json_pack("{s:[]}", "bridges"), *bridges = json_object_get(document, "bridges"), *ports = NULL;

	for (size_t i = 0; i < network->lines_count && document; i++) {
		const struct model_network_line *line = &network->lines[i];

		if (line->kind == MODEL_BRIDGE) {
			json_t *bridge = bridge_object(&network->now->bridges[line->index]);

			ports = json_object_get(bridge, "ports");
			json_array_append_new(bridges, bridge);
		} else if (line->kind == MODEL_LOOSE) {
			ports = json_array();
			json_object_set_new(document, "ports", ports);
		} else {
			json_array_append_new(ports, port_object(network, line));
		}
	}
	return document;
}
