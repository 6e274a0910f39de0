/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spawning auberge-build, with the set's directories, or another short-lived program, with a channel; and waiting for it
 * where waiting is allowed. */
#include "supervisor/build.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int spawn(const char *program, char *const *argv, int channel, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int result;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, channel, BUILD_CHANNEL);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	result = posix_spawn(pid, program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -result;
}

int build_spawn_program(const char *program, const char *const *arguments, pid_t *pid, struct auberge_error *error)
{
	int pair[2], result;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(error, errno, "cannot make a channel to %s", arguments[0]);
	/* dup2 onto itself would keep close-on-exec */
	if (pair[1] == BUILD_CHANNEL) {
		int moved = fcntl(pair[1], F_DUPFD_CLOEXEC, BUILD_CHANNEL + 1);
		close(pair[1]);
		pair[1] = moved;
	}
	result = spawn(program, (char *const *)(uintptr_t)arguments, pair[1], pid);
	close(pair[1]);
	if (result < 0) {
		close(pair[0]);
		return error_set(error, -result, "cannot run %s", program);
	}
	return pair[0];
}

int build_spawn(const struct auberge *auberge, const char *name, const char *mode, pid_t *pid, struct auberge_error *error)
{
	cleanup_free char *program = set_program("auberge-build");
	const char *arguments[SET_ARGUMENTS + 5] = {"auberge-build"};
	size_t count = 1;

	if (!program)
		return error_set(error, errno, "cannot find auberge-build");
	set_arguments(auberge, arguments + 1);
	while (arguments[count])
		count++;
	arguments[count++] = mode;
	arguments[count++] = name;
	arguments[count] = NULL;
	return build_spawn_program(program, arguments, pid, error);
}

int build_await(int fd, pid_t pid, const char *what, struct auberge_error *error)
{
	char data[FRAME_LIMIT];
	size_t none;
	ssize_t got;
	int status = 0;

	error_clear(error);
	while ((got = receive_with_fds(fd, data, sizeof data - 1, NULL, 0, &none)) > 0) {
		data[got] = '\0';
		if (data[0] == FRAME_ERROR)
			frame_parse_error(data + 1, (size_t)got - 1, error);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (error->code != AUBERGE_OK)
		return -1;
	if (status != 0)
		return error_set(error, 0, "%s ended with status %d and no word", what, status);
	return 0;
}

int build_run(const struct auberge *auberge, const char *name, const char *mode, struct auberge_error *error)
{
	char what[128];
	pid_t pid;
	cleanup_close int fd = build_spawn(auberge, name, mode, &pid, error);

	snprintf(what, sizeof what, "auberge-build %s %s", mode, name);
	return fd < 0 ? -1 : build_await(fd, pid, what, error);
}
