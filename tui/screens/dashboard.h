/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard's state, shared by its two files: what is drawn (dashboard.c) and its keys (dashboard_keys.c). */
#ifndef SCREENS_DASHBOARD_H
#define SCREENS_DASHBOARD_H

#include "screens/view.h"
#include "widgets/table.h"

#define DASHBOARD_HEAD 3 /* lines above the guests */
#define DASHBOARD_FOOT 3 /* messages, status, keys */

struct dashboard {
	struct table table;
	char name[AUBERGE_NAME_MAX + 1]; /* of the guest under the cursor */
	char search[DIALOG_TEXT];
	struct {
		struct model_row *rows; /* copies by name: what is shown while the view is held; NULL: not held */
		size_t count;
		struct model model; /* of which only the figures of the host and the counts are used */
	} held;
};

struct dashboard *dashboard_of(struct app *app);
size_t dashboard_page(const struct app *app); /* how many guests fit */
/* The cursor follows its guest; to be called when the order or the list may have changed. */
void dashboard_follow(struct app *app, struct dashboard *dashboard);
void dashboard_move_to(struct app *app, size_t index);
void dashboard_hold(struct app *app, struct dashboard *dashboard);
void dashboard_release(struct app *app, struct dashboard *dashboard);

#endif
