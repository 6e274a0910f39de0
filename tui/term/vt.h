/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal for a guest: bytes go in, cells come out. libvterm is behind it, and the gate (vt_gate.h) before that.
 *
 * Nothing that a guest sends reaches our own terminal but as cells, whose characters are clean, and as a clean title.
 * What the emulator answers (where the cursor is, what terminal it is) is kept for the guest alone. Each call does
 * bounded work, all memory is bounded and is there only from vt_open() to vt_close().
 */
#ifndef TERM_VT_H
#define TERM_VT_H

#include "term/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_TITLE_COLUMNS 20
#define VT_ROWS_MAX 500
#define VT_COLUMNS_MAX 1000
#define VT_CELLS_MAX (200 * 500)
#define VT_BUDGET 500000 /* cells touched by one vt_feed(): a few milliseconds */

struct vt;

/* Sizes are cut to what there can be, 1x1 at least. NULL: no memory. */
struct vt *vt_open(int rows, int columns);
void vt_close(struct vt *vt);
int vt_rows(const struct vt *vt);
int vt_columns(const struct vt *vt);

/* Returns the bytes taken; fewer than length when they make much work: the rest is for the next turn. */
size_t vt_feed(struct vt *vt, const char *bytes, size_t length);
void vt_resize(struct vt *vt, int rows, int columns);

/* Lines: 0 is the first of the screen, -1 the one that scrolled off it last, -vt_history() the oldest. */
int vt_history(const struct vt *vt);
/* Lines that ever scrolled off, less those that came back: by how much a line's number has changed. */
int64_t vt_scrolled(const struct vt *vt);
/* Fills columns cells, blank ones beyond the emulator's own. */
void vt_line(const struct vt *vt, int line, struct cell *cells, int columns);
/* False: the guest hides it. */
bool vt_cursor(const struct vt *vt, int *row, int *column);
bool vt_alternate(const struct vt *vt);
/* Clean, at most VT_TITLE_COLUMNS; "" when the guest has set none. */
const char *vt_title(const struct vt *vt);
/*
 * Looks for text, whatever its case, from line on (and it), upwards or downwards. True: *line is where it is, *column
 * and *width say where on it.
 */
bool vt_search(const struct vt *vt, const char *text, bool upwards, int *line, int *column, int *width);
/* Where text is on a line from column on; false: nowhere. */
bool vt_find(const struct vt *vt, int line, const char *text, int *column, int *width);

/* What is typed, as the guest's terminal would send it. They and the answers come out of vt_take(). */
void vt_key(struct vt *vt, uint32_t key);
void vt_paste(struct vt *vt, const char *text);
/* Answers are dropped while mute: those to questions of long ago. */
void vt_mute(struct vt *vt, bool mute);
size_t vt_take(struct vt *vt, char *out, size_t size);

#endif
