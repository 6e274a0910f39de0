/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the screens ask for beyond the model, read by a process apart from that of the figures, so that neither holds
 * the other up. It is started with the first question, answers one at a time, and of each topic only the newest question
 * is kept. A guest at which a question hung is left out of the next like it for a while: one about it alone is answered
 * with an error at once. Owns: the helper and the questions that wait. Invariant: nothing here waits but in
 * answers_read().
 */
#ifndef SCREENS_ANSWERS_H
#define SCREENS_ANSWERS_H

#include "model/helper.h"
#include "screens/source.h"

struct answers;

/* run: what the process does, with data; NULL: the engine's answers about data, a struct auberge. NULL: no memory. */
struct answers *answers_open(void (*run)(struct helper_child *child, void *data), void *data);
void answers_close(struct answers *answers);
int answers_fd(const struct answers *answers); /* -1: nothing runs now */
void answers_ask(struct answers *answers, struct source *source, enum source_topic topic, const char *name);
/* Puts what has come into source->answers. */
void answers_take(struct answers *answers, struct source *source);
/* Looks after the process: as source->check(). */
int64_t answers_check(struct answers *answers, struct source *source, bool *news);
/* answers_read.c: answers at once, in whatever process calls it. before() as in auberge_list_each(), may be NULL. */
void answers_read(struct auberge *auberge, enum source_topic topic, const char *name,
                  bool (*before)(void *data, const char *name), void *data, struct source_answer *answer);
/* In the process: data is struct auberge. */
void answers_serve(struct helper_child *child, void *data);

#endif
