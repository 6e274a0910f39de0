/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside a running guest: the joiner, and the command that it forks. The joiner is not dumpable, holds nothing of the
 * caller's, and stays outside the guest's pid namespace. Invariants: no descriptor of the caller's and none of the host's
 * reaches the command; every guest file is opened through safepath; nothing of the guest's is loaded before the exec.
 */
#include "container/enter.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/capabilities.h"
#include "container/guest_user.h"
#include "container/process_state.h"
#include "container/safepath.h"
#include "host/cgroup.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define TTY_GROUP 5
#define HIGH_FD 10
#define ENVIRONMENT_OWN 8

struct command {
	struct guest_user user;
	int directory;  /* O_PATH */
	int files[3];   /* the command's standard files */
	int callers[3]; /* the caller's ends of them */
	size_t callers_count;
};

static _Noreturn void fail(const struct entering *entering, const struct auberge_error *error)
{
	struct enter_report report = {.failed = true, .error = *error};

	send(entering->report, &report, sizeof report, MSG_NOSIGNAL);
	_exit(ENTER_FAILED);
}

/* Closes all but the report and the pidfd, which are moved out of the way of 0, 1, 2. */
static int keep_only_ours(struct entering *entering, struct auberge_error *error)
{
	int report = fcntl(entering->report, F_DUPFD_CLOEXEC, HIGH_FD);
	int pidfd = fcntl(entering->pidfd, F_DUPFD_CLOEXEC, report + 1);
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (report < 0 || pidfd < 0 || null < 0)
		return error_set(error, errno, "cannot keep the joiner's descriptors");
	for (int fd = 0; fd < 3; fd++)
		if (fd != null && dup3(null, fd, O_CLOEXEC) < 0)
			return error_set(error, errno, "cannot replace the standard files");
	if (null < 3)
		null = -1;
	entering->report = report;
	entering->pidfd = pidfd;
	if (close_range(3, (unsigned)report - 1, 0) < 0 || close_range((unsigned)pidfd + 1, ~0U, 0) < 0 ||
	    (pidfd > report + 1 && close_range((unsigned)report + 1, (unsigned)pidfd - 1, 0) < 0))
		return error_set(error, errno, "cannot close the caller's descriptors");
	null = -1;
	return 0;
}

static int become_guest_root(struct auberge_error *error)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* changed credentials set it to fs.suid_dumpable */
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_set(error, errno, "cannot become the guest's root");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

static int join(struct entering *entering, struct auberge_error *error)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setsid();
	process_reset_signals();
	if (cgroup_attach_exec(entering->auberge, entering->name, getpid(), error) < 0)
		return -1;
	process_reset_score();
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		setrlimit((enum __rlimit_resource)i, &entering->limits[i]); /* raising one may be beyond us */
	if (keep_only_ours(entering, error) < 0)
		return -1;
	if (setns(entering->pidfd, entering->namespaces) < 0)
		return error_set(error, errno, "cannot join the guest's namespaces");
	return become_guest_root(error);
}

static int open_pty(int root, const struct auberge_exec *exec, struct command *command, struct auberge_error *error)
{
	const struct winsize size = {
		.ws_row = (unsigned short)(exec->rows ? exec->rows : 24),
		.ws_col = (unsigned short)(exec->columns ? exec->columns : 80),
	};
	cleanup_close int devpts = safepath_open(root, "/dev/pts", O_PATH | O_DIRECTORY);
	struct statfs file_system;
	struct stat status;
	int locked = 0, master, slave;

	if (devpts < 0 || fstatfs(devpts, &file_system) < 0 || file_system.f_type != DEVPTS_SUPER_MAGIC)
		return error_set(error, 0, "the guest has no devpts on /dev/pts");
	master = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (master < 0 || fstat(master, &status) < 0 || status.st_rdev != makedev(5, 2))
		return error_set(error, errno, "cannot open a pty in the guest");
	if (ioctl(master, TIOCSPTLCK, &locked) < 0)
		return error_set(error, errno, "cannot unlock a pty in the guest");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fchown(slave, command->user.uid, TTY_GROUP) < 0 || fchmod(slave, 0620) < 0 ||
	    ioctl(slave, TIOCSWINSZ, &size) < 0)
		return error_set(error, errno, "cannot prepare a pty in the guest");
	for (size_t i = 0; i < 3; i++)
		command->files[i] = slave;
	command->callers[0] = master;
	command->callers_count = 1;
	return 0;
}

