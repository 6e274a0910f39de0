/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A datagram of a guest's. */
#include "supervisor/notify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_message message;
	char *copy = malloc(size ? size : 1); /* exactly as long as told, so that reading beyond is seen */

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	notify_parse(copy, size, &message);
	for (const char *at = message.status; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			abort();
	if (memchr(message.status, '\0', sizeof message.status) == NULL || (message.status[0] && !message.has_status))
		abort();
	free(copy);
	return 0;
}
