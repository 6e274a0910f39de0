/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel knows of this network namespace's links: one dump of them, of their addresses, and of bridges' VLANs. */
#ifndef HOST_NETWORK_H
#define HOST_NETWORK_H

#include "host/link_list.h"

#define NETWORK_KIND_SIZE 24

struct network_link {
	struct link_entry entry; /* index, name, MAC, alias: as somebody set them, not clean */
	char kind[NETWORK_KIND_SIZE]; /* "bridge" "veth" "vlan" ...; empty: hardware, or a kernel that does not say */
	int master;              /* index of what it is a port of; 0 nothing */
	bool elsewhere;          /* what it hangs on (a veth's other end) is in another network namespace */
	bool up, carrier, loopback;
	bool stp, vlan_filtering; /* of a bridge */
	unsigned mtu, vlan;      /* vlan: the id of a VLAN link, the PVID of a port of a bridge that filters; 0 none */
	uint64_t receive_bytes, transmit_bytes, drops, errors; /* as the host sees them */
};

struct network_address {
	int index;
	uint8_t family, prefix, bytes[16];
};

struct network_dump {
	struct network_link *links; /* by index */
	size_t links_count;
	struct network_address *addresses; /* in the kernel's order; none that is good on its link only */
	size_t addresses_count;
};

/* Free it with network_dump_free() also when it failed. */
int network_dump(struct network_dump *dump, struct auberge_error *error);
void network_dump_free(struct network_dump *dump);
/* NULL: none of that index. */
struct network_link *network_dump_find(const struct network_dump *dump, int index);

#endif
