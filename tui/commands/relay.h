/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command inside a guest, relayed to our own standard descriptors: what exec and shell share. */
#ifndef COMMANDS_RELAY_H
#define COMMANDS_RELAY_H

#include "commands/command.h"

/* Starts it, relays until it ends, and returns the program's exit status as the manual has it for exec and shell. */
int relay_exec(struct call *call, const char *name, struct auberge_exec *exec);

#endif
