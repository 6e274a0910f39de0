/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of processes: shares from two answers, who is who, order. */
#include "model/processes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct auberge_process make(pid_t host_pid, uint64_t start, uint64_t cpu_usec, uint64_t memory, const char *command)
{
	struct auberge_process process = {.pid = host_pid - 4000, .host_pid = host_pid, .start_time = start, .state = 'S',
	                                  .cpu_usec = cpu_usec, .memory_bytes = memory};

	snprintf(process.command, sizeof process.command, "%s", command);
	snprintf(process.user, sizeof process.user, "%s", host_pid % 2 ? "33" : "root");
	return process;
}

static void answer(struct processes *list, uint64_t time, const struct auberge_process *all, size_t count)
{
	processes_begin(list, count);
	for (size_t i = 0; i < count; i++)
		processes_add(list, "web3", &all[i]);
	processes_end(list, time);
}

Test(model_processes, shares_come_from_two_answers)
{
	struct processes list = {0};
	struct auberge_process all[] = {make(4001, 10, 1000000, 1, "init"), make(4010, 20, 500000, 2, "mysqld"),
	                                make(4020, 30, 0, 3, "cron")};

	answer(&list, 1000000, all, 3);
	cr_assert_eq(list.count, 3);
	cr_assert(isnan(list.items[0].cpu_percent));
	all[0].cpu_usec += 200000;
	all[1].cpu_usec += 1000000;
	all[2].start_time = 31; /* another process of that pid */
	all[2].cpu_usec = 9000000;
	answer(&list, 3000000, all, 3);
	cr_assert_eq(list.items[0].process.host_pid, 4010);
	cr_assert_float_eq(list.items[0].cpu_percent, 50, 1e-9);
	cr_assert_float_eq(list.items[1].cpu_percent, 10, 1e-9);
	cr_assert(isnan(list.items[2].cpu_percent), "what is not known comes last");
	answer(&list, 3000000, all, 3); /* the same again: nothing changes */
	cr_assert_float_eq(list.items[0].cpu_percent, 50, 1e-9);
	processes_free(&list);
}

Test(model_processes, one_that_went_back_or_ended_has_no_share)
{
	struct processes list = {0};
	struct auberge_process all[] = {make(4001, 10, 1000000, 1, "init"), make(4010, 20, 500000, 2, "mysqld")};

	answer(&list, 1000000, all, 2);
	all[0].cpu_usec = 5;
	answer(&list, 2000000, all, 1);
	cr_assert_eq(list.count, 1);
	cr_assert(isnan(list.items[0].cpu_percent));
	cr_assert_eq(processes_find(&list, 4001, 10), 0);
	cr_assert_eq(processes_find(&list, 4001, 11), -1, "another start is another process");
	cr_assert_eq(processes_find(&list, 4010, 20), -1);
	processes_free(&list);
}

Test(model_processes, orders)
{
	struct processes list = {0};
	struct auberge_process all[] = {make(4003, 10, 0, 5, "zsh"), make(4001, 11, 0, 9, "init"), make(4002, 12, 0, 7, "cron")};

	answer(&list, 1000000, all, 3);
	processes_sort(&list, PROCESS_BY_MEMORY);
	cr_assert_eq(list.items[0].process.memory_bytes, 9);
	cr_assert_eq(list.items[2].process.memory_bytes, 5);
	processes_sort(&list, PROCESS_BY_PID);
	cr_assert_eq(list.items[0].process.pid, 1);
	processes_sort(&list, PROCESS_BY_COMMAND);
	cr_assert_str_eq(list.items[0].process.command, "cron");
	processes_sort(&list, PROCESS_BY_USER);
	cr_assert_str_eq(list.items[2].process.user, "root");
	for (int order = 0; order < PROCESS_ORDERS; order++)
		cr_assert_not_null(process_order_word((enum process_order)order));
	processes_free(&list);
}
