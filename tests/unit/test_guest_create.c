/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creating and destroying at rest: whole or not at all, everything refused before anything is made. */
#include "guest/ids.h"
#include "guest/lock.h"
#include "guest_place.h"

#include <sys/wait.h>

static int create(struct place *place, const char *name, const char *template, const char *const *set, size_t count)
{
	struct auberge_create create = {.name = name, .template_ = template, .set = set, .set_count = count};

	return auberge_create(place->auberge, &create, &place->error);
}

static enum auberge_state state_of(struct place *place, const char *name)
{
	struct auberge_guest *guests;
	enum auberge_state state;
	size_t count;

	cr_assert_eq(auberge_list(place->auberge, &name, 1, 0, &guests, &count, &place->error), 0, "%s", place->error.text);
	cr_assert_eq(count, 1);
	state = guests[0].state;
	free(guests);
	return state;
}

static bool exists(const struct place *place, const char *name)
{
	char path[300];
	struct stat status;

	snprintf(path, sizeof path, "%s/%s", place->state, name);
	return lstat(path, &status) == 0;
}

static void need_busybox(void)
{
	if (geteuid() != 0)
		cr_skip_test("guests are root's");
	if (access("/bin/busybox", X_OK) < 0)
		cr_skip_test("no /bin/busybox on this host");
}

Test(create, busybox_and_away)
{
	static const char *const set[] = {"limits.memory=64M", "console.ttys=2", "net eth0.10.bridge=br0"};
	struct place place = make_place();
	char path[300], text[4096];

	need_busybox();
	umask(077);
	cr_assert_eq(create(&place, "web", "busybox", set, 3), 0, "%s", place.error.text);
	cr_assert(exists(&place, "web/rootfs/bin/busybox") && exists(&place, "web/rootfs/sbin/init") && exists(&place, "web/lock"));
	cr_assert(!exists(&place, ".create-web"));
	struct stat status;
	snprintf(path, sizeof path, "%s/web", place.state);
	cr_assert(stat(path, &status) == 0 && (status.st_mode & 07777) == 0700);
	snprintf(path, sizeof path, "%s/web/rootfs", place.state);
	cr_assert(stat(path, &status) == 0 && (status.st_mode & 07777) == 0755);
	snprintf(path, sizeof path, "%s/web/rootfs/tmp", place.state);
	cr_assert(stat(path, &status) == 0 && (status.st_mode & 07777) == 01777);
	snprintf(path, sizeof path, "%s/web/rootfs/etc/inittab", place.state);
	file_read_at(AT_FDCWD, path, text, sizeof text);
	cr_assert(strstr(text, "::respawn:-/bin/sh\n") && strstr(text, "tty2::askfirst:-/bin/sh\n") && !strstr(text, "tty3"));
	snprintf(path, sizeof path, "%s/web/guest.ini", place.state);
	file_read_at(AT_FDCWD, path, text, sizeof text);
	cr_assert(strstr(text, "memory = 64M\n") && strstr(text, "[net eth0.10]\nbridge = br0\n"), "%s", text);
	cr_assert_eq(state_of(&place, "web"), AUBERGE_STOPPED);
	cr_assert_lt(create(&place, "web", "busybox", NULL, 0), 0);
	cr_assert_eq(place.error.code, AUBERGE_WRONG_STATE);
	cr_assert_eq(auberge_destroy(place.auberge, "web", NULL, NULL, &place.error), 0, "%s", place.error.text);
	cr_assert(!exists(&place, "web") && !exists(&place, ".destroy-web"));
	drop_place(&place);
}

Test(create, refused_before_anything)
{
	static const char *const bad[] = {"limits.memmory=1G", "console.ttys=99"}, *const malformed[] = {"memory"};
	static const struct {
		const char *name, *template;
		enum auberge_code code;
	} cases[] = {{".x", "none", AUBERGE_USAGE},        {"x", "debain", AUBERGE_USAGE},   {"set-id", "none", AUBERGE_USAGE},
	             {"x", "dir:relative", AUBERGE_FAILED}, {"x", "dir:/nonexistent", AUBERGE_FAILED}, {"x", "dir:/etc/passwd", AUBERGE_FAILED},
	             {"x", NULL, AUBERGE_USAGE}};
	struct place place = make_place();
	struct auberge_create vm = {.name = "x", .kind = "vm", .template_ = "none"};

	cr_assert_lt(create(&place, "x", "none", bad, 2), 0);
	cr_assert(strstr(place.error.text, "did you mean \"memory\"?") && strstr(place.error.text, "ttys = 99"), "%s", place.error.text);
	cr_assert_lt(create(&place, "x", "none", malformed, 1), 0);
	cr_assert_eq(place.error.code, AUBERGE_USAGE);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		cr_expect_lt(create(&place, cases[i].name, cases[i].template, NULL, 0), 0);
		cr_expect_eq(place.error.code, cases[i].code, "%zu: %s", i, place.error.text);
	}
	cr_assert_lt(auberge_create(place.auberge, &vm, &place.error), 0);
	cr_assert(strstr(place.error.text, "not yet"));
	cr_assert_neq(access(place.state, F_OK), 0, "not even the state directory was made");
	drop_place(&place);
}

