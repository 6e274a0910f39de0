/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How acts on several guests look: a heading each, then a line per target with its bar and its result; see bulk_view.h. */
#include "screens/acts/bulk_view.h"

#include "widgets/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NARROW 60
#define SHORT 14 /* rows below which the whole text of the target under the cursor has no lines of its own */

void bulk_arrange(struct app *app, struct bulk_state *state)
{
	size_t wanted = 0;

	for (size_t i = 0; i <= BULKS_MAX; i++)
		wanted += app->bulks[i] ? app->bulks[i]->count + 1 : 0;
	if (wanted > state->room) {
		struct bulk_line *lines = realloc(state->lines, wanted * sizeof *lines);

		if (!lines)
			return;
		state->lines = lines;
		state->room = wanted;
	}
	state->count = 0;
	for (size_t i = BULKS_MAX + 1; i-- > 0;) { /* the newest on top, failures of single guests first */
		struct bulk *bulk = app->bulks[i];

		for (size_t t = 0; bulk && t <= bulk->count; t++)
			state->lines[state->count++] = (struct bulk_line){bulk, t == 0 ? SIZE_MAX : t - 1};
	}
	for (size_t i = 0; i < state->count; i++)
		if (state->lines[i].bulk == state->cursor.bulk && state->lines[i].target == state->cursor.target)
			state->at = i;
	if (state->at >= state->count)
		state->at = state->count ? state->count - 1 : 0;
	if (state->count)
		state->cursor = state->lines[state->at];
}

struct bulk_target *bulk_under_cursor(const struct bulk_state *state)
{
	const struct bulk_line *line = state->at < state->count ? &state->lines[state->at] : NULL;

	return line && line->target != SIZE_MAX ? &line->bulk->targets[line->target] : NULL;
}

size_t bulk_page(const struct app *app)
{
	int rows = screen_rows(app->screen), page = rows - 1 - 3 - (rows > SHORT ? 3 : 0);

	return page > 0 ? (size_t)page : 1;
}

/* --- one line */

static void draw_heading(struct app *app, const struct bulk *bulk, int row, int columns)
{
	static const char *const words[BULK_STAGES] = {
		[BULK_WAITS] = "waiting", [BULK_GOES_ON] = "under way", [BULK_FAILED] = "failed", [BULK_LEFT_OUT] = "left out",
		[BULK_NOT_BEGUN] = "not begun", [BULK_UNWATCHED] = "unwatched",
	};
	char text[256];
	size_t length;
	bool first = true;

	if (bulk->single)
		length = (size_t)snprintf(text, sizeof text, " %s", bulk->words->title);
	else
		length = (size_t)snprintf(text, sizeof text, " %s %zu guest%s", bulk->words->title, bulk->count,
		                          bulk->count == 1 ? "" : "s");
	for (int stage = 0; stage < BULK_STAGES && !bulk->single; stage++) {
		if (bulk->counts[stage] == 0)
			continue;
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%zu %s", first ? ": " : ", ", bulk->counts[stage],
		                           stage == BULK_DONE ? bulk->words->done : words[stage]);
		first = false;
	}
	screen_text(app->screen, row, 0, columns, ROLE_TITLE, text);
}

static void put_left(const struct app *app, const struct bulk_target *target, char *out, size_t size)
{
	int64_t left = target->left_seconds - (app->now_ms - target->told_ms) / 1000, spent = (app->now_ms - target->begun_ms) / 1000;
	char age[16];

	out[0] = '\0';
	if (target->left_seconds >= 0) {
		auberge_format_age(age, sizeof age, left > 0 ? left : 0);
		snprintf(out, size, "%s left", age);
	} else if (spent > 0) {
		auberge_format_age(age, sizeof age, spent);
		snprintf(out, size, "for %s", age);
	}
}

/* What is seen of a target in one line. Returns its role. */
static enum role describe(struct app *app, const struct bulk *bulk, size_t index, char *out, size_t size)
{
	const struct bulk_target *target = &bulk->targets[index];
	double seconds = (double)(target->ended_ms - target->begun_ms) / 1000;
	const char *held = NULL;
	char left[32];

