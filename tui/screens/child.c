/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See child.h. */
#include "screens/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <unistd.h>

static _Noreturn void become(struct app *app, const char *const *argv, int words, bool both)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, STDIN_FILENO);
	dup2(both ? words : null, STDOUT_FILENO);
	dup2(words, STDERR_FILENO);
	app->source->child_environment(app->source);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool child_begin(struct app *app, struct child *child, const char *const *argv, bool both)
{
	int ends[2], number;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	fcntl(ends[0], F_SETFL, O_NONBLOCK); /* our end: the child's stays a plain pipe */
	*child = (struct child){.words = ends[0], .pidfd = -1};
	child->pid = fork();
	if (child->pid == 0)
		become(app, argv, ends[1], both);
	number = errno;
	close(ends[1]);
	if (child->pid < 0) {
		close(ends[0]);
		errno = number;
		return false;
	}
	child->pidfd = pidfd_open(child->pid, 0);
	return true;
}
