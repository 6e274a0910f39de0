/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bridges: each with its ports below it, whose they are, and what is wrong with them. Owns struct bridges. A reading
 * is asked for once in each round of figures and is there when it is there; rates come from two.
 * Invariant: the cursor belongs to a link by its name; where the link goes, the cursor goes.
 */
#include "screens/bridges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART_MS 200 /* readings that are nearer to each other give no good rates */
#define HEAD 2 /* title, headings */
#define FOOT 3 /* messages or warnings, the cursor's line in full, keys */

struct bridges *bridges_of(const struct app *app)
{
	return app_state(app);
}

size_t bridges_page(const struct app *app)
{
	int rows = screen_rows(app->screen) - HEAD - FOOT;

	return rows > 0 ? (size_t)rows : 1;
}

const struct model_network_line *bridges_line(const struct bridges *bridges)
{
	return bridges->table.cursor < bridges->network.lines_count ? &bridges->network.lines[bridges->table.cursor] : NULL;
}

static void remember(struct bridges *bridges)
{
	const struct model_network_line *line = bridges_line(bridges);

	snprintf(bridges->name, sizeof bridges->name, "%s", line ? model_network_name(&bridges->network, line) : "");
}

void bridges_move_to(struct app *app, size_t index)
{
	struct bridges *bridges = bridges_of(app);

	bridges->table.cursor = index;
	table_fit(&bridges->table, bridges->network.lines_count, bridges_page(app));
	remember(bridges);
}

static void follow(const struct app *app, struct bridges *bridges)
{
	ssize_t index = bridges->name[0] ? model_network_find(&bridges->network, bridges->name) : -1;

	if (index >= 0)
		bridges->table.cursor = (size_t)index;
	table_fit(&bridges->table, bridges->network.lines_count, bridges_page(app));
	if (index < 0)
		remember(bridges);
}

/* --- readings */

static void take_answer(struct app *app, struct bridges *bridges)
{
	const struct source_answer *answer = &app->source->answers[TOPIC_NETWORK];

	if (answer->time_usec == 0 || answer->time_usec == bridges->answer_usec)
		return;
	bridges->answer_usec = answer->time_usec;
	bridges->error = answer->error;
	if (answer->error.code == AUBERGE_OK && answer->items && answer->count > 0 &&
	    model_network_take(&bridges->network, answer->items) < 0)
		app_say(app, ROLE_CRIT, "out of memory for the bridges of this host");
	app->data_due = true;
}

static void ask(struct app *app, struct bridges *bridges)
{
	bridges->round = app->rounds;
	bridges->asked_ms = app->now_ms;
	app->source->ask(app->source, TOPIC_NETWORK, "");
}

static void bridges_tick(struct app *app, void *state)
{
	struct bridges *bridges = state;

	int64_t ready_ms = bridges->asked_ms + APART_MS;

	if (bridges->round != app->rounds && app->now_ms < ready_ms)
		app_wake(app, ready_ms);
	else if (bridges->round != app->rounds && !app->source->answers[TOPIC_NETWORK].pending)
		ask(app, bridges);
	take_answer(app, bridges);
}

/* --- drawing */

/* What is other than usual, each where it fits: filter, order, tags. */
static int draw_chosen(struct app *app, const struct bridges *bridges, int after, int columns)
{
	const struct model_network *network = &bridges->network;
	char texts[3][MODEL_CELL_SIZE] = {"", "", ""};

	if (network->filter[0])
		snprintf(texts[0], sizeof texts[0], "  filter: %.100s", network->filter);
	if (network->order != MODEL_NET_BY_NAME || network->reverse)
		snprintf(texts[1], sizeof texts[1], "  sort %s%s", model_network_order_word(network->order),
		         network->reverse ? " reversed" : "");
	if (app->model->tagged > 0)
		snprintf(texts[2], sizeof texts[2], "  tagged %zu", app->model->tagged);
	for (int i = 2; i >= 0; i--)
		if (texts[i][0] && after + (int)auberge_text_columns(texts[i]) < columns)
			after = screen_text(app->screen, 0, after, -1, i == 2 ? ROLE_MARK : ROLE_TEXT, texts[i]);
	return after;
}

static void draw_title(struct app *app, const struct bridges *bridges)
{
	const struct auberge_network *now = bridges->network.now;
	int columns = screen_columns(app->screen), after;
	char text[160], rate[24];

	snprintf(text, sizeof text, " Bridges%s%.40s", app->model->host.name[0] ? " on " : "", app->model->host.name);
	after = screen_text(app->screen, 0, 0, -1, ROLE_TITLE, text);
	if (now) {
		snprintf(text, sizeof text, "   %zu bridge%s, %zu port%s", now->bridges_count, now->bridges_count == 1 ? "" : "s",
		         now->ports_count, now->ports_count == 1 ? "" : "s");
		if (after + (int)strlen(text) < columns)
			after = screen_text(app->screen, 0, after, -1, ROLE_TEXT, text);
	}
	after = draw_chosen(app, bridges, after, columns);
	snprintf(rate, sizeof rate, "rate %ds", app->rate_seconds);
	if (columns - (int)strlen(rate) > after)
		screen_text(app->screen, 0, columns - (int)strlen(rate), -1, ROLE_DIM, rate);
}

static void draw_cell(struct app *app, int row, const struct model_network_place *place, enum role role, const char *text)
{
	int taken = (int)auberge_text_columns(text), pad = place->right && taken < place->width ? place->width - taken : 0;

	screen_text(app->screen, row, place->x + pad, place->width - pad, role, text);
}

