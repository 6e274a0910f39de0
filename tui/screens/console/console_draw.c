/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the console screen draws: the guest's cells, and the strip. Owns nothing. */
#include "screens/console/console.h"

#include "widgets/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NARROW 60
#define WIDE 100
#define CELLS_MAX 1000

static void mark_found(const struct console_screen *screen, int line, struct cell *cells, int columns)
{
	int column = 0, width;

	while (vt_find(screen->console->vt, line, screen->text, &column, &width) && width > 0) {
		for (int i = column; i < column + width && i < columns; i++)
			cells[i].attributes |= CELL_FOUND;
		column += width;
	}
}

static void draw_guest(struct app *app, struct console_screen *screen)
{
	const struct vt *vt = screen->console->vt;
	int columns = screen_columns(app->screen) < CELLS_MAX ? screen_columns(app->screen) : CELLS_MAX, row, column;
	struct cell cells[CELLS_MAX];

	if (screen->back)
		console_follow(app, screen);
	for (int i = 0; i < console_height(app); i++) {
		int line = screen->back ? screen->top + i : i;

		vt_line(vt, line, cells, columns);
		if (screen->back && screen->text[0] && line < vt_rows(vt))
			mark_found(screen, line, cells, columns);
		screen_cells(app->screen, i, 0, cells, columns);
	}
	if (!screen->back && screen->console->handle && vt_cursor(vt, &row, &column) && row < console_height(app))
		screen_cursor(app->screen, row, column < columns ? column : columns - 1);
}

/* --- the strip */

struct strip {
	char text[512];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct strip *strip, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(strip->text + strip->length, sizeof strip->text - strip->length, format, arguments);
	va_end(arguments);
	if (length > 0)
		strip->length += (size_t)length;
	if (strip->length >= sizeof strip->text)
		strip->length = sizeof strip->text - 1;
}

static void add_name(struct strip *strip, const struct console *console, int most)
{
	char name[AUBERGE_NAME_MAX + 1];

	auberge_text_clean(name, sizeof name, console->name, strlen(console->name), (size_t)most);
	add(strip, " %s", name);
	if (console->tty)
		add(strip, " tty%u", console->tty);
}

static char glyph(const struct model_row *row)
{
	static const char glyphs[] = {
		[AUBERGE_RUNNING] = 'R', [AUBERGE_STOPPED] = '-', [AUBERGE_STARTING] = '>', [AUBERGE_STOPPING] = '<',
		[AUBERGE_FROZEN] = 'z', [AUBERGE_FAILED_STATE] = 'F', [AUBERGE_INCOMPLETE] = 'i',
	};

	if (!row)
		return '?';
	return row->guest.supervision == AUBERGE_SUPERVISION_LOST ? '?' : glyphs[row->guest.state];
}

static void add_figures(struct strip *strip, const struct model_row *row)
{
	static const char letters[] = {[MODEL_FLAG_MEMORY] = 'M', [MODEL_FLAG_CPU] = 'C', [MODEL_FLAG_IO] = 'I', [MODEL_FLAG_OOM] = 'O',
	                               [MODEL_FLAG_THROTTLED] = 'T', [MODEL_FLAG_PROCESSES] = 'P', [MODEL_FLAG_DISK] = 'D',
	                               [MODEL_FLAG_LINK] = 'N', [MODEL_FLAG_LOOP] = 'L'};
	char size[16];
	uint64_t bytes;
	bool first = true;

	if (!row || row->now.have == 0)
		return;
	add(strip, " | cpu ");
	if (row->rates & MODEL_RATE_CPU)
		add(strip, "%.0f%%%s", row->cpu_percent, row->stale ? "~" : "");
	else
		add(strip, "-");
	if (model_memory(row, &bytes)) {
		auberge_format_size(size, sizeof size, bytes);
		add(strip, " mem %s", size);
		if (row->now.have & AUBERGE_HAVE_LIMIT && row->now.memory_limit_bytes != AUBERGE_UNLIMITED) {
			auberge_format_size(size, sizeof size, row->now.memory_limit_bytes);
			add(strip, "/%s", size);
		}
	}
	for (unsigned i = 0; i < MODEL_FLAGS_COUNT; i++)
		if (row->flags & 1u << i) {
			add(strip, "%s%c", first ? " " : "", letters[i]);
			first = false;
		}
}

