/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key tables: no key twice, F-keys with a letter beside them, and the rules that hands learn. */
#include "screens/acts/bulk.h"
#include "screens/settings_view.h"
#include "screens/view.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	const char *name;
	const struct key_row *(*keys)(size_t *count);
	bool types; /* letters are typed into fields: its keys are control characters */
} tables[] = {{"dashboard", dashboard_keys, false}, {"stop", stop_keys, false}, {"help", help_keys, false},
            {"bridges", bridges_keys, false}, {"acts", bulk_keys, false}, {"guest", guest_keys, false},
            {"processes", processes_keys, false}, {"events", events_keys, false}, {"console", console_keys, false},
            {"create", create_keys, true}, {"settings", settings_keys, false}, {"edit", edit_keys, true}, {"confirm", edit_confirm_keys, false},
            {"looking back", console_scroll_keys, false}, {"conflict", edit_conflict_keys, false}, {"versions", edit_versions_keys, false}};
#define TABLES (sizeof tables / sizeof tables[0])

static bool is_f_key(uint32_t key)
{
	return key >= K_F1 && key <= K_F12;
}

static void check_twin(const struct key_row *row, const char *table)
{
	bool f_key = false, other = false;

	for (size_t i = 0; i < KEY_ROW_KEYS && row->keys[i]; i++) {
		f_key = f_key || is_f_key(row->keys[i]);
		other = other || !is_f_key(row->keys[i]);
	}
	cr_assert(other, "%s: %s has no letter", table, row->help);
	cr_assert(!f_key || row->label, "%s: %s has an F-key and no label", table, row->help);
}

Test(screens_keys, no_clash)
{
	for (size_t t = 0; t < TABLES; t++) {
		size_t count;
		const struct key_row *rows = tables[t].keys(&count);

		for (size_t i = 0; i < count; i++) {
			cr_assert_not_null(rows[i].act, "what is not built is not in the table");
			cr_assert_not_null(rows[i].help);
			check_twin(&rows[i], tables[t].name);
			for (size_t k = 0; k < KEY_ROW_KEYS && rows[i].keys[k]; k++)
				cr_assert_eq(app_find_key(rows, i, rows[i].keys[k]), NULL, "%s: key %x twice", tables[t].name,
				             rows[i].keys[k]);
		}
	}
}

Test(screens_keys, where_letters_are_text_no_act_has_one)
{
	for (size_t t = 0; t < TABLES; t++) {
		size_t count;
		const struct key_row *rows = tables[t].keys(&count);

		for (size_t i = 0; tables[t].types && i < count; i++)
			for (size_t k = 0; k < KEY_ROW_KEYS && rows[i].keys[k]; k++)
				cr_assert(rows[i].keys[k] <= ' ' || rows[i].keys[k] == K_BACKSPACE || rows[i].keys[k] > K_UNKNOWN, "%s: %s",
				          tables[t].name, rows[i].help);
	}
}

Test(screens_keys, kill_is_on_no_f_key_and_f9_on_nothing)
{
	for (size_t t = 0; t < TABLES; t++) {
		size_t count;
		const struct key_row *rows = tables[t].keys(&count), *kill = app_find_key(rows, count, 'X'), *leave;

		cr_assert_null(app_find_key(rows, count, K_F1 + 8));
		for (size_t k = 0; kill && k < KEY_ROW_KEYS; k++)
			cr_assert(!is_f_key(kill->keys[k]));
		cr_assert(!kill || kill->danger == DANGER_DIALOG);
		leave = app_find_key(rows, count, K_F1 + 9);
		cr_assert_not_null(leave, "F10 quits everywhere");
		cr_assert_eq(leave, app_find_key(rows, count, tables[t].types ? 'Q' - 0x40 : 'Q'));
		cr_assert_not_null(app_find_key(rows, count, K_F1));
		cr_assert_eq(app_find_key(rows, count, tables[t].types ? 'G' - 0x40 : '?'), app_find_key(rows, count, K_F1));
	}
}
