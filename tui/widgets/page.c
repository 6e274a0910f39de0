/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrapped lines and a window on them; see page.h. */
#include "widgets/page.h"

#include "auberge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void page_free(struct page *page)
{
	free(page->lines);
	*page = (struct page){0};
}

void page_begin(struct page *page, int width)
{
	page->count = 0;
	page->width = width;
}

static struct page_line *new_line(struct page *page, enum role role)
{
	if (page->count == page->room) {
		size_t room = page->room ? page->room * 2 : 64;
		struct page_line *lines = realloc(page->lines, room * sizeof *lines);

		if (!lines)
			return NULL;
		page->lines = lines;
		page->room = room;
	}
	page->lines[page->count] = (struct page_line){.role = role};
	return &page->lines[page->count++];
}

/* Bytes of text that fit into columns, up to a blank where there is one. */
static size_t fitting(const char *text, int columns)
{
	size_t bytes = 0, blank = 0;

	while (text[bytes]) {
		char part[512];
		size_t next = bytes + 1;

		while ((text[next] & 0xc0) == 0x80)
			next++;
		if (next >= sizeof part)
			break;
		memcpy(part, text, next);
		part[next] = '\0';
		if ((int)auberge_text_columns(part) > columns)
			return blank > 0 ? blank : bytes > 0 ? bytes : next;
		if (text[bytes] == ' ' && bytes > 0 && text[bytes - 1] != ' ')
			blank = bytes;
		bytes = next;
	}
	return bytes;
}

static void add_right(struct page *page, const char *right, int taken)
{
	struct page_line *line = page->count > 0 ? &page->lines[page->count - 1] : NULL;

	if (!right || !right[0] || !line)
		return;
	if (taken + 2 + (int)auberge_text_columns(right) > page->width)
		line = new_line(page, ROLE_DIM);
	if (line)
		snprintf(line->right, sizeof line->right, "%s", right);
}

void page_add(struct page *page, enum role role, int indent, const char *right, const char *text)
{
	int wide = page->width, taken = 0;
	bool first = true;

	/* What stands at the right takes its room from all the lines of a text that would just fit without it. */
	if (right && right[0] && page->width >= 60 && page->width - (int)auberge_text_columns(right) - 2 >= 40)
		wide = page->width - (int)auberge_text_columns(right) - 2;
	do {
		struct page_line *line = new_line(page, role);
		int pad = first ? 0 : indent;
		size_t bytes = fitting(text, wide - pad);

		if (!line)
			return;
		snprintf(line->text, sizeof line->text, "%*s%.*s", pad, "", (int)bytes, text);
		if (first && wide != page->width)
			add_right(page, right, wide);
		taken = (int)auberge_text_columns(line->text);
		text += bytes;
		while (*text == ' ')
			text++;
		first = false;
	} while (*text);
	if (wide == page->width)
		add_right(page, right, taken);
}

void page_say(struct page *page, enum role role, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	page_add(page, role, 4, NULL, text);
}

void page_draw(struct page *page, struct screen *screen, int row, int height)
{
	page->height = height > 0 ? height : 0;
	if (page->first + (size_t)page->height > page->count)
		page->first = page->count > (size_t)page->height ? page->count - (size_t)page->height : 0;
	for (int i = 0; i < height && page->first + (size_t)i < page->count; i++) {
		const struct page_line *line = &page->lines[page->first + (size_t)i];
		int right = page->width - (int)auberge_text_columns(line->right);

		screen_text(screen, row + i, 0, page->width, line->role, line->text);
		if (line->right[0])
			screen_text(screen, row + i, right < 0 ? 0 : right, -1, ROLE_DIM, line->right);
	}
}

void page_scroll(struct page *page, long lines)
{
	if (lines < 0 && (size_t)-lines > page->first)
		page->first = 0;
	else
		page->first = (size_t)((long)page->first + lines); /* drawing brings it back to the last page */
	if (page->first > page->count)
		page->first = page->count;
}

size_t page_more(const struct page *page)
{
	size_t end = page->first + (size_t)page->height;

	return page->count > end ? page->count - end : 0;
}
