/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard: three lines of head, the guests, messages, status, keys. Owns struct dashboard. Invariant: the
 * cursor belongs to a guest by its name; where the guest goes, the cursor goes.
 */
#include "screens/dashboard.h"

#include "screens/acts/bulk.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dashboard *dashboard_of(struct app *app)
{
	return app->views[0].state;
}

size_t dashboard_page(const struct app *app)
{
	int rows = screen_rows(app->screen) - DASHBOARD_HEAD - DASHBOARD_FOOT - dashboard_events_height(app);

	return rows > 0 ? (size_t)rows : 1;
}

size_t dashboard_cursor(struct app *app)
{
	struct dashboard *dashboard = dashboard_of(app);
	ssize_t index = dashboard->name[0] ? model_shown_index(app->model, dashboard->name) : -1;

	if (index >= 0)
		dashboard->table.cursor = (size_t)index;
	return dashboard->table.cursor;
}

struct model_row *dashboard_row(struct app *app)
{
	size_t cursor = dashboard_cursor(app);

	return cursor < app->model->shown_count ? app->model->shown[cursor] : NULL;
}

static void remember(struct app *app, struct dashboard *dashboard)
{
	const struct model_row *row = dashboard->table.cursor < app->model->shown_count ?
	                              app->model->shown[dashboard->table.cursor] : NULL;

	if (row)
		snprintf(dashboard->name, sizeof dashboard->name, "%s", row->guest.name);
}

void dashboard_follow(struct app *app, struct dashboard *dashboard)
{
	ssize_t index = dashboard->name[0] ? model_shown_index(app->model, dashboard->name) : -1;
	size_t page = dashboard_page(app);

	if (index >= 0)
		dashboard->table.cursor = (size_t)index;
	table_fit(&dashboard->table, app->model->shown_count, page);
	if (index < 0)
		remember(app, dashboard);
	model_set_visible(app->model, dashboard->table.first, page);
}

void dashboard_move_to(struct app *app, size_t index)
{
	struct dashboard *dashboard = dashboard_of(app);
	struct model_clock clock = app_clock(app);

	dashboard->table.cursor = index;
	table_fit(&dashboard->table, app->model->shown_count, dashboard_page(app));
	remember(app, dashboard);
	dashboard->wide.moved_ms = app->now_ms;
	if (!dashboard->held.rows)
		model_hold(app->model, &clock, HELD_AFTER_MOVE_USEC);
}

/* --- holding the view: copies of all rows are shown while collection goes on */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct model_row *)a)->guest.name, ((const struct model_row *)b)->guest.name);
}

void dashboard_hold(struct app *app, struct dashboard *dashboard)
{
	struct model_clock clock = app_clock(app);
	size_t count = app->model->rows_count;
	struct model_row *rows = calloc(count + 1, sizeof *rows);

	if (!rows)
		return;
	for (size_t i = 0; i < count; i++)
		rows[i] = *app->model->rows[i];
	qsort(rows, count, sizeof *rows, by_name);
	dashboard->held.rows = rows;
	dashboard->held.count = count;
	dashboard->held.model = *app->model;
	model_hold(app->model, &clock, MODEL_HOLD_FOREVER);
}

void dashboard_release(struct app *app, struct dashboard *dashboard)
{
	struct model_clock clock = app_clock(app);

	free(dashboard->held.rows);
	dashboard->held.rows = NULL;
	model_hold(app->model, &clock, 0);
	model_arrange(app->model, &clock);
}

/* Tags are the admin's own: they change while figures are held. */
const struct model_row *dashboard_shown(const struct dashboard *dashboard, const struct model_row *row)
{
	struct model_row *copy = NULL;

	if (dashboard->held.rows)
		copy = bsearch(row, dashboard->held.rows, dashboard->held.count, sizeof *copy, by_name);
	if (copy)
		copy->tagged = row->tagged;
	return copy ? copy : row;
}

/* --- the head */

/* One piece of a head line. What does not fit is left out, the least important first. */
struct piece {
	char text[64];
	int weight; /* the largest stays longest */
	enum role role;
};

__attribute__((format(printf, 4, 5))) static void piece_add(struct piece *pieces, size_t *count, int weight,
                                                            const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(pieces[*count].text, sizeof pieces[0].text, format, arguments);
	va_end(arguments);
	pieces[*count].weight = weight;
	pieces[*count].role = ROLE_TEXT;
	(*count)++;
}

static int pieces_width(const struct piece *pieces, size_t count, int gap)
{
	int width = 1 - gap;

	for (size_t i = 0; i < count; i++)
		if (pieces[i].weight > 0)
			width += (int)auberge_text_columns(pieces[i].text) + gap;
	return width < 1 ? 1 : width;
}

