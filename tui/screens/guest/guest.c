/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen's frame: who it is, the tabs, the line of status. Keys are in guest_keys.c; see guest.h. */
#include "screens/guest/guest.h"

#include "screens/dashboard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 2 /* lines above a tab */
#define FOOT 3 /* messages, status, keys */
#define WIDE_TABS 73
#define SHORT_NAME 3

static const struct guest_tab *const tabs[TABS_COUNT] = {
	[TAB_TRIAGE] = &guest_triage_tab,   [TAB_PROCESSES] = &guest_processes_tab, [TAB_RESOURCES] = &guest_resources_tab,
	[TAB_NETWORK] = &guest_network_tab, [TAB_LOG] = &guest_log_tab,             [TAB_CONFIG] = &guest_config_tab,
	[TAB_EVENTS] = &guest_events_tab,
};

struct guest_screen *guest_of(struct app *app)
{
	return app_state_of(app, &guest_view);
}

const struct guest_tab *guest_tab_of(const struct guest_screen *guest)
{
	return tabs[guest->tab];
}

char *guest_search(struct guest_screen *guest)
{
	if (guest->tab == TAB_PROCESSES)
		return guest->processes.search;
	if (guest->tab == TAB_EVENTS)
		return guest->events.search;
	return guest->tab == TAB_LOG ? guest->log.search : NULL;
}

void guest_forget(struct app *app, struct guest_screen *guest)
{
	struct model_row *row = model_find(app->model, guest->name);

	if (row)
		row->asked = false;
	for (size_t i = 0; i < TABS_COUNT; i++)
		page_free(&guest->pages[i]);
	process_list_free(&guest->processes);
	event_list_free(&guest->events);
	guest_log_close(app, guest);
	guest_config_close(guest);
	memset(&guest->network, 0, sizeof guest->network);
}

void guest_go(struct app *app, struct guest_screen *guest, const char *name, enum guest_tab_id tab)
{
	if (strcmp(guest->name, name) != 0) {
		guest_forget(app, guest);
		snprintf(guest->name, sizeof guest->name, "%s", name);
		guest_log_open(guest);
		/* Going back, the cursor is on it. */
		snprintf(dashboard_of(app)->name, sizeof dashboard_of(app)->name, "%s", name);
	}
	guest->tab = tab;
	app_wake(app, app->now_ms);
}

static void *guest_open(struct app *app, const void *data)
{
	const struct guest_argument *argument = data;
	struct guest_screen *guest = calloc(1, sizeof *guest);

	if (!guest)
		return NULL;
	guest_log_open(guest);
	guest_go(app, guest, argument->name, (enum guest_tab_id)argument->tab);
	return guest;
}

static void guest_close(struct app *app, void *state)
{
	guest_forget(app, state);
	free(state);
}

static void guest_tick(struct app *app, void *state)
{
	struct guest_screen *guest = state;

	if (tabs[guest->tab]->tick && app_in_front(app, state))
		tabs[guest->tab]->tick(app, guest);
}

static struct model_row *guest_row(struct app *app, void *state)
{
	return model_find(app->model, ((struct guest_screen *)state)->name);
}

const char *guest_denied(const struct app *app, int number)
{
	return number == EACCES && !app->source->root ? "; guests belong to root: use sudo" : "";
}

/* --- drawing */

static enum role role_of(const struct model_row *row)
{
	return row->guest.state == AUBERGE_FAILED_STATE || row->level == MODEL_BAD ? ROLE_CRIT :
	       row->level == MODEL_WARN                                              ? ROLE_WARN :
	                                                                               ROLE_OK;
}

