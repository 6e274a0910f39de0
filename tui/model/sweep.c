/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of a sweep graph; see sweep.h. Owns nothing. */
#include "model/sweep.h"

static float largest(const float *parts, size_t from, size_t to)
{
	float most = SWEEP_NONE;

	for (size_t i = from; i < to; i++)
		most = parts[i] > most ? parts[i] : most;
	return most < 0 ? SWEEP_NONE : most > 1 ? 1 : most;
}

size_t sweep_cells(const float *parts, size_t count, size_t now, size_t width, float *cells)
{
	size_t per, used, newest, gap;

	if (count == 0 || width == 0)
		return 0;
	now %= count;
	per = (count + width - 1) / width;
	used = (count + per - 1) / per;
	newest = (now + count - 1) % count / per;
	gap = (newest + 1) % used;
	for (size_t i = 0; i < used; i++) {
		size_t from = i * per, to = from + per < count ? from + per : count;

		/* What the newest cell held before this turn round the ring is no part of it any more. */
		if (i == newest && now > from && now < to)
			to = now;
		cells[i] = largest(parts, from, to);
	}
	if (used > 1)
		cells[gap] = SWEEP_GAP;
	return used;
}

int sweep_level(float part)
{
	int level = (int)(part * (SWEEP_LEVELS - 1) + 0.5f);

	if (part <= 0)
		return 0;
	return level < 1 ? 1 : level >= SWEEP_LEVELS ? SWEEP_LEVELS - 1 : level;
}
