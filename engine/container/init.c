/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the guest's own root to its init: whatever the caller of `start` had (signals, limits, environment, keyring,
 * descriptors, terminal) is replaced here. Nothing of it may reach the guest. Capabilities go last.
 */
#include "container/init.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "container/capabilities.h"
#include "container/process_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int take_console(int console, struct auberge_error *error)
{
	if (setsid() < 0 && errno != EPERM)
		return error_set(error, errno, "cannot begin a session");
	if (ioctl(console, TIOCSCTTY, 0) < 0)
		return error_set(error, errno, "cannot take the console as terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(console, fd) < 0)
			return error_set(error, errno, "cannot take the console as file %d", fd);
	return 0;
}

int init_exec(const struct container_plan *plan, int console, struct auberge_error *error)
{
	const char *hostname = plan->config->hostname ? plan->config->hostname : plan->name;
	const char *init = plan->config->init ? plan->config->init : "/sbin/init";
	char uuid[64];
	char *arguments[] = {NULL, NULL};
	char *environment[] = {
		(char *)(uintptr_t)"PATH=" PROCESS_PATH,
		(char *)(uintptr_t)"HOME=/root",
		(char *)(uintptr_t)"TERM=linux",
		(char *)(uintptr_t)"container=auberge",
		NULL, /* those that there is a value for */
		NULL,
		NULL,
	};
	char **more = environment + 4;
	cleanup_free char *name = strdup(init);

	if (!name)
		return error_set(error, ENOMEM, "%s", plan->name);
	arguments[0] = name;
	snprintf(uuid, sizeof uuid, "container_uuid=%s", plan->uuid);
	if (plan->uuid[0])
		*more++ = uuid;
	if (plan->notify_tree >= 0)
		*more = (char *)(uintptr_t)"NOTIFY_SOCKET=/run/host/notify";
	if (sethostname(hostname, strlen(hostname)) < 0)
		return error_set(error, errno, "cannot set the host name %s", hostname);
	if (process_reset_limits(error) < 0)
		return -1;
	process_reset_score();
	if (take_console(console, error) < 0)
		return -1;
	if (process_close_others(error) < 0 || chdir("/") < 0)
		return error_set(error, errno, "cannot leave what the caller had open");
	umask(022);
	if (capabilities_apply(plan->drop, error) < 0)
		return -1;
	process_reset_signals();
	if (fault_point(FAULT_CHILD_EXEC, error) < 0)
		return -1;
	execve(init, arguments, environment);
	return error_set(error, errno, "cannot run the init %s in the guest", init);
}
