/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readiness by sd_notify(3), systemd's container interface: the guest finds a datagram socket of the supervisor's at
 * NOTIFY_SOCKET=/run/host/notify. Only systemd as init is waited for; any other guest is ready when its init runs.
 */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include "auberge.h"

#define NOTIFY_DATAGRAM 4096 /* bytes; longer ones are dropped whole */
#define NOTIFY_PLACE "guest" /* below RUN_DIR/NAME: 0700, so that no process of the host but root's can speak */
#define NOTIFY_SOCKET "notify"

struct notify_message {
	bool ready;
	bool has_status;
	char status[AUBERGE_STATUS_SIZE]; /* clean */
};
/* The unit test's and the fuzz target's way in. */
void notify_parse(const char *data, size_t length, struct notify_message *message);

#endif
