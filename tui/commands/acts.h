/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts on many guests, side by side and in their order: what start, stop, restart, freeze, thaw and kill share. */
#ifndef COMMANDS_ACTS_H
#define COMMANDS_ACTS_H

#include "commands/command.h"

/* A line for each name on stdout as it is done (json: one document at the end), errors on stderr. whole_host: as in
 * struct auberge_jobs_options. Returns the highest exit status. */
int acts_run(struct auberge *auberge, enum auberge_act act, const struct auberge_act_options *options, bool whole_host,
             const char *const *names, size_t count, bool json);
/* The same for the words of the call, with the options --timeout, --kill and --json where the verb has them. */
int acts_run_call(struct call *call, enum auberge_act act);

/* Names of the guests that are wanted, each pointing into *guests; free both. 0 or an exit status, explained. */
int acts_select(struct call *call, bool (*wanted)(const struct auberge_guest *guest), struct auberge_guest **guests,
                const char ***names, size_t *count);

#endif
