/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What process.c, processes.c and survey.c share: the files of one /proc/PID, through its directory, so that the pid's next
 * owner is never mixed in. */
#ifndef HOST_PROCESS_PRIVATE_H
#define HOST_PROCESS_PRIVATE_H

#include "host/process.h"

struct process_stat {
	char name[64], state; /* the name is as the process chose it: not clean */
	uint64_t cpu_ticks, start_ticks, resident_pages, threads;
	uint64_t delay_ticks; /* waited for block IO; 0 where that is not accounted (kernel.task_delayacct) */
	int exit_code; /* as of wait(2), of a zombie */
};

int process_open_directory(pid_t pid);
int process_read_stat(int directory, struct process_stat *stat);
void process_read_command(int directory, const struct process_stat *stat, char *out, size_t size);
int64_t process_age_seconds(const struct process_stat *stat);
pid_t process_inner_pid_of(const char *status);

#endif
