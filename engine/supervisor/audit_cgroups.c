/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups below ROOT without a live guest, and who is in them. What lies below our own ROOT is ours by its path; it is
 * removed only where no process is in it, and a guest's only while that guest's lock is ours.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "host/cgroup.h"

#include <string.h>

/* The guest that a group is of, or NULL. */
static const char *guest_of(const char *group)
{
	static const char *const prefixes[] = {"guest-", "supervisor/"};

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(group, prefixes[i], length) == 0 && auberge_name_valid(group + length))
			return group + length;
	}
	return NULL;
}

static int add_members(struct audit *audit, const char *group, const char *name, size_t *count)
{
	cleanup_free pid_t *pids = NULL;
	int result = cgroup_group_pids(audit->auberge, group, &pids, count);

	if (result < 0)
		return error_set(audit->error, -result, "cannot list the processes of the cgroup %s", group);
	for (size_t i = 0; i < *count && i < 256; i++) {
		struct audit_item *item = audit_add_process(audit, name, pids[i]);

		if (item && !item->ours)
			audit_say(item, "in the cgroup %s, and %s does not run", group, name ? name : "its guest");
	}
	return audit->error->code == AUBERGE_OK ? 0 : -1;
}

/* It lives, and nobody can be asked for it: told, and nothing is done about it here. */
static int add_untold(struct audit *audit, const char *group, const char *name)
{
	cleanup_free pid_t *pids = NULL;
	size_t count = 0;
	bool fresh;
	struct audit_item *item = audit_add(audit, AUDIT_CGROUP, name, &fresh, "%s/%s", auberge_cgroup_root(audit->auberge), group);

	if (!item)
		return -1;
	cgroup_group_pids(audit->auberge, group, &pids, &count);
	item->guests = false;
	item->keep = true;
	snprintf(item->place, sizeof item->place, "%s", group);
	audit_say(item, "%s runs, %zu process%s in it, and its ledger was deleted", name, count, count == 1 ? "" : "es");
	audit_remedy(item, "auberge kill %s", name);
	return 0;
}

static int add_group(void *data, const char *group)
{
	struct audit *audit = data;
	const char *name = guest_of(group), *root = auberge_cgroup_root(audit->auberge);
	struct audit_item *item;
	size_t members = 0;
	bool fresh;

	if (name && audit_is_live(audit, name))
		return strncmp(group, "guest-", 6) == 0 && audit_is_untold(audit->auberge, name) ? add_untold(audit, group, name) : 0;
	item = audit_add(audit, AUDIT_CGROUP, name ? name : *group ? NULL : audit->auberge->set_id, &fresh, "%s%s%s", root,
	                 *group ? "/" : "", group);
	if (!item || !fresh)
		return item ? 0 : -1;
	item->guests = name != NULL;
	item->fleeting = strncmp(group, "guest-", 6) != 0; /* a supervisor leaves its own as the last thing it does */
	snprintf(item->place, sizeof item->place, "%s", group);
	if (*group && add_members(audit, group, name, &members) < 0)
		return -1;
	item = audit_add(audit, AUDIT_CGROUP, NULL, &fresh, "%s%s%s", root, *group ? "/" : "", group); /* it may have moved */
	if (item && members > 0)
		audit_say(item, "a cgroup with %zu process%s in it, and no guest", members, members == 1 ? "" : "es");
	else if (item)
		audit_say(item, "an empty cgroup, in %u %s", cgroup_group_places(audit->auberge, group, NULL, 0),
		          cgroup_group_places(audit->auberge, group, NULL, 0) == 1 ? "hierarchy" : "hierarchies");
	return item ? 0 : -1;
}

static int add_other(void *data, const char *root)
{
	struct audit *audit = data;
	const char *dash = strchr(root, '-');
	bool fresh;
	struct audit_item *item = audit_add(audit, AUDIT_CGROUP, dash ? dash + 1 : NULL, &fresh, "%s", root);

	if (!item)
		return -1;
	item->guests = false;
	item->leftover.foreign = true;
	audit_say(item, "an empty cgroup of another set of guests");
	return 0;
}

static int count_group(void *data, const char *group)
{
	*(size_t *)data += *group != '\0';
	return 0;
}

/* ROOT itself goes with the last group in it. */
static bool root_is_in_use(struct auberge *auberge)
{
	struct auberge_error ignored = {0};
	size_t count = 0;

	cgroup_list(auberge, count_group, &count, &ignored);
	return count > 0;
}

int audit_look_cgroups(struct audit *audit)
{
	if (cgroup_list(audit->auberge, add_group, audit, audit->error) < 0)
		return -1;
	return cgroup_list_others(audit->auberge, add_other, audit, audit->error);
}

bool audit_cgroup_there(const struct audit *audit, const struct audit_item *item)
{
	if (item->leftover.foreign)
		return true;
	if (cgroup_group_places(audit->auberge, item->place, NULL, 0) == 0)
		return false;
	return *item->place || !root_is_in_use(audit->auberge);
}

int audit_cgroup_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	(void)lock;
	return cgroup_group_remove(audit->auberge, item->place, error);
}
