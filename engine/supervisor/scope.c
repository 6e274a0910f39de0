/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running auberge-scope with a guest's unit and the processes that go into it, and looking whether it came about. */
#include "supervisor/scope.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "supervisor/build.h"

#include <errno.h>
#include <stdio.h>

#define PIDS_MOST 8

#ifdef AUBERGE_SCOPES /* configure --with-systemd */
#define SCOPES true
#else
#define SCOPES false
#endif

static int ask(const struct auberge *auberge, const char *name, const char *unit, const pid_t *pids, size_t count,
               struct auberge_error *error)
{
	cleanup_free char *program = set_program("auberge-scope");
	const char *arguments[PIDS_MOST + 5] = {"auberge-scope", unit, name, scope_of_default_set(auberge) ? SCOPE_GUARD : ""};
	char numbers[PIDS_MOST][12];
	pid_t pid;

	if (!program)
		return error_set(error, errno, "cannot find auberge-scope");
	for (size_t i = 0; i < count && i < PIDS_MOST; i++) {
		snprintf(numbers[i], sizeof numbers[i], "%d", (int)pids[i]);
		arguments[4 + i] = numbers[i];
	}
	cleanup_close int fd = build_spawn_program(program, arguments, &pid, error);
	return fd < 0 ? -1 : build_await(fd, pid, "auberge-scope", error);
}

void scope_choose(char unit[SCOPE_NAME_SIZE], struct auberge *auberge, const char *name)
{
	struct auberge_error ignored;
	const struct cgroup_layout *layout = SCOPES ? cgroup_layout(auberge, &ignored) : NULL;

	unit[0] = '\0';
	if (layout && layout->systemd && scope_serves(auberge))
		scope_name(unit, auberge, name);
}

int scope_start(struct auberge *auberge, const char *name, const char *unit, const pid_t *pids, size_t count,
                struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);

	if (!layout)
		return -1;
	if (!unit[0])
		return 0;
	if (!cgroup_in_scope(auberge, name) && ask(auberge, name, unit, pids, count, error) < 0)
		return -1;
	for (size_t i = 0; i < layout->count; i++)
		if (cgroup_scoped(auberge, &layout->hierarchies[i], name))
			return 0;
	error_set(error, 0, "systemd made %s, but there is no cgroup " SCOPE_SLICE "/%s", unit, unit);
	return error_remedy(error, "to do without scopes, give the guests a place of your own: auberge --cgroup ROOT start %s", name);
}
