/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The editor's form, made from the schema table and the sections that the text has, and what stands at its fields. Owns
 * nothing. Invariant: a field's text is in the config as soon as another field has the focus, or the field says why not.
 */
#include "screens/config/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_value(const struct edit *edit, struct form_field *field)
{
	struct auberge_error ignored;
	bool written = false;
	char *value = NULL;

	if (auberge_edit_get(edit->text, field->section, field->key->name, &value, &written, &ignored) == 0)
		form_set(field, written && value ? value : "");
	free(value);
}

/* The fields of one section; pattern as in the schema. */
static bool add_section(struct edit *edit, const char *pattern, const char *section)
{
	const struct auberge_key *key;
	char title[80];

	snprintf(title, sizeof title, "[%s]", section);
	if (!form_title(&edit->form, section, title))
		return false;
	for (size_t i = 0; (key = auberge_schema(i)); i++) {
		struct form_field *field;

		if (strcmp(key->section, pattern) != 0)
			continue;
		field = form_add_key(&edit->form, key, section);
		if (!field)
			return false;
		if (strcmp(key->name, "bridge") == 0)
			field->kind = FORM_PICK;
		set_value(edit, field);
	}
	return true;
}

/* Sections with a name stand once for each that the text has: the pattern ends in " *". */
static bool add_pattern(struct edit *edit, const char *pattern)
{
	size_t length = strlen(pattern);
	const char *section;

	if (pattern[length - 1] != '*')
		return add_section(edit, pattern, pattern);
	for (size_t i = 0; (section = auberge_edit_section(edit->text, i)); i++)
		if (strncmp(section, pattern, length - 1) == 0 && section[length - 1] && !add_section(edit, pattern, section))
			return false;
	return true;
}

bool editor_fill(struct edit *edit)
{
	const struct form_field *focused = form_focused(&edit->form);
	char section[sizeof focused->section] = "", label[sizeof focused->label] = "";
	const struct auberge_key *key, *before = NULL;
	size_t first = edit->form.first;

	if (focused) {
		snprintf(section, sizeof section, "%s", focused->section);
		snprintf(label, sizeof label, "%s", focused->label);
	}
	form_free(&edit->form);
	for (size_t i = 0; (key = auberge_schema(i)); before = key, i++)
		if ((!before || strcmp(before->section, key->section) != 0) && !add_pattern(edit, key->section))
			return false;
	edit->form.first = first;
	focused = form_find(&edit->form, section, label);
	if (focused)
		form_focus(&edit->form, focused);
	editor_remark(edit);
	return true;
}

/* --- what stands at the fields */

static bool differs(const struct edit *edit, const struct form_field *field)
{
	struct auberge_error ignored;
	bool written = false;
	char *value = NULL;
	bool differs;

	if (auberge_edit_get(edit->original, field->section, field->key->name, &value, &written, &ignored) < 0)
		return true;
	differs = strcmp(written && value ? value : "", line_text(&field->value)) != 0;
	free(value);
	return differs;
}

static struct form_field *title_of(struct form *form, const char *section)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].kind == FORM_TITLE && strcmp(form->fields[i].section, section) == 0)
			return &form->fields[i];
	return form->count ? &form->fields[0] : NULL;
}

static void add_drift(struct edit *edit)
{
	for (size_t i = 0; i < edit->drift_count; i++) {
		const struct auberge_change *change = &edit->drift[i];
		struct form_field *field = form_find(&edit->form, change->section, change->key);

		if (!field)
			field = title_of(&edit->form, change->section);
		if (!field)
			continue;
		snprintf(field->note, sizeof field->note, "%s%srunning with %.40s%s", field->kind == FORM_TITLE ? change->key : "",
		         field->kind == FORM_TITLE && change->key[0] ? ": " : "", change->before[0] ? change->before : "none",
		         change->effect == AUBERGE_EFFECT_NEXT_START ? " until its next start" : " now, unlike the file");
	}
}

void editor_remark(struct edit *edit)
{
	struct auberge_error ignored;

	for (size_t i = 0; i < edit->form.count; i++) {
		struct form_field *field = &edit->form.fields[i];

		field->problem[0] = field->note[0] = '\0';
		field->changed = field->key && differs(edit, field);
	}
	free(edit->problems);
	edit->problems = NULL;
	if (auberge_edit_problems(edit->text, &edit->problems, &edit->problems_count, &ignored) < 0)
		edit->problems_count = 0;
	for (size_t i = 0; i < edit->problems_count; i++) {
		const struct auberge_problem *problem = &edit->problems[i];
		struct form_field *field = form_find(&edit->form, problem->section, problem->key);
		const char *text = problem->text[0] == '[' && strchr(problem->text, ']') ? strchr(problem->text, ']') + 2 : problem->text;

		if (field && !field->problem[0]) {
			snprintf(field->problem, sizeof field->problem, "%s", text);
			continue;
		}
		field = title_of(&edit->form, problem->section);
		if (field && !field->problem[0])
			snprintf(field->problem, sizeof field->problem, "line %u: %.220s (F3 shows it)", problem->line,
			         problem->text);
	}
	add_drift(edit);
}

/* --- into the config */

bool editor_apply(struct edit *edit, struct form_field *field)
{
	struct auberge_error error = {0};
	const char *value = line_text(&field->value), *why;
	char section[sizeof field->section], label[sizeof field->label], problem[sizeof field->problem] = "";

	if (!field->key)
		return true;
	snprintf(section, sizeof section, "%s", field->section);
	snprintf(label, sizeof label, "%s", field->label);
	if (auberge_edit_set(edit->text, section, field->key->name, *value ? value : NULL, &error) < 0) {
		why = strstr(error.text, ": ");
		auberge_text_clean(problem, sizeof problem, why ? why + 2 : error.text, strcspn(why ? why + 2 : error.text, "\n"), 0);
	}
	editor_remark(edit);
	field = form_find(&edit->form, section, label);
	if (problem[0] && field)
		snprintf(field->problem, sizeof field->problem, "%s", problem);
	return !problem[0];
}

static bool is_applied(const struct edit *edit, const struct form_field *field)
{
	struct auberge_error ignored;
	bool written = false, same;
	char *value = NULL;

	if (!field->key || auberge_edit_get(edit->text, field->section, field->key->name, &value, &written, &ignored) < 0)
		return true;
	same = strcmp(written && value ? value : "", line_text(&field->value)) == 0;
	free(value);
	return same;
}

bool editor_apply_all(struct edit *edit)
{
	for (size_t i = 0; !edit->is_raw && i < edit->form.count; i++) {
		if (is_applied(edit, &edit->form.fields[i]) || editor_apply(edit, &edit->form.fields[i]))
			continue;
		edit->form.cursor = i;
		return false;
	}
	return true;
}

bool editor_show_raw(struct edit *edit, bool raw)
{
	if (!raw) {
		edit->is_raw = false;
		return editor_fill(edit);
	}
	if (!editor_apply_all(edit))
		return false;
	if (!textarea_set(&edit->raw, auberge_edit_text(edit->text))) {
		app_say(edit->app, ROLE_CRIT, "%s: its guest.ini is too long to be edited here: auberge config edit %s", edit->name,
		        edit->name);
		return false;
	}
	edit->is_raw = true;
	return true;
}
