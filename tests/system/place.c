/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The place of a system test: see place.h. */
#include "place.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 40

char place_directory[128];
struct run got;
double command_seconds = 60;
static char state_directory[160];

static const char *program(void)
{
	const char *path = getenv("AUBERGE_PROGRAM");

	return path ? path : "./auberge";
}

void pause_ms(unsigned milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};

	nanosleep(&time, NULL);
}

/* Cuts the line in place; argv holds what stands before it, and room for WORDS_MAX. */
static void cut_words(char *line, const char **argv)
{
	size_t count = argv[0] ? 1 : 0;

	for (char *at = line; *at && count < WORDS_MAX - 1;) {
		char end = *at == '\'' ? *at++ : ' ';

		argv[count++] = at;
		at += strcspn(at, end == '\'' ? "'" : " ");
		if (*at)
			*at++ = '\0';
		at += strspn(at, " ");
	}
}

static int run_line(const char *first, const char *input, const char *format, va_list arguments)
{
	const char *argv[WORDS_MAX] = {first};
	char line[4096];

	vsnprintf(line, sizeof line, format, arguments);
	cut_words(line, argv);
	run_free(&got);
	cr_assert_eq(run_program(&got, argv, input, command_seconds), 0);
	cr_assert_not(got.timed_out, "%s %s ...: timed out", argv[0], argv[1] ? argv[1] : "");
	return got.status;
}

int au(const char *format, ...)
{
	va_list arguments;
	int status;

	va_start(arguments, format);
	status = run_line(program(), NULL, format, arguments);
	va_end(arguments);
	return status;
}

int au_input(const char *input, const char *format, ...)
{
	va_list arguments;
	int status;

	va_start(arguments, format);
	status = run_line(program(), input, format, arguments);
	va_end(arguments);
	return status;
}

int sh(const char *format, ...)
{
	va_list arguments;
	int status;

	va_start(arguments, format);
	status = run_line(NULL, NULL, format, arguments);
	va_end(arguments);
	return status;
}

pid_t au_background(const char *output, const char *format, ...)
{
	const char *argv[WORDS_MAX] = {program()};
	char line[4096];
	va_list arguments;
	pid_t pid;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	cut_words(line, argv);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		int out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), none = open("/dev/null", O_RDONLY | O_CLOEXEC);

		dup2(none, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execvp(argv[0], (char *const *)(const void *)argv);
		_exit(127);
	}
	return pid;
}

void place_begin(void)
{
	const char *base = getenv("AUBERGE_TEST_BASE");

	if (geteuid() != 0)
		cr_skip_test("needs root");
	if (access(program(), X_OK) != 0)
		cr_skip_test("there is no program to run: set AUBERGE_PROGRAM");
	snprintf(place_directory, sizeof place_directory, "%s/auberge-test-XXXXXX", base ? base : "/var/tmp");
	cr_assert_not_null(mkdtemp(place_directory), "%s: %s", place_directory, strerror(errno)); /* 0700 */
	snprintf(state_directory, sizeof state_directory, "%s/state", place_directory);
	setenv("AUBERGE_STATE_DIR", state_directory, 1);
	unsetenv("AUBERGE_RUN_DIR");
	unsetenv("AUBERGE_LOG_DIR");
	unsetenv("AUBERGE_CGROUP");
	unsetenv("AUBERGE_FAULT");
}

/* A test may have failed between SIGSTOP and SIGCONT. */
static void wake_supervisor(const char *name)
{
	char path[512], text[512] = "", *at;
	int fd, pid;

	snprintf(path, sizeof path, "%s/.run/%s/ledger", state_directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof text - 1) > 0 && (at = strstr(text, " supervisor ")) && sscanf(at, " supervisor %d", &pid) == 1)
		kill(pid, SIGCONT);
	close(fd);
}

/* By the command line, as an admin would; a failed test may have left anything. */
void place_end(void)
{
	DIR *dir = opendir(state_directory);
	struct dirent *entry;

	unsetenv("AUBERGE_FAULT");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "set-id") == 0)
			continue;
		wake_supervisor(entry->d_name);
		au("kill %s", entry->d_name);
		au("destroy %s --yes", entry->d_name);
	}
	if (dir)
		closedir(dir);
	run_free(&got);
	if (strstr(place_directory, "/auberge-test-"))
		sh("rm -rf --one-file-system %s", place_directory);
	run_free(&got);
}

