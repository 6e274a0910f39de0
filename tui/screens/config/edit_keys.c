/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the config editor. Letters go into the fields, so each act has a control key. Owns nothing. */
#include "screens/config/edit.h"

#include "screens/acts/acts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define F(number) (K_F1 + (number) - 1)
#define CONTROL(letter) ((letter) - 0x40)

/* --- lists */

static void picked(struct app *app, const struct dialog *dialog)
{
	struct edit *edit = editor_of(app);

	if (!edit)
		return;
	picks_take(form_focused(&edit->form), dialog);
	editor_apply(edit, form_focused(&edit->form));
}

static void open_list(struct app *app, struct edit *edit)
{
	const struct form_field *field = form_focused(&edit->form);

	if (field->kind == FORM_CHOICE)
		picks_words(&edit->picks, field->choices);
	else
		picks_bridges(app, &edit->picks);
	picks_open(app, &edit->picks, field, picked);
}

/* --- sections */

static void section_named(struct app *app, const struct dialog *dialog)
{
	struct edit *edit = editor_of(app);
	const char *first = strcmp(dialog->target, "net") == 0 ? "bridge" : "source";
	struct auberge_error error = {0};
	char section[sizeof dialog->target + sizeof dialog->text];
	struct form_field *field;

	if (!edit || !dialog->text[0])
		return;
	snprintf(section, sizeof section, "%s %s", dialog->target, dialog->text);
	if (auberge_edit_add_section(edit->text, section, &error) < 0) {
		app_say_error(app, &error);
		return;
	}
	editor_fill(edit);
	field = form_find(&edit->form, section, first);
	if (field)
		form_focus(&edit->form, field);
}

static void section_kind(struct app *app, const struct dialog *dialog)
{
	bool net = dialog->chosen == 0;

	dialog_prompt(&app->dialog, net ? " name of the interface inside: " : " name of the mount, any word: ", net ? "eth1" : "data");
	snprintf(app->dialog.target, sizeof app->dialog.target, "%s", net ? "net" : "mount");
	app->dialog.confirmed = section_named;
}

/* All that was typed is in the config, before that is changed at another end. */
static bool applied(struct app *app, struct edit *edit)
{
	if (editor_apply_all(edit))
		return true;
	app_say(app, ROLE_WARN, "mend what is marked ! first");
	return false;
}

static void add(struct app *app, uint32_t key)
{
	struct edit *edit = editor_of(app);

	(void)key;
	if (!applied(app, edit))
		return;
	dialog_choose(&app->dialog, "Add a section");
	dialog_choice(&app->dialog, "net: an interface", true);
	dialog_choice(&app->dialog, "mount: a directory of the host", false);
	app->dialog.confirmed = section_kind;
}

static void removed(struct app *app, const struct dialog *dialog)
{
	struct edit *edit = editor_of(app);
	struct auberge_error error = {0};

	if (!edit || !applied(app, edit))
		return;
	if (auberge_edit_remove_section(edit->text, dialog->target, &error) < 0)
		app_say_error(app, &error);
	editor_fill(edit);
}

static void remove_section(struct app *app, uint32_t key)
{
	const struct form_field *field = form_focused(&editor_of(app)->form);
	char title[128];

	(void)key;
	snprintf(title, sizeof title, "Remove [%s] with all that it says?", field->section);
	dialog_question(&app->dialog, title, "remove", field->section, "");
	app->dialog.confirmed = removed;
}

static const char *grey_form(struct app *app)
{
	const struct edit *edit = editor_of(app);

	return edit && edit->is_raw ? "not in the raw text: ^R shows the form" : NULL;
}

static const char *grey_remove(struct app *app)
{
	struct edit *edit = editor_of(app);
	const struct form_field *field = edit ? form_focused(&edit->form) : NULL;

	if (grey_form(app))
		return grey_form(app);
	return field && strchr(field->section, ' ') ? NULL : "the cursor is in no [net NAME] or [mount NAME]";
}

/* --- acts */

static const char *no_edit(struct app *app, const struct model_row *row)
{
	(void)app;
	return row->guest.state == AUBERGE_INCOMPLETE ? "it is half made or half destroyed" : NULL;
}

static void begin_edit(struct app *app, const char *name)
{
	app_push(app, &edit_view, name);
}

static const struct act_of_one edit_one = {"Edit which tagged guest", "half made or half destroyed", no_edit, begin_edit};

void act_edit(struct app *app, uint32_t key)
{
	(void)key;
	acts_one(app, &edit_one);
}

const char *grey_edit(struct app *app)
{
	return acts_grey_one(app, &edit_one);
}

static void save(struct app *app, uint32_t key)
{
	struct edit *edit = editor_of(app);
	struct edit_question question = {.edit = edit, .text = edit->text};

	(void)key;
	if (!editor_apply_all(edit)) {
		app_say(app, ROLE_WARN, "nothing was saved: mend what is marked !");
		return;
	}
	editor_remark(edit);
	if (edit->problems_count > 0) {
		if (edit->is_raw)
			textarea_go(&edit->raw, edit->problems[0].line);
		else if (!form_focus_problem(&edit->form) && editor_show_raw(edit, true))
			textarea_go(&edit->raw, edit->problems[0].line);
		app_say(app, ROLE_WARN, "nothing was saved: %zu %s wrong", edit->problems_count,
		        edit->problems_count == 1 ? "thing is" : "things are");
		return;
	}
	if (edit->overtaken)
		app_push(app, &edit_conflict_view, edit);
	else if (!editor_changed(edit))
		app_say(app, ROLE_INFO, "%s: nothing is changed", edit->name);
	else
		app_push(app, &edit_confirm_view, &question);
}

