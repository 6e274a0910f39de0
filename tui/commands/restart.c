/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge restart`. */
#include "commands/acts.h"

static const struct option_row options[] = {
	{.name = "timeout", .type = OPTION_DURATION, .argument = "D",
	 .help = "time limit of the stop, else the guest's stop_timeout"},
	{.name = NULL},
};

static int run(struct call *call)
{
	return acts_run_call(call, AUBERGE_RESTART);
}

const struct command command_restart = {
	.name = "restart",
	.arguments = "NAME...",
	.summary = "stop guests cleanly and start them again",
	.description = "A guest whose stop reaches the time limit is not started again. Several guests stop and start in their order.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = COMMAND_MANY,
	.run = run,
};
