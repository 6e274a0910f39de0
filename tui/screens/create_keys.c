/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the screen that makes a guest. Letters go into the fields, so each act has a control key. Owns nothing. */
#include "screens/create.h"

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
	struct form_field *field = create ? form_focused(&create->form) : NULL;
	const char *pick = dialog->choices[dialog->chosen];
	char word[sizeof create->picks[0]];

	if (!field)
		return;
	snprintf(word, sizeof word, "%.*s", field->kind == FORM_PICK ? (int)strcspn(pick, " ") : (int)strlen(pick), pick);
	form_set(field, word);
	changed(app, create);
}

static size_t list_templates(struct create *create)
{
	const struct auberge_template *template_;
	size_t count = 0;

	for (; count < CREATE_PICKS && (template_ = auberge_template(count)); count++)
		snprintf(create->picks[count], sizeof create->picks[0], "%s%s%s", template_->name, template_->argument ? " " : "",
		         template_->argument ? template_->argument : "");
	return count;
}

static size_t list_bridges(struct app *app, struct create *create)
{
	const struct source_answer *answer = &app->source->answers[TOPIC_NETWORK];
	const struct auberge_network *network = answer->count > 0 ? answer->items : NULL;
	size_t count = 0;

	if (answer->error.code != AUBERGE_OK) {
		app_say(app, ROLE_WARN, "%.200s; type the bridge's name", answer->error.text);
		return 0;
	}
	for (; network && count < network->bridges_count && count < CREATE_PICKS; count++)
		snprintf(create->picks[count], sizeof create->picks[0], "%s%s%s", network->bridges[count].name,
		         network->bridges[count].uplink[0] ? " to " : "", network->bridges[count].uplink);
	if (count == 0)
		app_say(app, ROLE_WARN, network ? "there is no bridge on this host" : "the bridges are not known yet");
	return count;
}

static size_t list_words(struct create *create, const char *words)
{
	size_t count = 0;

	for (; *words && count < CREATE_PICKS; words += strspn(words, " ")) {
		size_t length = strcspn(words, " ");

		snprintf(create->picks[count++], sizeof create->picks[0], "%.*s", (int)length, words);
		words += length;
	}
	return count;
}

static void open_list(struct app *app, struct create *create)
{
	const struct form_field *field = form_focused(&create->form);
	const char *now = field->value.length ? line_text(&field->value) : field->shown_default;
	size_t count = field->kind == FORM_CHOICE ? list_words(create, field->choices) :
	               field->key ? list_bridges(app, create) : list_templates(create);

	if (count == 0)
		return;
	dialog_choose(&app->dialog, field->label);
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(create->picks[i], " ");

		dialog_choice(&app->dialog, create->picks[i], strncmp(create->picks[i], now, length) == 0 && now[0]);
	}
	app->dialog.confirmed = picked;
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

static void left(struct app *app, const struct dialog *dialog)
{
	(void)dialog;
	app_pop(app);
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
		app->dialog.confirmed = left;
	} else {
		app_pop(app);
	}
}

static void help(struct app *app, uint32_t key)
{
	(void)key;
	app_push(app, &help_view, &create_view);
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
		return key == K_PASTE || key == K_UNKNOWN;
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
	{{CONTROL('G'), F(1)}, help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *create_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}
