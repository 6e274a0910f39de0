/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three pumps (input, output, errors) and the command's pidfd under one poll(). The command's end ends the relay,
 * even if something that it left behind still holds a pipe: what can be read then is, and no more is waited for.
 */
#include "commands/relay.h"
#include "commands/report.h"
#include "commands/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOLD_MILLISECONDS 2000 /* a command that was told to end gets this long */
#define END_OF_FILE 4          /* ^D: how the end of piped input is said to a pty */

enum { INPUT, OUTPUT, ERRORS, PUMPS };

struct relay {
	struct auberge_exec_process process;
	struct terminal terminal;
	struct pump pumps[PUMPS];
	bool tty, ended, end_sent;
	int signal; /* that ends us */
};

static void close_input(struct relay *relay)
{
	if (relay->tty || relay->process.input < 0)
		return;
	close(relay->process.input);
	relay->process.input = -1;
	relay->pumps[INPUT].to = -1;
}

static void close_reader(int *fd, struct pump *pump)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	pump->from = -1;
}

/* Our own reader is gone: the command shall get its SIGPIPE. A pty has no such end; there the signal is SIGHUP. */
static void reader_gone(struct relay *relay, int which)
{
	struct pump *pump = &relay->pumps[which];

	if (relay->tty) {
		relay->signal = SIGHUP;
		return;
	}
	close_reader(which == OUTPUT ? &relay->process.output : &relay->process.errors, pump);
}

static void resize(struct relay *relay)
{
	struct winsize size = {0};
	unsigned rows, columns;

	if (!relay->tty)
		return;
	terminal_size(&rows, &columns);
	size.ws_row = (unsigned short)rows;
	size.ws_col = (unsigned short)columns;
	ioctl(relay->process.input, TIOCSWINSZ, &size);
}

static void input_ended(struct relay *relay)
{
	struct pump *pump = &relay->pumps[INPUT];

	if (relay->tty && !relay->end_sent) {
		pump->data[0] = END_OF_FILE;
		pump->start = 0;
		pump->end = 1;
		relay->end_sent = true;
	} else if (!relay->tty && !pump_pending(pump)) {
		close_input(relay);
	}
}

static void run_pump(struct relay *relay, int which, short readable, short writable)
{
	struct pump *pump = &relay->pumps[which];

	if (pump->to >= 0 && pump_pending(pump) && writable && pump_write(pump) < 0) {
		if (which == INPUT)
			close_input(relay);
		else
			reader_gone(relay, which);
		return;
	}
	if (pump->from >= 0 && pump->to >= 0 && !pump_pending(pump) && readable)
		pump_read(pump);
	if (which == INPUT && pump->from < 0 && pump->to >= 0 && !pump_pending(pump))
		input_ended(relay);
}

/* The descriptors that a pump wants to be told of: read when empty, written when not; so a reader that goes away is
 * noticed at the next write. */
static void want(const struct pump *pump, struct pollfd polled[2])
{
	bool pending = pump_pending(pump);

	polled[0] = (struct pollfd){.fd = pump->to >= 0 && !pending ? pump->from : -1, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = pump->to >= 0 && pending ? pump->to : -1, .events = POLLOUT};
}

