/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of inits and the verdict on one guest's. The source of a row stands with it; for what a guest's own reboot(2)
 * does to its pid 1 see reboot(2) and pid_namespaces(7).
 */
#include "supervisor/inits.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "host/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's numbering: glibc keeps 32 and 33 for itself, so that its SIGRTMIN is 34. */
#define RTMIN 34

#define BIT(number) (UINT64_C(1) << ((number) - 1))
#define ALL (INIT_READS_BLOCKED | INIT_ASK_AGAIN)

static const struct init_kind table[] = {
	/* systemd(1): SIGRTMIN+4 starts poweroff.target, +5 reboot.target; SIGTERM executes it anew, SIGPWR halts nothing. */
	{"systemd", "systemd", RTMIN + 4, RTMIN + 5, 0, "systemctl poweroff", ALL},
	/* init(8): SIGPWR runs inittab's powerwait and powerfail lines, and Debian's name a script that no package has; SIGINT
	 * runs ctrlaltdel. From 3.10 SIGRTMIN+4 powers off (slicer69/sysvinit pull request 23). The command is not halt(8):
	 * in runlevel 0, which it may be by then, that one calls reboot(2) at once. */
	{"sysvinit", "init.sysv", RTMIN + 4, SIGINT, SIGPWR, "init 0", INIT_ASK_AGAIN | INIT_COMMAND_FIRST},
	/* init/init.c: halt_reboot_pwoff() has SIGUSR2 for poweroff, SIGTERM for reboot; SIGUSR1 and SIGPWR halt. */
	{"busybox", "busybox toybox", SIGUSR2, SIGTERM, 0, "poweroff", ALL},
	/* openrc-init.c: handlers for SIGINT, SIGTERM and SIGPWR, all others blocked and never read. */
	{"openrc", "openrc-init", SIGTERM, SIGINT, 0, "openrc-shutdown --poweroff now", INIT_ASK_AGAIN},
	/* runit(8): SIGCONT with the file stopit, in stage 2 only. Debian's (bug 923924) takes SIGPWR too; there SIGINT halts
	 * as well, since its ctrlaltdel does not touch the file reboot. runit-init(8): "init 0" makes the files. */
	{"runit", "runit runit-init", SIGPWR, SIGCONT, SIGCONT, "init 0", INIT_ASK_AGAIN | INIT_FILES},
	/* s6-linux-init-maker: .s6-svscan/SIGUSR1 powers off, SIGINT reboots, SIGTERM is nothing. Without it, s6-svscan(1):
	 * SIGTERM takes the supervision tree down. */
	{"s6", "s6-svscan s6-linux-init", SIGUSR1, SIGINT, SIGTERM, "s6-linux-init-shutdown -p now", ALL},
	/* finit's sig.c: SIGUSR2 powers off, SIGTERM reboots; SIGPWR only sets the condition sys/pwr/fail. */
	{"finit", "finit", SIGUSR2, SIGTERM, 0, "poweroff", ALL},
	/* dinit(8): SIGTERM stops all services and halts, SIGINT reboots; SIGQUIT would not stop the services. */
	{"dinit", "dinit", SIGTERM, SIGINT, 0, "dinitctl shutdown", ALL},
	/* tini and dumb-init hand signals on. Not asked twice: many a program takes the second SIGTERM for "at once". */
	{"program", "tini tini-static dumb-init catatonit docker-init", SIGTERM, 0, 0, "poweroff", INIT_READS_BLOCKED},
};

/* Masks as seen on the running programs. All of has, none of not. */
static const struct {
	const char *kind;
	uint64_t caught, blocked, ignored, not_caught, not_blocked;
} signatures[] = {
	/* Blocks what it does not catch too: SIGRTMIN+3 alone would make it a systemd. */
	{"openrc", BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGPWR), BIT(SIGHUP) | BIT(SIGUSR1) | BIT(RTMIN + 4), 0, 0, BIT(SIGTERM)},
	{"dinit", 0, BIT(SIGTERM) | BIT(SIGSEGV) | BIT(RTMIN + 4), BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGPIPE), BIT(SIGTERM), 0},
	{"systemd", 0, BIT(SIGTERM) | BIT(RTMIN + 3) | BIT(RTMIN + 4) | BIT(RTMIN + 5), 0, BIT(SIGTERM), BIT(SIGSEGV)},
	{"finit", 0, BIT(SIGUSR2) | BIT(SIGTERM) | BIT(SIGPWR), BIT(SIGQUIT) | BIT(SIGCONT), BIT(SIGTERM), BIT(RTMIN + 4)},
	{"sysvinit", BIT(SIGPWR) | BIT(SIGINT) | BIT(SIGHUP) | BIT(SIGUSR1), 0, BIT(SIGTERM), 0, 0},
	{"runit", BIT(SIGCONT) | BIT(SIGINT), BIT(SIGTERM) | BIT(SIGHUP), 0, BIT(SIGTERM), BIT(RTMIN + 4)},
	{"program", BIT(SIGTERM), 0, 0, 0, 0},
};

const struct init_kind *inits_table(size_t *count)
{
	*count = COUNT_OF(table);
	return table;
}