/* A star before the guest's name. */
static void draw_tag(struct app *app, int row, int column, const char *guest)
{
	const struct model_row *found = model_find(app->model, guest);

	if (found && found->tagged)
		screen_text(app->screen, row, column - 1, 1, ROLE_MARK, "*");
}

static void draw_line(struct app *app, const struct bridges *bridges, int row, size_t index,
                      const struct model_network_place *places, size_t count)
{
	const struct model_network_line *line = &bridges->network.lines[index];
	int span = model_network_span(places, count), bar = places[0].x + places[0].width;
	char text[MODEL_CELL_SIZE];

	if (line->kind != MODEL_PORT) {
		model_network_bridge_text(&bridges->network, line, span - places[0].x, text, sizeof text);
		screen_text(app->screen, row, places[0].x, span - places[0].x, ROLE_TITLE, text);
	}
	for (size_t i = 0; i < count; i++) {
		enum model_level level;

		if (line->kind != MODEL_PORT && places[i].x < span)
			continue;
		level = model_network_cell(&bridges->network, line, places[i].column, places[i].width, app->model,
		                           screen_utf8(app->screen), text, sizeof text);
		draw_cell(app, row, &places[i], table_role(level), text);
		if (places[i].column == MODEL_NET_GUEST)
			draw_tag(app, row, places[i].x, model_network_guest(&bridges->network, line));
	}
	if (index != bridges->table.cursor)
		return;
	screen_text(app->screen, row, 0, 1, ROLE_TEXT, ">");
	screen_change(app->screen, row, 0, bar, ROLE_CURSOR);
}

static void draw_table(struct app *app, const struct bridges *bridges)
{
	struct model_network_place places[MODEL_NET_COLUMNS];
	size_t count = model_network_layout(places, 1, screen_columns(app->screen), true), page = bridges_page(app);

	screen_text(app->screen, 1, 0, screen_columns(app->screen), ROLE_HEADER, "");
	for (size_t i = 0; i < count; i++)
		draw_cell(app, 1, &places[i], ROLE_HEADER, model_network_heading(&bridges->network, places[i].column));
	for (size_t i = 0; i < page && bridges->table.first + i < bridges->network.lines_count; i++)
		draw_line(app, bridges, HEAD + (int)i, bridges->table.first + i, places, count);
	if (bridges->network.now && bridges->network.lines_count == 0)
		screen_text(app->screen, HEAD + 1, 2, -1, ROLE_TEXT, bridges->network.all_count > 0 ?
		            "nothing here passes the filter: \\ changes it" : "this host has no bridge");
}

static void draw_foot(struct app *app, const struct bridges *bridges)
{
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen), after = columns;
	const struct model_network_line *line = bridges_line(bridges);
	size_t page = bridges_page(app);
	char text[1024], detail[768], more[32];
	enum model_level level;

	if (bridges->error.code != AUBERGE_OK) {
		snprintf(text, sizeof text, " %.300s", bridges->error.text);
		screen_text(app->screen, rows - 3, 0, columns, ROLE_CRIT, text);
	} else {
		level = model_network_warnings(&bridges->network, detail, sizeof detail);
		snprintf(text, sizeof text, " warnings: %s", detail);
		if (detail[0])
			screen_text(app->screen, rows - 3, 0, columns, table_role(level), text);
	}
	if (bridges->network.lines_count > page) {
		snprintf(more, sizeof more, " +%zu more", bridges->network.lines_count - page);
		after = columns - (int)strlen(more);
		screen_text(app->screen, rows - 2, after, -1, ROLE_DIM, more);
	}
	if (!line || after < 2)
		return;
	model_network_detail(&bridges->network, line, detail, sizeof detail);
	snprintf(text, sizeof text, " %s", detail);
	screen_text(app->screen, rows - 2, 0, after, ROLE_TEXT, text);
}

static void bridges_draw(struct app *app, void *state)
{
	struct bridges *bridges = state;

	follow(app, bridges);
	draw_title(app, bridges);
	draw_table(app, bridges);
	if (screen_rows(app->screen) > HEAD + FOOT)
		draw_foot(app, bridges);
}

static void *bridges_open(struct app *app, const void *argument)
{
	struct bridges *bridges = calloc(1, sizeof *bridges);

	(void)argument;
	if (!bridges) {
		app_say(app, ROLE_CRIT, "out of memory for the bridges of this host");
		return NULL;
	}
	ask(app, bridges);
	take_answer(app, bridges);
	return bridges;
}

static void bridges_close(struct app *app, void *state)
{
	struct bridges *bridges = state;

	(void)app;
	model_network_free(&bridges->network);
	free(bridges);
}

static const char *const help_columns[] = {
	"S          of the guest: R running  - stopped ...;  U an uplink: it leads on to a network",
	"RX/s TX/s  the guest's view on a guest's port, the host's on all others",
	"DROP       packets dropped in both directions since the link was made",
	"NOTE       orphan: its guest does not run, auberge audit tells more",
	"           dup.: another running guest, or this host, has the same MAC or address",
	"           drops, errors: more of them than a round ago",
	NULL,
};

const struct view bridges_view = {
	.name = "bridges",
	.keys = bridges_keys,
	.columns = help_columns,
	.open = bridges_open,
	.close = bridges_close,
	.draw = bridges_draw,
	.tick = bridges_tick,
};
