/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deletes a guest that is stopped, failed or incomplete, with all of its own. Never stops one.
 * Order: what a dead run left is reclaimed, locks 0 and 1, rename to .destroy-NAME, all in there but the lock, its run
 * directory, its logs, its id range, then the lock and the directory. Killed on the way it leaves an incomplete guest,
 * and destroying that one goes on from there.
 */
#include "guest/destroy.h"

#include "guest/config.h"
#include "guest/ids.h"
#include "guest/lock.h"
#include "guest/registry.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "supervisor/ledger.h"
#include "supervisor/reclaim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct keeping {
	void (*kept)(void *data, const char *path);
	void *data;
};

static int busy(struct auberge_error *error, const char *name, const char *why)
{
	error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: %s", name, why);
	return error_remedy(error, "destroy deletes %s's disk; to power it off: auberge kill %s", name, name);
}

static int refuse_running(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	struct auberge_guest guest;
	char why[64];

	registry_fill(auberge, name, 0, &guest);
	if (guest.state == AUBERGE_STOPPED || guest.state == AUBERGE_FAILED_STATE || guest.state == AUBERGE_INCOMPLETE)
		return 0;
	if (guest.restart_seconds) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it waits to be started again", name);
		return error_remedy(error, "to end that: auberge stop %s", name);
	}
	snprintf(why, sizeof why, "it is %s", auberge_state_word(guest.state));
	return busy(error, name, why);
}

