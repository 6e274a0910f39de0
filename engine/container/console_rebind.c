/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child enters the guest's user and mount namespaces, not its pid namespace, so that nothing in the guest can see it,
 * makes the ptys there with no more rights than the guest's root has, and hands the masters back.
 */
#include "container/console_rebind.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/guest_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int enter(int pidfd, struct auberge_error *error)
{
	/* EINVAL: a privileged guest has our own user namespace, which cannot be entered again. */
	if (setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS) < 0 && (errno != EINVAL || setns(pidfd, CLONE_NEWNS) < 0))
		return error_set(error, errno, "cannot enter the guest's mount namespace");
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_set(error, errno, "cannot become the guest's root");
	return 0;
}

static _Noreturn void child(int pidfd, unsigned ttys, int channel)
{
	struct auberge_error error = {0};
	int masters[PLAN_TTYS_MAX], console = -1, root = -1;

	if (enter(pidfd, &error) == 0) {
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			error_set(&error, errno, "cannot open the guest's root");
	}
	if (root >= 0 && guest_console_make(ttys, root, true, masters, &console, &error) == 0)
		send_with_fds(channel, "M", 1, masters, ttys + 1);
	else
		send(channel, error.text, strlen(error.text), MSG_NOSIGNAL);
	_exit(0);
}

int console_rebind(int pidfd, unsigned ttys, int masters[PLAN_TTYS_MAX], struct auberge_error *error)
{
	char text[1024];
	size_t count = 0;
	ssize_t got;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(error, errno, "cannot make a channel");
	pid = fork();
	if (pid == 0)
		child(pidfd, ttys, pair[1]);
	close(pair[1]);
	cleanup_close int channel = pair[0];
	if (pid < 0)
		return error_set(error, errno, "cannot fork");
	got = receive_with_fds(channel, text, sizeof text - 1, masters, PLAN_TTYS_MAX, &count);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got > 0 && count == ttys + 1)
		return 0;
	for (size_t i = 0; i < count; i++)
		close(masters[i]);
	return error_set(error, got < 0 ? (int)-got : 0, "%.*s", got > 0 ? (int)got : 0, text);
}
