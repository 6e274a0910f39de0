/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See consoles.h. */
#include "screens/console/consoles.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MS 50       /* between frames of new output */
#define BACKGROUND_MS 50  /* between turns of one that is not shown and has much to say */
#define AGAIN_MS 20       /* a guest that does not read is asked again */
#define PASTE_MARKS 12    /* bytes round a paste, where the guest asked for them */
#define REPLAY_MS 500     /* at the latest then what comes is taken for new */

struct consoles {
	struct console *all[CONSOLES_MAX];
	size_t count;
};

static void ready(struct app *app, void *data, short events);

/* --- opening, closing */

static void detach(struct app *app, struct console *console)
{
	if (!console->handle)
		return;
	app_unwatch(app, console->fd);
	app->source->console_close(console->handle);
	console->handle = NULL;
	console->out_length = 0;
	console->more = console->in_start < console->in_end;
	console->changed = true;
}

static void free_console(struct app *app, struct console *console)
{
	detach(app, console);
	vt_close(console->vt);
	free(console);
}

void consoles_drop(struct app *app, struct console *console)
{
	struct consoles *consoles = app->consoles;

	for (size_t i = 0; consoles && i < consoles->count; i++)
		if (consoles->all[i] == console) {
			memmove(&consoles->all[i], &consoles->all[i + 1], (consoles->count - i - 1) * sizeof(struct console *));
			consoles->count--;
			free_console(app, console);
			return;
		}
}

void consoles_close(struct app *app)
{
	while (app->consoles && app->consoles->count > 0)
		consoles_drop(app, app->consoles->all[0]);
	free(app->consoles);
	app->consoles = NULL;
}

static struct console *find(const struct app *app, const char *name, unsigned tty)
{
	for (size_t i = 0; app->consoles && i < app->consoles->count; i++)
		if (app->consoles->all[i]->tty == tty && strcmp(app->consoles->all[i]->name, name) == 0)
			return app->consoles->all[i];
	return NULL;
}

static bool start(struct app *app, struct console *console, int rows, int columns)
{
	struct auberge_error error = {0};

	console->handle = app->source->console_open(app->source, console->name, console->tty, &error);
	if (!console->handle) {
		app_say_error(app, &error);
		return false;
	}
	console->fd = app->source->console_fd(console->handle);
	console->vt = vt_open(rows, columns);
	if (!console->vt || !app_watch(app, console->fd, POLLIN, ready, console)) {
		app_say(app, ROLE_CRIT, "%s: no room for one more console", console->name);
		return false;
	}
	console->replaying = console->more = true;
	vt_mute(console->vt, true);
	console->opened_ms = app->now_ms;
	app_wake(app, app->now_ms);
	return true;
}

/* The one not looked at for longest makes room. */
static void make_room(struct app *app)
{
	struct console *oldest = NULL;

	if (app->consoles->count < CONSOLES_MAX)
		return;
	for (size_t i = 0; i < app->consoles->count; i++)
		if (app->consoles->all[i] != console_shown(app) &&
		    (!oldest || app->consoles->all[i]->shown_ms < oldest->shown_ms))
			oldest = app->consoles->all[i];
	consoles_drop(app, oldest);
}

struct console *consoles_open(struct app *app, const char *name, unsigned tty, int rows, int columns)
{
	struct console *console = find(app, name, tty);
	const struct model_row *row = model_find(app->model, name);

	if (console && (console->handle || !row || !row->guest.running))
		return console;
	if (!app->consoles)
		app->consoles = calloc(1, sizeof *app->consoles);
	console = app->consoles ? calloc(1, sizeof *console) : NULL;
	if (!console) {
		app_say(app, ROLE_CRIT, "%s: no memory for its console", name);
		return NULL;
	}
	snprintf(console->name, sizeof console->name, "%s", name);
	console->tty = tty;
	console->shown_ms = app->now_ms;
	if (!start(app, console, rows, columns)) {
		free_console(app, console);
		return NULL;
	}
	if (find(app, name, tty)) /* the last screen of a run before this one */
		consoles_drop(app, find(app, name, tty));
	make_room(app);
	app->consoles->all[app->consoles->count++] = console;
	return console;
}

struct console *consoles_step(struct app *app, const struct console *console, int step)
{
	struct consoles *consoles = app->consoles;

	for (size_t i = 0; i < consoles->count; i++)
		if (consoles->all[i] == console)
			return consoles->all[(i + consoles->count + (size_t)(long)step) % consoles->count];
	return consoles->all[0];
}

bool consoles_keep(const struct app *app, const char *name)
{
	return find(app, name, 0) != NULL;
}

bool consoles_has(const struct app *app, const struct console *console)
{
	for (size_t i = 0; app->consoles && i < app->consoles->count; i++)
		if (app->consoles->all[i] == console)
			return true;
	return false;
}

size_t consoles_place(const struct app *app, const struct console *console)
{
	size_t i = 0;

	while (i < app->consoles->count && app->consoles->all[i] != console)
		i++;
	return i + 1;
}

size_t consoles_count(const struct app *app)
{
	return app->consoles ? app->consoles->count : 0;
}

/* --- to the guest */

