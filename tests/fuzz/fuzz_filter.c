/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter language and the names of orders on any text; what parses is tried on a row. */
#include "model/model.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct model_clock clock = {.monotonic_usec = 5000000, .boot_seconds = 5, .wall_seconds = 5};
	struct auberge_guest guest = {.name = "web3", .state = AUBERGE_RUNNING, .running = true, .init_pid = 7,
	                              .bridges_count = 1, .bridges = {"br0"}, .addresses_count = 1,
	                              .addresses = {"192.0.2.1/24"}};
	struct model_filter filter = {.count = 0};
	struct auberge_error error;
	struct model_order order;
	struct model_row row;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	model_row_init(&row, &guest, &clock);
	if (model_filter_parse(&filter, text, &error) == 0)
		model_filter_match(&filter, &row);
	else if (error.text[0] == '\0' || filter.count != 0)
		abort();
	if (model_order_parse(&order, text, &error) < 0 && error.text[0] == '\0')
		abort();
	model_search_match(&row, text);
	free(text);
	return 0;
}
