/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config editor, shared by its files: the screen (edit.c), its fields (edit_fields.c), its keys (edit_keys.c), what is
 * asked before saving (edit_confirm.c), someone else's edit (edit_conflict.c), earlier versions (edit_versions.c).
 */
#ifndef SCREENS_EDIT_H
#define SCREENS_EDIT_H

#include "screens/config/form_screen.h"
#include "widgets/pager.h"
#include "widgets/textarea.h"

struct edit {
	struct app *app;
	char name[AUBERGE_NAME_MAX + 1];
	struct auberge_edit *text;     /* what is being edited; in raw mode the area's text, in the form the applied fields */
	struct auberge_edit *original; /* the file as it was read */
	struct form form;
	struct textarea raw;
	bool is_raw;
	struct auberge_problem *problems;
	size_t problems_count;
	struct auberge_change *drift; /* the running guest against the file as it was read */
	size_t drift_count;
	int watch;      /* inotify(7) on the guest's directory; -1 none */
	bool saving;    /* a save of ours is under way: what changes is not someone else's until it has ended */
	bool overtaken; /* someone else has changed the file since it was read */
	struct picks picks; /* what the open list shows */
};

/* What the confirm screen is about: the editor's own text, or an earlier version (its number, and the text is taken over). */
struct edit_question {
	struct edit *edit;
	struct auberge_edit *text;
	unsigned version;
};

/* Of a screen that asks: no key that was read before it was on the terminal, or right after that, is an answer. */
struct edit_guard {
	bool drawn;
	int64_t painted_ms; /* -1 not yet */
};

/* --- edit.c */
struct edit *editor_of(struct app *app);
/* The file is read anew and what was edited is dropped. False: said why not. */
bool editor_reload(struct app *app, struct edit *edit);
bool editor_changed(const struct edit *edit);
void editor_guard_drawn(struct app *app, struct edit_guard *guard);
void editor_guard_tick(struct app *app, struct edit_guard *guard);
bool editor_deaf(const struct app *app, const struct edit_guard *guard);
/* Takes screens away until this one is on top. */
void editor_back_to(struct app *app, const struct view *view);

/* --- edit_fields.c */
/* Makes the form anew from the text; the focus stays on its field. False: out of memory. */
bool editor_fill(struct edit *edit);
/* Marks, problems and what the running guest has instead, at each field. */
void editor_remark(struct edit *edit);
/* Puts the field's text into the config. False: refused, the field says why. */
bool editor_apply(struct edit *edit, struct form_field *field);
/* All of them, or the raw text; false: the focus is on the first that was refused. */
bool editor_apply_all(struct edit *edit);
/* The text as it is now, into the other mode. */
bool editor_show_raw(struct edit *edit, bool raw);

const struct key_row *edit_keys(size_t *count);
bool editor_key(struct app *app, void *state, uint32_t key);

/* --- edit_save.c */
struct edit_save;
struct edit_saved {
	int result;
	struct auberge_error error;
	size_t count;
	struct auberge_change *changes; /* until saved() returns */
};
/*
 * Saves the text in a child: a disk or a supervisor may take its time. saved() is called when it has ended, once. NULL: it
 * could not be begun, said why.
 */
struct edit_save *editor_save(struct app *app, const char *name, struct auberge_edit *text, unsigned flags,
                              void (*saved)(struct app *app, void *data, const struct edit_saved *end), void *data);
/* saved() is not called any more: how it ends, whole or not at all, is said on whatever screen is there. */
void editor_save_leave(struct edit_save *save);

/* --- edit_confirm.c: "limits.memory: 1G -> 2G" */
void editor_change_text(const struct auberge_change *change, char *out, size_t size);

#endif
