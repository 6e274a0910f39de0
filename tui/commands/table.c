/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of subcommands, the options common to all, other programs' verbs, and the dispatch over them. */
#include "commands/command.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct command *const commands[] = {
	&command_list,    &command_show,   &command_create, &command_start,  &command_stop,         &command_restart,
	&command_freeze,  &command_thaw,   &command_kill,   &command_console, &command_shell,       &command_exec,
	&command_log,     &command_events, &command_top,    &command_net,    &command_ps,           &command_why,
	&command_config_get,   &command_config_set,
	&command_config_edit, &command_config_check, &command_config_history, &command_config_revert, &command_destroy,
	&command_audit,   &command_help,
};

const struct option_row command_common_options[] = {
	{.name = "config", .type = OPTION_TEXT, .argument = "FILE",
	 .help = "the host's settings, else $AUBERGE_CONFIG or /etc/auberge/auberge.ini"},
	{.name = "state-dir", .type = OPTION_TEXT, .argument = "DIR",
	 .help = "where guests are kept, else $AUBERGE_STATE_DIR or /var/lib/auberge"},
	{.name = "run-dir", .type = OPTION_TEXT, .argument = "DIR",
	 .help = "ledgers and sockets of running guests, else $AUBERGE_RUN_DIR or /run/auberge"},
	{.name = "log-dir", .type = OPTION_TEXT, .argument = "DIR",
	 .help = "console logs, else $AUBERGE_LOG_DIR or /var/log/auberge"},
	{.name = "cgroup", .type = OPTION_TEXT, .argument = "ROOT",
	 .help = "the cgroup below which guests live, else $AUBERGE_CGROUP or auberge"},
	{.name = "theme", .type = OPTION_TEXT, .argument = "NAME",
	 .help = "colours of the screens: default, mono, dark, light, high-contrast, cvd, or one of your own"},
	{.name = "version", .type = OPTION_FLAG, .help = "say which version this is"},
	{.name = "help", .letter = 'h', .type = OPTION_FLAG, .help = "say how this is used"},
	{.name = NULL},
};

const struct option_row command_help_option[] = {
	{.name = "help", .letter = 'h', .type = OPTION_FLAG, .help = "say how this is used"},
	{.name = NULL},
};

const struct option_row command_json_option[] = {
	{.name = "json", .type = OPTION_FLAG, .help = "one JSON document on standard output"},
	{.name = NULL},
};

static const struct command_foreign foreign[] = {
	{"attach", "use `auberge shell NAME` for a shell inside, `auberge console NAME` for its console"},
	{"ls", "use `auberge list`"},
	{"status", "use `auberge show NAME`, or `auberge list` for all"},
	{"info", "use `auberge show NAME`"},
	{"inspect", "use `auberge show NAME --json`"},
	{"logs", "use `auberge log NAME`"},
	{"pause", "use `auberge freeze NAME`"},
	{"suspend", "use `auberge freeze NAME`"},
	{"resume", "use `auberge thaw NAME`"},
	{"unpause", "use `auberge thaw NAME`"},
	{"rm", "use `auberge destroy NAME`, which deletes the guest's disk"},
	{"undefine", "use `auberge destroy NAME`, which deletes the guest's disk"},
	{"reboot", "use `auberge restart NAME`"},
	{"edit", "use `auberge config edit NAME`"},
	{"shutdown", "use `auberge stop NAME`"},
};

static const struct command_status statuses[] = {
	{0, "done"},
	{1, "failed"},
	{2, "wrong usage"},
	{3, "no such guest"},
	{4, "the wrong state for this: already running, not running"},
	{5, "the time limit was reached"},
	{6, "not permitted"},
	{7, "audit found leftovers"},
	{125, "exec and shell: failed before the command started"},
	{126, "exec and shell: the command is not executable"},
	{127, "exec and shell: the command was not found"},
	{130, "interrupted"},
};

const struct command *const *command_table(size_t *count)
{
	*count = COUNT(commands);
	return commands;
}

const struct command_foreign *command_foreign_table(size_t *count)
{
	*count = COUNT(foreign);
	return foreign;
}

const struct command_status *command_statuses(size_t *count)
{
	*count = COUNT(statuses);
	return statuses;
}

const struct command *command_find(size_t count, char *const *argv, size_t *used)
{
	for (size_t i = 0; count > 0 && i < COUNT(commands); i++) {
		const char *name = commands[i]->name;
		size_t first = strcspn(name, " ");

		if (strncmp(name, argv[0], first) != 0 || argv[0][first] != '\0')
			continue;
		if (name[first] == '\0') {
			*used = 1;
			return commands[i];
		}
		if (count > 1 && strcmp(name + first + 1, argv[1]) == 0) {
			*used = 2;
			return commands[i];
		}
	}
	return NULL;
}

/* `config` alone, or with a second word that is not known: which ones are. False: the first word is no such group. */
static bool group_unknown(size_t count, char *const *argv)
{
	char known[1024] = "";

	for (size_t i = 0; i < COUNT(commands); i++) {
		size_t first = strcspn(commands[i]->name, " "), at = strlen(known);

		if (commands[i]->name[first] == ' ' && strncmp(commands[i]->name, argv[0], first) == 0 && !argv[0][first])
			snprintf(known + at, sizeof known - at, "%s`auberge %s %s`", at ? ", " : "known: ",
			         commands[i]->name, commands[i]->arguments);
	}
	if (!*known)
		return false;
	if (count > 1 && argv[1][0] != '-')
		complain(AUBERGE_USAGE, known, "%s %s: no such verb", argv[0], argv[1]);
	else
		complain(AUBERGE_USAGE, known, "%s: wants another word", argv[0]);
	return true;
}

