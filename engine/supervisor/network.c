/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges, their ports, and whose they are, as plain data in one allocation; see auberge.h. Names and addresses are
 * cleaned here, at the last moment: until then they are compared byte by byte with ledgers.
 */
#include "supervisor/network.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

/* A link that is shown, with where it goes. */
struct place {
	const struct network_link *link;
	struct network_owner owner;
	const struct network_link *bridge; /* NULL: on none */
	bool uplink;
};

struct joining {
	struct auberge *auberge;
	struct network_dump dump;
	struct network_owners owners;
	const struct network_link **bridges; /* by name */
	struct place *ports;                 /* in their order */
	size_t bridges_count, ports_count;
};

static bool is_bridge(const struct network_link *link)
{
	return link && strcmp(link->kind, "bridge") == 0;
}

static int bridge_by_name(const void *a, const void *b)
{
	const struct network_link *left = *(const struct network_link *const *)a, *right = *(const struct network_link *const *)b;
	int order = strcmp(left->entry.name, right->entry.name);

	/* One that was deleted and made again while it was read is there twice. */
	return order ? order : (left->entry.index > right->entry.index) - (left->entry.index < right->entry.index);
}

static int port_by_place(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->bridge != right->bridge) {
		if (!left->bridge || !right->bridge)
			return left->bridge ? -1 : 1;
		return bridge_by_name(&left->bridge, &right->bridge);
	}
	if (left->uplink != right->uplink)
		return left->uplink ? -1 : 1;
	return strcmp(left->link->entry.name, right->link->entry.name);
}

/* Which links are bridges and which are ports. A link on no bridge is shown when it is a guest's or was one's. */
static int choose(struct joining *joining)
{
	size_t count = joining->dump.links_count;

	joining->bridges = calloc(count + 1, sizeof *joining->bridges);
	joining->ports = calloc(count + 1, sizeof *joining->ports);
	if (!joining->bridges || !joining->ports)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct network_link *link = &joining->dump.links[i];
		const struct network_link *master = link->master ? network_dump_find(&joining->dump, link->master) : NULL;
		struct place place = {.link = link, .bridge = is_bridge(master) ? master : NULL};

		if (is_bridge(link))
			joining->bridges[joining->bridges_count++] = link;
		place.owner = network_owner_of(&joining->owners, link);
		if (place.owner.gone || (!place.bridge && !place.owner.guest && !place.owner.orphan))
			continue;
		place.uplink = !place.owner.guest && !place.owner.orphan && !place.owner.foreign && !place.owner.stranger;
		joining->ports[joining->ports_count++] = place;
	}
	qsort(joining->bridges, joining->bridges_count, sizeof *joining->bridges, bridge_by_name);
	qsort(joining->ports, joining->ports_count, sizeof *joining->ports, port_by_place);
	return 0;
}

/* --- filling ----------------------------------------------------------------------------------------------------- */

static void clean(char *out, size_t size, const char *text)
{
	auberge_text_clean(out, size, text, strlen(text), 0);
}

