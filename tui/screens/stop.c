/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stop under way: its progress, the time left and, at the time limit, who is left. Owns only the guest's name;
 * the job belongs to jobs.c and is looked up by it each time, so it may end while it is shown.
 */
#include "screens/view.h"

#include "widgets/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stop {
	char name[AUBERGE_NAME_MAX + 1];
};

static struct stop *state_of(struct app *app)
{
	return app->views[app->views_count - 1].state;
}

static void *stop_open(struct app *app, const void *argument)
{
	struct stop *stop = calloc(1, sizeof *stop);

	(void)app;
	if (stop)
		snprintf(stop->name, sizeof stop->name, "%s", (const char *)argument);
	return stop;
}

static void stop_close(struct app *app, void *state)
{
	(void)app;
	free(state);
}

static void draw_survivors(struct app *app, const struct app_job *job, int row, int column, int width, int room)
{
	char text[256], age[16];
	size_t shown = job->survivors_count;

	if ((int)shown > room)
		shown = room > 1 ? (size_t)room - 1 : 0;
	for (size_t i = 0; i < shown; i++) {
		const struct auberge_survivor *survivor = &job->survivors[i];

		auberge_format_age(age, sizeof age, survivor->age_seconds);
		snprintf(text, sizeof text, "%7d  %-20.60s %c %5s  %s", (int)survivor->pid, survivor->command,
		         survivor->state ? survivor->state : '?', age, survivor->wait);
		screen_text(app->screen, row + (int)i, column, width, ROLE_TEXT, text);
	}
	if (job->survivors_total > shown) {
		snprintf(text, sizeof text, "%7s  and %zu more", "", job->survivors_total - shown);
		screen_text(app->screen, row + (int)shown, column, width, ROLE_DIM, text);
	}
}

static void draw_progress(struct app *app, const struct app_job *job, int row, int column, int width)
{
	int64_t left = jobs_left(job, app->now_ms), spent = (app->now_ms - job->begun_ms) / 1000;
	char text[300], age[16];
	int bar = width > 50 ? 28 : width / 2;

	if (job->timed_out) {
		progress_draw(app->screen, row, column, bar, 1, ROLE_WARN);
		screen_text(app->screen, row, column + bar + 2, width - bar - 2, ROLE_WARN, "time limit reached");
	} else if (left >= 0 && job->total_seconds > 0) {
		progress_draw(app->screen, row, column, bar, 1 - (double)left / (double)job->total_seconds, ROLE_TEXT);
		auberge_format_age(age, sizeof age, left);
		snprintf(text, sizeof text, "%s left", age);
		screen_text(app->screen, row, column + bar + 2, width - bar - 2, ROLE_TEXT, text);
	} else {
		auberge_format_age(age, sizeof age, spent);
		snprintf(text, sizeof text, "for %s", age);
		screen_text(app->screen, row, column, width, ROLE_TEXT, text);
	}
	if (job->timed_out)
		snprintf(text, sizeof text, "%zu process%s left:", job->survivors_total, job->survivors_total == 1 ? "" : "es");
	else
		snprintf(text, sizeof text, "%s", job->text[0] ? job->text : "waiting for its supervisor");
	screen_text(app->screen, row + 1, column, width, ROLE_TEXT, text);
}

static void stop_draw(struct app *app, void *state)
{
	const struct stop *stop = state;
	const struct app_job *job = jobs_find(app, stop->name, AUBERGE_STOP);
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	int width = columns < 78 ? columns : 76, column = (columns - width) / 2, room, height, row;
	char title[128];

	if (!job) /* over; the tick closes us */
		return;
	room = job->survivors_total < 10 ? (int)job->survivors_total : 10;
	height = room + 7;
	if (height > rows - 1) {
		room -= height - (rows - 1);
		height = rows - 1;
	}
	row = (rows - height) / 2;
	screen_box(app->screen, row, column, height, width, ROLE_BORDER_FOCUS);
	snprintf(title, sizeof title, " Stop %s ", stop->name);
	screen_text(app->screen, row, column + 2, -1, ROLE_TITLE, title);
	draw_progress(app, job, row + 1, column + 2, width - 4);
	draw_survivors(app, job, row + 3, column + 2, width - 4, room);
	screen_text(app->screen, row + height - 3, column + 2, width - 4, ROLE_TITLE,
	            width < 60 ? "w wait  X kill  b Esc background" :
	                         "w waits longer   X kills it   b Esc leaves it stopping in the background");
	screen_text(app->screen, row + height - 2, column + 2, width - 4, ROLE_DIM, "nothing is killed unless you say so");
}

/* Whatever screen is in front: called when something changed. */
static void stop_tick(struct app *app, void *state)
{
	const struct stop *stop = state;

	if (!jobs_find(app, stop->name, AUBERGE_STOP) && app->views[app->views_count - 1].state == state)
		app_pop(app);
}

static void wait_longer(struct app *app, uint32_t key)
{
	char name[AUBERGE_NAME_MAX + 1];

	(void)key;
	snprintf(name, sizeof name, "%s", state_of(app)->name);
	jobs_begin(app, name, AUBERGE_STOP, -1);
}

static void kill_it(struct app *app, uint32_t key)
{
	(void)key;
	acts_ask_kill(app, state_of(app)->name);
}

static void leave(struct app *app, uint32_t key)
{
	char name[AUBERGE_NAME_MAX + 1];

	(void)key;
	snprintf(name, sizeof name, "%s", state_of(app)->name);
	app_pop(app);
	app_say(app, ROLE_INFO, "%s goes on stopping; x shows it again", name);
}

static void help(struct app *app, uint32_t key)
{
	(void)key;
	app_push(app, &help_view, &stop_view);
}

static const struct key_row keys[] = {
	{{'b', K_ESCAPE, 'q'}, leave, NULL, "Move", "leave it stopping in the background", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit; the stop goes on", false, DANGER_NONE, NULL},
	{{'w'}, wait_longer, NULL, "Act", "wait as long again, and ask its init once more", true, DANGER_NONE, NULL},
	{{'X'}, kill_it, NULL, "Act", "kill it: every process at once", true, DANGER_DIALOG, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *stop_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view stop_view = {
	.name = "stop",
	.keys = stop_keys,
	.open = stop_open,
	.close = stop_close,
	.draw = stop_draw,
	.tick = stop_tick,
	.overlay = true,
};
