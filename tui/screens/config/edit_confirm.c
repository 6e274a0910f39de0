/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked before a config is saved: each key with when it acts, what is refused, and the diff. Owns struct confirm,
 * and the text when it is that of an earlier version.
 *
 * Invariant: no key that was read before the question was on the terminal, or within 300 ms of that, saves anything.
 */
#include "screens/acts/acts.h"
#include "screens/config/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NARROW_BELOW 60 /* columns */
#define HANGS_MS 2000   /* a save that takes longer may be left */

struct confirm {
	struct edit *edit;
	struct auberge_edit *text;
	unsigned version; /* 0: the editor's own text */
	struct pager pager;
	int width; /* that the pager's lines are broken for */
	struct auberge_change *changes;
	size_t count, refused;
	char *diff;
	size_t problems;
	struct edit_save *save; /* under way; NULL none */
	int64_t save_ms;        /* since then */
	struct edit_guard guard;
};

void editor_change_text(const struct auberge_change *change, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s: %s -> %s", change->section, change->key[0] ? "." : "", change->key,
	         change->before[0] ? change->before : "unset", change->after[0] ? change->after : "unset");
}

static void add_changes(struct confirm *confirm, int columns)
{
	bool narrow = columns < NARROW_BELOW;

	for (size_t i = 0; i < confirm->count; i++) {
		const struct auberge_change *change = &confirm->changes[i];
		const char *when = change->refused[0] ? "REFUSED" : change->effect == AUBERGE_EFFECT_NOW ? "now" : "at next start";
		enum role role = change->refused[0] ? ROLE_CRIT : change->effect == AUBERGE_EFFECT_NOW ? ROLE_OK : ROLE_WARN;
		char text[700], line[800];

		editor_change_text(change, text, sizeof text);
		snprintf(line, sizeof line, narrow ? " %s" : "                %s", text);
		if (!narrow)
			memcpy(line + 1, when, strlen(when));
		pager_add_wrapped(&confirm->pager, role, columns, narrow ? 3 : 16, line);
		if (narrow)
			pager_addf(&confirm->pager, role, "   %s", when);
		if (!change->refused[0])
			continue;
		snprintf(line, sizeof line, narrow ? "   %s" : "                %s", change->refused);
		pager_add_wrapped(&confirm->pager, role, columns, narrow ? 3 : 16, line);
	}
	if (confirm->count == 0)
		pager_add(&confirm->pager, ROLE_DIM, " no value changes: comments or layout only");
}

static void add_problems(struct confirm *confirm)
{
	struct auberge_problem *problems = NULL;
	struct auberge_error ignored;

	if (auberge_edit_problems(confirm->text, &problems, &confirm->problems, &ignored) < 0)
		confirm->problems = 0;
	for (size_t i = 0; i < confirm->problems; i++)
		pager_addf(&confirm->pager, ROLE_CRIT, " line %u: %s", problems[i].line, problems[i].text);
	free(problems);
}

/* The lines, broken for a terminal of so many columns. */
static void lay_out(struct confirm *confirm, int columns)
{
	size_t first = confirm->pager.first;

	pager_free(&confirm->pager);
	add_problems(confirm);
	add_changes(confirm, columns);
	pager_add(&confirm->pager, ROLE_TEXT, "");
	/* whose it is stands above */
	pager_add_diff(&confirm->pager, strstr(confirm->diff, "\n@@") ? strstr(confirm->diff, "\n@@") + 1 : confirm->diff);
	confirm->pager.first = first;
	confirm->width = columns;
}

static bool fill(struct app *app, struct confirm *confirm)
{
	struct auberge_error error = {0};

	if (app->source->editing->changes(confirm->text, &confirm->changes, &confirm->count, &error) < 0) {
		app_say_error(app, &error);
		return false;
	}
	for (size_t i = 0; i < confirm->count; i++)
		confirm->refused += confirm->changes[i].refused[0] ? 1 : 0;
	confirm->diff = auberge_edit_diff(confirm->text, &error);
	if (!confirm->diff) {
		app_say_error(app, &error);
		return false;
	}
	lay_out(confirm, screen_columns(app->screen));
	return true;
}

static void confirm_close(struct app *app, void *state)
{
	struct confirm *confirm = state;

	(void)app;
	if (confirm->save) {
		editor_save_leave(confirm->save);
		confirm->edit->saving = false;
	}
	if (confirm->version)
		auberge_edit_free(confirm->text);
	pager_free(&confirm->pager);
	free(confirm->changes);
	free(confirm->diff);
	free(confirm);
}

