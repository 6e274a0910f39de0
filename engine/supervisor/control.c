/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: who may ask (root alone, by SO_PEERCRED besides the modes of the path), what may be asked (one
 * table of requests). Who waits for an end is told of it by waiting.c. A silent connection is dropped; none can hold up another.
 */
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "base/file.h"
#include "guest/effective.h"
#include "host/cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE_USEC 5000000u  /* a connection that has asked nothing */
#define PROGRESS_USEC 1000000u /* between two tellings to one that waits for readiness */
#define READY_SECONDS 90       /* what a systemd unit is given to start */

void client_close(struct supervisor *supervisor, struct client *client)
{
	loop_forget(supervisor, &client->watch);
	supervisor->viewers_changed |= client->state == CLIENT_CONSOLE;
	client->state = CLIENT_DEAD;
}

void control_sweep(struct supervisor *supervisor)
{
	for (struct client **at = &supervisor->clients; *at;) {
		struct client *client = *at;

		if (client->state != CLIENT_DEAD) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		frame_reader_free(&client->in);
		free(client->out);
		free(client);
		supervisor->clients_count--;
	}
	waiting_rest(supervisor);
}

void client_refuse(struct supervisor *supervisor, struct client *client, const struct auberge_error *error)
{
	frame_send_error(client->watch.fd, error);
	client_close(supervisor, client);
}

void client_done(struct supervisor *supervisor, struct client *client)
{
	frame_send(client->watch.fd, FRAME_DONE, "", 0);
	client_close(supervisor, client);
}

/* --- requests ------------------------------------------------------------------------------------------------ */

static void request_status(struct supervisor *supervisor, struct client *client, const char *body)
{
	char halt[24], reboot[24], command[48];
	size_t viewers = 0;

	(void)body;
	for (struct client *other = supervisor->clients; other; other = other->next)
		viewers += other->state == CLIENT_CONSOLE;
	if (supervisor->phase == PHASE_UP) /* what was found at its start may have become another */
		inits_detect(supervisor->config, supervisor->init_path, supervisor->init_pid, &supervisor->verdict);
	signal_format(supervisor->verdict.halt_signal, halt, sizeof halt);
	signal_format(supervisor->verdict.reboot_signal, reboot, sizeof reboot);
	inits_second_rung(&supervisor->verdict, command, sizeof command);
	frame_sendf(client->watch.fd, FRAME_ANSWER,
	            "phase=%s\ninit_pid=%d\nsupervisor_pid=%d\ninit=%s\nhalt_signal=%s\nreboot_signal=%s\ndetected_by=%s\n"
	            "halt_command=%s\ncommand_first=%d\nttys=%zu\nviewers=%zu\nready=%d\nstatus=%s\n",
	            phase_word(supervisor->phase), supervisor->init_pid, getpid(),
	            supervisor->verdict.kind ? supervisor->verdict.kind->name : "", halt, reboot, supervisor->verdict.detected_by,
	            command, supervisor->verdict.command_first, supervisor->ttys_count, viewers, supervisor->word.ready,
	            supervisor->word.status);
	client_done(supervisor, client);
}

static void remember_who(struct supervisor *supervisor, const char *body)
{
	char by[64];

	if (message_value(body, "by", by, sizeof by))
		auberge_text_clean(supervisor->by, sizeof supervisor->by, by, strlen(by), 0);
}

/* With join=1 a stop that is under way is waited for, and init is asked nothing anew. */
static void request_stop(struct supervisor *supervisor, struct client *client, const char *body)
{
	int64_t limit = message_number(body, "timeout", -1);
	bool join = message_number(body, "join", 0) != 0, forever = join && limit < 0;
	struct auberge_error error = {0};

	if (join && (supervisor->phase == PHASE_UP || ((supervisor->phase == PHASE_BUILDING || supervisor->phase == PHASE_ADOPTING) && supervisor->intent == INTENT_NONE))) {
		error_set_code(&error, AUBERGE_WRONG_STATE, 0, "%s is %s: no stop is under way", supervisor->name,
		               phase_word(supervisor->phase));
		client_refuse(supervisor, client, &error);
		return;
	}
	if (limit < 0)
		limit = supervisor->config ? supervisor->config->stop_timeout : 90;
	if (limit > INT32_MAX)
		limit = INT32_MAX;
	waiting_begin(client, forever ? 0 : now_monotonic_usec() + (uint64_t)limit * 1000000u);
	client->kill = message_number(body, "kill", 0) != 0;
	if (message_number(body, "many", 0) != 0)
		supervisor->many = true;
	if (client->kill) /* holds also when the client leaves the wait */
		supervisor->kill_usec = client->deadline_usec;
	halt_extend(supervisor, client->deadline_usec);
	if (supervisor->intent == INTENT_NONE)
		remember_who(supervisor, body);
	frame_send(client->watch.fd, FRAME_ANSWER, "", 0);
	/* A client of a supervisor that died has asked already, and that was taken over. */
	if (!join && !(message_number(body, "again", 0) != 0 && supervisor->phase == PHASE_HALTING))
		lifecycle_happen(supervisor, STOP_ASKED);
}

