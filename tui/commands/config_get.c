/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config get`. */
#include "commands/config_edit.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_clean(const char *text)
{
	size_t size = strlen(text) * 4 + 1;
	char *clean = malloc(size);

	if (clean)
		auberge_text_clean(clean, size, text, strlen(text), 0);
	fputs(clean ? clean : "", stdout);
	free(clean);
}

static bool has_section(const struct auberge_edit *edit, const char *section)
{
	const char *one;

	for (size_t i = 0; (one = auberge_edit_section(edit, i)); i++)
		if (strcmp(one, section) == 0)
			return true;
	return false;
}

static int get_one(const struct auberge_edit *edit, const char *word)
{
	char section[64], key[64], *value;
	struct auberge_error error = {0};
	bool written;

	if (!config_split(word, strlen(word), section, key))
		return complain(AUBERGE_USAGE, "write it as SECTION.KEY, like limits.memory or \"net eth0.mtu\"", "%s: no key", word);
	if (auberge_edit_get(edit, section, key, &value, &written, &error) < 0)
		return complain_error(&error);
	if (strchr(section, ' ') && !has_section(edit, section)) {
		free(value);
		return complain(AUBERGE_FAILED, NULL, "%s: there is no [%s]", word, section);
	}
	if (!value)
		return complain(AUBERGE_FAILED, NULL, "%s: it is not set, and has no default", word);
	put_clean(value);
	putchar('\n');
	free(value);
	return output_flush();
}

/* All keys of one section that have a value. */
static int get_section(const struct auberge_edit *edit, const char *section)
{
	const struct auberge_key *row;

	for (size_t i = 0; (row = auberge_schema(i)); i++) {
		size_t length = strcspn(row->section, "*");
		bool named = row->section[length] != '\0';
		struct auberge_error error = {0};
		char *value;
		bool written;

		if (named ? strncmp(row->section, section, length) != 0 : strcmp(row->section, section) != 0)
			continue;
		if (auberge_edit_get(edit, section, row->name, &value, &written, &error) < 0)
			return complain_error(&error);
		if (value) {
			put_clean(section);
			printf(".%s=", row->name);
			put_clean(value);
			putchar('\n');
		}
		free(value);
	}
	return 0;
}

static int get_all(const struct auberge_edit *edit)
{
	static const char *const plain[] = {"guest", "console", "security", "limits"};
	const char *section;
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof plain / sizeof plain[0]; i++)
		status = get_section(edit, plain[i]);
	for (size_t i = 0; status == 0 && (section = auberge_edit_section(edit, i)); i++)
		if (strchr(section, ' '))
			status = get_section(edit, section);
	return status ? status : output_flush();
}

static int run(struct call *call)
{
	const struct arguments *arguments = &call->arguments;
	struct auberge_error error = {0};
	struct auberge_edit *edit = auberge_edit_open(call->auberge, arguments->words[0], &error);
	int status;

	if (!edit)
		return complain_error(&error);
	status = arguments->words_count > 1 ? get_one(edit, arguments->words[1]) : get_all(edit);
	auberge_edit_free(edit);
	return status;
}

const struct command command_config_get = {
	.name = "config get",
	.arguments = "NAME [KEY]",
	.summary = "print one value of a guest's config, or all",
	.description =
		"KEY is SECTION.KEY, like limits.memory or \"net eth0.mtu\". The value is as guest.ini says it, else its default; "
		"one that is neither set nor has a default fails. All of them come as SECTION.KEY=VALUE lines, which config set "
		"takes. What a running guest has in force `auberge show` tells.",
	.flags = COMMAND_GUEST | COMMAND_ROOT,
	.least = 1,
	.most = 2,
	.run = run,
};
