/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge-scope: asks systemd, over the system bus, for the scope of one guest, and puts processes into it. A program of
 * its own because it links libsystemd; auberge-build runs it, on hosts whose pid 1 is systemd. It answers as that does.
 *
 * The scope is systemd's to show and nobody's to stop (systemd.scope(5), systemd.kill(5), org.freedesktop.systemd1(5)):
 * it takes no part in a shutdown's transaction, refuses `systemctl stop`, and if a stop of its slice reaches it all the
 * same, its processes get a SIGCONT and no SIGKILL. The guests are stopped by the service it wants, which is stopped
 * before it. TasksMax is lifted: systemd's own limit for scopes is not the guest's.
 */
#include "base/error.h"
#include "host/scope.h"
#include "supervisor/build.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_USEC 5000000u
#define AGAIN_USEC 20000u
#define STOP_USEC 90000000u
#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define PATH "/org/freedesktop/systemd1"
#define SUPERVISOR_GROUP "/supervisor" /* host/cgroup.h */

static const char usage[] = "usage: auberge-scope UNIT GUEST GUARD PID...\n"
			    "It is run by auberge-build(8), not by hand.\n";

struct request {
	const char *unit, *guest, *guard;
	char **pids;
	size_t count;
	sd_bus *bus;
	uint64_t deadline;
	char job[256], result[32]; /* object path; what became of it */
};

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static uint64_t left_usec(const struct request *request)
{
	uint64_t now = now_usec();

	return now < request->deadline ? request->deadline - now : 0;
}

static int late(struct auberge_error *error)
{
	error_set_code(error, AUBERGE_FAILED, 0, "systemd did not answer within %u s", TIMEOUT_USEC / 1000000u);
	return error_remedy(error, "see what it is at: systemctl list-jobs; journalctl -b -p warning");
}

static int append_pids(sd_bus_message *message, const struct request *request)
{
	int result = sd_bus_message_open_container(message, 'a', "u");

	for (size_t i = 0; i < request->count && result >= 0; i++)
		result = sd_bus_message_append(message, "u", (uint32_t)strtoul(request->pids[i], NULL, 10));
	return result < 0 ? result : sd_bus_message_close_container(message);
}

static int append_pids_property(sd_bus_message *message, const struct request *request)
{
	int result = sd_bus_message_open_container(message, 'r', "sv");

	if (result >= 0)
		result = sd_bus_message_append(message, "s", "PIDs");
	if (result >= 0)
		result = sd_bus_message_open_container(message, 'v', "au");
	if (result >= 0)
		result = append_pids(message, request);
	if (result >= 0)
		result = sd_bus_message_close_container(message);
	return result < 0 ? result : sd_bus_message_close_container(message);
}

static int append_properties(sd_bus_message *message, const struct request *request)
{
	char description[128];
	int result = sd_bus_message_open_container(message, 'a', "(sv)");

	snprintf(description, sizeof description, "Guest %s", request->guest);
	if (result >= 0)
		result = sd_bus_message_append(message, "(sv)(sv)(sv)(sv)", "Description", "s", description, "Slice", "s", SCOPE_SLICE,
		                               "Delegate", "b", 1, "CollectMode", "s", "inactive-or-failed");
	if (result >= 0)
		result = sd_bus_message_append(message, "(sv)(sv)(sv)", "DefaultDependencies", "b", 0, "RefuseManualStop", "b", 1,
		                               "IgnoreOnIsolate", "b", 1);
	if (result >= 0)
		result = sd_bus_message_append(message, "(sv)(sv)(sv)(sv)", "KillSignal", "i", SIGCONT, "SendSIGKILL", "b", 0,
		                               "TimeoutStopUSec", "t", (uint64_t)STOP_USEC, "TasksMax", "t", UINT64_MAX);
	if (result >= 0 && request->guard[0])
		result = sd_bus_message_append(message, "(sv)(sv)", "Wants", "as", 1, request->guard, "Before", "as", 2, request->guard,
		                               "auberge.service");
	if (result >= 0)
		result = append_pids_property(message, request);
	return result < 0 ? result : sd_bus_message_close_container(message);
}

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *ignored)
{
	struct request *request = data;
	const char *job, *unit, *outcome;
	uint32_t id;

	(void)ignored;
	if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &outcome) >= 0 && strcmp(job, request->job) == 0)
		snprintf(request->result, sizeof request->result, "%s", outcome);
	return 0;
}

static int await_job(struct request *request, struct auberge_error *error)
{
	while (!request->result[0]) {
		int result = sd_bus_process(request->bus, NULL);

		if (result == 0 && left_usec(request) == 0)
			return late(error);
		if (result == 0)
			result = sd_bus_wait(request->bus, left_usec(request));
		if (result < 0 && result != -EINTR)
			return error_set(error, -result, "lost the connection to systemd");
	}
	if (strcmp(request->result, "done") == 0)
		return 0;
	return error_set(error, 0, "systemd could not start %s: %s", request->unit, request->result);
}

/* Calls, within the time left. 0; 1: refused, *refusal says why; negative: no answer. */
static int call(struct request *request, sd_bus_message *message, sd_bus_error *refusal, sd_bus_message **reply,
                struct auberge_error *error)
{
	int result;