/* Made here and given to the user, so that the command can open its /dev/stdout again. */
static int open_pipes(struct command *command, struct auberge_error *error)
{
	for (size_t i = 0; i < 3; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return error_set(error, errno, "cannot make a pipe");
		command->files[i] = ends[i == 0 ? 0 : 1];
		command->callers[i] = ends[i == 0 ? 1 : 0];
		if (fchown(ends[0], command->user.uid, command->user.gid) < 0)
			return error_set(error, errno, "user id %u, group id %u: the guest has no such ids", command->user.uid,
			                 command->user.gid);
	}
	command->callers_count = 3;
	return 0;
}

static int open_directory(int root, const struct auberge_exec *exec, struct command *command, struct auberge_error *error)
{
	bool home = !exec->directory && !exec->argv;
	const char *path = exec->directory ? exec->directory : home ? command->user.home : "/";
	int fd = safepath_open(root, path, O_PATH | O_DIRECTORY);

	if (fd < 0 && home)
		fd = safepath_open(root, "/", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return error_set(error, -fd, "working directory %s in the guest", path);
	command->directory = fd;
	return 0;
}

static int prepare(struct entering *entering, struct command *command, struct auberge_error *error)
{
	const struct auberge_exec *exec = entering->exec;
	struct enter_report report = {0};
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ssize_t sent;

	if (root < 0)
		return error_set(error, errno, "cannot open the guest's root");
	if (guest_user_find(root, exec->user, &command->user, error) < 0 ||
	    open_directory(root, exec, command, error) < 0)
		return -1;
	if ((exec->tty ? open_pty(root, exec, command, error) : open_pipes(command, error)) < 0)
		return -1;
	sent = send_with_fds(entering->report, &report, sizeof report, command->callers, command->callers_count);
	if (sent < 0)
		return error_set(error, (int)-sent, "cannot hand over the command's files");
	for (size_t i = 0; i < command->callers_count; i++)
		close(command->callers[i]);
	return 0;
}

/* A name of a terminal that is nothing else. */
static const char *terminal_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._";

	return name && name[0] && strlen(name) < 64 && name[strspn(name, allowed)] == '\0' ? name : "linux";
}

/* A later setting of the same key replaces the earlier one. */
static void set_environment(char **environment, size_t *count, const char *setting)
{
	size_t key = strcspn(setting, "=") + 1;

	for (size_t i = 0; i < *count; i++)
		if (strncmp(environment[i], setting, key) == 0) {
			environment[i] = (char *)(uintptr_t)setting;
			return;
		}
	environment[(*count)++] = (char *)(uintptr_t)setting;
}

static char **make_environment(const struct entering *entering, const struct guest_user *user)
{
	const struct auberge_exec *exec = entering->exec;
	char **environment = calloc(ENVIRONMENT_OWN + exec->environment_count + 1, sizeof *environment);
	const struct {
		const char *key, *value;
	} own[ENVIRONMENT_OWN] = {
		{"PATH", PROCESS_PATH}, {"HOME", user->home},     {"USER", user->name},
		{"LOGNAME", user->name}, {"SHELL", user->shell},  {"TERM", terminal_name(entering->terminal)},
		{"container", "auberge"},
	};
	size_t count = 0;

	for (size_t i = 0; environment && i < COUNT_OF(own) && own[i].key; i++) {
		char *setting;

		if (!own[i].value[0])
			continue;
		if (asprintf(&setting, "%s=%s", own[i].key, own[i].value) < 0)
			return NULL;
		set_environment(environment, &count, setting);
	}
	for (size_t i = 0; environment && i < exec->environment_count; i++)
		if (strchr(exec->environment[i], '='))
			set_environment(environment, &count, exec->environment[i]);
	return environment;
}

