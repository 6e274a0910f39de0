/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard in README.md is the one that a golden screen captured. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *slurp(const char *file)
{
	const char *source = getenv("AUBERGE_TEST_SOURCE");
	static char text[2][65536];
	static int which;
	char path[4096], *out = text[which++ % 2];
	FILE *stream;

	snprintf(path, sizeof path, "%s/%s", source ? source : ".", file);
	stream = fopen(path, "r");
	cr_assert_not_null(stream, "%s", path);
	out[fread(out, 1, sizeof text[0] - 1, stream)] = '\0';
	fclose(stream);
	return out;
}

Test(readme, shows_the_dashboard_as_it_is)
{
	const char *readme = slurp("README.md");
	char *golden = slurp("tests/screens/golden/dashboard-mono.txt"), *rest;

	for (char *row = strtok_r(golden, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest)) {
		char line[1024];
		size_t length = strlen(row);

		if (row[0] != '|')
			continue;
		length--; /* the frame at the end */
		while (length > 1 && row[length - 1] == ' ')
			length--;
		if (length == 1)
			continue;
		snprintf(line, sizeof line, "\n    %.*s\n", (int)length - 1, row + 1);
		cr_assert(strstr(readme, line), "README.md lacks%s", line);
	}
}
