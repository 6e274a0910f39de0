/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console within the screens: its own screen on all lines but the last, the strip there. All keys are the
 * guest's but those behind the prefix. Owns what is shown of it; the consoles are consoles.c's.
 */
#include "screens/console/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MS 5000 /* a message stands in front of a line of the guest no longer than that */

struct console_screen *console_screen_of(struct app *app)
{
	return app_state_of(app, &console_view);
}

uint32_t console_prefix(struct app *app)
{
	return (uint32_t)app->source->console_escape(app->source);
}

int console_height(const struct app *app)
{
	int rows = screen_rows(app->screen);

	return rows > 1 ? rows - 1 : 1;
}

/* Below an overlay or the help it is still the one that is shown next, and read at full speed. */
struct console *console_shown(struct app *app)
{
	for (size_t i = app->views_count; i > 0; i--)
		if (app->views[i - 1].view == &console_view && app->views[i - 1].state)
			return ((struct console_screen *)app->views[i - 1].state)->console;
	return NULL;
}

void console_show(struct app *app, struct console_screen *screen, struct console *console)
{
	if (!console)
		return;
	if (screen->console != console)
		screen->before = screen->console;
	screen->console = console;
	screen->back = false;
	console->shown_ms = app->now_ms;
	console->changed = true;
	console_resize(app, console, console_height(app), screen_columns(app->screen));
	console->more = true;
	console->next_ms = 0;
	app_wake(app, app->now_ms);
	app->echo_due = true;
}

/* Whoever asked for it finds the one before; without one the screen stays, as what is typed for a guest must not become
 * acts of the screen below. */
void console_refused(struct app *app, struct console *console, const struct auberge_error *error)
{
	app_say_error(app, error);
	for (size_t i = app->views_count; i > 0; i--) {
		struct console_screen *screen = app->views[i - 1].state;

		if (app->views[i - 1].view != &console_view || screen->console != console)
			continue;
		if (i == app->views_count) /* it asked about this console */
			app->dialog.kind = DIALOG_NONE;
		screen->console = NULL;
		screen->back = screen->prefixed = false;
		snprintf(screen->name, sizeof screen->name, "%s", console->name);
		auberge_text_clean(screen->refused, sizeof screen->refused, error->text, strcspn(error->text, "\n"), 0);
		if (screen->before && consoles_has(app, screen->before))
			console_show(app, screen, screen->before);
		else
			app->message[0] = '\0'; /* the screen says it */
		app->echo_due = true;
	}
}

static void *console_open(struct app *app, const void *argument)
{
	struct console_screen *screen = calloc(1, sizeof *screen);
	struct console *console;

	if (!screen)
		return NULL;
	console = consoles_open(app, argument, 0, console_height(app), screen_columns(app->screen));
	if (!console) {
		free(screen);
		return NULL;
	}
	console_show(app, screen, console);
	return screen;
}

static void console_close(struct app *app, void *state)
{
	(void)app;
	free(state);
}

void console_leave(struct app *app)
{
	app_pop(app);
	app_drop_input(app);
}

void console_follow(struct app *app, struct console_screen *screen)
{
	const struct vt *vt = screen->console->vt;
	int64_t moved = vt_scrolled(vt) - screen->scrolled;
	int oldest = -vt_history(vt), last = vt_rows(vt) - console_height(app);

	screen->scrolled += moved;
	screen->top = (int)(screen->top - moved);
	if (screen->found != INT32_MIN)
		screen->found = (int)(screen->found - moved);
	screen->top = screen->top < oldest ? oldest : screen->top > last ? last : screen->top;
}

static void not_pasted(struct app *app)
{
	app_say(app, ROLE_INFO, "pasted text ignored");
}

static void take_prefixed(struct app *app, struct console_screen *screen, uint32_t key)
{
	size_t count;
	const struct key_row *rows = console_keys(&count), *row = app_find_key(rows, count, key);
	struct console *console = screen->console;
	char prefix = (char)console_prefix(app);

	screen->prefixed = false;
	if (row && key != console_prefix(app)) { /* the prefix may be one of the keys itself */
		if (app_grey(app, row))
			app_say(app, ROLE_WARN, "%s", app_grey(app, row));
		else
			row->act(app, key);
	} else if (key == K_PASTE) {
		not_pasted(app);
	} else if (!console) {
		return;
	} else if (key == console_prefix(app)) {
		console_send_bytes(app, console, &prefix, 1);
	} else if (key != K_UNKNOWN) { /* nothing is lost */
		console_send_bytes(app, console, &prefix, 1);
		vt_key(console->vt, key);
		console_send(app, console);
	}
}

static void take_back(struct app *app, uint32_t key)
{
	size_t count;
	const struct key_row *rows = console_scroll_keys(&count), *row = app_find_key(rows, count, key);

	if (row)
		row->act(app, key);
	else if (key == K_PASTE)
		not_pasted(app);
}

/* Its last screen, or why there is none. */
static void take_over(struct app *app, struct console *console, uint32_t key)
{
	if (key == K_PASTE)
		not_pasted(app);
	if (key != K_ENTER)
		return;
	if (console)
		consoles_drop(app, console);
	console_leave(app);
}

static bool console_key(struct app *app, void *state, uint32_t key)
{
	struct console_screen *screen = state;
	struct console *console = screen->console;

	if (screen->prefixed) {
		take_prefixed(app, screen, key);
	} else if (key == console_prefix(app)) {
		screen->prefixed = true;
	} else if (screen->back) {
		take_back(app, key);
	} else if (!console || !console->handle) {
		take_over(app, console, key);
	} else if (console->watch_only) {
		if (key != K_UNKNOWN)
			app_say(app, ROLE_INFO, "watching only: nothing is sent");
	} else if (key == K_PASTE) {
		console_paste(app, console, keys_pasted(&app->keys));
	} else {
		vt_key(console->vt, key);
		console_send(app, console);
	}
	return true;
}

static void console_tick(struct app *app, void *state)
{
	if (!app->message[0] || app->views[app->views_count - 1].state != state)
		return;
	if (app->now_ms < app->message_ms + MESSAGE_MS) {
		app_wake(app, app->message_ms + MESSAGE_MS);
		return;
	}
	app->message[0] = '\0';
	app->echo_due = true;
}

const struct view console_view = {
	.name = "console",
	.keys = console_keys,
	.open = console_open,
	.close = console_close,
	.key = console_key,
	.draw = console_draw,
	.tick = console_tick,
	.takes_all = true,
};
