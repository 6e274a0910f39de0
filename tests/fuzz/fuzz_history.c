/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of an events file from anyone. */
#include "guest/history.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auberge_history_event event;
	char *line = malloc(size ? size : 1); /* exactly as long as told, so that reading beyond is seen */

	if (!line)
		return 0;
	memcpy(line, data, size);
	if (history_parse_line(line, size, &event) && (event.event[0] == '\0' || event.status < -1))
		abort();
	free(line);
	return 0;
}
