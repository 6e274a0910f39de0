/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking a guest from its inside. Runs in auberge-build, since it waits: on the guest's file systems, and on a command in
 * it. It finds out for itself which init there is. Owns the command for COMMAND_MS at most; one that has not ended by
 * then (a fifo that init does not read any more) is sent SIGTERM and left.
 */
#include "supervisor/rung.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/safepath.h"
#include "guest/config.h"
#include "guest/set.h"
#include "host/process.h"
#include "supervisor/inits.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_MS 15000
#define TERMINATE_MS 2000
#define WORDS_MAX 8

struct target {
	int pidfd, root;
	uid_t uid; /* of its init, on the host */
	gid_t gid;
	struct init_verdict verdict;
};

static int find_target(struct auberge *auberge, const char *name, struct target *target, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name);
	cleanup_config struct config *config = NULL;
	struct ledger ledger = {0};
	struct auberge_error ignored = {0};
	struct pollfd alive;
	struct stat status;
	char path[64];

	if (run_fd < 0 || ledger_read(run_fd, &ledger, error) < 0 || !ledger.this_boot)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", name);
	target->pidfd = process_open(ledger.init_pid, ledger.init_start);
	if (target->pidfd < 0 && target->pidfd != -ESRCH)
		return error_set(error, -target->pidfd, "cannot look for init of %s (pid %d)", name, ledger.init_pid);
	snprintf(path, sizeof path, "/proc/%d/root", (int)ledger.init_pid);
	target->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%d", (int)ledger.init_pid);
	if (target->pidfd < 0 || target->root < 0 || stat(path, &status) < 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", name);
	target->uid = status.st_uid;
	target->gid = status.st_gid;
	config_read(run_fd, "effective.ini", "effective.ini", &config, &ignored);
	inits_detect_in(config, target->root, ledger.init_pid, &target->verdict);
	alive = (struct pollfd){.fd = target->pidfd, .events = POLLIN};
	if (poll(&alive, 1, 0) != 0) /* only then were root and verdict those of this init */
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", name);
	return 0;
}

static int signal_init(const struct target *target, int number, struct auberge_error *error)
{
	return syscall(SYS_pidfd_send_signal, target->pidfd, number, NULL, 0) < 0
	               ? error_set(error, errno, "cannot send signal %d to its init", number)
	               : 0;
}

/* --- runit's files -------------------------------------------------------------------------------------------- */

/* Mode by an O_PATH descriptor: what is there keeps its owner and content, and no link is followed. */
static int make_file(int root, const char *path, mode_t mode)
{
	char self[64];
	struct stat status;
	cleanup_close int made = safepath_create(root, path, O_WRONLY | O_EXCL, mode);

	if (made >= 0)
		return 0;
	if (made != -EEXIST)
		return made;
	cleanup_close int place = safepath_open(root, path, O_PATH | O_NOFOLLOW);
	if (place < 0)
		return place;
	if (fstat(place, &status) < 0 || !S_ISREG(status.st_mode))
		return -EINVAL;
	snprintf(self, sizeof self, "/proc/self/fd/%d", place);
	return chmod(self, mode) < 0 ? -errno : 0;
}

/* Where this runit looks: /etc/runit/stopit, which may be a link to /run (Void), or only in /run (Debian). */
static void place_of(int root, const char *name, char *path, size_t size)
{
	cleanup_close int in_run = -1;
	char link[PATH_MAX];

	snprintf(path, size, "/etc/runit/%s", name);
	if (safepath_read_link(root, path, link, sizeof link) > 0 && link[0] == '/') {
		snprintf(path, size, "%s", link);
		return;
	}
	in_run = safepath_open(root, "/run/runit.stopit", O_PATH | O_NOFOLLOW);
	if (in_run >= 0)
		snprintf(path, size, "/run/runit.%s", name);
}

int rung_files(int root, uid_t uid, gid_t gid, bool reboot, struct auberge_error *error)
{
	char path[PATH_MAX];
	int result;

	/* As the guest's root: in its file systems the host's has no name, and what it makes there would be refused. */
	setfsgid(gid);
	setfsuid(uid);
	place_of(root, "reboot", path, sizeof path);
	result = make_file(root, path, reboot ? 0100 : 0);
	if (result == 0) {
		place_of(root, "stopit", path, sizeof path);
		result = make_file(root, path, 0100);
	}
	setfsuid(0);
	setfsgid(0);
	return result < 0 ? error_set(error, -result, "cannot make %s in the guest", path) : 0;
}

