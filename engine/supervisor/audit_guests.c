/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests at rest that are no guests: half made or half destroyed ones, those without a config, the temporary files of
 * writers that died, and id ranges of guests that are gone.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/destroy.h"
#include "guest/ids.h"
#include "guest/lock.h"
#include "guest/set.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static struct audit_item *add_place(struct audit *audit, enum audit_kind kind, const char *name, const char *place)
{
	bool fresh;
	struct audit_item *item = audit_add(audit, kind, name, &fresh, "%s/%s", auberge_state_dir(audit->auberge), place);

	if (item)
		snprintf(item->place, sizeof item->place, "%s", place);
	return item;
}

static int add_half(struct audit *audit, const char *name, const char *place)
{
	bool making = strncmp(place, ".create-", 8) == 0;
	struct audit_item *item;

	if (lock_busy(audit->auberge, place) != 0)
		return 0;
	item = add_place(audit, AUDIT_GUEST, name, place);
	if (!item)
		return -1;
	item->fleeting = true;
	audit_say(item, "a guest half %s, and nobody at work on it", making ? "made" : "destroyed");
	return 0;
}

static int add_incomplete(struct audit *audit, const char *name)
{
	struct audit_item *item = add_place(audit, AUDIT_GUEST, name, name);

	if (!item)
		return -1;
	item->keep = true;
	audit_say(item, "a guest without a config: its files are kept, for nobody else has them");
	audit_remedy(item, "give it a guest.ini, or: auberge destroy %s", name);
	return 0;
}

/* ".NAME.XXXXXXXX.tmp", as base/file.c makes them. */
static bool is_temporary(const char *name)
{
	size_t length = strlen(name);

	return name[0] == '.' && length > 14 && strcmp(name + length - 4, ".tmp") == 0 && name[length - 13] == '.' &&
	       strspn(name + length - 12, "0123456789abcdef") == 8;
}

static int look_inside(struct audit *audit, const char *name)
{
	int fd = set_open_guest(audit->auberge, name);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool config = false;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0; /* gone meanwhile */
	}
	while ((entry = readdir(dir))) {
		char place[300];

		config |= strcmp(entry->d_name, "guest.ini") == 0;
		if (entry->d_type != DT_REG || !is_temporary(entry->d_name) || audit_is_live(audit, name) ||
		    snprintf(place, sizeof place, "%s/%s", name, entry->d_name) >= (int)sizeof place)
			continue;
		struct audit_item *item = add_place(audit, AUDIT_FILE, name, place);
		if (!item)
			return -1;
		item->fleeting = true;
		audit_say(item, "a temporary file whose writer died");
	}
	return config || audit_is_live(audit, name) ? 0 : add_incomplete(audit, name);
}

int audit_look_guests(struct audit *audit)
{
	static const char *const prefixes[] = {".create-", ".destroy-"};
	cleanup_dir DIR *dir = opendir(auberge_state_dir(audit->auberge));
	const struct dirent *entry;
	int result = 0;

	if (!dir)
		return errno == ENOENT ? 0 : error_set(audit->error, errno, "%s", auberge_state_dir(audit->auberge));
	while (result == 0 && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
			continue;
		if (auberge_name_valid(name))
			result = look_inside(audit, name);
		for (size_t i = 0; result == 0 && i < COUNT_OF(prefixes); i++) {
			size_t length = strlen(prefixes[i]);

			if (strncmp(name, prefixes[i], length) == 0 && auberge_name_valid(name + length))
				result = add_half(audit, name + length, name);
		}
	}
	return result;
}

bool audit_place_there(const struct audit *audit, const struct audit_item *item)
{
	char config[AUBERGE_NAME_MAX + 16];

	if (item->kind == AUDIT_GUEST && item->keep) { /* its directory alone is no leftover */
		snprintf(config, sizeof config, "%s/guest.ini", item->leftover.owner);
		if (faccessat(audit->auberge->state_fd, config, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return false;
	}
	return faccessat(audit->auberge->state_fd, item->place, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Writers of a config hold its lock only. */
int audit_file_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	int result = lock_try(lock, LOCK_CONFIG);

	if (result < 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "the config of %s is being written", item->leftover.owner);
	if (unlinkat(audit->auberge->state_fd, item->place, 0) < 0 && errno != ENOENT)
		result = error_set(error, errno, "%s", item->leftover.name);
	lock_release(lock, LOCK_CONFIG);
	return result;
}

int audit_guest_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	struct ledger ledger;

	(void)lock; /* it takes its own: audit.c gave ours back before */
	audit_read_ledger(audit->auberge, item->leftover.owner, &ledger);
	if (ledger.present)
		return error_set(error, 0, "its ledger is still there");
	return destroy_half(audit->auberge, item->leftover.owner, error);
}

/* --- id ranges --------------------------------------------------------------------------------------------------- */

static int add_range(void *data, const char *name, uint32_t first)
{
	struct audit *audit = data;
	struct audit_item *item;
	bool fresh;

	if (audit_owner_now(audit->auberge, name, -1) != OWNER_NONE)
		return 0;
	item = audit_add(audit, AUDIT_IDS, name, &fresh, "%u", first);
	if (!item)
		return -1;
	item->fleeting = true;
	audit_say(item, "a range of ids in %s of a guest that is gone", audit->auberge->ids_path);
	return 0;
}

int audit_look_ids(struct audit *audit)
{
	return ids_list(audit->auberge, add_range, audit, audit->error);
}

bool audit_ids_there(const struct audit *audit, const struct audit_item *item)
{
	struct auberge_error ignored = {0};
	uint32_t first;

	return ids_find(audit->auberge, item->leftover.owner, &first, &ignored) == 0 && first != 0 &&
	       audit->auberge->state_fd >= 0 &&
	       faccessat(audit->auberge->state_fd, item->leftover.owner, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

int audit_ids_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	(void)lock;
	return ids_release(audit->auberge, item->leftover.owner, error);
}
