/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key decoder on any bytes at any times: no byte may be lost without a key, and it always comes to rest. */
#include "term/keys.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keys keys;
	int64_t now = 0;
	uint32_t key;

	keys_init(&keys, 100, NULL);
	for (size_t i = 0; i + 1 < size; i += 2) {
		now += data[i] * 3; /* up to 765 ms before each byte */
		if (data[i] & 1)
			keys_expire(&keys, now);
		keys_feed(&keys, data + i + 1, 1, now);
		while ((key = keys_next(&keys)) != K_NONE)
			if (key > K_F12 || (key == K_PASTE && !keys_pasted(&keys)))
				abort();
	}
	for (int i = 0; i < 4 && keys_deadline(&keys) >= 0; i++)
		keys_expire(&keys, keys_deadline(&keys));
	if (keys_deadline(&keys) >= 0)
		abort();
	return 0;
}
