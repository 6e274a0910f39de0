/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option parser: what it takes, what it refuses, and in which words. */
#include "commands/options.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct option_row rows[] = {
	{.name = "json", .type = OPTION_FLAG, .help = "x"},
	{.name = "verbose", .letter = 'v', .type = OPTION_FLAG, .help = "x"},
	{.name = "timeout", .letter = 't', .type = OPTION_DURATION, .argument = "D", .least = 1, .help = "x"},
	{.name = "count", .type = OPTION_COUNT, .argument = "N", .least = 1, .help = "x"},
	{.name = "env", .type = OPTION_TEXT, .argument = "K=V", .repeated = true, .help = "x"},
	{.name = "kind", .type = OPTION_CHOICE, .argument = "KIND", .choices = "container vm", .help = "x"},
	{.name = NULL},
};
static const struct option_row more[] = {
	{.name = "help", .letter = 'h', .type = OPTION_FLAG, .help = "x"},
	{.name = NULL},
};

static struct arguments arguments;
static struct option_problem problem;

static int parse(unsigned flags, const char *const *words)
{
	const struct option_row *tables[] = {rows, NULL, more};
	static char *kept[16]; /* the arguments point into it after the caller's array is gone */
	size_t count = 0;

	for (; words[count]; count++)
		kept[count] = (char *)(uintptr_t)words[count];
	kept[count] = NULL;
	arguments_free(&arguments);
	return arguments_parse(&arguments, tables, 3, flags, count, kept, &problem);
}
#define PARSE(flags, ...) parse(flags, (const char *const[]){__VA_ARGS__, NULL})

static void finish(void)
{
	arguments_free(&arguments);
}

TestSuite(commands_options, .fini = finish);

Test(commands_options, options_stand_before_and_after_words)
{
	cr_assert_eq(PARSE(0, "web3", "--json", "db2", "--timeout", "2m"), 0);
	cr_assert_eq(arguments.words_count, 2);
	cr_assert_str_eq(arguments.words[0], "web3");
	cr_assert_str_eq(arguments.words[1], "db2");
	cr_assert(arguments_flag(&arguments, "json"));
	cr_assert_not(arguments_flag(&arguments, "help"));
	cr_assert_eq(arguments_number(&arguments, "timeout", -1), 120);
	cr_assert_eq(arguments_number(&arguments, "count", -1), -1);
}

Test(commands_options, values_by_equals_sign_and_the_last_one_counts)
{
	cr_assert_eq(PARSE(0, "--count=3", "--count=7", "--env=A=B=C", "--env", "", "--kind=vm"), 0);
	cr_assert_eq(arguments_number(&arguments, "count", 0), 7);
	cr_assert_str_eq(arguments_text(&arguments, "kind"), "vm");
	const char *texts[1];
	cr_assert_eq(arguments_all(&arguments, "env", texts, 1), 2);
	cr_assert_str_eq(texts[0], "A=B=C");
	cr_assert_str_eq(arguments_text(&arguments, "env"), "");
}

Test(commands_options, letters_alone_joined_and_with_values)
{
	cr_assert_eq(PARSE(0, "-vht5s", "-vvvvvvvvvvvvvvvvvvvv", "x"), 0);
	cr_assert(arguments_flag(&arguments, "verbose"));
	cr_assert(arguments_flag(&arguments, "help"));
	cr_assert_eq(arguments_number(&arguments, "timeout", 0), 5);
	cr_assert_eq(PARSE(0, "-t", "7s"), 0);
	cr_assert_eq(arguments_number(&arguments, "timeout", 0), 7);
	cr_assert_eq(PARSE(0, "-x"), -1);
	cr_assert_str_eq(problem.text, "-x: no such option");
}

Test(commands_options, two_dashes_end_the_options)
{
	cr_assert_eq(PARSE(0, "a", "--", "--json", "-"), 0);
	cr_assert_eq(arguments.words_count, 3);
	cr_assert_not(arguments_flag(&arguments, "json"));
	cr_assert_eq(PARSE(OPTIONS_REST_APART, "a", "--json", "--", "ls", "--", "-l"), 0);
	cr_assert_eq(arguments.words_count, 1);
	cr_assert_eq(arguments.rest_count, 3);
	cr_assert_str_eq(arguments.rest[1], "--");
	cr_assert_null(arguments.rest[3]);
	cr_assert_eq(PARSE(OPTIONS_REST_APART, "a", "--"), 0);
	cr_assert(arguments.rest_given && arguments.rest_count == 0);
}

Test(commands_options, stops_before_the_first_word)
{
	cr_assert_eq(PARSE(OPTIONS_FIRST_WORD, "--count", "2", "list", "--bogus"), 0);
	cr_assert_eq(arguments.used, 2);
	cr_assert_eq(arguments.words_count, 0);
}

Test(commands_options, a_single_dash_is_a_word)
{
	cr_assert_eq(PARSE(0, "-"), 0);
	cr_assert_eq(arguments.words_count, 1);
}

Test(commands_options, refusals_name_the_option_and_the_cause)
{
	static const struct {
		const char *words[3], *text, *remedy;
	} cases[] = {
		{{"--tiemout"}, "--tiemout: no such option", "did you mean --timeout?"},
		{{"--time"}, "--time: no such option", NULL}, /* no abbreviations */
		{{"--="}, "--: no such option", NULL},
		{{"--json=yes"}, "--json: takes no value", ""},
		{{"--timeout"}, "--timeout: wants a value, D", ""},
		{{"--timeout", "soon"}, "--timeout soon: not a duration", NULL},
		{{"--timeout", "-1s"}, "--timeout -1s: not a duration", NULL},
		{{"--timeout=0s"}, "--timeout 0s: 1 is the least", ""},
		{{"--count", "1x"}, "--count 1x: not a whole number", ""},
		{{"--count", ""}, "--count : not a whole number", ""},
		{{"--count=-1"}, "--count -1: not a whole number", ""},
		{{"--count", "99999999999999999999"}, "--count 99999999999999999999: not a whole number", ""},
		{{"--count", "0"}, "--count 0: 1 is the least", ""},
		{{"--kind", "contain"}, "--kind contain: no such KIND", "known: container vm"},
		{{"--kind", ""}, "--kind : no such KIND", "known: container vm"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cr_expect_eq(parse(0, cases[i].words), -1, "%s", cases[i].text);
		cr_expect_str_eq(problem.text, cases[i].text);
		if (cases[i].remedy)
			cr_expect_str_eq(problem.remedy, cases[i].remedy);
	}
}

Test(commands_options, long_and_hostile_words_do_no_harm)
{
	char word[70000];

	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	cr_assert_eq(PARSE(0, word), 0);
	word[0] = word[1] = '-';
	cr_assert_eq(PARSE(0, word), -1);
	word[1] = 'v';
	cr_assert_eq(PARSE(0, word), -1);
	memset(word + 1, 'v', sizeof word - 2);
	cr_assert_eq(PARSE(0, word), 0);
	cr_assert_eq(PARSE(0, "--kind", word), -1);
}
