/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge stop`. */
#include "commands/acts.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct option_row options[] = {
	{.name = "timeout", .type = OPTION_DURATION, .argument = "D",
	 .help = "time limit of all together, else each guest's stop_timeout"},
	{.name = "kill", .type = OPTION_FLAG, .help = "kill what is left at the time limit, not before"},
	{.name = "all", .type = OPTION_FLAG, .help = "all guests that run, instead of names; asks for the host's name"},
	{.name = "yes", .type = OPTION_FLAG, .help = "with --all: do not ask"},
	{.name = NULL},
};

static bool wanted(const struct auberge_guest *guest)
{
	return guest->running || guest->state == AUBERGE_STARTING || guest->state == AUBERGE_RUNNING ||
	       guest->state == AUBERGE_FROZEN || guest->state == AUBERGE_STOPPING;
}

static int stop_all(struct call *call)
{
	struct auberge_act_options act_options = {
		.timeout_seconds = arguments_number(&call->arguments, "timeout", -1),
		.kill = arguments_flag(&call->arguments, "kill"),
	};
	struct auberge_guest *guests = NULL;
	const char **names = NULL;
	char host[65] = "", question[128];
	size_t count;
	int status = acts_select(call, wanted, &guests, &names, &count);

	gethostname(host, sizeof host - 1);
	snprintf(question, sizeof question, "This stops all %zu running guests of host %s.", count, host);
	if (status == 0 && count > 0 && !arguments_flag(&call->arguments, "yes"))
		status = confirm_typed("stop --all", question, host);
	if (status == 0 && count > 0)
		status = acts_run(call->auberge, AUBERGE_STOP, &act_options, true, names, count, call->json);
	else if (status == 0 && call->json)
		status = output_json(json_array(), 2);
	free(names);
	free(guests);
	return status;
}

static int run(struct call *call)
{
	bool all = arguments_flag(&call->arguments, "all");

	if (all && call->arguments.words_count > 0)
		return complain(AUBERGE_USAGE, NULL, "stop: names and --all exclude each other");
	if (!all && arguments_flag(&call->arguments, "yes"))
		return complain(AUBERGE_USAGE, NULL, "stop: --yes goes with --all");
	if (!all && call->arguments.words_count == 0)
		return complain(AUBERGE_USAGE, "usage: auberge stop NAME... | --all", "stop: a guest's name is missing");
	return all ? stop_all(call) : acts_run_call(call, AUBERGE_STOP);
}

const struct command command_stop = {
	.name = "stop",
	.arguments = "[NAME...]",
	.summary = "stop guests cleanly",
	.description =
		"Sends the halt request that the guest's init knows and waits until the guest is empty. At the time limit the "
		"processes that are left are listed, the exit status is 5 and the guest stays `stopping`; another stop joins the "
		"wait and repeats the request. Nothing is killed unless --kill says so. ^C leaves the wait, not the stop.\n\n"
		"While it waits it tells who is left, the stuck ones first and with what of the kernel they are stuck in: live on "
		"a terminal, else by a line whenever that changes. --json gives an array at the end: name, status (done, timeout, "
		"failed), seconds, survivors[] (pid, host_pid, command, state, wait, age_seconds, stuck_in, stuck_seconds), "
		"survivors_total, error.\n\n"
		"Several guests stop in the reverse of the order in which they start: each when those that come after it are "
		"gone. One that takes longer than its stop_timeout, or its share of a shorter --timeout, holds the others up no "
		"longer. What was not begun when --timeout came is left running, and told.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_JSON | COMMAND_ROOT,
	.most = COMMAND_MANY,
	.run = run,
};
