/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving an edit of a guest that does not run: versions, two admins, what a killed or refused save leaves. */
#include "guest/edit.h"
#include "guest/edit_versions.h"
#include "guest/lock.h"
#include "guest_place.h"

static struct place place;

static void begin(void)
{
	place = make_place();
	make_guest(&place, "web", "# mine\n[limits]\nmemory = 1G\n");
}

static void end(void)
{
	drop_place(&place);
}

TestSuite(edit_save, .init = begin, .fini = end);

static struct auberge_edit *open_web(void)
{
	struct auberge_edit *edit = auberge_edit_open(place.auberge, "web", &place.error);

	cr_assert_not_null(edit, "%s", place.error.text);
	return edit;
}

static char *content(const char *file)
{
	char path[256], *text;

	snprintf(path, sizeof path, "%s/web/%s", place.state, file);
	return file_read_whole_at(AT_FDCWD, path, 1 << 21, &text) < 0 ? strdup("(none)") : text;
}

static void expect_file(const char *file, const char *wanted)
{
	cleanup_free char *text = content(file);

	cr_expect_str_eq(text, wanted);
}

static void put(const char *file, const char *text, size_t length)
{
	char path[256];

	snprintf(path, sizeof path, "%s/web/%s", place.state, file);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert_eq(write_all(fd, text, length), 0);
}

static int set(const char *key, const char *value)
{
	struct auberge_edit *edit = open_web();
	int result = auberge_edit_set(edit, "limits", key, value, &place.error);

	if (result == 0)
		result = auberge_edit_save(edit, 0, NULL, NULL, &place.error);
	auberge_edit_free(edit);
	return result;
}

static size_t count_versions(void)
{
	cleanup_free struct auberge_version *versions = NULL;
	size_t count;

	cr_assert_eq(auberge_config_history(place.auberge, "web", &versions, &count, &place.error), 0, "%s", place.error.text);
	return count;
}

Test(edit_save, keeps_the_earlier_one_and_says_by_whom)
{
	cleanup_free struct auberge_version *versions = NULL;
	size_t count;

	cr_expect_eq(count_versions(), 0);
	cr_assert_eq(set("memory", "2G"), 0, "%s", place.error.text);
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 2G\n");
	expect_file("config.d/1", "# mine\n[limits]\nmemory = 1G\n");
	cr_assert_eq(set("pids", "50"), 0);
	cr_assert_eq(auberge_config_history(place.auberge, "web", &versions, &count, &place.error), 0);
	cr_assert_eq(count, 2);
	cr_expect_eq(versions[0].number, 2);
	cr_expect_eq(versions[1].number, 1);
	cr_expect_eq(versions[1].bytes, strlen("# mine\n[limits]\nmemory = 1G\n"));
	cr_expect_gt(versions[0].time_seconds, 0);
	cr_expect_neq(versions[0].by[0], '\0');
}

Test(edit_save, the_same_text_is_not_written)
{
	struct auberge_edit *edit = open_web();

	cr_expect_eq(auberge_edit_save(edit, 0, NULL, NULL, &place.error), 0);
	cr_expect_eq(count_versions(), 0);
	auberge_edit_free(edit);
}

Test(edit_save, an_edit_goes_on_after_its_save)
{
	struct auberge_edit *edit = open_web();

	for (int i = 0; i < 2; i++) {
		cr_expect_eq(auberge_edit_set(edit, "limits", "pids", i ? "60" : "50", &place.error), 0);
		cr_expect_eq(auberge_edit_save(edit, 0, NULL, NULL, &place.error), 0, "%s", place.error.text);
	}
	cr_expect_eq(count_versions(), 2);
	auberge_edit_free(edit);
}

Test(edit_save, the_second_admin_is_told)
{
	struct auberge_edit *one = open_web(), *two = open_web();

	auberge_edit_set(one, "limits", "memory", "2G", &place.error);
	auberge_edit_set(two, "limits", "memory", "3G", &place.error);
	cr_expect_eq(auberge_edit_save(one, 0, NULL, NULL, &place.error), 0);
	cr_expect_lt(auberge_edit_save(two, AUBERGE_SAVE_FORCE, NULL, NULL, &place.error), 0);
	cr_expect_eq(place.error.code, AUBERGE_WRONG_STATE);
	cr_expect_not_null(strstr(place.error.text, "someone else has changed it"));
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 2G\n");
	cr_expect_eq(count_versions(), 1);
	cr_expect_str_eq(auberge_edit_text(two), "# mine\n[limits]\nmemory = 3G\n"); /* what was typed is not lost */
	auberge_edit_free(one);
	auberge_edit_free(two);
}

