/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest.ini being edited, as the files guest/edit*.c share it.
 * Invariant: config and errors are what the reader makes of text; before is the file as it was read, byte for byte.
 */
#ifndef GUEST_EDIT_H
#define GUEST_EDIT_H

#include "guest/config.h"

#define EDIT_FILE_MAX (1024 * 1024) /* bytes: what config_read() takes */

struct edit_sections {
	char **names; /* each once, in the text's order */
	size_t count;
};

struct auberge_edit {
	struct auberge *auberge;
	char *name, *path; /* path: of guest.ini, for messages */
	char *before;      /* NUL-terminated, and may have a NUL inside */
	size_t before_length;
	char *text;
	struct edit_sections sections;
	struct config *config;       /* of text, as far as it is understood; its file is "" */
	struct auberge_error errors; /* ":LINE: TEXT" lines */
	bool fresh;                  /* of a guest that does not exist yet */
};

/* Takes *text over, if it can be read at all; 0, or negative with the edit as it was. */
int edit_adopt(struct auberge_edit *edit, char **text, struct auberge_error *error);
/* An edit whose before is the file's content now and whose text is this one (NULL: the same). */
struct auberge_edit *edit_begin(struct auberge *auberge, const char *name, const char *text, struct auberge_error *error);

/* Growing list of changes, handed out as one allocation. */
struct change_list {
	struct auberge_change *changes;
	size_t count;
	bool failed;
};

struct auberge_change *change_add(struct change_list *list, const char *section, const char *key, const char *before,
                                  const char *after);
/* What differs between the values of two configs; effect and refused are left for the caller. */
int config_compare(const struct config *before, const struct config *after, struct change_list *list);
/* A unified diff. malloc'ed, NULL: out of memory. */
char *text_diff(const char *before, size_t before_length, const char *after, size_t after_length, const char *name);

#endif
