/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines to read, each in its role, scrolled when there are more than rows. Owns the lines. */
#ifndef WIDGETS_PAGER_H
#define WIDGETS_PAGER_H

#include "term/screen.h"

#include <stdbool.h>
#include <stdint.h>

struct pager {
	char **lines;
	enum role *roles;
	size_t count, room;
	size_t first;
	int rows; /* when it was drawn last */
};

void pager_free(struct pager *pager);
/* One line, cleaned. */
void pager_add(struct pager *pager, enum role role, const char *text);
__attribute__((format(printf, 3, 4))) void pager_addf(struct pager *pager, enum role role, const char *format, ...);
/* As many lines as it takes at that width: broken at blanks, what follows the first behind `indent` blanks. */
void pager_add_wrapped(struct pager *pager, enum role role, int width, int indent, const char *text);
/* A text of many lines; as a unified diff: added and deleted lines in their roles. */
void pager_add_text(struct pager *pager, enum role role, const char *text);
void pager_add_diff(struct pager *pager, const char *diff);
/* Up Down j k PgUp PgDn Space g G Home End; false: not one of them. */
bool pager_key(struct pager *pager, uint32_t key);
void pager_draw(struct pager *pager, struct screen *screen, int row, int column, int height, int width);

#endif
