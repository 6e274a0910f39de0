/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking over a guest whose supervisor has died. The ledger says how far that one had come; the keeper has the
 * descriptors and init's status. Where the keeper died too, init is found by pid and start time, and auberge-build binds
 * new ptys over the guest's console and ttys. What was half made or half taken apart is taken apart.
 */
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/keeper.h"
#include "supervisor/ledger.h"
#include "supervisor/start.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 1, 0, or negative: it cannot be told, and is taken for neither. */
static int guest_lives(struct supervisor *supervisor, const struct ledger *ledger, struct auberge_error *error)
{
	cleanup_close int init = process_open(ledger->init_pid, ledger->init_start);

	if (init >= 0 || cgroup_populated(supervisor->auberge, supervisor->name) > 0)
		return 1;
	if (init == -ESRCH)
		return 0;
	error_set(error, -init, "%s: whether its init, process %d, lives cannot be told", supervisor->name, (int)ledger->init_pid);
	return error_remedy(error, "try again; auberge kill %s ends what is left of it", supervisor->name);
}

int adopt_wanted(struct supervisor *supervisor, struct auberge_error *error)
{
	cleanup_close int run_fd = -1;
	struct ledger ledger;

	if (supervisor->again || supervisor->adopt)
		return 1;
	run_fd = set_open_run(supervisor->auberge, supervisor->name);
	if (run_fd < 0)
		return errno == ENOENT ? 0 : error_set(error, errno, "%s/%s", auberge_run_dir(supervisor->auberge), supervisor->name);
	if (ledger_read(run_fd, &ledger, error) < 0)
		return error_prefix(error, "%s/%s/ledger", auberge_run_dir(supervisor->auberge), supervisor->name);
	if (!ledger.present || !ledger.this_boot)
		return 0;
	return ledger.phase == PHASE_RUNNING || ledger.phase == PHASE_STOPPING ? guest_lives(supervisor, &ledger, error) : 0;
}

static int not_running(struct supervisor *supervisor, struct auberge_error *error)
{
	if (supervisor->again)
		return error_set(error, 0, "%s: its supervisor ended before it had begun", supervisor->name);
	error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", supervisor->name);
	return error_remedy(error, "start it by: auberge start %s", supervisor->name);
}

/* The builder of the dead one dies with it, but not at the same instant. */
static int await_builder(struct supervisor *supervisor, struct auberge_error *error)
{
	int result = lock_wait(supervisor->lock_fd, LOCK_BUILDER);

	if (result == 0)
		result = lock_release(supervisor->lock_fd, LOCK_BUILDER); /* kept, it would hold up our own builder for ever */
	return result < 0 ? error_set(error, -result, "cannot wait for the builder of %s", supervisor->name) : 0;
}

static int open_ledger(struct supervisor *supervisor, struct ledger *ledger, struct auberge_error *error)
{
	supervisor->run_fd = set_open_run(supervisor->auberge, supervisor->name);
	if (supervisor->run_fd < 0)
		return not_running(supervisor, error);
	if (ledger_read(supervisor->run_fd, ledger, error) < 0)
		return error_prefix(error, "%s/%s/ledger", auberge_run_dir(supervisor->auberge), supervisor->name);
	if (!ledger->present || !ledger->this_boot) {
		close(supervisor->run_fd);
		supervisor->run_fd = -1;
		return not_running(supervisor, error);
	}
	supervisor->ledger_fd = ledger_open_append(supervisor->run_fd, error);
	if (supervisor->ledger_fd < 0)
		return -1;
	if (ledger_introduce(supervisor, error) < 0) /* the disk is full: the guest is supervised all the same */
		error_clear(error);
	return 0;
}

