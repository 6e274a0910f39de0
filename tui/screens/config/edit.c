/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config editor: a form, or the raw text. Owns struct edit. Invariant: the file is written by nothing here; someone
 * else's edit is seen as it happens (inotify) and told.
 */
#include "screens/config/edit.h"

#include "widgets/keybar.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct edit *editor_of(struct app *app)
{
	return app_state_of(app, &edit_view);
}

void editor_back_to(struct app *app, const struct view *view)
{
	while (app->views_count > 1 && app->views[app->views_count - 1].view != view)
		app_pop(app);
}

bool editor_changed(const struct edit *edit)
{
	if (strcmp(auberge_edit_text(edit->original), auberge_edit_text(edit->text)) != 0)
		return true;
	for (size_t i = 0; !edit->is_raw && i < edit->form.count; i++)
		if (edit->form.fields[i].changed)
			return true;
	return false;
}

/* A turn comes right behind it, which finds it on the terminal. */
void editor_guard_drawn(struct app *app, struct edit_guard *guard)
{
	guard->drawn = true;
	if (guard->painted_ms < 0)
		app_wake(app, app->now_ms);
}

void editor_guard_tick(struct app *app, struct edit_guard *guard)
{
	if (guard->drawn && guard->painted_ms < 0 && !output_pending(screen_output(app->screen)))
		guard->painted_ms = app->now_ms;
}

bool editor_deaf(const struct app *app, const struct edit_guard *guard)
{
	return guard->painted_ms < 0 || app->now_ms < guard->painted_ms + DIALOG_DEAF_MS;
}

/* Text and original, not what the fields say. */
static bool read_anew(struct app *app, struct edit *edit)
{
	struct auberge_error error = {0}, ignored;
	struct auberge_edit *text, *original;

	text = auberge_edit_open(app->source->configs, edit->name, &error);
	original = text ? auberge_edit_open(app->source->configs, edit->name, &error) : NULL;
	/* A save between the two: once more, and a third time is no chance. */
	if (original && strcmp(auberge_edit_text(text), auberge_edit_text(original)) != 0 &&
	    auberge_edit_set_text(text, auberge_edit_text(original), &error) < 0) {
		auberge_edit_free(original);
		original = NULL;
	}
	if (!original) {
		auberge_edit_free(text);
		app_say_error(app, &error);
		return false;
	}
	auberge_edit_free(edit->text);
	auberge_edit_free(edit->original);
	edit->text = text;
	edit->original = original;
	edit->overtaken = false;
	free(edit->drift);
	edit->drift = NULL;
	if (app->source->editing->drift(app->source->configs, edit->name, &edit->drift, &edit->drift_count, &ignored) < 0)
		edit->drift_count = 0;
	return true;
}

bool editor_reload(struct app *app, struct edit *edit)
{
	if (!read_anew(app, edit))
		return false;
	if (edit->is_raw && !textarea_set(&edit->raw, auberge_edit_text(edit->text)))
		edit->is_raw = false;
	return editor_fill(edit);
}

/* --- someone else's edit */

static void look_again(struct app *app, struct edit *edit)
{
	struct auberge_error error = {0};
	struct auberge_edit *now = edit->saving ? NULL : auberge_edit_open(app->source->configs, edit->name, &error);
	bool other = now && strcmp(auberge_edit_text(now), auberge_edit_text(edit->original)) != 0;
	bool as_here = other && strcmp(auberge_edit_text(now), auberge_edit_text(edit->text)) == 0;

	auberge_edit_free(now);
	if (as_here && read_anew(app, edit)) { /* a save that was not waited for */
		editor_remark(edit);
		app->echo_due = true;
		return;
	}
	if (!now && error.code == AUBERGE_NO_GUEST)
		app_say(app, ROLE_CRIT, "%s was destroyed meanwhile: there is nothing to save to", edit->name);
	if (!other || edit->overtaken)
		return;
	edit->overtaken = true;
	app_say(app, ROLE_WARN, "someone else changed %s's config just now: ^S shows what", edit->name);
}

static void on_files(struct app *app, void *data, short events)
{
	union {
		struct inotify_event event;
		char bytes[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	} buffer;
	struct edit *edit = data;
	bool ours = false;
	ssize_t got;

	(void)events;
	while ((got = read(edit->watch, buffer.bytes, sizeof buffer.bytes)) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const void *)(buffer.bytes + at);

			ours = ours || event->len == 0 || strcmp(event->name, "guest.ini") == 0;
			at += (ssize_t)(sizeof *event + event->len);
		}
	if (ours)
		look_again(app, edit);
}

/* Without it someone else's edit is told at the save. */
static void watch_files(struct app *app, struct edit *edit)
{
	char path[PATH_MAX];

	edit->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (edit->watch < 0)
		return;
	snprintf(path, sizeof path, "%s/%s", auberge_state_dir(app->source->configs), edit->name);
	if (inotify_add_watch(edit->watch, path, IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVE_SELF | IN_DELETE_SELF) >= 0 &&
	    app_watch(app, edit->watch, POLLIN, on_files, edit))
		return;
	close(edit->watch);
	edit->watch = -1;
}

