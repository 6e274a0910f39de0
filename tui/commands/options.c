/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option parser; what it takes is said in options.h. Owns only the two arrays of struct arguments. */
#include "commands/options.h"

#include "auberge.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 64

struct reading {
	struct arguments *arguments;
	const struct option_row *const *tables;
	size_t tables_count;
	char *const *argv;
	size_t count, at;
	struct option_problem *problem;
};

static int say(struct option_problem *problem, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int say(struct option_problem *problem, const char *remedy, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(problem->text, sizeof problem->text, format, list);
	va_end(list);
	snprintf(problem->remedy, sizeof problem->remedy, "%s", remedy ? remedy : "");
	return -1;
}

static const struct option_row *find_row(const struct reading *reading, const char *name, size_t length, char letter)
{
	for (size_t table = 0; table < reading->tables_count; table++) {
		for (const struct option_row *row = reading->tables[table]; row && row->name; row++) {
			if (letter ? row->letter == letter :
			             strncmp(row->name, name, length) == 0 && row->name[length] == '\0')
				return row;
		}
	}
	return NULL;
}

static int unknown_option(const struct reading *reading, const char *name, size_t length)
{
	const char *names[NAMES_MAX];
	char word[64], remedy[128] = "";
	size_t count = 0;
	const char *nearest;

	for (size_t table = 0; table < reading->tables_count; table++) {
		for (const struct option_row *row = reading->tables[table]; row && row->name && count < NAMES_MAX; row++)
			names[count++] = row->name;
	}
	snprintf(word, sizeof word, "%.*s", (int)length, name);
	nearest = auberge_nearest(word, names, count);
	if (nearest)
		snprintf(remedy, sizeof remedy, "did you mean --%s?", nearest);
	return say(reading->problem, remedy, "--%s: no such option", word);
}

static bool choice_known(const char *choices, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = choices; length && *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, text, length) == 0)
			return true;
		at += word;
	}
	return false;
}

static int check_value(const struct reading *reading, struct option_value *value)
{
	const struct option_row *row = value->row;
	const char *text = value->text;
	char *end;

	switch (row->type) {
	case OPTION_FLAG:
	case OPTION_TEXT:
		return 0;
	case OPTION_COUNT:
		errno = 0;
		value->number = strtoll(text, &end, 10);
		if (errno || end == text || *end || text[0] < '0' || text[0] > '9' || value->number > UINT32_MAX)
			return say(reading->problem, NULL, "--%s %.40s: not a whole number", row->name, text);
		break;
	case OPTION_DURATION:
		if (auberge_parse_duration(text, &value->number) < 0 || value->number < 0)
			return say(reading->problem, "durations are written 30s, 2m or 1h", "--%s %.40s: not a duration",
			           row->name, text);
		break;
	case OPTION_CHOICE:
		if (!choice_known(row->choices, text)) {
			char remedy[128];

			snprintf(remedy, sizeof remedy, "known: %s", row->choices);
			return say(reading->problem, remedy, "--%s %.40s: no such %s", row->name, text, row->argument);
		}
		return 0;
	}
	if (value->number < (int64_t)row->least)
		return say(reading->problem, NULL, "--%s %.40s: %u is the least", row->name, text, row->least);
	return 0;
}

/* text: what stands after '=' or the letter, or NULL: then the next argument is the value. */
static int take_option(struct reading *reading, const struct option_row *row, const char *text)
{
	struct option_value *value = &reading->arguments->values[reading->arguments->values_count];

	*value = (struct option_value){.row = row};
	if (row->type != OPTION_FLAG) {
		if (!text && reading->at < reading->count)
			text = reading->argv[reading->at++];
		if (!text)
			return say(reading->problem, NULL, "--%s: wants a value, %s", row->name, row->argument);
		value->text = text;
	}
	reading->arguments->values_count++;
	return check_value(reading, value);
}