static void request_kill(struct supervisor *supervisor, struct client *client, const char *body)
{
	waiting_begin(client, 0);
	waiting_for_killed(client);
	remember_who(supervisor, body);
	if (message_number(body, "many", 0) != 0)
		supervisor->many = true;
	frame_send(client->watch.fd, FRAME_ANSWER, "", 0);
	lifecycle_happen(supervisor, KILL_ASKED);
}

static void request_start(struct supervisor *supervisor, struct client *client, const char *body)
{
	struct auberge_error error = {0};

	if (supervisor->phase != PHASE_WAITING && supervisor->phase != PHASE_BUILDING) {
		error_set_code(&error, AUBERGE_WRONG_STATE, 0, "%s: it is already %s", supervisor->name, phase_word(supervisor->phase));
		client_refuse(supervisor, client, &error);
		return;
	}
	client->state = CLIENT_STARTING;
	frame_send(client->watch.fd, FRAME_ANSWER, "", 0);
	if (supervisor->phase != PHASE_WAITING)
		return;
	remember_who(supervisor, body);
	supervisor->restart.by_hand = true;
	lifecycle_happen(supervisor, START_ASKED);
}

static void request_ready(struct supervisor *supervisor, struct client *client, const char *body)
{
	int64_t limit = message_number(body, "timeout", -1);
	uint64_t now = now_monotonic_usec();
	struct auberge_error error = {0};

	if (supervisor->phase != PHASE_BUILDING && supervisor->phase != PHASE_UP) {
		error_set_code(&error, AUBERGE_WRONG_STATE, 0, "%s: it is %s", supervisor->name, phase_word(supervisor->phase));
		client_refuse(supervisor, client, &error);
		return;
	}
	frame_send(client->watch.fd, FRAME_ANSWER, "", 0);
	if (supervisor->phase == PHASE_UP && supervisor->word.ready) {
		client_done(supervisor, client);
		return;
	}
	client->state = CLIENT_READYING;
	client->deadline_usec = now + (uint64_t)(limit < 0 || limit > INT32_MAX ? READY_SECONDS : limit) * 1000000u;
	client->told_usec = now;
}

static void set_frozen(struct supervisor *supervisor, struct client *client, bool frozen)
{
	struct auberge_error error = {0};

	if (supervisor->phase != PHASE_UP) {
		error_set_code(&error, AUBERGE_WRONG_STATE, 0, "%s: it is %s", supervisor->name, phase_word(supervisor->phase));
		client_refuse(supervisor, client, &error);
		return;
	}
	if (cgroup_freeze(supervisor->auberge, supervisor->name, frozen, &error) < 0) {
		client_refuse(supervisor, client, &error);
		return;
	}
	supervisor_write_summary(supervisor);
	frame_send(client->watch.fd, FRAME_ANSWER, "", 0);
	client_done(supervisor, client);
}

static void request_freeze(struct supervisor *supervisor, struct client *client, const char *body)
{
	(void)body;
	set_frozen(supervisor, client, true);
}

static void request_thaw(struct supervisor *supervisor, struct client *client, const char *body)
{
	(void)body;
	set_frozen(supervisor, client, false);
}

