/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger as a crash, or someone else, may have left it. */
#include "supervisor/ledger.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auberge_error error = {0};
	struct ledger ledger;
	char *text = malloc(size + 1); /* exactly as long as told, so that reading beyond is seen */

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (ledger_parse(text, size, "b", &ledger, &error) == 0 && ledger.links_count > AUBERGE_LINKS_MAX)
		abort();
	free(text);
	return 0;
}
