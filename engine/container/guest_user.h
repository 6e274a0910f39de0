/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of a guest, from its own /etc/passwd and /etc/group, read as hostile text by a parser of our own (never NSS). */
#ifndef CONTAINER_GUEST_USER_H
#define CONTAINER_GUEST_USER_H

#include "auberge.h"

#include <limits.h>

#define GUEST_GROUPS_MAX 256

struct guest_user {
	uid_t uid;
	gid_t gid, groups[GUEST_GROUPS_MAX];
	size_t groups_count;
	char name[64], home[PATH_MAX], shell[PATH_MAX];
};

/* text: NULL (root), NAME, UID, NAME:GROUP or UID:GID. root: the guest's root directory. What is not wholly understood
 * is an error; nothing ever falls back to id 0. */
int guest_user_find(int root, const char *text, struct guest_user *user, struct auberge_error *error);
/* The same from the files' text (NULL: no such file): the tests' way in. */
int guest_user_parse(const char *passwd, const char *group, const char *text, struct guest_user *user,
                     struct auberge_error *error);

#endif