const struct init_kind *inits_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static const struct init_kind *by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		for (const char *word = table[i].executables; *word; word += strspn(word, " ")) {
			size_t word_length = strcspn(word, " ");

			if (word_length == length && strncmp(word, name, length) == 0)
				return &table[i];
			word += word_length;
		}
	return NULL;
}

/* By any component: s6-linux-init's /sbin/init leads to a script DIR/s6-linux-init/current/bin/init. */
static const struct init_kind *by_path(const char *path)
{
	const char *base = strrchr(path, '/');
	const struct init_kind *kind;

	base = base ? base + 1 : path;
	kind = by_name(base, strcspn(base, " ")); /* "NAME (deleted)" of /proc/PID/exe */
	return kind || !strstr(path, "/s6-linux-init/") ? kind : inits_find("s6");
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
	kind = by_path(target);
	if (kind && strcmp(kind->name, "busybox") == 0)
		return runs_as_init(pid) ? kind : NULL;
	if (kind)
		return kind;
	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	length = file_read_at(AT_FDCWD, path, target, sizeof target);
	return length > 0 ? by_name(target, strcspn(target, "\n")) : NULL;
}

int inits_signals(pid_t pid, struct init_signals *signals)
{
	char path[64], text[32];
	int result = process_signals(pid, &signals->caught, &signals->blocked, &signals->ignored);

	if (result < 0)
		return result;
	snprintf(path, sizeof path, "/proc/%d/syscall", pid);
	signals->awaits = file_read_at(AT_FDCWD, path, text, sizeof text) > 0 && strtol(text, NULL, 10) == SYS_rt_sigtimedwait;
	return 0;
}

bool inits_heeds(const struct init_kind *kind, const struct init_signals *signals, int number)
{
	if (number <= 0)
		return false;
	if (signals->caught & BIT(number))
		return true;
	return (kind->traits & INIT_READS_BLOCKED) && ((signals->blocked & BIT(number)) || signals->awaits);
}

const struct init_kind *inits_by_signals(const struct init_signals *signals)
{
	for (size_t i = 0; i < COUNT_OF(signatures); i++)
		if ((signals->caught & signatures[i].caught) == signatures[i].caught &&
		    (signals->blocked & signatures[i].blocked) == signatures[i].blocked &&
		    (signals->ignored & signatures[i].ignored) == signatures[i].ignored &&
		    !(signals->caught & signatures[i].not_caught) && !(signals->blocked & signatures[i].not_blocked))
			return inits_find(signatures[i].kind);
	return NULL;
}

void inits_choose(const struct config *config, const struct init_signals *signals, struct init_verdict *verdict)
{
	const struct init_kind *kind = verdict->kind;

	if (config && config->halt_signal)
		return;
	verdict->halt_signal = kind->halt_signal;
	verdict->command_first = verdict->files = false;
	if (!kind->other_signal || inits_heeds(kind, signals, kind->halt_signal) || !(signals->caught & BIT(kind->other_signal)))
		return;
	verdict->halt_signal = kind->other_signal;
	verdict->command_first = kind->traits & INIT_COMMAND_FIRST;
	verdict->files = kind->traits & INIT_FILES;
}

static const struct init_kind *find_kind(const struct config *config, const char *init_path, pid_t pid, char *by, size_t size)
{
	const char *halt = config && config->halt && strcmp(config->halt, "auto") != 0 ? config->halt : NULL;
	const struct init_kind *kind = halt ? inits_find(halt) : NULL, *at_rest, *running;
	struct init_signals signals;

	if (kind) {
		snprintf(by, size, "config: guest.halt");
		return kind;
	}
	at_rest = init_path ? by_path(init_path) : NULL;
	running = pid > 0 ? by_running(pid) : NULL;
	if (at_rest && (!running || running == at_rest)) {
		snprintf(by, size, "rootfs: %.50s", init_path);
		return at_rest;
	}
	if (running) {
		snprintf(by, size, "executable of the running init");
		return running;
	}
	if (pid > 0 && inits_signals(pid, &signals) == 0 && (kind = inits_by_signals(&signals))) {
		snprintf(by, size, "signals that init catches and blocks");
		return kind;
	}
	snprintf(by, size, "nothing known: taken for a program");
	return inits_find("program");
}

static void set_verdict(const struct config *config, const struct init_kind *kind, pid_t pid, struct init_verdict *verdict)
{
	struct init_signals signals;

	verdict->kind = kind;
	verdict->halt_signal = config && config->halt_signal ? config->halt_signal : kind->halt_signal;
	verdict->reboot_signal = config && config->reboot_signal ? config->reboot_signal : kind->reboot_signal;
	if (pid > 0 && inits_signals(pid, &signals) == 0)
		inits_choose(config, &signals, verdict);
}

void inits_detect(const struct config *config, const char *init_path, pid_t init_pid, struct init_verdict *verdict)
{
	*verdict = (struct init_verdict){0};
	set_verdict(config, find_kind(config, init_path, init_pid, verdict->detected_by, sizeof verdict->detected_by), init_pid, verdict);
}

void inits_second_rung(const struct init_verdict *verdict, char *out, size_t size)
{
	const char *command = verdict->kind && !verdict->files ? verdict->kind->halt_command : NULL;

	snprintf(out, size, "%s", command ? command : "");
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
