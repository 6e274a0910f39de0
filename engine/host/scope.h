/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The systemd scope of a guest, by name: one transient unit with Delegate=yes that holds the guest and its supervisor, so
 * that neither is the business of the session that started them, and `systemctl status` shows both.
 * The default set's is auberge-NAME.scope, another set's auberge-SETID:NAME.scope; a colon is in no guest's name. A set
 * with a cgroup ROOT of the caller's choice has none: who gives a place gets that place.
 */
#ifndef HOST_SCOPE_H
#define HOST_SCOPE_H

#include "auberge.h"

#define SCOPE_SLICE "auberge.slice"
#define SCOPE_GUARD "auberge-shutdown.service" /* stops the default set's guests before the host goes down */
#define SCOPE_NAME_SIZE 128

/* Is systemd pid 1 (sd_booted(3))? */
bool scope_host(void);
/* Is this a set whose guests have scopes where the host can give them? */
bool scope_serves(const struct auberge *auberge);
bool scope_of_default_set(const struct auberge *auberge);
void scope_name(char unit[SCOPE_NAME_SIZE], const struct auberge *auberge, const char *name);

#endif