const char *guest_file(const char *name, const char *path)
{
	static char whole[512];

	snprintf(whole, sizeof whole, "%s/%s/rootfs/%s", state_directory, name, path);
	return whole;
}

void guest_busybox(const char *name, const char *words)
{
	cr_assert_eq(au("create %s --template busybox %s", name, words ? words : ""), 0, "create %s: %s", name, got.errors);
}

void guest_script(const char *name, const char *script, const char *words)
{
	char all[1024];
	int fd;

	snprintf(all, sizeof all, "--set guest.init=/init %s", words ? words : "");
	/* create checks no init: a template may be completed by hand */
	guest_busybox(name, all);
	fd = open(guest_file(name, "init"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "#!/bin/sh\n", 10), 10);
	cr_assert_eq(write(fd, script, strlen(script)), (ssize_t)strlen(script));
	cr_assert_eq(fchmod(fd, 0755), 0);
	close(fd);
}

struct auberge *place_open(void)
{
	struct auberge_error error = {0};
	struct auberge *auberge = auberge_open(NULL, &error);

	cr_assert_not_null(auberge, "%s", error.text);
	return auberge;
}

struct auberge_guest guest_look(const char *name)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	struct auberge_guest *guests = NULL, guest = {0};
	size_t count = 0;

	cr_assert_eq(auberge_list(auberge, &name, 1, AUBERGE_LIST_FIGURES, &guests, &count, &error), 0, "%s", error.text);
	cr_assert_eq(count, 1);
	guest = guests[0];
	free(guests);
	auberge_close(auberge);
	return guest;
}

const char *guest_state(const char *name)
{
	return auberge_state_word(guest_look(name).state);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void wait_until(bool (*holds)(const void *data), const void *data, double limit_seconds, const char *what)
{
	double end = now_seconds() + run_patience(limit_seconds);

	while (!holds(data)) {
		cr_assert_lt(now_seconds(), end, "waited in vain: %s", what);
		pause_ms(10);
	}
}

struct state_wanted {
	const char *name, *state;
};

static bool state_is(const void *data)
{
	const struct state_wanted *wanted = data;

	return strcmp(guest_state(wanted->name), wanted->state) == 0;
}

void wait_state(const char *name, const char *state, double limit_seconds)
{
	struct state_wanted wanted = {name, state};
	char what[128];

	snprintf(what, sizeof what, "%s to be %s", name, state);
	wait_until(state_is, &wanted, limit_seconds, what);
}

struct text_wanted {
	const char *path, *text;
};

static bool file_has(const void *data)
{
	const struct text_wanted *wanted = data;
	static char content[1 << 20];
	int fd = open(wanted->path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, content, sizeof content - 1);

	if (fd >= 0)
		close(fd);
	if (length < 0)
		return false;
	content[length] = '\0';
	return strstr(content, wanted->text) != NULL;
}

void wait_file(const char *path, const char *text, double limit_seconds)
{
	struct text_wanted wanted = {path, text};
	char what[256];

	snprintf(what, sizeof what, "\"%s\" in %s", text, path);
	wait_until(file_has, &wanted, limit_seconds, what);
}

static bool nothing_left(const void *data)
{
	struct auberge *auberge = place_open();
	char pattern[256];
	glob_t found;
	bool none;

	(void)data;
	snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/%s*", auberge_cgroup_root(auberge));
	none = glob(pattern, 0, NULL, &found) == GLOB_NOMATCH;
	globfree(&found);
	snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/*/%s*", auberge_cgroup_root(auberge));
	none = glob(pattern, 0, NULL, &found) == GLOB_NOMATCH && none;
	globfree(&found);
	auberge_close(auberge);
	return none;
}

/* The supervisor's own group goes a moment after everything else: it must leave it first. */
void expect_nothing_left(void)
{
	wait_until(nothing_left, NULL, 5, "the set's cgroups to be gone");
	cr_expect_eq(au("audit"), 0, "%s%s", got.output, got.errors);
}