static void toggle_raw(struct app *app, uint32_t key)
{
	struct edit *edit = editor_of(app);

	(void)key;
	if (!editor_show_raw(edit, !edit->is_raw) && !app->message[0])
		app_say(app, ROLE_WARN, "mend what is marked ! first");
}

static void versions(struct app *app, uint32_t key)
{
	(void)key;
	app_push(app, &edit_versions_view, editor_of(app));
}

static const char *grey_versions(struct app *app)
{
	const struct edit *edit = editor_of(app);

	return edit && editor_changed(edit) ? "what is edited here is not saved, and going back would lose it" : NULL;
}

static void leave(struct app *app, uint32_t key)
{
	struct edit *edit = editor_of(app);
	char title[128];

	(void)key;
	if (editor_changed(edit)) {
		snprintf(title, sizeof title, "Drop the changes of %s?", edit->name);
		dialog_question(&app->dialog, title, "drop them", edit->name, "");
		app->dialog.confirmed = form_screen_left;
	} else {
		app_pop(app);
	}
}

/* Keys that the fields and the text take themselves: they are in the table for the help. */
static void in_form(struct app *app, uint32_t key)
{
	editor_key(app, editor_of(app), key);
}

static bool raw_key(struct app *app, struct edit *edit, uint32_t key)
{
	enum textarea_result result = textarea_key(&edit->raw, key, keys_pasted(&app->keys));
	struct auberge_error error = {0};
	char *text;

	if (edit->raw.full)
		app_say(app, ROLE_WARN, "a config has at most %d KiB here: that was not taken", TEXTAREA_MAX / 1024);
	if (result != TEXTAREA_CHANGED)
		return result == TEXTAREA_MOVED || key == K_UNKNOWN || key == K_PASTE;
	text = textarea_text(&edit->raw);
	if (!text || auberge_edit_set_text(edit->text, text, &error) < 0)
		app_say(app, ROLE_CRIT, "%s", text ? error.text : "out of memory");
	free(text);
	editor_remark(edit);
	return true;
}

bool editor_key(struct app *app, void *state, uint32_t key)
{
	struct edit *edit = state;
	struct form_field *field = form_focused(&edit->form);
	size_t from;

	if (edit->is_raw)
		return raw_key(app, edit, key);
	switch (form_key(&edit->form, key, keys_pasted(&app->keys), &from)) {
	case FORM_IGNORED:
		return form_screen_ignored(app, key);
	case FORM_FULL:
		app_say(app, ROLE_WARN, "a value has at most %d bytes: nothing was pasted", FORM_VALUE_MAX);
		break;
	case FORM_CHANGED:
		if (field->kind == FORM_CHOICE || field->kind == FORM_BOOL) {
			editor_apply(edit, field);
			break;
		}
		field->changed = true;
		field->problem[0] = '\0'; /* told again when it is left */
		break;
	case FORM_OPENS:
		open_list(app, edit);
		break;
	case FORM_LEFT:
		if (edit->form.fields[from].changed || edit->form.fields[from].problem[0])
			editor_apply(edit, &edit->form.fields[from]);
		break;
	default:
		break;
	}
	return true;
}

static const struct key_row keys[] = {
	{{K_UP, K_DOWN, K_TAB, K_BACK_TAB}, in_form, NULL, "Move", "the field above, below; Tab goes round", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, in_form, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{K_ESCAPE}, leave, NULL, "Move", "leave; asks when something is not saved", false, DANGER_QUESTION, NULL},
	{{CONTROL('Q'), F(10)}, app_key_quit, "Quit", "Move", "quit; asks when something is not saved", false, DANGER_QUESTION, NULL},
	{{K_ENTER}, in_form, NULL, "Field", "the next field; of one with a list (v) the list; raw: a new line", false, DANGER_NONE, NULL},
	{{' ', K_LEFT, K_RIGHT}, in_form, NULL, "Field", "of a choice: the next word, the one before", false, DANGER_NONE, NULL},
	{{K_HOME, K_END}, in_form, NULL, "Field", "beginning and end of the line; ^A ^E too", false, DANGER_NONE, NULL},
	{{CONTROL('U'), CONTROL('K'), K_BACKSPACE, K_DELETE}, in_form, NULL, "Field",
	 "delete to the beginning, to the end, one; an empty field is its default", false, DANGER_NONE, NULL},
	{{CONTROL('Z')}, in_form, NULL, "Field", "raw text: take the last change back, or give it again", false, DANGER_NONE, NULL},
	{{CONTROL('S'), F(2)}, save, "Save", "Act", "save: shows the diff and when each key acts, then asks", true, DANGER_QUESTION, NULL},
	{{CONTROL('R'), F(3)}, toggle_raw, "Raw text", "Act", "the raw text, or the form", false, DANGER_NONE, NULL},
	{{CONTROL('N'), F(5)}, add, "Add", "Act", "add a [net NAME] or a [mount NAME]", true, DANGER_NONE, grey_form},
	{{CONTROL('X'), F(8)}, remove_section, "Remove", "Act", "remove the [net NAME] or [mount NAME] under the cursor", true,
	 DANGER_QUESTION, grey_remove},
	{{CONTROL('O'), F(6)}, versions, "Versions", "Act", "earlier versions: their diff, and back to one", true, DANGER_NONE,
	 grey_versions},
	{{CONTROL('L')}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{CONTROL('G'), F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *edit_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}
