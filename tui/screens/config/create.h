/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen that makes a guest, shared by its files: what is shown (create.c), its fields and what they say
 * (create_fields.c), its keys (create_keys.c), and the child that makes it (create_run.c).
 */
#ifndef SCREENS_CREATE_H
#define SCREENS_CREATE_H

#include "screens/config/form_screen.h"
#include "widgets/pager.h"

#define CREATE_SETS 48

struct creation;

enum create_shown { CREATE_CONFIG, CREATE_COMMAND, CREATE_STEPS, CREATE_SHOWN };

struct create {
	struct form form;
	enum create_shown shown; /* the pane of results */
	bool instead;            /* on a small terminal the pane stands in the form's place */
	struct pager pager;
	bool edited;
	struct creation *creation; /* under way; NULL none */
	struct picks picks; /* what the open list shows */
};

/* What the fields say, as the engine wants it. */
struct create_words {
	struct auberge_create create;
	char *set[CREATE_SETS];
	size_t set_count;
	char *argv[CREATE_SETS * 2 + 10]; /* the command line that does the same; the set's strings belong to it */
};

/* --- create_fields.c */
bool create_fields(struct create *create);
/* Of the good fields, or of all. False: out of memory. */
bool create_words(struct create *create, bool all, struct create_words *words);
void create_words_free(struct create_words *words);
/* Looks at all fields, puts what is wrong with them at the field, and fills the pane. True: nothing is wrong. */
bool create_check(struct app *app, struct create *create);
/* Each line of an error goes to its field; what belongs to none is said. */
void create_blame(struct app *app, struct create *create, const char *text, const char *remedy);
/* Runs it dry and shows the steps. */
bool create_dry_run(struct app *app, struct create *create);

/* --- create_run.c */
/* A child that makes the guest. It goes on when the screen is left and when the program ends. NULL: said why not. */
struct creation *creation_begin(struct app *app, struct create *create, char *const *argv);
/* Breaks it off: nothing is left. */
void creation_cancel(struct creation *creation);
/* The screen goes; the end of it is said on whatever screen is there. */
void creation_leave(struct creation *creation);
const char *creation_name(const struct creation *creation);
int creation_percent(const struct creation *creation);
const char *creation_stage(const struct creation *creation);
/* Called when it ended well; it is gone then, and so is the screen. */
void create_done(struct app *app, struct create *create, const char *name);

const struct key_row *create_keys(size_t *count);
bool create_key(struct app *app, void *state, uint32_t key);
/* There is room for the pane beside or below the form. */
bool create_roomy(const struct app *app);
struct create *create_of(struct app *app);

#endif
