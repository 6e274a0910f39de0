/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with an edited text, problem by problem: the reader's lines, each with the section and key it is about. */
#include "guest/edit.h"
#include "guest/ini_text.h"
#include "guest/order.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <string.h>

struct finding {
	struct auberge_problem *problems;
	size_t count;
	char section[64];
};

static void place(struct finding *finding, unsigned line, const char *key)
{
	for (size_t i = 0; i < finding->count; i++) {
		struct auberge_problem *problem = &finding->problems[i];

		if (problem->line != line)
			continue;
		auberge_text_clean(problem->section, sizeof problem->section, finding->section, strlen(finding->section), 0);
		auberge_text_clean(problem->key, sizeof problem->key, key, strlen(key), 0);
	}
}

static bool see_section(void *data, unsigned line, const char *section)
{
	struct finding *finding = data;

	snprintf(finding->section, sizeof finding->section, "%s", section);
	place(finding, line, "");
	return true;
}

static void see_value(void *data, unsigned line, const char *section, const char *key, const char *value)
{
	(void)section;
	(void)value;
	place(data, line, key);
}

static void see_problem(void *data, unsigned line, const char *text)
{
	(void)text;
	place(data, line, "");
}

/* ":LINE: TEXT", or another file's whole line. */
static void take_line(struct auberge_problem *problem, const char *line, size_t length)
{
	char *end;

	if (*line == ':') {
		problem->line = (unsigned)strtoul(line + 1, &end, 10);
		if (end[0] == ':' && end[1] == ' ') {
			length -= (size_t)(end + 2 - line);
			line = end + 2;
		}
	}
	auberge_text_clean(problem->text, sizeof problem->text, line, length, 0);
}

static int by_line(const void *a, const void *b)
{
	const struct auberge_problem *one = a, *two = b;

	if (one->line == two->line)
		return 0;
	return one->line == 0 || (two->line != 0 && one->line > two->line) ? 1 : -1;
}

/* An insertion sort keeps those of one line in their order; they are few. */
static void sort(struct auberge_problem *problems, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && by_line(&problems[k - 1], &problems[k]) > 0; k--) {
			struct auberge_problem other = problems[k];

			problems[k] = problems[k - 1];
			problems[k - 1] = other;
		}
}

static void check_all(const struct auberge_edit *edit, struct auberge_error *errors)
{
	*errors = edit->errors;
	config_check_startable(edit->config, errors);
	if (edit->config->after.count > 0)
		order_check(edit->auberge, edit->name, edit->config, edit->fresh ? ORDER_NEW | ORDER_UNKNOWN_FINE : 0, errors);
}

int auberge_edit_problems(const struct auberge_edit *edit, struct auberge_problem **problems, size_t *count,
                          struct auberge_error *error)
{
	struct auberge_error errors;
	struct finding finding = {0};
	struct ini_sink sink = {see_section, see_value, see_problem, &finding};
	size_t lines = 0;

	*problems = NULL;
	*count = 0;
	error_clear(error);
	check_all(edit, &errors);
	if (errors.code == AUBERGE_OK)
		return 0;
	for (const char *at = errors.text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		lines++;
	finding.problems = calloc(lines ? lines : 1, sizeof *finding.problems);
	if (!finding.problems)
		return error_set(error, ENOMEM, "%s", edit->path);
	for (const char *at = errors.text; *at; at += *at == '\n') {
		size_t length = strcspn(at, "\n");

		take_line(&finding.problems[finding.count++], at, length);
		at += length;
	}
	sort(finding.problems, finding.count);
	ini_text_parse(edit->text, strlen(edit->text), &sink);
	*problems = finding.problems;
	*count = finding.count;
	return 0;
}
