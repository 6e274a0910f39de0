/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Id ranges, host-wide: /var/lib/auberge.ids, one line "START STATE_DIR NAME" a guest, from 0x70000000 up, 65536 each,
 * under the host-wide lock. Two guests never share a range, whatever their set. Lines whose guest is gone are reclaimed.
 */
#ifndef GUEST_IDS_H
#define GUEST_IDS_H

#include "auberge.h"

#define IDS_FIRST 0x70000000u
#define IDS_COUNT 65536u

/* The guest's range; 0 and *first = 0 when it has none yet. */
int ids_find(const struct auberge *auberge, const char *name, uint32_t *first, struct auberge_error *error);
/* Finds or allots. */
int ids_allot(const struct auberge *auberge, const char *name, uint32_t *first, struct auberge_error *error);
/* Gives the range back; the file goes with its last line. */
int ids_release(const struct auberge *auberge, const char *name, struct auberge_error *error);
/* Calls each for every line of this set. Negative: it did not go on. */
int ids_list(const struct auberge *auberge, int (*each)(void *data, const char *name, uint32_t first), void *data,
             struct auberge_error *error);
/* Calls each for every state directory that has a line, this set's too; one may come more than once. */
int ids_list_sets(const struct auberge *auberge, int (*each)(void *data, const char *state_dir), void *data,
                  struct auberge_error *error);

#endif
