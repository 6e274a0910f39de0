/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile text that a guest may send, from tests/screens/hostile.txt: one case a line, as a C string without its
 * quotes (\e, \xHH, \ooo, \n, \r, \t, \a, \b, \\); lines that begin with # say what follows. A case may contain a
 * count: \{N}text\} is text N times.
 */
#ifndef HOSTILE_CASES_H
#define HOSTILE_CASES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE_CASES_MAX 1024
#define HOSTILE_LENGTH_MAX 65536

struct hostile_case {
	char *bytes; /* may contain zeros */
	size_t length;
};

static unsigned char hostile_number(const char **at, int base, int digits)
{
	char copy[4] = "", *end;
	unsigned value;

	memcpy(copy, *at, (size_t)digits);
	value = (unsigned)strtoul(copy, &end, base);
	*at += end - copy;
	return (unsigned char)value;
}

static unsigned char hostile_escape(const char **at)
{
	static const char letters[] = "enrtabv\\", bytes[] = "\033\n\r\t\a\b\v\\";
	const char *letter;

	if (**at == 'x') {
		(*at)++;
		return hostile_number(at, 16, 2);
	}
	if (**at >= '0' && **at <= '7')
		return hostile_number(at, 8, 3);
	letter = strchr(letters, **at);
	if (letter && **at)
		return (unsigned char)bytes[((*at)++, letter - letters)];
	return '\\';
}

static size_t hostile_decode(const char **at, char *out, size_t size, int depth)
{
	size_t length = 0;

	while (**at && **at != '\n' && length < size) {
		if (strncmp(*at, "\\}", 2) == 0 && depth > 0)
			break;
		if (strncmp(*at, "\\{", 2) == 0 && depth == 0) {
			long times = strtol(*at + 2, (char **)(uintptr_t)at, 10);
			size_t start = length, once;

			(*at)++; /* } */
			once = hostile_decode(at, out + length, size - length, 1);
			if (**at == '\\')
				*at += 2;
			length += once;
			for (long i = 1; i < times && length + once <= size; i++, length += once)
				memcpy(out + length, out + start, once);
		} else if (**at == '\\') {
			(*at)++;
			out[length++] = (char)hostile_escape(at);
		} else {
			out[length++] = *(*at)++;
		}
	}
	return length;
}

/* Reads the file of $AUBERGE_TEST_SOURCE (or of path, if that is not NULL). Returns how many cases there are. */
static size_t hostile_read(const char *path, struct hostile_case *cases)
{
	static char line[HOSTILE_LENGTH_MAX], out[HOSTILE_LENGTH_MAX];
	const char *source = getenv("AUBERGE_TEST_SOURCE");
	char own[4096];
	size_t count = 0;
	FILE *file;

	snprintf(own, sizeof own, "%s/tests/screens/hostile.txt", source ? source : ".");
	file = fopen(path ? path : own, "r");
	while (file && count < HOSTILE_CASES_MAX && fgets(line, sizeof line, file)) {
		const char *at = line;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		cases[count].length = hostile_decode(&at, out, sizeof out, 0);
		cases[count].bytes = malloc(cases[count].length + 1);
		memcpy(cases[count].bytes, out, cases[count].length);
		cases[count].bytes[cases[count].length] = '\0';
		count++;
	}
	if (file)
		fclose(file);
	return count;
}

static void hostile_free(struct hostile_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(cases[i].bytes);
}

#endif
