/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `config check`: the very checks of a start, by the very program that would do it, without a side effect. */
#include "auberge.h"

#include "guest/set.h"
#include "supervisor/build.h"

int auberge_config_check(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	if (set_require_guest(auberge, name, error) < 0)
		return -1;
	return build_run(auberge, name, "check", error);
}
