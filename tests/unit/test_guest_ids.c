/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id ranges: found again, disjoint whoever asks at the same time, reclaimed, and the file goes with its last line. */
#include "guest/ids.h"
#include "guest_place.h"

#include <sys/wait.h>

#define MANY 8
#define EACH 6

static void need_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("the host-wide lock is root's");
}

Test(ids, allot_find_release)
{
	struct place place = make_place();
	uint32_t first, second, again;

	need_root();
	make_guest(&place, "a", "[guest]\n");
	make_guest(&place, "b", "[guest]\n");
	cr_assert_eq(ids_find(place.auberge, "a", &first, &place.error), 0);
	cr_assert_eq(first, 0);
	cr_assert_eq(ids_allot(place.auberge, "a", &first, &place.error), 0, "%s", place.error.text);
	cr_assert_eq(first, IDS_FIRST);
	cr_assert_eq(ids_allot(place.auberge, "b", &second, &place.error), 0);
	cr_assert_eq(second, IDS_FIRST + IDS_COUNT);
	cr_assert_eq(ids_allot(place.auberge, "a", &again, &place.error), 0);
	cr_assert_eq(again, first);
	cr_assert_eq(ids_release(place.auberge, "a", &place.error), 0);
	cr_assert_eq(ids_find(place.auberge, "a", &first, &place.error), 0);
	cr_assert_eq(first, 0);
	cr_assert_eq(access(place.auberge->ids_path, F_OK), 0);
	cr_assert_eq(ids_release(place.auberge, "b", &place.error), 0);
	cr_assert_neq(access(place.auberge->ids_path, F_OK), 0);
	drop_place(&place);
}

Test(ids, lines_without_their_guest_are_reclaimed)
{
	struct place place = make_place();
	uint32_t first;
	cleanup_close int fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const char text[] = "1879048192 /nonexistent/state gone\nfuture line\n1879113728 /nonexistent/with blank gone\n";
	char left[300];

	need_root();
	make_guest(&place, "a", "[guest]\n");
	cr_assert_eq(file_replace_at(fd, "ids", text, strlen(text), 0600), 0);
	cr_assert_eq(ids_allot(place.auberge, "a", &first, &place.error), 0);
	cr_assert_eq(first, IDS_FIRST);
	file_read_at(fd, "ids", left, sizeof left);
	cr_assert(strstr(left, "future line\n") && !strstr(left, "gone"), "%s", left);
	drop_place(&place);
}

static int count_line(void *data, const char *name, uint32_t first)
{
	cr_expect_str_eq(name, "a");
	cr_expect_eq(first, IDS_FIRST + IDS_COUNT);
	++*(int *)data;
	return 0;
}

static int count_set(void *data, const char *state_dir)
{
	*(int *)data += strcmp(state_dir, "/other/with blank") == 0 ? 10 : 1;
	return 0;
}

Test(ids, lines_of_this_set_and_all_sets)
{
	struct place place = make_place();
	cleanup_close int fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[300];
	int lines = 0, sets = 0;

	snprintf(text, sizeof text, "1879048192 /other/with blank a\n1879113728 %s a\nfuture line\n", place.state);
	cr_assert_eq(file_replace_at(fd, "ids", text, strlen(text), 0600), 0);
	cr_assert_eq(ids_list(place.auberge, count_line, &lines, &place.error), 0);
	cr_assert_eq(lines, 1);
	cr_assert_eq(ids_list_sets(place.auberge, count_set, &sets, &place.error), 0);
	cr_assert_eq(sets, 11);
	drop_place(&place);
}

Test(ids, eight_at_once_are_disjoint)
{
	struct place place = make_place();
	uint32_t firsts[MANY * EACH];

	need_root();
	for (int i = 0; i < MANY * EACH; i++) {
		char name[16];

		snprintf(name, sizeof name, "g%d", i);
		make_guest(&place, name, "[guest]\n");
	}
	for (int i = 0; i < MANY; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < EACH; k++) {
			char name[16];
			uint32_t first;

			snprintf(name, sizeof name, "g%d", i * EACH + k);
			if (ids_allot(place.auberge, name, &first, &place.error) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0, status; i < MANY; i++) {
		cr_assert_geq(wait(&status), 0);
		cr_assert_eq(status, 0);
	}
	for (int i = 0; i < MANY * EACH; i++) {
		char name[16];

		snprintf(name, sizeof name, "g%d", i);
		cr_assert_eq(ids_find(place.auberge, name, &firsts[i], &place.error), 0);
		cr_assert_geq(firsts[i], IDS_FIRST);
		for (int k = 0; k < i; k++)
			cr_assert_neq(firsts[i], firsts[k]);
	}
	drop_place(&place);
}