/* What does not fit into so many columns is left out, what follows it too. */
static void describe(const struct model_row *row, int columns, char *out, size_t size)
{
	const struct auberge_guest *guest = &row->guest;
	char age[24] = "", kind[32];
	const char *pieces[] = {age, kind, guest->addresses_count > 0 ? guest->addresses[0] : "",
	                        guest->bridges_count > 0 ? guest->bridges[0] : ""};
	size_t length = 0;

	if (guest->uptime_seconds >= 0) {
		snprintf(age, sizeof age, "up ");
		auberge_format_age(age + 3, sizeof age - 3, guest->uptime_seconds);
	}
	snprintf(kind, sizeof kind, "%s%s", auberge_kind_word(guest->kind), guest->privileged ? " #privileged" : "");
	out[0] = '\0';
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		if ((int)(length + strlen(pieces[i])) > columns)
			return;
		length += (size_t)snprintf(out + length, size - length, "%s%s", i > 0 && (pieces[i][0] || i == 1) ? "  " : "", pieces[i]);
	}
}

static void draw_head(struct app *app, const struct guest_screen *guest, const struct model_row *row)
{
	ssize_t index = model_shown_index(app->model, guest->name);
	int columns = screen_columns(app->screen), column, right;
	char place[48], name[AUBERGE_NAME_MAX + 1], text[256];

	if (index >= 0)
		snprintf(place, sizeof place, "%zd of %zu   < >", index + 1, app->model->shown_count);
	else
		snprintf(place, sizeof place, "not shown   < >");
	right = columns - (int)strlen(place) - 1;
	model_cut_middle(name, sizeof name, guest->name, right - 14 > 12 ? right - 14 : 12);
	column = screen_text(app->screen, 0, 1, -1, ROLE_TITLE, name) + 2;
	if (!row) {
		screen_text(app->screen, 0, column, -1, ROLE_WARN, "is gone");
		return;
	}
	column = screen_text(app->screen, 0, column, -1, role_of(row), model_state_word(row)) + 2;
	describe(row, right - column - 1, text, sizeof text);
	if (column < right)
		screen_text(app->screen, 0, column, right - column - 1, ROLE_TEXT, text);
	screen_text(app->screen, 0, right, -1, ROLE_DIM, place);
}

static void draw_tabs(struct app *app, const struct guest_screen *guest)
{
	bool wide = screen_columns(app->screen) >= WIDE_TABS;
	int column = 0;

	screen_text(app->screen, 1, 0, screen_columns(app->screen), ROLE_HEADER, "");
	for (int i = 0; i < TABS_COUNT; i++) {
		enum role role = i == (int)guest->tab ? ROLE_CURSOR : ROLE_HEADER;
		char text[24];

		snprintf(text, sizeof text, wide ? "%d %s" : "%d%.3s", i + 1, tabs[i]->name);
		column = screen_text(app->screen, 1, column + 1, -1, role, text) + (wide ? 1 : 0);
	}
}

static void draw_status(struct app *app, const struct guest_screen *guest, int line)
{
	const struct page *page = &guest->pages[guest->tab];
	char text[256] = "", cut[256];

	if (tabs[guest->tab]->status)
		tabs[guest->tab]->status(guest, text, sizeof text);
	else if (page_more(page) > 0 || page->first > 0)
		snprintf(text, sizeof text, "lines %zu-%zu of %zu", page->first + 1, page->count - page_more(page), page->count);
	model_cut_middle(cut, sizeof cut, text, screen_columns(app->screen) - 1); /* its end tells where one is */
	screen_text(app->screen, line, 1, -1, ROLE_TEXT, cut);
}

static void guest_draw(struct app *app, void *state)
{
	struct guest_screen *guest = state;
	struct model_row *row = guest_row(app, state);
	int rows = screen_rows(app->screen), height = rows - HEAD - FOOT;

	draw_head(app, guest, row);
	draw_tabs(app, guest);
	if (!row) {
		screen_text(app->screen, HEAD + 1, 2, -1, ROLE_TEXT, "this guest is gone: < > go to another, q goes back");
		return;
	}
	row->visible = true;
	page_begin(&guest->pages[guest->tab], screen_columns(app->screen));
	tabs[guest->tab]->draw(app, guest, row, HEAD, height > 0 ? height : 1);
	if (rows > HEAD + 2)
		draw_status(app, guest, rows - 2);
}

const struct view guest_view = {
	.name = "guest",
	.keys = guest_keys,
	.open = guest_open,
	.close = guest_close,
	.draw = guest_draw,
	.tick = guest_tick,
	.row = guest_row,
};