static int take_long(struct reading *reading, const char *name)
{
	size_t length = strcspn(name, "=");
	const struct option_row *row = find_row(reading, name, length, 0);

	if (!row)
		return unknown_option(reading, name, length);
	if (row->type == OPTION_FLAG && name[length] == '=')
		return say(reading->problem, NULL, "--%s: takes no value", row->name);
	return take_option(reading, row, name[length] == '=' ? name + length + 1 : NULL);
}

static int take_letters(struct reading *reading, const char *letters)
{
	while (*letters) {
		const struct option_row *row = find_row(reading, NULL, 0, *letters);

		if (!row)
			return say(reading->problem, NULL, "-%c: no such option", *letters);
		letters++;
		if (row->type != OPTION_FLAG)
			return take_option(reading, row, *letters ? letters : NULL);
		if (take_option(reading, row, NULL) < 0)
			return -1;
	}
	return 0;
}

static void take_rest(struct reading *reading, unsigned flags)
{
	struct arguments *arguments = reading->arguments;

	arguments->rest_given = true;
	arguments->rest = (const char *const *)reading->argv + reading->at;
	arguments->rest_count = reading->count - reading->at;
	if (!(flags & OPTIONS_REST_APART)) {
		while (reading->at < reading->count)
			arguments->words[arguments->words_count++] = reading->argv[reading->at++];
	}
	reading->at = reading->count;
}

int arguments_parse(struct arguments *arguments, const struct option_row *const *tables, size_t tables_count,
                    unsigned flags, size_t count, char *const *argv, struct option_problem *problem)
{
	struct reading reading = {arguments, tables, tables_count, argv, count, 0, problem};
	size_t room = 1; /* a joined group of letters can hold one option a byte */
	int result = 0;

	for (size_t i = 0; i < count; i++)
		room += strlen(argv[i]) + 1;
	*problem = (struct option_problem){0};
	*arguments = (struct arguments){.values = calloc(room, sizeof *arguments->values),
	                                .words = calloc(count + 1, sizeof *arguments->words)};
	if (!arguments->values || !arguments->words)
		return say(problem, NULL, "arguments: out of memory");
	while (result == 0 && reading.at < count) {
		const char *word = argv[reading.at];

		if (word[0] != '-' || word[1] == '\0') {
			if (flags & OPTIONS_FIRST_WORD)
				break;
			arguments->words[arguments->words_count++] = word;
			reading.at++;
			continue;
		}
		reading.at++;
		if (strcmp(word, "--") == 0)
			take_rest(&reading, flags);
		else
			result = word[1] == '-' ? take_long(&reading, word + 2) : take_letters(&reading, word + 1);
	}
	arguments->used = reading.at;
	return result;
}

void arguments_free(struct arguments *arguments)
{
	free(arguments->values);
	free(arguments->words);
	*arguments = (struct arguments){0};
}

const struct option_value *arguments_find(const struct arguments *arguments, const char *name)
{
	for (size_t i = arguments->values_count; i-- > 0;) {
		if (strcmp(arguments->values[i].row->name, name) == 0)
			return &arguments->values[i];
	}
	return NULL;
}

bool arguments_flag(const struct arguments *arguments, const char *name)
{
	return arguments_find(arguments, name) != NULL;
}

const char *arguments_text(const struct arguments *arguments, const char *name)
{
	const struct option_value *value = arguments_find(arguments, name);

	return value ? value->text : NULL;
}

int64_t arguments_number(const struct arguments *arguments, const char *name, int64_t otherwise)
{
	const struct option_value *value = arguments_find(arguments, name);

	return value ? value->number : otherwise;
}

size_t arguments_all(const struct arguments *arguments, const char *name, const char **texts, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < arguments->values_count; i++) {
		if (strcmp(arguments->values[i].row->name, name) != 0)
			continue;
		if (count < room)
			texts[count] = arguments->values[i].text;
		count++;
	}
	return count;
}
