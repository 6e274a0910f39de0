/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges, their ports, and whose they are; see auberge.h. */
#include "auberge.h"
#include "base/error.h"

int auberge_network_read(struct auberge *auberge, struct auberge_network **network, struct auberge_error *error)
{
	(void)auberge;
	*network = NULL;
	return error_set_code(error, AUBERGE_FAILED, 0, "bridges: not yet");
}
