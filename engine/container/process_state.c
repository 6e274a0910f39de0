/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inherited state put back to defaults. Owns nothing; acts on the calling process, just before its exec. */
#include "container/process_state.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_SOFT 1024
#define FILES_HARD 524288

void process_reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number <= SIGRTMAX; number++)
		sigaction(number, &action, NULL); /* SIGKILL, SIGSTOP and the C library's own refuse: no matter */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int process_reset_limits(struct auberge_error *error)
{
	struct rlimit files = {.rlim_cur = FILES_SOFT, .rlim_max = FILES_HARD}, now = {0}, core = {0};
	bool failed = getrlimit(RLIMIT_NOFILE, &now) < 0 || getrlimit(RLIMIT_CORE, &core) < 0;

	if (!failed && setrlimit(RLIMIT_NOFILE, &files) < 0) {
		files.rlim_max = now.rlim_max < FILES_HARD ? now.rlim_max : FILES_HARD;
		files.rlim_cur = files.rlim_max < FILES_SOFT ? files.rlim_max : FILES_SOFT;
		failed = setrlimit(RLIMIT_NOFILE, &files) < 0;
	}
	core.rlim_cur = 0;
	failed = failed || setrlimit(RLIMIT_CORE, &core) < 0;
	return failed ? error_set(error, errno, "cannot set the resource limits") : 0;
}

void process_reset_score(void)
{
	char value[16];

	if (file_read_at(AT_FDCWD, "/proc/self/oom_score_adj", value, sizeof value) > 0 && strcmp(value, "0\n") == 0)
		return;
	/* The file belongs to the process only while it is dumpable; nobody else lives in its namespaces yet. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	file_write_at(AT_FDCWD, "/proc/self/oom_score_adj", "0");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int process_close_others(struct auberge_error *error)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_set(error, errno, "cannot mark descriptors as close-on-exec");
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0); /* kernels without keys have none to leak */
	return 0;
}
