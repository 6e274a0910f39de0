/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A form's fields and what keys do to them; drawn in form_draw.c. See form.h. */
#include "widgets/form.h"

#include "term/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void form_free(struct form *form)
{
	for (size_t i = 0; i < form->count; i++)
		line_free(&form->fields[i].value);
	free(form->fields);
	*form = (struct form){0};
}

struct form_field *form_add(struct form *form, enum form_kind kind, const char *section, const char *label)
{
	struct form_field *field;

	if (form->count == form->room) {
		size_t room = form->room ? form->room * 2 : 32;
		struct form_field *fields = realloc(form->fields, room * sizeof *fields);

		if (!fields)
			return NULL;
		form->fields = fields;
		form->room = room;
	}
	field = &form->fields[form->count];
	*field = (struct form_field){.kind = kind};
	snprintf(field->section, sizeof field->section, "%s", section);
	snprintf(field->label, sizeof field->label, "%s", label);
	if (kind != FORM_TITLE && form->fields[form->cursor].kind == FORM_TITLE)
		form->cursor = form->count;
	form->count++;
	return field;
}

struct form_field *form_title(struct form *form, const char *section, const char *label)
{
	return form_add(form, FORM_TITLE, section, label);
}

struct form_field *form_add_key(struct form *form, const struct auberge_key *key, const char *section)
{
	enum form_kind kind = strcmp(key->type, "bool") == 0 ? FORM_BOOL :
	                      key->choices ? FORM_CHOICE : FORM_TEXT;
	struct form_field *field = form_add(form, kind, section, key->name);

	if (!field)
		return NULL;
	field->key = key;
	field->choices = kind == FORM_BOOL ? "yes no" : key->choices;
	if (key->default_text)
		snprintf(field->shown_default, sizeof field->shown_default, "%s", key->default_text);
	return field;
}

struct form_field *form_find(struct form *form, const char *section, const char *label)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].kind != FORM_TITLE && strcmp(form->fields[i].section, section) == 0 &&
		    strcmp(form->fields[i].label, label) == 0)
			return &form->fields[i];
	return NULL;
}

struct form_field *form_focused(struct form *form)
{
	struct form_field *field = form->cursor < form->count ? &form->fields[form->cursor] : NULL;

	return field && field->kind != FORM_TITLE ? field : NULL;
}

void form_set(struct form_field *field, const char *value)
{
	size_t length = strlen(value);

	line_set(&field->value, value, length < FORM_VALUE_MAX ? length : FORM_VALUE_MAX);
}

void form_focus(struct form *form, const struct form_field *field)
{
	form->cursor = (size_t)(field - form->fields);
}

bool form_focus_problem(struct form *form)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].kind != FORM_TITLE && form->fields[i].problem[0]) {
			form->cursor = i;
			return true;
		}
	return false;
}

/* --- keys */

/* The next field that is one; the same when there is none that way. */
static size_t step(const struct form *form, size_t at, int way)
{
	size_t next = at;

	while (way > 0 ? next + 1 < form->count : next > 0) {
		next += way > 0 ? 1 : (size_t)-1;
		if (form->fields[next].kind != FORM_TITLE)
			return next;
	}
	return at;
}

static enum form_result go(struct form *form, int way, int steps)
{
	size_t before = form->cursor;

	while (steps-- > 0)
		form->cursor = step(form, form->cursor, way);
	return form->cursor == before ? FORM_MOVED : FORM_LEFT;
}

/* Tab goes round. */
static enum form_result tab(struct form *form, int way)
{
	enum form_result result = go(form, way, 1);

	if (result == FORM_MOVED)
		result = go(form, -way, (int)form->count);
	return result;
}

/* The word `way` steps behind the field's among its choices; the default counts as the word that it is. */
static enum form_result turn(struct form_field *field, int way)
{
	const char *now = field->value.length ? line_text(&field->value) : field->shown_default;
	char words[16][32];
	size_t count = 0, at = 0;

