/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help: made from the key table of the screen it was asked for, with the reason why a key is grey now, then what states,
 * columns and flags mean. What is typed after / leaves those lines that have it. Owns its lines.
 */
#include "screens/view.h"

#include "widgets/page.h"
#include "widgets/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 160
#define KEYS_MAX 72
#define WORD_COLUMNS 13 /* of a key or a word: what most need */
#define TEXT_COLUMN 17  /* where the text behind a key or a word begins */

struct help_line {
	char text[160];
	enum role role;
	bool head;   /* a heading: shown when something below it is */
	bool belongs; /* to the line above: shown with it */
	size_t split; /* from there on it stands on a line below, in the column of texts; 0: it has room beside its keys */
	bool shown;
};

struct help {
	struct help_line lines[LINES_MAX];
	size_t count;
	struct page page;
	const char *about;
	char filter[64];
	bool typing;
};

static struct help *state_of(struct app *app)
{
	return app_state(app);
}

__attribute__((format(printf, 3, 4))) static struct help_line *line(struct help *help, enum role role, const char *format, ...)
{
	struct help_line *line = &help->lines[help->count < LINES_MAX ? help->count++ : LINES_MAX - 1];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line->text, sizeof line->text, format, arguments);
	va_end(arguments);
	line->role = role;
	return line;
}

static void heading(struct help *help, const char *text)
{
	line(help, ROLE_TITLE, " %s", text)->head = true;
}

static void add_keys(struct app *app, struct help *help, const struct view *view)
{
	size_t count;
	const struct key_row *rows = view->keys(&count);

	for (size_t i = 0; i < count; i++) {
		const char *grey = app_grey(app, &rows[i]);
		struct help_line *added;
		char names[KEYS_MAX];

		if (i == 0 || strcmp(rows[i].group, rows[i - 1].group) != 0)
			heading(help, rows[i].group);
		app_key_names(&rows[i], names, sizeof names);
		added = line(help, grey ? ROLE_OFF : ROLE_TEXT, "   %-13s %s%s", names, rows[i].help,
		             rows[i].needs_root && !app->source->root ? " [needs root]" : "");
		if (strlen(names) > WORD_COLUMNS)
			added->split = strlen(names) + 4;
		if (grey)
			line(help, ROLE_WARN, "   %-13s   not now: %s", "", grey)->belongs = true;
	}
}

static const struct {
	const char *heading, *word, *text;
} legend[] = {
	{"States", "running", "it runs; running? and ? when its supervision is lost"},
	{"States", "stopped", "it does not run, and nothing is wrong; - on a narrow screen"},
	{"States", "starting", "its init is not up yet; >"},
	{"States", "stopping", "it was asked to stop; <"},
	{"States", "frozen", "all its processes are held; z"},
	{"States", "FAILED", "it ended badly, or could not start; F"},
	{"States", "incompl.", "half made or half destroyed; i"},
	{"Columns", "* # v", "tagged; privileged; a vm"},
	{"Columns", "CPU%", "of one processor"},
	{"Columns", "LIM", "memory of its limit, in %"},
	{"Columns", "STAL", "the worst of C cpu, M memory, I io: % of the last 10 s in which some process waited for it"},
	{"Columns", "~ …", "a figure that is too old; one that is still to come"},
	{"Evidence", "M C I", "memory, cpu, io: stalls and limits"},
	{"Evidence", "O T P", "OOM kills, throttled, processes at their limit"},
	{"Evidence", "D L -", "disk, link; - is what is all right"},
	{"Graphs", "cpu mem ..", "ten minutes from left to right and round; the gap is now"},
};

static void add_legend(struct help *help, const struct view *view)
{
	if (view->columns) {
		heading(help, "Columns");
		for (const char *const *own = view->columns; *own; own++) {
			size_t word = strstr(*own, "  ") ? (size_t)(strstr(*own, "  ") - *own) : 0;

			line(help, ROLE_TEXT, "   %-13.*s %s", (int)word, *own, *own + word + strspn(*own + word, " "));
		}
	}
	for (size_t i = 0; i < sizeof legend / sizeof legend[0]; i++) {
		int pad = WORD_COLUMNS - (int)auberge_text_columns(legend[i].word);

		if (view->columns && strcmp(legend[i].heading, "Columns") == 0)
			continue;
		if (i == 0 || strcmp(legend[i].heading, legend[i - 1].heading) != 0)
			heading(help, legend[i].heading);
		line(help, ROLE_TEXT, "   %s%*s %s", legend[i].word, pad > 0 ? pad : 0, "", legend[i].text);
	}
}

/* --- filter */

static void choose_shown(struct help *help)
{
	bool below = false, above = false;

	for (size_t i = 0; i < help->count; i++) {
		struct help_line *one = &help->lines[i];

		if (!one->belongs)
			above = strcasestr(one->text, help->filter) != NULL;
		one->shown = above;
	}
	for (size_t i = help->count; i > 0; i--) {
		struct help_line *one = &help->lines[i - 1];

		if (one->head)
			one->shown = below;
		below = one->head ? false : below || one->shown;
	}
}

