/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge config set`. */
#include "commands/config_edit.h"
#include "commands/report.h"

#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
	CONFIG_NEXT_START_ROW,
	CONFIG_DRY_RUN_ROW,
	CONFIG_FORCE_ROW,
	{.name = NULL},
};

/* "net eth0=": the section goes as a whole. */
static bool is_section(const struct auberge_edit *edit, const char *word, size_t length)
{
	const char *section;

	for (size_t i = 0; (section = auberge_edit_section(edit, i)); i++)
		if (strlen(section) == length && memcmp(section, word, length) == 0)
			return true;
	return false;
}

static int apply(struct auberge_edit *edit, const char *word)
{
	const char *equals = strchr(word, '=');
	char section[64], key[64];
	struct auberge_error error = {0};
	size_t length = equals ? (size_t)(equals - word) : 0;
	int result;

	if (strpbrk(word, "\n\r"))
		return complain(AUBERGE_USAGE, "a key and its value stand on one line", "%s: it has a line's end in it", word);
	if (equals && equals[1] == '\0' && length < sizeof section && is_section(edit, word, length)) {
		snprintf(section, sizeof section, "%.*s", (int)length, word);
		result = auberge_edit_remove_section(edit, section, &error);
	} else if (!equals || !config_split(word, length, section, key)) {
		return complain(AUBERGE_USAGE, "write it as SECTION.KEY=VALUE, like limits.memory=512M or \"net eth0.mtu=1400\"",
		                "%s: no key and value", word);
	} else {
		result = auberge_edit_set(edit, section, key, equals[1] ? equals + 1 : NULL, &error);
	}
	return result < 0 ? complain_error(&error) : 0;
}

static int run(struct call *call)
{
	const struct arguments *arguments = &call->arguments;
	const char *name = arguments->words[0];
	struct auberge_error error = {0};
	struct auberge_edit *edit = auberge_edit_open(call->auberge, name, &error);
	int status = 0, worse;

	if (!edit)
		return complain_error(&error);
	for (size_t i = 1; i < arguments->words_count; i++) { /* all that is wrong, at once */
		worse = apply(edit, arguments->words[i]);
		status = worse > status ? worse : status;
	}
	if (status == 0 && arguments_flag(arguments, "dry-run")) {
		status = config_preview(call, name, edit, NULL);
		if (config_tell_problems(call, name, edit) != 0)
			status = AUBERGE_FAILED;
	} else if (status == 0) {
		status = config_save(call, name, edit, config_flags(call));
	}
	auberge_edit_free(edit);
	return status;
}

const struct command command_config_set = {
	.name = "config set",
	.arguments = "NAME KEY=VALUE...",
	.summary = "set values of a guest's config",
	.description =
		"KEY is SECTION.KEY, like limits.memory or \"net eth0.mtu\"; a section that is not there is added. KEY= without a "
		"value takes the line away, so that the default holds; SECTION= takes a whole section away, like \"net eth1=\". All "
		"of the words are taken, or none. Comments, order and blank lines of guest.ini are kept.\n\n"
		"What can act on a running guest acts now: limits are read back from the kernel. The rest acts at the next start. A "
		"limit of memory, swap or pids below what the guest uses now is refused, with both figures. Values that the file has "
		"already, and the running guest does not, are made to act.\n\n"
		CONFIG_FORCE_TEXT "\n\n"
		"The earlier guest.ini is kept: see config history. Exit status 4: someone else has changed the file meanwhile, and "
		"nothing was saved.",
	.options = options,
	.flags = COMMAND_GUEST | COMMAND_ROOT,
	.least = 2,
	.most = COMMAND_MANY,
	.run = run,
};
