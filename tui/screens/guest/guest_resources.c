/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen's resources: each limit beside its use, stalls, throttling, OOM kills, and the kernel's file of each. */
#include "screens/guest/guest.h"

#include "widgets/graph.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAR 10
#define NEAR 0.9
#define GRAPHS_FROM 12

struct figure {
	const char *name;
	const char *file, *old_file; /* of cgroup v2, and of v1 where that is another; see auberge_counters.old */
	unsigned old;
	/* Fills text; returns the part of the limit (0 to 1) for a bar, NAN: none. text left empty: not known. */
	double (*say)(const struct model_row *row, char *text, size_t size);
};

static double part_of(double used, double limit)
{
	return limit > 0 ? used / limit : (double)NAN;
}

static double say_cpu(const struct model_row *row, char *text, size_t size)
{
	uint64_t quota = row->now.cpu_quota_thousandths;
	double most = (double)quota / 10;

	if (!(row->rates & MODEL_RATE_CPU))
		return NAN;
	snprintf(text, size, row->cpu_percent < 99.95 ? "%.1f%%" : "%.0f%%", row->cpu_percent);
	if (!(row->now.have & AUBERGE_HAVE_QUOTA) || quota == AUBERGE_UNLIMITED || quota == 0) {
		snprintf(text + strlen(text), size - strlen(text), " of one processor, no limit");
		return NAN;
	}
	snprintf(text + strlen(text), size - strlen(text), " of %.0f%%", most);
	return part_of(row->cpu_percent, most);
}

