/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bar of progress. Owns nothing. Letters, not blocks: it moves once a second at most and any terminal has them. */
#include "widgets/progress.h"

void progress_draw(struct screen *screen, int row, int column, int width, double part, enum role role)
{
	char bar[128];
	int inner = width - 2, full;

	if (inner < 1)
		return;
	if (inner > (int)sizeof bar - 3)
		inner = (int)sizeof bar - 3;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	full = (int)(part * inner + 0.5);
	bar[0] = '[';
	for (int i = 0; i < inner; i++)
		bar[i + 1] = i < full ? '#' : '.';
	bar[inner + 1] = ']';
	bar[inner + 2] = '\0';
	screen_text(screen, row, column, inner + 2, role, bar);
}
