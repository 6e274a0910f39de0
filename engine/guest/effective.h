/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RUN_DIR/NAME/effective.ini: the config as started plus what was changed since and acts. It is the supervisor's file
 * while one lives.
 */
#ifndef GUEST_EFFECTIVE_H
#define GUEST_EFFECTIVE_H

#include "guest/config.h"

/* The config that the running guest has. NULL: none that could be read; *error says why. */
struct config *effective_read(const struct auberge *auberge, const char *name, struct auberge_error *error);
/* Takes "SECTION.KEY=VALUE\n" lines (no VALUE: its default) into the file and gives back what it says then. */
int effective_change(const struct auberge *auberge, const char *name, const char *lines, struct config **config,
                     struct auberge_error *error);

#endif
