/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links through libnl: veth pairs on bridges, addresses and routes inside a guest, deletion by identity.
 * A link of ours is known by its random host-side MAC fe:.. (in the ledger, and set in the very message that creates
 * it) or by our ifalias, never by its name alone.
 */
#ifndef HOST_LINK_H
#define HOST_LINK_H

#include "auberge.h"
#include "guest/config.h"

struct nl_sock;
struct nl_sock *link_open(struct auberge_error *error); /* NETLINK_ROUTE */
void link_close(struct nl_sock *socket);

/* ifindex of a bridge, its mtu; 0: no such link, or it is no bridge (then *error says which). */
int link_bridge_index(struct nl_sock *socket, const char *name, unsigned *mtu, struct auberge_error *error);
bool link_exists(const char *name);

/* A random locally administered MAC with first byte 0xfe (host side) or 0x02 (guest side). */
int link_random_mac(uint8_t mac[6], uint8_t first, struct auberge_error *error);

struct link_veth {
	char host_name[AUBERGE_LINK_SIZE], guest_name[AUBERGE_LINK_SIZE];
	uint8_t host_mac[6], guest_mac[6];
	int bridge_index; /* 0 none */
	unsigned mtu;     /* 0 the kernel's default */
	int index;        /* out: host side's ifindex */
};
/* One message: pair made, peer in the namespace of netns_pid, host end in the bridge and up. -EEXIST in error->number
 * when the name is taken. Then ifalias is set to alias. */
int link_make_veth(struct nl_sock *socket, struct link_veth *veth, int netns_fd, const char *alias, struct auberge_error *error);
/* Inside the guest's network namespace: lo up, then each interface up with its addresses, gateways and routes. */
int link_configure_guest(const struct config_net *nets, size_t count, struct auberge_error *error);

/* Deletes the link index if its host MAC (or our alias) is the one given; 0 also when it is gone already. */
int link_delete(struct nl_sock *socket, const char *name, const uint8_t mac[6], const char *alias, struct auberge_error *error);
/* Waits at most timeout_ms for the link with this MAC to go by itself (RTM_DELLINK), then deletes it by ifindex. */
int link_await_gone(const char *name, const uint8_t mac[6], const char *alias, int timeout_ms, struct auberge_error *error);

#endif
