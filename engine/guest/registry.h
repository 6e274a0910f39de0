/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One guest's state worked out from what lies on disk and in the kernel, without asking its supervisor. */
#ifndef GUEST_REGISTRY_H
#define GUEST_REGISTRY_H

#include "guest/set.h"

/* Fills *guest for NAME of a set that the caller may read. flags as auberge_list(). */
void registry_fill(struct auberge *auberge, const char *name, unsigned flags, struct auberge_guest *guest);
/* An incomplete one: only its ".create-" or ".destroy-" directory is there. */
void registry_fill_incomplete(struct auberge_guest *guest, const char *name);
/* All that a caller without rights can know: RUN_DIR/NAME/summary. false: not running, or not there. */
bool registry_fill_summary(struct auberge *auberge, const char *name, unsigned flags, struct auberge_guest *guest);

#endif
