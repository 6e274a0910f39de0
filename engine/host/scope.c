/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guests have a systemd scope, and what it is called. No bus here: see supervisor/scope.c for the asking. */
#include "host/scope.h"

#include "guest/set.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_ROOT "auberge"

bool scope_host(void)
{
	struct stat status;

	return lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

bool scope_of_default_set(const struct auberge *auberge)
{
	return strcmp(auberge->cgroup_root, DEFAULT_ROOT) == 0;
}

bool scope_serves(const struct auberge *auberge)
{
	size_t length = strlen(DEFAULT_ROOT "-");

	if (scope_of_default_set(auberge))
		return true;
	return auberge->set_id[0] != '\0' && strncmp(auberge->cgroup_root, DEFAULT_ROOT "-", length) == 0 &&
	       strcmp(auberge->cgroup_root + length, auberge->set_id) == 0;
}

void scope_name(char unit[SCOPE_NAME_SIZE], const struct auberge *auberge, const char *name)
{
	bool plain = scope_of_default_set(auberge);

	snprintf(unit, SCOPE_NAME_SIZE, "auberge-%s%s%s.scope", plain ? "" : auberge->set_id, plain ? "" : ":", name);
}
