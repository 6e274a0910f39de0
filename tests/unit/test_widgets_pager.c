/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines to read: wrapped, cleaned, in the roles of a diff. */
#include "widgets/pager.h"

#include <criterion/criterion.h>

Test(widgets_pager, long_lines_are_broken_at_blanks)
{
	struct pager pager = {0};

	pager_add_wrapped(&pager, ROLE_CRIT, 20, 3, " the guest uses 2.1M now, and 8.0M is below that");
	cr_assert_eq(pager.count, 3);
	cr_assert_str_eq(pager.lines[0], " the guest uses 2.1M");
	cr_assert_str_eq(pager.lines[1], "   now, and 8.0M is");
	cr_assert_str_eq(pager.lines[2], "   below that");
	pager_add_wrapped(&pager, ROLE_TEXT, 20, 3, "");
	pager_add_wrapped(&pager, ROLE_TEXT, 12, 3, "0123456789abcdefghij");
	cr_assert_eq(pager.count, 6);
	cr_assert_str_eq(pager.lines[4], "0123456789ab");
	cr_assert_str_eq(pager.lines[5], "   cdefghij");
	pager_free(&pager);
}

Test(widgets_pager, a_diff_has_its_roles)
{
	struct pager pager = {0};

	pager_add_diff(&pager, "--- a\n+++ b\n@@ -1 +1 @@\n-old\x1b[2J\n+new\n same\n");
	cr_assert_eq(pager.count, 6);
	cr_assert_eq(pager.roles[0], ROLE_DIM);
	cr_assert_eq(pager.roles[2], ROLE_DIM);
	cr_assert_eq(pager.roles[3], ROLE_DIFF_DEL);
	cr_assert_str_eq(pager.lines[3], "-old^[[2J");
	cr_assert_eq(pager.roles[4], ROLE_DIFF_ADD);
	cr_assert_eq(pager.roles[5], ROLE_TEXT);
	pager_free(&pager);
}
