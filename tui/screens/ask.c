/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to ask; see ask.h. Owns nothing. */
#include "screens/ask.h"

#include <stdio.h>
#include <string.h>

bool app_in_front(const struct app *app, const void *state)
{
	return app->views[app->views_count - 1].state == state;
}

void ask_tick(struct app *app, struct ask *ask, enum source_topic topic, const char *name, int every_ms)
{
	const struct source_answer *answer = &app->source->answers[topic];
	bool other = strcmp(answer->name, name) != 0 || (answer->time_usec == 0 && !answer->pending);

	/* Another screen may have asked about something else meanwhile. */
	if (ask->asked && !other && strcmp(ask->name, name) == 0 && app->now_ms < ask->asked_ms + every_ms) {
		app_wake(app, ask->asked_ms + every_ms);
		return;
	}
	if (ask->asked && strcmp(ask->name, name) == 0 && answer->pending && !other) /* one at a time */
		return;
	snprintf(ask->name, sizeof ask->name, "%s", name);
	ask->asked = true;
	ask->asked_ms = app->now_ms;
	app->source->ask(app->source, topic, name);
	app_wake(app, app->now_ms + every_ms);
	if (!app->source->answers[topic].pending)
		app->data_due = true;
}

const struct source_answer *ask_answer(const struct app *app, enum source_topic topic, const char *name)
{
	const struct source_answer *answer = &app->source->answers[topic];

	return answer->time_usec != 0 && strcmp(answer->name, name) == 0 ? answer : NULL;
}
