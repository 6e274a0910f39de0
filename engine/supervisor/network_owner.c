/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a link is: by name and MAC in the ledger of this boot, by our tag, or as a host's end that has lost its guest.
 * The links were read first and the ledgers after them, so a link without a ledger is asked for again before it is
 * called an orphan: its guest may have ended in between.
 */
#include "supervisor/network.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "container/network.h"
#include "guest/lock.h"
#include "supervisor/audit.h"

#include <string.h>


static int guest_by_name(const void *a, const void *b)
{
	return strcmp(((const struct network_guest *)a)->name, ((const struct network_guest *)b)->name);
}

static int add_guest(struct network_owners *owners, const char *name)
{
	if (owners->guests_count == owners->room) {
		size_t room = owners->room ? owners->room * 2 : 64;
		void *more = reallocarray(owners->guests, room, sizeof *owners->guests);

		if (!more)
			return -ENOMEM;
		owners->guests = more;
		owners->room = room;
	}
	owners->guests[owners->guests_count] = (struct network_guest){0};
	snprintf(owners->guests[owners->guests_count++].name, sizeof owners->guests->name, "%s", name);
	return 0;
}

static bool tag_is_ours(const struct auberge *auberge, const char *alias, const char **name, bool *foreign)
{
	char set_id[SET_ID_SIZE];

	*foreign = false;
	if (!network_alias_split(alias, set_id, name))
		return false;
	*foreign = strcmp(set_id, auberge->set_id) != 0;
	return !*foreign;
}

/* Every name that a run directory or a tag gives, once. */
static int collect_names(struct network_owners *owners, const struct network_dump *dump)
{
	cleanup_dir DIR *dir = opendir(auberge_run_dir(owners->auberge));
	const struct dirent *entry;
	const char *name;
	size_t kept = 0;
	bool foreign;
	int result = 0;

	while (dir && result == 0 && (entry = readdir(dir)))
		if (auberge_name_valid(entry->d_name))
			result = add_guest(owners, entry->d_name);
	for (size_t i = 0; i < dump->links_count && result == 0; i++)
		if (tag_is_ours(owners->auberge, dump->links[i].entry.alias, &name, &foreign))
			result = add_guest(owners, name);
	if (owners->guests_count > 0)
		qsort(owners->guests, owners->guests_count, sizeof *owners->guests, guest_by_name);
	for (size_t i = 0; i < owners->guests_count; i++)
		if (kept == 0 || strcmp(owners->guests[kept - 1].name, owners->guests[i].name) != 0)
			owners->guests[kept++] = owners->guests[i];
	owners->guests_count = kept;
	return result;
}

static void load(struct auberge *auberge, struct network_guest *guest)
{
	struct auberge_error ignored = {0};
	struct ledger ledger = {0};
	cleanup_close int run_fd = auberge->run_fd < 0 ? -1 : set_open_run(auberge, guest->name);

	if (run_fd >= 0 && ledger_read(run_fd, &ledger, &ignored) < 0)
		ledger = (struct ledger){0};
	guest->live = lock_held(auberge, guest->name, LOCK_SUPERVISOR) == 1 ||
	              audit_owner_now(auberge, guest->name, -1) == OWNER_LIVE;
	if (!ledger.present || !ledger.this_boot || ledger.links_count == 0)
		return;
	memcpy(guest->links, ledger.links, sizeof guest->links);
	guest->links_count = ledger.links_count;
	error_clear(&ignored);
	if (guest->live)
		config_read(run_fd, "effective.ini", "effective.ini", &guest->config, &ignored);
}

static int compare_known(const char *a_name, const uint8_t *a_mac, const char *b_name, const uint8_t *b_mac)
{
	int order = strcmp(a_name, b_name);

	return order ? order : memcmp(a_mac, b_mac, 6);
}

static int by_host_name(const void *a, const void *b)
{
	const struct ledger_link *left = ((const struct network_known *)a)->link, *right = ((const struct network_known *)b)->link;

	return compare_known(left->host_name, left->host_mac, right->host_name, right->host_mac);
}

static int against_link(const void *a, const void *b)
{
	const struct link_entry *entry = a;
	const struct ledger_link *link = ((const struct network_known *)b)->link;

	return compare_known(entry->name, entry->mac, link->host_name, link->host_mac);
}

int network_owners_open(struct auberge *auberge, const struct network_dump *dump, struct network_owners *owners,
                        struct auberge_error *error)
{
	size_t total = 0;
	int result;

	*owners = (struct network_owners){.auberge = auberge};
	result = collect_names(owners, dump);
	for (size_t i = 0; i < owners->guests_count && result == 0; i++) {
		load(auberge, &owners->guests[i]);
		total += owners->guests[i].links_count;
	}
	owners->known = calloc(total + 1, sizeof *owners->known);
	if (result < 0 || !owners->known)
		return error_set(error, ENOMEM, "whose the links are");
	for (size_t i = 0; i < owners->guests_count; i++)
		for (size_t k = 0; k < owners->guests[i].links_count; k++)
			owners->known[owners->known_count++] = (struct network_known){&owners->guests[i], &owners->guests[i].links[k]};
	qsort(owners->known, owners->known_count, sizeof *owners->known, by_host_name);
	return 0;
}

void network_owners_free(struct network_owners *owners)
{
	for (size_t i = 0; i < owners->guests_count; i++)
		config_free(owners->guests[i].config);
	free(owners->guests);
	free(owners->known);
	*owners = (struct network_owners){0};
}

/*
 * A host's end by its MAC, in no ledger and without a tag: ours from a builder that died, or another program's (LXC gives
 * such MACs too). One whose other end is up in another namespace has somebody who uses it.
 */
static void judge_unknown(const struct network_link *link, struct network_owner *owner)
{
	bool veth = strcmp(link->kind, "veth") == 0;

	owner->orphan = veth && link->entry.mac[0] == NETWORK_HOST_MAC && !(link->elsewhere && link->carrier);
	owner->stranger = !owner->orphan && ((veth && (link->elsewhere || link->entry.mac[0] == NETWORK_HOST_MAC)) ||
	                                     strcmp(link->kind, "tun") == 0);
}

struct network_owner network_owner_of(const struct network_owners *owners, const struct network_link *link)
{
	const struct network_known *known = bsearch(&link->entry, owners->known, owners->known_count, sizeof *known, against_link);
	struct network_owner owner = {0};
	struct network_guest wanted = {0};
	const char *name;

	if (known) {
		owner.guest = known->guest;
		owner.link = known->link;
	} else if (tag_is_ours(owners->auberge, link->entry.alias, &name, &owner.foreign)) {
		snprintf(wanted.name, sizeof wanted.name, "%s", name);
		owner.guest = bsearch(&wanted, owners->guests, owners->guests_count, sizeof wanted, guest_by_name);
	} else if (!owner.foreign) {
		judge_unknown(link, &owner);
	}
	owner.orphan |= owner.guest && !owner.guest->live;
	owner.orphan &= geteuid() == 0; /* else no ledger can be read, and nothing is known of who lives */
	owner.gone = owner.orphan && link_is(&link->entry) == 0;
	return owner;
}
