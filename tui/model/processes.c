/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of processes: shares from two answers, order; see processes.h. */
#include "model/processes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[PROCESS_ORDERS] = {"cpu", "memory", "pid", "user", "command", "guest"};

const char *process_order_word(enum process_order order)
{
	return words[order];
}

void processes_free(struct processes *list)
{
	free(list->items);
	free(list->next);
	*list = (struct processes){.order = list->order};
}

void processes_begin(struct processes *list, size_t count)
{
	free(list->next);
	list->next = calloc(count + 1, sizeof *list->next);
	list->next_count = 0;
	list->next_room = list->next ? count : 0;
}

void processes_add(struct processes *list, const char *guest, const struct auberge_process *process)
{
	struct process_item *item;

	if (list->next_count == list->next_room)
		return;
	item = &list->next[list->next_count++];
	snprintf(item->guest, sizeof item->guest, "%s", guest);
	item->process = *process;
	item->cpu_percent = NAN;
}

static int by_identity(const void *a, const void *b)
{
	const struct auberge_process *first = &((const struct process_item *)a)->process;
	const struct auberge_process *second = &((const struct process_item *)b)->process;

	if (first->host_pid != second->host_pid)
		return first->host_pid < second->host_pid ? -1 : 1;
	return first->start_time < second->start_time ? -1 : first->start_time > second->start_time;
}

/* Both lists are by identity here. */
static void work_out_shares(struct processes *list, uint64_t time_usec)
{
	double seconds = (double)(time_usec - list->time_usec) / 1e6;
	size_t old = 0;

	for (size_t i = 0; i < list->next_count; i++) {
		struct process_item *item = &list->next[i];

		while (old < list->count && by_identity(&list->items[old], item) < 0)
			old++;
		if (old == list->count || by_identity(&list->items[old], item) != 0)
			continue;
		if (item->process.cpu_usec >= list->items[old].process.cpu_usec)
			item->cpu_percent = (double)(item->process.cpu_usec - list->items[old].process.cpu_usec) / 1e4 / seconds;
	}
}

void processes_end(struct processes *list, uint64_t time_usec)
{
	if (!list->next || (list->time_usec && time_usec <= list->time_usec)) { /* no memory, or the same answer again */
		free(list->next);
		list->next = NULL;
		return;
	}
	qsort(list->next, list->next_count, sizeof *list->next, by_identity);
	if (list->count > 0)
		qsort(list->items, list->count, sizeof *list->items, by_identity);
	if (list->time_usec)
		work_out_shares(list, time_usec);
	free(list->items);
	list->items = list->next;
	list->count = list->next_count;
	list->time_usec = time_usec;
	list->next = NULL;
	processes_sort(list, list->order);
}

/* Figures fall, names rise; what is not known comes last. */
static int compare_number(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return a > b ? -1 : a < b;
}

static int by_order(const void *a, const void *b, void *data)
{
	const struct process_item *first = a, *second = b;
	enum process_order order = *(enum process_order *)data;
	int result = 0;

	if (order == PROCESS_BY_CPU) /* what moves within a tenth does not change places */
		result = compare_number(round(first->cpu_percent * 10), round(second->cpu_percent * 10));
	else if (order == PROCESS_BY_MEMORY)
		result = compare_number((double)first->process.memory_bytes, (double)second->process.memory_bytes);
	else if (order == PROCESS_BY_USER)
		result = strcmp(first->process.user, second->process.user);
	else if (order == PROCESS_BY_COMMAND)
		result = strcmp(first->process.command, second->process.command);
	if (result == 0 && order == PROCESS_BY_CPU)
		result = compare_number((double)first->process.memory_bytes, (double)second->process.memory_bytes);
	if (result == 0)
		result = strcmp(first->guest, second->guest);
	if (result == 0)
		result = compare_number(second->process.pid, first->process.pid);
	return result ? result : by_identity(a, b);
}

void processes_sort(struct processes *list, enum process_order order)
{
	list->order = order;
	if (list->count > 0)
		qsort_r(list->items, list->count, sizeof *list->items, by_order, &list->order);
}

ssize_t processes_find(const struct processes *list, pid_t host_pid, uint64_t start_time)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].process.host_pid == host_pid && list->items[i].process.start_time == start_time)
			return (ssize_t)i;
	return -1;
}
