/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of processes as the guest screen and the process screen show it. Owns its processes. Invariant: the cursor
 * belongs to a process by its pid on the host and its start; where that goes, the cursor goes.
 */
#ifndef SCREENS_PROCESS_LIST_H
#define SCREENS_PROCESS_LIST_H

#include "model/processes.h"
#include "screens/ask.h"
#include "widgets/table.h"

struct process_list {
	struct processes list;
	struct table table;
	struct ask ask;
	bool all; /* of all guests */
	int every_ms; /* 0: as usual */
	size_t page;
	pid_t host_pid; /* of the cursor; 0: not moved yet */
	uint64_t start_time;
	char search[DIALOG_TEXT];
};

void process_list_free(struct process_list *processes);
/* Asks and takes the answer in. name "": all guests. */
void process_list_tick(struct app *app, struct process_list *processes, const char *name);
void process_list_draw(struct app *app, struct process_list *processes, const char *name, int row, int height);
/* Finds the cursor's process again, where `page` lines are shown. */
void process_list_follow(struct process_list *processes, size_t page);
/* Up, down, pages and ends. */
void process_list_move(struct process_list *processes, uint32_t key);
const struct process_item *process_list_at(const struct process_list *processes);
/* What s, o and / do; the list is found again when the answer comes. */
void process_list_signal(struct app *app, const struct process_list *processes);
void process_list_ask_order(struct app *app, const struct process_list *processes);
void process_list_find(struct app *app, struct process_list *processes, int step);
/* The cells of one process, for other panes: "87.5", "…", "-". */
void process_share(const struct process_item *item, char *out, size_t size);
enum role process_role(const struct process_item *item);
/* The list of the screen in front; NULL: it has none. */
struct process_list *process_list_of(struct app *app);

#endif
