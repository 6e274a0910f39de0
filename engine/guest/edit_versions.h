/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Earlier configs of a guest: STATE_DIR/NAME/config.d/N, each as guest.ini was, and config.d/by, which says of each when
 * it was replaced and by whom ("N TIME NAME" lines). Numbers count up; the newest VERSIONS_MAX are kept.
 * Callers that change something hold the config's lock.
 */
#ifndef GUEST_EDIT_VERSIONS_H
#define GUEST_EDIT_VERSIONS_H

#include "guest/config.h"

#define VERSIONS_DIRECTORY "config.d"
#define VERSIONS_MAX 50

/* Keeps the text as the newest version, unless the newest one is just that. *number: its; 0 when it was there before.
 * dirfd: STATE_DIR/NAME. 0, or -errno. */
int versions_add(int dirfd, const char *text, size_t length, const char *by, unsigned *number);
/* Takes the version away again. */
void versions_drop(int dirfd, unsigned number);
/* Takes away the oldest ones beyond VERSIONS_MAX, and temporary files of saves that were killed. */
void versions_tidy(int dirfd);

#endif
