/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sweep graphs: a sample stays where it is, one cell changes, the gap marks now. */
#include "model/sweep.h"

#include <criterion/criterion.h>
#include <string.h>

#define RING 60

static void fill(float *parts, float part)
{
	for (size_t i = 0; i < RING; i++)
		parts[i] = part;
}

Test(model_sweep, one_cell_for_each_sample)
{
	float parts[RING], cells[RING];

	fill(parts, 0.5f);
	parts[9] = 1;
	cr_assert_eq(sweep_cells(parts, RING, 10, RING, cells), RING);
	cr_assert_eq(cells[10], SWEEP_GAP);
	cr_assert_eq(cells[9], 1.0f);
	cr_assert_eq(cells[11], 0.5f);
	cr_assert_eq(sweep_cells(parts, RING, 0, 80, cells), RING, "no more cells than samples");
	cr_assert_eq(cells[0], SWEEP_GAP, "round the end");
}

Test(model_sweep, samples_share_cells_in_a_narrow_graph)
{
	float parts[RING], cells[RING];

	fill(parts, 0.2f);
	cr_assert_eq(sweep_cells(parts, RING, 7, 25, cells), 20, "three samples to a cell");
	cr_assert_eq(cells[3], SWEEP_GAP);
	parts[6] = 0.9f; /* the newest: its cell holds nothing older */
	parts[7] = parts[8] = 1;
	sweep_cells(parts, RING, 7, 25, cells);
	cr_assert_eq(cells[2], 0.9f);
	cr_assert_eq(cells[3], SWEEP_GAP);
}

Test(model_sweep, a_new_sample_changes_two_cells_at_most)
{
	float parts[RING], before[RING], after[RING];

	for (size_t width = 5; width <= RING; width++) {
		fill(parts, 0.3f);
		for (size_t now = 0; now < 2 * RING; now++) {
			size_t changed = 0, count = sweep_cells(parts, RING, now, width, before);

			parts[now % RING] = (float)(now % 7) / 7;
			cr_assert_eq(sweep_cells(parts, RING, now + 1, width, after), count);
			for (size_t i = 0; i < count; i++)
				changed += before[i] != after[i];
			cr_assert_leq(changed, 2, "width %zu, sample %zu: %zu", width, now, changed);
		}
	}
}

Test(model_sweep, what_was_not_sampled_is_empty)
{
	float parts[RING], cells[RING];

	fill(parts, -1);
	parts[0] = 3; /* more than full is full */
	cr_assert_eq(sweep_cells(parts, RING, 1, RING, cells), RING);
	cr_assert_eq(cells[0], 1.0f);
	cr_assert_eq(cells[5], SWEEP_NONE);
	cr_assert_eq(sweep_cells(parts, 0, 0, RING, cells), 0);
	cr_assert_eq(sweep_cells(parts, RING, 0, 0, cells), 0);
}

Test(model_sweep, levels)
{
	cr_assert_eq(sweep_level(0), 0);
	cr_assert_eq(sweep_level(-1), 0);
	cr_assert_eq(sweep_level(0.001f), 1, "something is never nothing");
	cr_assert_eq(sweep_level(0.5f), 4);
	cr_assert_eq(sweep_level(1), SWEEP_LEVELS - 1);
	cr_assert_eq(sweep_level(2), SWEEP_LEVELS - 1);
}
