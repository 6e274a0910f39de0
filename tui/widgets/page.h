/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIDGETS_PAGE_H
#define WIDGETS_PAGE_H

#include "term/screen.h"

/*
 * Lines of text made anew for each frame, wrapped by words, of which a window is shown. Owns its lines; what is shown
 * first stays across page_begin().
 */
struct page_line {
	enum role role;
	char text[512]; /* clean */
	char right[64]; /* dimmed, at the end of the line; may be empty */
};
struct page {
	struct page_line *lines;
	size_t count, room;
	size_t first;
	int width, height;
};

void page_free(struct page *page);
/* Empties it; lines are wrapped at that width. */
void page_begin(struct page *page, int width);
/* Adds clean text; what is too long goes on in further lines, indented by `indent` columns. right may be NULL: where
 * there is no room for it beside the text it gets a line of its own. */
void page_add(struct page *page, enum role role, int indent, const char *right, const char *text);
__attribute__((format(printf, 3, 4))) void page_say(struct page *page, enum role role, const char *format, ...);
void page_draw(struct page *page, struct screen *screen, int row, int height);
void page_scroll(struct page *page, long lines);
/* How many lines are below those that the last drawing showed. */
size_t page_more(const struct page *page);

#endif
