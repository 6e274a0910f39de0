/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table holds together: each verb can be found, is described, and nothing in it clashes. */
#include "commands/command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void check_option(const struct command *command, const struct option_row *row)
{
	cr_expect(row->help && *row->help, "%s --%s has no help", command->name, row->name);
	cr_expect_eq(row->type == OPTION_FLAG, row->argument == NULL, "%s --%s: value without a name", command->name,
	             row->name);
	cr_expect_eq(row->type == OPTION_CHOICE, row->choices != NULL, "%s --%s: choices", command->name, row->name);
	cr_expect(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-") == strlen(row->name), "%s --%s", command->name,
	          row->name);
	for (const struct option_row *common = command_common_options; common->name; common++)
		cr_expect_str_neq(row->name, common->name, "%s --%s clashes with a common option", command->name, row->name);
	cr_expect_str_neq(row->name, command_json_option->name, "%s", command->name);
}

static void check_options(const struct command *command)
{
	for (const struct option_row *row = command->options; row && row->name; row++) {
		check_option(command, row);
		for (const struct option_row *other = row + 1; other->name; other++) {
			cr_expect_str_neq(row->name, other->name, "%s has --%s twice", command->name, row->name);
			cr_expect(!row->letter || row->letter != other->letter, "%s has -%c twice", command->name, row->letter);
		}
		cr_expect_neq(row->letter, 'h', "%s: -h is help", command->name);
	}
}

Test(commands_table, every_verb_is_whole)
{
	size_t count;
	const struct command *const *table = command_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct command *command = table[i];

		cr_expect(command->name && *command->name);
		cr_expect(command->summary && *command->summary, "%s has no summary", command->name);
		cr_expect(strlen(command->summary) + 18 <= 80, "%s: its summary does not fit a line", command->name);
		cr_expect_neq(command->summary[strlen(command->summary) - 1], '.', "%s: ends with a full stop",
		              command->name);
		cr_expect_not_null(command->arguments, "%s", command->name);
		cr_expect_not_null(command->run, "%s", command->name);
		cr_expect_leq(command->least, command->most, "%s", command->name);
		check_options(command);
		for (size_t other = i + 1; other < count; other++)
			cr_expect_str_neq(command->name, table[other]->name);
	}
}

Test(commands_table, every_verb_is_found_by_its_words)
{
	size_t count, used;
	const struct command *const *table = command_table(&count);

	for (size_t i = 0; i < count; i++) {
		char words[64], *argv[2] = {words, NULL}, *blank;

		snprintf(words, sizeof words, "%s", table[i]->name);
		blank = strchr(words, ' ');
		if (blank) {
			*blank = '\0';
			argv[1] = blank + 1;
			cr_expect_null(command_find(1, argv, &used), "%s alone is a group", words);
		}
		cr_expect_eq(command_find(blank ? 2 : 1, argv, &used), table[i], "%s", table[i]->name);
		cr_expect_eq(used, blank ? 2u : 1u);
	}
}

Test(commands_table, no_prefix_and_no_alias)
{
	size_t count, used, foreign_count;
	const struct command *const *table = command_table(&count);
	const struct command_foreign *foreign = command_foreign_table(&foreign_count);
	char word[64], *argv[] = {word};

	for (size_t i = 0; i < count; i++) {
		for (size_t length = 0; length < strcspn(table[i]->name, " "); length++) {
			snprintf(word, sizeof word, "%.*s", (int)length, table[i]->name);
			const struct command *found = command_find(1, argv, &used);
			cr_expect(!found || strcmp(found->name, word) == 0, "%s is taken for %s", word, found ? found->name : "");
		}
	}
	for (size_t i = 0; i < foreign_count; i++) {
		snprintf(word, sizeof word, "%s", foreign[i].verb);
		cr_expect_null(command_find(1, argv, &used), "%s is foreign and known", word);
		cr_expect(strstr(foreign[i].remedy, "`auberge ") != NULL, "%s names no verb", word);
	}
}

Test(commands_table, foreign_remedies_name_verbs_that_exist)
{
	size_t count, used;
	const struct command_foreign *foreign = command_foreign_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (const char *at = foreign[i].remedy; (at = strstr(at, "`auberge "));) {
			char words[64], *argv[2] = {words, NULL};

			at += strlen("`auberge ");
			snprintf(words, sizeof words, "%.*s", (int)strcspn(at, "`"), at);
			argv[1] = strchr(words, ' ');
			if (argv[1])
				*argv[1]++ = '\0';
			if (argv[1])
				argv[1][strcspn(argv[1], " ")] = '\0';
			cr_expect_not_null(command_find(argv[1] ? 2 : 1, argv, &used), "%s: %s", foreign[i].verb, words);
		}
	}
}
