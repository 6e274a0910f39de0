/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generated configs and random changes of them: what was written is what is read, and nothing else has changed.
 * AUBERGE_TEST_SEED repeats a run; a failure says its seed.
 */
#include "base/file.h"
#include "guest/config_value.h"
#include "guest/edit.h"
#include "guest_place.h"

#include <inttypes.h>
#include <time.h>

#define CASES 3000
#define CHANGES 6
#define SETTINGS_MAX 400

static uint64_t seed, state;

static unsigned pick(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % below);
}

static void start_random(void)
{
	const char *given = getenv("AUBERGE_TEST_SEED");

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
	state = seed ? seed : 1;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

static void random_word(char *out, unsigned most, const char *letters)
{
	unsigned length = 1 + pick(most);

	for (unsigned i = 0; i < length; i++)
		out[i] = letters[pick((unsigned)strlen(letters))];
	out[length] = '\0';
}

static void random_choice(char *out, size_t size, const char *choices)
{
	unsigned count = 1, chosen;

	for (const char *at = choices; *at; at++)
		count += *at == ' ';
	chosen = pick(count);
	while (chosen-- > 0)
		choices += strcspn(choices, " ") + 1;
	snprintf(out, size, "%.*s", (int)strcspn(choices, " "), choices);
}

static void random_value(const struct schema_row *row, char *out, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char odd[] = "abc/ #;=:[]\"'\xc3\xa4.-_"; /* whole characters only by chance: bytes are bytes */
	char word[64];

	switch (row->type) {
	case SCHEMA_TEXT:
	case SCHEMA_CHOICE:
		random_choice(out, size, row->key.choices);
		break;
	case SCHEMA_PATH:
		random_word(word, 30, odd);
		snprintf(out, size, "/x%sx", word);
		break;
	case SCHEMA_HOSTNAME:
	case SCHEMA_LINK_NAME:
		random_word(out, 14, letters);
		break;
	case SCHEMA_BOOL:
		random_choice(out, size, "yes no true false on off 1 0");
		break;
	case SCHEMA_COUNT:
		snprintf(out, size, "%u", (unsigned)row->min + pick(row->max > 900 ? 900 : (unsigned)row->max));
		break;
	case SCHEMA_SIZE:
		snprintf(out, size, "%u%c", 1 + pick(2000), "MGT"[pick(3)]);
		break;
	case SCHEMA_DURATION:
		snprintf(out, size, "%u%c", 1 + pick(20), "smh"[pick(3)]);
		break;
	case SCHEMA_DECIMAL:
		snprintf(out, size, "%u.%02u", pick(64), 1 + pick(99));
		break;
	case SCHEMA_SIGNAL:
		random_choice(out, size, "SIGPWR PWR 15 SIGRTMIN+3 SIGTERM");
		break;
	case SCHEMA_CAPABILITIES:
		random_choice(out, size, "mknod cap_sys_time setfcap");
		break;
	case SCHEMA_MAC:
		snprintf(out, size, "02:%02X:%02x:00:00:01", pick(256), pick(256));
		break;
	case SCHEMA_ADDRESSES:
		snprintf(out, size, "10.%u.%u.1/8%s", pick(256), pick(256), pick(2) ? ", fd00::1/64" : "");
		break;
	case SCHEMA_GATEWAYS:
		snprintf(out, size, "10.%u.%u.2", pick(256), pick(256));
		break;
	case SCHEMA_GUESTS:
		random_choice(out, size, "db app web");
		break;
	case SCHEMA_ROUTES:
		snprintf(out, size, "192.168.%u.0/24 via 10.0.0.%u", pick(256), 1 + pick(200));
		break;
	}
}

/* --- what a text is meant to say --------------------------------------------------------------------------------- */

static struct {
	char section[64], key[64], value[128];
} said[SETTINGS_MAX];
static size_t said_count;
static char sections[16][64];
static size_t sections_count;

static size_t find_said(const char *section, const char *key)
{
	for (size_t i = 0; i < said_count; i++)
		if (strcmp(said[i].section, section) == 0 && strcmp(said[i].key, key) == 0)
			return i;
	return SIZE_MAX;
}

static void say(const char *section, const char *key, const char *value)
{
	size_t at = find_said(section, key);

	if (at == SIZE_MAX)
		at = said_count++;
	cr_assert_lt(at, SETTINGS_MAX);
	snprintf(said[at].section, sizeof said[at].section, "%s", section);
	snprintf(said[at].key, sizeof said[at].key, "%s", key);
	snprintf(said[at].value, sizeof said[at].value, "%s", value);
}

static void unsay(const char *section, const char *key)
{
	size_t at = find_said(section, key);

	if (at != SIZE_MAX)
		said[at] = said[--said_count];
}

static bool has_section(const char *section)
{
	for (size_t i = 0; i < sections_count; i++)
		if (strcmp(sections[i], section) == 0)
			return true;
	return false;
}

static void random_section(char *out, size_t size)
{
	static const char *const names[] = {"guest", "console", "security", "limits", "net eth0", "net eth1", "net e.5",
	                                    "mount data", "mount a b"};

	snprintf(out, size, "%s", names[pick(COUNT_OF(names))]);
}

static const struct schema_row *random_row(const char *section)
{
	const struct schema_row *rows;
	size_t count;

	rows = schema_rows(&count);
	for (;;) {
		const struct schema_row *row = &rows[pick((unsigned)count)];

		if (schema_section_matches(row->key.section, section))
			return row;
	}
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

static const char *line_end;

static void add_noise(struct buffer *text)
{
	static const char *const noise[] = {"", "# a comment", "; memory = 1G", "   ", "\t# [guest]", "#", ""};

	while (pick(3) == 0)
		buffer_addf(text, "%s%s", noise[pick(COUNT_OF(noise))], line_end);
}

static void add_settings(struct buffer *text, const char *section)
{
	static const char *const blanks[] = {"", " ", "  ", "\t"};
	unsigned count = pick(6);

	for (unsigned i = 0; i < count; i++) {
		const struct schema_row *row = random_row(section);
		char value[128];

		if (find_said(section, row->key.name) != SIZE_MAX)
			continue;
		random_value(row, value, sizeof value);
		add_noise(text);
		buffer_addf(text, "%s%s%s=%s%s%s%s", blanks[pick(4)], row->key.name, blanks[pick(4)], blanks[pick(4)], value,
		            blanks[pick(4)], line_end);
		say(section, row->key.name, value);
	}
}

static char *random_text(void)
{
	struct buffer text = {0};
	unsigned count = pick(8);

	said_count = sections_count = 0;
	line_end = pick(4) ? "\n" : "\r\n";
	buffer_addf(&text, "%s", pick(8) ? "" : "\xef\xbb\xbf");
	add_noise(&text);
	for (unsigned i = 0; i < count; i++) {
		char section[64];

		random_section(section, sizeof section);
		if (has_section(section))
			continue;
		snprintf(sections[sections_count++], sizeof sections[0], "%s", section);
		buffer_addf(&text, "%s[%s]%s%s", pick(6) ? "" : " ", section, pick(6) ? "" : "  # why", line_end);
		add_settings(&text, section);
		add_noise(&text);
	}
	if (text.length && pick(5) == 0) /* a last line without an end */
		while (text.length && (text.data[text.length - 1] == '\n' || text.data[text.length - 1] == '\r'))
			text.data[--text.length] = '\0';
	cr_assert(!text.failed);
	return text.data;
}

/* --- properties -------------------------------------------------------------------------------------------------- */

static void expect_says(const char *text)
{
	cleanup_config struct config *config = NULL;
	struct auberge_error error = {0};

	config_parse(text, strlen(text), "f", &config, &error);
	cr_assert_not_null(config);
	cr_assert_eq(config->settings_count, said_count, "seed %" PRIu64 ": %zu settings, not %zu:\n%s\n%s", seed,
	             config->settings_count, said_count, text, error.text);
	for (size_t i = 0; i < config->settings_count; i++) {
		size_t at = find_said(config->settings[i].section, config->settings[i].key);

		cr_assert_neq(at, SIZE_MAX, "seed %" PRIu64 ": %s.%s\n%s", seed, config->settings[i].section, config->settings[i].key, text);
		cr_assert_str_eq(config->settings[i].value, said[at].value, "seed %" PRIu64 ":\n%s", seed, text);
	}
}

/* How many lines came and went. */
static void count_lines(const char *before, const char *after, size_t *gone, size_t *come)
{
	cleanup_free char *diff = text_diff(before, strlen(before), after, strlen(after), "f");
	const char *at = diff;

	*gone = *come = 0;
	for (; *at && strncmp(at, "@@", 2) != 0; at += strcspn(at, "\n") + 1)
		;
	for (; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		*gone += *at == '-';
		*come += *at == '+';
	}
}

static void change_one(char **text)
{
	char section[64], value[128], *before = strdup(*text);
	struct auberge_error error = {0};
	size_t gone, come, open = before[0] && before[strlen(before) - 1] != '\n';
	bool remove = pick(4) == 0, there, known;
	const struct schema_row *row;

	random_section(section, sizeof section);
	row = random_row(section);
	there = find_said(section, row->key.name) != SIZE_MAX;
	known = has_section(section);
	random_value(row, value, sizeof value);
	cr_assert_eq(config_set_text(text, section, row->key.name, remove ? NULL : value, &error), 0, "%s", error.text);
	count_lines(before, *text, &gone, &come);
	if (remove) {
		unsay(section, row->key.name);
		cr_assert_leq(gone, there ? 1 + open : 0, "seed %" PRIu64 ":\n%s\n---\n%s", seed, before, *text);
		cr_assert_leq(come, open);
	} else {
		if (!known)
			snprintf(sections[sections_count++], sizeof sections[0], "%s", section);
		say(section, row->key.name, value);
		cr_assert_leq(gone, there ? 1 : open, "seed %" PRIu64 ":\n%s\n---\n%s", seed, before, *text);
		cr_assert_leq(come, (known ? 1 : 3) + open, "seed %" PRIu64 ":\n%s\n---\n%s", seed, before, *text);
	}
	if (!remove && !there && known && !open) { /* and back */
		cleanup_free char *back = strdup(*text);

		cr_assert_eq(config_set_text(&back, section, row->key.name, NULL, &error), 0);
		cr_assert_str_eq(back, before, "seed %" PRIu64, seed);
	}
	free(before);
}

Test(edit_property, what_is_written_is_what_is_read)
{
	start_random();
	for (unsigned i = 0; i < CASES; i++) {
		cleanup_free char *text = random_text();

		if (!text)
			continue;
		expect_says(text);
		for (unsigned k = 0; k < CHANGES; k++) {
			change_one(&text);
			expect_says(text);
		}
	}
}

/* A config that is right as a whole, written out whole (effective.ini) and read again, is the same. */
Test(edit_property, a_whole_config_comes_back)
{
	unsigned right = 0;

	start_random();
	for (unsigned i = 0; i < CASES; i++) {
		cleanup_free char *text = random_text(), *one = NULL, *two = NULL;
		cleanup_config struct config *config = NULL, *again = NULL;
		struct auberge_error error = {0};
		struct change_list list = {0};

		if (!text || config_parse(text, strlen(text), "f", &config, &error) < 0)
			continue;
		right++;
		one = config_format(config);
		cr_assert_eq(config_parse(one, strlen(one), "g", &again, &error), 0, "seed %" PRIu64 ": %s", seed, error.text);
		two = config_format(again);
		cr_assert_str_eq(one, two, "seed %" PRIu64, seed);
		cr_assert_eq(config_compare(config, again, &list), 0);
		cr_assert_eq(list.count, 0, "seed %" PRIu64 ": %s.%s %s %s", seed, list.changes->section, list.changes->key,
		             list.changes->before, list.changes->after);
	}
	cr_expect_gt(right, CASES / 10);
}
