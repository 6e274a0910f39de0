/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's links: names, MACs and bridges worked out and checked before the first side effect, then made by host/link. */
#ifndef CONTAINER_NETWORK_H
#define CONTAINER_NETWORK_H

#include "container/plan.h"
#include "guest/set.h"
#include "host/link.h"

struct container_network {
	struct link_veth links[AUBERGE_LINKS_MAX];
	size_t count;
};
/* Bridges exist, host names are free (or a free one is chosen where none is configured), MACs random. All errors. */
int network_prepare(const struct container_plan *plan, struct nl_sock *socket, struct container_network *network,
                    struct auberge_error *error);
/* Makes link number index; the caller has written it to the ledger. */
int network_make(const struct container_plan *plan, struct nl_sock *socket, struct link_veth *veth, int netns_fd,
                 struct auberge_error *error);
/* The first byte of the random MAC of a link's end on the host; the ledger has the whole. */
#define NETWORK_HOST_MAC 0xfe
/* "auberge SETID NAME": the ifalias that marks a link as ours. */
void network_alias(const struct auberge *auberge, const char *name, char *out, size_t size);
/* The set-id and the guest's name of such a tag, the name within alias; false: it is none. */
bool network_alias_split(const char *alias, char set_id[SET_ID_SIZE], const char **name);

#endif
