/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "term/keys.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct keys keys;

static void begin(void)
{
	keys_init(&keys, 100, NULL);
}

/* Every key that bytes give when they come at once, and when nothing more comes. */
static size_t all(const char *bytes, size_t length, uint32_t *out, size_t max)
{
	size_t count = 0;
	uint32_t key;

	keys_feed(&keys, bytes, length, 1000);
	for (int i = 0; i < 3 && keys_deadline(&keys) >= 0; i++)
		keys_expire(&keys, keys_deadline(&keys));
	while ((key = keys_next(&keys)) != K_NONE && count < max)
		out[count++] = key;
	return count;
}

static void expect(const char *bytes, const uint32_t *wanted, size_t count)
{
	uint32_t got[32];
	size_t found;

	begin();
	found = all(bytes, strlen(bytes), got, 32);
	cr_assert_eq(found, count, "%zu keys for %s", found, bytes + (*bytes == 033));
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(got[i], wanted[i], "key %zu of %s is %x", i, bytes + (*bytes == 033), got[i]);
}
#define EXPECT(bytes, ...) \
	expect(bytes, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

Test(term_keys, plain)
{
	EXPECT("q", 'q');
	EXPECT("\r", K_ENTER);
	EXPECT("\n", K_ENTER);
	EXPECT("\177\b", K_BACKSPACE, K_BACKSPACE);
	EXPECT("\014", 12);
	EXPECT("é€𝄞", 0xe9, 0x20ac, 0x1d11e);
}

Test(term_keys, lone_escape)
{
	EXPECT("\033", K_ESCAPE);
	EXPECT("\033\033", K_ESCAPE, K_ESCAPE);
	EXPECT("\033\033[A", K_ESCAPE, K_UP);
	begin();
	keys_feed(&keys, "\033", 1, 1000);
	cr_assert_eq(keys_deadline(&keys), 1100);
	keys_expire(&keys, 1099);
	cr_assert_eq(keys_next(&keys), K_NONE);
	keys_expire(&keys, 1100);
	cr_assert_eq(keys_next(&keys), K_ESCAPE);
	/* past 500 ms a bracket is a bracket */
	keys_feed(&keys, "[", 1, 1501);
	cr_assert_eq(keys_next(&keys), '[');
}

Test(term_keys, escape_delay)
{
	cr_assert_eq(keys_escape_delay(NULL, NULL), 100);
	cr_assert_eq(keys_escape_delay(NULL, "192.0.2.1 22"), 300);
	cr_assert_eq(keys_escape_delay("25", "192.0.2.1 22"), 25);
	cr_assert_eq(keys_escape_delay("x", NULL), 100);
}

Test(term_keys, unknown_is_one_key)
{
	EXPECT("\033[1;5Aq", K_UNKNOWN, 'q');
	EXPECT("\033[?1;2cq", K_UNKNOWN, 'q');
	EXPECT("\033[M !!q", K_UNKNOWN, 'q');
	EXPECT("\033[7$q", K_UNKNOWN, 'q');
	EXPECT("\033xq", K_UNKNOWN, 'q');
	EXPECT("\033éq", K_UNKNOWN, 'q');
	EXPECT("\033O2Pq", K_UNKNOWN, 'q');
	EXPECT("\033[[Zq", K_UNKNOWN, 'q');
	EXPECT("\033[111111111111111111111111111111111111~q", K_UNKNOWN, 'q');
	EXPECT("\033[", K_UNKNOWN);
	EXPECT("\033[12\033[A", K_UNKNOWN, K_UP);
	EXPECT("\377q", K_UNKNOWN, 'q');
	EXPECT("\303q", K_UNKNOWN, 'q');
	EXPECT("\355\240\200q", K_UNKNOWN, 'q');
}

Test(term_keys, paste)
{
	static char large[3 * KEYS_PASTE_MAX];
	uint32_t got[4];

	EXPECT("\033[200~x\ryD\033[201~q", K_PASTE, 'q');
	begin();
	cr_assert_eq(all("\033[200~a\033[20b\033[201~", 18, got, 4), 1);
	cr_assert_str_eq(keys_pasted(&keys), "a\033[20b");
	memset(large, 'D', sizeof large - 1);
	begin();
	keys_feed(&keys, "\033[200~", 6, 0);
	keys_feed(&keys, large, sizeof large - 1, 1);
	keys_feed(&keys, "\033[201~", 6, 2);
	cr_assert_eq(keys_next(&keys), K_PASTE);
	cr_assert_eq(keys_next(&keys), K_NONE);
	cr_assert_eq(strlen(keys_pasted(&keys)), KEYS_PASTE_MAX);
	cr_assert(keys_paste_cut(&keys));
	begin();
	keys_feed(&keys, "\033[200~", 6, 0);
	keys_feed(&keys, large, KEYS_PASTE_MAX, 1);
	keys_feed(&keys, "\033[201~", 6, 2);
	cr_assert_eq(keys_next(&keys), K_PASTE);
	cr_assert_not(keys_paste_cut(&keys), "all of it is there");
	cr_assert_eq(strlen(keys_pasted(&keys)), KEYS_PASTE_MAX);
	cr_assert_eq(all("\033[200~a\0b\033[201~", 15, got, 4), 1);
	cr_assert_str_eq(keys_pasted(&keys), "ab");
}

/* One known sequence cut before byte `cut`, the rest `gap` ms later, a letter behind it. */
static void cut_once(const struct keys_sequence *sequence, size_t cut, int gap, int escape_ms)
{
	uint32_t key;
	int64_t at = 1000;

	keys_init(&keys, escape_ms, NULL);
	keys_feed(&keys, sequence->bytes, cut, at);
	at += gap;
	keys_expire(&keys, at);
	keys_feed(&keys, sequence->bytes + cut, sequence->length - cut, at);
	keys_feed(&keys, "q", 1, at + 1);
	key = keys_next(&keys);
	if (cut == 1 && gap >= escape_ms) { /* the Esc has counted; the rest is still the key, and no letters */
		cr_assert_eq(key, K_ESCAPE);
		key = keys_next(&keys);
	}
	cr_assert_eq(key, sequence->key, "ESC%.*s cut at %zu, %d ms: %x", sequence->length - 1, sequence->bytes + 1, cut,
	             gap, key);
	cr_assert_eq(keys_next(&keys), 'q');
	cr_assert_eq(keys_next(&keys), K_NONE);
}

static size_t cut_all(const struct keys_sequence *table, size_t count)
{
	size_t tried = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t cut = 1; cut < table[i].length; cut++)
			for (int gap = 20; gap <= 400; gap += 20)
				for (int escape_ms = 100; escape_ms <= 300; escape_ms += 200, tried++)
					cut_once(&table[i], cut, gap, escape_ms);
	return tried;
}

