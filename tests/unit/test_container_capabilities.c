/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "container/capabilities.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define BIT(capability) ((uint64_t)1 << (capability))

Test(container_capabilities, text)
{
	char *none = capabilities_text(0), *two = capabilities_text(BIT(CAP_CHOWN) | BIT(CAP_KILL)),
	     *unknown = capabilities_text(BIT(63));

	cr_expect_str_eq(none, "");
	cr_expect_str_eq(two, "cap_chown,cap_kill");
	cr_expect_str_eq(unknown, "63");
	free(none);
	free(two);
	free(unknown);
}

Test(container_capabilities, defaults)
{
	uint64_t plain = capabilities_default_drop(false), privileged = capabilities_default_drop(true);

	cr_expect(plain & BIT(CAP_SYS_MODULE) && plain & BIT(CAP_SYS_TIME) && !(plain & BIT(CAP_SYS_BOOT)));
	cr_expect_eq(plain & privileged, plain);
	cr_expect(privileged & BIT(CAP_DAC_READ_SEARCH) && !(plain & BIT(CAP_DAC_READ_SEARCH)));
}

Test(container_capabilities, applied)
{
	uint64_t before = 0, after = 0, drop = capabilities_default_drop(true) | BIT(CAP_SETPCAP) | BIT(63);
	struct auberge_error error = {0};

	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_assert(capabilities_of(getpid(), &before) == 0 && before != 0);
	cr_assert(capabilities_limit(drop, &error) == 0, "%s", error.text);
	cr_assert(capabilities_apply(drop, &error) == 0, "%s", error.text);
	cr_assert(capabilities_apply(drop, &error) == 0, "twice: %s", error.text);
	cr_assert(capabilities_of(getpid(), &after) == 0);
	cr_expect_eq(after, before & ~drop);
	cap_t sets = cap_get_proc();
	for (cap_value_t capability = 0; capability < 41; capability++) {
		cap_flag_value_t permitted, effective, inheritable;

		cap_get_flag(sets, capability, CAP_PERMITTED, &permitted);
		cap_get_flag(sets, capability, CAP_EFFECTIVE, &effective);
		cap_get_flag(sets, capability, CAP_INHERITABLE, &inheritable);
		cr_expect(inheritable == CAP_CLEAR && effective == permitted);
		cr_expect((permitted == CAP_SET) == ((after & BIT(capability)) != 0), "%d", capability);
	}
	cap_free(sets);
	cr_expect(capabilities_of(-5, &after) < 0);
}
