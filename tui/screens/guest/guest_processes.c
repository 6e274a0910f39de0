/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen's processes: those inside, with the pid on the host too. */
#include "screens/guest/guest.h"

#include <stdio.h>

static void tick(struct app *app, struct guest_screen *guest)
{
	process_list_tick(app, &guest->processes, guest->name);
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	if (!row->guest.running) {
		char text[128];

		snprintf(text, sizeof text, "%s is %s: it has no processes", guest->name, model_state_word(row));
		screen_text(app->screen, line + 1, 2, -1, ROLE_TEXT, text);
		return;
	}
	process_list_draw(app, &guest->processes, guest->name, line, height);
}

static void move(struct app *app, struct guest_screen *guest, uint32_t key)
{
	(void)app;
	process_list_move(&guest->processes, key);
}

static void find(struct app *app, struct guest_screen *guest, int step)
{
	process_list_find(app, &guest->processes, step);
}

static void status(const struct guest_screen *guest, char *out, size_t size)
{
	snprintf(out, size, "sort %s  %zu processes", process_order_word(guest->processes.list.order), guest->processes.list.count);
}

const struct guest_tab guest_processes_tab = {
	.name = "Processes", .tick = tick, .draw = draw, .move = move, .find = find, .status = status};