	for (const char *word = field->choices; *word && count < 16; word += strspn(word, " ")) {
		size_t length = strcspn(word, " ");

		snprintf(words[count], sizeof words[0], "%.*s", (int)length, word);
		if (strcmp(words[count], now) == 0)
			at = count;
		count++;
		word += length;
	}
	if (count < 2)
		return FORM_MOVED;
	form_set(field, words[(at + count + (size_t)(way + (int)count)) % count]);
	return FORM_CHANGED;
}

/* A paste becomes one line: ends of lines and tabs are blanks, other controls go, and blanks round it. */
static enum form_result paste(struct form_field *field, const char *pasted)
{
	size_t before = field->value.length;
	char text[FORM_VALUE_MAX + 1];
	size_t used = 0, end = strlen(pasted);

	while (end > 0 && strchr(" \t\r\n", pasted[end - 1]))
		end--;
	for (size_t i = strspn(pasted, " \t\r\n"); i < end; i++) {
		unsigned char byte = (unsigned char)pasted[i];

		if (used == FORM_VALUE_MAX)
			return FORM_FULL;
		if (byte == '\n' || byte == '\t')
			text[used++] = ' ';
		else if (byte >= ' ' && byte != 0x7f)
			text[used++] = pasted[i];
	}
	if (before + used > FORM_VALUE_MAX)
		return FORM_FULL;
	return used > 0 && line_insert(&field->value, text, used) ? FORM_CHANGED : FORM_MOVED;
}

static enum form_result word_key(struct form_field *field, uint32_t key)
{
	if (key == ' ' || key == K_RIGHT)
		return turn(field, 1);
	if (key == K_LEFT)
		return turn(field, -1);
	if (key == K_ENTER)
		return field->kind == FORM_BOOL ? turn(field, 1) : FORM_OPENS;
	if ((key == K_BACKSPACE || key == K_DELETE || key == 'U' - 0x40) && field->value.length > 0) { /* the default again */
		form_set(field, "");
		return FORM_CHANGED;
	}
	if (key == 'y' || key == 'n') {
		const char *word = key == 'y' ? "yes" : "no";

		if (field->kind == FORM_BOOL && strcmp(line_text(&field->value), word) != 0) {
			form_set(field, word);
			return FORM_CHANGED;
		}
	}
	return key < K_UNKNOWN && key >= ' ' && key != K_BACKSPACE ? FORM_MOVED : FORM_IGNORED;
}

static enum form_result field_key(struct form_field *field, uint32_t key, const char *pasted)
{
	enum line_result result;

	if (field->kind == FORM_CHOICE || field->kind == FORM_BOOL)
		return key == K_PASTE ? FORM_IGNORED : word_key(field, key);
	if (key == K_PASTE)
		return paste(field, pasted);
	if (key == K_ENTER && field->kind == FORM_PICK)
		return FORM_OPENS;
	result = line_key(&field->value, key, FORM_VALUE_MAX);
	return result == LINE_CHANGED ? FORM_CHANGED : result == LINE_MOVED ? FORM_MOVED : FORM_IGNORED;
}

enum form_result form_key(struct form *form, uint32_t key, const char *pasted, size_t *from)
{
	struct form_field *field = form_focused(form);
	enum form_result result;

	*from = form->cursor;
	if (!field)
		return FORM_IGNORED;
	result = field_key(field, key, pasted);
	if (result != FORM_IGNORED)
		return result;
	switch (key) {
	case K_DOWN:
		return go(form, 1, 1);
	case K_UP:
		return go(form, -1, 1);
	case K_TAB:
		return tab(form, 1);
	case K_ENTER:
		return go(form, 1, 1);
	case K_BACK_TAB:
		return tab(form, -1);
	case K_PAGE_DOWN:
		return go(form, 1, form->rows > 2 ? form->rows - 1 : 1);
	case K_PAGE_UP:
		return go(form, -1, form->rows > 2 ? form->rows - 1 : 1);
	default:
		return FORM_IGNORED;
	}
}
