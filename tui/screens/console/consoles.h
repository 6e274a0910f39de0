/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consoles that are open, whether shown or not: their bytes go on being read into their emulators. Owns them all,
 * with their connections and watches.
 *
 * Invariants: one read and one bounded feed for each console a turn, and for those that are not shown one in
 * BACKGROUND_MS; what a guest does not take waits in a bounded queue; frames for new output come at most FRAMES times
 * a second. After a guest's death its console stays until someone leaves it.
 */
#ifndef SCREENS_CONSOLES_H
#define SCREENS_CONSOLES_H

#include "screens/view.h"
#include "term/vt.h"

#define CONSOLES_MAX 8
#define CONSOLE_READ 16384
#define CONSOLE_QUEUE (KEYS_PASTE_MAX + 8192)

struct console {
	char name[AUBERGE_NAME_MAX + 1];
	unsigned tty;
	struct auberge_console *handle; /* NULL: over */
	int fd;
	struct vt *vt;
	int rows, columns;  /* told the guest last */
	bool watch_only;
	bool replaying;     /* what comes was written before we came: its questions are not answered */
	bool heard;         /* it has said something: the attaching was not refused */
	bool more;          /* there is more to read or to feed */
	bool changed;       /* since it was drawn */
	int64_t opened_ms, drawn_ms, next_ms, shown_ms; /* next: when one that is not shown has its turn */
	char ending[160];   /* why it is over, when it is not the guest's end */
	uint64_t missed;
	char in[CONSOLE_READ];
	size_t in_start, in_end;
	char out[CONSOLE_QUEUE]; /* typed, not taken by the guest yet */
	size_t out_length;
	int64_t out_ms;     /* when the guest is asked again */
};

/* The one that is open, or a new one; NULL: a message says why. An old one of a guest that runs anew is replaced. */
struct console *consoles_open(struct app *app, const char *name, unsigned tty, int rows, int columns);
/* The one after or before it, itself when it is alone. */
struct console *consoles_step(struct app *app, const struct console *console, int step);
/* Is it still open? */
bool consoles_has(const struct app *app, const struct console *console);
/* Is there a screen of its console, even of a guest that has ended? */
bool consoles_keep(const struct app *app, const char *name);
/* Which it is of them, from 1. */
size_t consoles_place(const struct app *app, const struct console *console);
size_t consoles_count(const struct app *app);
void consoles_drop(struct app *app, struct console *console);
void consoles_close(struct app *app);
void consoles_tick(struct app *app);

/* To the guest, what the emulator makes of keys and questions. */
void console_send(struct app *app, struct console *console);
/* The text of a paste: whole, or, said why, not at all. */
void console_paste(struct app *app, struct console *console, const char *text);
/* Bytes as they are. */
void console_send_bytes(struct app *app, struct console *console, const char *bytes, size_t length);
void console_resize(struct app *app, struct console *console, int rows, int columns);
/* The console that a screen shows now, NULL none: set by console.c. */
struct console *console_shown(struct app *app);
/* It was refused before it said anything: whoever shows it says why, or looks elsewhere. It is closed behind that. */
void console_refused(struct app *app, struct console *console, const struct auberge_error *error);

#endif
