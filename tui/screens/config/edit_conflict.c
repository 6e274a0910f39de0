/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Someone else has changed the config that is being edited: what they changed, what was changed here, and what to do.
 * Owns struct conflict. Nothing is written here.
 *
 * Invariant: no key that was read before it was on the terminal, or within 300 ms of that, drops or merges anything.
 */
#include "screens/config/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conflict {
	struct edit *edit;
	struct pager pager;
	struct edit_guard guard;
	struct auberge_change *changes; /* ours */
	size_t count;
};

/* "by root" of the newest version: whose save replaced what was read here. */
static void add_author(struct app *app, struct conflict *conflict)
{
	struct auberge_version *versions = NULL;
	struct auberge_error ignored;
	size_t count = 0;

	if (app->source->editing->history(app->source->configs, conflict->edit->name, &versions, &count, &ignored) >= 0 && count > 0)
		pager_addf(&conflict->pager, ROLE_WARN, " Last saved by %s. Nothing was overwritten. Theirs:",
		           versions[0].by[0] ? versions[0].by : "someone");
	else
		pager_add(&conflict->pager, ROLE_WARN, " Nothing was overwritten. Theirs:");
	free(versions);
}

/* The diff from what was read here to what is there now. */
static bool add_theirs(struct app *app, struct conflict *conflict)
{
	struct edit *edit = conflict->edit;
	struct auberge_error error = {0};
	struct auberge_edit *theirs = auberge_edit_open(app->source->configs, edit->name, &error);
	char *mine = theirs ? strdup(auberge_edit_text(edit->original)) : NULL, *diff = NULL;

	/* original's base is the file as it was read; its text lends itself for a moment. */
	if (mine && auberge_edit_set_text(edit->original, auberge_edit_text(theirs), &error) == 0) {
		diff = auberge_edit_diff(edit->original, &error);
		auberge_edit_set_text(edit->original, mine, &error);
	}
	if (diff)
		pager_add_diff(&conflict->pager, strstr(diff, "\n@@") ? strstr(diff, "\n@@") + 1 : diff);
	else
		app_say_error(app, &error);
	free(diff);
	free(mine);
	auberge_edit_free(theirs);
	return diff != NULL;
}

static void conflict_close(struct app *app, void *state)
{
	struct conflict *conflict = state;

	(void)app;
	pager_free(&conflict->pager);
	free(conflict->changes);
	free(conflict);
}

static void *conflict_open(struct app *app, const void *argument)
{
	struct conflict *conflict = calloc(1, sizeof *conflict);
	struct auberge_error ignored;

	if (!conflict)
		return NULL;
	conflict->edit = (struct edit *)(uintptr_t)argument;
	conflict->guard.painted_ms = -1;
	add_author(app, conflict);
	if (!add_theirs(app, conflict)) {
		conflict_close(app, conflict);
		return NULL;
	}
	pager_add(&conflict->pager, ROLE_TEXT, "");
	pager_add(&conflict->pager, ROLE_TITLE, " Edited here, not saved:");
	if (app->source->editing->changes(conflict->edit->text, &conflict->changes, &conflict->count, &ignored) < 0)
		conflict->count = 0;
	for (size_t i = 0; i < conflict->count; i++) {
		char text[700];

		editor_change_text(&conflict->changes[i], text, sizeof text);
		pager_addf(&conflict->pager, ROLE_TEXT, "   %s", text);
	}
	if (conflict->count == 0)
		pager_add(&conflict->pager, ROLE_DIM, "   no value, at most comments and layout");
	app_drop_input(app);
	return conflict;
}

static void conflict_draw(struct app *app, void *state)
{
	struct conflict *conflict = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	char line[160];

	snprintf(line, sizeof line, " Someone else changed %s meanwhile", conflict->edit->name);
	screen_text(app->screen, 0, 0, columns, ROLE_HEADER, line);
	pager_draw(&conflict->pager, app->screen, 1, 0, rows - 4, columns);
	if (rows > 4)
		screen_text(app->screen, rows - 2, 0, columns, ROLE_TITLE,
		            columns < 60 ? " m mine on theirs  r theirs  b back" :
		            " m mine on top of theirs   r theirs, mine are dropped   b Esc keep editing");
	editor_guard_drawn(app, &conflict->guard);
}

