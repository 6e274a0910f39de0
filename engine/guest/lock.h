/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks. STATE_DIR/NAME/lock, never unlinked before destroy; OFD byte locks (fcntl(2), F_OFD_SETLK): the kernel drops
 * them with the last descriptor of the open file, so no stale lock survives a SIGKILL. Taken in the order 1, 2.
 */
#ifndef GUEST_LOCK_H
#define GUEST_LOCK_H

#include "auberge.h"

enum lock_byte {
	LOCK_SUPERVISOR = 0,
	LOCK_LIFECYCLE = 1,
	LOCK_CONFIG = 2,
	LOCK_BUILDER = 3, /* an auberge-build works on the guest: what it was for may have died before it */
	LOCK_KEEPER = 4,  /* a keeper lives, which will start another supervisor */
};

/* Opens (creating) the guest's lock file: a descriptor, or -errno. */
int lock_open(const struct auberge *auberge, const char *name);
/* 0 taken; -EAGAIN someone else has it; other -errno. */
int lock_try(int fd, enum lock_byte byte);
int lock_wait(int fd, enum lock_byte byte);
int lock_release(int fd, enum lock_byte byte);
/* 1 held by another open file description, 0 free (or no lock file), -errno. Takes nothing. */
int lock_held(const struct auberge *auberge, const char *name, enum lock_byte byte);
int lock_fd_held(int fd, enum lock_byte byte);
/* 1 while anyone holds any byte but the config's of STATE_DIR/PLACE/lock: a supervisor lives, or an act is under way. 0
 * free (or no lock file), -errno. Takes nothing. */
int lock_busy(const struct auberge *auberge, const char *place);
/* The host-wide lock /run/lock/auberge: ids, link names and MACs. Waits. Descriptor (close releases), or -errno. */
int lock_host(void);

#endif
