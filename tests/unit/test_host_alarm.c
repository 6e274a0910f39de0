/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's line about whom the OOM killer took, and what guests can put into it. */
#include "host/alarm.h"

#include <criterion/criterion.h>
#include <string.h>

#define BEFORE "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=payload,mems_allowed=0,oom_memcg="

Test(alarm, finds_the_victim_of_this_guest)
{
	static const char *const lines[] = {
		BEFORE "/auberge/guest-web,task_memcg=/auberge/guest-web/payload,task=stress,pid=4668,uid=0\n",
		BEFORE "/auberge/guest-web,task_memcg=/auberge/guest-web/payload/system.slice/a.service,task=stress,pid=4668,uid=7",
		BEFORE "/auberge/guest-web,task_memcg=/auberge/guest-web,task=stress,pid=4668,uid=0",
		BEFORE "/system.slice/x/auberge/guest-web,task_memcg=/system.slice/x/auberge/guest-web/exec,task=stress,pid=4668,uid=0",
	};
	struct alarm_victim victim;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		victim = (struct alarm_victim){0};
		cr_assert(alarm_parse_victim(lines[i], "auberge", "web", &victim), "%s", lines[i]);
		cr_expect_str_eq(victim.command, "stress");
		cr_expect_eq(victim.pid, 4668);
		cr_expect_not(alarm_parse_victim(lines[i], "auberge", "we", &victim));
		cr_expect_not(alarm_parse_victim(lines[i], "auberge", "web2", &victim));
		cr_expect_not(alarm_parse_victim(lines[i], "auberge-1", "web", &victim));
	}
}

Test(alarm, is_not_led_astray_by_a_guest)
{
	static const char *const lines[] = {
		"", "oom-kill:", "oom-kill:constraint=X", "x" BEFORE "/auberge/guest-web,task_memcg=/auberge/guest-web,task=a,pid=1,uid=0",
		BEFORE "/auberge/guest-web,task_memcg=/auberge/guest-web", BEFORE "/,task_memcg=/auberge/guest-web,pid=3",
		/* groups of another guest's making */
		BEFORE "/auberge/guest-evil,task_memcg=/auberge/guest-evil/payload/auberge/guest-web/x,task=a,pid=1,uid=0",
		BEFORE "/auberge/guest-evil,task_memcg=/auberge/guest-evil/payload/x,task_memcg=/auberge/guest-web,task=a,pid=1,uid=0",
	};
	struct alarm_victim victim = {0};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect_not(alarm_parse_victim(lines[i], "auberge", "web", &victim), "%s", lines[i]);
	cr_assert(alarm_parse_victim(BEFORE "/auberge/guest-web,task_memcg=/auberge/guest-web,task=a\x1b,pid=1,uid=,pid=99,uid=0", "auberge",
	                             "web", &victim));
	cr_expect_eq(victim.pid, 99);
	cr_expect_str_eq(victim.command, "a^[,pid=1,uid=");
}
