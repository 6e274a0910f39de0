/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge freeze`. */
#include "commands/acts.h"

static int run(struct call *call)
{
	return acts_run_call(call, AUBERGE_FREEZE);
}

const struct command command_freeze = {
	.name = "freeze",
	.arguments = "NAME...",
	.summary = "hold all processes of running guests where they are",
	.description = "Memory stays in use; `auberge thaw` lets them go on. A stop thaws by itself.",
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = COMMAND_MANY,
	.run = run,
};
