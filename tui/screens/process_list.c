/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of processes on a screen; see process_list.h. */
#include "screens/process_list.h"

#include "screens/guest/guest.h"
#include "widgets/grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIRST_MS 1000 /* shares come with the second answer */
#define EVERY_MS 3000

static const struct grid_column columns[] = {
	{"GUEST", 14, false, 0}, {"PID", 7, true, 0},   {"HOST PID", 8, true, 1}, {"USER", 8, false, 3}, {"S", 1, false, 0},
	{"CPU%", 5, true, 0},    {"MEM", 5, true, 4},   {"AGE", 5, true, 2},      {"COMMAND", -1, false, 0},
};
#define COLUMNS (sizeof columns / sizeof columns[0])

void process_list_free(struct process_list *processes)
{
	processes_free(&processes->list);
	*processes = (struct process_list){.all = processes->all, .list = {.order = processes->list.order}};
}

struct process_list *process_list_of(struct app *app)
{
	struct guest_screen *guest = app_state_of(app, &guest_view);
	const struct view *front = app->views[app->views_count - 1].view;

	if (front == &processes_view)
		return app_state(app);
	return front == &guest_view && guest ? &guest->processes : NULL;
}

static void follow(struct process_list *processes)
{
	ssize_t at = processes->host_pid ? processes_find(&processes->list, processes->host_pid, processes->start_time) : -1;

	if (at >= 0)
		processes->table.cursor = (size_t)at;
}

static void take(struct process_list *processes, const struct source_answer *answer)
{
	const struct source_process *items = answer->items;

	if (answer->time_usec == processes->list.time_usec || answer->error.code)
		return;
	processes_begin(&processes->list, answer->count);
	for (size_t i = 0; i < answer->count; i++)
		processes_add(&processes->list, items[i].guest, &items[i].process);
	processes_end(&processes->list, answer->time_usec);
	follow(processes); /* a key that comes before the next frame is about what that frame shows */
}

static bool shares_known(const struct processes *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!isnan(list->items[i].cpu_percent))
			return true;
	return false;
}

void process_list_tick(struct app *app, struct process_list *processes, const char *name)
{
	const struct source_answer *answer;

	int every_ms = processes->every_ms ? processes->every_ms : EVERY_MS;

	ask_tick(app, &processes->ask, TOPIC_PROCESSES, name, shares_known(&processes->list) ? every_ms : FIRST_MS);
	answer = ask_answer(app, TOPIC_PROCESSES, name);
	if (answer)
		take(processes, answer);
}

void process_share(const struct process_item *item, char *out, size_t size)
{
	if (isnan(item->cpu_percent))
		snprintf(out, size, "…");
	else
		snprintf(out, size, item->cpu_percent < 99.95 ? "%.1f" : "%.0f", item->cpu_percent);
}

enum role process_role(const struct process_item *item)
{
	return item->process.state == 'D' || item->process.state == 'Z' ? ROLE_WARN : ROLE_TEXT;
}

static void draw_one(struct app *app, const struct process_list *processes, const struct process_item *item, int row, bool cursor)
{
	const struct auberge_process *process = &item->process;
	char pid[16], host_pid[16], state[2] = {process->state, '\0'}, share[16], memory[16], age[16];
	const char *texts[COLUMNS] = {item->guest, pid, host_pid, process->user, state, share, memory, age, process->command};
	enum role roles[COLUMNS];
	size_t skip = processes->all ? 0 : 1;

	snprintf(pid, sizeof pid, "%d", (int)process->pid);
	snprintf(host_pid, sizeof host_pid, "%d", (int)process->host_pid);
	process_share(item, share, sizeof share);
	auberge_format_size(memory, sizeof memory, process->memory_bytes);
	auberge_format_age(age, sizeof age, (int64_t)process->age_seconds);
	for (size_t i = 0; i < COLUMNS; i++)
		roles[i] = i == 4 ? process_role(item) : ROLE_TEXT;
	grid_row(app->screen, row, 0, screen_columns(app->screen), columns + skip, COLUMNS - skip, texts + skip, roles + skip, cursor);
}

