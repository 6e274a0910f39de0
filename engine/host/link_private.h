/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What link.c and link_guest.c share: one question or order to the kernel and its answer. */
#ifndef HOST_LINK_PRIVATE_H
#define HOST_LINK_PRIVATE_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nl_sock;

struct link_facts {
	int index;
	unsigned mtu;
	uint8_t mac[6];
	char alias[256], kind[32];
};

/* A request with its fixed header; NULL out of memory. */
struct nl_msg *link_message(int type, int flags, const void *header, size_t length);
/* Sends the message (taken over, may be NULL) and reads to its answer's end. reason: the kernel's sentence, or "". */
int link_exchange(struct nl_sock *socket, struct nl_msg *message, void (*take)(struct nlmsghdr *, void *), void *data,
                  char *reason, size_t size);
/* 0, -ENODEV, -errno. */
int link_query(struct nl_sock *socket, const char *name, struct link_facts *facts);

#endif
