/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIDGETS_KEYBAR_H
#define WIDGETS_KEYBAR_H

#include "screens/view.h"

/*
 * The F-keys of the table with their labels, in order of the keys; grey ones dimmed. What does not fit is left out, but
 * never the first and the last.
 */
void keybar_draw(struct app *app, int row, const struct key_row *rows, size_t count);

#endif
