/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking a guest to halt. The kernel drops a signal to a pid 1 that has no handler for it (pid_namespaces(7)), so the
 * request is held back until init catches it, and looked at again every 20 ms meanwhile: handlers announce themselves
 * by no event. A clean stop never becomes a kill by itself; killing is done only where a request said so.
 */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/ledger.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HANDLER_USEC 20000u

/* Caught, or blocked by an init that reads it from a signalfd. */
static bool heeded(const struct supervisor *supervisor, int number)
{
	uint64_t caught, blocked, ignored, bit = 1ull << (number - 1);

	if (process_signals(supervisor->init_pid, &caught, &blocked, &ignored) < 0)
		return true; /* cannot tell: send it */
	return (caught & bit) || (supervisor->verdict.kind && supervisor->verdict.kind->blocked_ok && (blocked & bit));
}

void halt_ask(struct supervisor *supervisor)
{
	int number = supervisor->verdict.halt_signal;

	supervisor->halt_pending = false;
	if (number <= 0 || supervisor->init.fd < 0)
		return;
	if (!heeded(supervisor, number)) {
		supervisor->halt_pending = true;
		supervisor->halt_again_usec = now_monotonic_usec() + HANDLER_USEC;
		return;
	}
	syscall(SYS_pidfd_send_signal, supervisor->init.fd, number, NULL, 0);
}

void halt_begin(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	int64_t deadline = 0;

	supervisor->intent = INTENT_STOP;
	for (const struct client *client = supervisor->clients; client; client = client->next)
		if (client->state == CLIENT_WAITING && client->deadline_usec) {
			uint64_t now = now_monotonic_usec(), left = client->deadline_usec > now ? client->deadline_usec - now : 0;
			int64_t at = (int64_t)((now_boottime_usec() + left) / 1000000u);

			deadline = at > deadline ? at : deadline;
		}
	ledger_append(supervisor->ledger_fd, &ignored, LEDGER_PHASE, "stopping %" PRId64, deadline);
	if (cgroup_frozen(supervisor->auberge, supervisor->name) > 0) /* a frozen guest hears nothing */
		cgroup_freeze(supervisor->auberge, supervisor->name, false, &ignored);
	/* Looked at again now that it runs: what a rootfs says may be a link that the guest has changed. */
	inits_detect(supervisor->config, supervisor->init_path, supervisor->init_pid, &supervisor->verdict);
	supervisor_write_summary(supervisor);
	halt_ask(supervisor);
}

void halt_kill(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};

	supervisor->intent = INTENT_KILL;
	supervisor->kill_usec = 0;
	supervisor->halt_pending = false;
	if (supervisor->init.fd >= 0) /* with pid 1 the kernel ends the whole pid namespace */
		syscall(SYS_pidfd_send_signal, supervisor->init.fd, SIGKILL, NULL, 0);
	cgroup_kill(supervisor->auberge, supervisor->name, &ignored);
}

void halt_tick(struct supervisor *supervisor, uint64_t now)
{
	if (supervisor->halt_pending && now >= supervisor->halt_again_usec)
		halt_ask(supervisor);
	if (supervisor->kill_usec && now >= supervisor->kill_usec)
		lifecycle_happen(supervisor, KILL_ASKED);
}

uint64_t halt_deadline(const struct supervisor *supervisor)
{
	uint64_t nearest = supervisor->halt_pending ? supervisor->halt_again_usec : UINT64_MAX;

	if (supervisor->kill_usec && supervisor->kill_usec < nearest)
		nearest = supervisor->kill_usec;
	return nearest;
}
