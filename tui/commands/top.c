/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge top`: the dashboard's table in batch. The first sample is one interval old when the first table is
 * printed.
 */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/sample.h"
#include "commands/terminal.h"
#include "model/json.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_SECONDS 2
#define TABLE_COLUMNS 100 /* where the output is no terminal: every column of the dashboard fits */

static const struct option_row options[] = {
	{.name = "count", .type = OPTION_COUNT, .argument = "N", .least = 1, .help = "end after N samples"},
	{.name = "interval", .type = OPTION_DURATION, .argument = "D", .least = 1,
	 .help = "time between samples, 2s if not said"},
	{.name = "sort", .type = OPTION_TEXT, .argument = "COLUMN",
	 .help = "order: trouble, or a column's name; -COLUMN for the reverse"},
	{.name = "filter", .type = OPTION_TEXT, .argument = "EXPR", .help = "as in `auberge list`"},
	{.name = NULL},
};

static void put_table(const struct model *model)
{
	struct model_layout layout;
	unsigned rows, columns = TABLE_COLUMNS;
	char text[MODEL_CELL_SIZE];

	if (isatty(STDOUT_FILENO))
		terminal_size(&rows, &columns);
	model_layout(&layout, (int)(columns < 40 ? 40 : columns));
	for (size_t line = 0; line <= model->shown_count; line++) {
		int x = 2; /* cells 0 and 1 are the screens' cursor and tag */

		for (size_t i = 0; i < layout.count; i++) {
			const struct model_place *place = &layout.places[i];

			if (line == 0)
				model_heading(place, text, sizeof text);
			else
				model_cell(model->shown[line - 1], place, text, sizeof text, NULL);
			printf("%*s%s", place->x > x ? place->x - x : 0, "", text);
			x = place->x + place->width;
		}
		putchar('\n');
	}
	putchar('\n');
}

static int print(struct call *call, const struct model *model)
{
	if (call->json)
		return output_json(model_json_top(model), 0);
	put_table(model);
	return output_flush();
}

static int loop(struct call *call, struct model_source *source, struct model *model)
{
	int64_t count = arguments_number(&call->arguments, "count", 0);
	int64_t interval = arguments_number(&call->arguments, "interval", INTERVAL_SECONDS);
	int status = sample_take(source, model);

	for (int64_t i = 0; status == 0 && (count == 0 || i < count); i++) {
		status = sample_wait(interval * 1000);
		if (status == 0)
			status = sample_take(source, model);
		if (status == 0)
			status = print(call, model);
	}
	return status;
}

static int run(struct call *call)
{
	const char *filter = arguments_text(&call->arguments, "filter"), *sort = arguments_text(&call->arguments, "sort");
	struct auberge_error error = {0};
	struct model_source *source = NULL;
	struct model model;
	int status = 0;

	model_init(&model);
	if (filter && model_filter_parse(&model.filter, filter, &error) < 0)
		status = complain_error(&error);
	else if (sort && model_order_parse(&model.order, sort, &error) < 0)
		status = complain_error(&error);
	else if (!(source = model_source_open(call->auberge, &model, &error)))
		status = complain_error(&error);
	if (status == 0) {
		signals_open();
		status = loop(call, source, &model);
		signals_close();
	}
	model_source_close(source);
	model_free(&model);
	return status;
}

const struct command command_top = {
	.name = "top",
	.arguments = "",
	.summary = "the dashboard's table, again and again",
	.description =
		"Rates are of the time since the sample before; the first sample is taken one interval before the first print. "
		"With --json each sample is one document on a line of its own.",
	.options = options,
	.flags = COMMAND_JSON,
	.run = run,
};
