/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge exec`. */
#include "commands/command.h"
#include "commands/relay.h"
#include "commands/report.h"

#include <stdlib.h>
#include <string.h>

static const struct option_row options[] = {
	{.name = "user", .type = OPTION_TEXT, .argument = "U[:G]", .help = "as that user and group of the guest, else root"},
	{.name = "cwd", .type = OPTION_TEXT, .argument = "DIR", .help = "in that directory of the guest, else /"},
	{.name = "env", .type = OPTION_TEXT, .argument = "K=V", .repeated = true,
	 .help = "added to a small clean environment"},
	{.name = "tty", .type = OPTION_FLAG,
	 .help = "on a terminal of its own; else plain pipes, with standard error apart"},
	{.name = NULL},
};

static int run(struct call *call)
{
	const struct arguments *arguments = &call->arguments;
	size_t count = arguments_all(arguments, "env", NULL, 0);
	const char **environment = calloc(count + 1, sizeof *environment);
	struct auberge_exec exec = {
		.argv = arguments->rest, /* argv of main: NULL at its end */
		.user = arguments_text(arguments, "user"),
		.directory = arguments_text(arguments, "cwd"),
		.environment = environment,
		.environment_count = count,
		.tty = arguments_flag(arguments, "tty"),
	};
	int status = 0;

	if (!environment)
		return complain(STATUS_EXEC_FAILED, NULL, "exec: out of memory");
	arguments_all(arguments, "env", environment, count);
	for (size_t i = 0; i < count && status == 0; i++) {
		if (!strchr(environment[i], '=') || environment[i][0] == '=')
			status = complain(AUBERGE_USAGE, "write it as NAME=VALUE", "--env %s: no value", environment[i]);
	}
	if (status == 0)
		status = relay_exec(call, arguments->words[0], &exec);
	free(environment);
	return status;
}

const struct command command_exec = {
	.name = "exec",
	.arguments = "NAME -- COMMAND...",
	.summary = "run a command inside a guest",
	.description =
		"Inside all of the guest's namespaces and confinement. The exit status is the command's own, 128+N for signal N, "
		"126 not executable, 127 not found; before it starts 2, 3, 4, 6 as everywhere and 125 for the rest. A frozen guest "
		"gives 4 at once.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT | COMMAND_PASSES_STATUS | COMMAND_REST,
	.least = 1,
	.most = 1,
	.run = run,
};