Test(edit_save, at_the_same_moment_one_is_told)
{
	struct auberge_edit *edit = open_web();
	cleanup_close int lock = lock_open(place.auberge, "web");

	cr_assert_eq(lock_try(lock, LOCK_CONFIG), 0);
	auberge_edit_set(edit, "limits", "memory", "2G", &place.error);
	cr_expect_lt(auberge_edit_save(edit, 0, NULL, NULL, &place.error), 0);
	cr_expect_eq(place.error.code, AUBERGE_WRONG_STATE);
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\n");
	auberge_edit_free(edit);
}

Test(edit_save, a_guest_that_was_destroyed_meanwhile)
{
	struct auberge_edit *edit = open_web();
	char path[200];

	auberge_edit_set(edit, "limits", "memory", "2G", &place.error);
	snprintf(path, sizeof path, "%s/web", place.state);
	remove_tree_at(AT_FDCWD, path);
	cr_expect_lt(auberge_edit_save(edit, 0, NULL, NULL, &place.error), 0);
	cr_expect_eq(place.error.code, AUBERGE_WRONG_STATE);
	cr_expect_lt(access(path, F_OK), 0);
	auberge_edit_free(edit);
}

Test(edit_save, what_is_wrong_is_not_saved)
{
	struct auberge_edit *edit = open_web();

	auberge_edit_set_text(edit, "[limits]\nmemory = none\npids = 0\n", &place.error);
	cr_expect_lt(auberge_edit_save(edit, AUBERGE_SAVE_FORCE, NULL, NULL, &place.error), 0);
	cr_expect_not_null(strstr(place.error.text, "guest.ini:2: "));
	cr_expect_not_null(strstr(place.error.text, "guest.ini:3: "));
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\n");
	cr_expect_eq(count_versions(), 0);
	auberge_edit_free(edit);
}

Test(edit_save, of_many_versions_the_newest_stay)
{
	cleanup_free struct auberge_version *versions = NULL;
	cleanup_free char *by = NULL;
	char number[16];
	size_t count, lines = 0;

	for (unsigned i = 1; i <= VERSIONS_MAX + 6; i++) {
		snprintf(number, sizeof number, "%u", i);
		cr_assert_eq(set("pids", number), 0);
	}
	cr_assert_eq(auberge_config_history(place.auberge, "web", &versions, &count, &place.error), 0);
	cr_expect_eq(count, VERSIONS_MAX);
	cr_expect_eq(versions[0].number, VERSIONS_MAX + 6);
	by = content("config.d/by");
	for (const char *at = by; (at = strchr(at, '\n')); at++)
		lines++;
	cr_expect_eq(lines, count);
}

Test(edit_save, what_killed_saves_left_is_taken_away)
{
	put("config.d", "", 0); /* a file first: no place for versions */
	cr_expect_lt(set("pids", "7"), 0);
	cr_expect_not_null(strstr(place.error.text, "the earlier config cannot be kept"), "%s", place.error.text);
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\n");
	char path[200];
	snprintf(path, sizeof path, "%s/web/config.d", place.state);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	put(".guest.ini.0badcafe.tmp", "[half", 5);
	put(".guest.ini.tmp", "[half", 5);
	put("config.d/.9.tmp", "[half", 5);
	cr_assert_eq(set("pids", "7"), 0, "%s", place.error.text);
	expect_file(".guest.ini.0badcafe.tmp", "(none)");
	expect_file(".guest.ini.tmp", "(none)");
	expect_file("config.d/.9.tmp", "(none)");
}

