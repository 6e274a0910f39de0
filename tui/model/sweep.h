/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A history as the cells of a sweep graph: fixed columns, the newest cell overwritten, a gap after it marks now. */
#ifndef MODEL_SWEEP_H
#define MODEL_SWEEP_H

#include <stddef.h>

#define SWEEP_NONE (-1.0f) /* no sample there yet */
#define SWEEP_GAP (-2.0f)  /* now */
#define SWEEP_LEVELS 9     /* of sweep_level() */

/*
 * parts: a ring of `count` slots as model_history() gives it (0 to 1, negative none), `now` the slot written next.
 * Fills cells[] with at most width parts, each the largest of as many samples as share it, and returns how many: a cell
 * always stands for the same slots, so that a sample changes one cell and the gap moves now and then.
 */
size_t sweep_cells(const float *parts, size_t count, size_t now, size_t width, float *cells);
/* 0 to SWEEP_LEVELS - 1; anything above nothing is at least 1. */
int sweep_level(float part);

#endif
