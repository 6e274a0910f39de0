/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard's columns: where they stand at 80, what is dropped as it narrows, what a cell shows. */
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

static const struct model_place *place_of(const struct model_layout *layout, const char *id)
{
	for (size_t i = 0; i < layout->count; i++)
		if (strcmp(layout->places[i].column->id, id) == 0)
			return &layout->places[i];
	return NULL;
}

/* A whole line as the screen puts it together. */
static void line_of(const struct model_row *row, int columns, char *out, size_t size)
{
	struct model_layout layout;
	size_t used = 0;
	int x = 0;

	model_layout(&layout, columns);
	for (size_t i = 0; i < layout.count; i++) {
		char cell[MODEL_CELL_SIZE];

		if (row)
			model_cell(row, &layout.places[i], cell, sizeof cell, NULL);
		else
			model_heading(&layout.places[i], cell, sizeof cell);
		cr_expect_eq(auberge_text_columns(cell), (size_t)layout.places[i].width, "%s: <%s>",
		             layout.places[i].column->id, cell);
		used += (size_t)snprintf(out + used, size - used, "%*s%s", layout.places[i].x - x, "", cell);
		x = layout.places[i].x + layout.places[i].width;
	}
	cr_expect_eq(x, columns);
}

Test(model_columns, positions_at_80)
{
	static const struct {
		const char *id;
		int start, end;
	} wanted[] = {{"name", 3, 16}, {"mark", 17, 17}, {"state", 18, 25}, {"cpu", 27, 31}, {"mem", 33, 37},
	              {"lim", 39, 42}, {"stall", 44, 47}, {"io", 49, 53}, {"bridge", 55, 62}, {"up", 64, 67},
	              {"why", 69, 80}};
	struct model_layout layout;

	model_layout(&layout, 80);
	cr_assert_eq(layout.count, sizeof wanted / sizeof wanted[0]);
	cr_assert_not(layout.glyphs);
	for (size_t i = 0; i < layout.count; i++) {
		cr_expect_str_eq(layout.places[i].column->id, wanted[i].id);
		cr_expect_eq(layout.places[i].x + 1, wanted[i].start, "%s", wanted[i].id);
		cr_expect_eq(layout.places[i].x + layout.places[i].width, wanted[i].end, "%s", wanted[i].id);
	}
}

Test(model_columns, drops_in_order)
{
	static const char *const dropped[] = {"up", "io", "bridge", "lim", "stall"};
	static const char *const kept[] = {"name", "mark", "state", "cpu", "mem", "why"};

	for (int columns = 80; columns >= 40; columns--) {
		struct model_layout layout;
		bool gone = true;
		int end = 2;

		model_layout(&layout, columns);
		for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
			cr_expect(place_of(&layout, kept[i]), "%s at %d", kept[i], columns);
		for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) { /* the first ones go first */
			bool here = place_of(&layout, dropped[i]);

			cr_expect(gone || here, "%s at %d", dropped[i], columns);
			gone = !here;
		}
		for (size_t i = 0; i < layout.count; i++) {
			cr_expect_geq(layout.places[i].x, end);
			end = layout.places[i].x + layout.places[i].width;
		}
		cr_expect_eq(end, columns, "%d at %d", end, columns);
		cr_expect_eq(place_of(&layout, "state")->width, columns < 60 ? 1 : 8);
		cr_expect_eq(layout.glyphs, columns < 60);
	}
}

Test(model_columns, forty_and_less)
{
	struct model_layout layout;

	model_layout(&layout, 40);
	cr_assert_eq(layout.count, 6u);
	cr_assert_geq(place_of(&layout, "why")->width, 8);
	for (int columns = 39; columns >= 0; columns--) {
		model_layout(&layout, columns);
		for (size_t i = 0; i < layout.count; i++)
			cr_expect_gt(layout.places[i].width, 0);
	}
}

Test(model_columns, wider_than_80)
{
	struct model_layout layout;

	for (int columns = 81; columns < 300; columns++) {
		model_layout(&layout, columns);
		cr_assert_eq(layout.count, 11u);
		cr_assert_eq(layout.places[10].x + layout.places[10].width, columns);
		cr_assert_leq(layout.places[0].width, 32);
	}
}