/* Values that act from now on: the kernel has its share already. */
static void request_config(struct supervisor *supervisor, struct client *client, const char *body)
{
	struct config *config = NULL;
	struct auberge_error error = {0};
	bool memory;

	if (supervisor->phase != PHASE_UP && supervisor->phase != PHASE_HALTING) {
		error_set_code(&error, AUBERGE_WRONG_STATE, 0, "%s: it is %s", supervisor->name, phase_word(supervisor->phase));
		client_refuse(supervisor, client, &error);
		return;
	}
	if (effective_change(supervisor->auberge, supervisor->name, body, &config, &error) < 0) {
		client_refuse(supervisor, client, &error);
		return;
	}
	memory = !supervisor->config || supervisor->config->memory != config->memory;
	config_free(supervisor->config);
	supervisor->config = config;
	if (memory && supervisor->pressure.open) /* the mark at which the kernel tells of it */
		pressure_renew(supervisor);
	if (supervisor->phase == PHASE_UP)
		inits_detect(supervisor->config, supervisor->init_path, supervisor->init_pid, &supervisor->verdict);
	frame_send(client->watch.fd, FRAME_ANSWER, "", 0);
	client_done(supervisor, client);
}

static void request_console(struct supervisor *supervisor, struct client *client, const char *body)
{
	struct auberge_error error = {0};

	if (console_attach(supervisor, client, body, &error) < 0) {
		client_refuse(supervisor, client, &error);
		return;
	}
	frame_sendf(client->watch.fd, FRAME_ANSWER, "stream=%" PRIu64 "\nposition=%" PRIu64 "\n", supervisor->heads->stream, client->position);
}

static const struct request {
	const char *verb;
	void (*serve)(struct supervisor *supervisor, struct client *client, const char *body);
} requests[] = {
	{"status", request_status}, {"stop", request_stop}, {"kill", request_kill}, {"start", request_start},
	{"freeze", request_freeze}, {"thaw", request_thaw}, {"console", request_console}, {"ready", request_ready},
	{"config", request_config},
};

static void serve(struct supervisor *supervisor, struct client *client, char type, const char *body)
{
	struct auberge_error error = {0};
	char verb[24] = "";
	int version = 0;
	const char *values = strchr(body, '\n');

	if (type != FRAME_REQUEST || sscanf(body, "%d %23s", &version, verb) != 2 || version < 1) {
		error_set(&error, EPROTO, "a request that cannot be read");
		client_refuse(supervisor, client, &error);
		return;
	}
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if (strcmp(requests[i].verb, verb) == 0) {
			requests[i].serve(supervisor, client, values ? values : "");
			return;
		}
	error_set_code(&error, AUBERGE_USAGE, 0, "the supervisor of %s knows no request \"%s\"", supervisor->name, verb);
	error_remedy(&error, "it was started by an older auberge: restart the guest to have the new one");
	client_refuse(supervisor, client, &error);
}

/* --- connections --------------------------------------------------------------------------------------------- */

static void client_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	struct client *client = (struct client *)watch; /* its first member */
	char type, *body;
	size_t length;
	int result;

	if (client->state == CLIENT_CONSOLE && (events & EPOLLOUT))
		console_pump(supervisor, client);
	if (client->state == CLIENT_DEAD || !(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return;
	if (client->state == CLIENT_NEW && (events & (EPOLLRDHUP | EPOLLHUP))) {
		/* It gave up unanswered, and was told so: what it asked for is not done behind its back. */
		client_close(supervisor, client);
		return;
	}
	result = frame_fill(&client->in, client->watch.fd);
	if (result < 0 && result != -ECONNRESET && client->state == CLIENT_NEW) {
		struct auberge_error error = {0};

		error_set(&error, -result, "the supervisor of %s cannot hear the request", supervisor->name);
		client_refuse(supervisor, client, &error);
		return;
	}
	if (result < 0) { /* a client that leaves a stop leaves the wait, not the stop */
		client_close(supervisor, client);
		return;
	}
	if (client->state == CLIENT_NEW) {
		result = frame_next(&client->in, &type, &body, &length);
		if (result < 0) {
			client_close(supervisor, client);
			return;
		}
		if (result > 0) {
			char *text = strndup(body, length);

			frame_drop(&client->in);
			if (text)
				serve(supervisor, client, type, text);
			free(text);
		}
	}
	if (client->state == CLIENT_CONSOLE) {
		console_input(supervisor, client);
		if (client->state == CLIENT_CONSOLE)
			console_pump(supervisor, client);
	}
}

static int may_ask(const struct supervisor *supervisor, int fd, struct auberge_error *error)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return error_set(error, errno, "the supervisor of %s cannot tell who asks", supervisor->name);
	if (peer.uid != 0)
		return error_set(error, EPERM, "the supervisor of %s serves only root", supervisor->name);
	if (supervisor->clients_count >= CLIENTS_MAX)
		return error_set(error, EBUSY, "the supervisor of %s serves %d already", supervisor->name, CLIENTS_MAX);
	return 0;
}

