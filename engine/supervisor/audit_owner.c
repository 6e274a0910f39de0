/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a name stands for a guest that lives, and how all others are kept away from it while something of it is
 * reclaimed: by its lifecycle lock or, where there is no guest, by .create-NAME, which nobody else can make then.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *const places[] = {"", ".create-", ".destroy-"};
#define PLACE_SIZE (AUBERGE_NAME_MAX + 16)

static bool place_exists(const struct auberge *auberge, size_t place, const char *name)
{
	char path[PLACE_SIZE];

	snprintf(path, sizeof path, "%s%s", places[place], name);
	return auberge->state_fd >= 0 && faccessat(auberge->state_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool place_busy(const struct auberge *auberge, size_t place, const char *name)
{
	char path[PLACE_SIZE];

	snprintf(path, sizeof path, "%s%s", places[place], name);
	return lock_busy(auberge, path) != 0;
}

void audit_read_ledger(const struct auberge *auberge, const char *name, struct ledger *ledger)
{
	struct auberge_error ignored = {0};
	cleanup_close int run_fd = auberge->run_fd < 0 ? -1 : set_open_run(auberge, name);

	*ledger = (struct ledger){0};
	if (run_fd >= 0 && ledger_read(run_fd, ledger, &ignored) < 0)
		*ledger = (struct ledger){0};
}

static bool lives(pid_t pid, uint64_t start)
{
	int fd = process_open(pid, start);

	if (fd >= 0)
		close(fd);
	return fd != -ESRCH; /* when in doubt */
}

/* A guest that was started to the end and whose init lives; and, where the name is none of ours, whoever has that
 * run directory as well as we. */
static bool ledger_lives(const struct auberge *auberge, const char *name, bool exists)
{
	struct ledger ledger;

	audit_read_ledger(auberge, name, &ledger);
	if (!ledger.present || !ledger.this_boot)
		return false;
	if ((ledger.phase == PHASE_RUNNING || ledger.phase == PHASE_STOPPING) && lives(ledger.init_pid, ledger.init_start))
		return true;
	return !exists && lives(ledger.supervisor_pid, ledger.supervisor_start);
}

bool audit_is_untold(struct auberge *auberge, const char *name)
{
	return !ledger_exists(auberge, name) && cgroup_populated(auberge, name) > 0;
}

enum audit_owner audit_owner_now(struct auberge *auberge, const char *name, int held)
{
	bool exists = false;

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		exists |= place_exists(auberge, i, name);
		if (held < 0 && place_busy(auberge, i, name))
			return OWNER_LIVE;
	}
	for (int byte = 0; held >= 0 && byte < 8; byte++) /* our own lock is none to ourselves */
		if (byte != LOCK_CONFIG && lock_fd_held(held, (enum lock_byte)byte) != 0)
			return OWNER_LIVE;
	if (ledger_lives(auberge, name, exists) || (exists && audit_is_untold(auberge, name)))
		return OWNER_LIVE;
	return exists ? OWNER_IDLE : OWNER_NONE;
}

bool audit_is_live(struct audit *audit, const char *name)
{
	for (size_t i = 0; i < audit->names_count; i++)
		if (strcmp(audit->names[i].name, name) == 0)
			return audit->names[i].owner == OWNER_LIVE;
	enum audit_owner owner = audit_owner_now(audit->auberge, name, -1);
	if (audit->names_count == audit->names_room) {
		size_t room = audit->names_room ? audit->names_room * 2 : 64;
		void *more = reallocarray(audit->names, room, sizeof *audit->names);

		if (!more)
			return owner == OWNER_LIVE;
		audit->names = more;
		audit->names_room = room;
	}
	struct audit_name *added = &audit->names[audit->names_count++];
	snprintf(added->name, sizeof added->name, "%s", name);
	added->owner = owner;
	return owner == OWNER_LIVE;
}

/* --- holding --------------------------------------------------------------------------------------------------- */

static int busy(const char *name, struct auberge_error *error)
{
	return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s lives, or a command is at work on it", name);
}

/* The place whose lock stands for the name; where there is none, .create-NAME is made. */
static int choose_place(const struct auberge *auberge, const char *name, char path[PLACE_SIZE], struct audit_hold *hold,
                        struct auberge_error *error)
{
	size_t place = 0;

	if (auberge->state_fd < 0)
		return error_set(error, ENOENT, "%s", auberge->state_dir);
	while (place < COUNT_OF(places) && !place_exists(auberge, place, name))
		place++;
	hold->reserved = place == COUNT_OF(places);
	snprintf(path, PLACE_SIZE, "%s%s", places[hold->reserved ? 1 : place], name);
	if (!hold->reserved || mkdirat(auberge->state_fd, path, 0700) == 0)
		return 0;
	hold->reserved = false;
	return errno == EEXIST ? busy(name, error) : error_set(error, errno, "%s/%s", auberge->state_dir, path);
}

int audit_hold_take(struct auberge *auberge, const char *name, struct audit_hold *hold, struct auberge_error *error)
{
	char path[PLACE_SIZE];
	int result;

	*hold = (struct audit_hold){.lock = -1};
	if (choose_place(auberge, name, path, hold, error) < 0)
		return -1;
	hold->lock = lock_open(auberge, path);
	result = hold->lock < 0 ? hold->lock : lock_try(hold->lock, LOCK_LIFECYCLE);
	if (result == -EAGAIN)
		result = busy(name, error);
	else if (result < 0)
		result = error_set(error, -result, "%s/%s/lock", auberge->state_dir, path);
	else if (audit_owner_now(auberge, name, hold->lock) == OWNER_LIVE || (hold->reserved && place_exists(auberge, 0, name)))
		result = busy(name, error);
	if (result < 0)
		audit_hold_release(auberge, name, hold);
	return result;
}

void audit_hold_release(const struct auberge *auberge, const char *name, struct audit_hold *hold)
{
	char path[PLACE_SIZE];

	snprintf(path, sizeof path, "%s%s", places[1], name);
	if (hold->reserved)
		remove_tree_at(auberge->state_fd, path);
	if (hold->lock >= 0)
		close(hold->lock);
	*hold = (struct audit_hold){.lock = -1};
}
