/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands beside and below the list on a wide terminal: the detail of the guest under the cursor, and the events.
 * Owns nothing. The detail follows the cursor when that has rested for a moment, so that a move costs what it costs on a
 * narrow terminal; its figures are rounded and its processes come seldom, so that a refresh moves few cells.
 */
#include "screens/dashboard.h"

#include "widgets/graph.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EVENTS_FROM 30 /* rows from which on there are events below */
#define RESTS_MS 200
#define PROCESSES_ROUNDS 5 /* rounds of figures from one look at the processes to the next */
#define DETAIL_ROUNDS 2    /* and from one look at the figures */
#define FIGURES 27 /* columns before the graphs */
#define GRAPH 30

bool dashboard_is_wide(const struct app *app)
{
	return screen_columns(app->screen) >= DASHBOARD_WIDE;
}

static int list_width(const struct app *app)
{
	int columns = screen_columns(app->screen);

	return columns - columns * 2 / 5 - 3;
}

void dashboard_layout(const struct app *app, struct model_layout *layout)
{
	if (dashboard_is_wide(app))
		model_layout_beside(layout, list_width(app));
	else
		model_layout(layout, screen_columns(app->screen));
}

int dashboard_events_height(const struct app *app)
{
	return dashboard_is_wide(app) && screen_rows(app->screen) >= EVENTS_FROM ? screen_rows(app->screen) / 6 : 0;
}

enum dashboard_pane dashboard_focus(struct app *app)
{
	return dashboard_is_wide(app) ? dashboard_of(app)->wide.focus : PANE_LIST;
}

/* --- detail: a column of lines, as many as there is room for */

struct pane {
	struct app *app;
	int row, end, column, width;
};

__attribute__((format(printf, 3, 4))) static void say(struct pane *pane, enum role role, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (pane->row < pane->end)
		screen_text(pane->app->screen, pane->row, pane->column, pane->width, role, text);
	pane->row++;
}

/* Figures at the left, the series' graph at the right. */
__attribute__((format(printf, 4, 5))) static void say_series(struct pane *pane, const struct model_row *row, enum model_series series,
                                                             const char *format, ...)
{
	char text[128];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (pane->row < pane->end) {
		screen_text(pane->app->screen, pane->row, pane->column, FIGURES - 1, ROLE_TEXT, text);
		graph_draw(pane->app->screen, pane->row, pane->column + FIGURES, pane->width - FIGURES < GRAPH ? pane->width - FIGURES : GRAPH,
		           row, series);
	}
	pane->row++;
}

static void format_percent(char *out, size_t size, bool known, double percent)
{
	if (!known)
		snprintf(out, size, "-");
	else
		snprintf(out, size, percent < 9.95 ? "%.1f%%" : "%.0f%%", percent);
}

static void say_figures(struct pane *pane, const struct model_row *row)
{
	const struct auberge_counters *now = &row->now;
	bool stall = now->have & AUBERGE_HAVE_STALL;
	char one[32] = "-", two[80] = "", three[32];
	uint64_t bytes;

	format_percent(one, sizeof one, row->rates & MODEL_RATE_CPU, row->cpu_percent);
	format_percent(three, sizeof three, row->rates & MODEL_RATE_THROTTLED, row->throttled_percent);
	say_series(pane, row, MODEL_SERIES_CPU, "cpu   %-6s throttled %s", one, three);
	snprintf(one, sizeof one, "-");
	if (model_memory(row, &bytes))
		auberge_format_size(one, sizeof one, bytes);
	if (now->have & AUBERGE_HAVE_LIMIT && now->memory_limit_bytes != AUBERGE_UNLIMITED) {
		auberge_format_size(three, sizeof three, now->memory_limit_bytes);
		snprintf(two, sizeof two, "of %s, %.0f%%", three, model_limit_percent(row));
	}
	say_series(pane, row, MODEL_SERIES_MEMORY, "mem   %s %s", one, two[0] ? two : "no limit");
	snprintf(one, sizeof one, "-");
	snprintf(two, sizeof two, "-");
	if (row->rates & MODEL_RATE_IO) {
		auberge_format_size(one, sizeof one, (uint64_t)row->read_rate);
		auberge_format_size(two, sizeof two, (uint64_t)row->write_rate);
	}
	say_series(pane, row, MODEL_SERIES_IO, "io/s  r %s w %s", one, two);
	if (stall)
		say_series(pane, row, MODEL_SERIES_STALL, "stall cpu %.0f mem %.0f io %.0f", (double)fmaxf(now->cpu_stall_percent, 0),
		           (double)fmaxf(now->memory_stall_percent, 0), (double)fmaxf(now->io_stall_percent, 0));
	else
		say_series(pane, row, MODEL_SERIES_STALL, "stall -");
}

