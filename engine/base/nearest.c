/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "did you mean": the candidate nearest to a mistyped word, by edit distance; a swap of neighbours counts one. */
#include "auberge.h"

#include <string.h>

#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein in its optimal string alignment form; both words are at most WORD_MAX long. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *older = rows[0], *old = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		older[j] = old[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *free_row = older;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			row[j] = least(least(old[j] + 1, row[j - 1] + 1), old[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], older[j - 2] + 1);
		}
		older = old;
		old = row;
		row = free_row;
	}
	return old[b_length];
}

const char *auberge_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t length = strlen(word), best = SIZE_MAX;
	const char *nearest = NULL;

	if (length == 0 || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t candidate_length = strlen(candidates[i]), far, longer;

		if (candidate_length > WORD_MAX)
			continue;
		far = distance(word, length, candidates[i], candidate_length);
		longer = length > candidate_length ? length : candidate_length;
		/* a short word that shares no letter is not near, however small the number */
		if (far >= best || far >= longer || (far > 2 && far > length / 3))
			continue;
		best = far;
		nearest = candidates[i];
	}
	return nearest;
}
