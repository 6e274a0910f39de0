/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of all guests' figures for the commands that print them: taken whole, since there is no page on screen. */
#ifndef COMMANDS_SAMPLE_H
#define COMMANDS_SAMPLE_H

#include "model/model.h"

/* List, host and all figures, and arranges. 0, or the exit status, already explained. */
int sample_take(struct model_source *source, struct model *model);
/* Between signals_open() and signals_close(). 0, or the exit status of the signal that came. */
int sample_wait(int64_t milliseconds);

#endif
