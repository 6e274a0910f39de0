/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge help --completion bash`: the script is made from the command table. */
#include "commands/command.h"

#include <stdio.h>
#include <string.h>

static void put_option_words(const struct option_row *row)
{
	for (; row && row->name; row++)
		printf(" --%s", row->name);
}

static void put_verbs(void)
{
	size_t count;
	const struct command *const *table = command_table(&count);

	printf("_auberge_verbs=\"");
	for (size_t i = 0; i < count; i++) {
		int first = (int)strcspn(table[i]->name, " ");

		if (i == 0 || strncmp(table[i]->name, table[i - 1]->name, (size_t)first + 1) != 0)
			printf("%s%.*s", i ? " " : "", first, table[i]->name);
	}
	printf("\"\n");
}

/* The second words of "config" and its like: one case for all of a group, since bash takes the first. */
static void put_groups(const struct command *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t first = strcspn(table[i]->name, " ");

		if (table[i]->name[first] == '\0' || (i > 0 && strncmp(table[i]->name, table[i - 1]->name, first + 1) == 0))
			continue;
		printf("\t'%.*s') options=\"", (int)first, table[i]->name);
		for (size_t k = i; k < count && strncmp(table[k]->name, table[i]->name, first + 1) == 0; k++)
			printf("%s%s", k > i ? " " : "", table[k]->name + first + 1);
		printf("\" ;;\n");
	}
}

/* Keys of the sections that need no name. */
static void put_keys(void)
{
	const struct auberge_key *key;

	printf("_auberge_keys=\"");
	for (size_t i = 0; (key = auberge_schema(i)); i++)
		if (!strchr(key->section, ' '))
			printf("%s%s.%s", i ? " " : "", key->section, key->name);
	printf("\"\n");
}

/* Per verb: its options, whether its words are guests, or the second word that is still wanted. */
static void put_cases(void)
{
	size_t count;
	const struct command *const *table = command_table(&count);

	printf("\t'help')\n\t\toptions=\"$_auberge_verbs"); /* before its ordinary case: bash takes the first */
	put_option_words(command_help.options);
	printf("\" ;;\n");
	for (size_t i = 0; i < count; i++) {
		const struct command *command = table[i];

		printf("\t'%s')\n\t\toptions=\"--help", command->name);
		put_option_words(command->options);
		if (command->flags & COMMAND_JSON)
			put_option_words(command_json_option);
		if (command->flags & COMMAND_GUEST) /* its first word, and then keys, where it takes any */
			printf("\"\n\t\tif ((COMP_CWORD == at + %d)); then guests=1%s; fi ;;\n", strchr(command->name, ' ') ? 2 : 1,
			       strstr(command->arguments, "KEY") ? "; else options+=\" $_auberge_keys\"" : "");
		else
			printf("\"\n\t\tguests=%d ;;\n", command->flags & COMMAND_GUESTS && command != &command_create ? 1 : 0);
	}
	put_groups(table, count);
}

/* The values of options: the words that there are, else bash's own files. */
static void put_choices(void)
{
	size_t count;
	const struct command *const *table = command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (const struct option_row *row = table[i]->options; row && row->name; row++) {
			if (row->type == OPTION_CHOICE)
				printf("\t'%s --%s') COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); return ;;\n", table[i]->name,
				       row->name, row->choices);
			else if (row->type != OPTION_FLAG)
				printf("\t'%s --%s') return ;;\n", table[i]->name, row->name);
		}
	}
}

int completion_script(const char *shell)
{
	if (strcmp(shell, "bash") != 0)
		return -1;
	printf("# bash completion for auberge, made by `auberge help --completion bash`\n");
	put_verbs();
	put_keys();
	printf("_auberge_guests()\n{\n"
	       "\tauberge \"$@\" list --json 2>/dev/null | grep -o '\"name\": *\"[^\"]*\"' | cut -d'\"' -f4\n}\n");
	printf("_auberge_takes_value()\n{\n\tcase \"$1\" in\n\t");
	for (const struct option_row *row = command_common_options; row->name; row++)
		if (row->type != OPTION_FLAG)
			printf("%s--%s", row == command_common_options ? "" : "|", row->name);
	printf(") return 0 ;;\n\tesac\n\treturn 1\n}\n");
	printf("_auberge()\n{\n"
	       "\tlocal word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
	       "\tlocal verb= options= guests=0 at=1 common=()\n"
	       "\twhile ((at < COMP_CWORD)) && [[ ${COMP_WORDS[at]} == -* ]]; do\n" /* bash divides --x=y into three words */
	       "\t\tif ! _auberge_takes_value \"${COMP_WORDS[at]}\"; then ((at++)); continue; fi\n"
	       "\t\tcommon+=(\"${COMP_WORDS[at]}\"); ((at++))\n"
	       "\t\tif [[ ${COMP_WORDS[at]} == = ]]; then ((at++)); fi\n"
	       "\t\tif ((at >= COMP_CWORD)); then return; fi\n" /* its value: a file's name, as bash itself does it */
	       "\t\tcommon+=(\"${COMP_WORDS[at]}\"); ((at++))\n"
	       "\tdone\n"
	       "\tif ((at >= COMP_CWORD)); then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$_auberge_verbs");
	put_option_words(command_common_options);
	printf("\" -- \"$word\")); return\n\tfi\n"
	       "\tverb=\"${COMP_WORDS[at]}\"\n"
	       "\tif [[ $verb == exec && \" ${COMP_WORDS[*]:at:COMP_CWORD-at} \" == *' -- '* ]]; then return; fi\n"
	       "\tif [[ $verb == config ]] && ((at + 1 < COMP_CWORD)); then verb+=\" ${COMP_WORDS[at+1]}\"; fi\n"
	       "\tcase \"$verb $before\" in\n");
	put_choices();
	printf("\tesac\n\tcase \"$verb\" in\n");
	put_cases();
	printf("\tesac\n"
	       "\tif ((guests)) && [[ $word != -* ]]; then options=\"$(_auberge_guests \"${common[@]}\")\"; fi\n"
	       "\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n}\n"
	       "complete -o default -F _auberge auberge\n");
	return 0;
}