	switch (target->stage) {
	case BULK_WAITS:
		for (size_t i = 0; bulk->jobs && i < bulk->count && !held; i++)
			if (bulk->given[i] == index)
				held = app->source->acts_held_by(bulk->jobs, i);
		snprintf(out, size, held ? "waits for %s" : "waits for its turn", held);
		return ROLE_DIM;
	case BULK_GOES_ON:
		put_left(app, target, left, sizeof left);
		snprintf(out, size, "%s%s%s", target->text[0] ? target->text : target->words->doing, left[0] ? ", " : "", left);
		return ROLE_TEXT;
	case BULK_DONE:
		if (seconds < 1)
			snprintf(out, size, "%s%s%s", target->words->done, target->why[0] ? ": " : "", target->why);
		else
			snprintf(out, size, "%s in %.1f s%s%s", target->words->done, seconds, target->why[0] ? ": " : "", target->why);
		return ROLE_OK;
	case BULK_FAILED:
		snprintf(out, size, "%s%sfailed: %s", bulk->single ? target->words->title : "", bulk->single ? " " : "", target->why);
		return ROLE_CRIT;
	case BULK_LEFT_OUT:
		snprintf(out, size, "left out: %s", target->why);
		return ROLE_OFF;
	default:
		snprintf(out, size, "%s", target->why);
		return ROLE_WARN;
	}
}

static double part_of(const struct app *app, const struct bulk_target *target)
{
	int64_t spent = (app->now_ms - target->begun_ms) / 1000;
	int64_t left = target->left_seconds - (app->now_ms - target->told_ms) / 1000;

	if (target->stage == BULK_DONE)
		return 1;
	if (target->stage != BULK_GOES_ON || target->left_seconds < 0)
		return 0;
	return left <= 0 ? 1 : (double)spent / (double)(spent + left);
}

static void draw_target(struct app *app, const struct bulk *bulk, size_t index, int row, int columns)
{
	const struct bulk_target *target = &bulk->targets[index];
	int name_columns = columns < NARROW ? 12 : columns < 120 ? 16 : 32, column = 2 + name_columns + 1;
	bool bar = target->stage == BULK_WAITS || target->stage == BULK_GOES_ON || target->stage == BULK_DONE;
	char name[AUBERGE_NAME_MAX + 2], text[800];
	enum role role = describe(app, bulk, index, text, sizeof text);

	model_cut_middle(name, sizeof name, target->name, name_columns);
	screen_text(app->screen, row, 2, name_columns, ROLE_TEXT, name);
	if (columns >= NARROW) {
		if (bar && !bulk->single)
			progress_draw(app->screen, row, column, 16, part_of(app, target), ROLE_TEXT);
		column += bulk->single ? 0 : 17;
	}
	screen_text(app->screen, row, column, columns - column, role, text);
}

/* --- the screen */

/* The whole text of the target under the cursor, in at most two lines. */
static void draw_whole(struct app *app, const struct bulk_state *state, int row, int columns)
{
	const struct bulk_line *line = state->at < state->count ? &state->lines[state->at] : NULL;
	char text[900], head[200];
	size_t length, room = columns > 2 ? (size_t)columns - 2 : 1;

	if (!line || line->target == SIZE_MAX)
		return;
	length = (size_t)snprintf(text, sizeof text, "%s: ", line->bulk->targets[line->target].name);
	describe(app, line->bulk, line->target, text + length, sizeof text - length);
	length = auberge_text_clean(head, sizeof head, text, strlen(text), room < sizeof head - 1 ? room : sizeof head - 1);
	screen_text(app->screen, row, 1, columns - 1, ROLE_TEXT, head);
	length = strlen(head);
	if (length < strlen(text))
		screen_text(app->screen, row + 1, 1, columns - 1, ROLE_TEXT, text + length);
}

static void draw_hints(struct app *app, int row, int columns)
{
	const char *hints = columns < NARROW ? " Enter who  X kill  d dismiss  b leave" :
	                                       " Enter who is left   X kill   c call off   d dismiss   b Esc background";

	screen_text(app->screen, row, 0, columns, ROLE_DIM, hints);
}

void bulk_draw(struct app *app, void *opened)
{
	struct bulk_state *state = opened;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	size_t page = bulk_page(app);

	bulk_arrange(app, state);
	screen_text(app->screen, 0, 0, columns, ROLE_HEADER, " Acts: progress and results per guest");
	if (state->at < state->first)
		state->first = state->at;
	if (state->at >= state->first + page)
		state->first = state->at - page + 1;
	if (state->first + page > state->count)
		state->first = state->count > page ? state->count - page : 0;
	for (size_t i = 0; i < page && state->first + i < state->count; i++) {
		const struct bulk_line *line = &state->lines[state->first + i];
		int row = 1 + (int)i;

		if (line->target == SIZE_MAX)
			draw_heading(app, line->bulk, row, columns);
		else
			draw_target(app, line->bulk, line->target, row, columns);
		if (state->first + i != state->at)
			continue;
		screen_change(app->screen, row, 0, columns, ROLE_CURSOR);
		screen_text(app->screen, row, 0, 1, ROLE_CURSOR, ">");
	}
	if (rows > SHORT)
		draw_whole(app, state, rows - 6, columns);
	if (state->count == 0)
		screen_text(app->screen, 2, 1, -1, ROLE_TEXT, "no act is under way, no result waits to be read");
	draw_hints(app, rows - 2, columns);
}
