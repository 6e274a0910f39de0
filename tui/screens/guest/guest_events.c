/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen's events: its own history, newest at the bottom. */
#include "screens/guest/guest.h"

#include <stdio.h>

static void tick(struct app *app, struct guest_screen *guest)
{
	event_list_tick(app, &guest->events, guest->name);
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	(void)row;
	event_list_draw(app, &guest->events, guest->name, line, 0, screen_columns(app->screen), height, true);
}

static void move(struct app *app, struct guest_screen *guest, uint32_t key)
{
	(void)app;
	event_list_move(&guest->events, key);
}

/* The newest first: n goes back in time. */
static void find(struct app *app, struct guest_screen *guest, int step)
{
	event_list_find(app, &guest->events, guest->name, -step);
}

static void status(const struct guest_screen *guest, char *out, size_t size)
{
	snprintf(out, size, "%zu event%s  %s", guest->events.count, guest->events.count == 1 ? "" : "s", guest->events.left_end ? "G follows" : "following");
}

const struct guest_tab guest_events_tab = {
	.name = "Events", .tick = tick, .draw = draw, .move = move, .find = find, .status = status};
