/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges and ports put together from the kernel's links and the guests' ledgers. It stands here, above host/ and guest/,
 * because only ledgers, tags and locks say whose a link is and whether that guest lives.
 */
#ifndef SUPERVISOR_NETWORK_H
#define SUPERVISOR_NETWORK_H

#include "guest/config.h"
#include "host/network.h"
#include "supervisor/ledger.h"

/* A guest that some link or ledger names. */
struct network_guest {
	char name[AUBERGE_NAME_MAX + 1];
	bool live;
	struct ledger_link links[AUBERGE_LINKS_MAX]; /* of this boot's ledger */
	size_t links_count;
	struct config *config; /* as started, of a live one that has links; NULL */
};

/* Whose a link is. */
struct network_owner {
	const struct network_guest *guest;    /* NULL: none of ours */
	const struct ledger_link *link;       /* NULL: only the tag names it */
	bool orphan, foreign, stranger, gone; /* foreign: another set's; stranger: another program's guest; gone: meanwhile */
};

struct network_owners {
	struct auberge *auberge;
	struct network_guest *guests; /* by name */
	size_t guests_count, room;
	struct network_known { /* of all ledgers, by host name and MAC */
		const struct network_guest *guest;
		const struct ledger_link *link;
	} *known;
	size_t known_count;
};
/* Free it also when it failed. 0, or negative. */
int network_owners_open(struct auberge *auberge, const struct network_dump *dump, struct network_owners *owners,
                        struct auberge_error *error);
void network_owners_free(struct network_owners *owners);
struct network_owner network_owner_of(const struct network_owners *owners, const struct network_link *link);

/* Adds "no uplink", "duplicate MAC: also web3" and their like to the notes of a network that is complete but for them. 0,
 * or -ENOMEM. */
int network_note(struct auberge_network *network);

#endif