/* The descriptor that holds bytes 0, 1 and 2 of the lock of STATE_DIR/PLACE. */
static int take_locks(const struct auberge *auberge, const char *name, const char *place, struct auberge_error *error)
{
	cleanup_close int fd = lock_open(auberge, place);
	int result;

	if (fd < 0) {
		bool denied = fd == -EACCES || fd == -EPERM;

		return error_set_code(error, denied ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, -fd, "%s/%s/lock",
		                      auberge->state_dir, place);
	}
	result = lock_try(fd, LOCK_SUPERVISOR);
	if (result == -EAGAIN)
		return busy(error, name, "it has a supervisor");
	if (result == 0)
		result = lock_try(fd, LOCK_LIFECYCLE);
	if (result == 0)
		result = lock_try(fd, LOCK_CONFIG);
	if (result < 0 && result != -EAGAIN)
		return error_set(error, -result, "%s/%s/lock", auberge->state_dir, place);
	if (result < 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: another command is at work on it", name);
	return take_fd(&fd);
}

/* Whether a path lies in STATE_DIR/NAME. */
static bool is_inside(const struct auberge *auberge, const char *name, const char *path)
{
	size_t directory = strlen(auberge->state_dir), length = strlen(name);

	return strncmp(path, auberge->state_dir, directory) == 0 && path[directory] == '/' &&
	       strncmp(path + directory + 1, name, length) == 0 && path[directory + 1 + length] == '/';
}

static void tell_kept(const struct auberge *auberge, const char *place, const struct keeping *keeping)
{
	cleanup_config struct config *config = NULL;
	struct auberge_error error;
	char file[AUBERGE_NAME_MAX + 32];

	error_clear(&error);
	snprintf(file, sizeof file, "%s/guest.ini", place);
	config_read(auberge->state_fd, file, file, &config, &error);
	if (!config || !keeping->kept)
		return;
	if (config->rootfs && !is_inside(auberge, place, config->rootfs))
		keeping->kept(keeping->data, config->rootfs);
	for (size_t i = 0; i < config->mounts_count; i++) {
		if (config->mounts[i].source)
			keeping->kept(keeping->data, config->mounts[i].source);
	}
}

/* A rootfs or a mount's source that lies inside the guest's own directory would go with it. */
static int refuse_inside(const struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_config struct config *config = NULL;
	struct auberge_error ignored;
	char file[AUBERGE_NAME_MAX + 32];

	error_clear(&ignored);
	snprintf(file, sizeof file, "%s/guest.ini", name);
	config_read(auberge->state_fd, file, file, &config, &ignored);
	if (!config)
		return 0;
	for (size_t i = 0; i < config->mounts_count; i++) {
		if (config->mounts[i].source && is_inside(auberge, name, config->mounts[i].source)) {
			error_set(error, 0, "%s: the mount's source %s lies inside what would be deleted", name, config->mounts[i].source);
			return error_remedy(error, "move it away, or take [mount %s] out of guest.ini", config->mounts[i].name);
		}
	}
	return 0;
}

/* The tree last: as long as it is there, this can be taken up again, and nobody makes a guest of the same name. */
static int remove_all(struct auberge *auberge, const char *name, const char *place, struct auberge_error *error)
{
	char log[AUBERGE_NAME_MAX + 32];
	int result = empty_directory_at(auberge->state_fd, place, "lock");

	if (result < 0) {
		error_set(error, -result, "%s/%s", auberge->state_dir, place);
		if (result == -EBUSY)
			error_remedy(error, "something is mounted inside: umount it, then destroy %s again", name);
		return -1;
	}
	if (auberge->run_fd >= 0 && (result = remove_tree_at(auberge->run_fd, name)) < 0)
		return error_set(error, -result, "%s/%s", auberge->run_dir, name);
	if (fault_point(FAULT_DESTROY_RUN, error) < 0)
		return -1;
	cleanup_close int log_fd = open(auberge->log_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; log_fd >= 0 && i < 2; i++) {
		snprintf(log, sizeof log, "%s.console%s", name, i ? ".1" : "");
		if (unlinkat(log_fd, log, 0) < 0 && errno != ENOENT)
			return error_set(error, errno, "%s/%s", auberge->log_dir, log);
	}
	if (fault_point(FAULT_DESTROY_LOGS, error) < 0 || ids_release(auberge, name, error) < 0 ||
	    fault_point(FAULT_DESTROY_IDS, error) < 0)
		return -1;
	result = remove_tree_at(auberge->state_fd, place);
	return result < 0 ? error_set(error, -result, "%s/%s", auberge->state_dir, place) : 0;
}

static int destroy_whole(struct auberge *auberge, const char *name, const struct keeping *keeping,
                         struct auberge_error *error)
{
	char place[AUBERGE_NAME_MAX + 16];
	cleanup_close int lock = -1;
	int result;

	if (refuse_running(auberge, name, error) < 0 || refuse_inside(auberge, name, error) < 0 ||
	    reclaim_guest(auberge, name, error) < 0 || fault_point(FAULT_DESTROY_RECLAIMED, error) < 0)
		return -1;
	lock = take_locks(auberge, name, name, error);
	if (lock < 0)
		return -1;
	cleanup_close int run_fd = set_open_run(auberge, name);
	if (run_fd < 0 && errno != ENOENT)
		return error_set(error, errno, "%s/%s", auberge->run_dir, name);
	if (run_fd >= 0 && (faccessat(run_fd, "ledger", F_OK, 0) == 0 || errno != ENOENT))
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it was started meanwhile", name);
	snprintf(place, sizeof place, ".destroy-%s", name);
	tell_kept(auberge, name, keeping);
	/* An earlier, broken off one of the same name. */
	if ((result = remove_tree_at(auberge->state_fd, place)) < 0)
		return error_set(error, -result, "%s/%s", auberge->state_dir, place);
	if (renameat(auberge->state_fd, name, auberge->state_fd, place) < 0)
		return error_set(error, errno, "%s/%s", auberge->state_dir, name);
	return fault_point(FAULT_DESTROY_RENAMED, error) < 0 ? -1 : remove_all(auberge, name, place, error);
}

/* The half of an earlier time, beside a guest of the same name that has it no more. */
static int remove_beside(struct auberge *auberge, const char *place, struct auberge_error *error)
{
	int result = empty_directory_at(auberge->state_fd, place, "lock");

	if (result == 0)
		result = remove_tree_at(auberge->state_fd, place);
	return result < 0 ? error_set(error, -result, "%s/%s", auberge->state_dir, place) : 0;
}

int destroy_half(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	static const char *const prefixes[] = {".create-", ".destroy-"};
	char place[AUBERGE_NAME_MAX + 16];

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		cleanup_close int lock = -1;

		snprintf(place, sizeof place, "%s%s", prefixes[i], name);
		if (faccessat(auberge->state_fd, place, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return error_set(error, errno, "%s/%s", auberge->state_dir, place);
		}
		lock = take_locks(auberge, name, place, error);
		if (lock < 0)
			return -1;
		bool beside = faccessat(auberge->state_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
		if (!beside && errno != ENOENT)
			return error_set(error, errno, "%s/%s", auberge->state_dir, name);
		if ((beside ? remove_beside(auberge, place, error) : remove_all(auberge, name, place, error)) < 0)
			return -1;
	}
	return 0;
}

int auberge_destroy(struct auberge *auberge, const char *name, void (*kept)(void *data, const char *path), void *data,
                    struct auberge_error *error)
{
	struct keeping keeping = {kept, data};

	error_clear(error);
	set_refresh(auberge);
	if (set_require_guest(auberge, name, error) < 0) {
		if (error->code != AUBERGE_WRONG_STATE)
			return -1;
		error_clear(error);
	}
	cleanup_close int fd = set_open_guest(auberge, name);
	if (fd < 0 && errno != ENOENT)
		return error_set(error, errno, "%s/%s", auberge->state_dir, name);
	return fd >= 0 ? destroy_whole(auberge, name, &keeping, error) : destroy_half(auberge, name, error);
}