static void remember(struct supervisor *supervisor, const struct ledger *ledger)
{
	supervisor->adopted = true;
	supervisor->init_pid = ledger->init_pid;
	supervisor->init_start = ledger->init_start;
	supervisor->started_usec = (uint64_t)ledger->running_since * 1000000u;
	supervisor->halt_was_heard = ledger->halt_heard;
	supervisor->restart.history = ledger->restarts;
	supervisor->restart.automatic = ledger->restarts.count > 0;
	if (ledger->phase == PHASE_STOPPING) {
		uint64_t now = now_boottime_usec() / 1000000u, at = (uint64_t)ledger->stop_deadline_seconds;

		if (at > 0)
			supervisor->stop_usec = now_monotonic_usec() + (at > now ? (at - now) * 1000000u : 0);
		supervisor->intent = ledger->stop_is_kill ? INTENT_KILL : INTENT_STOP;
		snprintf(supervisor->by, sizeof supervisor->by, "%s", ledger->stop_by);
		if (ledger->stop_kills)
			supervisor->kill_usec = supervisor->stop_usec;
	}
	if (ledger->init_ended)
		keeping_note_end(supervisor, ledger->init_pid, ledger->init_code, ledger->init_status);
}

static void take_apart(struct supervisor *supervisor, const struct ledger *ledger)
{
	if (ledger->phase == PHASE_ENDED) {
		supervisor->phase = PHASE_RECLAIMING;
		ending_take_apart(supervisor);
		return;
	}
	supervisor->phase = PHASE_BUILDING;
	error_set(&supervisor->error, 0, "%s: its supervisor was killed while it started; what was made is taken away again",
	          supervisor->name);
	error_remedy(&supervisor->error, "start it again by: auberge start %s", supervisor->name);
	lifecycle_happen(supervisor, BUILD_FAILED);
}

/* Init is gone: how it ended is known from the ledger, the keeper, or perhaps the kernel. */
static void ended_meanwhile(struct supervisor *supervisor, int init)
{
	if (init >= 0)
		supervisor->init = (struct watch){.fd = init};
	adopt_complete(supervisor);
	lifecycle_happen(supervisor, INIT_ENDED);
}

static int take_guest(struct supervisor *supervisor, const struct ledger *ledger, struct auberge_error *error)
{
	cleanup_close int init = kept_take(supervisor, "init");
	int notify = kept_take(supervisor, "notify");
	bool ended = ledger->init_ended || supervisor->init_kept == KEPT_INIT_ENDED;

	supervisor->rootfs_lock = kept_take(supervisor, "rootfs");
	notify_adopt(supervisor, notify, ledger->ready);
	if (init < 0 && !ended)
		init = process_open(ledger->init_pid, ledger->init_start);
	bool untold = init < 0 && init != -ESRCH && !ended;
	if (builder_take_config(supervisor, error) < 0) /* the file of a start that went well: without it the defaults serve */
		error_clear(error);
	int ttys = console_adopt(supervisor, error);
	if (ttys < 0)
		return -1;
	if (untold)
		return error_set(error, -init, "cannot look for init of %s (pid %d)", supervisor->name, ledger->init_pid);
	if (ended || init < 0) {
		supervisor->phase = PHASE_UP;
		ended_meanwhile(supervisor, take_fd(&init));
		return 0;
	}
	supervisor->phase = PHASE_ADOPTING;
	if (ttys == 0) /* the consoles died with the keeper */
		return builder_spawn(supervisor, BUILDER_ADOPT, error);
	inits_detect(supervisor->config, NULL, supervisor->init_pid, &supervisor->verdict);
	if (builder_watch_init(supervisor, take_fd(&init)) < 0)
		return error_set(error, errno, "cannot watch init");
	lifecycle_happen(supervisor, BUILT);
	return 0;
}

static void tell_report(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	if (supervisor->report < 0)
		return;
	if (supervisor->adopt || supervisor->again) {
		frame_send(supervisor->report, FRAME_DONE, "", 0);
	} else {
		error_set_code(&error, AUBERGE_WRONG_STATE, 0, "%s: it is already running; it had lost its supervisor and has one again",
		               supervisor->name);
		frame_send_error(supervisor->report, &error);
	}
	close(supervisor->report);
	supervisor->report = -1;
	keep_drop(supervisor, "report");
}