static double say_throttled(const struct model_row *row, char *text, size_t size)
{
	if (row->rates & MODEL_RATE_PERIODS) {
		snprintf(text, size, "in %.0f%% of its periods", row->periods_percent);
		return row->periods_percent / 100;
	}
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

static double say_kinds(const struct model_row *row, char *text, size_t size)
{
	char one[16], two[16], three[16];

	if (row->now.have & AUBERGE_HAVE_MEMORY_KINDS) {
		auberge_format_size(one, sizeof one, row->now.anonymous_bytes);
		auberge_format_size(two, sizeof two, row->now.file_bytes);
		auberge_format_size(three, sizeof three, row->now.shared_bytes);
		snprintf(text, size, "%s anonymous, %s file, %s shared", one, two, three);
	} else if (row->now.have & AUBERGE_HAVE_CACHE) {
		auberge_format_size(one, sizeof one, row->now.cache_bytes);
		snprintf(text, size, "%s inactive file", one);
	}
	return NAN;
}

static double say_hits(const struct model_row *row, char *text, size_t size)
{
	if (row->rates & MODEL_RATE_HITS)
		snprintf(text, size, "%.1f a second", row->hits_rate);
	else if (row->now.have & AUBERGE_HAVE_MEMORY_HITS)
		snprintf(text, size, "%" PRIu64 " so far", row->now.memory_hits);
	return NAN;
}

static double say_refaults(const struct model_row *row, char *text, size_t size)
{
	char bytes[16];

	if (!(row->rates & MODEL_RATE_REFAULTS))
		return NAN;
	auberge_format_size(bytes, sizeof bytes, (uint64_t)row->refault_rate);
	snprintf(text, size, "%s/s read anew", bytes);
	return NAN;
}

static double say_refused(const struct model_row *row, char *text, size_t size)
{
	if (row->now.have & AUBERGE_HAVE_REFUSED)
		snprintf(text, size, "%" PRIu64 " so far", row->now.refused_processes);
	return NAN;
}

static double say_blocked(const struct model_row *row, char *text, size_t size)
{
	if (row->now.have & AUBERGE_HAVE_BLOCKED)
		snprintf(text, size, "%u of %u in state D%s%s", row->now.blocked, row->now.looked_at,
		         row->now.blocked_command[0] ? ": " : "", row->now.blocked_command);
	return NAN;
}

static double say_disk(const struct model_row *row, char *text, size_t size)
{
	uint64_t bytes = row->now.disk_bytes, left = row->now.disk_free_bytes;
	char one[16], two[16];

	if (!(row->now.have & AUBERGE_HAVE_DISK) || bytes == 0)
		return NAN;
	auberge_format_size(one, sizeof one, left);
	auberge_format_size(two, sizeof two, bytes);
	snprintf(text, size, "%s of %s free", one, two);
	return left < bytes ? part_of((double)(bytes - left), (double)bytes) : (double)NAN;
}

static double say_inodes(const struct model_row *row, char *text, size_t size)
{
	uint64_t all = row->now.disk_inodes, left = row->now.disk_free_inodes;

	if (!(row->now.have & AUBERGE_HAVE_DISK) || all == 0)
		return NAN;
	snprintf(text, size, "%" PRIu64 " of %" PRIu64 " free", left, all);
	return left < all ? part_of((double)(all - left), (double)all) : (double)NAN;
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

static double say_stall(const struct model_row *row, float percent, const struct auberge_pressure *pressure, char *text, size_t size)
{
	if (!(row->now.have & AUBERGE_HAVE_STALL) || percent < 0)
		return NAN;
	snprintf(text, size, "some %.0f%% of 10 s", (double)percent);
	if (pressure->full10 >= 0.5f)
		snprintf(text + strlen(text), size - strlen(text), ", all %.0f%%", (double)pressure->full10);
	if (pressure->some60 >= 0.5f)
		snprintf(text + strlen(text), size - strlen(text), "; %.0f%% of 60 s", (double)pressure->some60);
	return (double)percent / 100;
}

static double say_cpu_stall(const struct model_row *row, char *text, size_t size)
{
	return say_stall(row, row->now.cpu_stall_percent, &row->now.cpu_pressure, text, size);
}

static double say_memory_stall(const struct model_row *row, char *text, size_t size)
{
	return say_stall(row, row->now.memory_stall_percent, &row->now.memory_pressure, text, size);
}

static double say_io_stall(const struct model_row *row, char *text, size_t size)
{
	return say_stall(row, row->now.io_stall_percent, &row->now.io_pressure, text, size);
}

static const struct figure figures[] = {
	{"cpu", "cpu.stat cpu.max", "cpuacct.usage", AUBERGE_OLD_CPU, say_cpu},
	{"  throttled", "cpu.stat", "cpu.stat", AUBERGE_OLD_CPU, say_throttled},
	{"  stall", "cpu.pressure", NULL, 0, say_cpu_stall},
	{"memory", "memory.current memory.max", "memory.usage_in_bytes", AUBERGE_OLD_MEMORY, say_memory},
	{"  of that", "memory.stat", NULL, 0, say_kinds},
	{"  stall", "memory.pressure", NULL, 0, say_memory_stall},
	{"  limit hit", "memory.events", "memory.failcnt", AUBERGE_OLD_MEMORY, say_hits},
	{"  refaults", "memory.stat", NULL, 0, say_refaults},
	{"  OOM kills", "memory.events", "memory.oom_control", AUBERGE_OLD_MEMORY, say_oom},
	{"io", "io.stat", "blkio.throttle.io_service_bytes_recursive", AUBERGE_OLD_IO, say_io},
	{"  stall", "io.pressure", NULL, 0, say_io_stall},
	{"  blocked", "/proc/PID/stat", NULL, 0, say_blocked},
	{"disk", "statfs(2)", NULL, 0, say_disk},
	{"  inodes", "statfs(2)", NULL, 0, say_inodes},
	{"network", "rtnetlink(7)", NULL, 0, say_net},
	{"processes", "pids.current pids.max", NULL, 0, say_processes},
	{"  refused", "pids.events", NULL, 0, say_refused},
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
	char text[128] = "", bar[BAR + 4], line[300];
	double part = figure->say(row, text, sizeof text);
	bool hot = part >= NEAR || (figure->say == say_oom && row->now.oom_kills > 0);

	bar_text(part, bar);
	/* What this kernel, or this guest, has no figure for. */
	if (!text[0])
		return;
	if (page->width >= 60)
		snprintf(line, sizeof line, " %-12s %s%s", figure->name, bar, text);
	else
		snprintf(line, sizeof line, " %-12s %s", figure->name, text);
	page_add(page, hot ? ROLE_WARN : ROLE_TEXT, 14, page->width >= 60 ? row->now.old & figure->old ? figure->old_file : figure->file : NULL, line);
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
