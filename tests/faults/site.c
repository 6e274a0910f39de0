/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands and listing: see site.h. What is left and what is the same is in traces.c. */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char init_script[] = "#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";

double site_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void site_pause(unsigned milliseconds)
{
	nanosleep(&(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000}, NULL);
}

const char *const *site_argv(struct site *site, const char *const *words)
{
	static const char *argv[32];
	static char program[600];
	size_t count = 1;

	snprintf(program, sizeof program, "%s/auberge", site->programs);
	argv[0] = program;
	while (*words && count < 31)
		argv[count++] = *words++;
	argv[count] = NULL;
	return argv;
}

static _Noreturn void program(const char *const *argv, int output)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(nothing, 0);
	dup2(output, 1);
	dup2(output, 2);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int run_argv(struct site *site, const char *const *argv, double limit_seconds)
{
	double until = site_now() + limit_seconds * site->factor;
	int output = memfd_create("output", MFD_CLOEXEC), status = 0;
	pid_t pid = fork();
	ssize_t got;

	if (pid == 0)
		program(argv, output);
	site->timed_out = false;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (site_now() > until && !site->timed_out) {
			site->timed_out = true;
			kill(pid, SIGKILL);
		}
		site_pause(1);
	}
	site->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	got = pread(output, site->output, sizeof site->output - 1, 0);
	site->output[got > 0 ? got : 0] = '\0';
	if (got > 0 && site->output[got - 1] == '\n')
		site->output[got - 1] = '\0';
	close(output);
	return site->status;
}

int site_run(struct site *site, const char *const *words, double limit_seconds)
{
	return run_argv(site, site_argv(site, words), limit_seconds);
}

static struct auberge *open_set(const struct site *site)
{
	struct auberge_options options = {.state_dir = site->state};
	struct auberge_error error = {0};

	return auberge_open(&options, &error);
}

static bool write_init(const struct site *site)
{
	char path[160];
	int fd;

	snprintf(path, sizeof path, "%s/%s/rootfs/init", site->state, SITE_GUEST);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, init_script, sizeof init_script - 1) != sizeof init_script - 1 || fchmod(fd, 0755) < 0)
		return false;
	return close(fd) == 0;
}

/* A guest that has a bit of everything, so that a start makes every kind of resource. */
static bool make_guest(struct site *site)
{
	char bridge[48], host_name[64], source[128], mounted[96];

	snprintf(bridge, sizeof bridge, "net eth0.bridge=%s", site->bridge);
	snprintf(host_name, sizeof host_name, "net eth0.host_name=%s", site->link);
	snprintf(mounted, sizeof mounted, "%s/data", site->directory);
	snprintf(source, sizeof source, "mount data.source=%s", mounted);
	if (mkdir(mounted, 0700) < 0)
		return false;
	return site_do(site, 20, "create", SITE_GUEST, "--template", "busybox", "--set", "guest.init=/init", "--set", bridge,
	               "--set", host_name, "--set", "net eth0.address=192.0.2.10/24", "--set", "net eth0.gateway=192.0.2.1",
	               "--set", "limits.memory=256M", "--set", "limits.pids=200", "--set", source, "--set",
	               "mount data.target=/data", "--set", "console.ttys=1") == 0 && write_init(site);
}

/* What this program itself was told; commands get a clean environment. */
static char base[32] = "/var/tmp";
static double time_factor = 1;

void site_take_environment(void)
{
	const char *directory = getenv("AUBERGE_TEST_BASE"), *factor = getenv("AUBERGE_TEST_TIME_FACTOR");

	if (directory && strlen(directory) < sizeof base)
		memcpy(base, directory, strlen(directory) + 1);
	if (factor && atof(factor) > 0)
		time_factor = atof(factor);
}

bool site_begin(struct site *site, const char *programs, unsigned worker, const char *bridge)
{
	struct auberge *set;

	*site = (struct site){.factor = time_factor};
	snprintf(site->programs, sizeof site->programs, "%s", programs);
	snprintf(site->directory, sizeof site->directory, "%s/auberge-faults-XXXXXX", base);
	if (!mkdtemp(site->directory)) /* 0700 */
		return false;
	snprintf(site->state, sizeof site->state, "%s/state", site->directory);
	snprintf(site->bridge, sizeof site->bridge, "%s", bridge);
	snprintf(site->link, sizeof site->link, "%.11s%u", bridge, worker % 1000);
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* it cannot under ptrace */
	setenv("AUBERGE_STATE_DIR", site->state, 1);
	if (!make_guest(site))
		return false;
	set = open_set(site);
	if (!set)
		return false;
	snprintf(site->root, sizeof site->root, "%s", auberge_cgroup_root(set));
	snprintf(site->set_id, sizeof site->set_id, "%s", strrchr(site->root, '-') ? strrchr(site->root, '-') + 1 : "?");
	auberge_close(set);
	return true;
}

void site_remove(struct site *site, const char *below)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", site->directory, below);
	if (strstr(path, "/auberge-faults-"))
		run_argv(site, (const char *const[]){"rm", "-rf", "--one-file-system", path, NULL}, 60);
}

void site_end(struct site *site)
{
	static const char *const names[] = {SITE_GUEST, SITE_NEW};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		site_do(site, 30, "kill", names[i]);
		site_do(site, 30, "destroy", names[i], "--yes");
	}
	site_remove(site, "");
}

bool site_look(const struct site *site, const char *name, struct auberge_guest *guest)
{
	struct auberge *set = open_set(site);
	struct auberge_error error = {0};
	struct auberge_guest *guests = NULL;
	size_t count = 0;
	bool found = set && auberge_list(set, &name, 1, 0, &guests, &count, &error) == 0 && count == 1;

	if (found)
		*guest = guests[0];
	free(guests);
	auberge_close(set);
	return found;
}

bool site_exists(const struct site *site, const char *format, ...)
{
	char path[256], below[160];
	struct stat status;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(below, sizeof below, format, arguments);
	va_end(arguments);
	snprintf(path, sizeof path, "%s/%s", site->state, below);
	return lstat(path, &status) == 0;
}

static bool mentions(const char *path, const char *text)
{
	static char content[1 << 17];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, content, sizeof content);

	if (fd >= 0)
		close(fd);
	return got > 0 && memmem(content, (size_t)got, text, strlen(text));
}

size_t site_programs(const struct site *site, pid_t pids[SITE_PIDS_MAX])
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)) && count < SITE_PIDS_MAX) {
		char path[300], executable[600];
		ssize_t length;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
		length = readlink(path, executable, sizeof executable - 1);
		executable[length > 0 ? length : 0] = '\0';
		if (strncmp(executable, site->programs, strlen(site->programs)) != 0 || strstr(executable, "/tests/"))
			continue;
		snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
		if (mentions(path, site->state))
			pids[count++] = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return count;
}

bool site_lives(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	return access(path, F_OK) == 0 && !mentions(path, ") Z") && !mentions(path, ") X");
}

bool site_await_end(const struct site *site, pid_t pid)
{
	double until = site_now() + 5 * site->factor;

	while (site_lives(pid)) {
		if (site_now() > until)
			return false;
		site_pause(1);
	}
	return true;
}
