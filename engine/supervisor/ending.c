/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest ends: init's status is taken, the cgroup runs empty, the end is written down, auberge-build takes apart
 * what the ledger names, the ledger goes last. Or, on the guest's own reboot, all of it begins again.
 */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/file.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/ledger.h"
#include "supervisor/start.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
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
	/* Asked after the file was opened, so that no change falls between. */
	if (cgroup_populated(supervisor->auberge, supervisor->name) > 0 && supervisor->cgroup.fd >= 0) {
		char text[64];

		if (pread(supervisor->cgroup.fd, text, sizeof text, 0) >= 0 &&
		    loop_watch(supervisor, &supervisor->cgroup, EPOLLPRI) == 0)
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

void ending_reclaim(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};

	console_release(supervisor, !supervisor->rebooting);
	write_down(supervisor);
	if (supervisor->ledger_fd >= 0) /* written down: who comes after us has only to take apart */
		ledger_append(supervisor->ledger_fd, &ignored, LEDGER_PHASE, "ended %s", supervisor->rebooting ? "again" : "over");
	ending_take_apart(supervisor);
}

void ending_take_apart(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	if (supervisor->rootfs_lock >= 0)
		close(supervisor->rootfs_lock);
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
	supervisor->intent = INTENT_NONE;
	supervisor->rebooting = false;
	if (supervisor->init.fd >= 0) {
		syscall(SYS_pidfd_send_signal, supervisor->init.fd, SIGKILL, NULL, 0);
		loop_forget(supervisor, &supervisor->init);
	}
	supervisor->start_error = error;
	ending_reclaim(supervisor);
}

static void reboot(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	loop_forget(supervisor, &supervisor->listener);
	supervisor->init_end = (siginfo_t){0};
	supervisor->stop_usec = 0;
	if (supervisor->ledger_fd >= 0)
		close(supervisor->ledger_fd);
	supervisor->ledger_fd = -1;
	supervisor->intent = INTENT_NONE;
	supervisor->phase = PHASE_BUILDING;
	supervisor->many = false;
	if (start_begin(supervisor, &error) < 0 || builder_spawn(supervisor, BUILDER_START, &error) < 0) {
		supervisor->error = error;
		lifecycle_happen(supervisor, BUILD_FAILED);
	}
}

void ending_finish(struct supervisor *supervisor)
{
	const struct auberge_error *error = supervisor->error.code != AUBERGE_OK ? &supervisor->error : NULL;

	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0) /* an init that never came up */
		;
	if (supervisor->rebooting && !error) {
		reboot(supervisor);
		return;
	}
	/* Freed before anyone is told, so that a start right after never finds it held. */
	keep_over(supervisor);
	close(supervisor->lock_fd);
	supervisor->lock_fd = -1;
	if (supervisor->start_error.code != AUBERGE_OK)
		error = &supervisor->start_error;
	control_tell_all(supervisor, error);
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
