/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The column table: one row per thing that is known of a guest, feeding dashboard, sort, filter and JSON.
 * Invariants: the order of the table is the order in JSON; `start` gives the order on the dashboard.
 */
#include "model/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- texts that are not just a number or a list --- */

static void text_name(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, "%s", row->guest.name);
}

static void text_mark(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, "%s", row->guest.kind == AUBERGE_VM ? "v" : row->guest.privileged ? "#" : "");
}

static void text_kind(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, "%s", auberge_kind_word(row->guest.kind));
}

static void text_state(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, "%s", auberge_state_word(row->guest.state));
}

static void text_supervision(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, "%s", auberge_supervision_word(row->guest.supervision));
}

static void text_why(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, "%s", row->why);
}

static void text_cpu(const struct model_row *row, char *out, size_t size)
{
	snprintf(out, size, row->cpu_percent < 999.95 ? "%.1f" : "%.0f", row->cpu_percent);
}

static void text_stall(const struct model_row *row, char *out, size_t size)
{
	char letter = '-';
	double percent = model_stall(row, &letter);

	if (percent >= 0.5)
		snprintf(out, size, "%c%.0f", letter, percent);
	else
		snprintf(out, size, "-");
}

/* --- numbers --- */

#define COUNTER(function, bit, field)                                                                            \
	static double function(const struct model_row *row)                                                      \
	{                                                                                                        \
		return row->now.have & (bit) ? (double)row->now.field : NAN;                                     \
	}
#define RATE(function, bit, field)                                                                               \
	static double function(const struct model_row *row)                                                      \
	{                                                                                                        \
		return row->rates & (bit) ? row->field : NAN;                                                    \
	}
#define FLAG(function, field)                                                                                    \
	static double function(const struct model_row *row)                                                      \
	{                                                                                                        \
		return row->guest.field ? 1 : 0;                                                                 \
	}

COUNTER(number_cache, AUBERGE_HAVE_CACHE, cache_bytes)
COUNTER(number_processes, AUBERGE_HAVE_PROCESSES, processes)
COUNTER(number_oom, AUBERGE_HAVE_OOM, oom_kills)
RATE(number_cpu, MODEL_RATE_CPU, cpu_percent)
RATE(number_throttled, MODEL_RATE_THROTTLED, throttled_percent)
RATE(number_read, MODEL_RATE_IO, read_rate)
RATE(number_write, MODEL_RATE_IO, write_rate)
RATE(number_receive, MODEL_RATE_NET, receive_rate)
RATE(number_transmit, MODEL_RATE_NET, transmit_rate)
FLAG(number_running, running)
FLAG(number_autostart, autostart)
FLAG(number_privileged, privileged)

/* The kernel's "cannot say" is negative. */
static double stall_percent(const struct model_row *row, float percent)
{
	return row->now.have & AUBERGE_HAVE_STALL && percent >= 0 ? (double)percent : NAN;
}

static double number_memory_stall(const struct model_row *row)
{
	return stall_percent(row, row->now.memory_stall_percent);
}

static double number_cpu_stall(const struct model_row *row)
{
	return stall_percent(row, row->now.cpu_stall_percent);
}

static double number_io_stall(const struct model_row *row)
{
	return stall_percent(row, row->now.io_stall_percent);
}

static double number_stall(const struct model_row *row)
{
	char letter;

	return model_stall(row, &letter);
}

static double number_init(const struct model_row *row)
{
	return row->guest.init_pid > 0 ? (double)row->guest.init_pid : NAN;
}

static double number_up(const struct model_row *row)
{
	return row->guest.uptime_seconds >= 0 ? (double)row->guest.uptime_seconds : NAN;
}

static double number_memory(const struct model_row *row)
{
	uint64_t bytes;

	return model_memory(row, &bytes) ? (double)bytes : NAN;
}

static double number_limit(const struct model_row *row)
{
	if (!(row->now.have & AUBERGE_HAVE_LIMIT) || row->now.memory_limit_bytes == AUBERGE_UNLIMITED)
		return NAN;
	return (double)row->now.memory_limit_bytes;
}

static double number_io(const struct model_row *row)
{
	return row->rates & MODEL_RATE_IO ? row->read_rate + row->write_rate : NAN;
}

/* --- lists --- */

static const char *item_bridge(const struct model_row *row, size_t index)
{
	return index < row->guest.bridges_count ? row->guest.bridges[index] : NULL;
}

static const char *item_link(const struct model_row *row, size_t index)
{
	return index < row->guest.links_count ? row->guest.links[index] : NULL;
}

static const char *item_address(const struct model_row *row, size_t index)
{
	return index < row->guest.addresses_count ? row->guest.addresses[index] : NULL;
}

static const char *item_flag(const struct model_row *row, size_t index)
{
	for (unsigned flag = 0; flag < MODEL_FLAGS_COUNT; flag++)
		if (row->flags & 1u << flag && index-- == 0)
			return model_flag_word((enum model_flag)flag);
	return NULL;
}

/* --- levels --- */