Test(model_columns, a_line_as_in_the_manual)
{
	struct auberge_guest guest = fixture_guest("ldap1-lmb-clus-serv", AUBERGE_STOPPING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;
	char line[400];

	line_of(NULL, 80, line, sizeof line);
	cr_expect_str_eq(line, "  NAME           STATE     CPU%   MEM  LIM STAL  IO/s BRIDGE     UP WHY         ");
	guest.stop_deadline_seconds = 1018;
	guest.bridges_count = 2;
	snprintf(guest.bridges[0], sizeof guest.bridges[0], "V2002");
	snprintf(guest.bridges[1], sizeof guest.bridges[1], "V2003");
	guest.uptime_seconds = 41 * 86400;
	model_row_init(&row, &guest, &fixture_clock);
	counters.memory_limit_bytes = UINT64_C(8) << 30;
	counters.memory_bytes = UINT64_C(6657199308) + 1000;
	counters.cache_bytes = 1000;
	counters.io_stall_percent = 13.2f;
	model_update_counters(&row, &counters, &fixture_clock);
	line_of(&row, 80, line, sizeof line);
	cr_expect_str_eq(line, "  ldap1-l~s-serv stopping     …  6.2G  77% I13      … V2002+1   41d stopping 18s");
	counters.time_usec += 1000000;
	counters.cpu_usec += 4000;
	counters.read_bytes += 18 << 20;
	row.survivors = 3;
	model_update_counters(&row, &counters, &fixture_clock);
	line_of(&row, 80, line, sizeof line);
	cr_expect_str_eq(line, "  ldap1-l~s-serv stopping   0.4  6.2G  77% I13    18M V2002+1   41d 3 left 18s  ");
	line_of(&row, 40, line, sizeof line);
	cr_expect_str_eq(line, "  ldap1-l~s-serv <   0.4  6.2G 3 left   ");
}

Test(model_columns, failed_and_privileged)
{
	struct auberge_guest guest = fixture_guest("old-app", AUBERGE_FAILED_STATE);
	struct model_row row;
	char line[400];

	setenv("TZ", "UTC", 1);
	guest.last_end = (struct auberge_end){.known = true, .cause = "exited", .status = 1, .bad = true,
	                                      .time_seconds = 1700000000 - 22 * 3600 - 13 * 60 - 20 + 2 * 3600 + 14 * 60};
	guest.bridges_count = 1;
	snprintf(guest.bridges[0], sizeof guest.bridges[0], "br0");
	model_row_init(&row, &guest, &fixture_clock);
	line_of(&row, 80, line, sizeof line);
	cr_expect_str_eq(line, "  old-app        FAILED       -     -    - -        - br0         - exit 1 02:14");
	guest = fixture_guest("db2", AUBERGE_RUNNING);
	guest.privileged = true;
	model_row_init(&row, &guest, &fixture_clock);
	line_of(&row, 80, line, sizeof line);
	cr_expect_str_eq(line, "  db2           #running      …     …    … …        … -        3d04             ");
}

Test(model_columns, states)
{
	static const struct {
		enum auberge_state state;
		const char *word;
		char glyph;
	} cases[] = {
		{AUBERGE_RUNNING, "running", 'R'},    {AUBERGE_STOPPED, "stopped", '-'},
		{AUBERGE_STARTING, "starting", '>'},  {AUBERGE_STOPPING, "stopping", '<'},
		{AUBERGE_FROZEN, "frozen", 'z'},      {AUBERGE_FAILED_STATE, "FAILED", 'F'},
		{AUBERGE_INCOMPLETE, "incompl.", 'i'},
	};
	struct model_row row = {.survivors = -1};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		row.guest.state = cases[i].state;
		cr_expect_str_eq(model_state_word(&row), cases[i].word);
		cr_expect_eq(model_state_glyph(&row), cases[i].glyph);
	}
	row.guest.state = AUBERGE_RUNNING;
	row.guest.supervision = AUBERGE_SUPERVISION_LOST;
	cr_expect_str_eq(model_state_word(&row), "running?");
	cr_expect_eq(model_state_glyph(&row), '?');
}

Test(model_columns, stale_figures)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_layout layout;
	struct model_row row;
	char cell[MODEL_CELL_SIZE];
	bool stale;

	model_row_init(&row, &guest, &fixture_clock);
	counters.memory_bytes = UINT64_C(1) << 30;
	model_update_counters(&row, &counters, &fixture_clock);
	row.stale = true;
	model_layout(&layout, 80);
	model_cell(&row, place_of(&layout, "mem"), cell, sizeof cell, &stale);
	cr_expect_str_eq(cell, "~1.0G");
	cr_expect(stale);
	model_cell(&row, place_of(&layout, "cpu"), cell, sizeof cell, &stale);
	cr_expect_str_eq(cell, "    -"); /* no rate will come of one old sample */
	cr_expect_not(stale);
	model_cell(&row, place_of(&layout, "state"), cell, sizeof cell, &stale);
	cr_expect_not(stale);
}

Test(model_columns, cuts_in_the_middle)
{
	static const struct {
		const char *text;
		int columns;
		const char *out;
	} cases[] = {{"web3", 14, "web3"}, {"abcdefghijklmn", 14, "abcdefghijklmn"},
	             {"abcdefghijklmno", 14, "abcdefg~jklmno"},
	             {"abcdef", 2, "a~"}, {"abcdef", 1, "~"}, {"abcdef", 0, ""}, {"漢字漢字漢字", 6, "漢~字"}};
	char out[64];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		model_cut_middle(out, sizeof out, cases[i].text, cases[i].columns);
		cr_expect_str_eq(out, cases[i].out, "%s", out);
		cr_expect_leq(auberge_text_columns(out), (size_t)cases[i].columns);
	}
}

Test(model_columns, the_table_is_whole)
{
	size_t count;
	const struct model_column *columns = model_columns(&count);

	for (size_t i = 0; i < count; i++) {
		cr_expect_eq(model_column_find(columns[i].id), &columns[i], "%s", columns[i].id);
		cr_expect_not_null(columns[i].help);
		cr_expect_eq(columns[i].head != NULL, columns[i].start > 0, "%s", columns[i].id);
		if (columns[i].type == MODEL_LIST)
			cr_expect_not_null(columns[i].item);
		else if (columns[i].type == MODEL_TEXT)
			cr_expect_not_null(columns[i].text);
		else
			cr_expect_not_null(columns[i].number);
	}
}
