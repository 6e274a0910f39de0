/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of rows: trouble, or any column.
 * Invariants: a total order (the name decides in the end), so that equal figures never swap places; what is not known
 * comes last in both directions.
 */
#include "model/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- trouble: the place that the verdict gives, then the stall --- */

/* Whole percent, as the column shows it, so that rows do not swap for what nobody can see. */
static long stall_shown(const struct model_row *row)
{
	char letter;
	double percent = model_stall(row, &letter);

	return isnan(percent) ? 0 : lround(percent);
}

static int compare_trouble(const struct model_row *a, const struct model_row *b)
{
	long stall_a, stall_b;

	if (a->trouble != b->trouble)
		return a->trouble < b->trouble ? -1 : 1;
	if (a->trouble / 4 != TROUBLE_STALL)
		return 0;
	stall_a = stall_shown(a);
	stall_b = stall_shown(b);
	return stall_a == stall_b ? 0 : stall_a > stall_b ? -1 : 1;
}

/* --- columns --- */

static bool is_text(const struct model_column *column)
{
	return column->type == MODEL_TEXT || column->type == MODEL_LIST;
}

static int compare_texts(const struct model_column *column, bool reverse, const struct model_row *a,
                         const struct model_row *b)
{
	char first[MODEL_CELL_SIZE], second[MODEL_CELL_SIZE];
	int result;

	model_text(column, a, first, sizeof first);
	model_text(column, b, second, sizeof second);
	if ((first[0] == '\0') != (second[0] == '\0'))
		return first[0] == '\0' ? 1 : -1;
	result = strcmp(first, second);
	return reverse ? -result : result;
}

static int compare_numbers(const struct model_column *column, bool reverse, const struct model_row *a,
                           const struct model_row *b)
{
	double first = column->number(a), second = column->number(b);

	if (isnan(first) || isnan(second))
		return isnan(first) - isnan(second);
	if (first < second)
		return reverse ? -1 : 1;
	return first > second ? (reverse ? 1 : -1) : 0;
}

int model_order_compare(const struct model_order *order, const struct model_row *a, const struct model_row *b)
{
	int result;

	if (!order->column)
		result = order->reverse ? -compare_trouble(a, b) : compare_trouble(a, b);
	else if (is_text(order->column))
		result = compare_texts(order->column, order->reverse, a, b);
	else
		result = compare_numbers(order->column, order->reverse, a, b);
	return result ? result : strcmp(a->guest.name, b->guest.name);
}

struct model_row *model_worst(const struct model *model)
{
	const struct model_order trouble = {.column = NULL};
	struct model_row *worst = NULL;

	for (size_t i = 0; i < model->rows_count; i++)
		if (model->rows[i]->level >= MODEL_WARN && (!worst || model_order_compare(&trouble, model->rows[i], worst) < 0))
			worst = model->rows[i];
	return worst;
}

const char *model_order_word(const struct model_order *order)
{
	return order->column ? order->column->id : "trouble";
}

int model_order_parse(struct model_order *order, const char *text, struct auberge_error *error)
{
	bool reverse = text[0] == '-';
	const char *word = text + reverse;
	const struct model_column *column = model_column_find(word);
	const char *names[64], *near;
	char shown[200];
	size_t count, names_count = 0;
	const struct model_column *columns;

	if (column || strcmp(word, "trouble") == 0) {
		*order = (struct model_order){.column = column, .reverse = reverse};
		return 0;
	}
	columns = model_columns(&count);
	for (size_t i = 0; i < count && names_count < 63; i++)
		names[names_count++] = columns[i].id;
	names[names_count++] = "trouble";
	near = auberge_nearest(word, names, names_count);
	auberge_text_clean(shown, sizeof shown, word, strlen(word), 40);
	*error = (struct auberge_error){.code = AUBERGE_USAGE};
	snprintf(error->text, sizeof error->text, "%s: no such column to sort by", shown);
	if (near)
		snprintf(error->remedy, sizeof error->remedy, "did you mean %s?", near);
	else
		snprintf(error->remedy, sizeof error->remedy, "sort by trouble, name, cpu, mem, lim, stall, io or up");
	return -1;
}
