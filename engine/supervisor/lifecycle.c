/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a guest as a table: what happens in which phase leads to what. A row that is missing means: ignored. */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "host/cgroup.h"
#include "supervisor/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const words[PHASES] = {
	[PHASE_BUILDING] = "starting", [PHASE_ADOPTING] = "running",    [PHASE_UP] = "running",       [PHASE_HALTING] = "stopping",
	[PHASE_DRAINING] = "stopping", [PHASE_RECLAIMING] = "stopping", [PHASE_WAITING] = "starting", [PHASE_OVER] = "stopped",
};

const char *phase_word(enum phase phase)
{
	return phase < PHASES ? words[phase] : "";
}

/* For those who may not read the rest: 0644. */
void supervisor_write_summary(struct supervisor *supervisor)
{
	struct buffer text = {0};
	bool frozen = supervisor->phase == PHASE_UP && cgroup_frozen(supervisor->auberge, supervisor->name) > 0;

	buffer_addf(&text, "name=%s\nkind=container\nstate=%s\ninit_pid=%d\nbridges=", supervisor->name,
	            frozen ? "frozen" : phase_word(supervisor->phase), supervisor->init_pid);
	for (size_t i = 0; supervisor->config && i < supervisor->config->nets_count; i++)
		if (supervisor->config->nets[i].bridge)
			buffer_addf(&text, "%s%s", i ? " " : "", supervisor->config->nets[i].bridge);
	buffer_addf(&text, "\n");
	if (!text.failed)
		file_swap_at(supervisor->run_fd, "summary", text.data, text.length, 0644);
	buffer_free(&text);
}

static void report(struct supervisor *supervisor)
{
	control_tell(supervisor, CLIENT_STARTING, NULL);
	if (supervisor->report < 0)
		return;
	frame_send(supervisor->report, FRAME_DONE, "", 0);
	close(supervisor->report);
	supervisor->report = -1;
	keep_drop(supervisor, "report");
}

static void up(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};
	struct auberge_history_event event = {.event = "start", .status = -1, .seconds = -1, .time_seconds = time(NULL)};

	notify_up(supervisor);
	lock_release(supervisor->lock_fd, LOCK_LIFECYCLE);
	fault_point(FAULT_START_UP, &ignored);
	report(supervisor);
	supervisor_write_summary(supervisor);
	snprintf(event.name, sizeof event.name, "%s", supervisor->name);
	snprintf(event.by, sizeof event.by, "%s",
	         supervisor->rebooting ? "guest" : supervisor->restart.automatic ? "restart policy" : supervisor->by);
	supervisor->rebooting = false;
	history_clear_end(supervisor->auberge, supervisor->name);
	history_add(supervisor->auberge, supervisor->name, &event, &ignored);
	pressure_begin(supervisor, true);
	keeping_replace(supervisor); /* if it died while we built */
}

/* A stop or kill that was asked for while the guest was being built. */
static void up_and_halt(struct supervisor *supervisor)
{
	supervisor->started_usec = now_boottime_usec();
	if (ledger_append(supervisor->ledger_fd, &supervisor->error, LEDGER_PHASE, "running %" PRIu64,
	                  supervisor->started_usec / 1000000u) < 0) { /* for everyone else it would be starting for ever */
		supervisor->phase = PHASE_RECLAIMING;
		ending_build_failed(supervisor);
		return;
	}
	up(supervisor);
	if (supervisor->intent == INTENT_STOP)
		lifecycle_happen(supervisor, STOP_ASKED);
	else if (supervisor->intent == INTENT_KILL)
		lifecycle_happen(supervisor, KILL_ASKED);
}

static void note_stop(struct supervisor *supervisor)
{
	supervisor->intent = INTENT_STOP;
}

static void note_kill(struct supervisor *supervisor)
{
	supervisor->intent = INTENT_KILL;
}

static const struct transition {
	enum phase from;
	enum happening happening;
	enum phase to;
	void (*act)(struct supervisor *supervisor); /* after the phase has changed; NULL nothing */
} transitions[] = {
	{PHASE_BUILDING, BUILT, PHASE_UP, up_and_halt},
	{PHASE_BUILDING, BUILD_FAILED, PHASE_RECLAIMING, ending_build_failed},
	{PHASE_BUILDING, STOP_ASKED, PHASE_BUILDING, note_stop},
	{PHASE_BUILDING, KILL_ASKED, PHASE_BUILDING, note_kill},
	{PHASE_ADOPTING, BUILT, PHASE_UP, adopt_complete},
	{PHASE_ADOPTING, BUILD_FAILED, PHASE_UP, adopt_complete},
	{PHASE_ADOPTING, STOP_ASKED, PHASE_ADOPTING, note_stop},
	{PHASE_ADOPTING, KILL_ASKED, PHASE_ADOPTING, note_kill},
	{PHASE_UP, STOP_ASKED, PHASE_HALTING, halt_begin},
	{PHASE_UP, KILL_ASKED, PHASE_HALTING, halt_kill},
	{PHASE_UP, INIT_ENDED, PHASE_DRAINING, ending_init_exited},
	{PHASE_HALTING, STOP_ASKED, PHASE_HALTING, halt_join},
	{PHASE_HALTING, KILL_ASKED, PHASE_HALTING, halt_kill},
	{PHASE_HALTING, INIT_ENDED, PHASE_DRAINING, ending_init_exited},
	{PHASE_DRAINING, STOP_ASKED, PHASE_DRAINING, note_stop},
	{PHASE_DRAINING, KILL_ASKED, PHASE_DRAINING, halt_kill},
	{PHASE_DRAINING, EMPTIED, PHASE_RECLAIMING, ending_reclaim},
	{PHASE_RECLAIMING, STOP_ASKED, PHASE_RECLAIMING, note_stop},
	{PHASE_RECLAIMING, KILL_ASKED, PHASE_RECLAIMING, note_kill},
	{PHASE_RECLAIMING, RECLAIMED, PHASE_OVER, ending_finish}, /* or PHASE_WAITING: restart_wait() */
	{PHASE_WAITING, START_ASKED, PHASE_BUILDING, restart_start},
	{PHASE_WAITING, STOP_ASKED, PHASE_RECLAIMING, restart_cancel},
	{PHASE_WAITING, KILL_ASKED, PHASE_RECLAIMING, restart_cancel},
};

void lifecycle_happen(struct supervisor *supervisor, enum happening happening)
{
	for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
		const struct transition *row = &transitions[i];

		if (row->from != supervisor->phase || row->happening != happening)
			continue;
		supervisor->phase = row->to;
		if (row->act)
			row->act(supervisor);
		return;
	}
}
