/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of inits: how each is asked to halt and to reboot, and how it is recognised.
 * Detection order: config, rootfs (the init's link target, inside the root), executable and comm of the running init, then
 * the signals that it catches, blocks and ignores. What runs is what hears the request: where its executable is another
 * row's than the rootfs says, the executable has the last word.
 * Of a row's signals only one that is caught, or blocked and known to be read, is worth sending to a pid 1.
 */
#ifndef SUPERVISOR_INITS_H
#define SUPERVISOR_INITS_H

#include "auberge.h"
#include "guest/config.h"

enum init_trait {
	INIT_READS_BLOCKED = 1, /* it reads signals by signalfd or sigwait: blocked counts as caught */
	INIT_ASK_AGAIN = 2,     /* a request that it has heard already does no harm */
	INIT_COMMAND_FIRST = 4, /* the other signal may mean nothing to this guest: the command first, the signal if that fails */
	INIT_FILES = 8,         /* the other signal goes with runit's files */
};

struct init_kind {
	const char *name;
	const char *executables; /* base names of the init's file, with blanks between */
	int halt_signal, reboot_signal; /* 0: none; SIGRTMIN+N given as the kernel's number (34+N) */
	int other_signal;           /* halts too: in releases that do not know halt_signal, or where the command is missing; 0 none */
	const char *halt_command;   /* the second rung, run inside: words with blanks between; NULL none */
	unsigned traits;
};

struct init_verdict {
	const struct init_kind *kind;
	int halt_signal, reboot_signal;
	bool command_first; /* halt_command before halt_signal, which is for its failure */
	bool files;         /* halt_signal and reboot_signal only after runit's files */
	char detected_by[64];
};

/* What /proc/PID/status tells, bit N-1 for signal N; and whether it waits in sigtimedwait(2), where the kernel shows the
 * awaited signals (busybox, tini) as neither blocked nor caught, and delivers them all the same. */
struct init_signals {
	uint64_t caught, blocked, ignored;
	bool awaits;
};

const struct init_kind *inits_table(size_t *count);
const struct init_kind *inits_find(const char *name);
/* 0, or -errno: gone. */
int inits_signals(pid_t pid, struct init_signals *signals);
/* Has it a handler for the signal, or reads it? */
bool inits_heeds(const struct init_kind *kind, const struct init_signals *signals, int number);
/* An init of unknown name by its masks; NULL: they tell nothing. */
const struct init_kind *inits_by_signals(const struct init_signals *signals);
/* Which of the kind's signals it hears now; config: one that was set there is not doubted. */
void inits_choose(const struct config *config, const struct init_signals *signals, struct init_verdict *verdict);
/* init_path: what the rootfs says (may be NULL); init_pid 0: not running yet. */
void inits_detect(const struct config *config, const char *init_path, pid_t init_pid, struct init_verdict *verdict);
/* The same with a look into the root for an init whose name tells nothing. It may wait on the guest's file systems: not
 * for the supervisor's loop. */
void inits_detect_in(const struct config *config, int root, pid_t init_pid, struct init_verdict *verdict);
/* For people: "init 0", "systemctl poweroff"; empty where there is none. */
void inits_second_rung(const struct init_verdict *verdict, char *out, size_t size);
/* "SIGRTMIN+4", "SIGTERM": kernel numbering. */
void signal_format(int number, char *out, size_t size);
int signal_parse(const char *text); /* -1: no such signal */

#endif
