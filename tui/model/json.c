/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows as JSON: names and order are the column table's, numbers are in base units, what is not known is null. */
#include "model/json.h"

#include <math.h>
#include <string.h>

/* Text of a config may hold anything; a document must be UTF-8. */
static json_t *text_value(const char *text)
{
	json_t *value = json_string(text);
	char clean[MODEL_CELL_SIZE * 2];

	if (value)
		return value;
	auberge_text_clean(clean, sizeof clean, text, strlen(text), 0);
	return json_string(clean);
}

/* Three places are all that a percentage means; the kernel's come as float. */
static double rounded(double number)
{
	return round(number * 1000) / 1000;
}

static json_t *number_value(double number, bool counted)
{
	if (!isfinite(number))
		return json_null();
	return counted ? json_integer((json_int_t)(number + 0.5)) : json_real(rounded(number));
}

static json_t *list_value(const struct model_column *column, const struct model_row *row)
{
	json_t *list = json_array();
	const char *item;

	for (size_t i = 0; list && (item = column->item(row, i)); i++)
		json_array_append_new(list, text_value(item));
	return list;
}

static json_t *column_value(const struct model_column *column, const struct model_row *row)
{
	char text[MODEL_CELL_SIZE];

	switch (column->type) {
	case MODEL_LIST:
		return list_value(column, row);
	case MODEL_FLAG:
		return json_boolean(column->number(row) > 0);
	case MODEL_TEXT:
		column->text(row, text, sizeof text);
		return text_value(text);
	case MODEL_NUMBER:
	case MODEL_PERCENT:
	case MODEL_SIZE:
	case MODEL_SECONDS:
		break;
	}
	return number_value(column->number(row), column->use & MODEL_COUNTED);
}

static json_t *row_object(const struct model_row *row, unsigned use)
{
	json_t *object = json_object();
	size_t count;
	const struct model_column *columns = model_columns(&count);

	for (size_t i = 0; object && i < count; i++)
		if (columns[i].json && columns[i].use & use)
			json_object_set_new(object, columns[i].json, column_value(&columns[i], row));
	return object;
}

json_t *model_json_list_row(const struct model_row *row)
{
	return row_object(row, MODEL_IN_LIST);
}

json_t *model_json_top_row(const struct model_row *row)
{
	return row_object(row, MODEL_IN_TOP);
}

json_t *model_json_why(const struct model_row *row, const struct model_clock *clock)
{
	struct model_finding findings[MODEL_FINDINGS_MAX];
	size_t count = model_findings(row, clock, findings, MODEL_FINDINGS_MAX);
	json_t *list = json_array();
	char verdict[320];

	model_verdict_sentence(row, clock, verdict, sizeof verdict);
	for (size_t i = 0; i < count; i++) {
		const struct model_finding *finding = &findings[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o}", "kind", finding->kind, "severity",
		                                      model_severity_word(finding->level), "sentence", text_value(finding->sentence),
		                                      "source", text_value(finding->source), "next",
		                                      finding->next[0] ? text_value(finding->next) : json_null()));
	}
	return json_pack("{s:o, s:s, s:o, s:o}", "name", text_value(row->guest.name), "state", auberge_state_word(row->guest.state),
	                 "verdict", text_value(verdict), "findings", list);
}

/* The kernel's "cannot say" is negative. */
static json_t *stall_value(float percent)
{
	return percent < 0 ? json_null() : json_real(rounded((double)percent));
}

json_t *model_json_host(const struct model *model)
{
	const struct auberge_host *host = &model->host;
	json_t *object = json_object();

	if (!object)
		return NULL;
	json_object_set_new(object, "name", text_value(host->name));
	json_object_set_new(object, "uptime_seconds", json_integer((json_int_t)host->uptime_seconds));
	json_object_set_new(object, "load", json_pack("[f, f, f]", host->load[0], host->load[1], host->load[2]));
	json_object_set_new(object, "processors", json_integer(host->processors));
	json_object_set_new(object, "cpu_percent", number_value(model->host_cpu_percent, false));
	json_object_set_new(object, "memory_bytes", json_integer((json_int_t)host->memory_bytes));
	json_object_set_new(object, "memory_used_bytes", json_integer((json_int_t)host->memory_used_bytes));
	json_object_set_new(object, "disk_bytes", json_integer((json_int_t)host->disk_bytes));
	json_object_set_new(object, "disk_used_bytes", json_integer((json_int_t)host->disk_used_bytes));
	json_object_set_new(object, "cpu_stall_percent", stall_value(host->cpu_stall_percent));
	json_object_set_new(object, "memory_stall_percent", stall_value(host->memory_stall_percent));
	json_object_set_new(object, "io_stall_percent", stall_value(host->io_stall_percent));
	return object;
}

static json_t *shown_rows(const struct model *model, unsigned use)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < model->shown_count; i++)
		json_array_append_new(list, row_object(model->shown[i], use));
	return list;
}

json_t *model_json_list(const struct model *model)
{
	return shown_rows(model, MODEL_IN_LIST);
}

json_t *model_json_top(const struct model *model)
{
	return json_pack("{s:o, s:o}", "host", model_json_host(model), "guests", shown_rows(model, MODEL_IN_TOP));
}
