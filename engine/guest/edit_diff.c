/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unified diff of two texts, as diff -u writes it: three lines around each change. */
#include "guest/edit.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <stdint.h>
#include <string.h>

#define AROUND 3
#define CELLS_MAX ((size_t)4 << 20) /* of the table of common lines; what differs more is shown as replaced whole */

struct line {
	const char *text;
	size_t length; /* its end included */
};

struct lines {
	struct line *items;
	size_t count;
};

/* One line of the diff: from[before] and to[after] are the next ones of the texts. */
struct step {
	char kind; /* ' ' '-' '+' */
	size_t before, after;
};

static bool split(const char *text, size_t length, struct lines *lines)
{
	size_t count = 1;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\n';
	lines->items = calloc(count, sizeof *lines->items);
	if (!lines->items)
		return false;
	while (length > 0) {
		const char *newline = memchr(text, '\n', length);
		size_t size = newline ? (size_t)(newline - text) + 1 : length;

		lines->items[lines->count++] = (struct line){text, size};
		text += size;
		length -= size;
	}
	return true;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static void add(struct step *steps, size_t *count, char kind, size_t *before, size_t *after)
{
	steps[(*count)++] = (struct step){kind, *before, *after};
	*before += kind != '+';
	*after += kind != '-';
}

/* The middle, which begins and ends with lines that differ: by the longest common subsequence. */
static bool walk_middle(const struct lines *from, const struct lines *to, size_t from_end, size_t to_end, struct step *steps,
                        size_t *count, size_t *before, size_t *after)
{
	size_t rows = from_end - *before, columns = to_end - *after, first = *before, second = *after;
	cleanup_free uint32_t *common = NULL;

	if (rows > 0 && columns > 0 && (rows + 1) <= CELLS_MAX / (columns + 1)) {
		common = calloc((rows + 1) * (columns + 1), sizeof *common);
		if (!common)
			return false;
	}
#define COMMON(i, k) common[(i) * (columns + 1) + (k)]
	for (size_t i = common ? rows : 0; i-- > 0;)
		for (size_t k = columns; k-- > 0;)
			COMMON(i, k) = same(&from->items[first + i], &to->items[second + k]) ? COMMON(i + 1, k + 1) + 1 :
			               COMMON(i + 1, k) >= COMMON(i, k + 1) ? COMMON(i + 1, k) : COMMON(i, k + 1);
	while (*before < from_end || *after < to_end) {
		size_t i = *before - first, k = *after - second;

		if (common && i < rows && k < columns && same(&from->items[*before], &to->items[*after]))
			add(steps, count, ' ', before, after);
		else if (i < rows && (!common || k == columns || COMMON(i + 1, k) >= COMMON(i, k + 1)))
			add(steps, count, '-', before, after);
		else
			add(steps, count, '+', before, after);
	}
#undef COMMON
	return true;
}

static bool walk(const struct lines *from, const struct lines *to, struct step *steps, size_t *count)
{
	size_t before = 0, after = 0, tail = 0;

	while (before < from->count && before < to->count && same(&from->items[before], &to->items[before]))
		add(steps, count, ' ', &before, &after);
	while (tail < from->count - before && tail < to->count - after &&
	       same(&from->items[from->count - 1 - tail], &to->items[to->count - 1 - tail]))
		tail++;
	if (!walk_middle(from, to, from->count - tail, to->count - tail, steps, count, &before, &after))
		return false;
	while (before < from->count)
		add(steps, count, ' ', &before, &after);
	return true;
}

static void print_line(struct buffer *out, char kind, const struct line *line)
{
	buffer_add(out, &kind, 1);
	buffer_add(out, line->text, line->length);
	if (line->text[line->length - 1] != '\n')
		buffer_addf(out, "\n\\ No newline at end of file\n");
}

/* A range as diff writes it: the line before it, when it is empty. */
static void print_range(struct buffer *out, char sign, size_t start, size_t length)
{
	buffer_addf(out, "%c%zu", sign, length ? start + 1 : start);
	if (length != 1)
		buffer_addf(out, ",%zu", length);
}

static void print_hunk(struct buffer *out, const struct lines *from, const struct lines *to, const struct step *steps,
                       size_t first, size_t end)
{
	size_t before = 0, after = 0;

	for (size_t i = first; i < end; i++) {
		before += steps[i].kind != '+';
		after += steps[i].kind != '-';
	}
	buffer_addf(out, "@@ ");
	print_range(out, '-', steps[first].before, before);
	buffer_addf(out, " ");
	print_range(out, '+', steps[first].after, after);
	buffer_addf(out, " @@\n");
	for (size_t i = first; i < end; i++)
		print_line(out, steps[i].kind,
		           steps[i].kind == '+' ? &to->items[steps[i].after] : &from->items[steps[i].before]);
}

static void print(struct buffer *out, const struct lines *from, const struct lines *to, const struct step *steps, size_t count)
{
	size_t at = 0;

	while (at < count) {
		size_t first, end, quiet = 0;

		while (at < count && steps[at].kind == ' ')
			at++;
		if (at == count)
			return;
		first = at > AROUND ? at - AROUND : 0;
		for (end = at; end < count && quiet <= 2 * AROUND; end++)
			quiet = steps[end].kind == ' ' ? quiet + 1 : 0;
		at = end;
		print_hunk(out, from, to, steps, first, quiet > AROUND ? end - (quiet - AROUND) : end);
	}
}

char *text_diff(const char *before, size_t before_length, const char *after, size_t after_length, const char *name)
{
	struct lines from = {0}, to = {0};
	cleanup_buffer struct buffer out = {0};
	cleanup_free struct step *steps = NULL;
	size_t count = 0;
	bool fine = split(before, before_length, &from) && split(after, after_length, &to);

	if (fine)
		steps = calloc(from.count + to.count + 1, sizeof *steps);
	fine = fine && steps && walk(&from, &to, steps, &count);
	buffer_add(&out, "", 0);
	if (fine && (before_length != after_length || memcmp(before, after, before_length) != 0)) {
		buffer_addf(&out, "--- %s\n+++ %s, edited\n", name, name);
		print(&out, &from, &to, steps, count);
	}
	free(from.items);
	free(to.items);
	return fine && !out.failed ? take_pointer(&out.data) : NULL;
}
