/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stops under way: for each its progress, the time left and, live, who is left. The keys and what they do; how it looks
 * is in stop_draw.c. Owns struct stop.
 */
#include "screens/acts/stop.h"

#include "screens/acts/acts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGER_SECONDS 30

/* Also while help is in front of it. NULL: it is not open. */
static struct stop *state_of(struct app *app)
{
	return app_state_of(app, &stop_view);
}

/* --- which guests */

static struct stop_target *add_target(struct stop *stop, const char *name, int64_t begun_ms)
{
	struct stop_target *target;

	for (size_t i = 0; i < stop->targets_count; i++)
		if (strcmp(stop->targets[i].name, name) == 0)
			return &stop->targets[i];
	if (stop->targets_count == STOP_TARGETS)
		return NULL;
	target = &stop->targets[stop->targets_count++];
	*target = (struct stop_target){.begun_ms = begun_ms};
	snprintf(target->name, sizeof target->name, "%s", name);
	return target;
}

/* All stops that this console knows of, the one it was opened for first. */
static void add_jobs(struct app *app, struct stop *stop)
{
	for (size_t i = 0; i < app->jobs_count; i++) {
		struct app_job *job = &app->jobs[i];
		struct stop_target *target = job->act == AUBERGE_STOP ? add_target(stop, job->name, job->begun_ms) : NULL;

		if (!target)
			continue;
		target->over = target->failed = false;
		target->begun_ms = job->begun_ms;
		job->show = false;
	}
}

static void *stop_open(struct app *app, const void *argument)
{
	struct stop *stop = calloc(1, sizeof *stop);

	if (!stop)
		return NULL;
	add_target(stop, argument, app->now_ms);
	snprintf(stop->cursor.name, sizeof stop->cursor.name, "%s", (const char *)argument);
	add_jobs(app, stop);
	stop_arrange(app, stop);
	return stop;
}

static void stop_close(struct app *app, void *state)
{
	(void)app;
	free(state);
}

static void target_ended(struct app *app, struct stop_target *target)
{
	const struct model_row *row = model_find(app->model, target->name);
	char age[16];

	target->over = true;
	if (target->failed) {
		snprintf(target->how, sizeof target->how, "not stopped");
		return;
	}
	auberge_format_age(age, sizeof age, (app->now_ms - target->begun_ms) / 1000);
	snprintf(target->how, sizeof target->how, "%s after %s",
	         row && row->guest.state == AUBERGE_FAILED_STATE ? "FAILED" : "stopped", age);
}

void stop_failed(struct app *app, const char *name)
{
	struct stop *stop = state_of(app);

	for (size_t i = 0; stop && i < stop->targets_count; i++)
		if (strcmp(stop->targets[i].name, name) == 0)
			stop->targets[i].failed = true;
}

/* Whatever screen is in front: called when something changed. */
static void stop_tick(struct app *app, void *state)
{
	struct stop *stop = state;
	size_t over = 0;

	add_jobs(app, stop);
	for (size_t i = 0; i < stop->targets_count; i++) {
		struct stop_target *target = &stop->targets[i];

		if (!target->over && !jobs_find(app, target->name, AUBERGE_STOP))
			target_ended(app, target);
		over += target->over;
	}
	if (over == stop->targets_count && app->views[app->views_count - 1].state == state)
		app_pop(app);
}

/* --- keys */

static void move(struct app *app, uint32_t key)
{
	struct stop *stop = state_of(app);
	int step = key == K_UP || key == 'k' ? -1 : 1;
	size_t at;

	stop_arrange(app, stop);
	at = stop->at;
	do {
		if ((step < 0 && at == 0) || (step > 0 && at + 1 >= stop->lines_count))
			return;
		at += (size_t)step;
	} while (!stop_selectable(&stop->lines[at]));
	stop->at = at;
	stop->moved = true;
	snprintf(stop->cursor.name, sizeof stop->cursor.name, "%s", stop->targets[stop->lines[at].target].name);
	const struct auberge_survivor *survivor = stop_survivor(app, stop);
	stop->cursor.host_pid = survivor ? survivor->host_pid : 0;
	stop->cursor.start_time = survivor ? survivor->start_time : 0;
}

