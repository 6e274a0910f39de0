/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of inits: how each is asked to halt and to reboot, and how it is recognised.
 * Detection order: config, rootfs (/sbin/init's target), executable and comm of the running init, then the signals that
 * it catches or blocks: only a signal that is caught, or blocked and known, is worth sending to a pid 1.
 */
#ifndef SUPERVISOR_INITS_H
#define SUPERVISOR_INITS_H

#include "auberge.h"
#include "guest/config.h"

struct init_kind {
	const char *name;
	const char *executables; /* base names of the init's file, with blanks between */
	int halt_signal, reboot_signal; /* 0: none; SIGRTMIN+N given as the kernel's number (34+N) */
	bool blocked_ok; /* the signal is read by signalfd: blocked counts as caught */
};

struct init_verdict {
	const struct init_kind *kind;
	int halt_signal, reboot_signal;
	char detected_by[64];
};

const struct init_kind *inits_table(size_t *count);
const struct init_kind *inits_find(const char *name);
/* init_path: what the rootfs says (may be NULL); init_pid 0: not running yet. */
void inits_detect(const struct config *config, const char *init_path, pid_t init_pid, struct init_verdict *verdict);
/* "SIGRTMIN+4", "SIGTERM": kernel numbering. */
void signal_format(int number, char *out, size_t size);
int signal_parse(const char *text); /* -1: no such signal */

#endif
