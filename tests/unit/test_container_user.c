/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every form of a user: what is not wholly understood is an error, and never id 0. */
#include "base/cleanup.h"
#include "container/guest_user.h"

#include <criterion/criterion.h>

static const char passwd[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"joe:x:1000:1001:Joe:/home/joe:/bin/zsh\n"
	"minus:x:-1:0::/:/bin/sh\n"
	"limit:x:4294967295:4294967295::/:/bin/sh\n"
	"wrap:x:4294967296:4294967296::/:/bin/sh\n"
	"empty:x:::::\n"
	"short\n"
	"word:x:zero:zero::/:/bin/sh\n"
	"relative:x:1002:1002::home:sh\n"
	"1234:x:5:5::/five:/bin/sh\n"
	"last:x:1003:1003::/home/last:/bin/sh";
static const char group[] =
	"root:x:0:joey,xjoe\nusers:x:1001:\naudio:x:29:joe\nvideo:x:44:a,joe,b\nbad:x:-1:joe\nwrap:x:4294967296:joe\n";

Test(container_user, good_forms)
{
	static const struct {
		const char *text;
		uid_t uid;
		gid_t gid;
		size_t groups;
		const char *home, *shell;
	} cases[] = {
		{NULL, 0, 0, 0, "/root", "/bin/sh"},
		{"root", 0, 0, 0, "/root", "/bin/sh"},
		{"0", 0, 0, 0, "/root", "/bin/sh"},
		{"joe", 1000, 1001, 2, "/home/joe", "/bin/zsh"},
		{"1000", 1000, 1001, 2, "/home/joe", "/bin/zsh"},
		{"joe:audio", 1000, 29, 0, "/home/joe", "/bin/zsh"},
		{"joe:7", 1000, 7, 0, "/home/joe", "/bin/zsh"},
		{"1000:0", 1000, 0, 0, "/home/joe", "/bin/zsh"},
		{"4294967294:4294967294", 4294967294u, 4294967294u, 0, "/", "/bin/sh"},
		{"1234:77", 1234, 77, 0, "/", "/bin/sh"}, /* a user whose name is a number is not meant */
		{"relative", 1002, 1002, 0, "/", "/bin/sh"},
		{"last", 1003, 1003, 0, "/home/last", "/bin/sh"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct auberge_error error = {0};
		struct guest_user user;

		cr_expect(guest_user_parse(passwd, group, cases[i].text, &user, &error) == 0, "%s: %s", cases[i].text, error.text);
		cr_expect(user.uid == cases[i].uid && user.gid == cases[i].gid, "%s: %u:%u", cases[i].text, user.uid, user.gid);
		cr_expect_eq(user.groups_count, cases[i].groups, "%s", cases[i].text);
		cr_expect_str_eq(user.home, cases[i].home);
		cr_expect_str_eq(user.shell, cases[i].shell);
	}
}

Test(container_user, wrong_forms_are_errors)
{
	static const char *const cases[] = {
		"", ":", "1:", ":1", "joe:", ":users", "-1", "+1", "1000:-1", "1000:+0", "4294967295", "4294967295:0", "4294967296",
		"4294967296:0", "18446744073709551616:0", "99999999999999999999:0", "0:4294967295", "0:4294967296", "00", "01", "0x0",
		"0:00", " 0", "0 ", "0\n", "1 0", "joe ", "1000:users:x", "nobody", "1234", "2000", "joe:nogroup", "minus", "limit", "wrap",
		"empty", "short", "word", "joe:bad", "joe:wrap", "r\xc3\xb6t", "root\x01", "\x7f",
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct auberge_error error = {0};
		struct guest_user user;

		cr_expect(guest_user_parse(passwd, group, cases[i], &user, &error) < 0, "\"%s\"", cases[i]);
		cr_expect(error.code == AUBERGE_FAILED && error.text[0]);
		cr_expect_neq(user.uid, 0, "\"%s\"", cases[i]);
	}
}

Test(container_user, a_guest_without_files)
{
	struct auberge_error error = {0};
	struct guest_user user;

	cr_expect(guest_user_parse(NULL, NULL, NULL, &user, &error) == 0 && user.uid == 0 && user.gid == 0);
	cr_expect(guest_user_parse(NULL, NULL, "5:6", &user, &error) == 0 && user.uid == 5 && user.gid == 6);
	cr_expect(guest_user_parse(NULL, NULL, "joe", &user, &error) < 0);
}