static void conflict_tick(struct app *app, void *state)
{
	editor_guard_tick(app, &((struct conflict *)state)->guard);
}

/* --- keys */

static struct conflict *conflict_of(struct app *app)
{
	return app_state_of(app, &edit_conflict_view);
}

static void dropped(struct app *app, const struct dialog *dialog)
{
	struct conflict *conflict = conflict_of(app);
	struct edit *edit = conflict ? conflict->edit : NULL;

	(void)dialog;
	if (!edit)
		return;
	app_pop(app);
	if (editor_reload(app, edit))
		app_say(app, ROLE_INFO, "%s: read anew; what was edited here is dropped", edit->name);
}

static void reload(struct app *app, uint32_t key)
{
	const struct conflict *conflict = conflict_of(app);
	char title[128];

	(void)key;
	if (editor_deaf(app, &conflict->guard))
		return;
	snprintf(title, sizeof title, "Drop what was edited of %s here?", conflict->edit->name);
	dialog_question(&app->dialog, title, "take theirs", conflict->edit->name, "");
	app->dialog.confirmed = dropped;
}

/* One of our changes, onto the text that was read anew. */
static bool redo(struct edit *edit, const struct auberge_edit *mine, const struct auberge_change *change)
{
	struct auberge_error ignored;
	bool written = false, done;
	char *value = NULL;

	if (!change->key[0])
		return (change->after[0] ? auberge_edit_add_section : auberge_edit_remove_section)(edit->text, change->section, &ignored) >= 0;
	if (auberge_edit_get(mine, change->section, change->key, &value, &written, &ignored) < 0)
		return false;
	done = auberge_edit_set(edit->text, change->section, change->key, written ? value : NULL, &ignored) >= 0;
	free(value);
	return done;
}

static void merge(struct app *app, uint32_t key)
{
	struct conflict *conflict = conflict_of(app);
	struct edit *edit = conflict->edit;
	struct auberge_edit *mine = edit->text;
	size_t lost = 0, count = conflict->count;

	(void)key;
	if (editor_deaf(app, &conflict->guard))
		return;
	edit->text = NULL;
	if (!editor_reload(app, edit)) {
		edit->text = mine;
		app_pop(app);
		return;
	}
	for (size_t i = 0; i < count; i++)
		lost += redo(edit, mine, &conflict->changes[i]) ? 0 : 1;
	auberge_edit_free(mine);
	app_pop(app);
	if (edit->is_raw && !textarea_set(&edit->raw, auberge_edit_text(edit->text)))
		edit->is_raw = false;
	editor_fill(edit);
	if (lost > 0)
		app_say(app, ROLE_WARN, "%zu of %zu changes do not fit theirs any more: look at the fields, then ^S", lost, count);
	else
		app_say(app, ROLE_INFO, "yours on top of theirs, without comments of yours; ^S shows the diff");
}

static void scroll(struct app *app, uint32_t key)
{
	pager_key(&conflict_of(app)->pager, key);
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, scroll, NULL, "Move", "a line up, a line down", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN, ' '}, scroll, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, scroll, NULL, "Move", "the beginning, the end", false, DANGER_NONE, NULL},
	{{'b', 'n', 'q', K_ESCAPE}, act_back, NULL, "Move", "keep editing; a save is asked here again", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit; asks before what was edited here is dropped", false, DANGER_NONE, NULL},
	{{'m'}, merge, NULL, "Act", "my changes on top of theirs; nothing is saved yet", true, DANGER_NONE, NULL},
	{{'r'}, reload, NULL, "Act", "theirs; asks before what was edited here is dropped", true, DANGER_QUESTION, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *edit_conflict_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view edit_conflict_view = {
	.name = "someone else's edit",
	.keys = edit_conflict_keys,
	.open = conflict_open,
	.close = conflict_close,
	.draw = conflict_draw,
	.tick = conflict_tick,
};
