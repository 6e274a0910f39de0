/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest ends: init's status is taken, the cgroup runs empty, the end is written down, auberge-build takes apart
 * what the ledger names, the ledger goes last. Or it is started again: on its own reboot, or by its restart policy.
 */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void end_cause(struct supervisor *supervisor, const char *cause, bool bad)
{
	snprintf(supervisor->end.cause, sizeof supervisor->end.cause, "%s", cause);
	supervisor->end.bad = bad;
}

/* reboot(2) in a pid namespace: "restart" ends its init by SIGHUP, "power off" and "halt" by SIGINT. */
static void judge(struct supervisor *supervisor, const siginfo_t *info)
{
	bool signalled = info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED;

	supervisor->end.status = signalled ? 128 + info->si_status : info->si_status;
	if (supervisor->intent == INTENT_KILL)
		end_cause(supervisor, "killed", false);
	else if (supervisor->intent == INTENT_STOP)
		end_cause(supervisor, "stopped", false);
	else if (signalled && info->si_status == SIGINT)
		end_cause(supervisor, "poweroff", false);
	else if (signalled && info->si_status == SIGHUP)
		end_cause(supervisor, "reboot", false);
	else if (signalled && info->si_status == SIGKILL && pressure_killed(supervisor))
		end_cause(supervisor, "oom", true);
	else if (signalled)
		end_cause(supervisor, "signalled", true);
	else
		end_cause(supervisor, "exited", info->si_status != 0);
	supervisor->rebooting = supervisor->intent == INTENT_NONE && signalled && info->si_status == SIGHUP;
}

/* Its parent knows: we, or the keeper. A parent that died with it leaves the kernel's word, where there is one. */
static bool init_status(struct supervisor *supervisor, siginfo_t *info)
{
	int status;

	if (supervisor->init_end.si_pid > 0) {
		*info = supervisor->init_end;
		return true;
	}
	if (supervisor->init.fd >= 0 && waitid(P_PIDFD, (id_t)supervisor->init.fd, info, WEXITED | WNOWAIT | __WALL) == 0)
		return true;
	if (process_exit_status(supervisor->init.fd, supervisor->init_pid, supervisor->init_start, &status) < 0)
		return false;
	info->si_code = WIFSIGNALED(status) ? CLD_KILLED : CLD_EXITED;
	info->si_status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

void ending_init_exited(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	siginfo_t info = {0};

	fault_number(FAULT_END_SEEN);
	halt_over(supervisor);
	supervisor->end = (struct auberge_end){.known = true, .status = -1, .time_seconds = time(NULL)};
	supervisor->end.ran_seconds = (double)(now_boottime_usec() - supervisor->started_usec) / 1e6;
	if (init_status(supervisor, &info)) {
		ledger_append(supervisor->ledger_fd, &ignored, LEDGER_INIT_END, "%d %d %" PRId64, info.si_code, info.si_status,
		              supervisor->end.time_seconds);
		judge(supervisor, &info);
	} else {
		end_cause(supervisor, supervisor->intent == INTENT_NONE ? "unknown" : supervisor->intent == INTENT_KILL ? "killed" : "stopped",
		          supervisor->intent == INTENT_NONE);
	}
	if (supervisor->init_ours) /* only now that it is written down */
		waitid(P_PIDFD, (id_t)supervisor->init.fd, &info, WEXITED | __WALL);
	loop_forget(supervisor, &supervisor->init);
	keep_drop(supervisor, "init");
	notify_end(supervisor);
	ending_drain(supervisor);
}

static void cgroup_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	ending_drain(supervisor);
}

void ending_drain(struct supervisor *supervisor)
{
	if (supervisor->phase != PHASE_DRAINING || supervisor->rung_pid > 0)
		return;
	if (supervisor->cgroup.fd < 0) {
		int fd = cgroup_open_events(supervisor->auberge, supervisor->name);

		supervisor->cgroup = (struct watch){.fd = fd, .ready = cgroup_ready};
	}
	if (supervisor->cgroup.fd >= 0) {
		char text[64];

		/* A reading arms the file for the next change: asked after it, so that no change falls between. */
		if (pread(supervisor->cgroup.fd, text, sizeof text, 0) >= 0 &&
		    loop_watch(supervisor, &supervisor->cgroup, EPOLLPRI) == 0 &&
		    cgroup_populated(supervisor->auberge, supervisor->name) > 0)
			return;
	}
	loop_forget(supervisor, &supervisor->cgroup);
	lifecycle_happen(supervisor, EMPTIED);
}

