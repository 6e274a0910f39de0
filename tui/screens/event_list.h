/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as the guest screen, the event screen and the dashboard show them. Owns which of them are shown. The newest is
 * at the bottom; a cursor that stands there goes along with what comes.
 */
#ifndef SCREENS_EVENT_LIST_H
#define SCREENS_EVENT_LIST_H

#include "screens/ask.h"
#include "widgets/table.h"

struct event_list {
	struct table table;
	struct ask ask;
	bool all;      /* of all guests */
	bool left_end; /* the cursor was moved away from the newest */
	size_t page;
	size_t *shown; /* indexes into the answer, of those that pass the filter */
	size_t count, room;
	char filter[DIALOG_TEXT], search[DIALOG_TEXT];
};

void event_list_free(struct event_list *events);
void event_list_tick(struct app *app, struct event_list *events, const char *name);
/* columns of width from column on; cursor: show it. */
void event_list_draw(struct app *app, struct event_list *events, const char *name, int row, int column, int width, int height,
                     bool cursor);
void event_list_move(struct event_list *events, uint32_t key);
/* Under the cursor, or NULL. */
const struct auberge_history_event *event_list_at(struct app *app, const struct event_list *events, const char *name);
void event_list_find(struct app *app, struct event_list *events, const char *name, int step);

#endif
