/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge-supervisor: one small process per running guest. It is started by auberge, detaches itself, takes the guest's
 * locks, has it built, and stays until it has ended and nothing of it is left on the host.
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
			    "                          [--report FD] [--by WHO] NAME\n"
			    "Supervises one guest from its start to its end. It is run by auberge(1), not by hand.\n";

struct arguments {
	struct auberge_options options;
	const char *name, *by;
	int report;
};

static bool parse(int argc, char **argv, struct arguments *arguments)
{
	arguments->report = -1;
	for (int i = 1; i < argc; i++) {
		if (set_take_argument(&arguments->options, argc, argv, &i))
			continue;
		if (strcmp(argv[i], "--report") == 0 && i + 1 < argc)
			arguments->report = atoi(argv[++i]);
		else if (strcmp(argv[i], "--by") == 0 && i + 1 < argc)
			arguments->by = argv[++i];
		else if (argv[i][0] == '-' || arguments->name)
			return false;
		else
			arguments->name = argv[i];
	}
	return arguments->name && auberge_name_valid(arguments->name);
}

/* A session of its own, no terminal, no signal from one, no descriptor of the caller's but the report. */
static int detach(struct arguments *arguments)
{
	static const int heedless[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM};
	int null, report = arguments->report;

	if (setsid() < 0 && errno != EPERM) /* EPERM: a shell made us a group leader */
		return -1;
	for (size_t i = 0; i < sizeof heedless / sizeof *heedless; i++)
		signal(heedless[i], SIG_IGN);
	umask(022);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || chdir("/") < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (report >= 0) {
		dup2(report, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
		arguments->report = 3;
	}
	close_range(report >= 0 ? 4 : 3, ~0u, 0);
	return 0;
}

static void start(struct supervisor *supervisor)
{
	struct auberge_error error = {0};

	if (set_prepare(supervisor->auberge, &error) < 0 || set_require_guest(supervisor->auberge, supervisor->name, &error) < 0 ||
	    start_lock(supervisor, &error) < 0) {
		if (supervisor->report >= 0)
			frame_send_error(supervisor->report, &error);
		supervisor->phase = PHASE_OVER;
		return;
	}
	if (start_begin(supervisor, &error) < 0 || builder_spawn(supervisor, false, &error) < 0) {
		if (error.code == AUBERGE_WRONG_STATE) { /* its ledger is not ours to take apart */
			if (supervisor->report >= 0)
				frame_send_error(supervisor->report, &error);
			supervisor->phase = PHASE_OVER;
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
	config_free(supervisor->config);
	free(supervisor->init_path);
	auberge_close(supervisor->auberge);
}

int main(int argc, char **argv)
{
	struct supervisor supervisor = {.report = -1, .lock_fd = -1, .run_fd = -1, .ledger_fd = -1, .epoll = -1, .rootfs_lock = -1,
					.log_fd = -1, .init.fd = -1, .cgroup.fd = -1, .listener.fd = -1, .channel.fd = -1};
	struct arguments arguments = {0};
	struct auberge_error error = {0};

	if (!parse(argc, argv, &arguments)) {
		bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	for (size_t i = 0; i < TTYS_MAX; i++)
		supervisor.ttys[i].watch.fd = supervisor.ttys[i].ring.fd = -1;
	if (detach(&arguments) < 0)
		return 1;
	prctl(PR_SET_NAME, "auberge-supervi", 0, 0, 0);
	supervisor.report = arguments.report;
	supervisor.name = arguments.name;
	snprintf(supervisor.by, sizeof supervisor.by, "%s", arguments.by ? arguments.by : "root");
	supervisor.auberge = auberge_open(&arguments.options, &error);
	supervisor.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!supervisor.auberge || supervisor.epoll < 0) {
		if (supervisor.auberge)
			error_set(&error, errno, "cannot make an event loop");
		if (supervisor.report >= 0)
			frame_send_error(supervisor.report, &error);
		return 1;
	}
	start(&supervisor);
	int result = loop_run(&supervisor);
	release(&supervisor);
	return result < 0 ? 1 : 0;
}
