/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config revert`. */
#include "commands/config_edit.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row options[] = {
	CONFIG_NEXT_START_ROW,
	CONFIG_DRY_RUN_ROW,
	CONFIG_FORCE_ROW,
	{.name = NULL},
};

static int run(struct call *call)
{
	const struct arguments *arguments = &call->arguments;
	const char *name = arguments->words[0], *word = arguments->words_count > 1 ? arguments->words[1] : NULL;
	struct auberge_error error = {0};
	struct auberge_edit *edit;
	unsigned long number = 0;
	char *end = NULL;
	int status;

	if (word && (number = strtoul(word, &end, 10), *end || *word < '0' || *word > '9' || number == 0 || number > 999999999))
		return complain(AUBERGE_USAGE, "`auberge config history NAME` names the versions", "%s: not the number of a version",
		                word);
	edit = auberge_edit_revert(call->auberge, name, (unsigned)number, &error);
	if (!edit)
		return complain_error(&error);
	if (arguments_flag(arguments, "dry-run")) {
		status = config_preview(call, name, edit, NULL);
		if (config_tell_problems(call, name, edit) != 0)
			status = AUBERGE_FAILED;
	} else {
		status = config_save(call, name, edit, config_flags(call));
	}
	auberge_edit_free(edit);
	return status;
}

const struct command command_config_revert = {
	.name = "config revert",
	.arguments = "NAME [N]",
	.summary = "bring an earlier config of a guest back",
	.description = "N is a version of config history; without it the newest, which undoes the last change. What is replaced becomes "
		       "the newest version, so that a revert can be reverted. It acts as config set does.\n\n" CONFIG_FORCE_TEXT,
	.options = options,
	.flags = COMMAND_GUEST | COMMAND_ROOT,
	.least = 1,
	.most = 2,
	.run = run,
};
