/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in front of a screen and takes the keys: a question on line 22 (class 1), a dialog with what it will do
 * and another key (class 2), one that wants a name typed (class 3), a text field on line 22, a list to choose from.
 *
 * Invariant: a question or a dialog takes no key that was read before it was painted, nor for DIALOG_DEAF_MS after.
 * A target is the name at the key press that opened it. If its state changed meanwhile the dialog says so and asks
 * again.
 */
#ifndef WIDGETS_DIALOG_H
#define WIDGETS_DIALOG_H

#include "term/screen.h"

#include <stdbool.h>
#include <stdint.h>

struct app;

#define DIALOG_DEAF_MS 300
#define DIALOG_LINES 8
#define DIALOG_CHOICES 128
#define DIALOG_TEXT 256

enum dialog_kind { DIALOG_NONE, DIALOG_QUESTION, DIALOG_CONFIRM, DIALOG_NAME, DIALOG_PROMPT, DIALOG_CHOOSE };
enum dialog_result { DIALOG_OPEN, DIALOG_LEFT, DIALOG_DONE };

struct dialog {
	enum dialog_kind kind;
	int64_t painted_ms; /* when it reached the terminal; -1 not yet */
	char title[128];    /* the question, or what the text field or the list is for */
	char verb[24];      /* "stop": what y does */
	char target[64];
	char state[16];     /* the target's state as asked about */
	int64_t run;        /* which run of it, for recheck() */
	char lines[DIALOG_LINES][80];
	size_t lines_count;
	char text[DIALOG_TEXT]; /* of the text field */
	char note[256];     /* above the text field, till the next key: what is wrong with it, what became of a paste */
	const char *choices[DIALOG_CHOICES];
	size_t choices_count, chosen, first;
	struct { /* a list of any length above the lines of a class 2 or 3 dialog: scrolled; page is set by drawing */
		size_t count, first, page;
		enum role (*line)(const void *data, size_t index, int width, char *out, size_t size);
		const void *data; /* outlives the dialog */
	} list;
	char prompt[72]; /* of class 3; empty: "type its name: " */
	/* Class 3 for several: takes the name that was typed; true: it was the last one. NULL: the target's is wanted. */
	bool (*takes_name)(struct app *app, struct dialog *dialog);
	/* At the key that confirms: DONE: nothing changed; OPEN: it did, the dialog says
	 * so and asks again; LEFT: nothing is left to be done. May be NULL. */
	enum dialog_result (*recheck)(struct app *app, struct dialog *dialog);
	/* It is closed already when this is called. */
	void (*confirmed)(struct app *app, const struct dialog *dialog);
};

/* Class 1: "Stop web3?  y stop   n Esc Enter leave it". */
void dialog_question(struct dialog *dialog, const char *title, const char *verb, const char *target,
                     const char *state);
/* Class 2, with lines added by dialog_line(). */
void dialog_confirm(struct dialog *dialog, const char *title, const char *verb, const char *target,
                    const char *state);
/* Class 3, with lines too: only the target's name, typed (not pasted), and Enter confirm. */
void dialog_name(struct dialog *dialog, const char *title, const char *verb, const char *target, const char *state);
__attribute__((format(printf, 2, 3))) void dialog_line(struct dialog *dialog, const char *format, ...);
void dialog_prompt(struct dialog *dialog, const char *title, const char *text);
void dialog_choose(struct dialog *dialog, const char *title);
void dialog_choice(struct dialog *dialog, const char *choice, bool chosen);

/* row: of the line for questions and text fields; dialogs and lists stand in the middle. */
void dialog_draw(struct dialog *dialog, struct screen *screen, int row);
/* It is on the terminal now. */
void dialog_painted(struct dialog *dialog, int64_t now_ms);

enum dialog_result dialog_key(struct dialog *dialog, struct app *app, uint32_t key, const char *pasted,
                              int64_t now_ms);

#endif
