/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions, dialogs, the text field and the list; see dialog.h. Owns no memory. */
#include "widgets/dialog.h"

#include "auberge.h"
#include "term/keys.h"
#include "widgets/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void begin(struct dialog *dialog, enum dialog_kind kind, const char *title)
{
	memset(dialog, 0, sizeof *dialog);
	dialog->kind = kind;
	dialog->painted_ms = -1;
	snprintf(dialog->title, sizeof dialog->title, "%s", title);
}

void dialog_question(struct dialog *dialog, const char *title, const char *verb, const char *target,
                     const char *state)
{
	begin(dialog, DIALOG_QUESTION, title);
	snprintf(dialog->verb, sizeof dialog->verb, "%s", verb);
	snprintf(dialog->target, sizeof dialog->target, "%s", target);
	snprintf(dialog->state, sizeof dialog->state, "%s", state);
}

void dialog_confirm(struct dialog *dialog, const char *title, const char *verb, const char *target, const char *state)
{
	dialog_question(dialog, title, verb, target, state);
	dialog->kind = DIALOG_CONFIRM;
}

void dialog_name(struct dialog *dialog, const char *title, const char *verb, const char *target, const char *state)
{
	dialog_question(dialog, title, verb, target, state);
	dialog->kind = DIALOG_NAME;
}

void dialog_line(struct dialog *dialog, const char *format, ...)
{
	va_list arguments;

	if (dialog->lines_count == DIALOG_LINES)
		return;
	va_start(arguments, format);
	vsnprintf(dialog->lines[dialog->lines_count++], sizeof dialog->lines[0], format, arguments);
	va_end(arguments);
}

void dialog_prompt(struct dialog *dialog, const char *title, const char *text)
{
	begin(dialog, DIALOG_PROMPT, title);
	snprintf(dialog->text, sizeof dialog->text, "%s", text);
}

void dialog_choose(struct dialog *dialog, const char *title)
{
	begin(dialog, DIALOG_CHOOSE, title);
}

void dialog_choice(struct dialog *dialog, const char *choice, bool chosen)
{
	if (dialog->choices_count == DIALOG_CHOICES)
		return;
	if (chosen)
		dialog->chosen = dialog->choices_count;
	dialog->choices[dialog->choices_count++] = choice;
}

static void draw_question(struct dialog *dialog, struct screen *screen, int row)
{
	char keys[64], line[512];
	int columns = screen_columns(screen), title = (int)auberge_text_columns(dialog->title) + 1, column;

	/* A narrow terminal cuts the keys' words, then the question, which shows that it is cut: web and web3 are two. */
	snprintf(keys, sizeof keys, "  y %s   n Esc Enter leave it", dialog->verb);
	if (title + (int)strlen(keys) > columns)
		snprintf(keys, sizeof keys, "  y %s  n leave it", dialog->verb);
	snprintf(line, sizeof line, " %s", dialog->title);
	screen_text(screen, row, 0, columns, ROLE_TEXT, "");
	column = screen_text(screen, row, 0, -1, ROLE_WARN, line);
	if (title + (int)strlen(keys) > columns) {
		column = columns > (int)strlen(keys) ? columns - (int)strlen(keys) : 0;
		if (column > 0)
			screen_text(screen, row, column - 1, 1, ROLE_WARN, "~");
	}
	screen_text(screen, row, column, columns - column, ROLE_TEXT, keys);
}

static void draw_prompt(struct dialog *dialog, struct screen *screen, int row)
{
	const char *text = dialog->text;
	int columns = screen_columns(screen), column, room;

	if (dialog->note[0] && row > 0) {
		screen_text(screen, row - 1, 0, columns, ROLE_WARN, "");
		screen_text(screen, row - 1, 1, columns - 1, ROLE_WARN, dialog->note);
	}
	column = screen_text(screen, row, 0, -1, ROLE_TITLE, dialog->title);
	room = columns - column - 1;
	while ((int)auberge_text_columns(text) > room && *text) /* the end of a long text is what is being typed */
		do
			text++;
		while ((*text & 0xc0) == 0x80);
	screen_text(screen, row, column, room + 1, ROLE_INPUT, text);
	screen_cursor(screen, row, column + (int)auberge_text_columns(text));
}

#define CHOICES_PAGE 10 /* how far PgUp and PgDn go in a list to choose from */
#define BOX_LIST_COLUMNS 72 /* what a line of a list would like to have */

