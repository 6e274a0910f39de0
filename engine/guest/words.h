/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for kinds, states and acts, both ways: the forward ones are public (auberge.h). */
#ifndef GUEST_WORDS_H
#define GUEST_WORDS_H

#include "auberge.h"

/* false: no such word. */
bool words_find_kind(const char *word, enum auberge_kind *kind);
bool words_find_state(const char *word, enum auberge_state *state);

#endif