void process_list_follow(struct process_list *processes, size_t page)
{
	follow(processes);
	table_fit(&processes->table, processes->list.count, page);
}

void process_list_draw(struct app *app, struct process_list *processes, const char *name, int row, int height)
{
	const struct source_answer *answer = ask_answer(app, TOPIC_PROCESSES, name);
	size_t skip = processes->all ? 0 : 1, count = processes->list.count;

	grid_heading(app->screen, row, 0, screen_columns(app->screen), columns + skip, COLUMNS - skip);
	processes->page = height > 1 ? (size_t)height - 1 : 1;
	process_list_follow(processes, processes->page);
	if (count == 0 && answer)
		screen_text(app->screen, row + 1, 2, -1, ROLE_TEXT, answer->error.code ? answer->error.text : "no process of a guest runs");
	for (size_t i = 0; i < processes->page && processes->table.first + i < count; i++) {
		size_t index = processes->table.first + i;

		draw_one(app, processes, &processes->list.items[index], row + 1 + (int)i, index == processes->table.cursor);
	}
}

const struct process_item *process_list_at(const struct process_list *processes)
{
	return processes->table.cursor < processes->list.count ? &processes->list.items[processes->table.cursor] : NULL;
}

static void move_to(struct process_list *processes, size_t index)
{
	const struct process_item *item;

	processes->table.cursor = index;
	table_fit(&processes->table, processes->list.count, processes->page);
	item = process_list_at(processes);
	processes->host_pid = item ? item->process.host_pid : 0;
	processes->start_time = item ? item->process.start_time : 0;
}

void process_list_move(struct process_list *processes, uint32_t key)
{
	move_to(processes, table_moved(&processes->table, processes->list.count, processes->page, key));
}

void process_list_signal(struct app *app, const struct process_list *processes)
{
	const struct process_item *item = process_list_at(processes);
	struct signal_target target;

	if (!item)
		return;
	target = (struct signal_target){.pid = item->process.pid, .host_pid = item->process.host_pid,
	                                .start_time = item->process.start_time};
	snprintf(target.guest, sizeof target.guest, "%s", item->guest);
	snprintf(target.command, sizeof target.command, "%.63s", item->process.command);
	signal_ask(app, &target);
}

static void ordered(struct app *app, const struct dialog *dialog)
{
	struct process_list *processes = process_list_of(app);

	if (processes)
		processes_sort(&processes->list, (enum process_order)dialog->chosen);
	if (processes)
		follow(processes);
}

void process_list_ask_order(struct app *app, const struct process_list *processes)
{
	dialog_choose(&app->dialog, "Sort by");
	for (int i = 0; i < (processes->all ? PROCESS_ORDERS : PROCESS_BY_GUEST); i++)
		dialog_choice(&app->dialog, process_order_word((enum process_order)i), i == (int)processes->list.order);
	app->dialog.confirmed = ordered;
}

static bool matches(const struct process_item *item, const char *text)
{
	char pid[16];

	snprintf(pid, sizeof pid, "%d", (int)item->process.pid);
	return strcasestr(item->process.command, text) || strcasestr(item->guest, text) || strcmp(pid, text) == 0 ||
	       strcmp(item->process.user, text) == 0;
}

void process_list_find(struct app *app, struct process_list *processes, int step)
{
	size_t count = processes->list.count, at = processes->table.cursor;

	for (size_t tried = 0; processes->search[0] && tried < count; tried++) {
		at = (at + count + (size_t)step) % count;
		if (matches(&processes->list.items[at], processes->search)) {
			move_to(processes, at);
			return;
		}
	}
	app_say(app, ROLE_WARN, "%.200s: no process has that in its command, user or pid", processes->search);
}