/* A save that was killed between its two halves, and is done again, leaves one version. */
Test(edit_save, a_version_is_kept_once)
{
	char path[200];

	snprintf(path, sizeof path, "%s/web/config.d", place.state);
	cr_assert_eq(mkdir(path, 0700), 0);
	put("config.d/1", "# mine\n[limits]\nmemory = 1G\n", strlen("# mine\n[limits]\nmemory = 1G\n"));
	cr_assert_eq(set("pids", "7"), 0);
	cr_expect_eq(count_versions(), 1);
}

Test(edit_save, reverts)
{
	struct auberge_edit *edit;

	cr_expect_null(auberge_edit_revert(place.auberge, "web", 0, &place.error));
	cr_expect_eq(place.error.code, AUBERGE_USAGE);
	set("memory", "2G");
	set("memory", "3G");
	edit = auberge_edit_revert(place.auberge, "web", 1, &place.error);
	cr_assert_not_null(edit, "%s", place.error.text);
	cr_expect_eq(auberge_edit_save(edit, 0, NULL, NULL, &place.error), 0);
	auberge_edit_free(edit);
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\n");
	expect_file("config.d/3", "# mine\n[limits]\nmemory = 3G\n");
	cr_expect_null(auberge_edit_revert(place.auberge, "web", 9, &place.error));
	edit = auberge_edit_revert(place.auberge, "web", 0, &place.error); /* the newest: undoes the last change */
	cr_expect_str_eq(auberge_edit_text(edit), "# mine\n[limits]\nmemory = 3G\n");
	auberge_edit_free(edit);
}

Test(edit_save, a_file_that_is_no_text_can_be_reverted)
{
	struct auberge_edit *edit;

	set("memory", "2G");
	put("guest.ini", "[limits]\n\0\n", 11);
	cr_expect_null(auberge_edit_open(place.auberge, "web", &place.error));
	cr_expect_not_null(strstr(place.error.text, "NUL"));
	edit = auberge_edit_revert(place.auberge, "web", 1, &place.error);
	cr_assert_not_null(edit, "%s", place.error.text);
	cr_expect_eq(auberge_edit_save(edit, 0, NULL, NULL, &place.error), 0, "%s", place.error.text);
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\n");
	auberge_edit_free(edit);
}

Test(edit_save, a_link_is_not_replaced_and_a_mode_stays)
{
	char path[200], other[200];
	struct stat status;

	snprintf(path, sizeof path, "%s/web/guest.ini", place.state);
	snprintf(other, sizeof other, "%s/web/elsewhere.ini", place.state);
	cr_assert_eq(chmod(path, 0640), 0);
	cr_assert_eq(set("pids", "7"), 0);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 0777, 0640);
	cr_assert_eq(rename(path, other), 0);
	cr_assert_eq(symlink("elsewhere.ini", path), 0);
	cr_expect_lt(set("pids", "8"), 0);
	cr_expect_not_null(strstr(place.error.text, "symbolic link"));
}

#ifdef AUBERGE_FAULTS
static void expect_nothing_saved(const char *point)
{
	setenv("AUBERGE_FAULT", point, 1);
	cr_expect_lt(set("pids", "7"), 0);
	cr_expect_not_null(strstr(place.error.remedy, "nothing was saved"));
	unsetenv("AUBERGE_FAULT");
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\n");
	expect_file(".guest.ini.tmp", "(none)");
	expect_file("config.d/.1.tmp", "(none)");
	cr_expect_eq(count_versions(), 0);
}

Test(edit_save, no_room_for_the_version)
{
	expect_nothing_saved("save-written=ENOSPC");
}

Test(edit_save, no_room_after_the_version)
{
	expect_nothing_saved("edit-version=ENOSPC");
}

Test(edit_save, no_room_for_the_file)
{
	expect_nothing_saved("save-written=ENOSPC:2");
}

Test(edit_save, a_disk_that_does_not_take_the_file)
{
	expect_nothing_saved("save-synced=EIO:2");
}

Test(edit_save, a_directory_that_is_not_synced_is_told_and_saved)
{
	setenv("AUBERGE_FAULT", "save-renamed=EIO:2", 1);
	cr_expect_lt(set("pids", "7"), 0);
	cr_expect_not_null(strstr(place.error.text, "it is saved, but"), "%s", place.error.text);
	unsetenv("AUBERGE_FAULT");
	expect_file("guest.ini", "# mine\n[limits]\nmemory = 1G\npids = 7\n");
}
#endif