static int box_width(const struct dialog *dialog, const struct screen *screen)
{
	size_t width = strlen(dialog->title) + 6;

	for (size_t i = 0; i < dialog->lines_count; i++)
		if (auberge_text_columns(dialog->lines[i]) + 4 > width)
			width = auberge_text_columns(dialog->lines[i]) + 4;
	for (size_t i = 0; i < dialog->choices_count; i++)
		if (strlen(dialog->choices[i]) + 4 > width)
			width = strlen(dialog->choices[i]) + 4;
	if (dialog->list.count > 0 && width < BOX_LIST_COLUMNS + 4)
		width = BOX_LIST_COLUMNS + 4;
	if (width < 40)
		width = 40;
	return (int)width > screen_columns(screen) ? screen_columns(screen) : (int)width;
}

static void draw_choices(struct dialog *dialog, struct screen *screen, int row, int column, int width, int lines)
{
	if (dialog->chosen >= dialog->first + (size_t)lines)
		dialog->first = dialog->chosen - (size_t)lines + 1;
	if (dialog->chosen < dialog->first)
		dialog->first = dialog->chosen;
	for (int i = 0; i < lines; i++) {
		size_t index = dialog->first + (size_t)i;

		if (index < dialog->choices_count)
			screen_text(screen, row + i, column, width, index == dialog->chosen ? ROLE_CURSOR : ROLE_TEXT,
			            dialog->choices[index]);
	}
	if ((size_t)lines < dialog->choices_count) { /* in the empty line below them */
		char text[64];

		snprintf(text, sizeof text, "%zu to %zu of %zu: j k", dialog->first + 1, dialog->first + (size_t)lines,
		         dialog->choices_count);
		screen_text(screen, row + lines, column, width, ROLE_DIM, text);
	}
}

/* Part of a list says in its last line how much of it there is. */
static void draw_list(struct dialog *dialog, struct screen *screen, int row, int column, int width, int lines)
{
	bool part = (size_t)lines < dialog->list.count;
	size_t page = (size_t)(part && lines > 1 ? lines - 1 : lines);
	char text[256];

	dialog->list.page = page;
	if (dialog->list.first + page > dialog->list.count)
		dialog->list.first = dialog->list.count > page ? dialog->list.count - page : 0;
	for (size_t i = 0; i < page && dialog->list.first + i < dialog->list.count; i++) {
		enum role role = dialog->list.line(dialog->list.data, dialog->list.first + i, width, text, sizeof text);

		screen_text(screen, row + (int)i, column, width, role, text);
	}
	if (!part || lines < 2)
		return;
	snprintf(text, sizeof text, "%zu to %zu of %zu: %sPgUp PgDn", dialog->list.first + 1, dialog->list.first + page,
	         dialog->list.count, dialog->kind == DIALOG_NAME ? "" : "j k "); /* letters are typed there */
	screen_text(screen, row + lines - 1, column, width, ROLE_DIM, text);
}

/* Lines that a box has for its content: two thirds are the list's, where not all have room. */
struct box {
	int row, column, width, list, lines, height;
};

static struct box box_of(const struct dialog *dialog, const struct screen *screen)
{
	bool choose = dialog->kind == DIALOG_CHOOSE;
	int frame = dialog->kind == DIALOG_NAME ? 5 : 4, room = screen_rows(screen) - frame;
	struct box box = {.width = box_width(dialog, screen)};

	box.lines = (int)(choose ? dialog->choices_count : dialog->lines_count);
	box.list = (int)dialog->list.count;
	room = room < 1 ? 1 : room;
	if (box.list > 0 && box.list + box.lines > room)
		box.list = room - box.lines > room * 2 / 3 ? room - box.lines : room * 2 / 3;
	if (box.list > (int)dialog->list.count)
		box.list = (int)dialog->list.count;
	if (box.list + box.lines > room)
		box.lines = room - box.list;
	box.height = box.list + box.lines + frame;
	box.row = (screen_rows(screen) - box.height) / 2;
	box.row = box.row < 0 ? 0 : box.row;
	box.column = (screen_columns(screen) - box.width) / 2;
	return box;
}

static void draw_name(const struct dialog *dialog, struct screen *screen, const struct box *box)
{
	int row = box->row + box->height - 3, column = box->column + 2;

	column = screen_text(screen, row, column, -1, ROLE_WARN, dialog->prompt[0] ? dialog->prompt : "type its name: ");
	screen_text(screen, row, column, box->column + box->width - 2 - column, ROLE_INPUT, dialog->text);
	screen_cursor(screen, row, column + (int)auberge_text_columns(dialog->text));
}

