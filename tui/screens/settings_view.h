/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small screen of settings. */
#ifndef SCREENS_SETTINGS_VIEW_H
#define SCREENS_SETTINGS_VIEW_H

#include "model/settings.h"
#include "screens/view.h"

extern const struct view settings_view;
const struct key_row *settings_keys(size_t *count);
void settings_show(struct app *app, uint32_t key);
/* The next slower (1) or faster (-1) rate. */
void settings_change_rate(struct app *app, int step);

#endif