	if (left_usec(request) == 0)
		return late(error);
	result = sd_bus_call(request->bus, message, left_usec(request), refusal, reply);
	if (result >= 0)
		return 0;
	if (result == -ETIMEDOUT || sd_bus_error_has_name(refusal, SD_BUS_ERROR_NO_REPLY) ||
	    sd_bus_error_has_name(refusal, SD_BUS_ERROR_TIMEOUT))
		return late(error);
	if (sd_bus_error_is_set(refusal))
		return 1;
	return error_set(error, -result, "cannot call systemd");
}

/* 0 started, 1 there is such a unit already, negative. The job's path is known only after the answer, and its end can
 * come no earlier: both come over one connection, in order, and signals wait for sd_bus_process. */
static int start(struct request *request, struct auberge_error *error)
{
	sd_bus_error refusal = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL, *reply = NULL;
	const char *job;
	int result = sd_bus_message_new_method_call(request->bus, &message, DESTINATION, PATH, MANAGER, "StartTransientUnit");

	if (result >= 0)
		result = sd_bus_message_append(message, "ss", request->unit, "fail");
	if (result >= 0)
		result = append_properties(message, request);
	if (result >= 0)
		result = sd_bus_message_append(message, "a(sa(sv))", 0);
	if (result < 0)
		result = error_set(error, -result, "cannot put the request to systemd together");
	else
		result = call(request, message, &refusal, &reply, error);
	if (result == 1 && !sd_bus_error_has_name(&refusal, "org.freedesktop.systemd1.UnitExists"))
		result = error_set(error, 0, "systemd refuses to start %s: %s", request->unit, refusal.message);
	if (result == 0 && sd_bus_message_read(reply, "o", &job) >= 0) {
		snprintf(request->job, sizeof request->job, "%s", job);
		result = await_job(request, error);
	}
	sd_bus_error_free(&refusal);
	sd_bus_message_unref(message);
	sd_bus_message_unref(reply);
	return result;
}

/* An earlier run's supervisor is not quite gone: its scope serves on, if systemd takes us in. 0, 1 it does not, negative. */
static int join(struct request *request, struct auberge_error *error)
{
	sd_bus_error refusal = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL;
	int result = sd_bus_message_new_method_call(request->bus, &message, DESTINATION, PATH, MANAGER, "AttachProcessesToUnit");

	if (result >= 0)
		result = sd_bus_message_append(message, "ss", request->unit, SUPERVISOR_GROUP);
	if (result >= 0)
		result = append_pids(message, request);
	if (result < 0)
		result = error_set(error, -result, "cannot put the request to systemd together");
	else
		result = call(request, message, &refusal, NULL, error);
	sd_bus_error_free(&refusal);
	sd_bus_message_unref(message);
	return result;
}

static int connect_bus(struct request *request, struct auberge_error *error)
{
	int result = sd_bus_open_system(&request->bus);

	if (result < 0) {
		error_set(error, -result, "cannot reach systemd over the system bus");
		return error_remedy(error, "the bus is Debian package dbus, and runs after: systemctl start dbus.socket");
	}
	/* sd_bus_call() would wait for this without end. */
	while (result >= 0 && sd_bus_is_ready(request->bus) == 0) {
		result = sd_bus_process(request->bus, NULL);
		if (result == 0 && left_usec(request) == 0)
			return late(error);
		if (result == 0)
			result = sd_bus_wait(request->bus, left_usec(request));
		if (result == -EINTR)
			result = 0;
	}
	if (result >= 0)
		result = sd_bus_match_signal_async(request->bus, NULL, DESTINATION, PATH, MANAGER, "JobRemoved", job_removed, NULL, request);
	return result < 0 ? error_set(error, -result, "cannot listen to systemd over the system bus") : 0;
}

static int run(struct request *request, struct auberge_error *error)
{
	const struct timespec pause = {.tv_nsec = AGAIN_USEC * 1000};
	int result = connect_bus(request, error);

	while (result == 0) {
		result = start(request, error);
		if (result == 1)
			result = join(request, error);
		if (result != 1)
			break;
		if (left_usec(request) == 0) {
			error_set(error, EEXIST, "%s of an earlier run does not go away", request->unit);
			result = error_remedy(error, "see what holds it: systemctl status %s", request->unit);
			break;
		}
		nanosleep(&pause, NULL); /* it is between empty and forgotten */
		result = 0;
	}
	sd_bus_close_unref(request->bus);
	return result;
}

static void tell(const struct auberge_error *error)
{
	char message[sizeof error->text + sizeof error->remedy + 40];
	struct stat status;

	if (fstat(BUILD_CHANNEL, &status) < 0 || !S_ISSOCK(status.st_mode)) {
		fprintf(stderr, "auberge-scope: %s\n", error->text);
		return;
	}
	int length = snprintf(message, sizeof message, "%c%d %d\n%s%c%s", FRAME_ERROR, (int)error->code, error->number, error->text, 0,
	                      error->remedy);
	send(BUILD_CHANNEL, message, (size_t)length, MSG_NOSIGNAL);
}

int main(int argc, char **argv)
{
	struct auberge_error error = {0};
	struct request request = {.deadline = now_usec() + TIMEOUT_USEC};

	if (argc < 5) {
		bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	request.unit = argv[1];
	request.guest = argv[2];
	request.guard = argv[3];
	request.pids = argv + 4;
	request.count = (size_t)argc - 4;
	if (run(&request, &error) == 0)
		return 0;
	tell(&error);
	return 1;
}
