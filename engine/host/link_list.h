/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All links of this network namespace with what tells whose they are. Raw netlink: the console must not carry libnl. */
#ifndef HOST_LINK_LIST_H
#define HOST_LINK_LIST_H

#include "auberge.h"

#define LINK_ALIAS_SIZE 257 /* IFALIASZ and a NUL */

struct link_entry {
	int index;
	char name[AUBERGE_LINK_SIZE];
	uint8_t mac[6];
	char alias[LINK_ALIAS_SIZE]; /* as somebody set it: not clean */
};

/* One dump. *links is one allocation, free() it. */
int link_list(struct link_entry **links, size_t *count, struct auberge_error *error);
/* 1: the link of that index is there, has that name, alias and MAC; 0 not; -errno. */
int link_is(const struct link_entry *link);
/* Deletes it by its index if link_is(); 0 also when it is gone. */
int link_delete_entry(const struct link_entry *link, struct auberge_error *error);

#endif
