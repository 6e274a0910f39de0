/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter language: terms with blanks between, all of them wanted. A term is WORD (in the name), FIELD:TEXT,
 * FIELD<N or FIELD>N, each with ! before it for the opposite. Fields are the column table's.
 * Invariants: a filter that did not parse leaves the one in force alone; a figure that is not known is neither above
 * nor below anything.
 */
#include "model/model.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RELATIONS ":<>"
#define TERM_SIZE (sizeof(((struct model_term *)0)->text))

/* --- errors: each says which term --- */

__attribute__((format(printf, 3, 4))) static int refuse(struct auberge_error *error, const char *term,
                                                        const char *format, ...)
{
	char shown[300], reason[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof reason, format, arguments);
	va_end(arguments);
	auberge_text_clean(shown, sizeof shown, term, strlen(term), 60);
	*error = (struct auberge_error){.code = AUBERGE_USAGE};
	snprintf(error->text, sizeof error->text, "filter term %s: %s", shown, reason);
	return -1;
}

static void tell_fields(struct auberge_error *error, const char *field)
{
	const char *names[64], *near;
	size_t count, used;
	const struct model_column *columns = model_columns(&count);

	for (size_t i = 0; i < count && i < 64; i++)
		names[i] = columns[i].id;
	near = auberge_nearest(field, names, count < 64 ? count : 64);
	if (near) {
		snprintf(error->remedy, sizeof error->remedy, "did you mean %s?", near);
		return;
	}
	used = (size_t)snprintf(error->remedy, sizeof error->remedy, "fields:");
	for (size_t i = 0; i < count && used < sizeof error->remedy; i++)
		used += (size_t)snprintf(error->remedy + used, sizeof error->remedy - used, " %s", columns[i].id);
}

/* --- parsing --- */

/* Digits with at most one point, whatever the locale; NAN otherwise. */
static double parse_number(const char *text)
{
	double value = 0, scale = 1;
	bool point = false, digits = false;

	for (; *text; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			return NAN;
		digits = true;
		if (point)
			value += (*text - '0') * (scale /= 10);
		else
			value = value * 10 + (*text - '0');
	}
	return digits && isfinite(value) ? value : NAN;
}

static int parse_value(struct model_term *term, const char *whole, struct auberge_error *error)
{
	static const char *const wanted[] = {
		[MODEL_NUMBER] = "a number",
		[MODEL_PERCENT] = "a percentage",
		[MODEL_SIZE] = "a size, as 512M or 2G",
		[MODEL_SECONDS] = "a duration, as 30s, 2m or 1h",
	};
	enum model_type type = term->column->type;
	uint64_t bytes;
	int64_t seconds;

	term->number = NAN;
	if (type == MODEL_SIZE) {
		if (auberge_parse_size(term->text, &bytes) == 0)
			term->number = (double)bytes;
	} else if (type == MODEL_SECONDS) {
		if (auberge_parse_duration(term->text, &seconds) == 0)
			term->number = (double)seconds;
	} else {
		char number[TERM_SIZE];
		size_t length = strlen(term->text);

		if (type == MODEL_PERCENT && length > 0 && term->text[length - 1] == '%')
			length--;
		snprintf(number, sizeof number, "%.*s", (int)length, term->text);
		term->number = parse_number(number);
	}
	if (!isnan(term->number))
		return 0;
	return refuse(error, whole, "%s wants %s", term->column->id, wanted[type]);
}

static bool is_figure(const struct model_column *column)
{
	return column->type >= MODEL_NUMBER;
}

static int check_relation(const struct model_term *term, const char *whole, struct auberge_error *error)
{
	const char *id = term->column->id;

	if (term->relation == ':' && is_figure(term->column))
		return refuse(error, whole, "%s is a figure: %s<N or %s>N", id, id, id);
	if (term->relation != ':' && !is_figure(term->column))
		return refuse(error, whole, "%s is not a figure: %s:TEXT", id, id);
	if (term->text[0] == '\0')
		return refuse(error, whole, "nothing after %c", term->relation);
	if (term->column->type == MODEL_FLAG && strcmp(term->text, "yes") != 0 && strcmp(term->text, "no") != 0)
		return refuse(error, whole, "%s:yes or %s:no", id, id);
	return 0;
}

