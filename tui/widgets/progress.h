/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIDGETS_PROGRESS_H
#define WIDGETS_PROGRESS_H

#include "term/screen.h"

/* "[#####.....]" of that width; part from 0 to 1. */
void progress_draw(struct screen *screen, int row, int column, int width, double part, enum role role);

#endif
