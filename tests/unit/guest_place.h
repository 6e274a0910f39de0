/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of guests of a test's own, in a new directory, with its own table of ids. */
#ifndef TEST_GUEST_PLACE_H
#define TEST_GUEST_PLACE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct place {
	char path[64];
	char state[80];
	struct auberge *auberge;
	struct auberge_error error;
};

static inline struct place make_place(void)
{
	struct place place = {.path = "/tmp/auberge-guest-XXXXXX"};
	struct auberge_options options = {.state_dir = place.state};

	unsetenv("AUBERGE_STATE_DIR");
	unsetenv("AUBERGE_RUN_DIR");
	unsetenv("AUBERGE_LOG_DIR");
	unsetenv("AUBERGE_CGROUP");
	cr_assert_not_null(mkdtemp(place.path));
	snprintf(place.state, sizeof place.state, "%s/state", place.path);
	place.auberge = auberge_open(&options, &place.error);
	cr_assert_not_null(place.auberge, "%s", place.error.text);
	free(place.auberge->ids_path);
	cr_assert_geq(asprintf(&place.auberge->ids_path, "%s/ids", place.path), 0);
	return place;
}

static inline void drop_place(struct place *place)
{
	auberge_close(place->auberge);
	remove_tree_at(AT_FDCWD, place->path);
}

/* STATE_DIR/NAME with this guest.ini. */
static inline void make_guest(struct place *place, const char *name, const char *text)
{
	char path[200];

	cr_assert_eq(set_prepare(place->auberge, &place->error), 0, "%s", place->error.text);
	snprintf(path, sizeof path, "%s/%s", place->state, name);
	cr_assert_eq(mkdir(path, 0700), 0);
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (text)
		cr_assert_eq(file_replace_at(fd, "guest.ini", text, strlen(text), 0600), 0);
}

#endif