static void *confirm_open(struct app *app, const void *argument)
{
	const struct edit_question *question = argument;
	struct confirm *confirm = calloc(1, sizeof *confirm);

	if (!confirm) {
		if (question->version)
			auberge_edit_free(question->text);
		return NULL;
	}
	*confirm = (struct confirm){.edit = question->edit, .text = question->text, .version = question->version,
	                             .guard.painted_ms = -1};
	if (!fill(app, confirm)) {
		confirm_close(app, confirm);
		return NULL;
	}
	app_drop_input(app);
	return confirm;
}

static struct confirm *confirm_of(struct app *app)
{
	return app_state_of(app, &edit_confirm_view);
}

static bool is_running(const struct app *app, const struct confirm *confirm)
{
	const struct model_row *row = model_find(app->model, confirm->edit->name);

	return row && row->guest.running;
}

/* The keys that answer, in one line. */
static void answers(const struct app *app, const struct confirm *confirm, char *out, size_t size)
{
	bool narrow = screen_columns(app->screen) < NARROW_BELOW;
	const char *yes = confirm->problems ? "" : confirm->refused ? "F forces" : "y saves", *later = "";

	if (is_running(app, confirm) && !confirm->problems)
		later = narrow ? "  l next start only" : "   l for the next start only";
	snprintf(out, size, " %s%s%s", yes, later, narrow ? "  n Esc" : "   n Esc back");
}

static bool hangs(const struct app *app, const struct confirm *confirm)
{
	return confirm->save && app->now_ms >= confirm->save_ms + HANGS_MS;
}

static void confirm_draw(struct app *app, void *state)
{
	struct confirm *confirm = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	char line[160];

	if (confirm->version)
		snprintf(line, sizeof line, " Bring version %u of %s back?", confirm->version, confirm->edit->name);
	else
		snprintf(line, sizeof line, " Save %s?", confirm->edit->name);
	screen_text(app->screen, 0, 0, columns, ROLE_HEADER, line);
	if (confirm->width != columns)
		lay_out(confirm, columns);
	pager_draw(&confirm->pager, app->screen, 1, 0, rows - 4, columns);
	answers(app, confirm, line, sizeof line);
	if (rows > 4)
		screen_text(app->screen, rows - 2, 0, columns, ROLE_TITLE, !confirm->save ? line : hangs(app, confirm) ?
		            " saving...   Esc leaves it going on" : " saving...");
	editor_guard_drawn(app, &confirm->guard);
}

static void confirm_tick(struct app *app, void *state)
{
	struct confirm *confirm = state;

	editor_guard_tick(app, &confirm->guard);
	if (hangs(app, confirm))
		app->data_due = true; /* that it may be left is told */
}

/* --- keys */

static void tell_saved(struct app *app, const struct edit *edit, const struct auberge_change *changes, size_t count)
{
	size_t later = 0;

	for (size_t i = 0; i < count; i++)
		later += changes[i].effect == AUBERGE_EFFECT_NEXT_START;
	if (later > 0)
		app_say(app, ROLE_OK, "%s saved: %zu now, %zu at its next start; ^O goes back", edit->name, count - later, later);
	else
		app_say(app, ROLE_OK, "%s saved; ^O goes back to what was before", edit->name);
}

/* The file is as the text although the save failed: the kernel did not take a limit. */
static bool is_saved(struct app *app, const struct edit *edit, const char *text)
{
	struct auberge_error ignored;
	struct auberge_edit *now = auberge_edit_open(app->source->configs, edit->name, &ignored);
	bool same = now && strcmp(auberge_edit_text(now), text) == 0;

	auberge_edit_free(now);
	return same;
}

/* The save has ended; confirm is still on top. */
static void saved(struct app *app, void *data, const struct edit_saved *end)
{
	struct confirm *confirm = data;
	struct edit *edit = confirm->edit;
	bool version = confirm->version > 0, done;

	confirm->save = NULL;
	edit->saving = false;
	done = end->result >= 0 || is_saved(app, edit, auberge_edit_text(confirm->text));
	app->dialog.kind = DIALOG_NONE;
	editor_back_to(app, &edit_view); /* confirm is gone */
	if (end->result >= 0)
		tell_saved(app, edit, end->changes, end->count);
	else
		app_say_error(app, &end->error);
	if (done) {
		editor_reload(app, edit);
	} else if (end->error.code == AUBERGE_WRONG_STATE && !version) {
		edit->overtaken = true;
		app_push(app, &edit_conflict_view, edit);
	}
	app->round_ms = 0;
}

