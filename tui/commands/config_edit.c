/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config edit`: the user's editor, then what is wrong, what changes, and the save. */
#include "commands/config_edit.h"
#include "commands/report.h"

#include "commands/terminal.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
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

/*
 * The answer's first letter, small; the first of letters for an empty one, the last at the end of input; minus the signal
 * that came instead. What was typed before the question was there is no answer to it.
 */
static int ask(const char *question, const char *letters)
{
	char answer[256], letter = '\0';
	int heard = 0;

	signals_open();
	tcflush(STDIN_FILENO, TCIFLUSH);
	do {
		ssize_t length;
		char *at = answer;

		printf("%s ", question);
		output_flush();
		while ((heard = signals_wait(STDIN_FILENO, -1)) == 0)
			;
		if (heard < 0)
			break;
		length = read(STDIN_FILENO, answer, sizeof answer - 1);
		if (length <= 0 && (heard = signals_wait(-1, 0)) < 0) /* the terminal went, and SIGHUP tells */
			break;
		answer[length > 0 ? length : 0] = '\0';
		at += strspn(answer, " \t");
		letter = length <= 0 ? letters[strlen(letters) - 1] : *at == '\n' ? letters[0] : (char)tolower((unsigned char)*at);
		if (length <= 0)
			putchar('\n');
	} while (!letter || !strchr(letters, letter));
	if (heard < 0)
		putchar('\n');
	output_flush();
	signals_close();
	return heard < 0 ? heard : letter;
}

struct editing {
	struct call *call;
	const char *name;
	struct auberge_edit *edit;
	unsigned flags; /* of the save */
	bool keep;      /* the copy is all that has what was typed */
};

enum next { NEXT_SAVE, NEXT_AGAIN, NEXT_LEAVE };

static enum next take_answer(const struct editing *editing, int answer, int *status)
{
	if (answer == 'y')
		return NEXT_SAVE;
	if (answer == 'e')
		return NEXT_AGAIN;
	*status = answer == -SIGINT ? STATUS_INTERRUPTED : answer < 0 ? 128 - answer : AUBERGE_FAILED;
	note("%s: nothing was saved", editing->name);
	return NEXT_LEAVE;
}

/* What is not taken live is not asked for as if it were. */
static enum next ask_to_save(struct editing *editing, enum config_below below, int *status)
{
	bool force = editing->flags & AUBERGE_SAVE_FORCE;
	const char *question = "Save it? [Y/n, e: edit it again]";
	enum next next;

	if (below == CONFIG_BELOW_MEMORY && force)
		question = "The guest uses more memory than that now: the kernel may kill processes inside it.\n"
			   "Save it? [y/N, e: edit it again]";
	else if (below && force)
		question = "The guest uses more than that now. Save it? [y/N, e: edit it again]";
	else if (below)
		question = "The guest uses more than that now. Save all of it for the next start? [y/N, e: edit it again]";
	next = take_answer(editing, ask(question, below ? "nyen" : "yen"), status);
	if (next == NEXT_SAVE && below && !force)
		editing->flags |= AUBERGE_SAVE_NEXT_START;
	return next;
}

static enum next judge(struct editing *editing, int *status)
{
	int problems = config_tell_problems(editing->call, editing->name, editing->edit);
	enum config_below below = CONFIG_NOT_BELOW;
	int answer;

	*status = AUBERGE_FAILED;
	if (problems < 0)
		return NEXT_LEAVE;
	if (problems > 0 && terminals()) {
		answer = ask("Edit it again? [Y/n]", "yn");
		return take_answer(editing, answer == 'y' ? 'e' : answer, status);
	}
	if (problems > 0) {
		complain(AUBERGE_FAILED, NULL, "%s: nothing was saved", editing->name);
		return NEXT_LEAVE;
	}
	*status = config_preview(editing->call, editing->name, editing->edit, &below);
	if (*status)
		return NEXT_LEAVE;
	return terminals() ? ask_to_save(editing, below, status) : NEXT_SAVE;
}

/* One round of the editor: what comes of it. */
static enum next edit_round(struct editing *editing, struct editor *editor, const char *before, int *status)
{
	struct auberge_error error = {0};
	enum next next = NEXT_LEAVE;
	char *text = NULL;

	*status = editor_run(editor, &text);
	editing->keep = editor_has_more(editor, text, before);
	if (*status == 0 && !editing->keep)
		printf("%s: nothing changed\n", editing->name);
	else if (*status == 0 && auberge_edit_set_text(editing->edit, text, &error) < 0)
		*status = complain_error(&error);
	else if (*status == 0)
		next = judge(editing, status);
	free(text);
	return next;
}

/* Rounds until it is saved or given up. */
static int edit_rounds(struct editing *editing, struct editor *editor)
{
	char *before = strdup(auberge_edit_text(editing->edit));
	enum next next = before ? NEXT_AGAIN : NEXT_LEAVE;
	int status = before ? 0 : complain(AUBERGE_FAILED, NULL, "%s: out of memory", editing->name);

	while (next == NEXT_AGAIN)
		next = edit_round(editing, editor, before, &status);
	if (next == NEXT_SAVE)
		status = config_save(editing->call, editing->name, editing->edit, editing->flags);
	if (next == NEXT_SAVE && status == 0)
		editing->keep = false;
	free(before);
	return status;
}

static int run(struct call *call)
{
	const char *name = call->arguments.words[0];
	struct auberge_error error = {0};
	struct editing editing = {.call = call, .name = name, .flags = config_flags(call)};
	struct editor editor;
	int status;

	editing.edit = auberge_edit_open(call->auberge, name, &error);
	if (!editing.edit)
		return complain_error(&error);
	status = editor_begin(&editor, name, auberge_edit_text(editing.edit));
	if (status == 0) {
		status = edit_rounds(&editing, &editor);
		editor_end(&editor, editing.keep);
	}
	auberge_edit_free(editing.edit);
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
		"What acts at once and what at the next start is as with config set. Where a limit is below what the guest uses now "
		"it asks whether to save for the next start instead.\n\n" CONFIG_FORCE_TEXT,
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
