/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a form looks; see form.h. A field is one line, and one more each for its problem and its note. Owns nothing. */
#include "widgets/form.h"

#include <stdio.h>
#include <string.h>

#define LABEL_COLUMNS 19 /* "drop_capabilities" and its margin */
#define LABEL_NARROW 17  /* below 60 columns */
#define VALUE_COLUMNS 56 /* more than that is no easier to read */
#define SIDE_FROM 118    /* columns from which on the help of each field stands beside it */

struct area {
	struct screen *screen;
	int row, column, height, width;
	int label, value; /* columns of the two */
};

static size_t lines_of(const struct form_field *field)
{
	return (size_t)1 + (field->problem[0] ? 1 : 0) + (field->note[0] ? 1 : 0);
}

static size_t line_of(const struct form *form, size_t index)
{
	size_t line = 0;

	for (size_t i = 0; i < index; i++)
		line += lines_of(&form->fields[i]);
	return line;
}

/* The field with the focus is wholly on the screen, with the title above it when that is next to it; no line is empty
 * while there are more above. */
static void scroll(struct form *form, size_t height)
{
	size_t top = line_of(form, form->cursor), bottom = top + lines_of(&form->fields[form->cursor]);
	size_t lines = line_of(form, form->count);

	if (form->first + height > lines)
		form->first = lines > height ? lines - height : 0;

	if (form->cursor > 0 && form->fields[form->cursor - 1].kind == FORM_TITLE)
		top--;
	if (form->first + height < bottom)
		form->first = bottom - height;
	if (form->first > top)
		form->first = top;
}

static void draw_value(const struct form_field *field, const struct area *area, int row, bool focus)
{
	const char *suffix = field->kind == FORM_BOOL || field->kind == FORM_TEXT ? "" : " v";
	int at = area->column + area->label + 3, width = area->value - (int)strlen(suffix);
	size_t cursor = line_columns(&field->value, field->value.cursor), skip = 0;
	enum role role = focus ? ROLE_INPUT : field->problem[0] ? ROLE_CRIT : ROLE_TEXT;
	char text[sizeof field->shown_default + 4];

	if (cursor >= (size_t)width)
		skip = cursor - (size_t)width + 1;
	line_draw(&field->value, area->screen, row, at, width, role, focus ? skip : 0);
	if (!focus && line_columns(&field->value, field->value.length) > (size_t)width)
		screen_text(area->screen, row, at + width - 1, 1, ROLE_DIM, "~");
	if (field->value.length == 0 && field->shown_default[0]) {
		snprintf(text, sizeof text, "(%s)", field->shown_default);
		screen_text(area->screen, row, at, width, focus ? ROLE_INPUT : ROLE_DIM, text);
	}
	screen_text(area->screen, row, at + width, -1, ROLE_DIM, suffix);
	if (focus)
		screen_cursor(area->screen, row, at + (int)(cursor - skip));
}

static void draw_field(const struct form_field *field, const struct area *area, int row, bool cursor, bool focus)
{
	char line[sizeof field->label + 8];
	int after = area->column + area->label + 3 + area->value;

	if (field->kind == FORM_TITLE) {
		snprintf(line, sizeof line, " %s", field->label);
		screen_text(area->screen, row, area->column, area->width, ROLE_TITLE, line);
		return;
	}
	snprintf(line, sizeof line, "%c%c%.90s", cursor ? '>' : ' ', field->changed ? '*' : ' ', field->label);
	screen_text(area->screen, row, area->column, area->label + 2, cursor ? ROLE_MARK : ROLE_TEXT, line);
	draw_value(field, area, row, cursor && focus);
	if (area->width >= SIDE_FROM)
		screen_text(area->screen, row, after + 1, area->column + area->width - after - 1, ROLE_DIM,
		            field->key ? field->key->help : field->help);
}

static void draw_remark(const struct area *area, int row, char mark, enum role role, const char *text)
{
	int indent = area->width < 60 ? 3 : area->label + 1;
	char line[300];

	snprintf(line, sizeof line, "%c %s", mark, text);
	screen_text(area->screen, row, area->column + indent, area->width - indent, role, line);
}

void form_draw(struct form *form, struct screen *screen, int row, int column, int height, int width, bool focus)
{
	struct area area = {screen, row, column, height, width, LABEL_COLUMNS, 0};
	size_t line = 0;

	if (height <= 0 || form->count == 0)
		return;
	if (width < 60)
		area.label = width < 36 ? width / 3 : LABEL_NARROW;
	area.value = width - area.label - 4;
	if (area.value > VALUE_COLUMNS)
		area.value = VALUE_COLUMNS;
	form->rows = height;
	scroll(form, (size_t)height);
	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *field = &form->fields[i];
		int at = row + (int)line - (int)form->first;

		line += lines_of(field);
		if (at >= row && at < row + height)
			draw_field(field, &area, at, i == form->cursor, focus);
		if (field->problem[0] && ++at >= row && at < row + height)
			draw_remark(&area, at, '!', ROLE_CRIT, field->problem);
		if (field->note[0] && ++at >= row && at < row + height)
			draw_remark(&area, at, '~', ROLE_WARN, field->note);
	}
	if (line > form->first + (size_t)height) {
		char more[32];

		snprintf(more, sizeof more, " +%zu", line - form->first - (size_t)height);
		screen_text(screen, row + height - 1, column + width - (int)strlen(more), -1, ROLE_DIM, more);
	}
}

static void add(char *out, size_t size, const char *before, const char *text, const char *after)
{
	size_t length = strlen(out);

	if (text)
		snprintf(out + length, size - length, "%s%s%s", before, text, after);
}

enum role form_help(const struct form *form, char *out, size_t size)
{
	const struct form_field *field = form->cursor < form->count ? &form->fields[form->cursor] : NULL;
	const struct auberge_key *key = field ? field->key : NULL;

	if (field && field->problem[0]) { /* there it may have been cut */
		snprintf(out, size, "%s", field->problem);
		return ROLE_CRIT;
	}
	snprintf(out, size, "%s", !field ? "" : key ? key->help : field->help);
	if (!key)
		return ROLE_INFO;
	add(out, size, "  ", key->range, "");
	add(out, size, key->range ? " " : "  in ", key->unit, "");
	add(out, size, "  (default ", key->default_text, ")");
	add(out, size, "  ", key->live ? "acts now" : "acts at next start", "");
	return ROLE_INFO;
}
