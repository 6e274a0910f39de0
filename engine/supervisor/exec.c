/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge_exec(): the caller's side. Finds the guest's init, reads from the host what the command must not exceed, and
 * starts the joiner. Owns the joiner until it reports; then the caller of auberge_exec() does.
 */
#include "container/enter.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/capabilities.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/launch.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	int flag;
} namespaces[] = {
	{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},   {"pid", CLONE_NEWPID},       {"net", CLONE_NEWNET},
	{"uts", CLONE_NEWUTS},   {"ipc", CLONE_NEWIPC},  {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
};

static int find_init(struct auberge *auberge, const char *name, pid_t *pid, struct auberge_error *error)
{
	struct ledger ledger = {0};
	cleanup_close int run = set_open_run(auberge, name);
	int pidfd = -ESRCH;

	if (run < 0 && errno != ENOENT)
		return error_set(error, errno, "%s/%s", auberge_run_dir(auberge), name);
	if (run >= 0 && ledger_read(run, &ledger, error) < 0)
		return -1;
	if (ledger.present && ledger.this_boot && (ledger.phase == PHASE_RUNNING || ledger.phase == PHASE_STOPPING) &&
	    ledger.init_pid > 0)
		pidfd = process_open(ledger.init_pid, ledger.init_start);
	if (pidfd < 0 && pidfd != -ESRCH)
		return error_set(error, -pidfd, "%s: cannot look for its init", name);
	if (pidfd < 0) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", name);
		return error_remedy(error, "start it: auberge start %s", name);
	}
	*pid = ledger.init_pid;
	if (cgroup_frozen(auberge, name) == 1) {
		close(pidfd);
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: frozen, nothing can run in it", name);
		return error_remedy(error, "thaw it: auberge thaw %s", name);
	}
	return pidfd;
}

/* One that cannot be told is no guess: outside of the user namespace a command would be the host's root. */
static int compare_namespaces(pid_t pid, int *flags)
{
	for (size_t i = 0; i < COUNT_OF(namespaces); i++) {
		struct stat own, other;
		char path[64];

		snprintf(path, sizeof path, "/proc/self/ns/%s", namespaces[i].name);
		if (stat(path, &own) < 0) {
			if (errno == ENOENT)
				continue; /* this kernel has no such namespaces */
			return -errno;
		}
		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, namespaces[i].name);
		if (stat(path, &other) < 0)
			return -errno;
		if (own.st_ino != other.st_ino || own.st_dev != other.st_dev)
			*flags |= namespaces[i].flag;
	}
	return 0;
}

static int look_at_init(struct entering *entering, pid_t pid, struct auberge_error *error)
{
	struct pollfd alive = {.fd = entering->pidfd, .events = POLLIN};
	uint64_t bounding = 0;
	int result = capabilities_of(pid, &bounding);

	if (result == 0)
		result = compare_namespaces(pid, &entering->namespaces);
	entering->drop = ~bounding;
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		if (prlimit(pid, (enum __rlimit_resource)i, NULL, &entering->limits[i]) < 0 && result == 0)
			result = -errno;
	/* All of that was read by pid: it counts only if the pid was still the init's afterwards. */
	int ended = poll(&alive, 1, 0);
	if (ended < 0)
		return error_set(error, errno, "%s: cannot look at its init", entering->name);
	if (ended > 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", entering->name);
	if (result < 0)
		return error_set(error, -result, "%s: cannot read the confinement of its init", entering->name);
	if (!(entering->namespaces & CLONE_NEWNS) || !(entering->namespaces & CLONE_NEWPID))
		return error_set(error, 0, "%s: its init is not in namespaces of its own", entering->name);
	return 0;
}

/* Until the command runs (end of file) or an error comes. */
static int await_report(int report, struct auberge_exec_process *process, struct auberge_error *error)
{
	struct enter_report message;
	int fds[3];

	for (;;) {
		size_t count = 0;
		ssize_t got = receive_with_fds(report, &message, sizeof message, fds, COUNT_OF(fds), &count);

		if (got == (ssize_t)sizeof message && !message.failed && (count == 1 || count == 3) && process->input < 0) {
			process->input = fds[0];
			process->output = fds[count == 3 ? 1 : 0];
			process->errors = count == 3 ? fds[2] : -1;
			continue;
		}
		for (size_t i = 0; i < count; i++)
			close(fds[i]);
		if (got == 0 && process->input >= 0)
			return 0;
		if (got == (ssize_t)sizeof message && message.failed)
			*error = message.error;
		else
			error_set(error, got < 0 ? (int)-got : 0, "the process that was to enter the guest ended before its time");
		return -1;
	}
}

static void give_up(struct auberge_exec_process *process)
{
	if (process->input >= 0)
		close(process->input);
	if (process->output >= 0 && process->output != process->input)
		close(process->output);
	if (process->errors >= 0)
		close(process->errors);
	kill(process->pid, SIGTERM); /* the joiner passes it on; it is our child, so the pid is its own */
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*process = (struct auberge_exec_process){.pid = -1, .input = -1, .output = -1, .errors = -1};
}

int auberge_exec(struct auberge *auberge, const char *name, const struct auberge_exec *exec,
                 struct auberge_exec_process *process, struct auberge_error *error)
{
	cleanup_free struct entering *entering = calloc(1, sizeof *entering);
	cleanup_close int pidfd = -1, report = -1, joiner = -1;
	int sockets[2];
	pid_t init = 0;

	*process = (struct auberge_exec_process){.pid = -1, .input = -1, .output = -1, .errors = -1};
	if (!entering)
		return error_set(error, ENOMEM, "%s", name);
	if (exec->argv && !exec->argv[0])
		return error_set_code(error, AUBERGE_USAGE, 0, "%s: no command given", name);
	if (set_require_guest(auberge, name, error) < 0)
		return -1;
	if (geteuid() != 0)
		return error_set_code(error, AUBERGE_NOT_PERMITTED, 0, "%s: only root can enter a guest", name);
	launch_adoption(auberge, name, true);
	pidfd = find_init(auberge, name, &init, error);
	if (pidfd < 0)
		return -1;
	entering->auberge = auberge;
	entering->name = name;
	entering->exec = exec;
	entering->pidfd = pidfd;
	entering->terminal = getenv("TERM");
	if (look_at_init(entering, init, error) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_set(error, errno, "%s: cannot make a socket", name);
	report = sockets[0];
	joiner = entering->report = sockets[1];
	process->pid = fork();
	if (process->pid < 0)
		return error_set(error, errno, "%s: cannot start a process", name);
	if (process->pid == 0)
		enter_child(entering);
	close(take_fd(&joiner));
	if (await_report(report, process, error) == 0)
		return 0;
	give_up(process);
	return error_prefix(error, "%s", name);
}
