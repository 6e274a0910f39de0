/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard's state, shared by its files: what is drawn (dashboard.c), what is beside the list on a
 * wide terminal (dashboard_wide.c), its keys (dashboard_keys.c).
 */
#ifndef SCREENS_DASHBOARD_H
#define SCREENS_DASHBOARD_H

#include "screens/event_list.h"
#include "screens/process_list.h"
#include "screens/view.h"
#include "widgets/table.h"

#define DASHBOARD_HEAD 3 /* lines above the guests */
#define DASHBOARD_FOOT 3 /* messages, status, keys */

#define DASHBOARD_WIDE 120 /* columns from which on there are panes beside and below the list */

enum dashboard_pane { PANE_LIST, PANE_DETAIL, PANE_EVENTS, PANES_COUNT };

struct dashboard {
	struct table table;
	char name[AUBERGE_NAME_MAX + 1]; /* of the guest under the cursor */
	char search[DIALOG_TEXT];
	struct {
		struct model_row *rows; /* copies by name: what is shown while the view is held; NULL: not held */
		size_t count;
		struct model model; /* of which only the figures of the host and the counts are used */
	} held;
	struct {
		enum dashboard_pane focus;
		char name[AUBERGE_NAME_MAX + 1]; /* whose detail is shown: follows the cursor once that rests */
		int64_t moved_ms;                /* when the cursor moved last */
		struct model_row row;            /* as the detail shows it: renewed every few rounds */
		unsigned row_round;
		struct process_list processes;
		struct event_list events;
	} wide;
};

struct dashboard *dashboard_of(struct app *app);
size_t dashboard_page(const struct app *app); /* how many guests fit */
/* Where the cursor is: on its guest, also when the order is another since it was drawn. */
size_t dashboard_cursor(struct app *app);
/* The cursor follows its guest; to be called when the order or the list may have changed. */
void dashboard_follow(struct app *app, struct dashboard *dashboard);
void dashboard_move_to(struct app *app, size_t index);
void dashboard_hold(struct app *app, struct dashboard *dashboard);
void dashboard_release(struct app *app, struct dashboard *dashboard);

/* The row as it is shown: a copy while the view is held. */
const struct model_row *dashboard_shown(const struct dashboard *dashboard, const struct model_row *row);

/* --- dashboard_wide.c */
bool dashboard_is_wide(const struct app *app);
void dashboard_layout(const struct app *app, struct model_layout *layout);
int dashboard_events_height(const struct app *app);
enum dashboard_pane dashboard_focus(struct app *app);
void dashboard_wide_draw(struct app *app, struct dashboard *dashboard);
void dashboard_wide_tick(struct app *app, struct dashboard *dashboard);
void dashboard_wide_close(struct dashboard *dashboard);
/* Another pane than the list has the focus and took the key. */
bool dashboard_wide_move(struct app *app, uint32_t key);
void dashboard_wide_open(struct app *app);

#endif
