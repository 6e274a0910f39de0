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

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HANDLER_USEC 20000u
#define BLIND_USEC 1000000u /* between requests to an init of which nothing can be seen; one without handler loses them */

/* Waiting in sigtimedwait(2), as busybox and tini do: the kernel shows the awaited signals as neither blocked nor caught
 * meanwhile, and delivers them all the same. */
static bool awaits_signals(pid_t pid)
{
	char path[64], text[32];

	snprintf(path, sizeof path, "/proc/%d/syscall", pid);
	return file_read_at(AT_FDCWD, path, text, sizeof text) > 0 && strtol(text, NULL, 10) == SYS_rt_sigtimedwait;
}

/* Caught, or read by an init that keeps it blocked: signalfd, sigwait. */
static bool heeded(const struct supervisor *supervisor, int number)
{
	uint64_t caught, blocked, ignored, bit = 1ull << (number - 1);

	if (process_signals(supervisor->init_pid, &caught, &blocked, &ignored) < 0)
		return true; /* cannot tell: send it */
	if (caught & bit)
		return true;
	return supervisor->verdict.kind && supervisor->verdict.kind->blocked_ok &&
	       ((blocked & bit) || awaits_signals(supervisor->init_pid));
}

static void halt_ask(struct supervisor *supervisor)
{
	int number = supervisor->verdict.halt_signal;
	uint64_t now = now_monotonic_usec();
	bool sure;

	if (number <= 0 || supervisor->init.fd < 0)
		return;
	sure = heeded(supervisor, number);
	if (!supervisor->halt_pending)
		supervisor->halt_blind_usec = now + BLIND_USEC;
	if (sure || now >= supervisor->halt_blind_usec) {
		syscall(SYS_pidfd_send_signal, supervisor->init.fd, number, NULL, 0);
		supervisor->halt_blind_usec = now + BLIND_USEC;
	}
	supervisor->halt_pending = !sure;
	supervisor->halt_again_usec = now + HANDLER_USEC;
}

/* For those who list: a stop past this is overdue. And for a supervisor that comes after us, to go on with it. */
static void halt_note(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	const char *how = supervisor->intent == INTENT_KILL ? "kill" : supervisor->kill_usec ? "stop-kill" : "stop";
	uint64_t now = now_monotonic_usec(), left = supervisor->stop_usec > now ? supervisor->stop_usec - now : 0;
	int64_t at = supervisor->stop_usec ? (int64_t)((now_boottime_usec() + left) / 1000000u) : 0;

	ledger_append(supervisor->ledger_fd, &ignored, LEDGER_PHASE, "stopping %" PRId64 " %s %s", at, how, supervisor->by);
}

void halt_extend(struct supervisor *supervisor, uint64_t deadline_usec)
{
	if (deadline_usec <= supervisor->stop_usec)
		return;
	supervisor->stop_usec = deadline_usec;
	if (supervisor->phase == PHASE_HALTING)
		halt_note(supervisor);
}

void halt_begin(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};

	supervisor->intent = INTENT_STOP;
	halt_note(supervisor);
	if (cgroup_frozen(supervisor->auberge, supervisor->name) > 0) /* a frozen guest hears nothing */
		cgroup_freeze(supervisor->auberge, supervisor->name, false, &ignored);
	/* Looked at again now that it runs: what a rootfs says may be a link that the guest has changed. */
	inits_detect(supervisor->config, supervisor->init_path, supervisor->init_pid, &supervisor->verdict);
	supervisor_write_summary(supervisor);
	halt_ask(supervisor);
}

/* Another stop joins: it may want more time, or a kill at its end. */
void halt_join(struct supervisor *supervisor)
{
	halt_note(supervisor);
	halt_ask(supervisor);
}

void halt_kill(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};

	supervisor->intent = INTENT_KILL;
	supervisor->kill_usec = 0;
	halt_note(supervisor);
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
