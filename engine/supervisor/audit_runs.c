/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run directories of guests that do not live: a ledger (of another boot, or of a run whose end nobody saw), a socket
 * that nobody listens on, or a directory that is left of neither. A ledger is reclaimed as every other command would.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/history.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "supervisor/build.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static bool has(const struct auberge *auberge, const char *name, const char *file)
{
	cleanup_close int run_fd = auberge->run_fd < 0 ? -1 : set_open_run(auberge, name);

	return run_fd >= 0 && faccessat(run_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void say_ledger(struct audit *audit, struct audit_item *item)
{
	const char *name = item->leftover.owner;
	struct ledger ledger;

	audit_read_ledger(audit->auberge, name, &ledger);
	if (!ledger.present) {
		item->keep = true;
		audit_say(item, "a ledger that cannot be read: of a newer version?");
		audit_remedy(item, "use the version that wrote it");
	} else if (!ledger.this_boot) {
		audit_say(item, "the ledger of a run before the host's last boot");
	} else if (ledger.phase == PHASE_RUNNING || ledger.phase == PHASE_STOPPING) {
		audit_say(item, "the ledger of a run whose end nobody saw");
	} else {
		audit_say(item, "the ledger of a start that was broken off");
	}
}

static int add_run(struct audit *audit, const char *name)
{
	const char *run_dir = auberge_run_dir(audit->auberge);
	bool ledger = has(audit->auberge, name, "ledger"), fresh;
	struct audit_item *item;

	if (audit_is_live(audit, name))
		return 0;
	if (ledger)
		item = audit_add(audit, AUDIT_LEDGER, name, &fresh, "%s/%s/ledger", run_dir, name);
	else
		item = audit_add(audit, AUDIT_DIRECTORY, name, &fresh, "%s/%s", run_dir, name);
	if (!item)
		return -1;
	if (ledger)
		say_ledger(audit, item);
	else
		audit_say(item, "a run directory without a ledger");
	if (!has(audit->auberge, name, "control"))
		return 0;
	item = audit_add(audit, AUDIT_SOCKET, name, &fresh, "%s/%s/control", run_dir, name);
	if (item)
		audit_say(item, "a control socket that nobody listens on");
	return item ? 0 : -1;
}

int audit_look_runs(struct audit *audit)
{
	cleanup_dir DIR *dir = opendir(auberge_run_dir(audit->auberge));
	const struct dirent *entry;
	int result = 0;

	if (!dir)
		return errno == ENOENT ? 0 : error_set(audit->error, errno, "%s", auberge_run_dir(audit->auberge));
	while (result == 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && auberge_name_valid(entry->d_name))
			result = add_run(audit, entry->d_name);
	return result;
}

bool audit_ledger_there(const struct audit *audit, const struct audit_item *item)
{
	return has(audit->auberge, item->leftover.owner, "ledger");
}

bool audit_run_there(const struct audit *audit, const struct audit_item *item)
{
	return has(audit->auberge, item->leftover.owner, item->kind == AUDIT_SOCKET ? "control" : ".");
}

/* The state of a guest is worked out from its ledger while that is there: what it told is written down before it goes. */
static void note_end(struct auberge *auberge, const char *name, const struct ledger *ledger)
{
	cleanup_close int guest_fd = set_open_guest(auberge, name);
	struct auberge_end end = {.known = true, .status = -1};
	struct auberge_history_event event = {.event = "end", .status = -1, .seconds = -1};
	struct auberge_error ignored = {0};
	struct auberge_end before;
	bool ran = ledger->phase == PHASE_RUNNING || ledger->phase == PHASE_STOPPING;

	if (guest_fd < 0 || (history_read_end(guest_fd, &before), before.known) || (!ledger->this_boot && ledger->phase == PHASE_NONE))
		return;
	end.time_seconds = time(NULL) - (ledger->this_boot ? 0 : (int64_t)(now_boottime_usec() / 1000000u));
	end.bad = ledger->this_boot && !ran;
	snprintf(end.cause, sizeof end.cause, "%s", !ledger->this_boot ? "host-restarted" : ran ? "unknown" : "start-failed");
	snprintf(end.detail, sizeof end.detail, "%s", !ledger->this_boot ? "the host went down while it ran"
	                                              : ran ? "it ended while nothing watched it" : "the start was broken off");
	history_write_end(auberge, name, &end, &ignored);
	event.time_seconds = end.time_seconds;
	snprintf(event.name, sizeof event.name, "%s", name);
	snprintf(event.cause, sizeof event.cause, "%s", end.cause);
	snprintf(event.detail, sizeof event.detail, "%s", end.detail);
	snprintf(event.by, sizeof event.by, "audit");
	history_add(auberge, name, &event, &ignored);
}

int audit_ledger_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	const char *name = item->leftover.owner;
	struct ledger ledger;

	(void)lock;
	audit_read_ledger(audit->auberge, name, &ledger);
	if (!ledger.present)
		return error_set(error, 0, "the ledger cannot be read");
	note_end(audit->auberge, name, &ledger);
	return build_run(audit->auberge, name, "reclaim-held", error);
}

/* With a ledger it was taken along, or must stay until that can be. */
int audit_run_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	const char *name = item->leftover.owner;
	int result;

	(void)lock;
	if (has(audit->auberge, name, "ledger"))
		return error_set(error, 0, "its ledger is still there");
	result = remove_tree_at(audit->auberge->run_fd, name);
	return result < 0 ? error_set(error, -result, "%s/%s", auberge_run_dir(audit->auberge), name) : 0;
}