static void draw_box(struct dialog *dialog, struct screen *screen)
{
	struct box box = box_of(dialog, screen);
	int row = box.row + 1, column = box.column + 2, width = box.width - 4;
	char keys[sizeof dialog->title + 3];

	screen_box(screen, box.row, box.column, box.height, box.width, ROLE_BORDER_FOCUS);
	snprintf(keys, sizeof keys, " %s ", dialog->title);
	screen_text(screen, box.row, column, (int)auberge_text_columns(keys) > width ? width : -1, ROLE_TITLE, keys);
	if (dialog->kind == DIALOG_CHOOSE)
		draw_choices(dialog, screen, row, column, width, box.lines);
	else if (box.list > 0)
		draw_list(dialog, screen, row, column, width, box.list);
	for (int i = 0; dialog->kind != DIALOG_CHOOSE && i < box.lines; i++)
		screen_text(screen, row + box.list + i, column, width, ROLE_TEXT, dialog->lines[i]);
	if (dialog->kind == DIALOG_CHOOSE)
		snprintf(keys, sizeof keys, "Enter takes it   Esc leaves it");
	else if (dialog->kind == DIALOG_NAME)
		snprintf(keys, sizeof keys, "Enter %s   Esc leave it", dialog->verb);
	else
		snprintf(keys, sizeof keys, "y %s   n Esc Enter leave it", dialog->verb);
	if (dialog->kind == DIALOG_NAME)
		draw_name(dialog, screen, &box);
	screen_text(screen, box.row + box.height - 2, column, width, ROLE_TITLE, keys);
}

void dialog_draw(struct dialog *dialog, struct screen *screen, int row)
{
	switch (dialog->kind) {
	case DIALOG_NONE:
		break;
	case DIALOG_QUESTION:
		draw_question(dialog, screen, row);
		break;
	case DIALOG_PROMPT:
		draw_prompt(dialog, screen, row);
		break;
	default:
		draw_box(dialog, screen);
	}
}

void dialog_painted(struct dialog *dialog, int64_t now_ms)
{
	if (dialog->kind != DIALOG_NONE && dialog->painted_ms < 0)
		dialog->painted_ms = now_ms;
}

static bool deaf(const struct dialog *dialog, int64_t now_ms)
{
	return dialog->painted_ms < 0 || now_ms < dialog->painted_ms + DIALOG_DEAF_MS;
}

static bool scroll(struct dialog *dialog, uint32_t key)
{
	size_t page = dialog->list.page, last = dialog->list.count > page ? dialog->list.count - page : 0;
	size_t *first = &dialog->list.first;

	if (key == K_DOWN || key == 'j')
		*first += *first < last;
	else if (key == K_UP || key == 'k')
		*first -= *first > 0;
	else if (key == K_PAGE_DOWN || key == ' ')
		*first = *first + page < last ? *first + page : last;
	else if (key == K_PAGE_UP)
		*first = *first > page ? *first - page : 0;
	else
		return false;
	return true;
}

/* Whether the targets are still what was asked about; if not the dialog says so and is to be painted anew. */
static enum dialog_result settle(struct dialog *dialog, struct app *app)
{
	enum dialog_result result = dialog->recheck ? dialog->recheck(app, dialog) : DIALOG_DONE;

	if (result == DIALOG_OPEN)
		dialog->painted_ms = -1;
	return result;
}

static enum dialog_result answer(struct dialog *dialog, struct app *app, uint32_t key, int64_t now_ms)
{
	if (deaf(dialog, now_ms))
		return DIALOG_OPEN;
	if (key == 'n' || key == K_ESCAPE || key == K_ENTER)
		return DIALOG_LEFT;
	if (dialog->list.count > 0 && scroll(dialog, key))
		return DIALOG_OPEN;
	return key == 'y' ? settle(dialog, app) : DIALOG_OPEN;
}

/* Cleaned with what stands before it, as a combining character belongs to that. False: it has no room, and nothing of it
 * is taken. */
static bool add_text(struct dialog *dialog, const char *text, size_t length)
{
	char both[2 * DIALOG_TEXT], clean[2 * DIALOG_TEXT];
	size_t have = strlen(dialog->text);

	if (length >= DIALOG_TEXT)
		return false;
	memcpy(both, dialog->text, have);
	memcpy(both + have, text, length);
	auberge_text_clean(clean, sizeof clean, both, have + length, 0);
	if (strlen(clean) >= sizeof dialog->text)
		return false;
	memcpy(dialog->text, clean, strlen(clean) + 1);
	return true;
}

