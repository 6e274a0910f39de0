/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running auberge-build, the short-lived process that puts a guest together and takes it apart, and hearing its answer
 * over a SOCK_SEQPACKET pair: "A" KEY=VALUE lines with descriptors, or "E" an error; end of file without either means
 * that it died.
 */
#include "supervisor/build.h"
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "supervisor/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

int builder_take_config(struct supervisor *supervisor, struct auberge_error *error)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%s/effective.ini", auberge_run_dir(supervisor->auberge), supervisor->name) < 0)
		return error_set(error, ENOMEM, "cannot read the config in force");
	config_free(supervisor->config);
	supervisor->config = NULL;
	return config_read(supervisor->run_fd, "effective.ini", path, &supervisor->config, error);
}

static void init_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	lifecycle_happen(supervisor, INIT_ENDED);
}

int builder_watch_init(struct supervisor *supervisor, int fd)
{
	supervisor->init = (struct watch){.fd = fd, .ready = init_ready};
	keep(supervisor, "init", fd);
	/* The keeper, where it is the parent, tells of the end together with the status. */
	return supervisor->init_kept == KEPT_INIT_CHILD && !supervisor->init_ours ? 0 : loop_watch(supervisor, &supervisor->init, EPOLLIN);
}

/* descriptors: init's pidfd, the rootfs lock, then the pty masters. */
static int take_guest(struct supervisor *supervisor, const char *body, int *fds, size_t count, struct auberge_error *error)
{
	char path[4096];

	if (count < 2)
		return error_set(error, 0, "auberge-build handed over no guest");
	supervisor->init_pid = (pid_t)message_number(body, "init_pid", 0);
	supervisor->init_start = (uint64_t)message_number(body, "init_start", 0);
	supervisor->init_status = -1;
	supervisor->rootfs_lock = fds[1];
	keep(supervisor, "rootfs", fds[1]);
	free(supervisor->init_path);
	supervisor->init_path = message_value(body, "init_path", path, sizeof path) ? strdup(path) : NULL;
	if (supervisor->builder_task == BUILDER_START) {
		supervisor->init_ours = true;
		keep_init(supervisor);
	}
	if (console_take(supervisor, fds + 2, count - 2, error) < 0 || builder_take_config(supervisor, error) < 0)
		return -1;
	inits_detect(supervisor->config, supervisor->init_path, 0, &supervisor->verdict);
	if (builder_watch_init(supervisor, fds[0]) < 0)
		return error_set(error, errno, "cannot watch init");
	return 0;
}

static void channel_ended(struct supervisor *supervisor, bool answered)
{
	int status = 0;

	loop_forget(supervisor, &supervisor->channel);
	waitpid(supervisor->builder, &status, 0);
	supervisor->builder = 0;
	if (answered)
		return;
	if (supervisor->error.code == AUBERGE_OK && WIFSIGNALED(status))
		error_set(&supervisor->error, 0, "auberge-build was killed by signal %d", WTERMSIG(status));
	else if (supervisor->error.code == AUBERGE_OK && !(supervisor->builder_task == BUILDER_RECLAIM && status == 0))
		error_set(&supervisor->error, 0, "auberge-build ended with status %d and no word", WEXITSTATUS(status));
	lifecycle_happen(supervisor, supervisor->builder_task == BUILDER_RECLAIM ? RECLAIMED : BUILD_FAILED);
}

static void channel_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	char data[FRAME_LIMIT];
	int fds[TTYS_MAX + 2];
	size_t count = 0;
	ssize_t got = receive_with_fds(watch->fd, data, sizeof data - 1, fds, COUNT_OF(fds), &count);

	(void)events;
	if (got == -EAGAIN)
		return;
	if (got < 0)
		error_set(&supervisor->error, (int)-got, "cannot hear auberge-build");
	if (got <= 0) {
		channel_ended(supervisor, supervisor->phase == PHASE_UP || supervisor->phase == PHASE_HALTING);
		return;
	}
	data[got] = '\0';
	if (data[0] == FRAME_ERROR) {
		frame_parse_error(data + 1, (size_t)got - 1, &supervisor->error);
		return; /* the end of file follows */
	}
	if (data[0] != FRAME_ANSWER || supervisor->builder_task == BUILDER_RECLAIM)
		return;
	if (take_guest(supervisor, data + 1, fds, count, &supervisor->error) < 0)
		return;
	channel_ended(supervisor, true);
	lifecycle_happen(supervisor, BUILT);
}

int builder_spawn(struct supervisor *supervisor, enum builder_task task, struct auberge_error *error)
{
	static const char *const modes[] = {[BUILDER_START] = "start", [BUILDER_ADOPT] = "adopt", [BUILDER_RECLAIM] = "reclaim-held"};
	const char *mode = modes[task];
	int fd;

	error_clear(&supervisor->error);
	if (task == BUILDER_RECLAIM && supervisor->restart.again)
		mode = "reclaim-again";
	else if (task == BUILDER_RECLAIM && supervisor->many)
		mode = "reclaim-many";
	fd = build_spawn(supervisor->auberge, supervisor->name, mode, &supervisor->builder, error);
	if (fd < 0)
		return -1;
	supervisor->builder_task = task;
	supervisor->channel = (struct watch){.fd = fd, .ready = channel_ready};
	fd = loop_watch(supervisor, &supervisor->channel, EPOLLIN);
	if (fd == 0)
		return 0;
	kill(supervisor->builder, SIGKILL); /* our child, not reaped: nobody would hear what it does */
	waitpid(supervisor->builder, NULL, 0);
	supervisor->builder = 0;
	close(supervisor->channel.fd);
	supervisor->channel = (struct watch){.fd = -1};
	return error_set(error, -fd, "cannot wait for auberge-build");
}
