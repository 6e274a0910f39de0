/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs that change a config share: SECTION.KEY words, telling what changes when, and saving. */
#ifndef COMMANDS_CONFIG_EDIT_H
#define COMMANDS_CONFIG_EDIT_H

#include "commands/command.h"

/* --next-start and --force, and --dry-run: rows for each verb's table. */
#define CONFIG_NEXT_START_ROW \
	{.name = "next-start", .type = OPTION_FLAG, .help = "leave the running guest alone: all of it acts at the next start"}
#define CONFIG_FORCE_ROW \
	{.name = "force", .type = OPTION_FLAG, \
	 .help = "also a limit below what the guest uses now; of memory, the kernel may then kill processes inside it"}
/* The same at length, for descriptions. */
#define CONFIG_FORCE_TEXT \
	"--force sets a limit below what the guest uses all the same: on cgroup v2 the kernel then takes memory away at once, and " \
	"what it cannot take away it makes room for by killing processes inside the guest, a database as well as anything else; " \
	"cgroup v1 refuses the limit instead. Below the pids that there are, nothing new can be started in the guest."
#define CONFIG_DRY_RUN_ROW \
	{.name = "dry-run", .type = OPTION_FLAG, .help = "show what would change and when, change nothing"}

/* "net eth0.mtu": the last dot divides. length: of the word, or of what is before its '='. false: no such word. */
bool config_split(const char *word, size_t length, char section[64], char key[64]);
/* AUBERGE_SAVE_* of the options that were given. */
unsigned config_flags(const struct call *call);
/* The problems of the text as FILE:LINE lines on stderr. Their number, or -1 with the error told. */
int config_tell_problems(struct call *call, const char *name, const struct auberge_edit *edit);
enum config_below { CONFIG_NOT_BELOW, CONFIG_BELOW, CONFIG_BELOW_MEMORY }; /* is a live limit below what is used now */
/* The diff and what would take effect when, on stdout; *below may be NULL. The exit status. */
int config_preview(struct call *call, const char *name, struct auberge_edit *edit, enum config_below *below);
/* Saves and tells what took effect when. The exit status. */
int config_save(struct call *call, const char *name, struct auberge_edit *edit, unsigned flags);

/* editor.c: the user's editor over a copy of the text, in a directory of its own. */
struct editor {
	char directory[64], file[160];
	bool ran; /* so that the copy may be another one than was given */
};
/* 0, or the exit status, already explained. */
int editor_begin(struct editor *editor, const char *name, const char *text);
/* Runs it and waits for its end. *text: what the file says then, malloc'ed, also when the editor failed; NULL: it cannot be
 * read. 0, or the exit status, already explained. */
int editor_run(struct editor *editor, char **text);
/* Whether there is a copy that may say something else than before. text: as editor_run() gave it. */
bool editor_has_more(const struct editor *editor, const char *text, const char *before);
/* Takes the copy away; keep: leaves it and says where. */
void editor_end(struct editor *editor, bool keep);

#endif
