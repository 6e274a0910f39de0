/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of all guests: what happened, by whom, newest at the bottom, going along. Owns struct event_list. */
#include "screens/acts/bulk.h"
#include "screens/event_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct event_list *state_of(struct app *app)
{
	return app_state_of(app, &events_view);
}

static void *events_open(struct app *app, const void *argument)
{
	struct event_list *events = calloc(1, sizeof *events);

	(void)argument;
	if (events)
		events->all = true;
	app_wake(app, app->now_ms);
	return events;
}

static void events_close(struct app *app, void *state)
{
	(void)app;
	event_list_free(state);
	free(state);
}

static void events_tick(struct app *app, void *state)
{
	if (app_in_front(app, state))
		event_list_tick(app, state, "");
}

static void events_draw(struct app *app, void *state)
{
	struct event_list *events = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	char text[DIALOG_TEXT + 96];

	screen_text(app->screen, 0, 1, -1, ROLE_TITLE, "Events of all guests");
	event_list_draw(app, events, "", 1, 0, columns, rows - 4, true);
	snprintf(text, sizeof text, " %zu of %zu  filter: %s%s", events->count ? events->table.cursor + 1 : 0, events->count,
	         events->filter[0] ? events->filter : "none", events->left_end ? "  G follows" : "  following");
	screen_text(app->screen, rows - 2, 0, columns, ROLE_TEXT, text);
}

/* --- keys */

static void move(struct app *app, uint32_t key)
{
	event_list_move(state_of(app), key);
}

static void open_guest(struct app *app, uint32_t key)
{
	const struct auberge_history_event *event = event_list_at(app, state_of(app), "");

	(void)key;
	if (event)
		views_guest(app, event->name, 0);
}

static const char *grey_open(struct app *app)
{
	struct event_list *events = state_of(app);

	return events && event_list_at(app, events, "") ? NULL : "there is no event here";
}

static void searched(struct app *app, const struct dialog *dialog)
{
	struct event_list *events = state_of(app);

	snprintf(events->search, sizeof events->search, "%s", dialog->text);
	if (events->search[0])
		event_list_find(app, events, "", -1);
}

static void search(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " search: ", "");
	app->dialog.confirmed = searched;
}

/* The newest first: n goes back in time. */
static void search_next(struct app *app, uint32_t key)
{
	event_list_find(app, state_of(app), "", key == 'N' ? 1 : -1);
}

static const char *grey_next(struct app *app)
{
	const struct event_list *events = state_of(app);

	return events && events->search[0] ? NULL : "nothing was searched for yet: / searches";
}

static void filtered(struct app *app, const struct dialog *dialog)
{
	struct event_list *events = state_of(app);

	snprintf(events->filter, sizeof events->filter, "%s", dialog->text);
	events->left_end = false;
}

static void filter(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " guest's name has: ", state_of(app)->filter);
	app->dialog.confirmed = filtered;
}

#define F(number) (K_F1 + (number) - 1)

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "the event before, after", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, move, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME}, move, NULL, "Move", "the oldest", false, DANGER_NONE, NULL},
	{{'G', K_END}, move, NULL, "Move", "the newest; goes along with what comes", false, DANGER_NONE, NULL},
	{{K_ENTER}, open_guest, NULL, "Move", "open the event's guest", false, DANGER_NONE, grey_open},
	{{'q', K_ESCAPE}, act_back, NULL, "Move", "back", false, DANGER_NONE, NULL},
	{{'Q', F(10)}, app_key_quit, "Quit", "Move", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{'/'}, search, NULL, "Find", "search in all of an event", false, DANGER_NONE, NULL},
	{{'n', 'N'}, search_next, NULL, "Find", "the next match back in time, forth", false, DANGER_NONE, grey_next},
	{{'\\', F(4)}, filter, "Filter", "Find", "filter by guest: part of its name", false, DANGER_NONE, NULL},
	{{'B'}, bulk_show, NULL, "Act", "acts under way in the background, and results", false, DANGER_NONE, grey_bulk},
	{{'v'}, act_view, NULL, "Look", "another view: guests, bridges, processes", false, DANGER_NONE, NULL},
	{{'+', '-'}, act_rate, NULL, "Look", "refresh more often, less often", false, DANGER_NONE, NULL},
	{{'!'}, act_worst, NULL, "Look", "what is wrong with the worst guest", false, DANGER_NONE, grey_worst},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *events_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view events_view = {
	.name = "events",
	.keys = events_keys,
	.open = events_open,
	.close = events_close,
	.draw = events_draw,
	.tick = events_tick,
};
