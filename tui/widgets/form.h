/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A form: titles and fields one below the other, scrolled when there are more than rows. A field made from a row of the
 * schema table knows its default, range, unit and help from there.
 *
 * Owns the fields' texts. Invariants: the cursor is on a field and never on a title; an empty text means that the value
 * is not set, and the default is shown in brackets instead; nothing here says what a value means.
 */
#ifndef WIDGETS_FORM_H
#define WIDGETS_FORM_H

#include "auberge.h"
#include "widgets/line.h"

#define FORM_VALUE_MAX 4000 /* bytes of one value */

enum form_kind {
	FORM_TITLE,
	FORM_TEXT,
	FORM_PICK,   /* a text that can also be picked from a list */
	FORM_CHOICE, /* one of a few words */
	FORM_BOOL,   /* yes or no */
};

struct form_field {
	enum form_kind kind;
	const struct auberge_key *key; /* NULL: none of guest.ini */
	char section[64];              /* as in the file: "net eth0" */
	char label[96];
	char help[320];
	const char *choices;           /* of FORM_CHOICE: words with blanks between */
	struct line value;
	char shown_default[80];        /* "" none */
	char problem[256];             /* what is wrong with the value; a line of its own below the field */
	char note[160];                /* what is worth knowing, such as a running guest's other value; the same */
	bool changed;                  /* marked with a star */
};

struct form {
	struct form_field *fields;
	size_t count, room;
	size_t cursor; /* the field with the focus */
	size_t first;  /* of all lines, titles and problems too, the first that is shown */
	int rows;      /* when it was drawn last: how far PgUp and PgDn go */
};

enum form_result {
	FORM_IGNORED,
	FORM_MOVED,   /* the cursor went within the field */
	FORM_LEFT,    /* another field has the focus: `from` says which had it */
	FORM_CHANGED, /* the field's value */
	FORM_OPENS,   /* its list is wanted */
	FORM_FULL,    /* the paste is longer than a value may be: nothing of it was taken */
};

void form_free(struct form *form);
/* The new field (until the next call), or NULL: out of memory. */
struct form_field *form_title(struct form *form, const char *section, const char *label);
struct form_field *form_add(struct form *form, enum form_kind kind, const char *section, const char *label);
/* A field for a row of the schema. */
struct form_field *form_add_key(struct form *form, const struct auberge_key *key, const char *section);
/* By section and label; NULL: none. */
struct form_field *form_find(struct form *form, const char *section, const char *label);
struct form_field *form_focused(struct form *form);
void form_set(struct form_field *field, const char *value);
/* The focus on it. */
void form_focus(struct form *form, const struct form_field *field);
/* On the first field with a problem; false: there is none. */
bool form_focus_problem(struct form *form);

/* pasted: the text of K_PASTE. *from: the field that had the focus before. */
enum form_result form_key(struct form *form, uint32_t key, const char *pasted, size_t *from);
/* In so many rows and columns; focus: shows the terminal's cursor. */
void form_draw(struct form *form, struct screen *screen, int row, int column, int height, int width, bool focus);
/* One sentence about the field with the focus: what is wrong with it, else what it is for, range, unit, default, when a
 * change acts. The role that it is drawn in. */
enum role form_help(const struct form *form, char *out, size_t size);

#endif
