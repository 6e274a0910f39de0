/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that no live guest has: by our tag ("auberge SETID NAME" as ifalias), or by name and MAC in a dead guest's
 * ledger. A tag of another set's is told as foreign unless that set's guest lives; anything else is nobody's business.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/network.h"
#include "guest/ids.h"
#include "guest/lock.h"
#include "guest/set.h"

#include <fcntl.h>
#include <string.h>


static struct audit_item *add_link(struct audit *audit, const struct link_entry *link, const char *owner)
{
	bool fresh;
	struct audit_item *item = audit_add(audit, AUDIT_LINK, owner, &fresh, "%s", link->name);

	if (item && fresh)
		item->link = *link;
	return item;
}

static int add_ours(struct audit *audit, const struct link_entry *link, const char *name)
{
	struct audit_item *item;

	if (audit_is_live(audit, name))
		return 0;
	item = add_link(audit, link, name);
	if (!item)
		return -1;
	audit_say(item, "a link with our tag, and %s does not run", name);
	if (link->mac[0] == NETWORK_HOST_MAC)
		return 0;
	item->keep = true;
	audit_say(item, "a link with our tag, but its MAC is not one that we gave");
	audit_remedy(item, "if it is nobody's: ip link del %s", item->leftover.name);
	return 0;
}

struct other {
	const char *set_id, *name;
	bool lives;
};

/* Does the state directory belong to that set, and does its guest live? */
static int look_at_set(void *data, const char *state_dir)
{
	struct other *other = data;
	struct auberge set = {.state_dir = (char *)(uintptr_t)state_dir, .state_fd = -1, .run_fd = -1};
	char text[SET_ID_SIZE + 2];
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/set-id", state_dir) < 0) {
		path = NULL;
		return 0;
	}
	if (file_read_at(AT_FDCWD, path, text, sizeof text) >= SET_ID_SIZE - 1 && strncmp(text, other->set_id, SET_ID_SIZE - 1) == 0)
		other->lives |= lock_busy(&set, other->name) == 1;
	return 0;
}

static int add_foreign(struct audit *audit, const struct link_entry *link, const char *set_id, const char *name)
{
	struct auberge_error ignored = {0};
	struct other other = {.set_id = set_id, .name = name};
	struct audit_item *item;

	ids_list_sets(audit->auberge, look_at_set, &other, &ignored);
	if (other.lives)
		return 0;
	item = add_link(audit, link, set_id);
	if (!item)
		return -1;
	item->guests = false;
	item->leftover.foreign = true;
	audit_say(item, "tagged by another set of guests, for its guest %s", name);
	return 0;
}

/* Made, but not yet tagged, when its builder died: the ledger knows its MAC. */
static int look_in_ledgers(struct audit *audit, const struct link_entry *links, size_t count)
{
	for (size_t i = 0; i < audit->count; i++) {
		struct ledger ledger;
		char owner[AUBERGE_NAME_MAX + 1];

		if (audit->items[i].kind != AUDIT_LEDGER || !audit->items[i].guests)
			continue;
		memcpy(owner, audit->items[i].leftover.owner, sizeof owner); /* adding moves the items */
		audit_read_ledger(audit->auberge, owner, &ledger);
		for (size_t k = 0; ledger.this_boot && k < ledger.links_count; k++)
			for (size_t at = 0; at < count; at++) {
				if (strcmp(links[at].name, ledger.links[k].host_name) != 0 ||
				    memcmp(links[at].mac, ledger.links[k].host_mac, sizeof links[at].mac) != 0)
					continue;
				struct audit_item *item = add_link(audit, &links[at], owner);
				if (!item)
					return -1;
				audit_say(item, "a link in the ledger of %s, which does not run", owner);
			}
	}
	return 0;
}

int audit_look_links(struct audit *audit)
{
	cleanup_free struct link_entry *links = NULL;
	char set_id[SET_ID_SIZE];
	const char *name;
	size_t count;
	int result = link_list(&links, &count, audit->error);

	for (size_t i = 0; i < count && result >= 0; i++) {
		if (!network_alias_split(links[i].alias, set_id, &name))
			continue;
		if (strcmp(set_id, audit->auberge->set_id) == 0)
			result = add_ours(audit, &links[i], name);
		else
			result = add_foreign(audit, &links[i], set_id, name);
	}
	return result < 0 ? -1 : look_in_ledgers(audit, links, count);
}

bool audit_link_there(const struct audit *audit, const struct audit_item *item)
{
	(void)audit;
	return link_is(&item->link) != 0;
}

int audit_link_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	char set_id[SET_ID_SIZE];
	const char *name;

	(void)lock;
	if (item->link.mac[0] != NETWORK_HOST_MAC || !network_alias_split(item->link.alias, set_id, &name) ||
	    strcmp(set_id, audit->auberge->set_id) != 0 || strcmp(name, item->leftover.owner) != 0)
		return error_set(error, 0, "neither a ledger nor our tag names it");
	return link_delete_entry(&item->link, error);
}