static void write_mac(char out[18], const uint8_t mac[6])
{
	static const uint8_t none[6];

	if (memcmp(mac, none, sizeof none) != 0)
		snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void fill_bridge(const struct joining *joining, const struct network_link *link, struct auberge_bridge *bridge)
{
	char text[INET6_ADDRSTRLEN];

	clean(bridge->name, sizeof bridge->name, link->entry.name);
	bridge->index = link->entry.index;
	bridge->up = link->up;
	bridge->carrier = link->carrier;
	bridge->stp = link->stp;
	bridge->vlan_filtering = link->vlan_filtering;
	bridge->mtu = link->mtu;
	bridge->receive_bytes = link->receive_bytes;
	bridge->transmit_bytes = link->transmit_bytes;
	bridge->drops = link->drops;
	bridge->errors = link->errors;
	for (size_t i = 0; i < joining->dump.addresses_count && bridge->addresses_count < AUBERGE_PORT_ADDRESSES_MAX; i++) {
		const struct network_address *address = &joining->dump.addresses[i];

		if (address->index == link->entry.index && inet_ntop(address->family, address->bytes, text, sizeof text))
			snprintf(bridge->addresses[bridge->addresses_count++], sizeof bridge->addresses[0], "%s/%u", text,
			         address->prefix);
	}
}

static void fill_addresses(const struct network_guest *guest, const struct ledger_link *link, struct auberge_port *port)
{
	const struct config *config = guest->config;

	for (size_t i = 0; config && i < config->nets_count; i++) {
		const struct config_net *net = &config->nets[i];

		if (strcmp(net->name, link->guest_name) != 0)
			continue;
		for (size_t k = 0; k < net->addresses.count && port->addresses_count < AUBERGE_PORT_ADDRESSES_MAX; k++)
			clean(port->addresses[port->addresses_count++], sizeof port->addresses[0], net->addresses.items[k]);
	}
}

static void fill_note(const struct joining *joining, const struct place *place, struct auberge_port *port)
{
	if (place->owner.orphan)
		snprintf(port->note, sizeof port->note, "orphan%s%s", port->guest[0] ? " of " : "", port->guest);
	else if (place->owner.foreign)
		snprintf(port->note, sizeof port->note, "%s",
		         joining->auberge->set_id[0] ? "another set's" : "a guest's: whose is not told");
	else if (place->owner.stranger)
		snprintf(port->note, sizeof port->note, "not ours");
}

static void fill_port(const struct joining *joining, const struct place *place, struct auberge_port *port)
{
	const struct network_link *link = place->link;
	const struct network_owner *owner = &place->owner;
	bool inside = owner->guest != NULL;

	clean(port->name, sizeof port->name, link->entry.name);
	port->index = link->entry.index;
	port->up = link->up;
	port->carrier = link->carrier;
	port->uplink = place->uplink;
	port->orphan = owner->orphan;
	port->vlan = link->vlan;
	port->mtu = link->mtu;
	port->receive_bytes = inside ? link->transmit_bytes : link->receive_bytes;
	port->transmit_bytes = inside ? link->receive_bytes : link->transmit_bytes;
	port->drops = link->drops;
	port->errors = link->errors;
	write_mac(port->mac, owner->link ? owner->link->guest_mac : link->entry.mac);
	if (inside)
		snprintf(port->guest, sizeof port->guest, "%s", owner->guest->name);
	if (owner->link)
		clean(port->interface, sizeof port->interface, owner->link->guest_name);
	if (owner->link && owner->guest->live)
		fill_addresses(owner->guest, owner->link, port);
	fill_note(joining, place, port);
}

/* Both arrays stand behind the struct; all three are of at most max_align_t's alignment, and so are their sizes here. */
static struct auberge_network *allocate(size_t bridges, size_t ports)
{
	size_t align = _Alignof(max_align_t), head = (sizeof(struct auberge_network) + align - 1) / align * align;
	size_t middle = (bridges * sizeof(struct auberge_bridge) + align - 1) / align * align;
	size_t size = head + middle + ports * sizeof(struct auberge_port);
	struct auberge_network *network = calloc(1, size);

	if (!network)
		return NULL;
	network->size = size;
	network->bridges = (struct auberge_bridge *)(void *)((char *)network + head);
	network->ports = (struct auberge_port *)(void *)((char *)network + head + middle);
	network->bridges_count = bridges;
	network->ports_count = ports;
	return network;
}

static struct auberge_network *fill(const struct joining *joining)
{
	struct auberge_network *network = allocate(joining->bridges_count, joining->ports_count);
	size_t at = 0;

	for (size_t i = 0; network && i < joining->bridges_count; i++)
		fill_bridge(joining, joining->bridges[i], &network->bridges[i]);
	for (size_t i = 0; network && i < joining->ports_count; i++) {
		struct auberge_port *port = &network->ports[i];
		struct auberge_bridge *bridge;

		fill_port(joining, &joining->ports[i], port);
		port->bridge = SIZE_MAX;
		if (!joining->ports[i].bridge)
			continue;
		while (joining->bridges[at] != joining->ports[i].bridge) /* both are in the same order */
			at++;
		bridge = &network->bridges[at];
		port->bridge = at;
		bridge->ports_count++;
		if (port->uplink && !bridge->uplink[0])
			memcpy(bridge->uplink, port->name, sizeof bridge->uplink);
		if (port->uplink && bridge->vlan == 0 && strcmp(joining->ports[i].link->kind, "vlan") == 0)
			bridge->vlan = port->vlan;
	}
	return network;
}

int auberge_network_read(struct auberge *auberge, struct auberge_network **network, struct auberge_error *error)
{
	struct joining joining = {.auberge = auberge};
	uint64_t time_usec = 0;
	int result;

	*network = NULL;
	set_refresh(auberge);
	result = network_dump(&joining.dump, error);
	time_usec = now_monotonic_usec();
	if (result == 0)
		result = network_owners_open(auberge, &joining.dump, &joining.owners, error);
	if (result == 0 && (choose(&joining) < 0 || !(*network = fill(&joining)) || network_note(*network) < 0))
		result = error_set(error, ENOMEM, "bridges");
	if (*network)
		(*network)->time_usec = time_usec;
	if (result < 0) {
		free(*network);
		*network = NULL;
	}
	free(joining.bridges);
	free(joining.ports);
	network_owners_free(&joining.owners);
	network_dump_free(&joining.dump);
	return result < 0 ? -1 : 0;
}
