/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts on guests from any screen. What an act is about is bound at the key press as names, never as rows: the guest of
 * the screen (view.row), or where the screen takes tags (view.tags) and there are any, all that are tagged, those that
 * the filter hides too. A screen of its own has only to fill view.row and to put the rows of these acts into its table.
 */
#ifndef SCREENS_ACTS_H
#define SCREENS_ACTS_H

#include "screens/view.h"

/* The guest that acts of the topmost screen are about; NULL: none. */
struct model_row *acts_row(struct app *app);
/* Acts of the topmost screen take the tags now. */
bool acts_tagged(struct app *app);

/* --- targets.c: the targets of an act on those tagged */

struct target {
	char name[AUBERGE_NAME_MAX + 1];
	char state[16];   /* as it was asked about */
	pid_t init_pid;   /* the same: another one is another run */
	bool hidden;      /* by the filter */
	char refused[64]; /* why it is left out; empty: it is not */
	bool typed;       /* its name was (destroy) */
	char shown[128];  /* in a list to choose one from */
};
struct targets {
	const struct act_rule *rule;
	struct target *items;
	size_t count, taken; /* taken: those that are not left out */
};

/* What an act needs and costs, in one table. */
struct act_rule {
	enum auberge_act act;
	const char *title, *verb; /* "Stop", "stop" */
	unsigned states;          /* 1 << enum auberge_state: those that can take it */
	const char *otherwise;    /* "not running" */
	const char *costs[4];     /* said in the dialog for several */
};
const struct act_rule *acts_rule(enum auberge_act act);
/* False: the guest cannot take the act, and out says why: "running, not stopped". */
bool acts_takes(const struct act_rule *rule, const struct model_row *row, char *out, size_t size);

/* Binds the tagged guests; replaces app->targets. NULL: no memory, which was said. */
struct targets *targets_bind(struct app *app, const struct act_rule *rule);
void targets_free(struct app *app);
/* At the key that confirms: whether they are still what was asked about. */
enum dialog_result targets_recheck(struct app *app, struct dialog *dialog);
/* "Stop 2 of 3 tagged guests". */
void targets_title(const struct targets *targets, char *out, size_t size);
/* Class 2: lists them all and asks. */
void targets_ask(struct app *app, struct targets *targets);

/* --- acts_one.c: acts about one guest at a time; of those tagged one is chosen, and its tag goes */

struct act_of_one {
	const char *title, *otherwise; /* of the list: "Console of which tagged guest"; "not running" */
	const char *(*grey)(struct app *app, const struct model_row *row); /* why that guest cannot take it, or NULL */
	void (*begin)(struct app *app, const char *name);
};
void acts_one(struct app *app, const struct act_of_one *act);
const char *acts_grey_one(struct app *app, const struct act_of_one *act);

/* --- acts.c: the acts of a key table, and why one is grey */

void act_start(struct app *app, uint32_t key);
void act_stop(struct app *app, uint32_t key);
void act_kill(struct app *app, uint32_t key);
void act_restart(struct app *app, uint32_t key);
void act_freeze(struct app *app, uint32_t key);
void act_console(struct app *app, uint32_t key);
void act_shell(struct app *app, uint32_t key);
void act_destroy(struct app *app, uint32_t key); /* acts_destroy.c */
const char *grey_start(struct app *app);
const char *grey_stop(struct app *app);
const char *grey_kill(struct app *app);
const char *grey_restart(struct app *app);
const char *grey_freeze(struct app *app);
const char *grey_console(struct app *app);
const char *grey_shell(struct app *app);
const char *grey_destroy(struct app *app);
/* The class 2 dialog before a kill of one guest, whatever is tagged. */
void acts_ask_kill(struct app *app, const char *name);
/* The question in front is about one run of its target: in another state, or started anew meanwhile, it asks again. */
void acts_bind(struct app *app);
/* After an act: its rows keep their places for a moment. */
void acts_hold(struct app *app);

#endif
