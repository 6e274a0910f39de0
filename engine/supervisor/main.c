/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge-supervisor: one small process per running guest. Its keeper starts it; it takes the guest's locks, has it built,
 * or takes over one that runs, and stays until it has ended and nothing of it is left on the host.
 */
#include "supervisor/start.h"
#include "supervisor/supervisor.h"

#include "base/error.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "usage: auberge-supervisor [--state-dir DIR] [--run-dir DIR] [--log-dir DIR] [--cgroup ROOT]\n"
			    "                          [--by WHO] [--adopt] [--again] NAME\n"
			    "Supervises one guest from its start to its end. It is run by auberge(1), not by hand.\n";

struct arguments {
	struct auberge_options options;
	const char *name, *by;
	bool adopt, again;
};

static bool parse(int argc, char **argv, struct arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (set_take_argument(&arguments->options, argc, argv, &i))
			continue;
		if (strcmp(argv[i], "--by") == 0 && i + 1 < argc)
			arguments->by = argv[++i];
		else if (strcmp(argv[i], "--adopt") == 0)
			arguments->adopt = true;
		else if (strcmp(argv[i], "--again") == 0)
			arguments->again = true;
		else if (argv[i][0] == '-' || arguments->name)
			return false;
		else
			arguments->name = argv[i];
	}
	return arguments->name && auberge_name_valid(arguments->name);
}

static void refuse(struct supervisor *supervisor, const struct auberge_error *error)
{
	/* Freed before anyone is told, so that a start right after never finds it held. */
	keep_over(supervisor);
	if (supervisor->lock_fd >= 0)
		close(supervisor->lock_fd);
	supervisor->lock_fd = -1;
	if (supervisor->report >= 0)
		frame_send_error(supervisor->report, error);
	supervisor->phase = PHASE_OVER;
}

static void start(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	if (set_prepare(supervisor->auberge, &error) < 0 || set_require_guest(supervisor->auberge, supervisor->name, &error) < 0 ||
	    start_lock(supervisor, &error) < 0) {
		refuse(supervisor, &error);
		return;
	}
	keeping_lock(supervisor);
	int adopting = adopt_wanted(supervisor, &error);
	if (adopting) { /* or it cannot be told: a start would take apart what runs */
		if (adopting < 0 || adopt_begin(supervisor, &error) < 0)
			refuse(supervisor, &error);
		return;
	}
	if (start_begin(supervisor, &error) < 0 || builder_spawn(supervisor, BUILDER_START, &error) < 0) {
		/* Its ledger, if it has one, is not ours to take apart: it may be that of a guest that runs without supervisor. */
		if (error.code == AUBERGE_WRONG_STATE || supervisor->ledger_fd < 0) {
			refuse(supervisor, &error);
			return;
		}
		supervisor->error = error;
		lifecycle_happen(supervisor, BUILD_FAILED);
	}
}

static void release(struct supervisor *supervisor)
{
	for (struct client *client = supervisor->clients; client; client = client->next)
		client_close(supervisor, client);
	control_sweep(supervisor);
	for (size_t i = 0; i < TTYS_MAX; i++) {
		free(supervisor->ttys[i].input);
		ring_close(&supervisor->ttys[i].ring);
	}
	keep_over(supervisor);
	keeping_release(supervisor);
	config_free(supervisor->config);
	free(supervisor->init_path);
	auberge_close(supervisor->auberge);
}

int main(int argc, char **argv)
{
	struct supervisor supervisor = {.report = -1, .lock_fd = -1, .run_fd = -1, .ledger_fd = -1, .epoll = -1, .rootfs_lock = -1,
					.log_fd = -1, .heads_fd = -1, .init.fd = -1, .cgroup.fd = -1, .listener.fd = -1, .channel.fd = -1,
					.keeper.fd = -1, .notify.fd = -1};
	struct arguments arguments = {0};
	struct auberge_error error = {0};

	if (!parse(argc, argv, &arguments)) {
		bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	for (size_t i = 0; i < TTYS_MAX; i++)
		supervisor.ttys[i].watch.fd = supervisor.ttys[i].ring.fd = -1;
	prctl(PR_SET_NAME, "auberge-supervi", 0, 0, 0);
	supervisor.arguments = argv;
	supervisor.name = arguments.name;
	supervisor.adopt = arguments.adopt;
	supervisor.again = arguments.again;
	snprintf(supervisor.by, sizeof supervisor.by, "%s", arguments.by ? arguments.by : "root");
	supervisor.epoll = epoll_create1(EPOLL_CLOEXEC);
	int number = supervisor.epoll < 0 ? errno : 0, result = keeping_begin(&supervisor); /* first of all: by it an error is told */
	if (number || result < 0)
		error_set(&error, number ? number : -result, "cannot make an event loop");
	else
		supervisor.auberge = auberge_open(&arguments.options, &error);
	if (!supervisor.auberge) {
		if (!supervisor.again) /* else the keeper tries on: there may be a guest */
			refuse(&supervisor, &error);
		return 1;
	}
	start(&supervisor);
	result = loop_run(&supervisor);
	release(&supervisor);
	return result < 0 ? 1 : 0;
}
