/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of mountinfo: fields, escapes, and what is none. */
#include "host/mountinfo.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(host_mountinfo, fields_and_escapes)
{
	char line[] = "36 35 98:0 /a\\040b /mnt\\134\\012x rw,noatime master:1 - ext3 /dev/root rw";
	struct mountinfo mount;

	cr_assert(mountinfo_split(line, &mount));
	cr_expect_str_eq(mount.id, "36");
	cr_expect_str_eq(mount.device, "98:0");
	cr_expect_str_eq(mount.root, "/a b");
	cr_expect_str_eq(mount.place, "/mnt\\\nx");
}

Test(host_mountinfo, what_is_no_line)
{
	static const char *const none[] = {"", " ", "36 35 98:0 /", "36 35 98:0 / /mnt"};
	struct mountinfo mount;
	char line[64];

	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		snprintf(line, sizeof line, "%s", none[i]);
		cr_expect_not(mountinfo_split(line, &mount), "%s", none[i]);
	}
}
