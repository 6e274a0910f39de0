/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that wait for a stop or a kill: what they are told each second (who is left, by one look that serves all),
 * the survivors at their time limit, and the end. A client that goes leaves the wait, not the stop.
 */
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "host/survey.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define PROGRESS_USEC 1000000u /* between two tellings */
#define FIRST_USEC 300000u     /* from the request to the first: most stops are over by then */
#define LOOK_USEC 500000u      /* how long a look is fresh enough for the next who waits */
#define KILLED_USEC 10000000u  /* for what has been killed to be gone */
#define LISTED_LIVE 64         /* survivors each second; at the time limit as many as can be */
#define UNREAD_MAX 65536

static bool anybody_waits(const struct supervisor *supervisor)
{
	for (const struct client *client = supervisor->clients; client; client = client->next)
		if (client->state == CLIENT_WAITING)
			return true;
	return false;
}

void waiting_rest(struct supervisor *supervisor)
{
	if (!supervisor->left.survey || anybody_waits(supervisor))
		return;
	survey_close(supervisor->left.survey);
	memset(&supervisor->left, 0, sizeof supervisor->left);
}

/* One look serves all who wait. */
static void look(struct supervisor *supervisor, uint64_t now, size_t most)
{
	struct auberge_error ignored = {0};
	cleanup_free pid_t *pids = NULL;
	struct left *left = &supervisor->left;

	if (!left->survey)
		left->survey = survey_open();
	else if (now < left->looked_usec + LOOK_USEC && most <= left->most)
		return;
	left->looked_usec = now;
	left->most = most;
	left->count = left->total = left->stuck = 0;
	if (!left->survey || cgroup_pids(supervisor->auberge, supervisor->name, &pids, &left->total, &ignored) < 0)
		return;
	left->count = survey_look(left->survey, pids, left->total, most, &left->survivors);
	while (left->stuck < left->count && left->survivors[left->stuck].state == 'D') /* they come first */
		left->stuck++;
}

/* What the wait is for. */
static void say_what(const struct supervisor *supervisor, char *out, size_t size)
{
	const struct left *left = &supervisor->left;
	const char *plural = left->total == 1 ? "" : "es";
	char init[64] = "", count[64], stuck[48] = "", asked[96];
	uint64_t caught, blocked, ignored = 0;

	if (supervisor->phase == PHASE_BUILDING || supervisor->phase == PHASE_RECLAIMING) {
		snprintf(out, size, supervisor->phase == PHASE_BUILDING ? "still starting" : "giving back its cgroups and links");
		return;
	}
	snprintf(count, sizeof count, "%zu process%s left", left->total, plural);
	if (supervisor->halt_pending) {
		int number = supervisor->verdict.halt_signal;
		bool deaf = number > 0 && process_signals(supervisor->init_pid, &caught, &blocked, &ignored) == 0 && ignored >> (number - 1) & 1;
		char signal[24];

		signal_format(number, signal, sizeof signal);
		snprintf(init, sizeof init, deaf ? "init ignores %s, " : "init has no handler for %s yet, ", signal);
	} else if (supervisor->init.fd < 0) {
		snprintf(init, sizeof init, "init has ended, ");
	} else if (left->total == 1) {
		snprintf(count, sizeof count, "init alone is left");
	}
	if (left->stuck)
		snprintf(stuck, sizeof stuck, ", %zu stuck in the kernel", left->stuck);
	halt_tell(supervisor, asked, sizeof asked);
	if (snprintf(out, size, "%s%s%s%s", init, count, stuck, asked) < 0) /* what does not fit is cut */
		out[0] = '\0';
}

/* 0 or a broken connection, which is closed. A client that takes nothing now misses this telling. */
static int tell_survivors(struct supervisor *supervisor, struct client *client)
{
	struct buffer lines = {0};
	int result;

	survivors_format(supervisor->left.survivors, supervisor->left.count, supervisor->left.total, &lines);
	result = lines.failed ? 0 : frame_send(client->watch.fd, FRAME_SURVIVORS, lines.data, lines.length);
	buffer_free(&lines);
	if (result >= 0 || result == -EAGAIN)
		return 0;
	client_close(supervisor, client);
	return result;
}

static void tell_progress(struct supervisor *supervisor, struct client *client, uint64_t now)
{
	uint64_t deadline = client->deadline_usec ? client->deadline_usec : supervisor->stop_usec;
	int64_t seconds = deadline > now && !client->killed ? (int64_t)((deadline - now) / 1000000u) : -1;
	int unread = 0, result;
	char text[256];

	client->told_usec = now;
	if (ioctl(client->watch.fd, SIOCOUTQ, &unread) == 0 && unread > UNREAD_MAX) /* it sleeps; its last word must fit */
		return;
	look(supervisor, now, LISTED_LIVE);
	if (tell_survivors(supervisor, client) < 0)
		return;
	say_what(supervisor, text, sizeof text);
	result = frame_sendf(client->watch.fd, FRAME_PROGRESS, "%" PRId64 " %s", seconds, text);
	if (result < 0 && result != -EAGAIN)
		client_close(supervisor, client);
}

/* What SIGKILL does not end is stuck in the kernel: nobody is to wait for that without a word. */
void waiting_for_killed(struct client *client)
{
	client->kill = false;
	client->killed = true;
	client->deadline_usec = now_monotonic_usec() + KILLED_USEC;
}

static void expire(struct supervisor *supervisor, struct client *client, uint64_t now)
{
	struct auberge_error error = {0};
	size_t total;

	if (client->kill) { /* halt_tick kills */
		waiting_for_killed(client);
		return;
	}
	client->expired = true;
	if (client->killed && supervisor->phase == PHASE_RECLAIMING) /* nobody is left: it sees the end */
		return;
	look(supervisor, now, SURVEY_MAX);
	if (tell_survivors(supervisor, client) < 0)
		return;
	total = supervisor->left.total;
	error_set_code(&error, AUBERGE_TIMEOUT, 0, client->killed ? "%s: killed, and still there: %zu process%s left"
	                                                          : "%s: still stopping at the time limit: %zu process%s left",
	               supervisor->name, total, total == 1 ? "" : "es");
	if (client->killed)
		error_remedy(&error, "nothing ends what is stuck in the kernel but what it waits for; wait on: auberge stop %s", supervisor->name);
	else
		error_remedy(&error, "wait on: auberge stop %s; to end it at once: auberge kill %s", supervisor->name, supervisor->name);
	client_refuse(supervisor, client, &error);
}

void waiting_begin(struct client *client, uint64_t deadline_usec)
{
	client->state = CLIENT_WAITING;
	client->deadline_usec = deadline_usec;
	client->told_usec = now_monotonic_usec() + FIRST_USEC - PROGRESS_USEC;
}

void waiting_tick(struct supervisor *supervisor, struct client *client, uint64_t now)
{
	if (client->deadline_usec && !client->expired && now >= client->deadline_usec)
		expire(supervisor, client, now);
	else if (now >= client->told_usec + PROGRESS_USEC)
		tell_progress(supervisor, client, now);
}

uint64_t waiting_deadline(const struct client *client)
{
	uint64_t at = client->told_usec + PROGRESS_USEC;

	return client->deadline_usec && !client->expired && client->deadline_usec < at ? client->deadline_usec : at;
}