static int count_steps(void *data, int percent, const char *text)
{
	(void)percent;
	(void)text;
	++*(int *)data;
	return 0;
}

static int break_off(void *data, int percent, const char *text)
{
	(void)data;
	(void)text;
	return percent > 50 ? -1 : 0;
}

Test(create, dry_run_and_breaking_off)
{
	struct place place = make_place();
	int steps = 0;
	struct auberge_create plan = {.name = "x", .template_ = "none", .dry_run = true, .progress = count_steps, .data = &steps};

	cr_assert_eq(auberge_create(place.auberge, &plan, &place.error), 0, "%s", place.error.text);
	cr_assert_geq(steps, 3);
	cr_assert_neq(access(place.state, F_OK), 0);
	plan.dry_run = false;
	plan.progress = break_off;
	cr_assert_lt(auberge_create(place.auberge, &plan, &place.error), 0);
	cr_assert(!exists(&place, "x") && !exists(&place, ".create-x"));
	drop_place(&place);
}

static int die(void *data, int percent, const char *text)
{
	(void)text;
	if (percent >= *(int *)data)
		raise(SIGKILL);
	return 0;
}

Test(create, killed_leaves_an_incomplete_guest)
{
	struct place place = make_place();
	int at = 80, status;
	struct auberge_create plan = {.name = "x", .template_ = "none", .progress = die, .data = &at};
	pid_t child = fork();

	if (child == 0)
		_exit(auberge_create(place.auberge, &plan, &place.error) < 0);
	waitpid(child, &status, 0);
	cr_assert(WIFSIGNALED(status) && exists(&place, ".create-x"));
	cr_assert_eq(state_of(&place, "x"), AUBERGE_INCOMPLETE);
	cr_assert_lt(create(&place, "x", "none", NULL, 0), 0);
	cr_assert_eq(place.error.code, AUBERGE_WRONG_STATE);
	cr_assert_eq(auberge_destroy(place.auberge, "x", NULL, NULL, &place.error), 0, "%s", place.error.text);
	cr_assert(!exists(&place, ".create-x"));
	cr_assert_eq(create(&place, "x", "none", NULL, 0), 0, "%s", place.error.text);
	drop_place(&place);
}

static void note_kept(void *data, const char *path)
{
	snprintf(data, 300, "%s", path);
}

Test(create, directory_is_kept)
{
	struct place place = make_place();
	char path[100], template[120], kept[300] = "";

	if (geteuid() != 0)
		cr_skip_test("a dir: rootfs is root's");
	snprintf(path, sizeof path, "%s/tree", place.path);
	snprintf(template, sizeof template, "dir:%s", path);
	cr_assert_eq(chmod(place.path, 0755), 0);
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_assert_lt(create(&place, "x", template, NULL, 0), 0, "others can reach it");
	cr_assert_eq(chmod(place.path, 0700), 0);
	cr_assert_eq(create(&place, "x", template, NULL, 0), 0, "%s", place.error.text);
	cr_assert(!exists(&place, "x/rootfs"));
	cr_assert_eq(auberge_destroy(place.auberge, "x", note_kept, kept, &place.error), 0, "%s", place.error.text);
	cr_assert_str_eq(kept, path);
	cr_assert_eq(access(path, F_OK), 0);
	drop_place(&place);
}

Test(destroy, refused_while_locked_and_unknown)
{
	struct place place = make_place();

	make_guest(&place, "web", "[guest]\n");
	int lock = lock_open(place.auberge, "web");
	cr_assert_eq(lock_try(lock, LOCK_SUPERVISOR), 0);
	cr_assert_lt(auberge_destroy(place.auberge, "web", NULL, NULL, &place.error), 0);
	cr_assert_eq(place.error.code, AUBERGE_WRONG_STATE);
	cr_assert_str_eq(place.error.remedy, "destroy deletes web's disk; to power it off: auberge kill web");
	close(lock);
	cr_assert_lt(auberge_destroy(place.auberge, "wen", NULL, NULL, &place.error), 0);
	cr_assert_eq(place.error.code, AUBERGE_NO_GUEST);
	cr_assert_eq(auberge_destroy(place.auberge, "web", NULL, NULL, &place.error), 0, "%s", place.error.text);
	drop_place(&place);
}
