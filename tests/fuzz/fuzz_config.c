/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.ini from anyone; what was understood must come back the same when it is written and read again. */
#include "base/cleanup.h"
#include "guest/config.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_config struct config *config = NULL;
	cleanup_config struct config *again = NULL;
	cleanup_free char *text = NULL;
	cleanup_free char *text_again = NULL;
	cleanup_free char *edited = NULL;
	struct auberge_error error = {0};

	if (config_parse((const char *)data, size, "guest.ini", &config, &error) < 0 || !config) {
		if (error.text[0] == '\0')
			abort();
		return 0;
	}
	text = config_format(config);
	if (!text || config_parse(text, strlen(text), "again", &again, &error) < 0)
		abort();
	text_again = config_format(again);
	if (!text_again || strcmp(text, text_again) != 0)
		abort();
	edited = strndup((const char *)data, size);
	if (edited)
		config_set_text(&edited, "limits", "memory", "1G", &error);
	return 0;
}
