/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixed answers of `frozen`: processes, events, bridges. */
#ifndef FROZEN_ANSWERS_H
#define FROZEN_ANSWERS_H

#include "screens/source.h"

/* Fills items (malloc'ed) and count of an answer about name. */
void frozen_answer(enum source_topic topic, const char *name, struct source_answer *answer);
/* One function per topic, each in a file of its own. */
void frozen_processes(const char *name, struct source_answer *answer);
void frozen_events(const char *name, struct source_answer *answer);
void frozen_network(struct source_answer *answer);

/* The console's log and guest.ini of web3: a descriptor, or a negative errno. */
int frozen_file(enum source_file file, const char *name, char *path, size_t size);

#endif
