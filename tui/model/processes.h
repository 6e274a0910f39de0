/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of processes from one answer to the next: shares of processor time come from two answers, a process is known by
 * its pid on the host and its start. Owns its items. Invariant: items[] is in the order that was asked for.
 */
#ifndef MODEL_PROCESSES_H
#define MODEL_PROCESSES_H

#include "auberge.h"

enum process_order { PROCESS_BY_CPU, PROCESS_BY_MEMORY, PROCESS_BY_PID, PROCESS_BY_USER, PROCESS_BY_COMMAND, PROCESS_BY_GUEST,
                     PROCESS_ORDERS };

struct process_item {
	char guest[AUBERGE_NAME_MAX + 1];
	struct auberge_process process;
	double cpu_percent; /* of one processor; NAN: only one answer so far */
};

struct processes {
	struct process_item *items;
	size_t count;
	enum process_order order;
	uint64_t time_usec; /* of the answer that items are of; 0 none yet */
	struct process_item *next; /* of the answer being taken in */
	size_t next_count, next_room;
};

const char *process_order_word(enum process_order order); /* "cpu" ... */
void processes_free(struct processes *list);
/* A new answer: begin, add all, end. Without memory the list stays as it was. */
void processes_begin(struct processes *list, size_t count);
void processes_add(struct processes *list, const char *guest, const struct auberge_process *process);
void processes_end(struct processes *list, uint64_t time_usec);
void processes_sort(struct processes *list, enum process_order order);
/* Index of that process, or -1. */
ssize_t processes_find(const struct processes *list, pid_t host_pid, uint64_t start_time);

#endif
