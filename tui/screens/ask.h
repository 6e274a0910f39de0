/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a screen asks its source for again and again, while it is the one in front. */
#ifndef SCREENS_ASK_H
#define SCREENS_ASK_H

#include "screens/view.h"

struct ask {
	char name[AUBERGE_NAME_MAX + 1];
	bool asked;
	int64_t asked_ms;
};

/* Asks when that is due; from a screen's tick, and only while it is in front: there is one answer to each topic. */
void ask_tick(struct app *app, struct ask *ask, enum source_topic topic, const char *name, int every_ms);
/* The answer about name, or NULL: none yet. */
const struct source_answer *ask_answer(const struct app *app, enum source_topic topic, const char *name);
bool app_in_front(const struct app *app, const void *state);

#endif
