/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge audit`: what on this host belongs to no live guest, and taking it away. */
#include "commands/command.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row options[] = {
	{.name = "reclaim", .type = OPTION_FLAG,
	 .help = "take away what a ledger or a tag of ours names; what stays says why"},
	{.name = NULL},
};

static bool is_left(const struct auberge_leftover *leftover)
{
	return !leftover->foreign && !leftover->reclaimed;
}

static json_t *to_json(const struct auberge_leftover *leftovers, size_t count)
{
	json_t *ours = json_array(), *foreign = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(leftovers[i].foreign ? foreign : ours,
		                      json_pack("{s:o, s:o, s:o, s:b}", "type", json_text(leftovers[i].type), "name",
		                                json_text(leftovers[i].name), "owner", json_text(leftovers[i].owner), "reclaimed",
		                                (int)leftovers[i].reclaimed));
	return json_pack("{s:o, s:o}", "leftovers", ours, "foreign", foreign);
}

static size_t width_of(const struct auberge_leftover *leftovers, size_t count, bool owners)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++) {
		size_t columns = auberge_text_columns(owners ? leftovers[i].owner : leftovers[i].name);

		width = columns > width && columns <= 48 ? columns : width;
	}
	return width;
}

static void put_cell(const char *text, size_t width)
{
	size_t columns = auberge_text_columns(text);

	printf("%s%*s  ", text, columns < width ? (int)(width - columns) : 0, "");
}

static void put_all(const struct auberge_leftover *leftovers, size_t count)
{
	size_t owners = width_of(leftovers, count, true), names = width_of(leftovers, count, false);

	for (size_t i = 0; i < count; i++) {
		const struct auberge_leftover *leftover = &leftovers[i];

		put_cell(leftover->type, 9);
		put_cell(leftover->owner, owners);
		put_cell(leftover->name, names);
		printf("%s%s\n", leftover->reclaimed ? "reclaimed: " : leftover->foreign ? "foreign: " : "", leftover->sentence);
		if (is_left(leftover) && *leftover->remedy)
			printf("    %s\n", leftover->remedy);
	}
	if (count == 0)
		printf("nothing is left over\n");
}

static int run(struct call *call)
{
	struct auberge_error error = {0};
	struct auberge_leftover *leftovers = NULL;
	size_t count = 0;
	int status = 0, written = 0;

	if (auberge_audit(call->auberge, arguments_flag(&call->arguments, "reclaim"), &leftovers, &count, &error) < 0)
		return complain_error(&error);
	for (size_t i = 0; i < count; i++)
		if (is_left(&leftovers[i]))
			status = STATUS_LEFTOVERS;
	if (call->json)
		written = output_json(to_json(leftovers, count), 2);
	else
		put_all(leftovers, count);
	free(leftovers);
	return written ? written : status;
}

const struct command command_audit = {
	.name = "audit",
	.arguments = "",
	.summary = "what on this host belongs to no live guest",
	.description =
		"Cgroups, links, mounts in every mount namespace, ledgers, sockets, processes, half-made guests and id ranges, one "
		"line each with what to do about it. The exit status is 7 when something is left. What a guest that lives has, or "
		"one that a command is at work on, is no leftover; other sets' things are told as foreign and never touched.",
	.options = options,
	.flags = COMMAND_JSON | COMMAND_ROOT,
	.run = run,
};
