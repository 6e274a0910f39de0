/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one option parser: rows of a table in, values and words out. Long options as `--x VALUE` or `--x=VALUE`,
 * letters alone or joined, `--` ends the options, options may stand before and after words. No abbreviations: a
 * script that works today must not break when an option is added. Invariant: values and words point into argv;
 * nothing is copied.
 */
#ifndef COMMANDS_OPTIONS_H
#define COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_FLAG,     /* no value */
	OPTION_TEXT,
	OPTION_COUNT,    /* a whole number, row->least at least */
	OPTION_DURATION, /* "30s" "2m", row->least seconds at least */
	OPTION_CHOICE,   /* one of the words of row->choices */
};

/* A table of these ends with a row whose name is NULL. */
struct option_row {
	const char *name;     /* without the dashes */
	char letter;          /* 0: none */
	enum option_type type;
	const char *argument; /* the value's name in the help; NULL for a flag */
	const char *choices;  /* OPTION_CHOICE: words with blanks between */
	unsigned least;       /* OPTION_COUNT, OPTION_DURATION */
	bool repeated;        /* each value counts; else the last one */
	const char *help;
};

struct option_value {
	const struct option_row *row;
	const char *text; /* NULL for a flag */
	int64_t number;   /* OPTION_COUNT, OPTION_DURATION */
};

struct arguments {
	struct option_value *values;
	size_t values_count;
	const char **words; /* before `--`; after it too unless rest is kept apart */
	size_t words_count;
	const char *const *rest; /* what follows `--` */
	size_t rest_count;
	bool rest_given; /* `--` was there */
	size_t used;     /* OPTIONS_FIRST_WORD: how many of argv were read */
};

struct option_problem {
	char text[256];   /* "--tiemout: no such option" */
	char remedy[256]; /* "did you mean --timeout?", may be empty */
};

#define OPTIONS_FIRST_WORD 1u /* stop before the first word */
#define OPTIONS_REST_APART 2u /* words after `--` are rest, not words */

/*
 * tables: count tables, looked at in order (members may be NULL). 0, or -1 with *problem. Free with
 * arguments_free().
 */
int arguments_parse(struct arguments *arguments, const struct option_row *const *tables, size_t tables_count,
                    unsigned flags, size_t count, char *const *argv, struct option_problem *problem);
void arguments_free(struct arguments *arguments);

/* The last value of the option, or NULL when it was not given. */
const struct option_value *arguments_find(const struct arguments *arguments, const char *name);
bool arguments_flag(const struct arguments *arguments, const char *name);
const char *arguments_text(const struct arguments *arguments, const char *name);
int64_t arguments_number(const struct arguments *arguments, const char *name, int64_t otherwise);
/* All values of a repeated option in their order; at most room. Returns how many there are. */
size_t arguments_all(const struct arguments *arguments, const char *name, const char **texts, size_t room);

#endif
