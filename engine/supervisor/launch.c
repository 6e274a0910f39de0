/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spawning a keeper, which starts the supervisor, with nothing of the caller's but a report socket. It detaches itself. */
#include "supervisor/launch.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADOPTION_MS 3000
#define REPORT 3 /* its descriptor in the new process */

extern char **environ;

/* argv of the keeper, and behind "--" of the supervisor. */
static void fill(const struct auberge *auberge, const char *supervisor, const char *name, const char *by, bool adopt,
                 const char **arguments)
{
	const char *const first[] = {"auberge-keeper", "--kept", "report=3", "--", supervisor};
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(first); i++)
		arguments[count++] = first[i];
	set_arguments(auberge, arguments + count);
	while (arguments[count])
		count++;
	if (adopt)
		arguments[count++] = "--adopt";
	arguments[count++] = "--by";
	arguments[count++] = by;
	arguments[count++] = name;
	arguments[count] = NULL;
}

int launch(struct auberge *auberge, const char *name, const char *by, bool adopt, struct auberge_error *error)
{
	cleanup_free char *program = set_program("auberge-keeper"), *supervisor = set_program("auberge-supervisor");
	const char *arguments[SET_ARGUMENTS + 12];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int pair[2], result;
	pid_t pid;

	if (!program || !supervisor)
		return error_set(error, errno, "cannot find auberge-keeper and auberge-supervisor");
	fill(auberge, supervisor, name, by, adopt, arguments);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(error, errno, "cannot make a channel to the supervisor");
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

void launch_adoption(struct auberge *auberge, const char *name, bool await)
{
	cleanup_close int run_fd = set_open_run(auberge, name), report = -1;
	struct auberge_error ignored = {0};
	struct pollfd wait = {.events = POLLIN};
	char by[64];

	if (run_fd < 0 || lock_held(auberge, name, LOCK_SUPERVISOR) != 0 || lock_held(auberge, name, LOCK_KEEPER) != 0)
		return;
	if (await)
		process_user(by, sizeof by);
	else
		snprintf(by, sizeof by, "auberge"); /* who waits for nothing does not wait for a name service either */
	report = wait.fd = launch(auberge, name, by, true, &ignored);
	while (await && report >= 0 && poll(&wait, 1, ADOPTION_MS) < 0 && errno == EINTR)
		;
}
