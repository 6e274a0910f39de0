/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of events on a screen; see event_list.h. */
#include "screens/event_list.h"

#include "model/event_text.h"
#include "widgets/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MS 3000

static const struct grid_column columns[] = {
	{"GUEST", 14, false, 0}, {"TIME", 14, false, 0}, {"EVENT", 8, false, 0}, {"WHAT", -1, false, 0},
};
/* On a narrow terminal: of the time hours and minutes, so that there is room for what happened. */
static const struct grid_column narrow[] = {
	{"GUEST", 9, false, 0}, {"TIME", 5, false, 0}, {"EVENT", 5, false, 0}, {"WHAT", -1, false, 0},
};
#define COLUMNS (sizeof columns / sizeof columns[0])
#define NARROW 60 /* columns below which these are used */
#define HOUR 6    /* where in the time the hour begins */

void event_list_free(struct event_list *events)
{
	free(events->shown);
	*events = (struct event_list){.all = events->all};
}

void event_list_tick(struct app *app, struct event_list *events, const char *name)
{
	ask_tick(app, &events->ask, TOPIC_EVENTS, name, EVERY_MS);
}

static void choose_shown(struct event_list *events, const struct source_answer *answer)
{
	const struct auberge_history_event *items = answer->items;

	events->count = 0;
	if (answer->count > events->room) {
		size_t *shown = realloc(events->shown, answer->count * sizeof *shown);

		if (!shown)
			return;
		events->shown = shown;
		events->room = answer->count;
	}
	for (size_t i = 0; i < answer->count; i++)
		if (!events->filter[0] || strcasestr(items[i].name, events->filter))
			events->shown[events->count++] = i;
}

static void draw_one(struct app *app, const struct event_list *events, const struct auberge_history_event *event, int row,
                     int column, int width, bool cursor)
{
	char time[32] = "", sentence[512];
	const char *texts[COLUMNS] = {event->name, NULL, event->event, sentence};
	enum role roles[COLUMNS] = {ROLE_TEXT, ROLE_TEXT, table_role(event_level(event)), ROLE_TEXT};
	size_t skip = events->all ? 0 : 1;

	event_time(event, time, sizeof time);
	texts[1] = width < NARROW && strlen(time) > HOUR ? time + HOUR : time;
	event_sentence(event, sentence, sizeof sentence);
	grid_row(app->screen, row, column, width, (width < NARROW ? narrow : columns) + skip, COLUMNS - skip, texts + skip, roles + skip, cursor);
}

static void draw_none(struct app *app, const struct event_list *events, const struct auberge_error *error, int row, int column,
                      int width)
{
	const char *text = events->filter[0] ? "no event of such a guest" : "nothing has happened yet";

	screen_text(app->screen, row, column, width, ROLE_DIM, error->code ? error->text : text);
	if (error->code && error->remedy[0])
		screen_text(app->screen, row + 1, column, width, ROLE_DIM, error->remedy);
}

void event_list_draw(struct app *app, struct event_list *events, const char *name, int row, int column, int width, int height,
                     bool cursor)
{
	const struct source_answer *answer = ask_answer(app, TOPIC_EVENTS, name);
	size_t skip = events->all ? 0 : 1;
	const struct auberge_history_event *items;

	grid_heading(app->screen, row, column, width, (width < NARROW ? narrow : columns) + skip, COLUMNS - skip);
	events->page = height > 1 ? (size_t)height - 1 : 1;
	if (!answer)
		return;
	choose_shown(events, answer);
	if (!events->left_end)
		events->table.cursor = events->count;
	table_fit(&events->table, events->count, events->page);
	if (events->count == 0)
		draw_none(app, events, &answer->error, row + 1, column + 1, width - 1);
	items = answer->items;
	for (size_t i = 0; i < events->page && events->table.first + i < events->count; i++) {
		size_t index = events->table.first + i;

		draw_one(app, events, &items[events->shown[index]], row + 1 + (int)i, column, width,
		         cursor && index == events->table.cursor);
	}
}

void event_list_move(struct event_list *events, uint32_t key)
{
	events->table.cursor = table_moved(&events->table, events->count, events->page, key);
	events->left_end = events->table.cursor + 1 < events->count;
}

const struct auberge_history_event *event_list_at(struct app *app, const struct event_list *events, const char *name)
{
	const struct source_answer *answer = ask_answer(app, TOPIC_EVENTS, name);
	size_t at = events->table.cursor;

	if (!answer || at >= events->count || events->shown[at] >= answer->count)
		return NULL;
	return &((const struct auberge_history_event *)answer->items)[events->shown[at]];
}

void event_list_find(struct app *app, struct event_list *events, const char *name, int step)
{
	const struct source_answer *answer = ask_answer(app, TOPIC_EVENTS, name);
	size_t at = events->table.cursor, count = events->count;

	for (size_t tried = 0; answer && events->search[0] && tried < count; tried++) {
		at = (at + count + (size_t)step) % count;
		if (events->shown[at] < answer->count &&
		    event_match(&((const struct auberge_history_event *)answer->items)[events->shown[at]], events->search)) {
			events->table.cursor = at;
			events->left_end = at + 1 < count;
			return;
		}
	}
	app_say(app, ROLE_WARN, "%.200s: no event shown has that in it", events->search);
}
