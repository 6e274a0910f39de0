/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program itself as a child in the background. Owns nothing: who begins one has its descriptors. */
#ifndef SCREENS_CHILD_H
#define SCREENS_CHILD_H

#include "screens/view.h"

struct child {
	pid_t pid;
	int pidfd; /* -1: it runs, but cannot be watched */
	int words; /* what it writes to standard error, and to standard output when `both`; never blocks */
};

/*
 * In a session of its own, so that neither our end nor the terminal's ends it halfway; no signal is blocked, and standard
 * input is empty. argv[0] is "auberge". False: it was not begun, and errno says why.
 */
bool child_begin(struct app *app, struct child *child, const char *const *argv, bool both);

#endif