static enum model_level level_state(const struct model_row *row)
{
	if (row->guest.supervision == AUBERGE_SUPERVISION_LOST)
		return MODEL_BAD;
	switch (row->guest.state) {
	case AUBERGE_FAILED_STATE: return MODEL_BAD;
	case AUBERGE_RUNNING: return MODEL_GOOD;
	case AUBERGE_STOPPED: return MODEL_QUIET;
	case AUBERGE_STARTING:
	case AUBERGE_FROZEN:
	case AUBERGE_STOPPING:
	case AUBERGE_INCOMPLETE: break;
	}
	return MODEL_WARN;
}

static enum model_level graded(double number, double warn, double bad)
{
	return number >= bad ? MODEL_BAD : number >= warn ? MODEL_WARN : MODEL_PLAIN; /* NAN is plain */
}

static enum model_level level_limit(const struct model_row *row)
{
	return graded(rule_memory_percent(row), 80, 95);
}

static enum model_level level_stall(const struct model_row *row)
{
	return graded(number_stall(row), 5, 20);
}

static enum model_level level_why(const struct model_row *row)
{
	return row->level;
}

#define LISTED (MODEL_IN_LIST | MODEL_IN_TOP)
#define FIGURE_RIGHT (MODEL_FIGURE | MODEL_RIGHT)
#define RATE_RIGHT (MODEL_FIGURE | MODEL_RATED | MODEL_RIGHT)

static const struct model_column columns[] = {
	{.id = "name", .json = "name", .head = "NAME", .type = MODEL_TEXT, .use = LISTED, .start = 3, .width = 14,
	 .help = "name of the guest", .text = text_name},
	{.id = "mark", .head = "", .type = MODEL_TEXT, .start = 17, .width = 1,
	 .help = "v: a vm, #: a privileged container", .text = text_mark},
	{.id = "kind", .json = "kind", .type = MODEL_TEXT, .use = LISTED, .help = "container or vm", .text = text_kind},
	{.id = "state", .json = "state", .head = "STATE", .type = MODEL_TEXT, .use = LISTED, .start = 18, .width = 8,
	 .help = "stopped starting running frozen stopping failed incomplete", .text = text_state, .level = level_state},
	{.id = "running", .json = "running", .type = MODEL_FLAG, .use = LISTED, .help = "is any process of it alive",
	 .number = number_running},
	{.id = "supervision", .json = "supervision", .type = MODEL_TEXT, .use = LISTED,
	 .help = "ok, lost, not_answering or none", .text = text_supervision},
	{.id = "init", .json = "init_pid", .type = MODEL_NUMBER, .use = LISTED | MODEL_COUNTED,
	 .help = "pid of its init on the host", .number = number_init},
	{.id = "up", .json = "uptime_seconds", .head = "UP", .type = MODEL_SECONDS,
	 .use = LISTED | MODEL_COUNTED | MODEL_RIGHT, .start = 64, .width = 4, .drop = 1,
	 .help = "time since its start", .number = number_up},
	{.id = "mem", .json = "memory_bytes", .head = "MEM", .type = MODEL_SIZE,
	 .use = LISTED | MODEL_COUNTED | FIGURE_RIGHT, .start = 33, .width = 5,
	 .help = "memory used, inactive file cache not counted", .number = number_memory},
	{.id = "autostart", .json = "autostart", .type = MODEL_FLAG, .use = LISTED,
	 .help = "is it started with the host", .number = number_autostart},
	{.id = "privileged", .json = "privileged", .type = MODEL_FLAG, .use = LISTED,
	 .help = "does it run without a user namespace", .number = number_privileged},
	{.id = "bridge", .json = "bridges", .head = "BRIDGE", .type = MODEL_LIST, .use = LISTED, .start = 55, .width = 8,
	 .drop = 3, .help = "bridges its links are on", .item = item_bridge},
	{.id = "address", .json = "addresses", .type = MODEL_LIST, .use = LISTED, .help = "addresses",
	 .item = item_address},
	{.id = "link", .type = MODEL_LIST, .help = "host side names of its links", .item = item_link},
	{.id = "cpu", .json = "cpu_percent", .head = "CPU%", .type = MODEL_PERCENT, .use = MODEL_IN_TOP | RATE_RIGHT,
	 .start = 27, .width = 5, .help = "processor time, in percent of one processor", .text = text_cpu,
	 .number = number_cpu},
	{.id = "throttled", .json = "cpu_throttled_percent", .type = MODEL_PERCENT, .use = MODEL_IN_TOP | RATE_RIGHT,
	 .help = "time held back by its CPU limit", .number = number_throttled},
	{.id = "cache", .json = "memory_cache_bytes", .type = MODEL_SIZE,
	 .use = MODEL_IN_TOP | MODEL_COUNTED | FIGURE_RIGHT, .help = "inactive file cache", .number = number_cache},
	{.id = "limit", .json = "memory_limit_bytes", .type = MODEL_SIZE,
	 .use = MODEL_IN_TOP | MODEL_COUNTED | FIGURE_RIGHT, .help = "memory limit", .number = number_limit},
	{.id = "lim", .head = "LIM", .type = MODEL_PERCENT, .use = FIGURE_RIGHT, .start = 39, .width = 4, .drop = 4,
	 .help = "memory in percent of its limit", .number = model_limit_percent, .level = level_limit},
	{.id = "stall", .head = "STAL", .type = MODEL_PERCENT, .use = MODEL_FIGURE, .start = 44, .width = 4, .drop = 5,
	 .help = "worst pressure: C processor, M memory, I input and output; percent of the last 10 s",
	 .text = text_stall, .number = number_stall, .level = level_stall},
	{.id = "memory_stall", .json = "memory_stall_percent", .type = MODEL_PERCENT, .use = MODEL_IN_TOP | FIGURE_RIGHT,
	 .help = "memory pressure, some, avg10", .number = number_memory_stall},
	{.id = "cpu_stall", .json = "cpu_stall_percent", .type = MODEL_PERCENT, .use = MODEL_IN_TOP | FIGURE_RIGHT,
	 .help = "processor pressure, some, avg10", .number = number_cpu_stall},
	{.id = "io_stall", .json = "io_stall_percent", .type = MODEL_PERCENT, .use = MODEL_IN_TOP | FIGURE_RIGHT,
	 .help = "input and output pressure, some, avg10", .number = number_io_stall},
	{.id = "io", .head = "IO/s", .type = MODEL_SIZE, .use = RATE_RIGHT, .start = 49, .width = 5, .drop = 2,
	 .help = "bytes read and written per second", .number = number_io},
	{.id = "read", .json = "read_bytes_per_second", .type = MODEL_SIZE, .use = MODEL_IN_TOP | MODEL_COUNTED | RATE_RIGHT,
	 .help = "bytes read per second", .number = number_read},
	{.id = "write", .json = "write_bytes_per_second", .type = MODEL_SIZE,
	 .use = MODEL_IN_TOP | MODEL_COUNTED | RATE_RIGHT, .help = "bytes written per second", .number = number_write},
	{.id = "rx", .json = "receive_bytes_per_second", .type = MODEL_SIZE,
	 .use = MODEL_IN_TOP | MODEL_COUNTED | RATE_RIGHT, .help = "bytes received per second", .number = number_receive},
	{.id = "tx", .json = "transmit_bytes_per_second", .type = MODEL_SIZE,
	 .use = MODEL_IN_TOP | MODEL_COUNTED | RATE_RIGHT, .help = "bytes sent per second", .number = number_transmit},
	{.id = "processes", .json = "processes", .type = MODEL_NUMBER, .use = MODEL_IN_TOP | MODEL_COUNTED | FIGURE_RIGHT,
	 .help = "number of processes", .number = number_processes},
	{.id = "oom", .json = "oom_kills", .type = MODEL_NUMBER, .use = MODEL_IN_TOP | MODEL_COUNTED | FIGURE_RIGHT,
	 .help = "processes killed for want of memory since its start", .number = number_oom},
	{.id = "flags", .json = "flags", .type = MODEL_LIST, .use = MODEL_IN_TOP, .help = "what is scarce for it",
	 .item = item_flag},
	{.id = "why", .head = "WHY", .type = MODEL_TEXT, .start = 69, .width = 12, .help = "the verdict",
	 .text = text_why, .level = level_why},
};

