/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's scope: its name, and where the guest's cgroups are with and without it. No systemd is needed for that. */
#include "base/error.h"
#include "guest/set.h"
#include "host/cgroup_private.h"
#include "host/scope.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SET "0123456789abcdef"

static struct auberge set(const char *root, const char *id)
{
	struct auberge auberge = {.cgroup_root = (char *)(uintptr_t)root};

	snprintf(auberge.set_id, sizeof auberge.set_id, "%s", id);
	return auberge;
}

Test(host_scope, names)
{
	struct auberge standard = set("auberge", SET), other = set("auberge-" SET, SET);
	char unit[SCOPE_NAME_SIZE], name[AUBERGE_NAME_MAX + 1];

	scope_name(unit, &standard, "web.1");
	cr_expect_str_eq(unit, "auberge-web.1.scope");
	scope_name(unit, &other, "web");
	cr_expect_str_eq(unit, "auberge-" SET ":web.scope");
	memset(name, 'n', AUBERGE_NAME_MAX);
	name[AUBERGE_NAME_MAX] = '\0';
	scope_name(unit, &other, name);
	cr_expect_str_eq(unit + strlen(unit) - 6, ".scope", "the longest name fits");
}

Test(host_scope, who_gives_a_root_gets_no_scope)
{
	struct auberge standard = set("auberge", ""), other = set("auberge-" SET, SET), given = set("mine", SET),
		       pending = set("auberge-0000000000000000", ""), foreign = set("auberge-0000000000000000", SET);

	cr_expect(scope_serves(&standard) && scope_of_default_set(&standard));
	cr_expect(scope_serves(&other) && !scope_of_default_set(&other));
	cr_expect(!scope_serves(&given) && !scope_serves(&pending) && !scope_serves(&foreign));
}

static void expect_path(const struct auberge *auberge, enum cgroup_group group, const char *file, const char *wanted)
{
	const struct cgroup_layout *layout = auberge->cgroups;
	char path[CGROUP_PATH];

	cr_assert_eq(cgroup_path(path, auberge, &layout->hierarchies[0], group, "web", file), 0);
	cr_expect_str_eq(path + strlen(layout->hierarchies[0].mount), wanted);
}

Test(host_scope, the_cgroups_lie_where_the_scope_is)
{
	struct cgroup_layout layout = {.count = 1, .v2 = 0, .pure = true, .hierarchies[0].v2 = true};
	struct auberge auberge = set("auberge", "");
	char place[] = "/tmp/auberge-scope-XXXXXX", slice[64], scope[96], path[32];

	auberge.cgroups = &layout;
	cr_assert_not_null(mkdtemp(place));
	snprintf(layout.hierarchies[0].mount, sizeof layout.hierarchies[0].mount, "%s", place);
	snprintf(slice, sizeof slice, "%s/auberge.slice", place);
	snprintf(scope, sizeof scope, "%s/auberge-web.scope", slice);
	cr_assert(mkdir(slice, 0700) == 0 && mkdir(scope, 0700) == 0);

	layout.systemd = false; /* look-alikes on a host without systemd are not looked at */
	expect_path(&auberge, CGROUP_OF_GUEST, NULL, "/auberge/guest-web");
	layout.systemd = true;
	cr_expect(cgroup_scoped(&auberge, &layout.hierarchies[0], "web"));
	expect_path(&auberge, CGROUP_OF_GUEST, "memory.max", "/auberge.slice/auberge-web.scope/guest/memory.max");
	expect_path(&auberge, CGROUP_OF_PAYLOAD, NULL, "/auberge.slice/auberge-web.scope/guest/payload");
	expect_path(&auberge, CGROUP_OF_EXEC, NULL, "/auberge.slice/auberge-web.scope/guest/exec");
	expect_path(&auberge, CGROUP_OF_SUPERVISOR, NULL, "/auberge.slice/auberge-web.scope/supervisor");
	cr_expect_eq(cgroup_guest_directory(&auberge, &layout.hierarchies[0], "web", path, sizeof path), -ENAMETOOLONG);

	rmdir(scope); /* systemd's to make: nothing of ours makes one again */
	expect_path(&auberge, CGROUP_OF_SUPERVISOR, NULL, "/auberge/supervisor/web");
	snprintf(scope, sizeof scope, "%s/auberge-web.scope/supervisor", slice);
	cr_expect_lt(cgroup_make(&layout.hierarchies[0], scope), 0);
	scope[strlen(scope) - strlen("/supervisor")] = '\0';
	cr_expect_eq(access(scope, F_OK), -1);
	rmdir(slice);
	rmdir(place);
}
