/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines to read; see pager.h. A line that finds no memory is left out. */
#include "widgets/pager.h"

#include "auberge.h"
#include "term/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pager_free(struct pager *pager)
{
	for (size_t i = 0; i < pager->count; i++)
		free(pager->lines[i]);
	free(pager->lines);
	free(pager->roles);
	*pager = (struct pager){0};
}

static bool make_room(struct pager *pager)
{
	size_t room = pager->room ? pager->room * 2 : 64;
	char **lines;
	enum role *roles;

	if (pager->count < pager->room)
		return true;
	lines = realloc(pager->lines, room * sizeof *lines);
	if (!lines)
		return false;
	pager->lines = lines;
	roles = realloc(pager->roles, room * sizeof *roles);
	if (!roles)
		return false;
	pager->roles = roles;
	pager->room = room;
	return true;
}

static size_t line_width(const char *text, size_t length)
{
	char clean[1024];

	return auberge_text_clean(clean, sizeof clean, text, length, 0);
}

static void add(struct pager *pager, enum role role, const char *text, size_t length)
{
	char clean[1024], *line;

	auberge_text_clean(clean, sizeof clean, text, length, 0);
	line = make_room(pager) ? strdup(clean) : NULL;
	if (!line)
		return;
	pager->lines[pager->count] = line;
	pager->roles[pager->count++] = role;
}

void pager_add(struct pager *pager, enum role role, const char *text)
{
	add(pager, role, text, strlen(text));
}

void pager_addf(struct pager *pager, enum role role, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	pager_add(pager, role, text);
}

void pager_add_wrapped(struct pager *pager, enum role role, int width, int indent, const char *text)
{
	int room = width > indent + 8 ? width : indent + 8, lead = 0;

	do {
		char line[1024];
		size_t length = strlen(text), most = length;

		while (most > 0 && line_width(text, most) > (size_t)(room - lead))
			most--;
		if (most < length) /* back to a blank, if there is one */
			for (size_t at = most; at > 0; at--)
				if (text[at] == ' ') {
					most = at;
					break;
				}
		while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) /* never within a character */
			most--;
		if (most == 0)
			most = length;
		snprintf(line, sizeof line, "%*s%.*s", lead, "", (int)most, text);
		pager_add(pager, role, line);
		text += most;
		text += strspn(text, " ");
		lead = indent;
	} while (*text);
}

void pager_add_text(struct pager *pager, enum role role, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		add(pager, role, text, length);
		text += length + (text[length] == '\n');
	}
}

void pager_add_diff(struct pager *pager, const char *diff)
{
	while (*diff) {
		size_t length = strcspn(diff, "\n");
		bool head = strncmp(diff, "+++", 3) == 0 || strncmp(diff, "---", 3) == 0 || strncmp(diff, "@@", 2) == 0;

		add(pager, head ? ROLE_DIM : *diff == '+' ? ROLE_DIFF_ADD : *diff == '-' ? ROLE_DIFF_DEL : ROLE_TEXT, diff, length);
		diff += length + (diff[length] == '\n');
	}
}

bool pager_key(struct pager *pager, uint32_t key)
{
	size_t page = pager->rows > 2 ? (size_t)pager->rows - 1 : 1;
	size_t last = pager->count > (size_t)pager->rows ? pager->count - (size_t)pager->rows : 0, first = pager->first;

	if (key == K_UP || key == 'k')
		first = first > 0 ? first - 1 : 0;
	else if (key == K_DOWN || key == 'j')
		first++;
	else if (key == K_PAGE_UP)
		first = first > page ? first - page : 0;
	else if (key == K_PAGE_DOWN || key == ' ')
		first += page;
	else if (key == 'g' || key == K_HOME)
		first = 0;
	else if (key == 'G' || key == K_END)
		first = last;
	else
		return false;
	pager->first = first < last ? first : last;
	return true;
}

void pager_draw(struct pager *pager, struct screen *screen, int row, int column, int height, int width)
{
	size_t last;

	if (height <= 0)
		return;
	pager->rows = height;
	last = pager->count > (size_t)height ? pager->count - (size_t)height : 0;
	if (pager->first > last)
		pager->first = last;
	for (int i = 0; i < height && pager->first + (size_t)i < pager->count; i++)
		screen_text(screen, row + i, column, width, pager->roles[pager->first + (size_t)i],
		            pager->lines[pager->first + (size_t)i]);
	if (pager->first < last) {
		char more[32];

		snprintf(more, sizeof more, " +%zu", last - pager->first);
		screen_text(screen, row + height - 1, column + width - (int)strlen(more), -1, ROLE_DIM, more);
	}
}
