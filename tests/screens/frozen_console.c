/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See frozen_console.h. What a console has to say is in a buffer, an eventfd tells of it. */
#include "frozen_console.h"

#include "hostile_cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FLOOD_LINES 20000
#define REFUSES "ns2" /* its console is refused, after a while */
#define REFUSED_USEC 700000

void (*frozen_guest_ended)(struct source *source, const char *name);

struct auberge_console {
	struct source *source;
	char name[32], line[64];
	unsigned tty, rows, columns;
	int event;
	char *text;
	size_t length, start, size;
	bool ended;
	struct hostile_case cases[HOSTILE_CASES_MAX];
	size_t cases_count, next;
};

static void say_bytes(struct auberge_console *console, const char *bytes, size_t length)
{
	if (console->length + length > console->size) {
		console->size = 2 * (console->length + length);
		console->text = realloc(console->text, console->size);
		if (!console->text)
			abort();
	}
	memcpy(console->text + console->length, bytes, length);
	console->length += length;
	eventfd_write(console->event, 1);
}

__attribute__((format(printf, 2, 3))) static void say(struct auberge_console *console, const char *format, ...)
{
	char text[4096];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	say_bytes(console, text, (size_t)length);
}

static void greet(struct auberge_console *console)
{
	if (console->tty > 0) {
		say(console, "\r\nthis is tty%u of %s\r\n\r\n%s login: ", console->tty, console->name, console->name);
	} else if (strcmp(console->name, "web3") == 0) {
		say(console, "[\033[32m  OK  \033[0m] Started \033[1mOpenSSH server\033[m.\r\n");
		say(console, "[\033[1;31mFAILED\033[0m] Failed to start \033[4mnginx\033[24m: \033[38;5;208mport 80\033[m in use.\r\n");
		say(console, "\033[7m reversed \033[27m \033[44;93m on blue \033[m \303\274ber \344\270\200\345\205\203 e\314\201\r\n");
		say(console, "\r\nDebian GNU/Linux 12 web3 console\r\n\r\nroot@web3:~# ");
	} else if (strcmp(console->name, "db2") == 0) {
		for (int i = 1; i <= 200; i++)
			say(console, "\033[3%dm%03d\033[m checkpoint %s: wrote %d buffers\r\n", i % 7 + 1, i,
			    i % 50 ? "complete" : "FAILED", i * 37);
		say(console, "db2 login: ");
	} else if (strcmp(console->name, "ns1") == 0) {
		console->cases_count = hostile_read(getenv("FROZEN_HOSTILE"), console->cases);
		say(console, "%zu hostile cases\r\n", console->cases_count);
	}
}

struct auberge_console *frozen_console_open(struct source *source, const char *name, unsigned tty,
                                            struct auberge_error *error)
{
	struct auberge_console *console = calloc(1, sizeof *console);

	(void)error;
	if (!console)
		abort();
	console->source = source;
	snprintf(console->name, sizeof console->name, "%s", name);
	console->tty = tty;
	if (strcmp(name, REFUSES) == 0) {
		struct itimerspec once = {.it_value.tv_nsec = REFUSED_USEC * 1000};

		console->event = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		timerfd_settime(console->event, 0, &once, NULL);
		return console;
	}
	console->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	greet(console);
	eventfd_write(console->event, 1);
	return console;
}

int frozen_console_fd(const struct auberge_console *console)
{
	return console->event;
}

ssize_t frozen_console_read(struct auberge_console *console, void *buffer, size_t size, uint64_t *missed,
                            struct auberge_error *error)
{
	size_t left = console->length - console->start;
	eventfd_t ignored;

	*error = (struct auberge_error){0};
	*missed = 0;
	if (strcmp(console->name, REFUSES) == 0) {
		if (read(console->event, &ignored, sizeof ignored) != (ssize_t)sizeof ignored)
			return 0;
		error->code = AUBERGE_FAILED;
		snprintf(error->text, sizeof error->text, "the supervisor of %s does not answer", console->name);
		return -1;
	}
	if (console->tty > 2) {
		error->code = AUBERGE_FAILED;
		snprintf(error->text, sizeof error->text, "%s has no tty %u: it has the console (0) and 2 ttys", console->name,
		         console->tty);
		return -1;
	}
	if (left > size)
		left = size;
	if (left > 0)
		memcpy(buffer, console->text + console->start, left);
	console->start += left;
	if (console->start == console->length) {
		console->start = console->length = 0;
		eventfd_read(console->event, &ignored);
	}
	return left == 0 && console->ended ? -1 : (ssize_t)left;
}

static void hostile(struct auberge_console *console)
{
	for (int i = 0; i < HOSTILE_STEP && console->next < console->cases_count; i++) {
		say(console, "\030\033[%d;1H", 3 + 4 * i);
		say_bytes(console, console->cases[console->next].bytes, console->cases[console->next].length);
		console->next++;
	}
	say(console, "\030\033[r\033[m\033(B\017\033[4l\033[?6l\033[?7h\033[?25h\033[H\033[Kcase %zu.", console->next);
}

static void command(struct auberge_console *console)
{
	if (strcmp(console->line, "size") == 0)
		say(console, "%u %u\r\n", console->rows, console->columns);
	else if (strcmp(console->line, "title") == 0)
		say(console, "\033]2;top: 88%% busy, a long title\a");
	else if (strcmp(console->line, "ask") == 0)
		say(console, "\033[6n");
	else if (strcmp(console->line, "flood") == 0)
		for (int i = 0; i < FLOOD_LINES; i++)
			say(console, "flood line %d of what a guest may say at once\r\n", i);
	else if (strcmp(console->line, "exit") == 0) {
		say(console, "logout\r\nreboot: Power down\r\n");
		console->ended = true;
		frozen_guest_ended(console->source, console->name);
		return;
	}
	say(console, "root@web3:~# ");
}

ssize_t frozen_console_write(struct auberge_console *console, const void *buffer, size_t size, struct auberge_error *error)
{
	const char *bytes = buffer;

	(void)error;
	for (size_t i = 0; i < size && !console->ended; i++) {
		size_t length = strlen(console->line);

		if (console->cases_count > 0) {
			if (bytes[i] == 'x')
				hostile(console);
		} else if (bytes[i] == '\r') {
			say(console, "\r\n");
			command(console);
			console->line[0] = '\0';
		} else {
			if (bytes[i] < ' ') /* as a tty echoes it */
				say(console, "^%c", bytes[i] ^ 0x40);
			else
				say_bytes(console, &bytes[i], 1);
			if (length + 1 < sizeof console->line) {
				console->line[length] = bytes[i];
				console->line[length + 1] = '\0';
			}
		}
	}
	return (ssize_t)size;
}

int frozen_console_resize(struct auberge_console *console, unsigned rows, unsigned columns, struct auberge_error *error)
{
	(void)error;
	console->rows = rows;
	console->columns = columns;
	return 0;
}

unsigned frozen_console_viewers(const struct auberge_console *console)
{
	return strcmp(console->name, "web3") == 0 ? 2 : 1;
}

void frozen_console_close(struct auberge_console *console)
{
	hostile_free(console->cases, console->cases_count);
	close(console->event);
	free(console->text);
	free(console);
}