const struct model_column *model_columns(size_t *count)
{
	*count = sizeof columns / sizeof columns[0];
	return columns;
}

const struct model_column *model_column_find(const char *id)
{
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		if (strcmp(columns[i].id, id) == 0 || (columns[i].json && strcmp(columns[i].json, id) == 0))
			return &columns[i];
	return NULL;
}

static void join_items(const struct model_column *column, const struct model_row *row, char *out, size_t size)
{
	size_t used = 0;
	const char *item;

	out[0] = '\0';
	for (size_t i = 0; (item = column->item(row, i)); i++) {
		int length = snprintf(out + used, size - used, "%s%s", i ? " " : "", item);

		if (length < 0 || (size_t)length >= size - used)
			break;
		used += (size_t)length;
	}
}

void model_text(const struct model_column *column, const struct model_row *row, char *out, size_t size)
{
	double number = column->number ? column->number(row) : 0;

	if (column->type == MODEL_LIST) {
		join_items(column, row, out, size);
	} else if (isnan(number)) {
		snprintf(out, size, "-");
	} else if (column->text) {
		column->text(row, out, size);
	} else if (column->type == MODEL_FLAG) {
		snprintf(out, size, "%s", number > 0 ? "yes" : "no");
	} else if (column->type == MODEL_SIZE) {
		auberge_format_size(out, size, (uint64_t)(number + 0.5));
	} else if (column->type == MODEL_SECONDS) {
		auberge_format_age(out, size, (int64_t)number);
	} else {
		snprintf(out, size, column->type == MODEL_PERCENT ? "%.0f%%" : "%.0f", number);
	}
}
