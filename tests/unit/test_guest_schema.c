/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema table itself: every row is complete, every default is a value that its own parser takes and gives back. */
#include "base/cleanup.h"
#include "guest/config_value.h"

#include <criterion/criterion.h>
#include <string.h>

Test(schema, every_row_is_complete)
{
	size_t count;
	const struct schema_row *rows = schema_rows(&count);

	cr_assert_gt(count, 20);
	for (size_t i = 0; i < count; i++) {
		const struct auberge_key *key = &rows[i].key;

		cr_expect(key->section && key->name && key->type, "row %zu", i);
		cr_expect(key->help && strlen(key->help) > 20 && key->help[strlen(key->help) - 1] == '.', "%s: help", key->name);
		cr_expect(strcmp(key->type, "choice") != 0 || key->choices, "%s: choices", key->name);
		cr_expect_leq(strlen(key->name), 49);
		cr_expect(rows[i].type != SCHEMA_COUNT || key->range, "%s: range", key->name);
		for (size_t k = 0; k < i; k++)
			cr_expect(strcmp(key->name, rows[k].key.name) != 0 || strcmp(key->section, rows[k].key.section) != 0, "%s twice",
			          key->name);
	}
}

Test(schema, every_default_parses_and_comes_back)
{
	size_t count;
	const struct schema_row *rows = schema_rows(&count);
	cleanup_config struct config *config = NULL;
	struct auberge_error error = {0};
	static const char text[] = "[net a]\n[mount b]\nsource = /s\ntarget = /t\n";

	cr_assert_eq(config_parse(text, strlen(text), "x", &config, &error), 0, "%s", error.text);
	for (size_t i = 0; i < count; i++) {
		unsigned line;
		cleanup_free char *value = config_value_text(config, &rows[i], 0, &line);
		char field[64] = {0}, why[200];

		if (!rows[i].key.default_text)
			continue;
		cr_expect(value && strcmp(value, rows[i].key.default_text) == 0, "%s: %s", rows[i].key.name, value ? value : "unset");
		cr_expect_eq(line, 0);
		cr_expect(config_value_parse(&rows[i], rows[i].key.default_text, field, why, sizeof why), "%s: %s", rows[i].key.name, why);
		config_value_free(&rows[i], field);
	}
}

Test(schema, finding)
{
	cr_assert_not_null(schema_find("guest", "kind"));
	cr_assert_not_null(schema_find("net eth0", "mtu"));
	cr_assert_null(schema_find("net ", "mtu"));
	cr_assert_null(schema_find("net", "mtu"));
	cr_assert_null(schema_find("guest", "mtu"));
	cr_assert_null(schema_find("network eth0", "mtu"));
}
