/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the screens with a form share: lists to pick a value from, the lines of help below, leaving. Owns nothing. */
#ifndef SCREENS_FORM_SCREEN_H
#define SCREENS_FORM_SCREEN_H

#include "screens/view.h"
#include "widgets/form.h"

#define FORM_SCREEN_ROOMY 20 /* rows from which on the help has two lines */
#define PICKS_MAX 128

/* What an open list shows; it has to stay as long as that. */
struct picks {
	char words[PICKS_MAX][AUBERGE_LINK_SIZE + 24]; /* the value, and behind a blank what it is */
	size_t count;
};

/* The choices of a field, or the host's bridges; none of them: said why. */
void picks_words(struct picks *picks, const char *words);
void picks_bridges(struct app *app, struct picks *picks);
/* Opens the list for the field; an empty one is not opened. */
void picks_open(struct app *app, const struct picks *picks, const struct form_field *field,
                void (*confirmed)(struct app *app, const struct dialog *dialog));
/* Puts what was chosen into the field. */
void picks_take(struct form_field *field, const struct dialog *dialog);

/* Text with a blank before it, on the lines for it. */
void form_screen_help(struct app *app, enum role role, const char *help);
/* Of a key that the form has no use for: it goes no further (a paste: said so). */
bool form_screen_ignored(struct app *app, uint32_t key);
/* For a question whether to leave. */
void form_screen_left(struct app *app, const struct dialog *dialog);

#endif
