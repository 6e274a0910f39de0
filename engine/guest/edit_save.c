/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving an edit: all checks, then the earlier file as one more version, then the new one by temp file, fsync and rename,
 * then what can act on a running guest. Under the config's lock (byte 2), which is given back by the kernel when we die.
 * Invariant: at each moment guest.ini is the old text or the new one, whole; a save that failed before its rename leaves
 * everything as it was.
 */
#include "guest/edit_live.h"
#include "guest/edit_versions.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "guest/order.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct saving {
	struct auberge_edit *edit;
	int lock, dirfd;
	mode_t mode; /* of guest.ini */
	char by[64];
	enum edit_life life;
	struct change_list changes;
};

/* Every error as FILE:LINE, as any other reader of the file tells them. */
static int check_text(const struct auberge_edit *edit, struct auberge_error *error)
{
	cleanup_config struct config *config = NULL;
	int result = config_parse(edit->text, strlen(edit->text), edit->path, &config, error);

	if (config && config_check_startable(config, error) < 0)
		result = -1;
	if (config && config->after.count > 0 && order_check(edit->auberge, edit->name, config, 0, error) < 0)
		result = -1;
	return result < 0 ? error_remedy(error, "nothing was saved") : 0;
}

static int changed_meanwhile(const struct auberge_edit *edit, const char *what, struct auberge_error *error)
{
	error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: %s", edit->path, what);
	return error_remedy(error, "nothing was saved: look at it as it is now, and edit it again");
}

