/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge shell`. */
#include "commands/command.h"
#include "commands/relay.h"

static const struct option_row options[] = {
	{.name = "user", .type = OPTION_TEXT, .argument = "U", .help = "as that user of the guest, else root"},
	{.name = NULL},
};

static int run(struct call *call)
{
	struct auberge_exec exec = {.user = arguments_text(&call->arguments, "user"), .tty = true};

	return relay_exec(call, call->arguments.words[0], &exec);
}

const struct command command_shell = {
	.name = "shell",
	.arguments = "NAME",
	.summary = "a user's login shell inside a guest",
	.description = "On a terminal of its own; /bin/sh where the user has no shell. The exit status is the shell's.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT | COMMAND_PASSES_STATUS,
	.least = 1,
	.most = 1,
	.run = run,
};
