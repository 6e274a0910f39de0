/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scripted consoles of `frozen`: web3 greets and echoes (its commands: size, title, colours, flood, exit), db2 has
 * written 200 lines, ns1 says HOSTILE_STEP hostile cases at each key, mail waits. Any tty above 2 is refused.
 */
#ifndef FROZEN_CONSOLE_H
#define FROZEN_CONSOLE_H

#include "screens/source.h"

#define HOSTILE_STEP 4

struct auberge_console *frozen_console_open(struct source *source, const char *name, unsigned tty,
                                            struct auberge_error *error);
int frozen_console_fd(const struct auberge_console *console);
ssize_t frozen_console_read(struct auberge_console *console, void *buffer, size_t size, uint64_t *missed,
                            struct auberge_error *error);
ssize_t frozen_console_write(struct auberge_console *console, const void *buffer, size_t size, struct auberge_error *error);
int frozen_console_resize(struct auberge_console *console, unsigned rows, unsigned columns, struct auberge_error *error);
unsigned frozen_console_viewers(const struct auberge_console *console);
void frozen_console_close(struct auberge_console *console);

/* frozen.c's: the guest is over, with status 0. */
extern void (*frozen_guest_ended)(struct source *source, const char *name);

#endif