static void save(struct app *app, struct confirm *confirm, unsigned flags)
{
	if (!confirm->save) {
		confirm->save_ms = app->now_ms;
		app_wake(app, app->now_ms + HANGS_MS);
		confirm->save = editor_save(app, confirm->edit->name, confirm->text, flags, saved, confirm);
	}
	confirm->edit->saving = confirm->save != NULL;
}

static void forced(struct app *app, const struct dialog *dialog)
{
	struct confirm *confirm = confirm_of(app);

	(void)dialog;
	if (confirm)
		save(app, confirm, AUBERGE_SAVE_FORCE);
}

static void yes(struct app *app, uint32_t key)
{
	struct confirm *confirm = confirm_of(app);

	if (!editor_deaf(app, &confirm->guard))
		save(app, confirm, key == 'l' ? AUBERGE_SAVE_NEXT_START : 0);
}

static void force(struct app *app, uint32_t key)
{
	struct confirm *confirm = confirm_of(app);

	(void)key;
	if (editor_deaf(app, &confirm->guard))
		return;
	dialog_confirm(&app->dialog, "Limits below what is used now", "force them", confirm->edit->name, "");
	for (size_t i = 0; i < confirm->count; i++)
		if (confirm->changes[i].refused[0]) {
			dialog_line(&app->dialog, "%.31s.%.40s", confirm->changes[i].section, confirm->changes[i].key);
			dialog_line(&app->dialog, "  %.76s", confirm->changes[i].refused);
		}
	dialog_line(&app->dialog, "The kernel may end processes of it.");
	acts_bind(app);
	app->dialog.confirmed = forced;
}

/* Why nothing can be saved in any way. */
static const char *grey_all(const struct confirm *confirm)
{
	if (confirm && confirm->save)
		return "it is being saved";
	return confirm && confirm->problems ? "the text has errors" : NULL;
}

static const char *grey_save(struct app *app)
{
	const struct confirm *confirm = confirm_of(app);

	if (grey_all(confirm))
		return grey_all(confirm);
	return confirm && confirm->refused ? "a limit is below what is used now: F forces it" : NULL;
}

static const char *grey_later(struct app *app)
{
	const struct confirm *confirm = confirm_of(app);

	if (grey_all(confirm))
		return grey_all(confirm);
	return confirm && !is_running(app, confirm) ? "it does not run: all of it acts at its start" : NULL;
}

static const char *grey_force(struct app *app)
{
	const struct confirm *confirm = confirm_of(app);

	if (grey_all(confirm))
		return grey_all(confirm);
	return confirm && !confirm->refused ? "nothing is refused" : NULL;
}

static void scroll(struct app *app, uint32_t key)
{
	pager_key(&confirm_of(app)->pager, key);
}

static void back(struct app *app, uint32_t key)
{
	const struct confirm *confirm = confirm_of(app);

	(void)key;
	if (confirm->save && !hangs(app, confirm)) /* how it ends is worth a moment */
		return;
	if (confirm->save)
		app_say(app, ROLE_WARN, "%s: the save goes on; how it ends is said then", confirm->edit->name);
	app_pop(app);
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, scroll, NULL, "Move", "a line up, a line down", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN, ' '}, scroll, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, scroll, NULL, "Move", "the beginning, the end", false, DANGER_NONE, NULL},
	{{'n', 'q', K_ESCAPE}, back, NULL, "Move", "back; nothing is saved, but a save under way goes on", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit; asks before what was edited is dropped", false, DANGER_NONE, NULL},
	{{'y'}, yes, NULL, "Act", "save; what can act now acts now", true, DANGER_QUESTION, grey_save},
	{{'l'}, yes, NULL, "Act", "save for the next start only: the running guest is left alone", true, DANGER_QUESTION, grey_later},
	{{'F'}, force, NULL, "Act", "save also limits below what is used now; asks once more", true, DANGER_DIALOG, grey_force},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *edit_confirm_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view edit_confirm_view = {
	.name = "saving a config",
	.keys = edit_confirm_keys,
	.open = confirm_open,
	.close = confirm_close,
	.draw = confirm_draw,
	.tick = confirm_tick,
};