static void turn(struct relay *relay, int signals, int pidfd)
{
	struct pollfd polled[2 + 2 * PUMPS] = {{.fd = signals, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	int number;

	for (int i = 0; i < PUMPS; i++)
		want(&relay->pumps[i], polled + 2 + 2 * i);
	if (poll(polled, sizeof polled / sizeof polled[0], -1) < 0)
		return;
	while (polled[0].revents && (number = signals_next())) {
		if (number == SIGWINCH)
			resize(relay);
		else
			relay->signal = number;
	}
	for (int i = 0; i < PUMPS; i++)
		run_pump(relay, i, polled[2 + 2 * i].revents, polled[3 + 2 * i].revents);
	if (polled[1].revents || (pidfd < 0 && relay->pumps[OUTPUT].from < 0))
		relay->ended = true;
}

/* After the end: what already lies in the pipes. A pipe that is held open by others gives nothing and is left. */
static void drain(struct relay *relay)
{
	for (int which = OUTPUT; which <= ERRORS; which++) {
		struct pump *pump = &relay->pumps[which];

		while (!pump_done(pump)) {
			struct pollfd out = {.fd = pump->to, .events = POLLOUT};
			struct pollfd in = {.fd = pump->from, .events = POLLIN};

			if (pump_pending(pump)) {
				if (poll(&out, 1, -1) < 0 || pump_write(pump) < 0)
					break;
			} else if (poll(&in, 1, 0) <= 0 || pump_read(pump) < 0) {
				break;
			}
			if (signals_next() && (relay->signal = SIGINT))
				return;
		}
	}
}

/* What the command said and could not be written is lost: that is no success, whatever it thinks itself. */
static int tell_lost(const struct relay *relay, int status)
{
	for (int which = OUTPUT; which <= ERRORS; which++) {
		if (!relay->pumps[which].failed)
			continue;
		complain(STATUS_EXEC_FAILED, NULL, "standard %s: %s", which == OUTPUT ? "output" : "error",
		         strerror(relay->pumps[which].failed));
		status = status == 0 ? STATUS_EXEC_FAILED : status;
	}
	return status;
}

static int wait_status(const struct relay *relay)
{
	int status = 0;

	while (waitpid(relay->process.pid, &status, 0) < 0) {
		if (errno != EINTR)
			return complain(STATUS_EXEC_FAILED, NULL, "how the command ended cannot be told: %s", strerror(errno));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Ended by a signal of our own: the command is told, waited for a little, and killed if it will not. */
static int end_early(struct relay *relay, int pidfd)
{
	struct pollfd polled = {.fd = pidfd, .events = POLLIN};

	kill(relay->process.pid, relay->tty ? SIGHUP : relay->signal); /* a shell on a terminal ignores SIGTERM */
	if (pidfd < 0 || poll(&polled, 1, TOLD_MILLISECONDS) <= 0)
		kill(relay->process.pid, SIGKILL);
	wait_status(relay);
	return relay->signal == SIGINT ? STATUS_INTERRUPTED : 128 + relay->signal;
}

static void set_up_pumps(struct relay *relay)
{
	struct auberge_exec_process *process = &relay->process;

	relay->pumps[INPUT].from = STDIN_FILENO;
	relay->pumps[INPUT].to = process->input;
	relay->pumps[OUTPUT].from = process->output;
	relay->pumps[OUTPUT].to = relay->tty ? relay->terminal.out : STDOUT_FILENO;
	relay->pumps[ERRORS].from = relay->tty ? -1 : process->errors;
	relay->pumps[ERRORS].to = relay->tty ? -1 : STDERR_FILENO;
	fcntl(process->input, F_SETFL, fcntl(process->input, F_GETFL) | O_NONBLOCK);
}

static int relay_run(struct relay *relay)
{
	int signals = signals_open(), status;
	int pidfd = (int)syscall(SYS_pidfd_open, relay->process.pid, 0);

	if (relay->tty)
		terminal_begin(&relay->terminal);
	set_up_pumps(relay);
	resize(relay);
	while (!relay->ended && relay->signal == 0)
		turn(relay, signals, pidfd);
	if (relay->ended)
		drain(relay);
	status = relay->signal && !relay->ended ? end_early(relay, pidfd) : wait_status(relay);
	if (relay->tty)
		terminal_end(&relay->terminal);
	signals_close();
	if (pidfd >= 0)
		close(pidfd);
	return tell_lost(relay, status);
}

int relay_exec(struct call *call, const char *name, struct auberge_exec *exec)
{
	struct auberge_error error = {0};
	struct relay *relay = calloc(1, sizeof *relay);
	int status;

	if (!relay)
		return complain(STATUS_EXEC_FAILED, NULL, "%s: out of memory", call->command->name);
	relay->tty = exec->tty;
	if (exec->tty)
		terminal_size(&exec->rows, &exec->columns);
	fflush(stdout);
	if (auberge_exec(call->auberge, name, exec, &relay->process, &error) < 0) {
		free(relay);
		status = complain_error(&error);
		return status == AUBERGE_FAILED || status == AUBERGE_TIMEOUT ? STATUS_EXEC_FAILED : status;
	}
	status = relay_run(relay);
	if (relay->process.output >= 0)
		close(relay->process.output);
	if (!relay->tty && relay->process.input >= 0)
		close(relay->process.input);
	if (!relay->tty && relay->process.errors >= 0)
		close(relay->process.errors);
	free(relay);
	return status;
}
