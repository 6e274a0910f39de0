/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMANDS_STAY_H
#define COMMANDS_STAY_H

#include "auberge.h"

/* Starts the guest if it does not run and stays until it has ended; SIGTERM stops it cleanly. The exit status. */
int stay(struct auberge *auberge, const char *name);

#endif
