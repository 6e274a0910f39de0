/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge console`: the admin's terminal on one of the guest's ttys. The guest's bytes pass through raw; what
 * they may have done to the terminal is undone at the end. The guest is never held up: a terminal that is slow
 * gets a marker.
 */
#include "commands/command.h"
#include "commands/prefix.h"
#include "commands/report.h"
#include "commands/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARKER_SIZE 80 /* of output that is kept free for the marker of a gap */
#define RETRY_MILLISECONDS 20 /* a guest that does not read is asked again: its descriptor cannot tell */
#define QUIET_MILLISECONDS 200 /* after the end of piped input: so long without output, and it detaches */

static const struct option_row options[] = {
	{.name = "tty", .type = OPTION_COUNT, .argument = "N", .help = "0 is /dev/console, 1 and up the ttys"},
	{.name = "read-only", .type = OPTION_FLAG, .help = "watch only: what is typed does not reach the guest"},
	{.name = "escape", .type = OPTION_TEXT, .argument = "KEY",
	 .help = "the prefix key, like ^A; else [console] escape of auberge.ini, else ^]"},
	{.name = NULL},
};

enum ending { GOES_ON, DETACHED, INPUT_ENDED, GUEST_ENDED, BROKEN };

struct attached {
	struct auberge_console *console;
	const char *name;
	struct terminal terminal;
	struct prefix prefix;
	struct pump output; /* the guest's bytes on their way to the terminal */
	unsigned char input[2 * 1024];
	size_t input_start, input_end;
	bool read_only, input_over;
	enum ending ending;
	struct auberge_error error;
};

static void resize(struct attached *attached)
{
	struct auberge_error ignored = {0};
	unsigned rows, columns;

	if (!attached->terminal.output || attached->read_only)
		return;
	terminal_size(&rows, &columns);
	auberge_console_resize(attached->console, rows, columns, &ignored); /* the guest's end is told by the next read */
}

/* The marker goes before the bytes that came after the gap. */
static void add_marker(struct attached *attached, uint64_t missed)
{
	struct pump *output = &attached->output;
	char marker[MARKER_SIZE];
	int length;

	if (!attached->terminal.output) {
		note("%s: %llu bytes missed", attached->name, (unsigned long long)missed);
		return;
	}
	length = snprintf(marker, sizeof marker, "\033[0m\r\n[auberge: %llu bytes missed]\r\n", (unsigned long long)missed);
	memmove(output->data + length, output->data, output->end);
	memcpy(output->data, marker, (size_t)length);
	output->end += (size_t)length;
}

static void take_output(struct attached *attached)
{
	struct pump *output = &attached->output;
	uint64_t missed = 0;
	ssize_t got = auberge_console_read(attached->console, output->data, sizeof output->data - MARKER_SIZE, &missed,
	                                   &attached->error);

	output->start = 0;
	output->end = got > 0 ? (size_t)got : 0;
	if (missed)
		add_marker(attached, missed);
	if (got < 0)
		attached->ending = attached->error.code == AUBERGE_OK ? GUEST_ENDED : BROKEN;
}

static void take_input(struct attached *attached)
{
	unsigned char typed[sizeof attached->input / 2];
	ssize_t got = read(STDIN_FILENO, typed, sizeof typed);
	bool detach = false;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		attached->input_over = true;
		if (attached->terminal.raw) /* the terminal is gone */
			attached->ending = DETACHED;
		return;
	}
	attached->input_start = 0;
	if (attached->terminal.raw) {
		attached->input_end = prefix_filter(&attached->prefix, typed, (size_t)got, attached->input, &detach);
	} else {
		memcpy(attached->input, typed, (size_t)got); /* a file has no detach key */
		attached->input_end = (size_t)got;
	}
	if (attached->read_only)
		attached->input_end = 0;
	if (detach)
		attached->ending = DETACHED;
}

static bool input_pending(const struct attached *attached)
{
	return attached->input_start < attached->input_end;
}

static void send_input(struct attached *attached)
{
	ssize_t wrote;

	if (!input_pending(attached))
		return;
	wrote = auberge_console_write(attached->console, attached->input + attached->input_start,
	                              attached->input_end - attached->input_start, &attached->error);
	if (wrote > 0)
		attached->input_start += (size_t)wrote;
	if (wrote < 0)
		attached->ending = attached->error.code == AUBERGE_OK ? GUEST_ENDED : BROKEN;
}

/*
 * One turn of the loop. Returns a signal that ends it, else 0. The console is read before the wait, because it may
 * hold bytes that came together with the answer to the attaching: its descriptor does not tell of those.
 */
static int turn(struct attached *attached, int signals)
{
	if (!pump_pending(&attached->output))
		take_output(attached);
	if (attached->ending != GOES_ON)
		return 0;
	bool pending = pump_pending(&attached->output), typed = input_pending(attached);
	int timeout = -1, number;
	struct pollfd polled[] = {
		{.fd = signals, .events = POLLIN},
		{.fd = attached->input_over || typed ? -1 : STDIN_FILENO, .events = POLLIN},
		{.fd = pending ? -1 : auberge_console_fd(attached->console), .events = POLLIN},
		{.fd = pending ? attached->terminal.out : -1, .events = POLLOUT},
	};

	if (typed)
		timeout = RETRY_MILLISECONDS;
	else if (attached->input_over)
		timeout = QUIET_MILLISECONDS;
	int ready = poll(polled, 4, timeout);

	if (ready == 0 && attached->input_over && !typed && !pending)
		attached->ending = INPUT_ENDED;
	while (polled[0].revents && (number = signals_next())) {
		if (number != SIGWINCH)
			return number;
		resize(attached);
	}
	if (ready > 0 && polled[3].revents && pump_write(&attached->output) < 0)
		attached->ending = DETACHED;
	if (ready > 0 && polled[1].revents)
		take_input(attached);
	if (input_pending(attached))
		send_input(attached);
	return 0;
}

/* What the guest said last, before its end is told; a terminal that takes nothing for a second is let be. */
static void flush_output(struct attached *attached)
{
	struct pollfd polled = {.fd = attached->terminal.out, .events = POLLOUT};

	while (pump_pending(&attached->output) && poll(&polled, 1, 1000) > 0 && pump_write(&attached->output) == 0)
		;
}

static int tell_ending(const struct attached *attached, int number)
{
	if (attached->output.failed)
		return complain(AUBERGE_FAILED, NULL, "standard output: %s", strerror(attached->output.failed));
	if (number)
		return number == SIGINT ? STATUS_INTERRUPTED : 128 + number;
	switch (attached->ending) {
	case BROKEN:
		return complain_error(&attached->error);
	case GUEST_ENDED:
		note("%s: the guest ended", attached->name);
		return 0;
	case DETACHED:
		note("%s: detached", attached->name);
		return 0;
	case INPUT_ENDED:
	case GOES_ON:
		break;
	}
	return 0;
}

static int attach(struct attached *attached)
{
	int signals = signals_open(), number = 0;
	char key[4];

	prefix_format(attached->prefix.key, key);
	if (isatty(STDIN_FILENO))
		note("%s: attached%s; %s d detaches", attached->name, attached->read_only ? ", read only" : "", key);
	fflush(stdout);
	terminal_begin(&attached->terminal);
	attached->output.to = attached->terminal.out;
	resize(attached);
	while (attached->ending == GOES_ON && number == 0)
		number = turn(attached, signals);
	flush_output(attached);
	if (attached->terminal.output)
		pump_text(&attached->output, "\r\n");
	flush_output(attached);
	terminal_end(&attached->terminal);
	signals_close();
	return tell_ending(attached, number);
}

static int run(struct call *call)
{
	const char *name = call->arguments.words[0], *escape = arguments_text(&call->arguments, "escape");
	unsigned tty = (unsigned)arguments_number(&call->arguments, "tty", 0);
	struct attached attached = {.name = name, .read_only = arguments_flag(&call->arguments, "read-only")};
	int key, status;

	key = escape ? prefix_parse(escape) : auberge_console_escape(call->auberge, &attached.error);
	if (key < 0 && escape)
		return complain(AUBERGE_USAGE, "write it as ^A or ^]", "--escape %s: not a key", escape);
	if (key < 0)
		return complain_error(&attached.error);
	attached.prefix.key = (unsigned char)key;
	attached.console = auberge_console_open(call->auberge, name, tty, attached.read_only, &attached.error);
	if (!attached.console)
		return complain_error(&attached.error);
	status = attach(&attached);
	auberge_console_close(attached.console);
	return status;
}

const struct command command_console = {
	.name = "console",
	.arguments = "NAME",
	.summary = "the guest's console or one of its ttys",
	.description =
		"Shows the recent output, then what comes. The prefix key and d or q detaches, the prefix key twice sends it, "
		"with any other key both are sent. Input that is no terminal is sent as it is, and its end detaches once the "
		"guest is quiet.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
