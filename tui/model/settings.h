/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the screens are set: [screen] of auberge.ini is the site's, the user's own file goes before it, and what is changed
 * on a screen lives until the program ends. Nothing is written but by settings_write(), which keeps comments, order and
 * whatever else is in the file. Owns nothing.
 *
 *     [screen]
 *     theme = dark
 *     rate = 5s
 *     sort = -cpu
 *     ascii = no
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#define SETTINGS_PATH 4096

struct settings {
	char theme[32];
	char sort[32];    /* as model_order_parse() takes it */
	int rate_seconds; /* 1 to 3600 */
	bool ascii;
};

void settings_init(struct settings *settings);
/* Takes what [screen] of the file has. A file that is not there is no error. 0, or -1: message has "FILE:LINE: what" of the
 * first thing that is wrong, and the rest was taken. */
int settings_read(struct settings *settings, const char *file, char *message, size_t size);
/* Puts all of them into [screen] of the file, which is made with its directory if there is none. 0, or -1. */
int settings_write(const struct settings *settings, const char *file, char *message, size_t size);
/* $XDG_CONFIG_HOME/auberge/screen.ini, else ~/.config/auberge/screen.ini. False: no home. */
bool settings_own_file(char *out, size_t size);

#endif