/* Becomes one line: ends of lines and tabs are blanks, those around it go. */
static bool add_pasted(struct dialog *dialog, const char *pasted)
{
	char line[DIALOG_TEXT];
	size_t length;

	pasted += strspn(pasted, " \t\r\n");
	length = strlen(pasted);
	while (length > 0 && strchr(" \t\r\n", pasted[length - 1]))
		length--;
	if (length >= sizeof line)
		return false;
	for (size_t i = 0; i < length; i++)
		line[i] = strchr("\t\r\n", pasted[i]) ? ' ' : pasted[i];
	return add_text(dialog, line, length);
}

static enum dialog_result type(struct dialog *dialog, uint32_t key, const char *pasted)
{
	size_t length = strlen(dialog->text);
	char bytes[4];

	if (key == K_ENTER)
		return DIALOG_DONE;
	if (key == K_ESCAPE || key == 3)
		return DIALOG_LEFT;
	dialog->note[0] = '\0';
	if (key == K_PASTE) {
		if (!add_pasted(dialog, pasted))
			snprintf(dialog->note, sizeof dialog->note, "there is no room for all of it: nothing was pasted");
	} else if (key == 'U' - 0x40) {
		dialog->text[0] = '\0';
	} else if (key == K_BACKSPACE && length > 0) {
		do
			length--;
		while (length > 0 && (dialog->text[length] & 0xc0) == 0x80);
		dialog->text[length] = '\0';
	} else if (key >= ' ' && key < K_UNKNOWN && key != K_BACKSPACE) {
		add_text(dialog, bytes, line_encode(key, bytes));
	}
	return DIALOG_OPEN;
}

/* Enter with another name leaves what was typed, to be mended. No paste comes here: a name is typed. */
static enum dialog_result type_name(struct dialog *dialog, struct app *app, uint32_t key, int64_t now_ms)
{
	enum dialog_result result;

	if (deaf(dialog, now_ms))
		return DIALOG_OPEN;
	if (dialog->list.count > 0 && (key == K_PAGE_UP || key == K_PAGE_DOWN) && scroll(dialog, key))
		return DIALOG_OPEN;
	result = type(dialog, key, "");
	if (result != DIALOG_DONE)
		return result;
	if (dialog->takes_name)
		return dialog->takes_name(app, dialog) ? settle(dialog, app) : DIALOG_OPEN;
	if (strcmp(dialog->text, dialog->target) == 0)
		return settle(dialog, app);
	snprintf(dialog->title, sizeof dialog->title, "That is not %s: nothing is done", dialog->target);
	return DIALOG_OPEN;
}

static enum dialog_result choose(struct dialog *dialog, uint32_t key)
{
	if (key == K_ENTER)
		return DIALOG_DONE;
	if (key == K_ESCAPE || key == 'q')
		return DIALOG_LEFT;
	if ((key == K_DOWN || key == 'j') && dialog->chosen + 1 < dialog->choices_count)
		dialog->chosen++;
	if ((key == K_UP || key == 'k') && dialog->chosen > 0)
		dialog->chosen--;
	if (key == K_PAGE_DOWN)
		dialog->chosen = dialog->chosen + CHOICES_PAGE < dialog->choices_count ? dialog->chosen + CHOICES_PAGE :
		                                                                         dialog->choices_count - 1;
	if (key == K_PAGE_UP)
		dialog->chosen = dialog->chosen > CHOICES_PAGE ? dialog->chosen - CHOICES_PAGE : 0;
	if (key == K_HOME || key == 'g')
		dialog->chosen = 0;
	if (key == K_END || key == 'G')
		dialog->chosen = dialog->choices_count - 1;
	return DIALOG_OPEN;
}

enum dialog_result dialog_key(struct dialog *dialog, struct app *app, uint32_t key, const char *pasted,
                              int64_t now_ms)
{
	switch (dialog->kind) {
	case DIALOG_QUESTION:
	case DIALOG_CONFIRM:
		return answer(dialog, app, key, now_ms);
	case DIALOG_NAME:
		return type_name(dialog, app, key, now_ms);
	case DIALOG_PROMPT:
		return type(dialog, key, pasted);
	case DIALOG_CHOOSE:
		return choose(dialog, key);
	default:
		return DIALOG_LEFT;
	}
}
