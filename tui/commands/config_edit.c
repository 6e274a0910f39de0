/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config edit`: the user's editor, then what is wrong, what changes, and the save. */
#include "commands/config_edit.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
	CONFIG_NEXT_START_ROW,
	CONFIG_FORCE_ROW,
	{.name = NULL},
};

static bool terminals(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* The answer's first letter; the first of letters for an empty one, the last at the end of input. */
static char ask(const char *question, const char *letters)
{
	char *answer = NULL, letter;
	size_t size = 0;
	ssize_t length;

	do {
		printf("%s ", question);
		output_flush();
		length = getline(&answer, &size, stdin);
		letter = length <= 0 ? letters[strlen(letters) - 1] : answer[0] == '\n' ? letters[0] : answer[0];
	} while (!strchr(letters, letter));
	free(answer);
	return letter;
}

enum next { NEXT_SAVE, NEXT_AGAIN, NEXT_LEAVE };

static enum next judge(struct call *call, const char *name, struct auberge_edit *edit, int *status)
{
	int problems = config_tell_problems(call, name, edit);

	*status = AUBERGE_FAILED;
	if (problems < 0)
		return NEXT_LEAVE;
	if (problems > 0 && terminals())
		return ask("Edit it again? [Y/n]", "yn") == 'y' ? NEXT_AGAIN : NEXT_LEAVE;
	if (problems > 0) {
		complain(AUBERGE_FAILED, NULL, "%s: nothing was saved", name);
		return NEXT_LEAVE;
	}
	*status = config_preview(call, name, edit);
	if (*status)
		return NEXT_LEAVE;
	if (!terminals())
		return NEXT_SAVE;
	switch (ask("Save it? [Y/n, e: edit it again]", "yen")) {
	case 'y':
		return NEXT_SAVE;
	case 'e':
		return NEXT_AGAIN;
	default:
		return NEXT_LEAVE;
	}
}

/* Rounds of the editor until it is saved or given up. *keep: the copy is all that has what was typed. */
static int edit_rounds(struct call *call, const char *name, struct auberge_edit *edit, struct editor *editor, bool *keep)
{
	char *before = strdup(auberge_edit_text(edit));
	struct auberge_error error = {0};
	enum next next = NEXT_AGAIN;
	int status = before ? 0 : complain(AUBERGE_FAILED, NULL, "%s: out of memory", name);

	while (before && next == NEXT_AGAIN) {
		char *text;

		status = editor_run(editor, &text);
		if (status)
			break;
		*keep = strcmp(text, before) != 0;
		if (!*keep) {
			printf("%s: nothing changed\n", name);
			free(text);
			break;
		}
		if (auberge_edit_set_text(edit, text, &error) < 0) {
			status = complain_error(&error);
			next = NEXT_LEAVE;
		} else {
			next = judge(call, name, edit, &status);
		}
		free(text);
	}
	if (next == NEXT_SAVE)
		status = config_save(call, name, edit, config_flags(call));
	if (next == NEXT_SAVE && status == 0)
		*keep = false;
	free(before);
	return status;
}

static int run(struct call *call)
{
	const char *name = call->arguments.words[0];
	struct auberge_error error = {0};
	struct auberge_edit *edit = auberge_edit_open(call->auberge, name, &error);
	struct editor editor;
	bool keep = false;
	int status;

	if (!edit)
		return complain_error(&error);
	status = editor_begin(&editor, name, auberge_edit_text(edit));
	if (status == 0) {
		status = edit_rounds(call, name, edit, &editor, &keep);
		editor_end(&editor, keep);
	}
	auberge_edit_free(edit);
	return status;
}

const struct command command_config_edit = {
	.name = "config edit",
	.arguments = "NAME",
	.summary = "edit a guest's config in your editor",
	.description =
		"$VISUAL, else $EDITOR, else vi or nano, on a copy of guest.ini. After it all errors are told; on a terminal it asks "
		"whether to edit again, shows what changes, and asks before it saves. What was typed and not saved is kept, and said "
		"where. Exit status 4: someone else has changed the file meanwhile, and nothing was saved.\n\n"
		"What acts at once and what at the next start is as with config set.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
