/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the screen that makes a guest. Letters go into the fields, so each act has a control key. Owns nothing. */
#include "screens/config/create.h"

#include <stdio.h>
#include <string.h>

#define F(number) (K_F1 + (number) - 1)
#define CONTROL(letter) ((letter) - 0x40)

/* Something in the form changed. What is wrong with a text being typed is told when its field is left. */
static void changed(struct app *app, struct create *create)
{
	struct form_field *field = form_focused(&create->form);

	create->edited = true;
	if (create->shown == CREATE_STEPS)
		create->shown = CREATE_CONFIG; /* the dry run was of something else */
	create_check(app, create);
	if (field->kind == FORM_TEXT || field->kind == FORM_PICK)
		field->problem[0] = '\0';
}

/* --- lists */

static void picked(struct app *app, const struct dialog *dialog)
{
	struct create *create = create_of(app);

	if (!create)
		return;
	picks_take(form_focused(&create->form), dialog);
	changed(app, create);
}

static void list_templates(struct picks *picks)
{
	const struct auberge_template *template_;

	for (picks->count = 0; picks->count < PICKS_MAX && (template_ = auberge_template(picks->count)); picks->count++)
		snprintf(picks->words[picks->count], sizeof picks->words[0], "%s%s%s", template_->name, template_->argument ? " " : "",
		         template_->argument ? template_->argument : "");
}

static void open_list(struct app *app, struct create *create)
{
	const struct form_field *field = form_focused(&create->form);

	if (field->kind == FORM_CHOICE)
		picks_words(&create->picks, field->choices);
	else if (field->key)
		picks_bridges(app, &create->picks);
	else
		list_templates(&create->picks);
	picks_open(app, &create->picks, field, picked);
}

/* --- acts */

static void dry_run(struct app *app, uint32_t key)
{
	struct create *create = create_of(app);

	(void)key;
	if (create_dry_run(app, create))
		create->instead = true;
	else
		form_focus_problem(&create->form);
}

static void make(struct app *app, uint32_t key)
{
	struct create *create = create_of(app);
	struct create_words words;

	(void)key;
	if (!create_check(app, create)) {
		create->instead = false;
		if (form_focus_problem(&create->form) && !app->message[0])
			app_say(app, ROLE_WARN, "nothing was made: mend what is marked !");
		return;
	}
	if (!create_words(create, true, &words))
		return;
	create->creation = creation_begin(app, create, words.argv);
	create_words_free(&words);
	create->instead = false;
}

static void toggle(struct app *app, uint32_t key)
{
	struct create *create = create_of(app);

	(void)key;
	if (create_roomy(app)) {
		create->shown = create->shown == CREATE_CONFIG ? CREATE_COMMAND : CREATE_CONFIG;
	} else if (!create->instead) {
		create->instead = true;
		create->shown = CREATE_CONFIG;
	} else if (create->shown != CREATE_COMMAND) {
		create->shown = CREATE_COMMAND;
	} else {
		create->instead = false;
		create->shown = CREATE_CONFIG;
	}
	create_check(app, create);
	if (!create->edited)
		form_find(&create->form, "", "name")->problem[0] = '\0';
}

static void broken_off(struct app *app, const struct dialog *dialog)
{
	struct create *create = create_of(app);

	(void)dialog;
	if (create && create->creation)
		creation_cancel(create->creation);
}

static void leave(struct app *app, uint32_t key)
{
	struct create *create = create_of(app);

	(void)key;
	if (create->creation) {
		char title[128];

		snprintf(title, sizeof title, "Break off the making of %s?", creation_name(create->creation));
		dialog_question(&app->dialog, title, "break off", creation_name(create->creation), "");
		app->dialog.confirmed = broken_off;
	} else if (create->edited) {
		dialog_question(&app->dialog, "Drop the new guest?", "drop it", "", "");
		app->dialog.confirmed = form_screen_left;
	} else {
		app_pop(app);
	}
}

/* Keys that the fields take themselves: they are in the table for the help. */
static void in_form(struct app *app, uint32_t key)
{
	struct create *create = create_of(app);
	size_t from;

	form_key(&create->form, key, "", &from);
}

bool create_key(struct app *app, void *state, uint32_t key)
{
	struct create *create = state;
	size_t from;

	if (create->creation) {
		if (key == 'b') {
			app_say(app, ROLE_INFO, "%s is being made; it is said when it is done", creation_name(create->creation));
			app_pop(app);
		}
		return key < K_F1 && key != K_ESCAPE && key != CONTROL('G') && key != CONTROL('Q') && key != CONTROL('L');
	}
	if (create->instead && !create_roomy(app) && pager_key(&create->pager, key))
		return true;
	switch (form_key(&create->form, key, keys_pasted(&app->keys), &from)) {
	case FORM_IGNORED:
		return form_screen_ignored(app, key);
	case FORM_FULL:
		app_say(app, ROLE_WARN, "a value has at most %d bytes: nothing was pasted", FORM_VALUE_MAX);
		break;
	case FORM_CHANGED:
		changed(app, create);
		break;
	case FORM_OPENS:
		open_list(app, create);
		break;
	case FORM_LEFT:
		if (create->edited)
			create_check(app, create);
		break;
	default:
		break;
	}
	create->instead = false;
	return true;
}

static const char *grey_making(struct app *app)
{
	const struct create *create = create_of(app);

	return create && create->creation ? "it is being made" : NULL;
}

static const struct key_row keys[] = {
	{{K_UP, K_DOWN, K_TAB, K_BACK_TAB}, in_form, NULL, "Move", "the field above, below; Tab goes round", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, in_form, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{K_ESCAPE}, leave, NULL, "Move", "leave; asks when something was edited; breaks off a making, asked", false, DANGER_QUESTION,
	 NULL},
	{{CONTROL('Q'), F(10)}, app_key_quit, "Quit", "Move", "quit; a guest being made is made to the end", false, DANGER_QUESTION, NULL},
	{{K_ENTER}, in_form, NULL, "Field", "the next field; of one with v or a list: the list", false, DANGER_NONE, NULL},
	{{' ', K_LEFT, K_RIGHT}, in_form, NULL, "Field", "of a choice: the next word, the one before", false, DANGER_NONE, NULL},
	{{K_HOME, K_END}, in_form, NULL, "Field", "beginning and end of a text; ^A ^E too", false, DANGER_NONE, NULL},
	{{CONTROL('U'), CONTROL('K'), K_BACKSPACE, K_DELETE}, in_form, NULL, "Field", "delete to the beginning, to the end, one", false,
	 DANGER_NONE, NULL},
	{{CONTROL('D'), F(2)}, dry_run, "Dry run", "Act", "dry run: lists the steps, changes nothing", true, DANGER_NONE, grey_making},
	{{CONTROL('S'), F(5)}, make, "Create", "Act", "create it", true, DANGER_NONE, grey_making},
	{{CONTROL('T'), F(6)}, toggle, "Result", "Look", "the config that comes of it, or the command line", false, DANGER_NONE, NULL},
	{{CONTROL('L')}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{CONTROL('G'), F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *create_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}
