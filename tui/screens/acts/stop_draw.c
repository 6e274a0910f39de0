/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of the stop screen: a bar for each guest, what its stop waits for, and who is left; see stop.h. */
#include "screens/acts/stop.h"

#include "widgets/progress.h"

#include <stdio.h>
#include <string.h>

#define NARROW 60 /* columns inside below which things are shortened */
#define SHORT 8   /* lines inside below which there is no room for comfort */

static struct app_job *job_of(struct app *app, const struct stop *stop, size_t target)
{
	return jobs_find(app, stop->targets[target].name, AUBERGE_STOP);
}

bool stop_selectable(const struct stop_line *line)
{
	return line->kind == STOP_BAR || line->kind == STOP_SURVIVOR;
}

static void add(struct stop *stop, enum stop_line_kind kind, size_t target, size_t survivor)
{
	if (stop->lines_count < STOP_LINES)
		stop->lines[stop->lines_count++] = (struct stop_line){kind, target, survivor};
}

static bool is_cursor(struct app *app, const struct stop *stop, const struct stop_line *line)
{
	const struct app_job *job = job_of(app, stop, line->target);

	if (strcmp(stop->targets[line->target].name, stop->cursor.name) != 0)
		return false;
	if (line->kind == STOP_BAR)
		return stop->cursor.host_pid == 0;
	return line->kind == STOP_SURVIVOR && job && job->survivors[line->survivor].host_pid == stop->cursor.host_pid &&
	       job->survivors[line->survivor].start_time == stop->cursor.start_time;
}

/* Where the cursor's own line has gone, the nearest one of what is left takes its place. */
static void find_cursor(struct app *app, struct stop *stop)
{
	size_t at;

	for (size_t i = 0; i < stop->lines_count; i++)
		if (stop_selectable(&stop->lines[i]) && is_cursor(app, stop, &stop->lines[i])) {
			stop->at = i;
			if (stop->moved)
				return;
			break;
		}
	for (size_t i = 0; !stop->moved && i < stop->lines_count; i++) /* the worst one of its guest */
		if (stop->lines[i].kind == STOP_SURVIVOR && strcmp(stop->targets[stop->lines[i].target].name, stop->cursor.name) == 0) {
			stop->at = i;
			break;
		}
	at = stop->at < stop->lines_count ? stop->at : stop->lines_count - 1;
	while (at > 0 && !stop_selectable(&stop->lines[at]))
		at--;
	stop->at = at;
	snprintf(stop->cursor.name, sizeof stop->cursor.name, "%s", stop->targets[stop->lines[at].target].name);
	stop->cursor.host_pid = 0;
	if (stop->lines[at].kind == STOP_SURVIVOR) {
		const struct auberge_survivor *survivor = &job_of(app, stop, stop->lines[at].target)->survivors[stop->lines[at].survivor];

		stop->cursor.host_pid = survivor->host_pid;
		stop->cursor.start_time = survivor->start_time;
	}
}

void stop_arrange(struct app *app, struct stop *stop)
{
	stop->lines_count = 0;
	for (size_t t = 0; t < stop->targets_count; t++) {
		const struct app_job *job = job_of(app, stop, t);

		if (t > 0 && screen_rows(app->screen) > 14)
			add(stop, STOP_BLANK, t, 0);
		add(stop, STOP_BAR, t, 0);
		if (!job)
			continue;
		add(stop, STOP_TEXT, t, 0);
		for (size_t i = 0; i < job->survivors_count; i++)
			add(stop, STOP_SURVIVOR, t, i);
		if (job->survivors_total > job->survivors_count)
			add(stop, STOP_MORE, t, 0);
	}
	if (stop->lines_count > 0)
		find_cursor(app, stop);
}

const struct auberge_survivor *stop_survivor(struct app *app, const struct stop *stop)
{
	const struct stop_line *line = &stop->lines[stop->at];
	const struct app_job *job = stop->at < stop->lines_count ? job_of(app, stop, line->target) : NULL;

	return job && line->kind == STOP_SURVIVOR && line->survivor < job->survivors_count ? &job->survivors[line->survivor] : NULL;
}

/* --- drawing */

static void cell(char *out, size_t size, const char *text, size_t columns)
{
	size_t used = auberge_text_clean(out, size, text, strlen(text), columns), length = strlen(out);

	while (used++ < columns && length + 1 < size)
		out[length++] = ' ';
	out[length] = '\0';
}

static void draw_bar(struct app *app, const struct stop_target *target, const struct app_job *job, int row, int column,
                     int width)
{
	int name = width < NARROW ? 10 : 14, bar = width < NARROW ? 12 : 28;
	int64_t left = job ? jobs_left(job, app->now_ms) : -1, spent = (app->now_ms - target->begun_ms) / 1000;
	enum role role = job && job->timed_out ? ROLE_WARN : ROLE_TEXT;
	char text[128], age[16];
	double part = 0;

	cell(text, sizeof text, target->name, (size_t)name);
	screen_text(app->screen, row, column, name, ROLE_TITLE, text);
	if (!job) {
		part = 1;
		snprintf(text, sizeof text, "%s", target->how);
	} else if (job->timed_out) {
		part = 1;
		snprintf(text, sizeof text, width < NARROW ? "over limit" : "time limit reached");
	} else if (left >= 0) {
		part = spent + left > 0 ? (double)spent / (double)(spent + left) : 0;
		auberge_format_age(age, sizeof age, left);
		snprintf(text, sizeof text, "%s left", age);
	} else {
		auberge_format_age(age, sizeof age, spent);
		snprintf(text, sizeof text, "for %s", age);
	}
	progress_draw(app->screen, row, column + name + 1, bar, part, role);
	role = job ? role : target->failed ? ROLE_CRIT : ROLE_OK;
	screen_text(app->screen, row, column + name + bar + 2, width - name - bar - 2, role, text);
}

