/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a subcommand is: one struct in a file of its own, listed in commands/table.c. The parser, the help, the man
 * page and the completion are all made from these tables. run() returns the exit status of the program.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "auberge.h"
#include "commands/options.h"

#include <limits.h>

#ifdef PACKAGE_VERSION
#define COMMAND_VERSION PACKAGE_VERSION
#else
#define COMMAND_VERSION "0.1"
#endif
#define COMMAND_PROTOCOL 1 /* of the control socket, and of the ledger: both start at 1 (DESIGN.md, decision 14) */
#define COMMAND_LEDGER 1

enum { STATUS_LEFTOVERS = 7, STATUS_INTERRUPTED = 130, STATUS_EXEC_FAILED = 125 };

enum command_flag {
	COMMAND_JSON = 1 << 0,   /* knows --json */
	COMMAND_GUESTS = 1 << 1, /* its words are guests' names */
	COMMAND_ROOT = 1 << 2,   /* refused without root */
	COMMAND_REST = 1 << 3,   /* what follows `--` is a command line, and is wanted */
	COMMAND_NO_SET = 1 << 4, /* needs no set of guests */
	COMMAND_GUEST = 1 << 5,  /* its first word is a guest's name */
	COMMAND_PASSES_STATUS = 1 << 6, /* its status is another command's: what fails before that is 125 */
};
#define COMMAND_MANY UINT_MAX

struct call;
struct command {
	const char *name;        /* one word, or two: "config check" */
	const char *arguments;   /* as in the usage line: "NAME..." */
	const char *summary;     /* one line without a full stop */
	const char *description; /* paragraphs, an empty line between; may be NULL */
	const struct option_row *options; /* may be NULL */
	unsigned flags;
	unsigned least, most; /* how many words; COMMAND_MANY: no limit */
	int (*run)(struct call *call);
};

struct call {
	struct auberge *auberge; /* NULL with COMMAND_NO_SET */
	const struct command *command;
	struct arguments arguments;
	bool json;
};

const struct command *const *command_table(size_t *count);
extern const struct option_row command_common_options[]; /* before the verb */
extern const struct option_row command_help_option[];    /* --help, known to every verb */
extern const struct option_row command_json_option[];    /* --json, where COMMAND_JSON */

/* Reads the verb (one or two words of argv) and sets *used to their number; NULL: none such. */
const struct command *command_find(size_t count, char *const *argv, size_t *used);
/* Says on stderr what verb was meant, and returns 2. */
int command_unknown(size_t count, char *const *argv);
/* 0 if there is such a guest, else the exit status, already explained. */
int command_check_guest(struct call *call, const char *name);
/* Tells each word that is no guest and takes it out of the words; the highest status, 0 if there are all. */
int command_keep_known(struct call *call);
/* The whole of argv after the common options: finds the verb, parses, checks, opens the set, runs. */
int command_dispatch(const struct auberge_options *options, size_t count, char *const *argv);

/* Foreign fingers: other programs' verbs, and what they are called here (never an alias, always a refusal). */
struct command_foreign {
	const char *verb;
	const char *remedy;
};
const struct command_foreign *command_foreign_table(size_t *count);

struct command_status {
	int status;
	const char *meaning;
};
const struct command_status *command_statuses(size_t *count);

extern const struct command command_config_edit, command_config_get, command_config_history, command_config_revert,
	command_config_set;
extern const struct command command_audit, command_config_check, command_console, command_create, command_destroy, command_events,
	command_exec, command_freeze, command_help, command_kill, command_list, command_log, command_net, command_ps, command_restart,
	command_shell, command_show, command_start, command_stop, command_thaw, command_top, command_why;

/* help.c: the texts, made from the tables. */
void help_overview(void);
void help_command(const struct command *command);
bool help_group(const char *word); /* all verbs that begin with the word; false: there are none */
void help_usage_line(char *out, size_t size, const struct command *command);
/* man.c and completion.c: 0, or -1 when there is no such page or shell. */
int man_page(const char *page);
const char *man_pages(void); /* their names with blanks between */
int completion_script(const char *shell);

#endif
