/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes over any text: orders (three bytes each, up to a NUL), then the text of a guest.ini. A change that was taken is
 * seen by the reader, all else that it saw stays; one that was refused leaves the text.
 */
#include "base/cleanup.h"
#include "guest/config_check.h"
#include "guest/edit.h"
#include "guest/schema.h"
#include "guest/set.h"

#include <string.h>

#define ORDERS 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct auberge_error error = {0};

	config_parse(text, strlen(text), "", &config, &error);
	if (!config)
		abort();
	return config;
}

/* Everything that one says the other says too, but for one key (NULL: but for the whole section). */
static void expect_says(const struct config *one, const struct config *other, const char *section, const char *key)
{
	for (size_t i = 0; i < one->settings_count; i++) {
		const struct config_setting *setting = &one->settings[i], *found;

		if (strcmp(setting->section, section) == 0 && (!key || strcmp(setting->key, key) == 0))
			continue;
		found = config_find_setting(other, setting->section, setting->key);
		if (!found || strcmp(found->value, setting->value) != 0)
			abort();
	}
}

static void section_of(const struct auberge_edit *edit, const struct schema_row *row, unsigned choice, char *out, size_t size)
{
	size_t length = strcspn(row->key.section, "*");
	const char *section;

	for (size_t i = choice % 8; row->key.section[length] && (section = auberge_edit_section(edit, i)); i++)
		if (strncmp(section, row->key.section, length) == 0) {
			snprintf(out, size, "%s", section);
			return;
		}
	snprintf(out, size, "%.*s%s", (int)length, row->key.section, row->key.section[length] ? "new.1" : "");
}

static void one_change(struct auberge_edit *edit, const uint8_t order[3])
{
	static const char *const values[] = {"1G", "max", "yes", "/a b#;=", "10.0.0.1/24", "15", "x", "", "a\nb", "  7  ", "02:00:00:00:00:01"};
	const char *value = values[order[1] % COUNT_OF(values)];
	cleanup_free char *before = strdup(auberge_edit_text(edit)), *found = NULL;
	cleanup_config struct config *one = parse(before), *two = NULL;
	const struct schema_row *rows, *row;
	struct auberge_error error = {0};
	char section[64];
	size_t count;
	bool written, remove = order[2] & 1, whole = (order[2] & 6) == 6;
	int result;

	rows = schema_rows(&count);
	row = &rows[order[0] % count];
	section_of(edit, row, order[2] >> 3, section, sizeof section);
	if (whole)
		result = remove ? auberge_edit_remove_section(edit, section, &error) : auberge_edit_add_section(edit, section, &error);
	else
		result = auberge_edit_set(edit, section, row->key.name, remove ? NULL : value, &error);
	two = parse(auberge_edit_text(edit));
	if (result < 0) {
		if (error.text[0] == '\0' || strcmp(before, auberge_edit_text(edit)) != 0)
			abort();
		return;
	}
	if (whole && !remove) {
		expect_says(one, two, "", "");
		return;
	}
	if (!(whole && remove)) /* a second section of the name, which was none, is one then */
		expect_says(two, one, section, row->key.name);
	expect_says(one, two, section, whole ? NULL : row->key.name);
	if (whole)
		return;
	if (auberge_edit_get(edit, section, row->key.name, &found, &written, &error) < 0 || (written == remove && two->settings_count))
		if (!remove || written)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char state[] = "/nonexistent/auberge";
	struct auberge auberge = {.state_dir = state, .run_dir = state, .state_fd = -1, .run_fd = -1};
	struct auberge_error error = {0};
	struct auberge_edit *edit = auberge_edit_new(&auberge, "fuzz", &error);
	const uint8_t *nul = memchr(data, 0, size);
	size_t orders = nul ? (size_t)(nul - data) : 0, count;
	cleanup_free char *text = nul ? strndup((const char *)nul + 1, size - orders - 1) : strdup("");
	cleanup_free struct auberge_problem *problems = NULL;
	cleanup_free struct auberge_change *changes = NULL;
	cleanup_free char *diff = NULL;

	if (!edit || !text)
		abort();
	if (auberge_edit_set_text(edit, text, &error) == 0) {
		for (size_t i = 0; i + 3 <= orders && i < 3 * ORDERS; i += 3)
			one_change(edit, data + i);
		if (auberge_edit_problems(edit, &problems, &count, &error) < 0 || auberge_edit_changes(edit, &changes, &count, &error) < 0 ||
		    !(diff = auberge_edit_diff(edit, &error)))
			abort();
	}
	auberge_edit_free(edit);
	return 0;
}
