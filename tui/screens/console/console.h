/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console screen's state, shared by its files: what it does (console.c), its keys, what it draws. */
#ifndef SCREENS_CONSOLE_H
#define SCREENS_CONSOLE_H

#include "screens/console/consoles.h"

struct console_screen {
	struct console *console; /* NULL: it was refused, and refused says why until someone leaves */
	char name[AUBERGE_NAME_MAX + 1], refused[256];
	struct console *before;  /* shown before it; may be gone */
	bool prefixed;      /* the prefix has been pressed: the next key is for us */
	bool back;          /* looking at what scrolled off */
	int top;            /* the line at the top then, as vt_line() counts; it stays on its text: */
	int64_t scrolled;   /* vt_scrolled() that top is about */
	char text[DIALOG_TEXT]; /* searched for last; "" nothing */
	int found;          /* its line, as top; INT32_MIN: nowhere */
};

/* Also while something is in front of it. NULL: it is not open. */
struct console_screen *console_screen_of(struct app *app);
uint32_t console_prefix(struct app *app);
/* Lines of the guest's screen that are shown. */
int console_height(const struct app *app);
/* top and found follow their text as lines scroll off below it, and stay within what there is. */
void console_follow(struct app *app, struct console_screen *screen);
void console_show(struct app *app, struct console_screen *screen, struct console *console);
void console_leave(struct app *app);
void console_draw(struct app *app, void *state);

#endif
