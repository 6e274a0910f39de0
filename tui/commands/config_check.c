/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config check`. */
#include "commands/command.h"
#include "commands/report.h"

#include <stdio.h>

static int run(struct call *call)
{
	int highest = 0;

	for (size_t i = 0; i < call->arguments.words_count; i++) {
		const char *name = call->arguments.words[i];
		struct auberge_error error = {0};
		int status = 0;

		if (auberge_config_check(call->auberge, name, &error) < 0)
			status = complain_error(&error);
		else
			printf("%s: ok\n", name);
		highest = status > highest ? status : highest;
	}
	return highest;
}

const struct command command_config_check = {
	.name = "config check",
	.arguments = "NAME...",
	.summary = "check guests' configs wholly and change nothing",
	.description =
		"The host's side is checked too: bridges, root file system, init, ids, cgroups. All errors are told at once, as "
		"FILE:LINE: lines.",
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = COMMAND_MANY,
	.run = run,
};
