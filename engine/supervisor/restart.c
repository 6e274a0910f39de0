/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a guest again by itself. While the delay runs the supervisor stays, and the run directory with a ledger whose
 * phase is "waiting": written before anything of the old run is taken apart, so that the decision survives a SIGKILL at
 * any moment. Owns supervisor->restart.
 */
#include "supervisor/restart.h"
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/file.h"
#include "guest/history.h"
#include "supervisor/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_USEC 1000000u

/* Tests need not wait minutes. */
static uint64_t scaled(int64_t seconds)
{
	uint64_t usec = (uint64_t)seconds * SECOND_USEC;
#ifdef AUBERGE_FAULTS
	const char *scale = getenv("AUBERGE_RESTART_SCALE"); /* so many times faster */
	unsigned long factor = scale ? strtoul(scale, NULL, 10) : 1;

	return factor > 1 ? usec / factor : usec;
#else
	return usec;
#endif
}

static void write_waiting(struct supervisor *supervisor, uint64_t delay_usec)
{
	struct auberge_error ignored = {0};
	char text[RESTART_LIMIT * 21 + 12];
	uint64_t until = now_boottime_usec() + delay_usec;

	restart_format(&supervisor->restart.history, text, sizeof text);
	ledger_append(supervisor->ledger_fd, &ignored, LEDGER_RESTARTS, "%s", text);
	ledger_append(supervisor->ledger_fd, &ignored, LEDGER_PHASE, "waiting %" PRIu64 " %u",
	              (until + SECOND_USEC - 1) / SECOND_USEC, supervisor->restart.history.count);
}

static void give_up(struct supervisor *supervisor, const struct restart_decision *decision)
{
	struct auberge_end *end = &supervisor->end;
	char last[40], span[16];

	restart_phrase(end, last, sizeof last);
	auberge_format_age(span, sizeof span, decision->span_seconds);
	snprintf(end->detail, sizeof end->detail, "gave up after %d restarts in %s; last: %s", RESTART_LIMIT, span, last);
	snprintf(end->cause, sizeof end->cause, "gave-up");
	end->bad = true;
}

void restart_judge(struct supervisor *supervisor)
{
	struct restart *restart = &supervisor->restart;
	struct auberge_end *end = &supervisor->end;
	const struct restart_question question = {
		.policy = supervisor->config ? (enum config_restart)supervisor->config->restart : CONFIG_RESTART_NO,
		.end = end,
		.asked = supervisor->intent != INTENT_NONE,
		.rebooting = supervisor->rebooting,
		.automatic = restart->automatic,
		.now_seconds = (int64_t)(now_boottime_usec() / SECOND_USEC),
	};
	struct restart_decision decision = restart_decide(&question, &restart->history);
	uint64_t delay_usec = scaled(decision.delay_seconds);
	char age[16];

	restart->again = decision.verdict == RESTART_AGAIN;
	if (decision.verdict == RESTART_GIVEN_UP)
		give_up(supervisor, &decision);
	if (!restart->again)
		return;
	restart->at_usec = now_monotonic_usec() + delay_usec;
	if (decision.delay_seconds > 0 && !end->detail[0]) {
		auberge_format_age(age, sizeof age, decision.delay_seconds);
		snprintf(end->detail, sizeof end->detail, "again in %s, restart %u in a row", age, restart->history.count);
	}
	write_waiting(supervisor, delay_usec);
}

/* What the old run held is gone; the run directory and the control socket are there. */
void restart_wait(struct supervisor *supervisor)
{
	bool asked = supervisor->intent != INTENT_NONE; /* since it was decided */

	supervisor->phase = PHASE_WAITING;
	supervisor->restart.again = false;
	supervisor->intent = INTENT_NONE;
	supervisor->many = false;
	supervisor->init_pid = 0;
	error_clear(&supervisor->start_error);
	/* The reclaim has put a new file in the ledger's place. */
	if (supervisor->ledger_fd >= 0)
		close(supervisor->ledger_fd);
	supervisor->ledger_fd = ledger_open_append(supervisor->run_fd, &supervisor->error);
	error_clear(&supervisor->error);
	supervisor_write_summary(supervisor);
	if (asked)
		lifecycle_happen(supervisor, STOP_ASKED);
	else
		restart_tick(supervisor, now_monotonic_usec());
}

void restart_start(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	supervisor->init_end = (siginfo_t){0};
	supervisor->stop_usec = supervisor->kill_usec = 0;
	supervisor->restart.automatic = !supervisor->restart.by_hand;
	if (supervisor->restart.by_hand) {
		supervisor->restart.history = (struct restart_history){0};
		supervisor->rebooting = false;
	}
	supervisor->restart.by_hand = false;
	if (ledger_append(supervisor->ledger_fd, &error, LEDGER_PHASE, "starting") < 0 ||
	    (!supervisor->restart.automatic && ledger_append(supervisor->ledger_fd, &error, LEDGER_RESTARTS, "0") < 0) ||
	    notify_begin(supervisor, &error) < 0 || builder_spawn(supervisor, BUILDER_START, &error) < 0) {
		supervisor->error = error;
		lifecycle_happen(supervisor, BUILD_FAILED);
	}
}

void restart_cancel(struct supervisor *supervisor)
{
	struct auberge_error error = {0};
	struct auberge_history_event event = {.event = "cancel", .status = -1, .seconds = -1, .time_seconds = time(NULL)};

	snprintf(event.name, sizeof event.name, "%s", supervisor->name);
	snprintf(event.by, sizeof event.by, "%s", supervisor->by);
	snprintf(event.detail, sizeof event.detail, "it was to be started again");
	history_add(supervisor->auberge, supervisor->name, &event, &error);
	if (supervisor->end.known) { /* it promised another start */
		supervisor->end.detail[0] = '\0';
		history_write_end(supervisor->auberge, supervisor->name, &supervisor->end, &error);
	}
	error_clear(&error);
	console_release(supervisor, true);
	supervisor->rebooting = false;
	if (builder_spawn(supervisor, BUILDER_RECLAIM, &error) < 0) {
		supervisor->error = error;
		lifecycle_happen(supervisor, RECLAIMED);
	}
}

/* A dead supervisor's: what it had not taken apart yet goes first. */
void restart_adopt(struct supervisor *supervisor, const struct ledger *ledger)
{
	struct auberge_error error = {0};
	uint64_t now = now_boottime_usec(), until = (uint64_t)ledger->waiting_until_seconds * SECOND_USEC;

	supervisor->phase = PHASE_RECLAIMING;
	supervisor->restart = (struct restart){.history = ledger->restarts, .again = true};
	supervisor->restart.at_usec = now_monotonic_usec() + (until > now ? until - now : 0);
	if (builder_spawn(supervisor, BUILDER_RECLAIM, &error) < 0) {
		supervisor->error = error;
		lifecycle_happen(supervisor, RECLAIMED);
	}
}

uint64_t restart_deadline(const struct supervisor *supervisor)
{
	return supervisor->phase == PHASE_WAITING ? supervisor->restart.at_usec : UINT64_MAX;
}

void restart_tick(struct supervisor *supervisor, uint64_t now)
{
	if (supervisor->phase == PHASE_WAITING && now >= supervisor->restart.at_usec)
		lifecycle_happen(supervisor, START_ASKED);
}
