/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config history`. */
#include "commands/command.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>

static int run(struct call *call)
{
	struct auberge_version *versions;
	struct auberge_error error = {0};
	size_t count;

	if (auberge_config_history(call->auberge, call->arguments.words[0], &versions, &count, &error) < 0)
		return complain_error(&error);
	if (count > 0)
		printf("%-8s %-19s  %-16s %s\n", "VERSION", "REPLACED", "BY", "BYTES");
	for (size_t i = 0; i < count; i++) {
		char when[32];

		format_time(when, sizeof when, versions[i].time_seconds);
		printf("%-8u %-19s  %-16s %zu\n", versions[i].number, when, *versions[i].by ? versions[i].by : "-",
		       versions[i].bytes);
	}
	free(versions);
	return output_flush();
}

const struct command command_config_history = {
	.name = "config history",
	.arguments = "NAME",
	.summary = "list the earlier configs of a guest",
	.description = "Newest first: when each was replaced, and by whom. The last 50 are kept. They are the files config.d/N beside "
		       "guest.ini.",
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
