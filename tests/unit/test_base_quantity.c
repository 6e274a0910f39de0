/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and durations, read and written: edges of rounding, overflow, malformed text. */
#include "auberge.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define K UINT64_C(1024)
#define M (K * 1024)
#define G (M * 1024)
#define T (G * 1024)

Test(base_quantity, parses_sizes)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"0", 0}, {"1", 1}, {"4096", 4096}, {"12B", 12}, {"1K", K}, {"512M", 512 * M}, {"2G", 2 * G}, {"2g", 2 * G},
		{"1T", T}, {"1.5G", G + G / 2}, {"0.5K", 512}, {"15E", UINT64_C(15) << 60}, {"max", AUBERGE_UNLIMITED},
		{"1.999E", (UINT64_C(1) << 60) + ((UINT64_C(999) << 50) / 1000 << 10)},
	};
	static const char *const bad[] = {"", "M", "-1", "+1", " 1", "1 ", "1 M", "1MB", "1X", "1.", ".5", "1.5", "0x10",
	                                  "16E", "18446744073709551615", "18446744073709551616", "maximum", "Max",
	                                  "1.2345G", "15.9999E", "1,5G"};
	uint64_t bytes;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		cr_expect_eq(auberge_parse_size(good[i].text, &bytes), 0, "%s", good[i].text);
		cr_expect_eq(bytes, good[i].bytes, "%s: %" PRIu64, good[i].text, bytes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_eq(auberge_parse_size(bad[i], &bytes), -1, "%s", bad[i]);
}

Test(base_quantity, parses_durations)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {{"0", 0}, {"30s", 30}, {"2m", 120}, {"1h", 3600}, {"3d", 259200}, {"90", 90}};
	static const char *const bad[] = {"", "s", "-1s", "1.5h", "1h30m", "1w", "1 s", "1S", "9223372036854775808",
	                                  "9223372036854775807d"};
	int64_t seconds;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		cr_expect_eq(auberge_parse_duration(good[i].text, &seconds), 0, "%s", good[i].text);
		cr_expect_eq(seconds, good[i].seconds, "%s", good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_eq(auberge_parse_duration(bad[i], &seconds), -1, "%s", bad[i]);
}

Test(base_quantity, formats_sizes)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0B"}, {1, "1B"}, {1023, "1023B"}, {1024, "1.0K"}, {1025, "1.0K"}, {1024 * M, "1.0G"}, {412 * M, "412M"},
		{18 * M, "18M"}, {6 * G + G / 5, "6.2G"}, {9 * K + 972, "9.9K"}, {9 * K + 973, "10K"}, {10 * K, "10K"},
		{999 * K + 614, "1000K"}, {1023 * K + 511, "1023K"}, {1023 * K + 512, "1.0M"}, {1023 * M + M - 1, "1.0G"},
		{G - 1, "1.0G"}, {T - 1, "1.0T"}, {UINT64_C(15) << 60, "15E"}, {AUBERGE_UNLIMITED - 1, "16E"},
		{AUBERGE_UNLIMITED, "max"},
	};
	char text[16];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		auberge_format_size(text, sizeof text, cases[i].bytes);
		cr_expect_str_eq(text, cases[i].text, "%" PRIu64 ": %s, not %s", cases[i].bytes, text, cases[i].text);
	}
	for (unsigned shift = 0; shift < 64; shift++)
		for (int off = -1; off <= 1; off++) {
			auberge_format_size(text, sizeof text, (UINT64_C(1) << shift) + (uint64_t)(int64_t)off);
			cr_expect_leq(strlen(text), 5u, "%s", text);
		}
}

Test(base_quantity, formats_ages)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{-1, "-"}, {0, "0s"}, {12, "12s"}, {59, "59s"}, {60, "1m"}, {300, "5m"}, {3599, "59m"}, {3600, "1h00"},
		{4320, "1h12"}, {35999, "9h59"}, {36000, "10h"}, {86399, "23h"}, {86400, "1d00"}, {273600, "3d04"},
		{863999, "9d23"}, {864000, "10d"}, {41 * 86400, "41d"}, {999 * 86400, "999d"}, {1000 * 86400, "2y"},
	};
	char text[16];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		auberge_format_age(text, sizeof text, cases[i].seconds);
		cr_expect_str_eq(text, cases[i].text, "%" PRId64 ": %s", cases[i].seconds, text);
		cr_expect_leq(strlen(text), 4u);
	}
}
