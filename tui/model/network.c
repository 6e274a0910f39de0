/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readings of bridges: kept, compared for rates, laid out in lines, searched; see network.h. */
#include "model/network.h"

#include <stdlib.h>
#include <string.h>

#define USEC_PER_SECOND 1e6

void model_network_free(struct model_network *network)
{
	free(network->now);
	free(network->before);
	free(network->bridge_rates);
	free(network->port_rates);
	free(network->lines);
	free(network->all);
	*network = (struct model_network){0};
}

/* The arrays stand within the one allocation: what points into it is moved along. */
static struct auberge_network *copy_of(const struct auberge_network *reading)
{
	const char *base = (const char *)reading;
	struct auberge_network *copy = malloc(reading->size);

	if (!copy)
		return NULL;
	memcpy(copy, reading, reading->size);
	copy->bridges = (struct auberge_bridge *)(void *)((char *)copy + ((const char *)reading->bridges - base));
	copy->ports = (struct auberge_port *)(void *)((char *)copy + ((const char *)reading->ports - base));
	return copy;
}

/* --- rates */

struct counters {
	uint64_t receive, transmit, drops, errors;
};

static struct model_network_rate rate_between(const struct counters *before, const struct counters *now, double seconds)
{
	struct model_network_rate rate = {0};

	if (seconds <= 0 || now->receive < before->receive || now->transmit < before->transmit)
		return rate;
	rate.known = true;
	rate.receive = (double)(now->receive - before->receive) / seconds;
	rate.transmit = (double)(now->transmit - before->transmit) / seconds;
	rate.drops = now->drops > before->drops;
	rate.errors = now->errors > before->errors;
	return rate;
}

/* Most links stand where they stood: the place is a guess, then all are looked through. */
#define FIND_BEFORE(type, array, count, wanted, place)                                                                      \
	static const struct type *before_of_##type(const struct auberge_network *before, const struct type *wanted,        \
	                                           size_t place)                                                           \
	{                                                                                                                  \
		if (place < before->count && before->array[place].index == wanted->index &&                                \
		    strcmp(before->array[place].name, wanted->name) == 0)                                                  \
			return &before->array[place];                                                                      \
		for (size_t i = 0; i < before->count; i++)                                                                 \
			if (before->array[i].index == wanted->index && strcmp(before->array[i].name, wanted->name) == 0)   \
				return &before->array[i];                                                                  \
		return NULL;                                                                                               \
	}
FIND_BEFORE(auberge_bridge, bridges, bridges_count, wanted, place)
FIND_BEFORE(auberge_port, ports, ports_count, wanted, place)

static void rate_all(const struct auberge_network *before, const struct auberge_network *now,
                     struct model_network_rate *bridges, struct model_network_rate *ports)
{
	double seconds = ((double)now->time_usec - (double)before->time_usec) / USEC_PER_SECOND;

	for (size_t i = 0; i < now->bridges_count; i++) {
		const struct auberge_bridge *bridge = &now->bridges[i], *old = before_of_auberge_bridge(before, bridge, i);

		if (old)
			bridges[i] = rate_between(
				&(struct counters){old->receive_bytes, old->transmit_bytes, old->drops, old->errors},
				&(struct counters){bridge->receive_bytes, bridge->transmit_bytes, bridge->drops, bridge->errors}, seconds);
	}
	for (size_t i = 0; i < now->ports_count; i++) {
		const struct auberge_port *port = &now->ports[i], *old = before_of_auberge_port(before, port, i);

		/* One that has changed its guest has changed its view: the guest's is the other way round. */
		if (old && (old->guest[0] == '\0') == (port->guest[0] == '\0'))
			ports[i] = rate_between(&(struct counters){old->receive_bytes, old->transmit_bytes, old->drops, old->errors},
			                        &(struct counters){port->receive_bytes, port->transmit_bytes, port->drops, port->errors},
			                        seconds);
	}
}

int model_network_take(struct model_network *network, const struct auberge_network *reading)
{
	struct model_network next = {.totals = network->totals, .order = network->order, .reverse = network->reverse};

	if (network->now && network->now->time_usec == reading->time_usec)
		return 0;
	memcpy(next.filter, network->filter, sizeof next.filter);
	next.now = copy_of(reading);
	next.bridge_rates = calloc(reading->bridges_count + 1, sizeof *next.bridge_rates);
	next.port_rates = calloc(reading->ports_count + 1, sizeof *next.port_rates);
	next.lines = calloc(reading->bridges_count + reading->ports_count + 1, sizeof *next.lines);
	next.all = calloc(reading->bridges_count + reading->ports_count + 1, sizeof *next.all);
	if (!next.now || !next.bridge_rates || !next.port_rates || !next.lines || !next.all) {
		model_network_free(&next);
		return -1;
	}
	if (network->now)
		rate_all(network->now, next.now, next.bridge_rates, next.port_rates);
	next.before = network->now;
	network->now = NULL;
	model_network_free(network);
	*network = next;
	model_network_arrange(network);
	return 0;
}

/* --- finding */

const char *model_network_name(const struct model_network *network, const struct model_network_line *line)
{
	if (line->kind == MODEL_LOOSE)
		return "";
	return line->kind == MODEL_BRIDGE ? network->now->bridges[line->index].name : network->now->ports[line->index].name;
}

const char *model_network_guest(const struct model_network *network, const struct model_network_line *line)
{
	return line->kind == MODEL_PORT ? network->now->ports[line->index].guest : "";
}

ssize_t model_network_find(const struct model_network *network, const char *name)
{
	for (size_t i = 0; i < network->lines_count; i++)
		if (network->lines[i].kind != MODEL_LOOSE && strcmp(model_network_name(network, &network->lines[i]), name) == 0)
			return (ssize_t)i;
	return -1;
}

/* Not whom else a note is about: who looks for a guest is to find its own port. */
static bool note_matches(const struct model_network *network, const struct model_network_line *line, const char *text)
{
	char note[192], *part, *rest = note;

	model_network_note(network, line, note, sizeof note);
	while ((part = strsep(&rest, ";"))) {
		char *also = strstr(part, ": also ");

		if (also)
			*also = '\0';
		if (strcasestr(part, text))
			return true;
	}
	return false;
}

bool model_network_matches(const struct model_network *network, const struct model_network_line *line, const char *text)
{
	const char (*addresses)[64];
	unsigned count;

	if (line->kind == MODEL_LOOSE)
		return false;
	if (strcasestr(model_network_name(network, line), text) || strcasestr(model_network_guest(network, line), text) ||
	    note_matches(network, line, text))
		return true;
	if (line->kind == MODEL_PORT) {
		const struct auberge_port *port = &network->now->ports[line->index];

		if (strcasestr(port->interface, text) || strcasestr(port->mac, text))
			return true;
		addresses = (const char (*)[64])port->addresses;
		count = port->addresses_count;
	} else {
		addresses = (const char (*)[64])network->now->bridges[line->index].addresses;
		count = network->now->bridges[line->index].addresses_count;
	}
	for (unsigned i = 0; i < count; i++)
		if (strcasestr(addresses[i], text))
			return true;
	return false;
}

ssize_t model_network_search(const struct model_network *network, ssize_t from, int step, const char *text)
{
	ssize_t count = (ssize_t)network->lines_count, at = from;

	for (ssize_t i = 0; i < count; i++) {
		at = (at + step + count) % count;
		if (model_network_matches(network, &network->lines[at], text))
			return at;
	}
	return -1;
}
