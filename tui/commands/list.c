/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge list`: one line per guest, from the model's column table. */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/sample.h"
#include "commands/terminal.h"
#include "model/json.h"
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BETWEEN_MILLISECONDS 1000 /* rates take two samples */

static const struct option_row options[] = {
	{.name = "filter", .type = OPTION_TEXT, .argument = "EXPR",
	 .help = "as on the screens: \"state:running mem>1G bridge:br0\"; all terms are wanted, !term "
	         "excludes, a bare word matches the name"},
	{.name = NULL},
};

/* Columns of the text, by the ids of the column table. */
static const struct {
	const char *id, *head;
	bool right;
} shown[] = {
	{"name", "NAME", false},     {"kind", "KIND", false},       {"state", "STATE", false},
	{"init", "PID", true},       {"up", "UP", true},            {"mem", "MEM", true},
	{"bridge", "BRIDGES", false}, {"address", "ADDRESSES", false},
};
#define SHOWN (sizeof shown / sizeof shown[0])

static void number_cell(const struct model_column *column, double number, char *out, size_t size)
{
	if (isnan(number))
		return;
	if (column->type == MODEL_SIZE)
		auberge_format_size(out, size, (uint64_t)number);
	else if (column->type == MODEL_SECONDS)
		auberge_format_age(out, size, (int64_t)number);
	else
		snprintf(out, size, "%.0f", number);
}

static void cell(const struct model_row *row, size_t column, char *out, size_t size)
{
	const struct model_column *from = model_column_find(shown[column].id);
	const char *item;

	out[0] = '\0';
	for (size_t i = 0; from && from->item && (item = from->item(row, i)); i++) {
		size_t length = strlen(out);

		snprintf(out + length, size - length, "%s%s", i ? "," : "", item);
	}
	if (from && !from->item && from->text)
		from->text(row, out, size);
	else if (from && !from->item && from->number)
		number_cell(from, from->number(row), out, size);
	if (!*out)
		snprintf(out, size, "-");
}

static void put_table(const struct model *model)
{
	size_t width[SHOWN], columns;
	char text[MODEL_CELL_SIZE];

	for (size_t column = 0; column < SHOWN; column++) {
		width[column] = strlen(shown[column].head);
		for (size_t i = 0; i < model->shown_count; i++) {
			cell(model->shown[i], column, text, sizeof text);
			columns = auberge_text_columns(text);
			width[column] = columns > width[column] ? columns : width[column];
		}
	}
	for (size_t column = 0; column < SHOWN; column++)
		printf("%s%*s", column ? "  " : "",
		       column + 1 == SHOWN ? 0 : shown[column].right ? (int)width[column] : -(int)width[column],
		       shown[column].head);
	putchar('\n');
	for (size_t i = 0; i < model->shown_count; i++) {
		for (size_t column = 0; column < SHOWN; column++) {
			cell(model->shown[i], column, text, sizeof text);
			columns = auberge_text_columns(text);
			int pad = column + 1 == SHOWN && !shown[column].right ? 0 : (int)(width[column] - columns);

			printf("%s%*s%s%*s", column ? "  " : "", shown[column].right ? pad : 0, "", text,
			       shown[column].right ? 0 : pad, "");
		}
		putchar('\n');
	}
}

/* A config that cannot be read, or a supervisor that died, does not hide its guest; it is said once, below the table. */
static void put_problems(const struct model *model)
{
	for (size_t i = 0; i < model->shown_count; i++) {
		if (*model->shown[i]->guest.problem)
			note("%s", model->shown[i]->guest.problem);
		if (model->shown[i]->guest.supervision == AUBERGE_SUPERVISION_LOST)
			note("%s runs without a supervisor", model->shown[i]->guest.name);
	}
}

/* A term asks for what one reading of the list does not give: rates, and figures that take files of their own. */
static bool wants_figures(const struct model_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct model_column *column = filter->terms[i].column;

		if (!(column->use & MODEL_IN_LIST) && (column->use & (MODEL_FIGURE | MODEL_IN_TOP) || strcmp(column->id, "why") == 0))
			return true;
	}
	return false;
}

/* The sample is of all guests. */
static void keep_named(const struct call *call, struct model *model)
{
	const struct arguments *arguments = &call->arguments;
	size_t kept = 0;

	for (size_t i = 0; i < model->shown_count; i++) {
		bool named = arguments->words_count == 0;

		for (size_t word = 0; word < arguments->words_count && !named; word++)
			named = strcmp(arguments->words[word], model->shown[i]->guest.name) == 0;
		if (named)
			model->shown[kept++] = model->shown[i];
	}
	model->shown_count = kept;
}

static int fill_figures(struct call *call, struct model *model)
{
	struct auberge_error error = {0};
	struct model_source *source = model_source_open(call->auberge, model, &error);
	int status = source ? 0 : complain_error(&error);

	model->order.column = model_column_find("name");
	signals_open();
	if (status == 0)
		status = sample_take(source, model);
	if (status == 0)
		status = sample_wait(BETWEEN_MILLISECONDS);
	if (status == 0)
		status = sample_take(source, model);
	signals_close();
	keep_named(call, model);
	model_source_close(source);
	return status;
}

static int fill(struct call *call, struct model *model)
{
	const char *filter = arguments_text(&call->arguments, "filter");
	struct model_clock clock = model_clock_now();
	struct auberge_error error = {0};
	struct auberge_guest *guests = NULL;
	size_t count;
	int status = 0;

	if (filter && model_filter_parse(&model->filter, filter, &error) < 0)
		return complain_error(&error);
	if (wants_figures(&model->filter))
		return fill_figures(call, model);
	if (auberge_list(call->auberge, call->arguments.words, call->arguments.words_count, AUBERGE_LIST_FIGURES, &guests,
	                 &count, &error) < 0)
		return complain_error(&error);
	model->order.column = model_column_find("name");
	if (model_update_guests(model, guests, count, &clock) < 0)
		status = complain(AUBERGE_FAILED, NULL, "list: out of memory");
	free(guests);
	return status;
}

static int run(struct call *call)
{
	bool named = call->arguments.words_count > 0;
	int unknown = command_keep_known(call), status;
	struct model model;

	if (named && call->arguments.words_count == 0)
		return unknown;
	model_init(&model);
	status = fill(call, &model);
	if (status == 0 && call->json) {
		status = output_json(model_json_list(&model), 2);
	} else if (status == 0) {
		if (model.shown_count > 0)
			put_table(&model);
		put_problems(&model);
	}
	model_free(&model);
	return unknown > status ? unknown : status;
}

const struct command command_list = {
	.name = "list",
	.arguments = "[NAME...]",
	.summary = "one line per guest, sorted by name",
	.description = "No supervisor is asked: one that hangs never blocks the list. A filter on a figure that the list does not show, "
		       "like cpu>50, takes a second: rates need two samples.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_JSON,
	.most = COMMAND_MANY,
	.run = run,
};