static void move_far(struct app *app, uint32_t key)
{
	bool up = key == K_PAGE_UP || key == 'g' || key == K_HOME;
	size_t steps = key == K_PAGE_UP || key == K_PAGE_DOWN ? 10 : state_of(app)->lines_count;

	for (size_t i = 0; i < steps; i++)
		move(app, up ? K_UP : K_DOWN);
}

static void wait_longer(struct app *app, uint32_t key)
{
	struct stop *stop = state_of(app);
	const struct app_job *job = jobs_find(app, stop->cursor.name, AUBERGE_STOP);
	int64_t left = job ? jobs_left(job, app->now_ms) : 0;

	(void)key;
	if (jobs_join(app, stop->cursor.name, (left > 0 ? left : 0) + LONGER_SECONDS))
		app_say(app, ROLE_INFO, "%s: waits %d s more", stop->cursor.name, LONGER_SECONDS);
}

static void kill_it(struct app *app, uint32_t key)
{
	(void)key;
	acts_ask_kill(app, state_of(app)->cursor.name);
}

static void leave(struct app *app, uint32_t key)
{
	const struct stop *stop = state_of(app);
	size_t count = stop->targets_count;
	char name[AUBERGE_NAME_MAX + 1];

	(void)key;
	snprintf(name, sizeof name, "%s", stop->cursor.name);
	app_pop(app);
	if (count == 1)
		app_say(app, ROLE_INFO, "%s goes on stopping; x%s shows it again", name, app_key_place(app, 'x'));
	else
		app_say(app, ROLE_INFO, "%zu guests go on stopping; x%s shows them again", count, app_key_place(app, 'x'));
}

static void signal_it(struct app *app, uint32_t key)
{
	struct stop *stop = state_of(app);
	const struct auberge_survivor *survivor;
	struct signal_target target;

	(void)key;
	stop_arrange(app, stop);
	survivor = stop_survivor(app, stop);
	if (!survivor)
		return;
	target = (struct signal_target){.pid = survivor->pid, .host_pid = survivor->host_pid, .start_time = survivor->start_time};
	snprintf(target.guest, sizeof target.guest, "%s", stop->cursor.name);
	snprintf(target.command, sizeof target.command, "%.63s", survivor->command);
	signal_ask(app, &target);
}

/* --- why a key is grey */

static const char *grey_over(struct app *app)
{
	const struct stop *stop = state_of(app);

	return stop && jobs_find(app, stop->cursor.name, AUBERGE_STOP) ? NULL : "its stop is over";
}

static const char *grey_signal(struct app *app)
{
	struct stop *stop = state_of(app);

	if (stop)
		stop_arrange(app, stop);
	return stop && stop_survivor(app, stop) ? NULL : "there is no process under the cursor";
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "the process or guest above, below", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, move_far, NULL, "Move", "ten further up, down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, move_far, NULL, "Move", "the first, the last", false, DANGER_NONE, NULL},
	{{'b', K_ESCAPE, 'q'}, leave, NULL, "Move", "leave it stopping in the background", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit; the stop goes on", false, DANGER_NONE, NULL},
	{{'w'}, wait_longer, NULL, "Act", "wait 30 s more for the guest under the cursor", true, DANGER_NONE, grey_over},
	{{'s'}, signal_it, NULL, "Act", "signal the process under the cursor: asks which", true, DANGER_QUESTION, grey_signal},
	{{'X'}, kill_it, NULL, "Act", "kill the guest under the cursor: every process at once", true, DANGER_DIALOG, grey_over},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', K_F1}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
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
