/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks, run directory, ledger: what must be in hand before anything is built. A dead guest's ledger is reclaimed first. */
#include "supervisor/start.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/build.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LEDGER_USEC 1000000u /* between a supervisor's lock and its ledger */
#define KEEPER_USEC 2000000u /* for a keeper to have a supervisor again */

/* "3 processes are in its cgroup (PID COMMAND, ...)": as many as fit. */
static size_t tell_members(const struct supervisor *supervisor, char *out, size_t size)
{
	cleanup_free pid_t *pids = NULL;
	struct auberge_error ignored = {0};
	size_t count = 0, length;
	char command[32];

	cgroup_pids(supervisor->auberge, supervisor->name, &pids, &count, &ignored);
	length = (size_t)snprintf(out, size, "%zu process%s in its cgroup (", count, count == 1 ? " is" : "es are");
	for (size_t i = 0; i < count && length + 64 < size; i++)
		if (process_command(pids[i], command, sizeof command))
			length += (size_t)snprintf(out + length, size - length, "%d %s, ", (int)pids[i], command);
	snprintf(out + length - (out[length - 1] == ' ' ? 2 : 0), size - length, ")");
	return count;
}

/* Its run directory was deleted: no ledger says what it holds, and a start would make a second copy. */
static int runs_untold(const struct supervisor *supervisor, struct auberge_error *error)
{
	char members[400];

	tell_members(supervisor, members, sizeof members);
	error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s runs already, but %s/%s was deleted: %s", supervisor->name,
	               auberge_run_dir(supervisor->auberge), supervisor->name, members);
	return error_remedy(error, "what is lost with it cannot be found again; end the guest by: auberge kill %s", supervisor->name);
}

static int already(const struct supervisor *supervisor, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(supervisor->auberge, supervisor->name);
	struct ledger ledger = {0};
	struct auberge_error ignored = {0};
	const char *state = "starting";
	char members[400];

	if (run_fd >= 0)
		ledger_read(run_fd, &ledger, &ignored);
	if (!ledger.present && cgroup_populated(supervisor->auberge, supervisor->name) > 0)
		return runs_untold(supervisor, error);
	if (ledger.phase == PHASE_STOPPING && tell_members(supervisor, members, sizeof members) > 0) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is already stopping: %s", supervisor->name, members);
		return error_remedy(error, "see what it waits for by: auberge stop %s", supervisor->name);
	}
	if (ledger.phase == PHASE_RUNNING)
		state = cgroup_frozen(supervisor->auberge, supervisor->name) > 0 ? "frozen" : "running";
	else if (ledger.phase == PHASE_STOPPING)
		state = "stopping";
	return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is already %s", supervisor->name, state);
}

/* The keeper of a supervisor that has just died starts another, which has what we would lack; one whose guest has ended is
 * about to go. */
static void await_keeper(const struct supervisor *supervisor)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	uint64_t limit = now_monotonic_usec() + KEEPER_USEC;

	while (lock_fd_held(supervisor->lock_fd, LOCK_KEEPER) > 0 && lock_fd_held(supervisor->lock_fd, LOCK_SUPERVISOR) == 0 &&
	       now_monotonic_usec() < limit)
		nanosleep(&pause, NULL);
}

/* Who holds the lock and has no ledger is about to begin one, or has just removed it and is about to go. */
static bool is_supervised(const struct supervisor *supervisor)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	uint64_t limit = now_monotonic_usec() + LEDGER_USEC;

	while (lock_fd_held(supervisor->lock_fd, LOCK_SUPERVISOR) > 0) {
		if (ledger_exists(supervisor->auberge, supervisor->name) || now_monotonic_usec() >= limit ||
		    cgroup_populated(supervisor->auberge, supervisor->name) > 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

int start_lock(struct supervisor *supervisor, struct auberge_error *error)
{
	int result;

	supervisor->lock_fd = lock_open(supervisor->auberge, supervisor->name);
	if (supervisor->lock_fd < 0)
		return error_set(error, -supervisor->lock_fd, "cannot open the lock of %s", supervisor->name);
	if (!supervisor->again)
		await_keeper(supervisor);
	/* Tried first: a supervisor that starts holds the lifecycle lock as well, for as long as it starts. */
	if (is_supervised(supervisor))
		return already(supervisor, error);
	result = lock_wait(supervisor->lock_fd, LOCK_LIFECYCLE);
	if (result < 0)
		return error_set(error, -result, "cannot take the lifecycle lock of %s", supervisor->name);
	result = lock_try(supervisor->lock_fd, LOCK_SUPERVISOR);
	if (result == -EAGAIN || result == -EACCES)
		return already(supervisor, error);
	if (result < 0)
		return error_set(error, -result, "cannot take the lock of %s", supervisor->name);
	return 0;
}

/* Nobody supervises the guest, we hold its locks: what does its ledger say? */
static int settle_old_ledger(struct supervisor *supervisor, struct auberge_error *error)
{
	struct ledger ledger;

	if (ledger_read(supervisor->run_fd, &ledger, error) < 0) {
		error_prefix(error, "%s/%s/ledger", auberge_run_dir(supervisor->auberge), supervisor->name);
		return -1;
	}
	if (!ledger.present && cgroup_populated(supervisor->auberge, supervisor->name) > 0) {
		unlinkat(supervisor->auberge->run_fd, supervisor->name, AT_REMOVEDIR); /* made just now */
		return runs_untold(supervisor, error);
	}
	if (!ledger.present)
		return 0;
	return build_run(supervisor->auberge, supervisor->name, "reclaim-held", error);
}

int ledger_introduce(struct supervisor *supervisor, struct auberge_error *error)
{
	pid_t self = getpid(), keeper = supervisor->keeper_pid;

	if (ledger_append(supervisor->ledger_fd, error, LEDGER_SUPERVISOR, "%d %" PRIu64, self, process_start_time(self)) < 0)
		return -1;
	return keeper > 0 ? ledger_append(supervisor->ledger_fd, error, LEDGER_KEEPER, "%d %" PRIu64, keeper, process_start_time(keeper)) : 0;
}

int start_begin(struct supervisor *supervisor, struct auberge_error *error)
{
	cleanup_close int run_fd = set_make_run(supervisor->auberge, supervisor->name, error);

	if (run_fd < 0)
		return -1;
	if (supervisor->run_fd >= 0)
		close(supervisor->run_fd);
	supervisor->run_fd = take_fd(&run_fd);
	if (settle_old_ledger(supervisor, error) < 0)
		return -1;
	/* The reclaim took the directory along. */
	close(supervisor->run_fd);
	supervisor->run_fd = set_make_run(supervisor->auberge, supervisor->name, error);
	if (supervisor->run_fd < 0)
		return -1;
	supervisor->ledger_fd = ledger_begin(supervisor->run_fd, error);
	if (supervisor->ledger_fd < 0)
		unlinkat(supervisor->auberge->run_fd, supervisor->name, AT_REMOVEDIR); /* made just now */
	if (supervisor->ledger_fd < 0 || ledger_introduce(supervisor, error) < 0 ||
	    ledger_append(supervisor->ledger_fd, error, LEDGER_PHASE, "starting") < 0 ||
	    ledger_append(supervisor->ledger_fd, error, LEDGER_RESTARTS, "0") < 0 ||
	    ledger_append(supervisor->ledger_fd, error, LEDGER_SOCKET, "control") < 0)
		return error_prefix(error, "%s/%s", auberge_run_dir(supervisor->auberge), supervisor->name);
	return notify_begin(supervisor, error) < 0 ? -1 : control_start(supervisor, -1, error);
}