static int parse_term(struct model_term *term, const char *whole, struct auberge_error *error)
{
	const char *text = whole;
	char field[TERM_SIZE];
	size_t length;

	*term = (struct model_term){.negated = *text == '!', .relation = ':'};
	text += term->negated;
	length = strcspn(text, RELATIONS);
	if (text[0] == '\0')
		return refuse(error, whole, "nothing after !");
	if (text[length] == '\0') {
		term->column = model_column_find("name");
		snprintf(term->text, sizeof term->text, "%s", text);
		return 0;
	}
	snprintf(field, sizeof field, "%.*s", (int)length, text);
	term->relation = text[length];
	snprintf(term->text, sizeof term->text, "%s", text + length + 1);
	term->column = model_column_find(field);
	if (!term->column) {
		refuse(error, whole, length == 0 ? "no field before %c" : "no such field", term->relation);
		tell_fields(error, field);
		return -1;
	}
	if (check_relation(term, whole, error) < 0)
		return -1;
	return term->relation == ':' ? 0 : parse_value(term, whole, error);
}

int model_filter_parse(struct model_filter *filter, const char *text, struct auberge_error *error)
{
	static const char blanks[] = " \t\r\n";
	struct model_filter next = {.count = 0};

	if (strlen(text) >= sizeof next.text)
		return refuse(error, text, "the filter is too long (at most %d bytes)", MODEL_FILTER_SIZE - 1);
	snprintf(next.text, sizeof next.text, "%s", text);
	for (const char *at = text + strspn(text, blanks); *at; at += strspn(at, blanks)) {
		char whole[TERM_SIZE];
		size_t length = strcspn(at, blanks);

		snprintf(whole, sizeof whole, "%.*s", (int)length, at);
		if (length >= sizeof whole)
			return refuse(error, whole, "too long");
		if (next.count == MODEL_TERMS_MAX)
			return refuse(error, whole, "more than %d terms", MODEL_TERMS_MAX);
		if (parse_term(&next.terms[next.count], whole, error) < 0)
			return -1;
		next.count++;
		at += length;
	}
	*filter = next;
	return 0;
}

/* --- matching --- */

static char lower(char character)
{
	return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

/* Letters of ASCII without regard to case. */
static bool contains(const char *text, const char *part)
{
	for (;; text++) {
		size_t i = 0;

		while (part[i] && lower(text[i]) == lower(part[i]))
			i++;
		if (part[i] == '\0')
			return true;
		if (*text == '\0')
			return false;
	}
}

static bool any_item_contains(const struct model_column *column, const struct model_row *row, const char *part)
{
	const char *item;

	for (size_t i = 0; (item = column->item(row, i)); i++)
		if (contains(item, part))
			return true;
	return false;
}

static bool matches_term(const struct model_term *term, const struct model_row *row)
{
	char text[MODEL_CELL_SIZE];

	if (term->relation == '<')
		return term->column->number(row) < term->number;
	if (term->relation == '>')
		return term->column->number(row) > term->number;
	if (term->column->type == MODEL_LIST)
		return any_item_contains(term->column, row, term->text);
	model_text(term->column, row, text, sizeof text);
	return contains(text, term->text);
}

bool model_filter_match(const struct model_filter *filter, const struct model_row *row)
{
	for (size_t i = 0; i < filter->count; i++)
		if (matches_term(&filter->terms[i], row) == filter->terms[i].negated)
			return false;
	return true;
}

bool model_search_match(const struct model_row *row, const char *text)
{
	static const char *const fields[] = {"address", "bridge", "link"};

	if (contains(row->guest.name, text))
		return true;
	for (size_t i = 0; i < AUBERGE_LINKS_MAX; i++)
		if (contains(row->guest.macs[i], text))
			return true;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (any_item_contains(model_column_find(fields[i]), row, text))
			return true;
	return false;
}
