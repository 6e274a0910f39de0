/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of inits and the verdict on one guest's. Sources: each project's manual; reboot(2) for the guest's own word. */
#include "supervisor/inits.h"

#include "base/file.h"
#include "host/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The kernel's numbering: glibc keeps 32 and 33 for itself, so that its SIGRTMIN is 34. */
#define RTMIN 34

static const struct init_kind table[] = {
	{"systemd", "systemd", RTMIN + 4, RTMIN + 5, true},
	{"sysvinit", "sysvinit init.sysv", SIGPWR, SIGINT, false},
	{"busybox", "busybox", SIGUSR2, SIGTERM, true},
	{"openrc", "openrc-init", SIGTERM, SIGINT, true},
	{"runit", "runit runit-init", SIGPWR, SIGINT, true},
	{"s6", "s6-svscan s6-linux-init", SIGUSR1, SIGINT, true},
	{"finit", "finit", SIGUSR2, SIGTERM, true},
	{"dinit", "dinit", SIGTERM, SIGINT, true},
	{"program", "tini dumb-init", SIGTERM, 0, true},
};

const struct init_kind *inits_table(size_t *count)
{
	*count = sizeof table / sizeof *table;
	return table;
}

const struct init_kind *inits_find(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static const struct init_kind *by_executable(const char *path)
{
	const char *base = strrchr(path, '/');
	size_t length;

	base = base ? base + 1 : path;
	length = strcspn(base, " "); /* "NAME (deleted)" of /proc/PID/exe */
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (const char *word = table[i].executables; *word; word += strspn(word, " ")) {
			size_t word_length = strcspn(word, " ");

			if (word_length == length && strncmp(word, base, length) == 0)
				return &table[i];
			word += word_length;
		}
	return NULL;
}

/* One binary of many applets: as pid 1 it may be a shell that runs a script. */
static bool runs_as_init(pid_t pid)
{
	char path[64], arguments[256], *base;

	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	if (file_read_at(AT_FDCWD, path, arguments, sizeof arguments) <= 0)
		return false;
	base = strrchr(arguments, '/'); /* of the first word: it ends with NUL */
	base = base ? base + 1 : arguments;
	return strcmp(base, "init") == 0 || strcmp(base, "linuxrc") == 0;
}

static const struct init_kind *by_running(pid_t pid)
{
	char path[64], target[PATH_MAX];
	const struct init_kind *kind;
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	length = readlink(path, target, sizeof target - 1);
	if (length < 0)
		return NULL;
	target[length] = '\0';
	kind = by_executable(target);
	return kind && strcmp(kind->name, "busybox") == 0 && !runs_as_init(pid) ? NULL : kind;
}

/* A last resort for an init of unknown name: the first row whose halt signal it catches by a handler. */
static const struct init_kind *by_signals(pid_t pid)
{
	uint64_t caught, blocked, ignored;
	static const char *const order[] = {"program", "sysvinit", "busybox"};

	if (process_signals(pid, &caught, &blocked, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		const struct init_kind *kind = inits_find(order[i]);

		if (caught & 1ull << (kind->halt_signal - 1))
			return kind;
	}
	return NULL;
}

void inits_detect(const struct config *config, const char *init_path, pid_t init_pid, struct init_verdict *verdict)
{
	const char *halt = config && config->halt && strcmp(config->halt, "auto") != 0 ? config->halt : NULL;
	const struct init_kind *kind = halt ? inits_find(halt) : NULL;

	*verdict = (struct init_verdict){0};
	if (kind) {
		snprintf(verdict->detected_by, sizeof verdict->detected_by, "config: guest.halt");
	} else if (init_pid > 0 && (kind = by_running(init_pid))) {
		snprintf(verdict->detected_by, sizeof verdict->detected_by, "executable of the running init");
	} else if (init_path && (kind = by_executable(init_path))) {
		snprintf(verdict->detected_by, sizeof verdict->detected_by, "rootfs: %.50s", init_path);
	} else if (init_pid > 0 && (kind = by_signals(init_pid))) {
		snprintf(verdict->detected_by, sizeof verdict->detected_by, "signals that init catches");
	} else {
		kind = inits_find("program");
		snprintf(verdict->detected_by, sizeof verdict->detected_by, "nothing known: taken for a program");
	}
	verdict->kind = kind;
	verdict->halt_signal = config && config->halt_signal ? config->halt_signal : kind->halt_signal;
	verdict->reboot_signal = config && config->reboot_signal ? config->reboot_signal : kind->reboot_signal;
}

void signal_format(int number, char *out, size_t size)
{
	const char *name = number > 0 && number < RTMIN ? sigabbrev_np(number) : NULL;

	if (number <= 0)
		snprintf(out, size, "none");
	else if (name)
		snprintf(out, size, "SIG%s", name);
	else if (number >= RTMIN)
		snprintf(out, size, number == RTMIN ? "SIGRTMIN" : "SIGRTMIN+%d", number - RTMIN);
	else
		snprintf(out, size, "%d", number);
}

int signal_parse(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end != text && *end == '\0')
		return number > 0 && number <= 64 ? (int)number : -1;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0) {
		if (text[5] == '\0')
			return RTMIN;
		number = text[5] == '+' ? strtol(text + 6, &end, 10) : -1;
		return number >= 0 && text[6] && *end == '\0' && RTMIN + number <= 64 ? (int)(RTMIN + number) : -1;
	}
	for (int i = 1; i < RTMIN; i++) {
		const char *name = sigabbrev_np(i);

		if (name && strcasecmp(name, text) == 0)
			return i;
	}
	return -1;
}
