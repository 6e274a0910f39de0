/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the screen of acts on several guests, and what opens and leaves it. */
#include "screens/acts/bulk_view.h"

#include "screens/acts/acts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bulk_state *bulk_state_of(const struct app *app)
{
	return app_state_of(app, &bulk_view);
}

const char *grey_bulk(struct app *app)
{
	for (size_t i = 0; i <= BULKS_MAX; i++)
		if (app->bulks[i])
			return NULL;
	return "no act is under way, no result waits to be read";
}

void bulk_show(struct app *app, uint32_t key)
{
	(void)key;
	if (!bulk_state_of(app))
		app_push(app, &bulk_view, NULL);
}

static void *bulk_open(struct app *app, const void *argument)
{
	struct bulk_state *state = calloc(1, sizeof *state);

	(void)argument;
	if (state)
		bulk_arrange(app, state);
	if (state && state->count > 1) /* not on a heading */
		state->cursor = state->lines[state->at = 1];
	return state;
}

static void bulk_close(struct app *app, void *opened)
{
	struct bulk_state *state = opened;

	(void)app;
	free(state->lines);
	free(state);
}

/* The guest under the cursor: acts on it are as on the dashboard. */
static struct model_row *row(struct app *app, void *opened)
{
	const struct bulk_target *target;

	bulk_arrange(app, opened);
	target = bulk_under_cursor(opened);
	return target ? model_find(app->model, target->name) : NULL;
}

/* --- keys */

static void move_to(struct app *app, size_t at)
{
	struct bulk_state *state = bulk_state_of(app);

	bulk_arrange(app, state);
	if (state->count == 0)
		return;
	state->at = at < state->count ? at : state->count - 1;
	state->cursor = state->lines[state->at];
}

static void move(struct app *app, uint32_t key)
{
	const struct bulk_state *state = bulk_state_of(app);
	size_t page = bulk_page(app), step = key == K_PAGE_UP || key == K_PAGE_DOWN ? page : 1;

	if (key == K_UP || key == 'k' || key == K_PAGE_UP)
		move_to(app, state->at > step ? state->at - step : 0);
	else
		move_to(app, state->at + step);
}

static void jump(struct app *app, uint32_t key)
{
	move_to(app, key == 'g' || key == K_HOME ? 0 : SIZE_MAX);
}

static void who(struct app *app, uint32_t key)
{
	const struct bulk_target *target = bulk_under_cursor(bulk_state_of(app));

	(void)key;
	if (jobs_find(app, target->name, AUBERGE_STOP) || jobs_join(app, target->name, -1))
		app_push(app, &stop_view, target->name);
}

static void kill_it(struct app *app, uint32_t key)
{
	(void)key;
	acts_ask_kill(app, acts_row(app)->guest.name);
}

static void called_off(struct app *app, const struct dialog *dialog)
{
	struct bulk_state *state = bulk_state_of(app);

	(void)dialog;
	if (!state)
		return;
	bulk_arrange(app, state);
	if (state->count > 0)
		bulk_call_off(state->cursor.bulk);
}

static void call_off(struct app *app, uint32_t key)
{
	const struct bulk *bulk = bulk_state_of(app)->cursor.bulk;
	char title[128];

	(void)key;
	snprintf(title, sizeof title, "Begin none of the %zu that wait?", bulk->counts[BULK_WAITS]);
	dialog_question(&app->dialog, title, "call off", "", "");
	app->dialog.confirmed = called_off;
}

static void dismiss(struct app *app, uint32_t key)
{
	struct bulk_state *state = bulk_state_of(app);

	(void)key;
	bulk_dismiss(app, state->cursor.bulk);
	state->cursor = (struct bulk_line){0};
	bulk_arrange(app, state);
	if (state->count == 0)
		app_pop(app);
}

/* What went well was read by now; what failed stays until it is dismissed. */
static void leave(struct app *app, uint32_t key)
{
	size_t under_way = bulks_under_way(app);

	(void)key;
	for (size_t i = 0; i < BULKS_MAX; i++) {
		struct bulk *bulk = app->bulks[i];

		if (bulk && bulk_over(bulk) && bulk->counts[BULK_FAILED] + bulk->counts[BULK_UNWATCHED] == 0)
			bulk_dismiss(app, bulk);
	}
	app_pop(app);
	if (under_way > 0)
		app_say(app, ROLE_INFO, "%zu act%s in the background; B%s shows %s again", under_way,
		        under_way == 1 ? " goes on" : "s go on", app_key_place(app, 'B'), under_way == 1 ? "it" : "them");
}

/* --- why a key is grey */

static const char *grey_who(struct app *app)
{
	struct bulk_state *state = bulk_state_of(app);
	const struct model_row *guest = state ? row(app, state) : NULL;

	return guest && guest->guest.state == AUBERGE_STOPPING ? NULL : "the guest under the cursor is not stopping";
}

static const char *grey_kill_it(struct app *app)
{
	char why[128];
	const struct model_row *guest = acts_row(app);

	return guest && acts_takes(acts_rule(AUBERGE_KILL), guest, why, sizeof why) ? NULL :
	       "the guest under the cursor is not running";
}

static const struct bulk *bulk_at(struct app *app)
{
	struct bulk_state *state = bulk_state_of(app);

	if (state)
		bulk_arrange(app, state);
	return state && state->count > 0 ? state->cursor.bulk : NULL;
}

static const char *grey_call_off(struct app *app)
{
	const struct bulk *bulk = bulk_at(app);

	return bulk && !bulk_over(bulk) && bulk->counts[BULK_WAITS] > 0 ? NULL : "none of these waits for its turn";
}

static const char *grey_dismiss(struct app *app)
{
	const struct bulk *bulk = bulk_at(app);

	return !bulk ? "there is nothing to dismiss" : bulk_over(bulk) ? NULL : "it is under way; b leaves it in the background";
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j', K_PAGE_UP, K_PAGE_DOWN}, move, NULL, "Move", "the target above, below; a page", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, jump, NULL, "Move", "the first, the last", false, DANGER_NONE, NULL},
	{{'b', K_ESCAPE, 'q'}, leave, NULL, "Move", "leave it in the background; B shows it again", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit; what is under way goes on", false, DANGER_NONE, NULL},
	{{K_ENTER}, who, NULL, "Act", "a guest that is stopping: who is left in it", true, DANGER_NONE, grey_who},
	{{'X'}, kill_it, NULL, "Act", "kill the guest under the cursor: every process at once", true, DANGER_DIALOG, grey_kill_it},
	{{'c'}, call_off, NULL, "Act", "begin none of those that wait for their turn", true, DANGER_QUESTION, grey_call_off},
	{{'d'}, dismiss, NULL, "Act", "dismiss the results, once they are all there", false, DANGER_NONE, grey_dismiss},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *bulk_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view bulk_view = {
	.name = "acts",
	.keys = bulk_keys,
	.open = bulk_open,
	.close = bulk_close,
	.draw = bulk_draw,
	.row = row,
};
