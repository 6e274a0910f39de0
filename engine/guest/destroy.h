/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of what is half of a guest: the part of destroying that the audit needs as well. */
#ifndef GUEST_DESTROY_H
#define GUEST_DESTROY_H

#include "auberge.h"

/* Removes .create-NAME and .destroy-NAME under their locks, with all else of NAME where there is no guest NAME. 0 when
 * there is neither. AUBERGE_WRONG_STATE while someone is at work on it. */
int destroy_half(struct auberge *auberge, const char *name, struct auberge_error *error);

#endif
