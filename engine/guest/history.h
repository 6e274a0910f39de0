/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened to a guest: STATE_DIR/NAME/last_end (one JSON line, replaced atomically) and STATE_DIR/NAME/events
 * (JSON lines, bounded: at HISTORY_LIMIT bytes the older half is dropped). Written by the supervisor, hence without
 * jansson: the lines are flat and made here, and read back here.
 */
#ifndef GUEST_HISTORY_H
#define GUEST_HISTORY_H

#include "auberge.h"

#define HISTORY_LIMIT (256 * 1024)

int history_write_end(const struct auberge *auberge, const char *name, const struct auberge_end *end, struct auberge_error *error);
/* end->known false when there is none. dirfd: STATE_DIR/NAME. */
int history_read_end(int dirfd, struct auberge_end *end);
int history_clear_end(const struct auberge *auberge, const char *name); /* at start */
int history_add(const struct auberge *auberge, const char *name, const struct auberge_history_event *event, struct auberge_error *error);
/* One flat JSON object on one line, both ways; false: not one of ours. The fuzz target's way in. */
bool history_parse_line(const char *line, size_t length, struct auberge_history_event *event);

#endif
