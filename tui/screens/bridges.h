/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the screen of bridges, shared by its two files: what is drawn (bridges.c) and its keys (bridges_keys.c). */
#ifndef SCREENS_BRIDGES_H
#define SCREENS_BRIDGES_H

#include "model/network.h"
#include "screens/view.h"
#include "widgets/table.h"

struct bridges {
	struct model_network network;
	struct table table;
	char name[AUBERGE_LINK_SIZE]; /* of the link under the cursor; empty: the first line's */
	char search[DIALOG_TEXT];
	struct auberge_error error;   /* of the newest answer; code AUBERGE_OK: none */
	unsigned round;               /* the last one that was asked in */
	int64_t asked_ms;
	uint64_t answer_usec;         /* of the last answer taken */
};

struct bridges *bridges_of(const struct app *app); /* only while it is on top */
size_t bridges_page(const struct app *app);        /* how many lines fit */
const struct model_network_line *bridges_line(const struct bridges *bridges); /* under the cursor; NULL: there is none */
void bridges_move_to(struct app *app, size_t index);

#endif
