/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guest comes after which: a graph of `after` and `order`, read from the configs of some guests and of all those
 * that they name, directly or not. Indexes are into guests[]; the ones that were asked for come first, in their order.
 */
#ifndef GUEST_ORDER_H
#define GUEST_ORDER_H

#include "guest/config.h"

struct order_links {
	size_t *items;
	size_t count;
};

struct order_guest {
	char name[AUBERGE_NAME_MAX + 1];
	bool member; /* asked for; else only named by an `after` */
	bool found;  /* it has a config */
	uint64_t order, level; /* level: order, or that of the latest member it comes after */
	int64_t stop_timeout;
	char *file; /* its config, and the line of `after` in it */
	unsigned line;
	struct order_links after, before; /* before: the members that come after it; filled by order_settle() */
};

struct order {
	struct order_guest *guests;
	size_t count, members;
};

enum order_source {
	ORDER_AS_WRITTEN, /* guest.ini: for what starts */
	ORDER_AS_STARTED, /* effective.ini where there is one: for what runs */
};

/* Reads the graph. names are not to repeat; one that is no guest's is a member without a config. given, if not NULL,
 * is the config of names[0]. A config that is wrong counts as far as it is understood. NULL: out of memory. */
struct order *order_read(const struct auberge *auberge, const char *const *names, size_t count, enum order_source source,
                         const struct config *given, struct auberge_error *error);
void order_free(struct order *order);

/* Whether a cycle leads from the guest back to it; the shortest one is told as an error line. */
bool order_in_cycle(const struct order *order, size_t index, struct auberge_error *error);
/* Whether it names guests that are not there; each is told as an error line, with the nearest name. */
bool order_names_unknown(const struct auberge *auberge, const struct order *order, size_t index, struct auberge_error *error);
/* Takes the links of one cycle out of the graph, and tells it. False: there is none. */
bool order_drop_cycle(struct order *order, struct auberge_error *error);
/* Takes out the links from and to guests that are no members. */
void order_keep_members(struct order *order);
/* Works out level and before. Wants a graph without cycles. */
int order_settle(struct order *order, struct auberge_error *error);
/* How long the members' stops may take one after another where they must: the dearest chain, in seconds. */
int64_t order_stop_seconds(const struct order *order);

#define ORDER_UNKNOWN_FINE 1u /* names that are no guest's are no error: it may be made later */
#define ORDER_NEW 2u          /* its config is not on disk yet */
/* The check of one guest: no cycle through it, no unknown name. given as for order_read(). */
int order_check(const struct auberge *auberge, const char *name, const struct config *given, unsigned flags,
                struct auberge_error *error);

#endif
