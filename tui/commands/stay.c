/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge start --stay NAME`: the guest as the process of a service manager. Stays until the guest has ended, however
 * it was ended; SIGTERM stops it cleanly. Tells systemd when it is up (sd_notify(3)); runit, s6 or inittab need no word.
 * Invariant: it never ends a guest by itself, and once a clean stop has begun nothing takes it back.
 */
#include "commands/report.h"
#include "commands/stay.h"
#include "commands/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 2000   /* the history says when a guest ends; this is for an end that nobody wrote down */
#define SETTLE_MS 1000 /* a restart is between two supervisors for a moment */
#define SETTLE_LOOK_MS 100

static void tell_manager(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}

static void tell_survivors(const char *name, const struct auberge_job_event *event)
{
	for (size_t i = 0; i < event->survivors_count; i++)
		note("%s: still running at the time limit: pid %d %s", name, (int)event->survivors[i].host_pid,
		     event->survivors[i].command);
}

/* To its end, whatever signal comes; *signalled: one came. 0 or an exit status, explained. */
static int carry_out(struct auberge *auberge, const char *name, enum auberge_act act, bool *signalled, struct auberge_error *error)
{
	const struct auberge_act_options options = {.timeout_seconds = -1};
	struct auberge_job *job = auberge_job_begin(auberge, name, act, &options, error);
	struct auberge_job_event event = {0};
	int result = job ? 0 : -1;

	while (result == 0) {
		result = auberge_job_next(job, &event, error);
		if (result > 0 && event.kind == AUBERGE_EVENT_SURVIVORS)
			tell_survivors(name, &event);
		if (result > 0 && event.kind == AUBERGE_EVENT_DONE)
			break;
		if (result > 0)
			result = 0;
		else if (result == 0 && signals_wait(auberge_job_fd(job), -1) < 0)
			*signalled = true;
	}
	auberge_job_free(job);
	return result < 0 ? (int)error->code : 0;
}

/* 1 it runs or is about to, 0 it does not, -1 explained. */
static int lives(struct auberge *auberge, const char *name, struct auberge_end *end)
{
	struct auberge_guest *guest = NULL;
	struct auberge_error error = {0};
	size_t count;
	int result;

	if (auberge_list(auberge, &name, 1, 0, &guest, &count, &error) < 0) {
		complain_error(&error);
		return -1;
	}
	result = guest->state != AUBERGE_STOPPED && guest->state != AUBERGE_FAILED_STATE && guest->state != AUBERGE_INCOMPLETE;
	*end = guest->last_end;
	free(guest);
	return result;
}

/* Drops what the watch has said. */
static void drop(int fd)
{
	char data[4096];

	while (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0 && read(fd, data, sizeof data) > 0)
		;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* 0 the guest has ended, 1 a signal asks for its stop, -1 explained. */
static int watch(struct auberge *auberge, const char *name, int history, struct auberge_end *end)
{
	for (uint64_t gone = 0;;) {
		int result = lives(auberge, name, end);

		if (result < 0)
			return -1;
		if (result == 1)
			gone = 0;
		else if (gone == 0)
			gone = now_ms();
		else if (now_ms() - gone >= SETTLE_MS)
			return 0;
		if (signals_wait(history, gone ? SETTLE_LOOK_MS : LOOK_MS) < 0)
			return 1;
		drop(history);
	}
}

static int stay_up(struct auberge *auberge, const char *name, int history)
{
	struct auberge_error error = {0};
	struct auberge_end end = {0};
	bool signalled = false;
	int status = carry_out(auberge, name, AUBERGE_START, &signalled, &error), result;

	if (status == AUBERGE_WRONG_STATE && lives(auberge, name, &end) == 1)
		note("%s: runs already", name);
	else if (status != 0)
		return complain_error(&error);
	tell_manager("READY=1\nSTATUS=The guest runs");
	result = signalled ? 1 : watch(auberge, name, history, &end);
	if (result < 0)
		return AUBERGE_FAILED;
	if (result > 0) {
		tell_manager("STOPPING=1\nSTATUS=The guest is being stopped");
		error = (struct auberge_error){0};
		status = carry_out(auberge, name, AUBERGE_STOP, &signalled, &error);
		return status == 0 || lives(auberge, name, &end) == 0 ? 0 : complain_error(&error);
	}
	note("%s: ended: %s%s%s", name, end.known ? end.cause : "unknown", end.detail[0] ? ": " : "", end.detail);
	return end.bad ? AUBERGE_FAILED : 0;
}

int stay(struct auberge *auberge, const char *name)
{
	struct auberge_error error = {0};
	int history, status;

	if (signals_open() < 0)
		return complain(AUBERGE_FAILED, NULL, "start: out of descriptors");
	history = auberge_history_watch(auberge, &error);
	status = history < 0 ? complain_error(&error) : stay_up(auberge, name, history);
	if (history >= 0)
		close(history);
	signals_close();
	return status;
}
