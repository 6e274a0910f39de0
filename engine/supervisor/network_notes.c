/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of bridges and ports beside their figures: what two of them claim, and what leads nowhere. Works on what
 * auberge_network_read() has put together and looks at nothing else.
 */
#include "supervisor/network.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

/* One thing that must be claimed once only. */
struct claim {
	uint8_t kind, bytes[18]; /* AF_PACKET: a MAC as written; AF_INET, AF_INET6 */
	struct auberge_port *port;     /* NULL: */
	struct auberge_bridge *bridge; /* an address of the host's */
	const char *text;
};

struct claims {
	struct claim *items;
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void add_note(char note[96], const char *format, ...)
{
	char text[512], whole[640];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	snprintf(whole, sizeof whole, "%s%s%s", note, note[0] ? "; " : "", text);
	auberge_text_clean(note, 96, whole, strlen(whole), 0); /* cut between characters */
}

static int by_claim(const void *a, const void *b)
{
	const struct claim *left = a, *right = b;
	int order = left->kind != right->kind ? left->kind - right->kind : memcmp(left->bytes, right->bytes, sizeof left->bytes);

	if (order || left->port == right->port)
		return order;
	if (!left->port || !right->port) /* the host's first */
		return left->port ? 1 : -1;
	return left->port < right->port ? -1 : 1;
}

static bool read_address(const char *text, struct claim *claim)
{
	char address[INET6_ADDRSTRLEN + 1] = "";
	size_t length = strcspn(text, "/");

	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	claim->kind = strchr(address, ':') ? AF_INET6 : AF_INET;
	return inet_pton(claim->kind, address, claim->bytes) == 1;
}

static bool read_mac(const char *text, struct claim *claim)
{
	/* As auberge_network_read() writes it, so two are the same when their letters are. */
	claim->kind = AF_PACKET;
	memcpy(claim->bytes, text, strnlen(text, sizeof claim->bytes));
	return text[0] != '\0';
}

static void collect(struct auberge_network *network, struct claims *claims)
{
	for (size_t i = 0; i < network->bridges_count; i++)
		for (size_t k = 0; k < network->bridges[i].addresses_count; k++) {
			struct claim claim = {.bridge = &network->bridges[i], .text = network->bridges[i].addresses[k]};

			if (read_address(claim.text, &claim))
				claims->items[claims->count++] = claim;
		}
	for (size_t i = 0; i < network->ports_count; i++) {
		struct auberge_port *port = &network->ports[i];
		struct claim mac = {.port = port, .text = port->mac};

		if (port->orphan)
			continue;
		if (read_mac(port->mac, &mac))
			claims->items[claims->count++] = mac;
		for (size_t k = 0; k < port->addresses_count; k++) {
			struct claim claim = {.port = port, .text = port->addresses[k]};

			if (read_address(claim.text, &claim))
				claims->items[claims->count++] = claim;
		}
	}
	qsort(claims->items, claims->count, sizeof *claims->items, by_claim);
}

/* The same claimant: a port, the host, a guest's address on several links of its own. Uplinks share MACs with the VLANs
 * on them. */
static bool at_peace(const struct claim *a, const struct claim *b)
{
	if (!a->port || !b->port)
		return a->port == b->port;
	if (a->port == b->port || (a->port->uplink && b->port->uplink))
		return true;
	return a->kind != AF_PACKET && a->port->guest[0] && strcmp(a->port->guest, b->port->guest) == 0;
}

static void say_who(const struct claim *other, const struct claim *own, char *out, size_t size)
{
	const struct auberge_port *port = other->port;

	if (!port)
		snprintf(out, size, "%s", other->bridge->name);
	else if (!port->guest[0])
		snprintf(out, size, "%s", port->name);
	else if (own->port && strcmp(own->port->guest, port->guest) == 0)
		snprintf(out, size, "%s %s", port->guest, port->interface);
	else
		snprintf(out, size, "%s", port->guest);
}

static void say_claims(const struct claim *group, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct claim *own = &group[i], *first = NULL;
		char who[AUBERGE_NAME_MAX + AUBERGE_LINK_SIZE + 2], more[40] = "";
		char *note = own->port ? own->port->note : own->bridge->note;
		size_t others = 0;

		for (size_t k = 0; k < count; k++)
			if (!at_peace(own, &group[k])) {
				first = first ? first : &group[k];
				others++;
			}
		if (!first)
			continue;
		say_who(first, own, who, sizeof who);
		if (others > 1)
			snprintf(more, sizeof more, " and %zu more", others - 1);
		if (own->kind == AF_PACKET)
			add_note(note, "duplicate MAC: also %s%s", who, more);
		else
			add_note(note, "duplicate address %.*s: also %s%s", (int)strcspn(own->text, "/"), own->text, who, more);
	}
}

static void note_bridge(struct auberge_bridge *bridge)
{
	if (!bridge->up)
		add_note(bridge->note, "down");
	else if (!bridge->carrier)
		add_note(bridge->note, "no carrier");
	if (bridge->ports_count == 0)
		add_note(bridge->note, "unused");
	else if (!bridge->uplink[0])
		add_note(bridge->note, "no uplink");
}

static void note_port(struct auberge_port *port)
{
	if (!port->up)
		add_note(port->note, "down");
	else if (!port->carrier)
		add_note(port->note, "no carrier");
}

int network_note(struct auberge_network *network)
{
	size_t room = network->bridges_count * AUBERGE_PORT_ADDRESSES_MAX +
	              network->ports_count * (AUBERGE_PORT_ADDRESSES_MAX + 1) + 1;
	struct claims claims = {.items = calloc(room, sizeof *claims.items)};
	size_t end;

	if (!claims.items)
		return -ENOMEM;
	collect(network, &claims);
	for (size_t i = claims.count; i > 0; i = end) { /* from the end: MACs are said before addresses */
		end = i - 1;
		while (end > 0 && claims.items[end - 1].kind == claims.items[i - 1].kind &&
		       memcmp(claims.items[end - 1].bytes, claims.items[i - 1].bytes, sizeof claims.items->bytes) == 0)
			end--;
		if (i - end > 1)
			say_claims(&claims.items[end], i - end);
	}
	for (size_t i = 0; i < network->bridges_count; i++)
		note_bridge(&network->bridges[i]);
	for (size_t i = 0; i < network->ports_count; i++)
		note_port(&network->ports[i]);
	free(claims.items);
	return 0;
}