int adopt_begin(struct supervisor *supervisor, struct auberge_error *error)
{
	struct ledger ledger;
	int listener;

	if (await_builder(supervisor, error) < 0 || open_ledger(supervisor, &ledger, error) < 0)
		return -1;
	remember(supervisor, &ledger);
	listener = kept_take(supervisor, "listener");
	if (control_start(supervisor, listener, error) < 0)
		return -1;
	if (ledger.phase == PHASE_AWAITING) {
		console_adopt(supervisor, error);
		lock_release(supervisor->lock_fd, LOCK_LIFECYCLE);
		tell_report(supervisor);
		restart_adopt(supervisor, &ledger);
		return 0;
	}
	if (ledger.phase != PHASE_RUNNING && ledger.phase != PHASE_STOPPING) {
		take_apart(supervisor, &ledger);
		return 0;
	}
	if (take_guest(supervisor, &ledger, error) == 0)
		return 0;
	/* No ptys, no memory: the guest is supervised all the same. */
	supervisor->phase = PHASE_ADOPTING;
	supervisor->error = *error;
	lifecycle_happen(supervisor, BUILD_FAILED);
	return 0;
}

static void write_event(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	struct auberge_history_event event = {.event = "adopted", .status = -1, .seconds = -1, .time_seconds = time(NULL)};

	snprintf(event.name, sizeof event.name, "%s", supervisor->name);
	snprintf(event.by, sizeof event.by, "%s", supervisor->again ? "keeper" : supervisor->by);
	if (supervisor->ttys_count == 0)
		snprintf(event.detail, sizeof event.detail, "its supervisor had died, its consoles are lost: %.100s", supervisor->error.text);
	else
		snprintf(event.detail, sizeof event.detail, "its supervisor had died%s",
		         supervisor->again ? "" : ", and its keeper: the consoles are new");
	history_add(supervisor->auberge, supervisor->name, &event, &ignored);
}

/* From PHASE_ADOPTING: all is in hand again, or as much of it as could be had. */
void adopt_complete(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	enum intent intent = supervisor->intent;

	if (supervisor->init.fd < 0 && supervisor->init_end.si_pid == 0) { /* the builder could not hand it over */
		int init = process_open(supervisor->init_pid, supervisor->init_start);

		if (init >= 0)
			builder_watch_init(supervisor, init);
	}
	if (!supervisor->verdict.kind) /* what a stop goes by */
		inits_detect(supervisor->config, NULL, supervisor->init_pid, &supervisor->verdict);
	if (supervisor->init.fd >= 0 && supervisor->init.events == 0 && supervisor->init_end.si_pid == 0)
		builder_watch_init(supervisor, supervisor->init.fd); /* what failed for want of memory may go well now */
	if (!supervisor->again)
		console_note(supervisor, "\r\n[auberge: the consoles before this line were lost with their supervisor]\r\n");
	lock_release(supervisor->lock_fd, LOCK_LIFECYCLE);
	write_event(supervisor);
	pressure_begin(supervisor, false);
	tell_report(supervisor);
	supervisor_write_summary(supervisor);
	keeping_release(supervisor);
	error_clear(&supervisor->error);
	error_clear(&ignored);
	if (supervisor->keeper.fd < 0 && supervisor->had_keeper)
		keeping_replace(supervisor);
	if (supervisor->init.fd < 0 || supervisor->init_end.si_pid > 0) { /* nobody is left to be asked */
		lifecycle_happen(supervisor, INIT_ENDED);
	} else if (intent != INTENT_NONE && supervisor->init_end.si_pid == 0) { /* else init has ended, as was intended */
		supervisor->intent = INTENT_NONE;
		lifecycle_happen(supervisor, intent == INTENT_KILL ? KILL_ASKED : STOP_ASKED);
	}
}
