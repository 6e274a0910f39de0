/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge destroy`: deletes a stopped guest, never stops one. */
#include "commands/command.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>

static const struct option_row options[] = {
	{.name = "yes", .type = OPTION_FLAG, .help = "do not ask for the name"},
	{.name = NULL},
};

static void kept(void *data, const char *path)
{
	printf("%s: kept %s\n", (const char *)data, path);
}

/* Refused before the question: nobody should type a name for nothing. The engine asks the same under its locks. */
static int check_stopped(struct call *call, const char *name)
{
	struct auberge_error error = {0};
	struct auberge_guest *guest = NULL;
	enum auberge_state state;
	char remedy[256];
	size_t count;
	bool waits;

	if (auberge_list(call->auberge, &name, 1, 0, &guest, &count, &error) < 0)
		return complain_error(&error);
	state = count > 0 ? guest->state : AUBERGE_STOPPED;
	waits = count > 0 && guest->restart_seconds != 0;
	free(guest);
	if (state == AUBERGE_STOPPED || state == AUBERGE_FAILED_STATE || state == AUBERGE_INCOMPLETE)
		return 0;
	if (waits) {
		snprintf(remedy, sizeof remedy, "to end that: auberge stop %s", name);
		return complain(AUBERGE_WRONG_STATE, remedy, "%s: it waits to be started again", name);
	}
	snprintf(remedy, sizeof remedy, "destroy deletes %s's disk; to power it off: auberge kill %s", name, name);
	return complain(AUBERGE_WRONG_STATE, remedy, "%s: it is %s", name, auberge_state_word(state));
}

static int run(struct call *call)
{
	const char *name = call->arguments.words[0];
	struct auberge_error error = {0};
	char question[256], data[AUBERGE_NAME_MAX + 1];
	int status = check_stopped(call, name);

	snprintf(question, sizeof question, "This deletes %s: its config, its disk and its history.", name);
	if (status == 0 && !arguments_flag(&call->arguments, "yes"))
		status = confirm_typed(name, question, name);
	if (status)
		return status;
	snprintf(data, sizeof data, "%s", name);
	if (auberge_destroy(call->auberge, name, kept, data, &error) < 0)
		return complain_error(&error);
	printf("%s: destroyed\n", name);
	return 0;
}

const struct command command_destroy = {
	.name = "destroy",
	.arguments = "NAME",
	.summary = "delete a stopped guest and all of its own",
	.description =
		"It never stops a guest: unless it is stopped, failed or incomplete the exit status is 4. A directory used in "
		"place and the sources of mounts are kept, and named.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
