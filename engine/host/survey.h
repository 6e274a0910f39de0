/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is left in a guest, worst first, looked at again and again while a stop waits. A look costs what it costs however
 * many processes there are: the states of a bounded number are read each time, a further part at each look, and the
 * worst found so far are kept. It never reads what a stuck process could hold up (its memory: cmdline).
 */
#ifndef HOST_SURVEY_H
#define HOST_SURVEY_H

#include "auberge.h"

#define SURVEY_MAX 256 /* survivors that one look gives at most */

struct survey;
struct survey *survey_open(void); /* NULL: no memory */
void survey_close(struct survey *survey);

/*
 * pids: all that are left, as the host numbers them. Gives at most `most` of them: stuck ones (state D, a thread's
 * counts) first, then the oldest, zombies last; text is clean. *survivors belongs to the survey until the next look.
 */
size_t survey_look(struct survey *survey, const pid_t *pids, size_t count, size_t most,
                   const struct auberge_survivor **survivors);

#endif