static void say_counts(struct pane *pane, const struct model_row *row)
{
	char text[128] = "", most[40] = "";

	if (row->now.have & AUBERGE_HAVE_PROCESSES && row->now.processes_limit != AUBERGE_UNLIMITED)
		snprintf(most, sizeof most, " of %" PRIu64, row->now.processes_limit);
	if (row->now.have & AUBERGE_HAVE_PROCESSES)
		snprintf(text, sizeof text, "processes %" PRIu64 "%s   ", row->now.processes, most);
	if (row->now.have & AUBERGE_HAVE_OOM)
		snprintf(text + strlen(text), sizeof text - strlen(text), "OOM kills %" PRIu64, row->now.oom_kills);
	say(pane, row->now.have & AUBERGE_HAVE_OOM && row->now.oom_kills > 0 ? ROLE_WARN : ROLE_TEXT, "%s", text);
}

static void say_links(struct pane *pane, const struct model_row *row)
{
	const struct auberge_guest *guest = &row->guest;
	char receive[16], transmit[16];

	for (unsigned i = 0; i < guest->bridges_count && i < 3; i++)
		say(pane, ROLE_TEXT, "net   %s%s%s %s", guest->bridges[i], i < guest->links_count ? " " : "",
		    i < guest->links_count ? guest->links[i] : "", i < guest->addresses_count ? guest->addresses[i] : "");
	if (row->rates & MODEL_RATE_NET) {
		auberge_format_size(receive, sizeof receive, (uint64_t)row->receive_rate);
		auberge_format_size(transmit, sizeof transmit, (uint64_t)row->transmit_rate);
		say(pane, ROLE_TEXT, "net/s rx %s tx %s", receive, transmit);
	}
}

static void say_processes(struct pane *pane, struct process_list *processes, bool focus)
{
	size_t page;

	if (pane->row + 2 > pane->end)
		return;
	say(pane, focus ? ROLE_HEADER_SORT : ROLE_HEADER, "%5s %5s S %7s COMMAND", "CPU%", "MEM", "PID");
	page = (size_t)(pane->end - pane->row);
	processes->page = page;
	process_list_follow(processes, page);
	for (size_t i = 0; i < page && processes->table.first + i < processes->list.count; i++) {
		const struct process_item *item = &processes->list.items[processes->table.first + i];
		char share[16], memory[16];
		int row = pane->row;

		if (isnan(item->cpu_percent))
			snprintf(share, sizeof share, "    …");
		else
			snprintf(share, sizeof share, item->cpu_percent < 9.95 ? "%5.1f" : "%5.0f", item->cpu_percent);
		auberge_format_size(memory, sizeof memory, item->process.memory_bytes);
		say(pane, process_role(item), "%s %5s %c %7d %s", share, memory, item->process.state, (int)item->process.pid,
		    item->process.command);
		if (focus && processes->table.first + i == processes->table.cursor)
			screen_change(pane->app->screen, row, pane->column, pane->width, ROLE_CURSOR);
	}
}