static void draw_survivor(struct app *app, const struct auberge_survivor *survivor, int row, int column, int width)
{
	char text[512], command[128], age[16], where[128], since[16] = "";

	auberge_format_age(age, sizeof age, survivor->age_seconds);
	if (survivor->state == 'D' && survivor->stuck_seconds > 0)
		auberge_format_age(since, sizeof since, survivor->stuck_seconds);
	if (survivor->state == 'D')
		snprintf(where, sizeof where, "stuck%s%s %s", survivor->stuck_in[0] ? ": " : "", survivor->stuck_in, since);
	else
		snprintf(where, sizeof where, "%s", survivor->wait);
	cell(command, sizeof command, survivor->command, width < NARROW ? 12 : width < 100 ? 16 : 28);
	if (width < NARROW)
		snprintf(text, sizeof text, "%6d %s %c %s", (int)survivor->pid, command, survivor->state, where);
	else if (width < 100)
		snprintf(text, sizeof text, "%7d %s %c %5s %s", (int)survivor->pid, command, survivor->state, age, where);
	else
		snprintf(text, sizeof text, "%7d %8d on the host  %s %c %5s %s", (int)survivor->pid, (int)survivor->host_pid, command,
		         survivor->state, age, where);
	screen_text(app->screen, row, column, width, survivor->state == 'D' ? ROLE_WARN : ROLE_TEXT, text);
}

static void draw_line(struct app *app, const struct stop *stop, size_t index, int row, int column, int width)
{
	const struct stop_line *line = &stop->lines[index];
	const struct app_job *job = job_of(app, stop, line->target);
	char text[300];

	if (line->kind == STOP_BAR)
		draw_bar(app, &stop->targets[line->target], job, row, column, width);
	if (line->kind == STOP_TEXT && job)
		screen_text(app->screen, row, column + 2, width - 2, ROLE_TEXT, job->text[0] ? job->text : "waiting for its supervisor");
	if (line->kind == STOP_SURVIVOR && job && line->survivor < job->survivors_count)
		draw_survivor(app, &job->survivors[line->survivor], row, column, width);
	if (line->kind == STOP_MORE && job) {
		snprintf(text, sizeof text, "%7s and %zu more", "", job->survivors_total - job->survivors_count);
		screen_text(app->screen, row, column, width, ROLE_DIM, text);
	}
	if (index == stop->at) {
		screen_change(app->screen, row, column - 1, width + 1, ROLE_CURSOR);
		screen_text(app->screen, row, column - 1, 1, ROLE_CURSOR, ">");
	}
}

static void title_of(const struct stop *stop, char *out, size_t size)
{
	size_t length = (size_t)snprintf(out, size, stop->targets_count == 1 ? " Stop " : " Stop %zu guests: ", stop->targets_count);

	for (size_t i = 0; i < stop->targets_count && length < size; i++)
		length += (size_t)snprintf(out + length, size - length, "%s%s", i ? ", " : "", stop->targets[i].name);
	if (length < size)
		snprintf(out + length, size - length, " ");
}

/* Where there is little room they stand in the lower border. */
static void draw_hints(struct app *app, const struct stop *stop, int border, int column, int width, bool comfort)
{
	char text[256];

	if (width < NARROW)
		snprintf(text, sizeof text, " w +30s  s signal  X kill  b leave ");
	else
		snprintf(text, sizeof text, " w waits 30 s more   s signals   X kills %.14s   b Esc background ", stop->cursor.name);
	if (!comfort) {
		screen_text(app->screen, border, column, -1, ROLE_TITLE, text);
		return;
	}
	screen_text(app->screen, border - 2, column, width, ROLE_TITLE, text + 1);
	screen_text(app->screen, border - 1, column, width, ROLE_DIM, "nothing is killed unless you say so");
}

void stop_draw(struct app *app, void *state)
{
	struct stop *stop = state;
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen), height, row, column, room;
	int width = columns < 78 ? columns : columns < 120 ? 76 : 110;
	bool comfort = rows > SHORT + 4;
	char title[256], cut[256];

	stop_arrange(app, stop);
	room = rows - 3 - 2 - (comfort ? 3 : 0); /* without messages, status and keys; the box; a blank and two hints */
	room = room < 1 ? 1 : room;
	room = (int)stop->lines_count < room ? (int)stop->lines_count : room;
	height = room + 2 + (comfort ? 3 : 0);
	if (stop->at < stop->first)
		stop->first = stop->at;
	if (stop->at >= stop->first + (size_t)room)
		stop->first = stop->at - (size_t)room + 1;
	if (stop->first + (size_t)room > stop->lines_count)
		stop->first = stop->lines_count - (size_t)room;
	if (stop->first > 0 && stop->at <= 2 && room > 2) /* the guest that the first ones belong to */
		stop->first = 0;
	row = (rows - 3 - height) / 2;
	row = row < 0 ? 0 : row;
	column = (columns - width) / 2;
	screen_box(app->screen, row, column, height, width, ROLE_BORDER_FOCUS);
	title_of(stop, title, sizeof title);
	auberge_text_clean(cut, sizeof cut, title, strlen(title), (size_t)(width > 4 ? width - 4 : 0));
	screen_text(app->screen, row, column + 2, -1, ROLE_TITLE, cut);
	for (int i = 0; i < room; i++)
		draw_line(app, stop, stop->first + (size_t)i, row + 1 + i, column + 2, width - 4);
	draw_hints(app, stop, row + height - 1, column + 2, width - 4, comfort);
}
