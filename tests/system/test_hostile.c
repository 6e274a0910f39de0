/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest whose processes, console lines and names are the hostile cases of tests/screens/hostile.txt, all at once:
 * whatever a command tells of it is text that any terminal shows as text.
 */
#include "../screens/hostile_cases.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

TestSuite(hostile, .init = place_begin, .fini = place_end, .timeout = 900);

static struct hostile_case cases[HOSTILE_CASES_MAX];
static size_t cases_count;

/* The character at text, and its bytes; 0 where it is no valid UTF-8. */
static uint32_t decode(const unsigned char *text, size_t *bytes)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t value;

	*bytes = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;
	if (*bytes < 2)
		return *bytes ? text[0] : 0;
	value = text[0] & (0x7fu >> *bytes);
	for (size_t i = 1; i < *bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	return value < least[*bytes] || (value >= 0xd800 && value < 0xe000) ? 0 : value;
}

static bool harmless(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} bad[] = {
		{0, 9}, {11, 31}, {127, 159}, /* controls but the newline */
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe0fff}, /* bidi, zero width, tags */
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (character >= bad[i].first && character <= bad[i].last)
			return false;
	return true;
}

static void expect_harmless(const char *what, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		size_t bytes;
		uint32_t character = decode(at, &bytes);

		cr_assert(character, "%s: no UTF-8 at \"%.20s\"", what, (const char *)at);
		cr_assert(harmless(character), "%s: U+%04X in \"%.40s\"", what, (unsigned)character,
		          (const char *)at - (at - (const unsigned char *)text > 10 ? 10 : 0));
		at += bytes;
	}
}

static void write_cases(const char *path)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file, "%s", path);
	cases_count = hostile_read(NULL, cases);
	cr_assert_geq(cases_count, 300);
	for (size_t i = 0; i < cases_count; i++) {
		fwrite(cases[i].bytes, 1, cases[i].length < 2000 ? cases[i].length : 2000, file);
		fputc('\n', file);
	}
	fclose(file);
	hostile_free(cases, cases_count);
}

/* Each process has its case as its name and as an argument, and has said it on the console. */
static const char script[] =
	"#!/bin/sh\n"
	"n=0\n"
	"mkfifo /tmp/wait\n"
	"while IFS= read -r line; do\n"
	"  printf '%s\\n' \"$line\" >/dev/console\n"
	"  /bin/sh -c 'printf %s \"$1\" >/proc/$$/comm; read x </tmp/wait' \"$line\" \"$line\" &\n"
	"  n=$((n + 1))\n"
	"done </cases\n"
	"echo all-are-there >/dev/console\n"
	"trap 'exit 0' TERM PWR\n"
	"while :; do sleep 1 & wait $!; done\n";

static bool is_said(const void *name)
{
	return au("log %s", (const char *)name) == 0 && strstr(got.output, "all-are-there") != NULL;
}

static void begin(void)
{
	guest_script("inn", script, "");
	write_cases(guest_file("inn", "cases"));
	cr_assert_eq(au("start inn"), 0, "%s", got.errors);
	wait_until(is_said, "inn", 120, "the hostile guest has not begun");
}

Test(hostile, what_commands_tell_is_text)
{
	static const char *const commands[] = {"ps inn", "log inn", "list", "top --count 1", "show inn", "why inn", "events inn", "net"};

	begin();
	cr_assert_eq(au("ps inn"), 0);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		cr_assert_eq(au("%s", commands[i]), 0, "%s: %s", commands[i], got.errors);
		expect_harmless(commands[i], got.output);
		expect_harmless(commands[i], got.errors);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const json[] = {"ps inn --json", "show inn --json", "events inn --json"};

		cr_assert_eq(au("%s", json[i]), 0, "%s", got.errors);
		expect_harmless(json[i], got.output);
	}
	cr_assert_neq(au("stop inn --timeout 1s"), 3); /* those that are left are named, or it is gone */
	expect_harmless("stop", got.output);
	expect_harmless("stop", got.errors);
	au("kill inn");
	wait_state("inn", "stopped", 60);
}

Test(hostile, names_in_a_config_are_refused_in_clean_words)
{
	guest_busybox("inn", "");
	cases_count = hostile_read(NULL, cases);
	for (size_t i = 0; i < cases_count; i += 9) {
		char word[4096];
		size_t length = 0;

		for (size_t k = 0; k < cases[i].length && length < 200; k++)
			if (cases[i].bytes[k] && !strchr("' ", cases[i].bytes[k]))
				word[length++] = cases[i].bytes[k];
		word[length] = '\0';
		au("config set inn guest.hostname=%s", word);
		expect_harmless("config set", got.errors);
		expect_harmless("config set", got.output);
	}
	hostile_free(cases, cases_count);
}