static bool help_key(struct app *app, void *state, uint32_t key)
{
	struct help *help = state;
	size_t length = strlen(help->filter);

	(void)app;
	if (!help->typing)
		return false;
	if (key == K_ENTER || key == K_ESCAPE) {
		help->typing = false;
		help->filter[key == K_ESCAPE ? 0 : length] = '\0';
	} else if (key == K_BACKSPACE || key == 8) {
		help->filter[length > 0 ? length - 1 : 0] = '\0';
	} else if (key == 'U' - 0x40) {
		help->filter[0] = '\0';
	} else if (key >= ' ' && key < 0x7f && length + 1 < sizeof help->filter) {
		help->filter[length] = (char)key;
		help->filter[length + 1] = '\0';
	} else if (key >= ' ') {
		help->typing = false; /* an arrow, a page: what is found is being read */
		choose_shown(help);
		return false;
	}
	help->page.first = 0;
	choose_shown(help);
	return true;
}

/* --- the screen */

static void *help_open(struct app *app, const void *argument)
{
	const struct view *view = argument;
	struct help *help = calloc(1, sizeof *help);

	if (!help)
		return NULL;
	help->about = view->name;
	add_keys(app, help, view);
	add_legend(help, view);
	choose_shown(help);
	return help;
}

static void help_close(struct app *app, void *state)
{
	(void)app;
	page_free(&((struct help *)state)->page);
	free(state);
}

static void draw_head(struct app *app, const struct help *help)
{
	int columns = screen_columns(app->screen), column;
	size_t about = columns < 60 ? strcspn(help->about, ",") : strlen(help->about); /* what is typed has room behind it */
	char title[160];

	snprintf(title, sizeof title, " Help: %.*s", (int)about, help->about);
	screen_text(app->screen, 0, 0, columns, ROLE_HEADER, title);
	screen_text(app->screen, 0, columns - 8, -1, ROLE_HEADER, "q close");
	if (help->typing || help->filter[0]) {
		column = screen_text(app->screen, 0, (int)strlen(title) + 2, -1, ROLE_TITLE, "/");
		column = screen_text(app->screen, 0, column, -1, ROLE_INPUT, help->filter);
		if (help->typing)
			screen_cursor(app->screen, 0, column);
	} else if (columns >= 60) {
		screen_text(app->screen, 0, (int)strlen(title) + 2, -1, ROLE_HEADER, "(/ finds)");
	}
}

static void add_line(struct page *page, const struct help_line *one)
{
	char text[sizeof one->text + TEXT_COLUMN + 1];

	if (one->split == 0) {
		page_add(page, one->role, TEXT_COLUMN, NULL, one->text);
		return;
	}
	snprintf(text, sizeof text, "%.*s", (int)one->split, one->text);
	page_add(page, one->role, TEXT_COLUMN, NULL, text);
	snprintf(text, sizeof text, "%*s%s", TEXT_COLUMN, "", one->text + one->split);
	page_add(page, one->role, TEXT_COLUMN, NULL, text);
}

static void help_draw(struct app *app, void *state)
{
	struct help *help = state;
	int rows = screen_rows(app->screen);
	char text[64] = "";

	draw_head(app, help);
	page_begin(&help->page, screen_columns(app->screen));
	for (size_t i = 0; i < help->count; i++)
		if (help->lines[i].shown)
			add_line(&help->page, &help->lines[i]);
	page_draw(&help->page, app->screen, 1, rows - 4);
	if (help->page.count == 0)
		snprintf(text, sizeof text, " nothing here has that: / finds something else");
	else if (page_more(&help->page) > 0)
		snprintf(text, sizeof text, " +%zu more: j PgDn", page_more(&help->page));
	screen_text(app->screen, rows - 2, 0, -1, ROLE_DIM, text);
}

/* --- keys */

static void scroll(struct app *app, uint32_t key)
{
	struct help *help = state_of(app);
	struct table place = {.cursor = help->page.first};

	help->page.first = table_moved(&place, help->page.count, (size_t)help->page.height, key == ' ' ? K_PAGE_DOWN : key);
}

static void start_typing(struct app *app, uint32_t key)
{
	struct help *help = state_of(app);

	(void)key;
	help->typing = true;
	help->filter[0] = '\0';
	choose_shown(help);
}

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, scroll, NULL, "Move", "a line up, a line down", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN, ' '}, scroll, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, scroll, NULL, "Move", "the beginning, the end", false, DANGER_NONE, NULL},
	{{'q', K_ESCAPE, '?', K_F1}, act_back, "Back", "Move", "back", false, DANGER_NONE, NULL},
	{{'Q', K_F1 + 9}, app_key_quit, "Quit", "Move", "quit", false, DANGER_NONE, NULL},
	{{'/'}, start_typing, NULL, "Find", "only the lines that have what is typed", false, DANGER_NONE, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
};

const struct key_row *help_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view help_view = {
	.name = "help",
	.keys = help_keys,
	.open = help_open,
	.close = help_close,
	.key = help_key,
	.draw = help_draw,
};
