/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking a guest to halt. The kernel drops a signal to a pid 1 that has no handler for it (pid_namespaces(7)), so the
 * request is held back until init catches it, and looked at again every 20 ms meanwhile: handlers announce themselves
 * by no event. A request that was heard may still come to nothing (too early in its boot, a script that is not there):
 * while no process of the guest goes, the second rung asks again (rung.c), in a process of its own that this one only
 * watches. A clean stop never becomes a kill by itself; killing is done only where a request said so.
 */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "supervisor/build.h"
#include "supervisor/ledger.h"
#include "supervisor/rung.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDLER_USEC 20000u
#define BLIND_USEC 1000000u /* between requests to an init of which nothing can be seen; one without handler loses them */
#define RUNG_USEC 5000000u  /* from a request to the look whether the guest is ending; twice as long each further time */
#define RUNG_DOUBLINGS 3
#define RUNG_END_USEC 5000000u /* for its process to see that the guest has ended */

/* --- the second rung ------------------------------------------------------------------------------------------ */

static void rung_over(struct supervisor *supervisor, bool kill_it)
{
	int status = 0;

	if (supervisor->rung_pid <= 0)
		return;
	if (kill_it) /* our own child, not waited for yet: the pid is its own. What does not die now is reaped at the end */
		kill(supervisor->rung_pid, SIGKILL);
	loop_forget(supervisor, &supervisor->rung);
	waitpid(supervisor->rung_pid, &status, kill_it ? WNOHANG : 0);
	supervisor->rung_pid = 0;
	supervisor->rung_kill_usec = 0;
	if (kill_it || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		supervisor->rung_failed = true;
	ending_drain(supervisor); /* it may have waited for this */
}

static void rung_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	char data[FRAME_LIMIT];
	size_t none;
	ssize_t got = receive_with_fds(watch->fd, data, sizeof data, NULL, 0, &none);

	(void)events;
	if (got <= 0 && got != -EAGAIN) /* what it said is in its status too */
		rung_over(supervisor, false);
}

static void rung_spawn(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	int fd;

	if (supervisor->rung_pid > 0) /* the last one is bounded in time: it ends before long */
		return;
	supervisor->rung_asked = true;
	fd = build_spawn(supervisor->auberge, supervisor->name, RUNG_MODE_HALT, &supervisor->rung_pid, &ignored);
	supervisor->rung_failed = fd < 0;
	if (fd < 0) {
		supervisor->rung_pid = 0;
		return;
	}
	supervisor->rung = (struct watch){.fd = fd, .ready = rung_ready};
	if (loop_watch(supervisor, &supervisor->rung, EPOLLIN) < 0)
		rung_over(supervisor, true);
}

/* A program that has heard its signal is left to it: its poweroff would be another signal, which may mean anything. */
static bool rung_wanted(const struct supervisor *supervisor)
{
	const struct init_kind *kind = supervisor->verdict.kind;

	return kind && kind->halt_command && (supervisor->halt_pending || (kind->traits & INIT_ASK_AGAIN));
}

static size_t count_processes(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	pid_t *pids = NULL;
	size_t count = 0;

	cgroup_pids(supervisor->auberge, supervisor->name, &pids, &count, &ignored);
	free(pids);
	return count;
}

static void rung_wait(struct supervisor *supervisor, uint64_t now)
{
	unsigned doublings = supervisor->rung_looks < RUNG_DOUBLINGS ? supervisor->rung_looks : RUNG_DOUBLINGS;

	supervisor->rung_usec = now + ((uint64_t)RUNG_USEC << doublings);
	supervisor->rung_count = count_processes(supervisor);
}

/* Fewer processes than at the last look: it is ending. */
static void rung_look(struct supervisor *supervisor, uint64_t now)
{
	bool fewer = count_processes(supervisor) < supervisor->rung_count;

	if (rung_wanted(supervisor) && !fewer) {
		rung_spawn(supervisor);
		supervisor->rung_looks++;
	}
	rung_wait(supervisor, now);
}

void halt_tell(const struct supervisor *supervisor, char *out, size_t size)
{
	char by[48];

	out[0] = '\0';
	if (!supervisor->rung_asked)
		return;
	inits_second_rung(&supervisor->verdict, by, sizeof by);
	snprintf(out, size, ", asked%s by %s%s", supervisor->verdict.command_first ? "" : " again", *by ? by : "runit.stopit",
	         supervisor->rung_failed ? " in vain" : "");
}

/* --- the request ---------------------------------------------------------------------------------------------- */