int command_unknown(size_t count, char *const *argv)
{
	const char *names[COUNT(commands)], *nearest;
	char remedy[128] = "`auberge help` names all verbs";

	for (size_t i = 0; i < COUNT(foreign); i++) {
		if (strcmp(argv[0], foreign[i].verb) == 0)
			return complain(AUBERGE_USAGE, foreign[i].remedy, "%s: no such verb", argv[0]);
	}
	if (group_unknown(count, argv))
		return AUBERGE_USAGE;
	for (size_t i = 0; i < COUNT(commands); i++)
		names[i] = commands[i]->name;
	nearest = auberge_nearest(argv[0], names, COUNT(commands));
	if (nearest)
		snprintf(remedy, sizeof remedy, "did you mean `auberge %s`?", nearest);
	return complain(AUBERGE_USAGE, remedy, "%s: no such verb", argv[0]);
}

/* An option that would be right in another place is worth a better word than "no such option". */
static int complain_option(const struct command *command, const struct option_problem *problem)
{
	const char *name = problem->text + strspn(problem->text, "-");
	size_t length = strcspn(name, ":");
	char remedy[512];

	snprintf(remedy, sizeof remedy, "%s%s`auberge help %s` names its options", problem->remedy,
	         *problem->remedy ? "\n" : "", command->name);
	for (const struct option_row *row = command_common_options; row->name; row++) {
		if (strlen(row->name) == length && strncmp(row->name, name, length) == 0 && strstr(problem->text, "no such option"))
			snprintf(remedy, sizeof remedy, "it goes before the verb: auberge --%s ... %s", row->name, command->name);
	}
	return complain(AUBERGE_USAGE, remedy, "%s: %s", command->name, problem->text);
}

static int check_words(const struct call *call)
{
	const struct command *command = call->command;
	const struct arguments *arguments = &call->arguments;
	char usage[512];

	help_usage_line(usage, sizeof usage, command);
	if (arguments->words_count < command->least)
		return complain(AUBERGE_USAGE, usage, "%s: a %s is missing", command->name,
		                command->flags & COMMAND_GUESTS || (command->flags & COMMAND_GUEST && arguments->words_count == 0) ?
		                "guest's name" : "word");
	if (arguments->words_count > command->most)
		return complain(AUBERGE_USAGE, usage, "%s: %s: one word too many", command->name, arguments->words[command->most]);
	if (command->flags & COMMAND_REST && arguments->rest_count == 0)
		return complain(AUBERGE_USAGE, usage, "%s: a command is missing after `--`", command->name);
	size_t names = command->flags & COMMAND_GUESTS ? arguments->words_count : command->flags & COMMAND_GUEST ? 1 : 0;
	for (size_t i = 0; i < names; i++) {
		if (!auberge_name_valid(arguments->words[i]))
			return complain(AUBERGE_USAGE,
			                "names are of letters, digits, `.`, `_` and `-`, begin with a letter or digit, "
			                "and have at most 63",
			                "%s: not a guest's name", arguments->words[i]);
	}
	return 0;
}

int command_check_guest(struct call *call, const char *name)
{
	struct auberge_error error = {0};
	struct auberge_guest *guest = NULL;
	size_t count;
	int result = auberge_list(call->auberge, &name, 1, 0, &guest, &count, &error);

	free(guest);
	return result < 0 ? complain_error(&error) : 0;
}

int command_keep_known(struct call *call)
{
	struct arguments *arguments = &call->arguments;
	size_t kept = 0;
	int status = 0;

	for (size_t i = 0; i < arguments->words_count; i++) {
		int one = command_check_guest(call, arguments->words[i]);

		if (one == 0)
			arguments->words[kept++] = arguments->words[i];
		status = one > status ? one : status;
	}
	arguments->words_count = kept;
	return status;
}

static int run_call(struct call *call, const struct auberge_options *options)
{
	struct auberge_error error = {0};
	char remedy[96];
	int status = check_words(call);

	if (status)
		return status;
	if (call->command->flags & COMMAND_ROOT && geteuid() != 0) {
		snprintf(remedy, sizeof remedy, "run it as root: sudo auberge %s ...", call->command->name);
		return complain(AUBERGE_NOT_PERMITTED, remedy, "%s: only root may do that", call->command->name);
	}
	if (!(call->command->flags & COMMAND_NO_SET)) {
		call->auberge = auberge_open(options, &error);
		if (!call->auberge) {
			status = complain_error(&error);
			return status == AUBERGE_FAILED && call->command->flags & COMMAND_PASSES_STATUS ? STATUS_EXEC_FAILED : status;
		}
	}
	status = call->command->run(call);
	auberge_close(call->auberge);
	return status;
}

int command_dispatch(const struct auberge_options *options, size_t count, char *const *argv)
{
	size_t used = 0;
	const struct command *command = command_find(count, argv, &used);
	struct call call = {.command = command};
	struct option_problem problem;
	int status = 0;

	if (!command && count == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) && help_group(argv[0]))
		return 0;
	if (!command)
		return command_unknown(count, argv);
	const struct option_row *tables[] = {command->options, command_help_option,
	                                     command->flags & COMMAND_JSON ? command_json_option : NULL};
	if (arguments_parse(&call.arguments, tables, COUNT(tables), command->flags & COMMAND_REST ? OPTIONS_REST_APART : 0,
	                    count - used, argv + used, &problem) < 0) {
		status = complain_option(command, &problem);
	} else if (arguments_flag(&call.arguments, "help")) {
		help_command(command);
	} else {
		call.json = arguments_flag(&call.arguments, "json");
		status = run_call(&call, options);
	}
	arguments_free(&call.arguments);
	return status;
}