/* Draws the pieces that leave room for `right` columns at the end; returns the column after them. */
static int pieces_draw(struct app *app, int row, struct piece *pieces, size_t count, int gap, int right)
{
	int column = 1, room = screen_columns(app->screen) - right;

	while (pieces_width(pieces, count, gap) > room) {
		size_t least = count;

		for (size_t i = 0; i < count; i++)
			if (pieces[i].weight > 0 && (least == count || pieces[i].weight < pieces[least].weight))
				least = i;
		if (least == count)
			break;
		pieces[least].weight = 0;
	}
	for (size_t i = 0; i < count; i++)
		if (pieces[i].weight > 0)
			column = screen_text(app->screen, row, column, -1, pieces[i].role, pieces[i].text) + gap;
	return column - gap;
}

static void draw_right(struct app *app, int row, int after, enum role role, const char *text)
{
	int column = screen_columns(app->screen) - (int)auberge_text_columns(text);

	if (column > after)
		screen_text(app->screen, row, column, -1, role, text);
}

static void format_pair(char *out, size_t size, uint64_t used, uint64_t total)
{
	static const char units[] = "KMGTP";
	double divisor = 1024, value = (double)total;
	size_t unit = 0;

	while (value / divisor >= 1024 && unit + 2 < sizeof units) {
		divisor *= 1024;
		unit++;
	}
	value /= divisor;
	snprintf(out, size, value < 100 ? "%.1f/%.1f%c" : "%.0f/%.0f%c", (double)used / divisor, value, units[unit]);
}

static void draw_host(struct app *app, const struct model *model)
{
	const struct auberge_host *host = &model->host;
	char text[48], failed[32] = "";
	struct piece pieces[8];
	size_t count = 0;
	int after;

	if (model->states[AUBERGE_FAILED_STATE] > 0)
		snprintf(failed, sizeof failed, "%zu FAILED", model->states[AUBERGE_FAILED_STATE]);
	if (host->name[0]) {
		auberge_format_age(text, sizeof text, (int64_t)host->uptime_seconds);
		piece_add(pieces, &count, 9, "%.40s", host->name);
		pieces[0].role = ROLE_TITLE;
		piece_add(pieces, &count, 2, "up %s", text);
		piece_add(pieces, &count, 5, "load %.1f %.1f %.1f", host->load[0], host->load[1], host->load[2]);
		if (isnan(model->host_cpu_percent))
			piece_add(pieces, &count, 8, "cpu  …");
		else
			piece_add(pieces, &count, 8, "cpu %2.0f%%", model->host_cpu_percent);
		format_pair(text, sizeof text, host->memory_used_bytes, host->memory_bytes);
		piece_add(pieces, &count, 7, "mem %s", text);
		if (host->disk_bytes > 0)
			piece_add(pieces, &count, 6, "disk %.0f%%",
			          100.0 * (double)host->disk_used_bytes / (double)host->disk_bytes);
	}
	after = pieces_draw(app, 0, pieces, count, 2, failed[0] ? (int)strlen(failed) + 1 : 0);
	draw_right(app, 0, after, ROLE_CRIT, failed);
}

/* How many are in each state; those that trouble nobody give way first. */
static void add_counts(const struct model *model, struct piece *pieces, size_t *count)
{
	static const struct {
		enum auberge_state state;
		const char *word;
		int weight;
	} words[] = {
		{AUBERGE_RUNNING, "running", 8}, {AUBERGE_STARTING, "starting", 2}, {AUBERGE_STOPPING, "stopping", 3},
		{AUBERGE_FROZEN, "frozen", 4}, {AUBERGE_STOPPED, "stopped", 6}, {AUBERGE_FAILED_STATE, "failed", 9},
		{AUBERGE_INCOMPLETE, "incompl.", 5},
	};

	piece_add(pieces, count, 10, "%zu guest%s%s", model->rows_count, model->rows_count == 1 ? "" : "s",
	          model->rows_count ? ":" : "");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (model->states[words[i].state] > 0)
			piece_add(pieces, count, words[i].weight, "%zu %s", model->states[words[i].state], words[i].word);
}

static void draw_counts(struct app *app, const struct model *model, bool held)
{
	const struct auberge_host *host = &model->host;
	char right[32];
	struct piece pieces[12];
	size_t count = 0;
	int after;

	snprintf(right, sizeof right, held ? "view held" : "rate %ds", app->rate_seconds);
	if (host->name[0] && host->cpu_stall_percent >= 0)
		piece_add(pieces, &count, 7, "stall cpu %.0f mem %.0f io %.0f  ", (double)host->cpu_stall_percent,
		          (double)host->memory_stall_percent, (double)host->io_stall_percent);
	if (model->listed)
		add_counts(model, pieces, &count);
	if (!app->source->root) {
		piece_add(pieces, &count, 10, "  not root: read only");
		pieces[count - 1].role = ROLE_WARN;
	}
	after = pieces_draw(app, 1, pieces, count, 1, (int)strlen(right) + 1);
	draw_right(app, 1, after, held ? ROLE_WARN : ROLE_DIM, right);
}

/* --- the guests and the foot */