/* --- the command ---------------------------------------------------------------------------------------------- */

/* Its output is read and dropped, so that it is held up by none. False: the time is over. */
static bool await_end(int pidfd, int output, int errors, int limit_ms)
{
	struct pollfd wait[] = {{.fd = pidfd, .events = POLLIN}, {.fd = output, .events = POLLIN}, {.fd = errors, .events = POLLIN}};
	uint64_t end = now_monotonic_usec() + (uint64_t)limit_ms * 1000u;
	char dropped[4096];

	for (;;) {
		uint64_t now = now_monotonic_usec();

		if (now >= end)
			return false;
		if (poll(wait, COUNT_OF(wait), (int)((end - now + 999) / 1000)) < 0 && errno != EINTR)
			return false;
		if (wait[0].revents)
			return true;
		for (size_t i = 1; i < COUNT_OF(wait); i++)
			if (wait[i].revents && read(wait[i].fd, dropped, sizeof dropped) <= 0)
				wait[i].fd = -1;
	}
}

static int await_command(struct auberge_exec_process *process, const char *command, struct auberge_error *error)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	cleanup_close int output = process->output, errors = process->errors;
	int status = 0;

	close(process->input);
	if (!await_end(pidfd, output, errors, COMMAND_MS)) {
		kill(process->pid, SIGTERM); /* the joiner is our child, and passes it on */
		if (!await_end(pidfd, output, errors, TERMINATE_MS))
			return error_set(error, ETIMEDOUT, "%s", command);
	}
	if (waitpid(process->pid, &status, 0) < 0 || !WIFEXITED(status))
		return error_set(error, 0, "%s: ended by a signal", command);
	if (WEXITSTATUS(status) != 0)
		return error_set(error, 0, "%s: exit status %d", command, WEXITSTATUS(status));
	return 0;
}

static int run_command(struct auberge *auberge, const char *name, const char *command, struct auberge_error *error)
{
	const char *argv[WORDS_MAX + 1] = {0};
	struct auberge_exec exec = {.argv = argv};
	struct auberge_exec_process process;
	char words[128], *rest = words, *word;
	size_t count = 0;

	snprintf(words, sizeof words, "%s", command);
	while (count < WORDS_MAX && (word = strsep(&rest, " ")))
		argv[count++] = word;
	if (auberge_exec(auberge, name, &exec, &process, error) < 0)
		return -1;
	return await_command(&process, command, error);
}

/* --- both ----------------------------------------------------------------------------------------------------- */

static int ask(struct auberge *auberge, const char *name, const struct target *target, bool reboot, struct auberge_error *error)
{
	const struct init_verdict *verdict = &target->verdict;
	const struct init_kind *kind = verdict->kind;
	struct auberge_error ignored = {0};

	if (reboot ? kind->traits & INIT_FILES && verdict->reboot_signal == kind->reboot_signal : verdict->files)
		return rung_files(target->root, target->uid, target->gid, reboot, error) < 0 ? -1 : signal_init(target, SIGCONT, error);
	if (reboot && verdict->reboot_signal <= 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: a %s knows no request to reboot", name, kind->name);
	if (reboot)
		return signal_init(target, verdict->reboot_signal, error);
	if (kind->halt_command && run_command(auberge, name, kind->halt_command, error) == 0)
		return 0;
	if (kind->other_signal)
		signal_init(target, kind->other_signal, &ignored);
	return kind->halt_command ? -1 : error_set(error, 0, "%s: a %s has no command to halt", name, kind->name);
}

int rung_run(struct auberge *auberge, const char *name, bool reboot, struct auberge_error *error)
{
	struct target target = {.pidfd = -1, .root = -1};
	int result = find_target(auberge, name, &target, error);

	if (result == 0)
		result = ask(auberge, name, &target, reboot, error);
	if (target.pidfd >= 0)
		close(target.pidfd);
	if (target.root >= 0)
		close(target.root);
	return result;
}