/* The descriptor of the guest's lock that holds byte 2, of the guest that has the name now. */
static int take_lock(struct saving *saving, struct auberge_error *error)
{
	const struct auberge_edit *edit = saving->edit;
	struct stat held, named;
	int result;

	saving->dirfd = set_open_guest(edit->auberge, edit->name);
	if (saving->dirfd < 0 && errno == ENOENT)
		return changed_meanwhile(edit, "the guest was destroyed since it was read", error);
	if (saving->dirfd < 0)
		return error_set(error, errno, "%s", edit->path);
	saving->lock = lock_open(edit->auberge, edit->name);
	if (saving->lock < 0) {
		bool denied = saving->lock == -EACCES || saving->lock == -EPERM;

		return error_set_code(error, denied ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, -saving->lock, "%s/%s/lock",
		                      edit->auberge->state_dir, edit->name);
	}
	result = lock_try(saving->lock, LOCK_CONFIG);
	if (result == -EAGAIN)
		return changed_meanwhile(edit, "someone else is saving it now", error);
	if (result < 0)
		return error_set(error, -result, "%s/%s/lock", edit->auberge->state_dir, edit->name);
	/* Destroyed, or even made anew, between the two. */
	if (fstat(saving->lock, &held) < 0 || fstatat(saving->dirfd, "lock", &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    held.st_ino != named.st_ino || held.st_dev != named.st_dev)
		return changed_meanwhile(edit, "the guest was destroyed since it was read", error);
	return 0;
}

/* Is guest.ini still what was read? */
static int check_unchanged(struct saving *saving, struct auberge_error *error)
{
	const struct auberge_edit *edit = saving->edit;
	cleanup_free char *now = NULL;
	struct stat status;
	ssize_t length = file_read_whole_at(saving->dirfd, "guest.ini", EDIT_FILE_MAX, &now);

	if (length == -ENOENT)
		return changed_meanwhile(edit, "it is gone since it was read", error);
	if (length == -EFBIG || (length >= 0 && ((size_t)length != edit->before_length || memcmp(now, edit->before, (size_t)length) != 0)))
		return changed_meanwhile(edit, "someone else has changed it since it was read", error);
	if (length < 0 || fstatat(saving->dirfd, "guest.ini", &status, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(error, length < 0 ? (int)-length : errno, "%s", edit->path);
	if (S_ISLNK(status.st_mode)) {
		error_set(error, 0, "%s: it is a symbolic link, and a save would put a file in its place", edit->path);
		return error_remedy(error, "edit the file that it leads to, or put that file here");
	}
	saving->mode = status.st_mode & 0777;
	return 0;
}

static int check_refused(const struct saving *saving, unsigned flags, struct auberge_error *error)
{
	for (size_t i = 0; !(flags & AUBERGE_SAVE_FORCE) && i < saving->changes.count; i++)
		if (saving->changes.changes[i].refused[0])
			error_add_line(error, "%s.%s: %s", saving->changes.changes[i].section, saving->changes.changes[i].key,
			               saving->changes.changes[i].refused);
	if (error->code == AUBERGE_OK)
		return 0;
	return error_remedy(error, "nothing was saved; --force saves and tries all the same, --next-start leaves the running guest alone");
}

/* The versions, then the file. 1: it is there, but an error says that it may not be on disk. */
static int write_file(struct saving *saving, struct auberge_error *error)
{
	struct auberge_edit *edit = saving->edit;
	cleanup_free char *now = NULL;
	unsigned number = 0;
	int result;

	versions_tidy(saving->dirfd);
	result = versions_add(saving->dirfd, edit->before, edit->before_length, saving->by, &number);
	if (result < 0) {
		error_set(error, -result, "%s/%s/" VERSIONS_DIRECTORY ": the earlier config cannot be kept", edit->auberge->state_dir,
		          edit->name);
		return error_remedy(error, "nothing was saved");
	}
	result = fault_number(FAULT_EDIT_VERSION);
	if (result == 0)
		result = file_replace_at(saving->dirfd, "guest.ini", edit->text, strlen(edit->text), saving->mode);
	if (result == 0) {
		versions_tidy(saving->dirfd);
		return 0;
	}
	ssize_t length = file_read_whole_at(saving->dirfd, "guest.ini", EDIT_FILE_MAX, &now);
	if (length >= 0 && (size_t)length == strlen(edit->text) && memcmp(now, edit->text, (size_t)length) == 0) {
		error_set(error, -result, "%s: it is saved, but a power cut may still take it", edit->path);
		return 1;
	}
	if (number > 0)
		versions_drop(saving->dirfd, number);
	error_set(error, -result, "%s", edit->path);
	return error_remedy(error, "nothing was saved");
}

static void write_down(const struct saving *saving)
{
	const struct auberge_edit *edit = saving->edit;
	struct auberge_history_event event = {.event = "config", .status = -1, .seconds = -1, .time_seconds = time(NULL)};
	struct auberge_error ignored = {0};
	size_t used = 0;

	snprintf(event.name, sizeof event.name, "%s", edit->name);
	snprintf(event.by, sizeof event.by, "%s", saving->by);
	for (size_t i = 0; i < saving->changes.count && used < sizeof event.detail; i++) {
		const struct auberge_change *change = &saving->changes.changes[i];

		used += (size_t)snprintf(event.detail + used, sizeof event.detail - used, "%s%s%s%s", i ? ", " : "", change->section,
		                         change->key[0] ? "." : "", change->key);
	}
	history_add(edit->auberge, edit->name, &event, &ignored);
}

static int remember(struct auberge_edit *edit, struct auberge_error *error)
{
	char *before = strdup(edit->text);

	if (!before)
		return error_set(error, ENOMEM, "%s: it is saved", edit->path);
	free(edit->before);
	edit->before = before;
	edit->before_length = strlen(before);
	return 0;
}

/* What acts at once. The file is saved by now, whatever comes. */
static int act(struct saving *saving, struct auberge_error *error)
{
	struct auberge_error why = {0};
	bool any = false;

	for (size_t i = 0; i < saving->changes.count; i++)
		any = any || saving->changes.changes[i].effect == AUBERGE_EFFECT_NOW;
	if (!any || edit_apply(saving->edit, &saving->changes, &why) == 0)
		return 0;
	error_set_code(error, why.code, why.number, "%s", saving->edit->path);
	snprintf(error->text, sizeof error->text, "%s: it is saved, but not all of it is in force: %.3000s", saving->edit->path, why.text);
	error_remedy(error, "%s", why.remedy);
	return -1;
}

/* What differs: the texts, or where they do not, the running guest from its file, as far as that can act. */
static int find_changes(struct saving *saving, unsigned flags, struct auberge_error *error)
{
	struct auberge_edit *edit = saving->edit;
	struct change_list *list = &saving->changes;
	cleanup_config struct config *before = NULL;
	struct auberge_error ignored = {0};
	bool next_start = flags & AUBERGE_SAVE_NEXT_START;

	if (edit_life(edit->auberge, edit->name, &saving->life, error) < 0)
		return -1;
	if (strlen(edit->text) == edit->before_length && memcmp(edit->text, edit->before, edit->before_length) == 0) {
		if (!next_start && edit_drift(edit->auberge, edit->name, edit->config, list, error) < 0)
			return -1;
	} else {
		config_parse(edit->before, edit->before_length, "", &before, &ignored);
		if (!before || config_compare(before, edit->config, list) < 0)
			return error_set(error, ENOMEM, "%s", edit->path);
	}
	return edit_judge(edit, next_start, list, error);
}

static int save(struct saving *saving, unsigned flags, struct auberge_error *error)
{
	struct auberge_edit *edit = saving->edit;
	int result = 0;

	process_user(saving->by, sizeof saving->by);
	set_refresh(edit->auberge);
	if (check_text(edit, error) < 0 || take_lock(saving, error) < 0 || check_unchanged(saving, error) < 0 ||
	    find_changes(saving, flags, error) < 0 || check_refused(saving, flags, error) < 0)
		return -1;
	if (saving->life == EDIT_RUNS && edit_check_live(edit, &saving->changes, error) < 0)
		return error_remedy(error, "nothing was saved; --next-start saves it and leaves the running guest alone");
	if (strlen(edit->text) != edit->before_length || memcmp(edit->text, edit->before, edit->before_length) != 0) {
		result = write_file(saving, error);
		if (result < 0)
			return -1;
		write_down(saving);
		if (remember(edit, error) < 0)
			return -1;
	}
	if (fault_point(FAULT_EDIT_SAVED, error) < 0)
		return -1;
	if (saving->life == EDIT_RUNS && act(saving, error) < 0)
		return -1;
	return result > 0 ? -1 : 0;
}

int auberge_edit_save(struct auberge_edit *edit, unsigned flags, struct auberge_change **changes, size_t *count,
                      struct auberge_error *error)
{
	struct saving saving = {.edit = edit, .lock = -1, .dirfd = -1};
	size_t ignored;
	int result;

	error_clear(error);
	if (changes)
		*changes = NULL;
	*(count ? count : &ignored) = 0;
	if (edit->fresh)
		return error_set_code(error, AUBERGE_USAGE, 0, "%s: there is no such guest yet: create saves its config", edit->name);
	result = save(&saving, flags, error);
	if (saving.lock >= 0)
		close(saving.lock);
	if (saving.dirfd >= 0)
		close(saving.dirfd);
	if (changes && count) {
		*changes = saving.changes.changes;
		*count = saving.changes.count;
	} else {
		free(saving.changes.changes);
	}
	return result;
}