static void edit_close(struct app *app, void *state)
{
	struct edit *edit = state;

	if (edit->watch >= 0) {
		app_unwatch(app, edit->watch);
		close(edit->watch);
	}
	app_drop_input(app);
	auberge_edit_free(edit->text);
	auberge_edit_free(edit->original);
	form_free(&edit->form);
	textarea_free(&edit->raw);
	free(edit->problems);
	free(edit->drift);
	free(edit);
}

static void *edit_open(struct app *app, const void *argument)
{
	struct edit *edit = calloc(1, sizeof *edit);

	if (!edit)
		return NULL;
	edit->app = app;
	snprintf(edit->name, sizeof edit->name, "%s", (const char *)argument);
	watch_files(app, edit); /* before the file is read: nothing is missed */
	if (!editor_reload(app, edit)) {
		edit_close(app, edit);
		return NULL;
	}
	app->source->ask(app->source, TOPIC_NETWORK, ""); /* for the list of bridges */
	return edit;
}

/* --- drawing */

static enum role role_of(const void *data, size_t line, const char *text)
{
	const struct edit *edit = data;

	for (size_t i = 0; i < edit->problems_count; i++)
		if (edit->problems[i].line == line)
			return ROLE_CRIT;
	text += strspn(text, " \t");
	return *text == '#' || *text == ';' ? ROLE_DIM : *text == '[' ? ROLE_TITLE : ROLE_TEXT;
}

/* Of the cursor's line, else the first. */
static void raw_help(const struct edit *edit, char *out, size_t size)
{
	const struct auberge_problem *problem = edit->problems_count ? &edit->problems[0] : NULL;

	for (size_t i = 0; i < edit->problems_count; i++)
		if (edit->problems[i].line == edit->raw.row + 1) {
			problem = &edit->problems[i];
			break;
		}
	if (problem)
		snprintf(out, size, "line %u: %s%s", problem->line, problem->text, edit->problems_count > 1 ? "  (and more)" : "");
	else
		snprintf(out, size, "guest.ini as it is written; auberge-guest.ini(5)");
}

static void draw_help(struct app *app, struct edit *edit)
{
	enum role role = edit->problems_count ? ROLE_CRIT : ROLE_INFO;
	char help[640] = " ";

	if (edit->is_raw)
		raw_help(edit, help + 1, sizeof help - 1);
	else
		role = form_help(&edit->form, help + 1, sizeof help - 1);
	form_screen_help(app, role, help);
}

static void draw_head(struct app *app, const struct edit *edit)
{
	const struct model_row *row = model_find(app->model, edit->name);
	const char *state = edit->overtaken ? "changed by someone else" : editor_changed(edit) ? "not saved" : "";
	int columns = screen_columns(app->screen), at;
	char line[160];

	snprintf(line, sizeof line, " Edit %s  %s%s", edit->name, row ? auberge_state_word(row->guest.state) : "",
	         edit->is_raw ? "  raw text" : "");
	screen_text(app->screen, 0, 0, columns, ROLE_HEADER, line);
	at = columns - (int)strlen(state) - 1;
	if (*state && at > 0)
		screen_text(app->screen, 0, at, -1, ROLE_HEADER, state);
}

static void edit_draw(struct app *app, void *state)
{
	struct edit *edit = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	int body = rows >= FORM_SCREEN_ROOMY ? rows - 6 : rows - 4;
	const struct key_row *keys;
	size_t count;

	draw_head(app, edit);
	if (edit->is_raw)
		textarea_draw(&edit->raw, app->screen, 1, 0, body, columns, role_of, edit);
	else
		form_draw(&edit->form, app->screen, 1, 0, body, columns, true);
	if (rows > 4) {
		draw_help(app, edit);
		screen_text(app->screen, rows - 2, 0, columns, ROLE_DIM, columns < 60 ?
		            (edit->is_raw ? " ^S save  ^R form  ^Z undo  Esc leave" : " ^S save  ^R raw text  Esc leave") : edit->is_raw ?
		            " ^S saves   ^R the form   ^Z undo   Esc leaves" :
		            " Tab next   ^S saves   ^R raw text   ^O versions   Esc leaves");
	}
	keys = edit_keys(&count);
	if (rows > 1)
		keybar_draw(app, rows - 1, keys, count);
}

/* What is being saved is saved whole or not at all, without us too. */
static bool edit_unsaved(const void *state, char *out, size_t size)
{
	const struct edit *edit = state;

	snprintf(out, size, "the changes of %s", edit->name);
	return editor_changed(edit) && !edit->saving;
}

const struct view edit_view = {
	.name = "config editor",
	.keys = edit_keys,
	.open = edit_open,
	.close = edit_close,
	.key = editor_key,
	.draw = edit_draw,
	.unsaved = edit_unsaved,
	.takes_all = true,
};
