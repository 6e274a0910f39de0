/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spawning a supervisor, with nothing of the caller's but a report socket. It detaches itself. */
#include "supervisor/launch.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPORT 3 /* its descriptor in the new process */

extern char **environ;

int launch(struct auberge *auberge, const char *name, const char *by, struct auberge_error *error)
{
	cleanup_free char *program = set_program("auberge-supervisor");
	const char *arguments[SET_ARGUMENTS + 8] = {"auberge-supervisor"};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	size_t count = 1;
	int pair[2], result;
	pid_t pid;

	if (!program)
		return error_set(error, ENOENT, "cannot find auberge-supervisor");
	set_arguments(auberge, arguments + 1);
	while (arguments[count])
		count++;
	arguments[count++] = "--report";
	arguments[count++] = "3";
	arguments[count++] = "--by";
	arguments[count++] = by;
	arguments[count++] = name;
	arguments[count] = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(error, errno, "cannot make a channel to auberge-supervisor");
	if (pair[1] == REPORT) { /* dup2 onto itself would keep close-on-exec */
		pair[1] = fcntl(REPORT, F_DUPFD_CLOEXEC, REPORT + 1);
		close(REPORT);
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], REPORT);
	/* The screens block what their signalfd reads; a supervisor must not inherit that. */
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	result = posix_spawn(&pid, program, &actions, &attributes, (char *const *)(uintptr_t)arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(pair[1]);
	if (result != 0) {
		close(pair[0]);
		return error_set(error, result, "cannot run %s", program);
	}
	set_launched(auberge, pid);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	return pair[0];
}
