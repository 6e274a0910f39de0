/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen's resources: each limit beside its use, stalls, throttling, OOM kills, and the kernel's file of each. */
#include "screens/guest.h"

#include "widgets/graph.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAR 20
#define NEAR 0.9
#define GRAPHS_FROM 12

struct figure {
	const char *name, *file;
	/* Fills text; returns the part of the limit (0 to 1) for a bar, NAN: none. text left empty: not known. */
	double (*say)(const struct model_row *row, char *text, size_t size);
};

static double part_of(double used, double limit)
{
	return limit > 0 ? used / limit : (double)NAN;
}

static double say_cpu(const struct model_row *row, char *text, size_t size)
{
	if (row->rates & MODEL_RATE_CPU)
		snprintf(text, size, row->cpu_percent < 99.95 ? "%.1f%% of one processor" : "%.0f%% of one processor", row->cpu_percent);
	return NAN;
}

static double say_throttled(const struct model_row *row, char *text, size_t size)
{
	if (!(row->rates & MODEL_RATE_THROTTLED))
		return NAN;
	snprintf(text, size, "%.0f%% of the time", row->throttled_percent);
	return row->throttled_percent / 100;
}

static double say_memory(const struct model_row *row, char *text, size_t size)
{
	uint64_t bytes, limit = row->now.memory_limit_bytes;
	char used[16], most[16];

	if (!model_memory(row, &bytes))
		return NAN;
	auberge_format_size(used, sizeof used, bytes);
	if (!(row->now.have & AUBERGE_HAVE_LIMIT) || limit == AUBERGE_UNLIMITED) {
		snprintf(text, size, "%s, no limit", used);
		return NAN;
	}
	auberge_format_size(most, sizeof most, limit);
	snprintf(text, size, "%s of %s", used, most);
	return part_of((double)bytes, (double)limit);
}

static double say_cache(const struct model_row *row, char *text, size_t size)
{
	char bytes[16];

	if (!(row->now.have & AUBERGE_HAVE_CACHE))
		return NAN;
	auberge_format_size(bytes, sizeof bytes, row->now.cache_bytes);
	snprintf(text, size, "%s inactive", bytes);
	return NAN;
}

static double say_oom(const struct model_row *row, char *text, size_t size)
{
	if (row->now.have & AUBERGE_HAVE_OOM)
		snprintf(text, size, "%" PRIu64 "%s", row->now.oom_kills, row->now.oom_kills > 0 ? " since its start" : "");
	return NAN;
}

static double say_processes(const struct model_row *row, char *text, size_t size)
{
	uint64_t limit = row->now.processes_limit;

	if (!(row->now.have & AUBERGE_HAVE_PROCESSES))
		return NAN;
	if (limit == AUBERGE_UNLIMITED || limit == 0) {
		snprintf(text, size, "%" PRIu64 ", no limit", row->now.processes);
		return NAN;
	}
	snprintf(text, size, "%" PRIu64 " of %" PRIu64, row->now.processes, limit);
	return part_of((double)row->now.processes, (double)limit);
}

static double say_io(const struct model_row *row, char *text, size_t size)
{
	char reading[16], writing[16];

	if (!(row->rates & MODEL_RATE_IO))
		return NAN;
	auberge_format_size(reading, sizeof reading, (uint64_t)row->read_rate);
	auberge_format_size(writing, sizeof writing, (uint64_t)row->write_rate);
	snprintf(text, size, "read %s/s, write %s/s", reading, writing);
	return NAN;
}

static double say_net(const struct model_row *row, char *text, size_t size)
{
	char receive[16], transmit[16];

	if (!(row->rates & MODEL_RATE_NET))
		return NAN;
	auberge_format_size(receive, sizeof receive, (uint64_t)row->receive_rate);
	auberge_format_size(transmit, sizeof transmit, (uint64_t)row->transmit_rate);
	snprintf(text, size, "received %s/s, sent %s/s", receive, transmit);
	return NAN;
}

static double say_stall(const struct model_row *row, float percent, char *text, size_t size)
{
	if (!(row->now.have & AUBERGE_HAVE_STALL) || percent < 0)
		return NAN;
	snprintf(text, size, "%.0f%% of 10 s", (double)percent);
	return (double)percent / 100;
}

static double say_cpu_stall(const struct model_row *row, char *text, size_t size)
{
	return say_stall(row, row->now.cpu_stall_percent, text, size);
}

static double say_memory_stall(const struct model_row *row, char *text, size_t size)
{
	return say_stall(row, row->now.memory_stall_percent, text, size);
}

static double say_io_stall(const struct model_row *row, char *text, size_t size)
{
	return say_stall(row, row->now.io_stall_percent, text, size);
}

static const struct figure figures[] = {
	{"cpu", "cpu.stat", say_cpu},
	{"cpu throttled", "cpu.stat", say_throttled},
	{"cpu stall", "cpu.pressure", say_cpu_stall},
	{"memory", "memory.current memory.max", say_memory},
	{"memory cache", "memory.stat", say_cache},
	{"memory stall", "memory.pressure", say_memory_stall},
	{"OOM kills", "memory.events", say_oom},
	{"io", "io.stat", say_io},
	{"io stall", "io.pressure", say_io_stall},
	{"network", "rtnetlink(7)", say_net},
	{"processes", "pids.current pids.max", say_processes},
};

static void bar_text(double part, char *out)
{
	int full = isnan(part) ? 0 : (int)(part * BAR + 0.5);

	full = full > BAR ? BAR : full < 0 ? 0 : full;
	memset(out, ' ', BAR + 3);
	out[BAR + 3] = '\0';
	if (isnan(part))
		return;
	out[0] = '[';
	memset(out + 1, '#', (size_t)full);
	memset(out + 1 + full, '.', (size_t)(BAR - full));
	out[BAR + 1] = ']';
}

static void add_figure(struct page *page, const struct figure *figure, const struct model_row *row)
{
	char text[96] = "", bar[BAR + 4], line[256];
	double part = figure->say(row, text, sizeof text);
	bool hot = part >= NEAR || (strcmp(figure->name, "OOM kills") == 0 && row->now.oom_kills > 0);

	bar_text(part, bar);
	if (page->width >= 60)
		snprintf(line, sizeof line, " %-14s %s%s", figure->name, bar, text[0] ? text : "-");
	else
		snprintf(line, sizeof line, " %-14s %s", figure->name, text[0] ? text : "-");
	page_add(page, !text[0] ? ROLE_OFF : hot ? ROLE_WARN : ROLE_TEXT, 16, page->width >= 60 ? figure->file : NULL, line);
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	struct page *page = &guest->pages[TAB_RESOURCES];
	int columns = screen_columns(app->screen), graphs = graph_block_height(columns);

	if (!row->guest.running) {
		page_say(page, ROLE_TEXT, "  %s is %s: it uses nothing", guest->name, model_state_word(row));
		page_draw(page, app->screen, line + 1, height - 1);
		return;
	}
	for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
		add_figure(page, &figures[i], row);
	if (height >= GRAPHS_FROM) {
		height -= graphs;
		graph_block(app->screen, line + height, 1, columns - 1, graphs, row);
	}
	page_draw(page, app->screen, line, height);
}

const struct guest_tab guest_resources_tab = {.name = "Resources", .draw = draw};
