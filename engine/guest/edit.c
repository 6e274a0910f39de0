/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest.ini being edited; see auberge.h. Owns struct auberge_edit. */
#include "base/error.h"
#include "guest/config.h"

struct auberge_edit *auberge_edit_open(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	(void)auberge;
	error_set_code(error, AUBERGE_FAILED, 0, "%s: not yet", name);
	return NULL;
}

struct auberge_edit *auberge_edit_new(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	return auberge_edit_open(auberge, name, error);
}
