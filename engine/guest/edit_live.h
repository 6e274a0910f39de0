/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an edit means for a guest that runs: what acts at once, what would be below what it uses, and making it act. */
#ifndef GUEST_EDIT_LIVE_H
#define GUEST_EDIT_LIVE_H

#include "guest/edit.h"

enum edit_life { EDIT_STOPPED, EDIT_BUILDING, EDIT_RUNS };
/* Negative: it cannot be told. */
int edit_life(struct auberge *auberge, const char *name, enum edit_life *life, struct auberge_error *error);
/* Fills effect and refused of each change. next_start: the running guest is left alone. */
int edit_judge(struct auberge_edit *edit, bool next_start, struct change_list *list, struct auberge_error *error);
/* Where the running guest differs from a config; before is what is in force. Nothing when it does not run. */
int edit_drift(struct auberge *auberge, const char *name, const struct config *file, struct change_list *list,
               struct auberge_error *error);
/* Whether the host can give the limits that are to act now: nothing is changed. */
int edit_check_live(struct auberge_edit *edit, const struct change_list *list, struct auberge_error *error);
/* Lets those with AUBERGE_EFFECT_NOW act on the running guest. Those that did not get effect and refused say so. */
int edit_apply(struct auberge_edit *edit, struct change_list *list, struct auberge_error *error);

#endif