/* How it ended, of a guest that does not run. */
static void say_end(struct pane *pane, const struct model_row *row)
{
	const struct auberge_end *end = &row->guest.last_end;
	char age[16] = "";

	if (!end->known) {
		say(pane, ROLE_TEXT, "has not run yet");
		return;
	}
	auberge_format_age(age, sizeof age, (int64_t)end->ran_seconds);
	if (end->status >= 0)
		say(pane, ROLE_TEXT, "ended %s, status %d, after %s", end->cause, end->status, age);
	else
		say(pane, ROLE_TEXT, "ended %s, after %s", end->cause, age);
	if (end->detail[0])
		say(pane, ROLE_TEXT, "%s", end->detail);
}

static void say_verdict(struct pane *pane, const struct model_row *row)
{
	struct model_clock clock = app_clock(pane->app);
	enum role role = row->level == MODEL_BAD ? ROLE_CRIT : row->level == MODEL_WARN ? ROLE_WARN : ROLE_OK;
	char sentence[512];
	size_t cut;

	model_verdict_sentence(row, &clock, sentence, sizeof sentence);
	cut = strlen(sentence);
	if ((int)auberge_text_columns(sentence) > pane->width) { /* two lines, broken at a word */
		cut = (size_t)pane->width;
		while (cut > 0 && sentence[cut] != ' ')
			cut--;
		cut = cut > 0 ? cut : (size_t)pane->width;
	}
	say(pane, role, "%.*s", (int)cut, sentence);
	if (sentence[cut])
		say(pane, role, "%s", sentence + cut + (sentence[cut] == ' '));
}

/* The figures stand in the list too, so here they may be a round older; what is wrong may not. */
static const struct model_row *row_shown(struct app *app, struct dashboard *dashboard, const struct model_row *row)
{
	struct model_row *shown = &dashboard->wide.row;

	if (strcmp(shown->guest.name, row->guest.name) != 0 || app->rounds >= dashboard->wide.row_round + DETAIL_ROUNDS ||
	    shown->guest.state != row->guest.state || shown->guest.init_pid != row->guest.init_pid || shown->level != row->level ||
	    shown->rates != row->rates || dashboard->held.rows) {
		*shown = *dashboard_shown(dashboard, row);
		dashboard->wide.row_round = app->rounds;
	}
	return shown;
}

static void draw_detail(struct app *app, struct dashboard *dashboard, struct pane *pane)
{
	const struct model_row *row = model_find(app->model, dashboard->wide.name);
	bool focus = dashboard_focus(app) == PANE_DETAIL;
	char age[16] = "-", title[160];

	if (!row)
		return;
	row = row_shown(app, dashboard, row);
	if (row->guest.uptime_seconds >= 0)
		auberge_format_age(age, sizeof age, row->guest.uptime_seconds);
	snprintf(title, sizeof title, "%.*s  %s", pane->width > 20 ? pane->width - 12 : 8, row->guest.name, model_state_word(row));
	say(pane, focus ? ROLE_HEADER_SORT : ROLE_HEADER, "%s", title);
	say_verdict(pane, row);
	if (row->guest.running) {
		say(pane, ROLE_TEXT, "init  %d on the host, up %s%s", (int)row->guest.init_pid, age, row->guest.privileged ? ", #privileged" : "");
		say_figures(pane, row);
		say_counts(pane, row);
	}
	if (!row->guest.running)
		say_end(pane, row);
	if (row->guest.problem[0])
		say(pane, ROLE_CRIT, "%s", row->guest.problem);
	say_links(pane, row);
	if (row->guest.running)
		say_processes(pane, &dashboard->wide.processes, focus);
}

