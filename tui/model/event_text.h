/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event of the history as people read it. */
#ifndef MODEL_EVENT_TEXT_H
#define MODEL_EVENT_TEXT_H

#include "model/model.h"

/* What stands behind the event's word: "exited status 1 after 1m by root: detail". May be empty. */
void event_sentence(const struct auberge_history_event *event, char *out, size_t size);
/* "11-14 22:13:20", of local time. */
void event_time(const struct auberge_history_event *event, char *out, size_t size);
enum model_level event_level(const struct auberge_history_event *event);
/* Has it that text in its name, word, cause, or sentence; case aside. */
bool event_match(const struct auberge_history_event *event, const char *text);

#endif