static void listener_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	struct client *client = NULL;
	struct auberge_error error = {0};
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), result;

	(void)events;
	if (fd < 0)
		return;
	if (may_ask(supervisor, fd, &error) == 0 && !(client = calloc(1, sizeof *client)))
		error_set(&error, ENOMEM, "the supervisor of %s cannot serve another", supervisor->name);
	if (!client) {
		frame_send_error(fd, &error);
		close(fd);
		return;
	}
	client->watch = (struct watch){.fd = fd, .ready = client_ready};
	client->since_usec = now_monotonic_usec();
	client->next = supervisor->clients;
	supervisor->clients = client;
	supervisor->clients_count++;
	result = loop_watch(supervisor, &client->watch, EPOLLIN | EPOLLRDHUP);
	if (result < 0) {
		error_set(&error, -result, "the supervisor of %s cannot wait for a request", supervisor->name);
		client_refuse(supervisor, client, &error);
	}
}

int control_start(struct supervisor *supervisor, int listener, struct auberge_error *error)
{
	int fd = listener;

	if (supervisor->listener.fd >= 0)
		return 0;
	if (fd < 0)
		fd = control_listen(supervisor->run_fd);
	if (fd < 0)
		return error_set(error, -fd, "cannot listen on %s/%s/control", auberge_run_dir(supervisor->auberge), supervisor->name);
	supervisor->listener = (struct watch){.fd = fd, .ready = listener_ready};
	keep(supervisor, "listener", fd); /* who connects while there is no supervisor waits for the next */
	fd = loop_watch(supervisor, &supervisor->listener, EPOLLIN);
	return fd < 0 ? error_set(error, -fd, "cannot wait for connections") : 0;
}

/* --- time ---------------------------------------------------------------------------------------------------- */

/* The guest runs on. */
static void expire_readying(struct supervisor *supervisor, struct client *client)
{
	const char *status = supervisor->word.status;
	struct auberge_error error = {0};

	error_set_code(&error, AUBERGE_TIMEOUT, 0, "%s: still starting%s%s", supervisor->name, *status ? ": " : "", status);
	error_remedy(&error, "it runs on; look at it by: auberge console %s", supervisor->name);
	client_refuse(supervisor, client, &error);
}

static void readying_tick(struct supervisor *supervisor, struct client *client, uint64_t now)
{
	const char *status = supervisor->word.status;

	if (now >= client->deadline_usec) {
		expire_readying(supervisor, client);
	} else if (now >= client->told_usec + PROGRESS_USEC) {
		client->told_usec = now;
		frame_sendf(client->watch.fd, FRAME_PROGRESS, "%" PRId64 " %s", (int64_t)((client->deadline_usec - now) / 1000000u),
		            *status ? status : "not ready yet");
	}
}

/* The next moment at which this client wants something; UINT64_MAX: none. */
static uint64_t client_deadline(const struct client *client)
{
	uint64_t told;

	switch (client->state) {
	case CLIENT_NEW:
		return client->since_usec + SILENCE_USEC;
	case CLIENT_WAITING:
		return waiting_deadline(client);
	case CLIENT_READYING:
		told = client->told_usec + PROGRESS_USEC;
		return told < client->deadline_usec ? told : client->deadline_usec;
	default:
		return UINT64_MAX;
	}
}

void control_tick(struct supervisor *supervisor, uint64_t now)
{
	for (struct client *client = supervisor->clients; client; client = client->next) {
		if (client->state == CLIENT_NEW && now >= client->since_usec + SILENCE_USEC)
			client_close(supervisor, client);
		if (client->state == CLIENT_WAITING)
			waiting_tick(supervisor, client, now);
		if (client->state == CLIENT_READYING)
			readying_tick(supervisor, client, now);
	}
}

uint64_t control_deadline(const struct supervisor *supervisor)
{
	uint64_t nearest = UINT64_MAX;

	for (const struct client *client = supervisor->clients; client; client = client->next) {
		uint64_t at = client_deadline(client);

		nearest = at < nearest ? at : nearest;
	}
	return nearest;
}

void control_tell(struct supervisor *supervisor, enum client_state state, const struct auberge_error *error)
{
	for (struct client *client = supervisor->clients; client; client = client->next) {
		if (client->state != state)
			continue;
		if (error)
			client_refuse(supervisor, client, error);
		else
			client_done(supervisor, client);
	}
}