/* Looked at again while it is not heard: what runs may still be on its way to the init that it becomes. */
static bool heeded(struct supervisor *supervisor)
{
	struct init_signals signals;

	inits_detect(supervisor->config, supervisor->init_path, supervisor->init_pid, &supervisor->verdict);
	if (inits_signals(supervisor->init_pid, &signals) < 0)
		return true; /* cannot tell: send it */
	return inits_heeds(supervisor->verdict.kind, &signals, supervisor->verdict.halt_signal);
}

/* False: it could not be sent. */
static bool send_request(struct supervisor *supervisor)
{
	const struct init_verdict *verdict = &supervisor->verdict;

	if (verdict->command_first || verdict->files)
		rung_spawn(supervisor);
	else if (verdict->halt_signal > 0)
		return syscall(SYS_pidfd_send_signal, supervisor->init.fd, verdict->halt_signal, NULL, 0) == 0;
	return true;
}

static void halt_ask(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	uint64_t now = now_monotonic_usec();
	bool sure;

	if (supervisor->init.fd < 0)
		return;
	sure = heeded(supervisor);
	if (!supervisor->halt_pending)
		supervisor->halt_blind_usec = now + BLIND_USEC;
	if (sure || now >= supervisor->halt_blind_usec) {
		if (!send_request(supervisor))
			sure = false; /* asked again: EAGAIN is of a queue that is full */
		supervisor->halt_blind_usec = now + BLIND_USEC;
	}
	if (sure && supervisor->halt_pending) /* its time begins now */
		rung_wait(supervisor, now);
	if (sure && !supervisor->halt_heard)
		ledger_append(supervisor->ledger_fd, &ignored, LEDGER_HALT_HEARD, "%" PRIu64, now_boottime_usec() / 1000000u);
	supervisor->halt_heard = sure;
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
	fault_point(FAULT_HALT_BEGUN, &ignored);
	if (cgroup_frozen(supervisor->auberge, supervisor->name) > 0) /* a frozen guest hears nothing */
		cgroup_freeze(supervisor->auberge, supervisor->name, false, &ignored);
	supervisor->halt_pending = supervisor->rung_asked = supervisor->rung_failed = false;
	supervisor->halt_heard = supervisor->halt_was_heard;
	supervisor->halt_was_heard = false;
	supervisor->rung_looks = 0;
	rung_wait(supervisor, now_monotonic_usec());
	/* Who was asked by a supervisor that died is not asked by its successor where once is enough. */
	if (!supervisor->halt_heard || !supervisor->verdict.kind || (supervisor->verdict.kind->traits & INIT_ASK_AGAIN))
		halt_ask(supervisor);
	supervisor_write_summary(supervisor);
}

/* Another stop joins: it may want more time, or a kill at its end, and repeats the request. */
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
	halt_over(supervisor);
	if (supervisor->init.fd >= 0) /* with pid 1 the kernel ends the whole pid namespace */
		syscall(SYS_pidfd_send_signal, supervisor->init.fd, SIGKILL, NULL, 0);
	cgroup_kill(supervisor->auberge, supervisor->name, &ignored);
}

void halt_over(struct supervisor *supervisor)
{
	supervisor->halt_pending = supervisor->halt_heard = false;
	supervisor->rung_usec = 0;
	if (supervisor->rung_pid > 0) /* with the guest ends what it waits for */
		supervisor->rung_kill_usec = now_monotonic_usec() + RUNG_END_USEC;
}

void halt_tick(struct supervisor *supervisor, uint64_t now)
{
	if (supervisor->halt_pending && now >= supervisor->halt_again_usec)
		halt_ask(supervisor);
	if (supervisor->rung_usec && now >= supervisor->rung_usec)
		rung_look(supervisor, now);
	if (supervisor->rung_kill_usec && now >= supervisor->rung_kill_usec)
		rung_over(supervisor, true);
	if (supervisor->kill_usec && now >= supervisor->kill_usec)
		lifecycle_happen(supervisor, KILL_ASKED);
}

uint64_t halt_deadline(const struct supervisor *supervisor)
{
	uint64_t nearest = supervisor->halt_pending ? supervisor->halt_again_usec : UINT64_MAX;

	if (supervisor->rung_usec && supervisor->rung_usec < nearest)
		nearest = supervisor->rung_usec;
	if (supervisor->rung_kill_usec && supervisor->rung_kill_usec < nearest)
		nearest = supervisor->rung_kill_usec;
	if (supervisor->kill_usec && supervisor->kill_usec < nearest)
		nearest = supervisor->kill_usec;
	return nearest;
}