static void draw_guests(struct app *app, struct dashboard *dashboard)
{
	const struct model *model = app->model;
	struct model_layout layout;
	size_t page = dashboard_page(app);

	dashboard_layout(app, &layout);
	table_heading(app->screen, 2, &layout, model->order.column);
	for (size_t i = 0; i < page && dashboard->table.first + i < model->shown_count; i++) {
		size_t index = dashboard->table.first + i;

		table_row(app->screen, DASHBOARD_HEAD + (int)i, &layout, dashboard_shown(dashboard, model->shown[index]),
		          index == dashboard->table.cursor);
	}
	if (!model->listed)
		screen_text(app->screen, DASHBOARD_HEAD + 1, 2, -1, ROLE_DIM, "reading the guests …");
	else if (model->rows_count == 0)
		screen_text(app->screen, DASHBOARD_HEAD + 1, 2, -1, ROLE_TEXT, "no guests yet: c creates one");
	else if (model->shown_count == 0)
		screen_text(app->screen, DASHBOARD_HEAD + 1, 2, -1, ROLE_TEXT, "no guest passes the filter: \\ changes it");
}

static bool name_is_cut(const struct app *app, const char *name)
{
	struct model_layout layout;

	dashboard_layout(app, &layout);
	for (size_t i = 0; i < layout.count; i++)
		if (strcmp(layout.places[i].column->id, "name") == 0)
			return (int)auberge_text_columns(name) > layout.places[i].width;
	return false;
}

/* An act takes the tags, hidden ones too: they are the last to be left out. */
static void add_tagged(const struct model *model, struct piece *pieces, size_t *count)
{
	size_t shown = 0;

	if (model->tagged == 0)
		return;
	for (size_t i = 0; i < model->shown_count; i++)
		shown += model->shown[i]->tagged;
	if (shown == model->tagged)
		piece_add(pieces, count, 10, "tagged %zu", model->tagged);
	else
		piece_add(pieces, count, 10, "tagged %zu (%zu hidden)", model->tagged, model->tagged - shown);
	pieces[*count - 1].role = ROLE_MARK;
}

static void draw_status(struct app *app, struct dashboard *dashboard)
{
	const struct model *model = app->model;
	const struct model_row *row = dashboard_row(app);
	struct model_clock clock = app_clock(app);
	size_t page = dashboard_page(app);
	int held = model_held_seconds(model, &clock), line = screen_rows(app->screen) - 2, after;
	char text[32] = "", name[AUBERGE_NAME_MAX + 2] = "", acts[64];
	struct piece pieces[6];
	size_t count = 0;
	bool failed;

	if (held > 0)
		snprintf(text, sizeof text, " (held %ds)", held);
	if (row && name_is_cut(app, row->guest.name))
		snprintf(name, sizeof name, "%s ", row->guest.name);
	piece_add(pieces, &count, 7, "sort %s%s%s", model_order_word(&model->order), model->order.reverse ? " reversed" : "",
	          held < 0 ? " (held)" : text);
	piece_add(pieces, &count, model->filter.count ? 8 : 4, "filter: %.40s", model->filter.count ? model->filter.text : "none");
	add_tagged(model, pieces, &count);
	failed = bulks_status(app, acts, sizeof acts);
	if (acts[0]) {
		piece_add(pieces, &count, 9, "%s", acts);
		pieces[count - 1].role = failed ? ROLE_CRIT : ROLE_INFO;
	}
	if (model->shown_count > page)
		piece_add(pieces, &count, 5, "+%zu more", model->shown_count - page);
	(void)dashboard;
	after = pieces_draw(app, line, pieces, count, 2, (int)strlen(name));
	draw_right(app, line, after, ROLE_TEXT, name);
}

static void dashboard_draw(struct app *app, void *state)
{
	struct dashboard *dashboard = state;
	const struct model *model = dashboard->held.rows ? &dashboard->held.model : app->model;

	dashboard_follow(app, dashboard);
	draw_host(app, model);
	draw_counts(app, model, dashboard->held.rows != NULL);
	draw_guests(app, dashboard);
	if (dashboard_is_wide(app))
		dashboard_wide_draw(app, dashboard);
	if (screen_rows(app->screen) > DASHBOARD_HEAD + 2)
		draw_status(app, dashboard);
}

static struct model_row *row_under_cursor(struct app *app, void *state)
{
	(void)state;
	return dashboard_row(app);
}

static void *dashboard_open(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return calloc(1, sizeof(struct dashboard));
}

static void dashboard_close(struct app *app, void *state)
{
	struct dashboard *dashboard = state;

	(void)app;
	free(dashboard->held.rows);
	dashboard_wide_close(dashboard);
	free(dashboard);
}

static void dashboard_tick(struct app *app, void *state)
{
	if (dashboard_is_wide(app) && app_in_front(app, state))
		dashboard_wide_tick(app, state);
}

const struct view dashboard_view = {
	.name = "dashboard",
	.keys = dashboard_keys,
	.open = dashboard_open,
	.close = dashboard_close,
	.draw = dashboard_draw,
	.row = row_under_cursor,
	.tags = true,
	.tick = dashboard_tick,
};
