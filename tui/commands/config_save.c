/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs that change a config share; see config_edit.h. */
#include "commands/config_edit.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool config_split(const char *word, size_t length, char section[64], char key[64])
{
	const char *dot = memrchr(word, '.', length);
	size_t rest = dot ? length - (size_t)(dot - word) - 1 : 0;

	if (!dot || dot == word || rest == 0 || (size_t)(dot - word) >= 64 || rest >= 64)
		return false;
	snprintf(section, 64, "%.*s", (int)(dot - word), word);
	snprintf(key, 64, "%.*s", (int)rest, dot + 1);
	return true;
}

unsigned config_flags(const struct call *call)
{
	return (arguments_flag(&call->arguments, "force") ? AUBERGE_SAVE_FORCE : 0) |
	       (arguments_flag(&call->arguments, "next-start") ? AUBERGE_SAVE_NEXT_START : 0);
}

int config_tell_problems(struct call *call, const char *name, const struct auberge_edit *edit)
{
	struct auberge_problem *problems;
	struct auberge_error error = {0};
	size_t count;

	if (auberge_edit_problems(edit, &problems, &count, &error) < 0) {
		complain_error(&error);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (problems[i].line)
			note("%s/%s/guest.ini:%u: %s", auberge_state_dir(call->auberge), name, problems[i].line, problems[i].text);
		else
			complain(AUBERGE_FAILED, NULL, "%s/%s/guest.ini: %s", auberge_state_dir(call->auberge), name, problems[i].text);
	}
	free(problems);
	return (int)count;
}

static bool runs(struct call *call, const char *name)
{
	struct auberge_guest *guest = NULL;
	struct auberge_error ignored = {0};
	size_t count;
	bool running = auberge_list(call->auberge, &name, 1, 0, &guest, &count, &ignored) == 0 && guest->running;

	free(guest);
	return running;
}

/* "web: limits.memory 1G to 2G, now" */
static void tell_changes(struct call *call, const char *name, const struct auberge_change *changes, size_t count, bool next_start)
{
	bool running = runs(call, name), waits = false;

	for (size_t i = 0; i < count; i++) {
		const struct auberge_change *change = &changes[i];
		bool later = next_start || change->effect == AUBERGE_EFFECT_NEXT_START;

		printf("%s: %s%s%s %s to %s%s", name, change->section, *change->key ? "." : "", change->key,
		       *change->before ? change->before : "(unset)", *change->after ? change->after : "(unset)",
		       !running ? "" : later ? ", at next start" : ", now");
		printf(*change->refused ? ": %s\n" : "%s\n", change->refused);
		waits = waits || later;
	}
	if (running && waits)
		printf("%s: to let all of it act: auberge restart %s\n", name, name);
}

/* A value that waits for the next start is compared with no use: refused is empty then. */
static enum config_below judge_below(const struct auberge_change *changes, size_t count, bool next_start)
{
	enum config_below below = CONFIG_NOT_BELOW;

	for (size_t i = 0; !next_start && i < count; i++)
		if (*changes[i].refused && below != CONFIG_BELOW_MEMORY)
			below = strcmp(changes[i].key, "memory") == 0 ? CONFIG_BELOW_MEMORY : CONFIG_BELOW;
	return below;
}

int config_preview(struct call *call, const char *name, struct auberge_edit *edit, enum config_below *below)
{
	struct auberge_change *changes = NULL;
	struct auberge_error error = {0};
	size_t count = 0;
	char *diff = auberge_edit_diff(edit, &error);

	if (!diff || auberge_edit_changes(edit, &changes, &count, &error) < 0) {
		free(diff);
		return complain_error(&error);
	}
	for (const char *line = diff; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char clean[4096];

		auberge_text_clean(clean, sizeof clean, line, strcspn(line, "\n\r"), 0);
		puts(clean);
	}
	tell_changes(call, name, changes, count, config_flags(call) & AUBERGE_SAVE_NEXT_START);
	if (below)
		*below = judge_below(changes, count, config_flags(call) & AUBERGE_SAVE_NEXT_START);
	if (*diff == '\0')
		printf("%s: nothing changes\n", name);
	free(changes);
	free(diff);
	return output_flush();
}

int config_save(struct call *call, const char *name, struct auberge_edit *edit, unsigned flags)
{
	struct auberge_change *changes = NULL;
	struct auberge_error error = {0};
	size_t count = 0;
	char *diff = auberge_edit_diff(edit, &error);
	bool changed = diff && *diff;
	int result = auberge_edit_save(edit, flags, &changes, &count, &error), status = 0;

	free(diff);
	if (result < 0) {
		status = complain_error(&error);
	} else {
		tell_changes(call, name, changes, count, false);
		if (count == 0)
			printf(changed ? "%s: saved, no value changed\n" : "%s: nothing changed\n", name);
		status = output_flush();
	}
	free(changes);
	return status;
}
