/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge help`: every text here is made from the tables that also parse. */
#include "commands/command.h"
#include "commands/report.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TEXT_COLUMNS 78

static const struct option_row options[] = {
	{.name = "man", .type = OPTION_TEXT, .argument = "PAGE",
	 .help = "print a man page as roff: auberge, auberge-guest.ini, auberge-supervisor, auberge-build, auberge-keeper, auberge-units"},
	{.name = "completion", .type = OPTION_CHOICE, .argument = "SHELL", .choices = "bash",
	 .help = "print the completion script of a shell"},
	{.name = NULL},
};

static void add(char *out, size_t size, const char *before, const char *text, const char *after)
{
	size_t at = strlen(out);

	snprintf(out + at, size - at, "%s%s%s", before, text, after);
}

static void add_options(char *out, size_t size, const struct option_row *row)
{
	for (; row && row->name; row++) {
		add(out, size, " [--", row->name, "");
		if (row->argument)
			add(out, size, " ", row->argument, "");
		add(out, size, "]", row->repeated ? "..." : "", "");
	}
}

void help_usage_line(char *out, size_t size, const struct command *command)
{
	const char *rest = command->flags & COMMAND_REST ? strstr(command->arguments, " --") : NULL;

	snprintf(out, size, "usage: auberge %s%s%.*s", command->name, *command->arguments ? " " : "",
	         (int)(rest ? rest - command->arguments : (ptrdiff_t)strlen(command->arguments)), command->arguments);
	add_options(out, size, command->options);
	if (command->flags & COMMAND_JSON)
		add_options(out, size, command_json_option);
	if (rest)
		add(out, size, "", rest, "");
}

/* Words of text from column `from` on, further lines indented alike; the first line's indent is printed already. */
static void put_wrapped(const char *text, int from)
{
	int column = from;

	for (const char *at = text; *at;) {
		int word = (int)strcspn(at, " ");

		if (column > from && column + 1 + word > TEXT_COLUMNS) {
			printf("\n%*s", from, "");
			column = from;
		}
		column += printf("%s%.*s", column > from ? " " : "", word, at);
		at += word;
		at += strspn(at, " ");
	}
	putchar('\n');
}

static void put_paragraphs(const char *text)
{
	char paragraph[1024];

	while (text && *text) {
		const char *end = strstr(text, "\n\n");
		size_t length = end ? (size_t)(end - text) : strlen(text);

		snprintf(paragraph, sizeof paragraph, "%.*s", (int)length, text);
		putchar('\n');
		put_wrapped(paragraph, 0);
		text += length + (end ? 2 : 0);
	}
}

/* "--tty N", "--help, -h". Its width. */
static int option_text(const struct option_row *row, char *out, size_t size)
{
	const char letter[] = {',', ' ', '-', row->letter, '\0'};

	return snprintf(out, size, "--%s%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "",
	                row->letter ? letter : "");
}

static void put_options(const struct option_row *row, int width)
{
	char left[128], help[512];

	for (; row && row->name; row++) {
		option_text(row, left, sizeof left);
		snprintf(help, sizeof help, "%s%s%s%s", row->help, row->choices ? " (" : "", row->choices ? row->choices : "",
		         row->choices ? ")" : "");
		printf("  %-*s  ", width, left);
		put_wrapped(help, width + 4);
	}
}

static int widest(const struct option_row *row, int width)
{
	char left[128];
	int columns;

	for (; row && row->name; row++) {
		columns = option_text(row, left, sizeof left);
		width = columns > width ? columns : width;
	}
	return width;
}

void help_command(const struct command *command)
{
	const struct option_row *json = command->flags & COMMAND_JSON ? command_json_option : NULL;
	int width = widest(command->options, widest(json, widest(command_help_option, 0)));
	char usage[512];

	help_usage_line(usage, sizeof usage, command);
	put_wrapped(usage, 0);
	printf("\n%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
	put_paragraphs(command->description);
	printf("\noptions:\n");
	put_options(command->options, width);
	put_options(json, width);
	put_options(command_help_option, width);
}

void help_overview(void)
{
	size_t count;
	const struct command *const *table = command_table(&count);
	int width = 0;

	printf("usage: auberge [common options] [VERB ...]\n\n");
	put_wrapped("Looks after the containers of this host. Alone on a terminal it opens the screens.", 0);
	printf("\nverbs:\n");
	for (size_t i = 0; i < count; i++)
		width = (int)strlen(table[i]->name) > width ? (int)strlen(table[i]->name) : width;
	for (size_t i = 0; i < count; i++)
		printf("  %-*s  %s\n", width, table[i]->name, table[i]->summary);
	printf("\ncommon options, before the verb:\n");
	put_options(command_common_options, widest(command_common_options, 0));
	printf("\n`auberge help VERB` tells more.\n");
}

bool help_group(const char *word)
{
	size_t count, length = strlen(word), shown = 0;
	const struct command *const *table = command_table(&count);
	int width = 0;

	for (size_t i = 0; i < count; i++)
		if (strncmp(table[i]->name, word, length) == 0 && table[i]->name[length] == ' ')
			width = (int)strlen(table[i]->name) > width ? (int)strlen(table[i]->name) : width;
	for (size_t i = 0; i < count; i++)
		if (strncmp(table[i]->name, word, length) == 0 && table[i]->name[length] == ' ') {
			if (shown++ == 0)
				printf("verbs:\n");
			printf("  %-*s  %s\n", width, table[i]->name, table[i]->summary);
		}
	if (shown)
		printf("\n`auberge help %s VERB` tells more.\n", word);
	return shown > 0;
}

static int run(struct call *call)
{
	const char *page = arguments_text(&call->arguments, "man");
	const char *shell = arguments_text(&call->arguments, "completion");
	char *const *words = (char *const *)call->arguments.words;
	const struct command *command;
	char remedy[256];
	size_t used = 0;

	if (page && man_page(page) < 0) {
		snprintf(remedy, sizeof remedy, "known: %s", man_pages());
		return complain(AUBERGE_USAGE, remedy, "%s: no such page", page);
	}
	if (shell)
		completion_script(shell);
	if (page || shell)
		return 0;
	if (call->arguments.words_count == 0) {
		help_overview();
		return 0;
	}
	command = command_find(call->arguments.words_count, words, &used);
	if (!command && call->arguments.words_count == 1 && help_group(words[0]))
		return 0;
	if (!command)
		return command_unknown(call->arguments.words_count, words);
	if (used < call->arguments.words_count)
		return complain(AUBERGE_USAGE, NULL, "help: %s: one word too many", words[used]);
	help_command(command);
	return 0;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[VERB]",
	.summary = "say how a verb is used, or name them all",
	.options = options,
	.flags = COMMAND_NO_SET,
	.most = 2,
	.run = run,
};