static void write_down(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	struct auberge_history_event event = {.event = "end", .time_seconds = supervisor->end.time_seconds};

	snprintf(event.name, sizeof event.name, "%s", supervisor->name);
	snprintf(event.cause, sizeof event.cause, "%s", supervisor->end.cause);
	snprintf(event.by, sizeof event.by, "%s", supervisor->intent == INTENT_NONE ? "guest" : supervisor->by);
	snprintf(event.detail, sizeof event.detail, "%s", supervisor->end.detail);
	event.status = supervisor->end.status;
	event.seconds = supervisor->end.ran_seconds;
	history_write_end(supervisor->auberge, supervisor->name, &supervisor->end, &ignored);
	history_add(supervisor->auberge, supervisor->name, &event, &ignored);
}

static void tell_readying(struct supervisor *supervisor)
{
	const struct auberge_end *end = &supervisor->end;
	struct auberge_error error = {0};

	if (end->status >= 0)
		error_set(&error, 0, "%s: it ended before it was ready: %s, status %d", supervisor->name, end->cause, end->status);
	else
		error_set(&error, 0, "%s: it ended before it was ready: %s", supervisor->name, end->cause);
	control_tell(supervisor, CLIENT_READYING, &error);
}

void ending_reclaim(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};

	tell_readying(supervisor);
	pressure_end(supervisor);
	restart_judge(supervisor);
	console_release(supervisor, !supervisor->restart.again);
	write_down(supervisor);
	fault_number(FAULT_END_WRITTEN);
	if (supervisor->ledger_fd >= 0 && !supervisor->restart.again) /* written down: who comes after us has only to take apart */
		ledger_append(supervisor->ledger_fd, &ignored, LEDGER_PHASE, "ended");
	ending_take_apart(supervisor);
}

void ending_take_apart(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	if (supervisor->rootfs_lock >= 0) {
		flock(supervisor->rootfs_lock, LOCK_UN); /* not when the keeper comes to close its copy, but now */
		close(supervisor->rootfs_lock);
	}
	supervisor->rootfs_lock = -1;
	keep_drop(supervisor, "rootfs");
	if (builder_spawn(supervisor, BUILDER_RECLAIM, &error) < 0) {
		supervisor->error = error;
		lifecycle_happen(supervisor, RECLAIMED);
	}
}

void ending_build_failed(struct supervisor *supervisor)
{
	struct auberge_error error = supervisor->error;

	supervisor->end = (struct auberge_end){.known = true, .status = -1, .bad = true, .time_seconds = time(NULL)};
	snprintf(supervisor->end.cause, sizeof supervisor->end.cause, "start-failed");
	auberge_text_clean(supervisor->end.detail, sizeof supervisor->end.detail, error.text, strcspn(error.text, "\n"), 0);
	if (supervisor->intent != INTENT_NONE)
		supervisor->restart.automatic = false; /* nor is it tried again */
	supervisor->intent = INTENT_NONE;
	supervisor->rebooting = false;
	control_tell(supervisor, CLIENT_STARTING, &error);
	if (supervisor->init.fd >= 0) {
		syscall(SYS_pidfd_send_signal, supervisor->init.fd, SIGKILL, NULL, 0);
		loop_forget(supervisor, &supervisor->init);
	}
	supervisor->start_error = error;
	ending_reclaim(supervisor);
}

void ending_finish(struct supervisor *supervisor)
{
	const struct auberge_error *error = supervisor->error.code != AUBERGE_OK ? &supervisor->error : NULL;

	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0) /* an init that never came up */
		;
	if (supervisor->restart.again && !error) {
		restart_wait(supervisor);
		return;
	}
	fault_number(FAULT_END_FINISHED);
	/* Freed before anyone is told, so that a start right after never finds it held. */
	keep_over(supervisor);
	close(supervisor->lock_fd);
	supervisor->lock_fd = -1;
	if (supervisor->start_error.code != AUBERGE_OK)
		error = &supervisor->start_error;
	control_tell(supervisor, CLIENT_WAITING, error);
	if (supervisor->report >= 0 && error)
		frame_send_error(supervisor->report, error);
	if (supervisor->report >= 0)
		close(supervisor->report);
	supervisor->report = -1;
	loop_forget(supervisor, &supervisor->listener);
	for (struct client *client = supervisor->clients; client; client = client->next)
		if (client->state != CLIENT_CONSOLE || !client->tty)
			client_close(supervisor, client);
	cgroup_leave_supervisor(supervisor->auberge, supervisor->name, supervisor->keeper_pid);
}
