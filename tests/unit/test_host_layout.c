/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountinfo to layout: v1, hybrid, v2, systemd's joined controllers, escapes, doubles, nonsense. */
#include "host/cgroup_private.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define V1(id, place, options) id " 31 0:" id " / " place " rw,relatime - cgroup cgroup rw," options "\n"
#define V2(id, place) id " 31 0:" id " / " place " rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

static struct cgroup_layout parse(const char *text)
{
	struct cgroup_layout layout;

	cr_assert_eq(cgroup_layout_parse(text, &layout), 0);
	return layout;
}

Test(host_layout, pure_v1)
{
	struct cgroup_layout layout = parse(V1("32", "/sys/fs/cgroup/memory", "memory") V1("33", "/sys/fs/cgroup/systemd",
	                                                                                 "xattr,name=systemd"));

	cr_assert_eq(layout.count, 2);
	cr_assert_eq(layout.v2, -1);
	cr_assert(!layout.pure);
	cr_assert_str_eq(layout.hierarchies[0].directory, "memory");
	cr_assert_str_eq(layout.hierarchies[0].options, "memory");
	cr_assert_str_eq(layout.hierarchies[0].controllers, ",memory,");
	cr_assert_str_eq(layout.hierarchies[1].options, "none,name=systemd");
	cr_assert(layout.hierarchies[1].named);
	cr_assert_eq(cgroup_for(&layout, "memory"), &layout.hierarchies[0]);
	cr_assert_null(cgroup_for(&layout, "pids"));
	cr_assert_eq(cgroup_control(&layout), &layout.hierarchies[0]);
}

Test(host_layout, hybrid)
{
	struct cgroup_layout layout = parse(V1("32", "/sys/fs/cgroup/blkio", "blkio") V2("41", "/sys/fs/cgroup/unified"));

	cr_assert_eq(layout.v2, 1);
	cr_assert(!layout.pure);
	cr_assert_str_eq(layout.hierarchies[1].directory, "unified");
	cr_assert_eq(cgroup_for(&layout, "io"), &layout.hierarchies[0]);
	cr_assert_eq(cgroup_control(&layout), &layout.hierarchies[1]);
}

Test(host_layout, pure_v2)
{
	struct cgroup_layout layout = parse("22 1 0:20 / /proc rw - proc proc rw\n" V2("30", "/sys/fs/cgroup"));

	cr_assert_eq(layout.count, 1);
	cr_assert_eq(layout.v2, 0);
	cr_assert(layout.pure);
	cr_assert_str_eq(layout.hierarchies[0].directory, "");
	cr_assert_str_eq(layout.hierarchies[0].options, "");
	strcpy(layout.hierarchies[0].controllers, ",cpuset,cpu,io,");
	cr_assert_eq(cgroup_for(&layout, "blkio"), &layout.hierarchies[0]);
	cr_assert_eq(cgroup_for(&layout, "cpuacct"), &layout.hierarchies[0]);
	cr_assert_null(cgroup_for(&layout, "memory"));
}

Test(host_layout, joined_controllers)
{
	struct cgroup_layout layout = parse(V1("32", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct")
	                                        V1("33", "/sys/fs/cgroup/net_cls,net_prio", "net_cls,net_prio,release_agent=/x"));

	cr_assert_str_eq(layout.hierarchies[0].directory, "cpu,cpuacct");
	cr_assert_str_eq(layout.hierarchies[0].controllers, ",cpu,cpuacct,");
	cr_assert_str_eq(layout.hierarchies[1].options, "net_cls,net_prio");
	cr_assert_eq(cgroup_for(&layout, "cpu"), &layout.hierarchies[0]);
	cr_assert_eq(cgroup_for(&layout, "cpuacct"), &layout.hierarchies[0]);
	cr_assert_null(cgroup_for(&layout, "net"));
}

Test(host_layout, escapes_and_other_places)
{
	struct cgroup_layout layout = parse(V1("32", "/mnt/c\\040g\\134x", "memory") V2("33", "/cg2"));

	cr_assert_str_eq(layout.hierarchies[0].mount, "/mnt/c g\\x");
	cr_assert_str_eq(layout.hierarchies[0].directory, "c g\\x");
	cr_assert_str_eq(layout.hierarchies[1].directory, "cg2");
}

Test(host_layout, doubles_count_once)
{
	struct cgroup_layout layout = parse("40 31 0:31 /docker/x /mnt/part rw - cgroup cgroup rw,memory\n"
	                                    "41 31 0:31 / /mnt/whole rw - cgroup cgroup rw,memory\n"
	                                    "42 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	                                    "43 31 0:31 / /other rw - cgroup cgroup rw,memory\n");

	cr_assert_eq(layout.count, 1);
	cr_assert_str_eq(layout.hierarchies[0].mount, "/sys/fs/cgroup/memory");
}

Test(host_layout, nonsense_is_left_out)
{
	struct cgroup_layout layout = parse("\n- - -\n1 2 3 4 5 6 - cgroup\n1 2 3 / / rw - cgroup c rw,memory\n"
	                                    "1 2 3 / /x rw - cgroup c rw\n1 2 3 4 5 6 7 8 9");

	cr_assert_eq(layout.count, 0);
	cr_assert_null(cgroup_control(&layout));
}

Test(host_layout, too_many_are_refused)
{
	char text[8192];
	size_t length = 0;
	struct cgroup_layout layout;

	for (int i = 0; i <= CGROUP_HIERARCHIES; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "1 1 0:%d / /c/%d rw - cgroup c rw,name=n%d\n", i, i, i);
	cr_assert_eq(cgroup_layout_parse(text, &layout), -E2BIG);
}

Test(host_layout, flags_of_events)
{
	cr_assert_eq(cgroup_flag("populated 1\nfrozen 0\n", "populated"), 1);
	cr_assert_eq(cgroup_flag("populated 1\nfrozen 0\n", "frozen"), 0);
	cr_assert_eq(cgroup_flag("populated 1\n", "frozen"), -ENOENT);
}
