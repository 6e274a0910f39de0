/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * F28 of the fault matrix: the screens lose their terminal, are told to end, are killed or crash, with a real guest and a stop of it under way. (tests/screens
 * looks at what they show; here only their end counts.)
 */
#include "matrix.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct screens {
	pid_t pid;
	int fd; /* pty master */
};

/* Takes what is painted, for so long; true once word was in it. */
static bool read_screen(const struct screens *screens, const char *word, int milliseconds)
{
	static char text[1 << 16];
	size_t length = 0;
	double end = matrix_now() + milliseconds / 1000.0;

	text[0] = '\0';
	while (matrix_now() < end) {
		struct pollfd wait = {.fd = screens->fd, .events = POLLIN};
		ssize_t count = poll(&wait, 1, 20) > 0 ? read(screens->fd, text + length, sizeof text - 1 - length) : 0;

		if (count < 0)
			return false;
		length += (size_t)count;
		text[length] = '\0';
		if (strstr(text, word))
			return true;
		if (length > sizeof text / 2)
			length = 0;
	}
	return false;
}

static struct screens open_screens(bool ignore_hang_up)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct screens screens;

	screens.pid = forkpty(&screens.fd, NULL, NULL, &size);
	cr_assert_geq(screens.pid, 0);
	if (screens.pid == 0) {
		char options[1024];

		/* Among the ends are crashes: those are to be the kernel's, as they are without a sanitizer. */
		snprintf(options, sizeof options, "%s:handle_segv=0:handle_abort=0:handle_sigbus=0",
		         getenv("ASAN_OPTIONS") ? getenv("ASAN_OPTIONS") : "");
		setenv("ASAN_OPTIONS", options, 1);
		setenv("TERM", "xterm", 1);
		signal(SIGHUP, ignore_hang_up ? SIG_IGN : SIG_DFL);
		execlp(program, "auberge", NULL);
		_exit(127);
	}
	fcntl(screens.fd, F_SETFD, FD_CLOEXEC);
	cr_assert(read_screen(&screens, "web", (int)(10000 * run_time_factor())), "the screens do not come up");
	return screens;
}

static void hang_up(struct screens *screens)
{
	kill(screens->pid, SIGHUP);
}

/* What a cut connection is: sshd is gone, and with it the other end. It is the end of input too: keys are read there. */
static void close_terminal(struct screens *screens)
{
	close(screens->fd);
	screens->fd = -1;
}

static void terminate(struct screens *screens)
{
	kill(screens->pid, SIGTERM);
}

static void end_hard(struct screens *screens)
{
	kill(screens->pid, SIGKILL);
}

static void crash(struct screens *screens)
{
	kill(screens->pid, SIGSEGV);
}

/* Nobody takes what is painted, and then the connection is cut. */
static void cut_full(struct screens *screens)
{
	for (int i = 0; i < 200; i++) {
		if (write(screens->fd, i % 2 ? "\014" : "j", 1) < 0)
			break;
		pause_ms(2);
	}
	close_terminal(screens);
}

static const struct way {
	const char *what;
	void (*act)(struct screens *screens);
	bool ignore;
} ways[] = {
	{"SIGHUP", hang_up, false},
	{"the terminal closed", close_terminal, false},
	{"the terminal closed while SIGHUP is ignored", close_terminal, true},
	{"the terminal closed while nobody reads", cut_full, false},
	{"SIGTERM", terminate, false},
	{"SIGKILL", end_hard, false},
	{"SIGSEGV", crash, false},
};

static bool is_gone(const void *pid)
{
	return waitpid(*(const pid_t *)pid, NULL, WNOHANG) != 0;
}

/* The processes that read for the screens. */
static size_t find_readers(pid_t pid, pid_t *readers, size_t room)
{
	char path[64], line[256] = "", *rest = line, *word;
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	if (!fgets(line, sizeof line, file))
		line[0] = '\0';
	fclose(file);
	while ((word = strsep(&rest, " \n")) && count < room)
		if (*word)
			readers[count++] = (pid_t)strtol(word, NULL, 10);
	return count;
}

/* Ended; whoever took it in may not have asked for its status yet. */
static bool has_ended(const void *pid)
{
	char path[64], text[256] = "", *state;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)*(const pid_t *)pid);
	file = fopen(path, "r");
	if (!file)
		return true;
	if (!fgets(text, sizeof text, file))
		text[0] = '\0';
	fclose(file);
	state = strrchr(text, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void press_until_stopping(const struct screens *screens)
{
	for (int i = 0; i < 100 && strcmp(guest_state("web"), "stopping") != 0; i++) {
		/* A question is deaf to what was typed before it, so each key is a try. */
		cr_assert_eq(write(screens->fd, i % 10 ? "y" : "x", 1), 1);
		read_screen(screens, "\001", (int)(100 * run_time_factor()));
	}
	cr_assert_str_eq(guest_state("web"), "stopping");
}

Test(matrix, f28_screens_hang_up)
{
	guest_script("web", "trap 'sleep 3; exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n", NULL);
	for (int round = 0; round < matrix_rounds(1, 20); round++)
		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
			for (int stopping = 0; stopping < 2; stopping++) {
				struct screens screens;
				double begun;
				pid_t init, readers[8];
				size_t readers_count;

				if (strcmp(guest_state("web"), "running") != 0)
					cr_assert_eq(au("start web"), 0, "%s: %s", ways[i].what, got.errors);
				matrix_wait_up("web");
				init = guest_look("web").init_pid;
				screens = open_screens(ways[i].ignore);
				if (stopping)
					press_until_stopping(&screens);
				readers_count = find_readers(screens.pid, readers, 8);
				cr_expect_gt(readers_count, 0);
				begun = matrix_now();
				ways[i].act(&screens);
				wait_until(is_gone, &screens.pid, 4, ways[i].what);
				cr_expect_lt(matrix_now() - begun, run_patience(2), "%s: %.2f s", ways[i].what, matrix_now() - begun);
				for (size_t k = 0; k < readers_count; k++)
					wait_until(has_ended, &readers[k], 4, "a process that read for the screens is left");
				if (screens.fd >= 0)
					close(screens.fd);
				if (stopping) { /* the job goes on without them */
					wait_state("web", "stopped", 20);
					cr_expect_str_eq(guest_look("web").last_end.cause, "stopped");
					continue;
				}
				cr_expect_eq(guest_look("web").init_pid, init);
				cr_expect_str_eq(guest_state("web"), "running");
				cr_expect_eq(au("freeze web"), 0, "a lock was left: %s", got.errors);
				cr_expect_eq(au("thaw web"), 0, "%s", got.errors);
			}
	expect_nothing_left();
}