static void flush(struct app *app, struct console *console)
{
	struct auberge_error error = {0};

	while (console->handle && console->out_length > 0) {
		ssize_t took = app->source->console_write(console->handle, console->out, console->out_length, &error);

		if (took <= 0) { /* its end is told by the next read */
			console->out_ms = app->now_ms + AGAIN_MS;
			app_wake(app, console->out_ms);
			return;
		}
		console->out_length -= (size_t)took;
		memmove(console->out, console->out + took, console->out_length);
	}
}

void console_send_bytes(struct app *app, struct console *console, const char *bytes, size_t length)
{
	if (!console->handle || console->watch_only)
		return;
	if (length > sizeof console->out - console->out_length) {
		app_say(app, ROLE_WARN, "%s does not read what is typed: the last of it was dropped", console->name);
		return;
	}
	memcpy(console->out + console->out_length, bytes, length);
	console->out_length += length;
	flush(app, console);
}

void console_send(struct app *app, struct console *console)
{
	char bytes[4096];
	size_t length;

	while ((length = vt_take(console->vt, bytes, sizeof bytes)) > 0)
		console_send_bytes(app, console, bytes, length);
}

void console_paste(struct app *app, struct console *console, const char *text)
{
	if (strlen(text) + PASTE_MARKS > sizeof console->out - console->out_length) {
		app_say(app, ROLE_WARN, "%s has not read yet what was typed before: nothing was pasted", console->name);
		return;
	}
	vt_paste(console->vt, text);
	console_send(app, console);
}

void console_resize(struct app *app, struct console *console, int rows, int columns)
{
	struct auberge_error error = {0};

	if (rows < 1 || columns < 1)
		return;
	vt_resize(console->vt, rows, columns);
	if (console->watch_only || !console->handle || (console->rows == rows && console->columns == columns))
		return;
	console->rows = rows;
	console->columns = columns;
	app->source->console_resize(console->handle, (unsigned)vt_rows(console->vt), (unsigned)vt_columns(console->vt), &error);
}

/* --- from the guest */

static void over(struct app *app, struct console *console, const struct auberge_error *error)
{
	if (error->code != AUBERGE_OK && !console->heard) {
		console_refused(app, console, error);
		consoles_drop(app, console);
		return;
	}
	if (error->code != AUBERGE_OK)
		auberge_text_clean(console->ending, sizeof console->ending, error->text, strcspn(error->text, "\n"), 0);
	detach(app, console);
	app->round_ms = 0; /* how it ended is in the next round */
}

static void say_missed(struct console *console, uint64_t missed)
{
	char text[96];
	int length = snprintf(text, sizeof text, "\030\033[0m\r\n[auberge: %llu bytes missed]\r\n", (unsigned long long)missed);

	console->missed += missed;
	vt_feed(console->vt, text, (size_t)length);
}

/* False: the console is gone. */
static bool take(struct app *app, struct console *console)
{
	struct auberge_error error = {0};
	uint64_t missed = 0;
	ssize_t got = app->source->console_read(console->handle, console->in, sizeof console->in, &missed, &error);

	if (missed)
		say_missed(console, missed);
	if (got < 0) {
		over(app, console, &error);
		return consoles_has(app, console);
	}
	console->in_start = 0;
	console->in_end = (size_t)got;
	console->more = got > 0;
	if (console->replaying && ((got == 0 && console->heard) || app->now_ms > console->opened_ms + REPLAY_MS)) {
		console->replaying = false;
		vt_mute(console->vt, false);
	}
	console->heard = console->heard || got > 0;
	return true;
}

static void pump(struct app *app, struct console *console)
{
	console->more = false;
	if (console->in_start == console->in_end && (!console->handle || !take(app, console)))
		return;
	if (console->in_start < console->in_end) {
		console->in_start += vt_feed(console->vt, console->in + console->in_start, console->in_end - console->in_start);
		console->changed = console->more = true;
	}
	console_send(app, console);
}

/* One that is not shown and has more to say than fits waits, unwatched. */
static void turn(struct app *app, struct console *console)
{
	bool shown = console == console_shown(app);

	pump(app, console);
	if (!consoles_has(app, console))
		return;
	if (!console->more) {
		console->next_ms = 0;
		if (console->handle)
			app_watch(app, console->fd, POLLIN, ready, console);
		return;
	}
	if (!shown && console->handle)
		app_unwatch(app, console->fd);
	console->next_ms = shown ? app->now_ms : app->now_ms + BACKGROUND_MS;
	app_wake(app, console->next_ms);
}

static void ready(struct app *app, void *data, short events)
{
	struct console *console = data;

	(void)events;
	console->more = true;
	if (app->now_ms >= console->next_ms || console == console_shown(app))
		turn(app, console);
}

void consoles_tick(struct app *app)
{
	struct console *shown = console_shown(app);

	for (size_t i = 0; app->consoles && i < app->consoles->count; i++) {
		struct console *console = app->consoles->all[i];

		if (console->out_length > 0 && app->now_ms >= console->out_ms)
			flush(app, console);
		if (console->out_length > 0)
			app_wake(app, console->out_ms);
		if (console->more && app->now_ms >= console->next_ms)
			turn(app, console); /* it may be gone behind that */
		else if (console->more)
			app_wake(app, console->next_ms);
	}
	shown = console_shown(app);
	if (!shown || !shown->changed || app->data_due)
		return;
	if (app->now_ms >= shown->drawn_ms + FRAME_MS)
		app->data_due = true;
	else
		app_wake(app, shown->drawn_ms + FRAME_MS);
}
