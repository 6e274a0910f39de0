/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that wait for a stop or a kill: what they are told each second, the survivors at their time limit, and the
 * end. A client that goes leaves the wait, not the stop.
 */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/process.h"

#include <inttypes.h>
#include <stdlib.h>

#define PROGRESS_USEC 1000000u /* between two tellings */
#define SURVIVORS_MAX 256

static size_t gather_survivors(struct supervisor *supervisor, struct auberge_survivor *survivors)
{
	struct auberge_error ignored = {0};
	pid_t *pids = NULL;
	size_t count = 0, found = 0;

	if (cgroup_pids(supervisor->auberge, supervisor->name, &pids, &count, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < count && found < SURVIVORS_MAX; i++)
		found += process_describe(pids[i], &survivors[found]);
	free(pids);
	return found;
}

static void tell_progress(struct supervisor *supervisor, struct client *client, uint64_t now)
{
	struct auberge_error ignored = {0};
	pid_t *pids = NULL;
	size_t count = 0;
	int64_t left = client->deadline_usec > now ? (int64_t)((client->deadline_usec - now) / 1000000u) : -1;

	client->told_usec = now;
	if (supervisor->halt_pending) {
		char signal[24];

		signal_format(supervisor->verdict.halt_signal, signal, sizeof signal);
		frame_sendf(client->watch.fd, FRAME_PROGRESS, "%" PRId64 " init has no handler for %s yet", left, signal);
		return;
	}
	cgroup_pids(supervisor->auberge, supervisor->name, &pids, &count, &ignored);
	free(pids);
	frame_sendf(client->watch.fd, FRAME_PROGRESS, "%" PRId64 " %zu left", left, count);
}

static void expire(struct supervisor *supervisor, struct client *client)
{
	struct auberge_survivor *survivors;
	struct auberge_error error = {0};
	struct buffer lines = {0};
	size_t count;

	client->expired = true;
	if (client->kill) /* halt_tick kills; this client sees the end */
		return;
	survivors = calloc(SURVIVORS_MAX, sizeof *survivors);
	count = survivors ? gather_survivors(supervisor, survivors) : 0;
	survivors_format(survivors, count, &lines);
	frame_send(client->watch.fd, FRAME_SURVIVORS, lines.data ? lines.data : "", lines.length);
	error_set_code(&error, AUBERGE_TIMEOUT, 0, "%s: still stopping at the time limit: %zu process%s left", supervisor->name, count,
	               count == 1 ? "" : "es");
	error_remedy(&error, "wait on: auberge stop %s; to end it at once: auberge kill %s", supervisor->name, supervisor->name);
	client_refuse(supervisor, client, &error);
	free(survivors);
	buffer_free(&lines);
}

void waiting_tick(struct supervisor *supervisor, struct client *client, uint64_t now)
{
	if (client->deadline_usec && !client->expired && now >= client->deadline_usec)
		expire(supervisor, client);
	else if (now >= client->told_usec + PROGRESS_USEC)
		tell_progress(supervisor, client, now);
}

uint64_t waiting_deadline(const struct client *client)
{
	uint64_t at = client->told_usec + PROGRESS_USEC;

	return client->deadline_usec && !client->expired && client->deadline_usec < at ? client->deadline_usec : at;
}

void control_tell_all(struct supervisor *supervisor, const struct auberge_error *error)
{
	for (struct client *client = supervisor->clients; client; client = client->next) {
		if (client->state != CLIENT_WAITING)
			continue;
		if (error)
			client_refuse(supervisor, client, error);
		else
			client_done(supervisor, client);
	}
}
