/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "did you mean" */
#include "auberge.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const verbs[] = {"list", "start", "stop", "restart", "freeze", "thaw", "console", "destroy"};

static const char *near(const char *word)
{
	return auberge_nearest(word, verbs, sizeof verbs / sizeof verbs[0]);
}

Test(base_nearest, finds_the_nearest)
{
	cr_assert_str_eq(near("strat"), "start"); /* a swap counts one */
	cr_assert_str_eq(near("tsop"), "stop");
	cr_assert_str_eq(near("lst"), "list");
	cr_assert_str_eq(near("list"), "list");
	cr_assert_str_eq(near("restrat"), "restart");
	cr_assert_str_eq(near("consolle"), "console");
	cr_assert_str_eq(near("fereze"), "freeze");
}

Test(base_nearest, leaves_strangers_alone)
{
	char longer[200];

	cr_assert_null(near("snapshot"));
	cr_assert_null(near("xy"));
	cr_assert_null(near(""));
	cr_assert_null(auberge_nearest("list", verbs, 0));
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	cr_assert_null(near(longer));
}

Test(base_nearest, a_third_of_a_long_word)
{
	static const char *const keys[] = {"drop_capabilities"};

	cr_assert_str_eq(auberge_nearest("dropcapabilitie", keys, 1), "drop_capabilities");
	cr_assert_str_eq(auberge_nearest("drop_capbilites_x", keys, 1), "drop_capabilities");
	cr_assert_null(auberge_nearest("keep_nothing_here", keys, 1));
}