Test(term_keys, known_sequences_cut_at_every_byte)
{
	size_t count;
	const struct keys_sequence *table = keys_common(&count);

	cr_assert_geq(cut_all(table, count), 5000);
}

Test(term_keys, known_sequences_byte_by_byte)
{
	size_t count;
	const struct keys_sequence *table = keys_common(&count);

	for (size_t i = 0; i < count; i++)
		for (int gap = 20; gap <= 400; gap += 38) {
			int64_t at = 1000;
			uint32_t key;

			begin();
			for (size_t b = 0; b < table[i].length; b++, at += gap) {
				keys_expire(&keys, at);
				keys_feed(&keys, table[i].bytes + b, 1, at);
			}
			key = keys_next(&keys);
			if (gap >= 100) {
				cr_assert_eq(key, K_ESCAPE);
				key = keys_next(&keys);
			}
			cr_assert_eq(key, table[i].key);
			cr_assert_eq(keys_next(&keys), K_NONE);
		}
}

static const char *capability(const char *name)
{
	static const char *const strings[][2] = {
		{"kf1", "\033[M"}, {"kend", "\033Ow"}, {"khome", "\001"}, {"kf9", "\033[20~"}, {"kcuu1", "x"},
	};

	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		if (strcmp(name, strings[i][0]) == 0)
			return strings[i][1];
	return NULL;
}

Test(term_keys, description_goes_first)
{
	uint32_t got[4];

	keys_init(&keys, 100, capability);
	cr_assert_eq(all("\033[M\033Ow", 6, got, 4), 2);
	cr_assert_eq(got[0], K_F1);
	cr_assert_eq(got[1], K_END);
	cr_assert_eq(all("x\001", 2, got, 4), 2, "letters stay letters whatever the description says");
	cr_assert_eq(got[0], 'x');
	cut_all(keys.own, 0);
}

Test(term_keys, drop_forgets)
{
	begin();
	keys_feed(&keys, "abc\033[", 5, 0);
	keys_drop(&keys);
	cr_assert_eq(keys_next(&keys), K_NONE);
	cr_assert_eq(keys_deadline(&keys), -1);
}

Test(term_keys, names)
{
	char name[16];

	keys_name(K_F1 + 9, name, sizeof name);
	cr_assert_str_eq(name, "F10");
	keys_name(0x1d, name, sizeof name);
	cr_assert_str_eq(name, "^]");
	keys_name('X', name, sizeof name);
	cr_assert_str_eq(name, "X");
}
