/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge start`. */
#include "commands/acts.h"
#include "commands/report.h"
#include "commands/stay.h"

#include <stdlib.h>

static const struct option_row options[] = {
	{.name = "autostart", .type = OPTION_FLAG, .help = "all guests marked autostart that do not run, instead of names"},
	{.name = "stay", .type = OPTION_FLAG,
	 .help = "with one name, for service managers: stay until the guest has ended; SIGTERM stops it cleanly; exit status 1 when "
	         "it ended badly"},
	{.name = "wait", .type = OPTION_CHOICE, .argument = "WHAT", .choices = "ready",
	 .help = "with ready: return when the guest says that it is up, not when its init runs; at most 90 s"},
	{.name = NULL},
};

static bool wanted(const struct auberge_guest *guest)
{
	return guest->autostart && guest->state != AUBERGE_STARTING && guest->state != AUBERGE_RUNNING &&
	       guest->state != AUBERGE_FROZEN && guest->state != AUBERGE_INCOMPLETE;
}

static int start_marked(struct call *call)
{
	struct auberge_act_options act_options = {
		.timeout_seconds = -1, .ready = arguments_find(&call->arguments, "wait") != NULL};
	struct auberge_guest *guests = NULL;
	const char **names = NULL;
	size_t count;
	int status = acts_select(call, wanted, &guests, &names, &count);

	if (status == 0 && count > 0)
		status = acts_run(call->auberge, AUBERGE_START, &act_options, true, names, count, false);
	free(names);
	free(guests);
	return status;
}

static int run(struct call *call)
{
	bool marked = arguments_flag(&call->arguments, "autostart");

	if (marked && call->arguments.words_count > 0)
		return complain(AUBERGE_USAGE, NULL, "start: names and --autostart exclude each other");
	if (!marked && call->arguments.words_count == 0)
		return complain(AUBERGE_USAGE, "usage: auberge start NAME... | --autostart", "start: a guest's name is missing");
	if (arguments_flag(&call->arguments, "stay")) {
		if (marked || call->arguments.words_count != 1)
			return complain(AUBERGE_USAGE, NULL, "start: --stay goes with one guest's name");
		return stay(call->auberge, call->arguments.words[0]);
	}
	return marked ? start_marked(call) : acts_run_call(call, AUBERGE_START);
}

const struct command command_start = {
	.name = "start",
	.arguments = "[NAME...]",
	.summary = "start guests",
	.description =
		"Returns when the guest's init runs. The whole config is checked before anything is done. With --wait ready a guest "
		"with systemd is waited for until its boot is done (sd_notify(3)); any other is up when its init runs. At the limit of "
		"90 s the exit status is 5, and the guest runs on.\n\n"
		"Several guests start by their `order`, and each after those of its `after` that are started too; one that fails "
		"makes those fail that come after it, and the others go on. A guest that another one comes after is not started "
		"unless it is named, too: that it does not run is told, no more.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.most = COMMAND_MANY,
	.run = run,
};
