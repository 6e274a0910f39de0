/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model filled by another process, so that a list of a thousand guests, or one whose cgroup cannot be read, never
 * holds a key up. The process reads rounds of figures through model_source and sends what changed; here it is applied
 * within a budget. One that hangs at a guest is ended and followed by one that leaves this guest out; the guest's
 * figures stay, marked as stale.
 * Owns: the helper. Invariants: nothing here waits; rows of guests that are left out are neither updated nor dropped.
 */
#ifndef MODEL_COLLECTOR_H
#define MODEL_COLLECTOR_H

#include "model/helper.h"
#include "model/model.h"

struct collector;

/* run: what the process does; collector_read_guests but in tests. data is the set of guests, which stays the caller's.
 * NULL: it cannot be started, error says why. */
struct collector *collector_open(struct model *model, void (*run)(struct helper_child *child, void *data), void *data,
                                 struct auberge_error *error);
void collector_close(struct collector *collector);
/* Readable when collector_take() has something; -1: nothing runs now. */
int collector_fd(const struct collector *collector);
pid_t collector_pid(const struct collector *collector); /* 0: nothing runs now */
/* Asks for a round, of the rows that are visible with all their figures. */
void collector_begin(struct collector *collector, int64_t now_ms);
/* Applies what has come, for about so long (0: no limit). True: the round is complete. */
bool collector_take(struct collector *collector, uint64_t budget_usec);
/* Looks after the process. Returns when it wants to be called again at the latest (as now_ms), -1 never. */
int64_t collector_check(struct collector *collector, int64_t now_ms);
/* True once after something that is to be told or drawn; error->code AUBERGE_OK: only drawn. */
bool collector_news(struct collector *collector, struct auberge_error *error);

/* --- collector_child.c: what the process does. data: struct auberge. */
void collector_read_guests(struct helper_child *child, void *data);

#endif
