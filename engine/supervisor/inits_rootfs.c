/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rootfs tells about an init whose path tells nothing, by safepath. Kept apart from inits.c since it waits for as
 * long as the guest's file systems like.
 */
#include "supervisor/inits.h"

#include "base/cleanup.h"
#include "container/rootfs.h"
#include "container/safepath.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* sysvinit's /sbin/init is a file of just that name; telinit is a link to it, and to other inits' own files elsewhere. */
static bool has_sysvinit(int root, const char *init_path)
{
	char target[PATH_MAX];
	const char *base = strrchr(init_path, '/'), *other;

	if (!base || strcmp(base, "/init") != 0 || safepath_read_link(root, "/sbin/telinit", target, sizeof target) <= 0)
		return false;
	other = strrchr(target, '/');
	return strcmp(other ? other + 1 : target, "init") == 0;
}

void inits_detect_in(const struct config *config, int root, pid_t init_pid, struct init_verdict *verdict)
{
	cleanup_free char *path = root >= 0 ? rootfs_init_target(root, config ? config->init : NULL) : NULL;
	struct init_signals signals;

	inits_detect(config, path, init_pid, verdict);
	if (!path || strncmp(verdict->detected_by, "nothing", 7) != 0 || !has_sysvinit(root, path))
		return;
	verdict->kind = inits_find("sysvinit");
	snprintf(verdict->detected_by, sizeof verdict->detected_by, "rootfs: %.30s and telinit", path);
	verdict->halt_signal = config && config->halt_signal ? config->halt_signal : verdict->kind->halt_signal;
	verdict->reboot_signal = config && config->reboot_signal ? config->reboot_signal : verdict->kind->reboot_signal;
	if (init_pid > 0 && inits_signals(init_pid, &signals) == 0)
		inits_choose(config, &signals, verdict);
}
