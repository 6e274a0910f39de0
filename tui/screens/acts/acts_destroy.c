/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destroy, class 3: what is deleted and what is kept is listed, and the guest's name typed. One guest at a time: a list
 * of several is never read as carefully as one name is typed. Owns what it lists until the next one is asked for; it never
 * stops a guest.
 */
#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"

#include <stdio.h>
#include <string.h>

#define BELONGINGS_MAX 48

static struct { /* of the dialog in front; there is but one */
	struct {
		bool kept;
		char what[200];
	} items[BELONGINGS_MAX];
	size_t count, more;
} listed;

static void found(void *data, bool kept, const char *what)
{
	(void)data;
	if (listed.count == BELONGINGS_MAX) {
		listed.more++;
		return;
	}
	listed.items[listed.count].kept = kept;
	auberge_text_clean(listed.items[listed.count].what, sizeof listed.items->what, what, strlen(what), 0);
	listed.count++;
}

static enum role belonging_line(const void *data, size_t index, int width, char *out, size_t size)
{
	(void)data;
	(void)width;
	snprintf(out, size, "%s  %s", listed.items[index].kept ? "kept   " : "deleted", listed.items[index].what);
	return listed.items[index].kept ? ROLE_OK : ROLE_TEXT;
}

/* The one tagged guest, or the screen's. */
static struct model_row *target(struct app *app)
{
	if (!acts_tagged(app))
		return acts_row(app);
	for (size_t i = 0; i < app->model->rows_count; i++)
		if (app->model->rows[i]->tagged)
			return app->model->rows[i];
	return NULL;
}

const char *grey_destroy(struct app *app)
{
	static char reason[256];
	const struct model_row *row = target(app);
	enum auberge_state state = row ? row->guest.state : AUBERGE_STOPPED;

	if (acts_tagged(app) && app->model->tagged > 1)
		return "destroy takes one guest at a time: T takes the tags away";
	if (!row)
		return "there is no guest under the cursor";
	if (row->guest.restart_seconds) {
		snprintf(reason, sizeof reason, "%.64s waits to be started again; x ends that", row->guest.name);
		return reason;
	}
	if (state == AUBERGE_STOPPED || state == AUBERGE_FAILED_STATE || state == AUBERGE_INCOMPLETE)
		return NULL;
	snprintf(reason, sizeof reason, "destroy deletes %s's disk; to power it off: auberge kill %s", row->guest.name,
	         row->guest.name);
	return reason;
}

static void confirmed(struct app *app, const struct dialog *dialog)
{
	const struct model_row *row = model_find(app->model, dialog->target);
	enum auberge_state state = row ? row->guest.state : AUBERGE_RUNNING;

	if (state != AUBERGE_STOPPED && state != AUBERGE_FAILED_STATE && state != AUBERGE_INCOMPLETE) {
		app_say(app, ROLE_CRIT, "%s is %s now: nothing was deleted", dialog->target, row ? auberge_state_word(state) : "gone");
		return;
	}
	if (!bulk_begin_destroy(app, dialog->target))
		return;
	if (acts_tagged(app))
		model_untag_all(app->model);
	acts_hold(app);
}

void act_destroy(struct app *app, uint32_t key)
{
	const struct model_row *row = target(app);
	struct auberge_error error = {0};
	struct dialog *dialog = &app->dialog;
	char title[128];

	(void)key;
	if (!bulk_room(app))
		return;
	listed.count = listed.more = 0;
	if (app->source->belongings(app->source, row->guest.name, found, NULL, &error) < 0) {
		listed.count = 0;
		found(NULL, false, "its config, its disk and its history");
		found(NULL, true, "a directory used in place, sources of mounts: its config cannot be read now");
	}
	snprintf(title, sizeof title, "Destroy %s", row->guest.name);
	dialog_name(dialog, title, "destroy", row->guest.name, model_state_word(row));
	dialog->list.count = listed.count;
	dialog->list.line = belonging_line;
	dialog_line(dialog, "%s", "");
	if (listed.more > 0)
		dialog_line(dialog, "and %zu more", listed.more);
	dialog_line(dialog, "What is deleted cannot be had back.");
	acts_bind(app);
	dialog->confirmed = confirmed;
}
