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
		printf("\"\n\t\tguests=%d ;;\n", command->flags & COMMAND_GUESTS && command != &command_create ? 1 : 0);
	}
	for (size_t i = 0; i < count; i++) {
		const char *blank = strchr(table[i]->name, ' ');

		if (blank)
			printf("\t'%.*s') options=\"%s\" ;;\n", (int)(blank - table[i]->name), table[i]->name, blank + 1);
	}
}

static void put_choices(void)
{
	size_t count;
	const struct command *const *table = command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (const struct option_row *row = table[i]->options; row && row->name; row++) {
			if (row->type == OPTION_CHOICE)
				printf("\t'%s --%s') COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); return ;;\n", table[i]->name,
				       row->name, row->choices);
		}
	}
}

int completion_script(const char *shell)
{
	if (strcmp(shell, "bash") != 0)
		return -1;
	printf("# bash completion for auberge, made by `auberge help --completion bash`\n");
	put_verbs();
	printf("_auberge_guests()\n{\n"
	       "\tauberge \"$@\" list --json 2>/dev/null | grep -o '\"name\": *\"[^\"]*\"' | cut -d'\"' -f4\n}\n");
	printf("_auberge()\n{\n"
	       "\tlocal word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
	       "\tlocal verb= options= guests=0 at=1 common=()\n"
	       "\twhile ((at < COMP_CWORD)) && [[ ${COMP_WORDS[at]} == --* ]]; do\n"
	       "\t\tcommon+=(\"${COMP_WORDS[at]}\" \"${COMP_WORDS[at+1]}\"); ((at += 2))\n"
	       "\tdone\n"
	       "\tif ((at >= COMP_CWORD)); then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$_auberge_verbs");
	put_option_words(command_common_options);
	printf("\" -- \"$word\")); return\n\tfi\n"
	       "\tverb=\"${COMP_WORDS[at]}\"\n"
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
