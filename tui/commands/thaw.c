/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge thaw`. */
#include "commands/acts.h"

static int run(struct call *call)
{
	return acts_run_call(call, AUBERGE_THAW);
}

const struct command command_thaw = {
	.name = "thaw",
	.arguments = "NAME...",
	.summary = "let frozen guests go on",
	.description = NULL,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = COMMAND_MANY,
	.run = run,
};