static int become_user(const struct entering *entering, const struct guest_user *user, struct auberge_error *error)
{
	if (capabilities_limit(entering->drop, error) < 0)
		return -1;
	if (setgroups(user->groups_count, user->groups) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return error_set(error, errno, "user id %u, group id %u in the guest", user->uid, user->gid);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return capabilities_apply(entering->drop, error);
}

/* The working directory by descriptor; it must be below the guest's root (getcwd(2) says "(unreachable)" else). */
static int enter_directory(int directory, struct auberge_error *error)
{
	char here[PATH_MAX];

	if (fchdir(directory) < 0)
		return error_set(error, errno, "cannot enter the working directory");
	if (syscall(SYS_getcwd, here, sizeof here) < 0)
		return error_set(error, errno, "cannot look where the working directory is");
	if (here[0] != '/')
		return error_set(error, 0, "the working directory is not inside the guest");
	return 0;
}

static int take_files(const struct entering *entering, const struct command *command, struct auberge_error *error)
{
	if (setsid() < 0)
		return error_set(error, errno, "cannot begin a session");
	if (entering->exec->tty && ioctl(command->files[0], TIOCSCTTY, 0) < 0)
		return error_set(error, errno, "cannot take the pty as terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(command->files[fd], fd) < 0)
			return error_set(error, errno, "cannot take the standard files");
	return 0;
}

/* execvp(3) with the command's own PATH, and no shell for what is not a program. Returns errno. */
static int execute(const char *file, char *const *arguments, char *const *environment)
{
	const char *path = PROCESS_PATH;
	int denied = ENOENT;

	if (strchr(file, '/')) {
		execve(file, arguments, environment);
		return errno;
	}
	for (char *const *setting = environment; *setting; setting++)
		if (strncmp(*setting, "PATH=", 5) == 0)
			path = *setting + 5;
	while (file[0] && *path) {
		char candidate[PATH_MAX];
		int length = (int)strcspn(path, ":");

		if (length > 0 && snprintf(candidate, sizeof candidate, "%.*s/%s", length, path, file) < (int)sizeof candidate) {
			execve(candidate, arguments, environment);
			if (errno == EACCES)
				denied = EACCES;
			else if (errno != ENOENT && errno != ENOTDIR)
				return errno;
		}
		path += length + (path[length] == ':');
	}
	return denied;
}

static _Noreturn void tell_not_executed(const char *file, int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		dprintf(STDERR_FILENO, "auberge: %s: not found in the guest\n", file);
		_exit(ENTER_NOT_FOUND);
	case E2BIG:
	case ENOMEM:
	case EAGAIN:
		dprintf(STDERR_FILENO, "auberge: %s: %s\n", file, strerror(number));
		_exit(ENTER_FAILED);
	default:
		dprintf(STDERR_FILENO, "auberge: %s: cannot be executed in the guest: %s\n", file, strerror(number));
		_exit(ENTER_NOT_EXECUTABLE);
	}
}

static _Noreturn void run_command(const struct entering *entering, struct command *command)
{
	const char *const *given = entering->exec->argv;
	char login[PATH_MAX + 1];
	char *arguments[] = {login, NULL};
	struct auberge_error error = {0};
	char **environment = make_environment(entering, &command->user);
	int number;

	if (!environment) {
		error_set(&error, ENOMEM, "cannot make the environment");
		fail(entering, &error);
	}
	if (take_files(entering, command, &error) < 0 || become_user(entering, &command->user, &error) < 0 ||
	    enter_directory(command->directory, &error) < 0 || process_close_others(&error) < 0)
		fail(entering, &error);
	umask(022);
	process_reset_signals();
	if (given) {
		number = execute(given[0], (char *const *)(uintptr_t)given, environment);
		tell_not_executed(given[0], number);
	}
	snprintf(login, sizeof login, "-%s", strrchr(command->user.shell, '/') + 1);
	number = execute(command->user.shell, arguments, environment);
	if (number == ENOENT) {
		snprintf(login, sizeof login, "-sh");
		number = execute("/bin/sh", arguments, environment);
	}
	tell_not_executed(command->user.shell, number);
}

/* Passes signals on to the command and ends as it ends. All signals are blocked here. */
static _Noreturn void await_command(pid_t command, const sigset_t *signals)
{
	for (;;) {
		int status, number;
		pid_t ended = waitpid(command, &status, WNOHANG);

		if (ended == command && WIFEXITED(status))
			_exit(WEXITSTATUS(status));
		if (ended == command)
			_exit(128 + WTERMSIG(status));
		if (ended < 0 && errno == ECHILD)
			_exit(ENTER_FAILED);
		if (ended < 0)
			continue;
		number = sigwaitinfo(signals, NULL);
		if (number > 0 && number != SIGCHLD)
			kill(command, number);
	}
}

_Noreturn void enter_child(struct entering *entering)
{
	struct command command = {.directory = -1};
	struct auberge_error error = {0};
	sigset_t signals;
	pid_t pid;

	if (join(entering, &error) < 0)
		fail(entering, &error);
	sigemptyset(&signals);
	for (size_t i = 0; i < 7; i++)
		sigaddset(&signals, (const int[]){SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (prepare(entering, &command, &error) < 0)
		fail(entering, &error);
	pid = fork();
	if (pid < 0) {
		error_set(&error, errno, "cannot start a process in the guest");
		fail(entering, &error);
	}
	if (pid == 0)
		run_command(entering, &command);
	close_range(0, ~0U, 0);
	await_command(pid, &signals);
}
