/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One child, three pipes, one poll(); see run.h. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { INPUT, OUTPUT, ERRORS };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double run_time_factor(void)
{
	const char *text = getenv("AUBERGE_TEST_TIME_FACTOR");
	double factor = text ? atof(text) : 1;

	return factor > 0 ? factor : 1;
}

double run_patience(double usual)
{
	double factor = run_time_factor();

	return usual * (factor > 4 ? factor : 4);
}

static void child(const char *const *argv, int pipes[3][2], bool has_input)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	signal(SIGPIPE, SIG_DFL);
	dup2(has_input ? pipes[INPUT][0] : nothing, STDIN_FILENO);
	dup2(pipes[OUTPUT][1], STDOUT_FILENO);
	dup2(pipes[ERRORS][1], STDERR_FILENO);
	execvp(argv[0], (char *const *)(const void *)argv);
	_exit(127);
}

static bool append(char **text, size_t *length, int fd)
{
	char block[16384];
	ssize_t got = read(fd, block, sizeof block);
	char *grown;

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	grown = realloc(*text, *length + (size_t)got + 1);
	if (!grown)
		return false;
	memcpy(grown + *length, block, (size_t)got);
	*text = grown;
	*length += (size_t)got;
	grown[*length] = '\0';
	return true;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void feed(int *fd, const char **input)
{
	ssize_t wrote = *input ? write(*fd, *input, strlen(*input)) : 0;

	if (wrote > 0)
		*input += wrote;
	if (!*input || **input == '\0' || (wrote < 0 && errno != EAGAIN && errno != EINTR))
		shut(fd);
}

static void collect(struct run *run, int *ends, const char *input, double until)
{
	while (ends[OUTPUT] >= 0 || ends[ERRORS] >= 0) {
		struct pollfd polled[] = {{.fd = ends[INPUT], .events = POLLOUT},
		                          {.fd = ends[OUTPUT], .events = POLLIN},
		                          {.fd = ends[ERRORS], .events = POLLIN}};
		double left = until - now();

		if (left <= 0) {
			run->timed_out = true;
			return;
		}
		if (poll(polled, 3, (int)(left * 1000) + 1) < 0 && errno != EINTR)
			return;
		if (polled[INPUT].revents)
			feed(&ends[INPUT], &input);
		if (polled[OUTPUT].revents && !append(&run->output, &run->output_length, ends[OUTPUT]))
			shut(&ends[OUTPUT]);
		if (polled[ERRORS].revents && !append(&run->errors, &run->errors_length, ends[ERRORS]))
			shut(&ends[ERRORS]);
	}
}

static void reap(struct run *run, pid_t pid, double until)
{
	int status = 0;

	while (!run->timed_out && waitpid(pid, &status, WNOHANG) == 0) {
		struct timespec pause = {.tv_nsec = 2000000};

		nanosleep(&pause, NULL);
		run->timed_out = now() > until;
	}
	if (run->timed_out) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_program(struct run *run, const char *const *argv, const char *input, double limit_seconds)
{
	int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
	double begin = now(), until = begin + run_patience(limit_seconds);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, former;
	pid_t pid = -1;

	*run = (struct run){.output = calloc(1, 1), .errors = calloc(1, 1)};
	if (run->output && run->errors && pipe2(pipes[INPUT], O_CLOEXEC) == 0 && pipe2(pipes[OUTPUT], O_CLOEXEC) == 0 &&
	    pipe2(pipes[ERRORS], O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		child(argv, pipes, input != NULL);
	shut(&pipes[INPUT][0]);
	shut(&pipes[OUTPUT][1]);
	shut(&pipes[ERRORS][1]);
	if (pid > 0) {
		int ends[] = {pipes[INPUT][1], pipes[OUTPUT][0], pipes[ERRORS][0]};

		sigaction(SIGPIPE, &ignore, &former);
		fcntl(ends[INPUT], F_SETFL, O_NONBLOCK);
		if (!input)
			shut(&ends[INPUT]);
		collect(run, ends, input, until);
		reap(run, pid, until);
		for (int i = 0; i < 3; i++)
			shut(&ends[i]);
		sigaction(SIGPIPE, &former, NULL);
		run->seconds = now() - begin;
		return 0;
	}
	shut(&pipes[INPUT][1]);
	shut(&pipes[OUTPUT][0]);
	shut(&pipes[ERRORS][0]);
	return -1;
}

void run_free(struct run *run)
{
	free(run->output);
	free(run->errors);
	*run = (struct run){0};
}
