/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts of `frozen` on several guests: each is done within 0.1 s, but ns2 always fails; a stop of web3 takes for ever, mail
 * waits for web3, and a stop of db2 reaches its time limit after half a second.
 */
#ifndef FROZEN_JOBS_H
#define FROZEN_JOBS_H

#include "screens/source.h"

struct auberge_jobs *frozen_jobs_begin(enum auberge_act act, const char *const *names, size_t count,
                                       void (*set_state)(void *data, const char *name, enum auberge_act act), void *data);
int frozen_jobs_fd(const struct auberge_jobs *jobs);
int frozen_jobs_next(struct auberge_jobs *jobs, struct auberge_jobs_event *event, struct auberge_error *error);
const char *frozen_jobs_held_by(struct auberge_jobs *jobs, size_t index);
void frozen_jobs_killed(struct auberge_jobs *jobs, const char *name); /* by another act: its stop is over */
void frozen_jobs_free(struct auberge_jobs *jobs);

#endif