static void add_ending(struct strip *strip, const struct console *console, const struct model_row *row, bool narrow)
{
	char when[16] = "";
	struct tm local;
	time_t at;

	if (console->ending[0]) {
		add(strip, " | %.60s", console->ending);
	} else if (row && !row->guest.running && row->guest.last_end.known) {
		at = (time_t)row->guest.last_end.time_seconds;
		if (!narrow && localtime_r(&at, &local))
			strftime(when, sizeof when, " at %H:%M", &local);
		add(strip, " | %s", row->guest.last_end.cause);
		if (row->guest.last_end.status >= 0)
			add(strip, " %d", row->guest.last_end.status);
		add(strip, "%s", when);
	} else {
		add(strip, " | the guest ended");
	}
	add(strip, ", Enter leaves");
}

static void add_live(struct app *app, struct strip *strip, const struct console *console, const struct model_row *row, int width)
{
	unsigned viewers = app->source->console_viewers(console->handle);

	add_figures(strip, row);
	add(strip, " | %s", console->watch_only ? "watch only" : "rw");
	if (viewers > 0)
		add(strip, "%s %u viewer%s", console->watch_only ? "," : "", viewers, viewers == 1 ? "" : "s");
	if (width >= WIDE && vt_title(console->vt)[0])
		add(strip, " | %s", vt_title(console->vt));
}

static void prefix_name(struct app *app, char out[16])
{
	keys_name(console_prefix(app), out, 16);
}

/* Name, state, figures on the left; what always has to be readable on the right. */
static void compose(struct app *app, const struct console_screen *screen, int width, struct strip *left, struct strip *right)
{
	const struct console *console = screen->console;
	const struct model_row *row = model_find(app->model, console ? console->name : screen->name);
	char prefix[16];

	prefix_name(app, prefix);
	if (!console) {
		add(left, " %.40s %c | not opened, Enter leaves", screen->name, glyph(row));
		if (width >= NARROW) /* what Enter does is told */
			add(right, "%s d detach ", prefix);
		return;
	}
	add_name(left, console, width < NARROW ? 14 : 24);
	add(left, " %c", glyph(row));
	if (consoles_count(app) > 1)
		add(left, " %zu/%zu", consoles_place(app, console), consoles_count(app));
	if (screen->back) {
		add(left, " | back %d of %d", -screen->top, vt_history(console->vt));
		add(right, "%s", width < NARROW ? "q live " : "/ search  n N  g G  q live  ? help ");
		return;
	}
	if (!console->handle)
		add_ending(left, console, row, width < NARROW);
	else if (width >= NARROW)
		add_live(app, left, console, row, width);
	if (width >= NARROW || console->handle)
		add(right, "%s d detach ", prefix);
	if (width >= NARROW && console->handle)
		add(right, " %s ? help ", prefix);
}

static void draw_strip(struct app *app, const struct console_screen *screen)
{
	int width = screen_columns(app->screen), row = screen_rows(app->screen) - 1, used;
	struct strip left = {.length = 0}, right = {.length = 0};
	char prefix[16];

	prefix_name(app, prefix);
	if (screen->prefixed) {
		add(&left, width < NARROW ? " d q n p [ / w r 0-9 %s Esc ?" :
		    " d detach  n/p next  [ scroll  / search  w watch  r repaint  %s sends it  ? help", prefix);
	} else {
		compose(app, screen, width, &left, &right);
	}
	used = width - (int)auberge_text_columns(right.text);
	screen_text(app->screen, row, 0, width, ROLE_HEADER, left.text);
	if (right.length > 0 && used >= 0)
		screen_text(app->screen, row, used, -1, ROLE_HEADER, right.text);
}

/* The reason may be longer than a line of a narrow terminal. */
static void draw_refused(struct app *app, const struct console_screen *screen)
{
	char text[sizeof screen->refused + 64];
	int columns = screen_columns(app->screen);
	struct page page = {0};

	draw_strip(app, screen);
	snprintf(text, sizeof text, " the console could not be opened: %s", screen->refused);
	page_begin(&page, columns);
	page_add(&page, ROLE_CRIT, 1, NULL, text);
	page_draw(&page, app->screen, 0, console_height(app));
	page_free(&page);
}

void console_draw(struct app *app, void *state)
{
	struct console_screen *screen = state;
	struct console *console = screen->console;

	if (!console) {
		draw_refused(app, screen);
		return;
	}
	console_resize(app, console, console_height(app), screen_columns(app->screen));
	if (screen_rows(app->screen) > 1 || screen->prefixed)
		draw_strip(app, screen);
	if (screen_rows(app->screen) > 1 || !screen->prefixed)
		draw_guest(app, screen);
	if (console->changed)
		console->drawn_ms = app->now_ms;
	console->changed = false;
}