/* The list's cursor while another pane has the focus. */
static void draw_unfocused(struct app *app, const struct dashboard *dashboard)
{
	struct model_layout layout;
	int width = 0, row = DASHBOARD_HEAD + (int)(dashboard->table.cursor - dashboard->table.first);

	if (dashboard_focus(app) == PANE_LIST || app->model->shown_count == 0)
		return;
	dashboard_layout(app, &layout);
	for (size_t i = 0; i < layout.count; i++)
		if (strcmp(layout.places[i].column->id, "state") == 0)
			width = layout.places[i].x + layout.places[i].width;
	screen_change(app->screen, row, 0, width, ROLE_CURSOR_UNFOCUSED);
}

/* The detail goes to the guest under the cursor once that rests; processes of another are not shown under its name. */
static void follow_cursor(struct app *app, struct dashboard *dashboard)
{
	if (strcmp(dashboard->wide.name, dashboard->name) == 0 ||
	    (dashboard->wide.name[0] && app->now_ms < dashboard->wide.moved_ms + RESTS_MS))
		return;
	snprintf(dashboard->wide.name, sizeof dashboard->wide.name, "%s", dashboard->name);
	process_list_free(&dashboard->wide.processes);
	app->data_due = true;
}

void dashboard_wide_draw(struct app *app, struct dashboard *dashboard)
{
	int list = list_width(app), columns = screen_columns(app->screen);
	int end = DASHBOARD_HEAD + (int)dashboard_page(app), events = dashboard_events_height(app);
	struct pane pane = {.app = app, .row = DASHBOARD_HEAD - 1, .end = end, .column = list + 2, .width = columns - list - 2};

	follow_cursor(app, dashboard);
	draw_unfocused(app, dashboard);
	for (int row = DASHBOARD_HEAD; row < end; row++)
		screen_text(app->screen, row, list, -1, ROLE_BORDER, screen_utf8(app->screen) ? "│" : "|");
	draw_detail(app, dashboard, &pane);
	if (events > 0)
		event_list_draw(app, &dashboard->wide.events, "", end, 0, columns, events, dashboard_focus(app) == PANE_EVENTS);
}

void dashboard_wide_tick(struct app *app, struct dashboard *dashboard)
{
	const struct model_row *row;

	follow_cursor(app, dashboard);
	if (strcmp(dashboard->wide.name, dashboard->name) != 0)
		app_wake(app, dashboard->wide.moved_ms + RESTS_MS);
	row = model_find(app->model, dashboard->wide.name);
	dashboard->wide.processes.every_ms = PROCESSES_ROUNDS * (app->round_every_ms ? app->round_every_ms : app->rate_seconds * 1000);
	if (row && row->guest.running)
		process_list_tick(app, &dashboard->wide.processes, dashboard->wide.name);
	dashboard->wide.events.all = true;
	event_list_tick(app, &dashboard->wide.events, "");
}

void dashboard_wide_close(struct dashboard *dashboard)
{
	process_list_free(&dashboard->wide.processes);
	event_list_free(&dashboard->wide.events);
}

/* --- keys */

bool dashboard_wide_move(struct app *app, uint32_t key)
{
	struct dashboard *dashboard = dashboard_of(app);
	enum dashboard_pane focus = dashboard_focus(app);

	if (focus == PANE_DETAIL && key != '<' && key != '>')
		process_list_move(&dashboard->wide.processes, key);
	if (focus == PANE_EVENTS && key != '<' && key != '>')
		event_list_move(&dashboard->wide.events, key);
	return focus != PANE_LIST && key != '<' && key != '>';
}

void dashboard_wide_open(struct app *app)
{
	struct dashboard *dashboard = dashboard_of(app);
	enum dashboard_pane focus = dashboard_focus(app);
	const struct auberge_history_event *event = NULL;

	if (focus == PANE_EVENTS)
		event = event_list_at(app, &dashboard->wide.events, "");
	if (event)
		views_guest(app, event->name, 6);
	else
		views_guest(app, dashboard_row(app)->guest.name, focus == PANE_DETAIL ? 1 : 0);
}
