/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge kill`. */
#include "commands/acts.h"

static int run(struct call *call)
{
	return acts_run_call(call, AUBERGE_KILL);
}

const struct command command_kill = {
	.name = "kill",
	.arguments = "NAME...",
	.summary = "end guests at once, every process by SIGKILL",
	.description =
		"Databases lose what they had not written: `auberge stop` is the clean way. The guest and its disk stay.",
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = COMMAND_MANY,
	.run = run,
};
