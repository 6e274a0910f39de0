/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../screens/hostile_cases.h"

#include "auberge.h"
#include "term/keys.h"
#include "term/vt.h"
#include "term/vt_history.h"

#include <criterion/criterion.h>
#include <locale.h>

static struct vt *vt;

static void begin(int rows, int columns)
{
	vt = vt_open(rows, columns);
	cr_assert_not_null(vt);
}

static void end(void)
{
	vt_close(vt);
	vt = NULL;
}

static void feed_bytes(const char *bytes, size_t length)
{
	while (length > 0) {
		size_t taken = vt_feed(vt, bytes, length);

		cr_assert(taken > 0 && taken <= length);
		bytes += taken;
		length -= taken;
	}
}

static void feed(const char *text)
{
	feed_bytes(text, strlen(text));
}

static const char *line(int number)
{
	static char text[VT_COLUMNS_MAX * 12 + 13];
	struct cell cells[VT_COLUMNS_MAX];

	vt_line(vt, number, cells, vt_columns(vt));
	cells_text(cells, vt_columns(vt), text, sizeof text);
	return text;
}

static struct cell cell(int row, int column)
{
	struct cell cells[VT_COLUMNS_MAX];

	vt_line(vt, row, cells, vt_columns(vt));
	return cells[column];
}

static const char *taken(void)
{
	static char out[KEYS_PASTE_MAX + 16384];

	out[vt_take(vt, out, sizeof out - 1)] = '\0';
	return out;
}

Test(vt, text_and_cursor)
{
	int row, column;

	begin(5, 20);
	feed("one\r\ntwo\033[2;10Hx\033[31;1my");
	cr_assert_str_eq(line(0), "one");
	cr_assert_str_eq(line(1), "two      xy");
	cr_assert(vt_cursor(vt, &row, &column));
	cr_assert_eq(row, 1);
	cr_assert_eq(column, 11);
	feed("\033[?25l");
	cr_assert(!vt_cursor(vt, &row, &column));
	end();
}

Test(vt, colours_in_every_spelling)
{
	begin(3, 40);
	feed("\033[1;4;7;31ma\033[0m\033[38;5;200mb\033[38;2;1;2;3mc\033[48:2::10:20:30md\033[39;49me\033[38:5:9mf\033[94mg");
	cr_assert_eq(cell(0, 0).attributes, CELL_BOLD | CELL_UNDERLINE | CELL_REVERSE);
	cr_assert_eq(cell(0, 0).foreground, 1);
	cr_assert_eq(cell(0, 1).foreground, 200);
	cr_assert_eq(cell(0, 1).attributes, 0);
	cr_assert_eq(cell(0, 2).foreground, CELL_RGB | 0x010203);
	cr_assert_eq(cell(0, 3).background, CELL_RGB | 0x0a141e);
	cr_assert_eq(cell(0, 4).foreground, CELL_DEFAULT);
	cr_assert_eq(cell(0, 4).background, CELL_DEFAULT);
	cr_assert_eq(cell(0, 5).foreground, 9);
	cr_assert_eq(cell(0, 6).foreground, 12);
	end();
}

Test(vt, characters_of_two_columns_and_marks)
{
	begin(3, 10);
	feed("\344\270\200x e\314\201\314\202\314\203"); /* three marks: two stay */
	cr_assert_eq(cell(0, 0).width, 2);
	cr_assert_eq(cell(0, 1).width, 0);
	cr_assert_eq(cell(0, 2).characters[0], 'x');
	cr_assert_eq(cell(0, 4).characters[0], 'e');
	cr_assert_eq(cell(0, 4).characters[1], 0x301);
	cr_assert_eq(cell(0, 4).characters[2], 0x302);
	feed("\033[2;1Ha\342\200\213b\342\200\256c"); /* zero width, bidi */
	cr_assert_str_eq(line(1), "abc");
	feed("\033[1;1H\033[1;2Hy"); /* half of it is written over: what is left is no half character */
	cr_assert_eq(cell(0, 0).width, 1);
	cr_assert_eq(cell(0, 1).characters[0], 'y');
	end();
}

Test(vt, characters_cut_at_every_byte)
{
	static const char text[] = "a\303\244\342\202\254\360\237\230\200z";

	begin(2, 20);
	for (size_t i = 0; i < sizeof text - 1; i++)
		feed_bytes(text + i, 1);
	cr_assert_str_eq(line(0), text);
	end();
}

Test(vt, title)
{
	begin(3, 10);
	cr_assert_str_eq(vt_title(vt), "");
	feed("\033]0;web3: top\a");
	cr_assert_str_eq(vt_title(vt), "web3: top");
	feed("\033]2;a very long title, far too long for a strip\033\\");
	cr_assert_eq(auberge_text_columns(vt_title(vt)), VT_TITLE_COLUMNS);
	feed("\033]2;x\342\200\256y\a");
	cr_assert_str_eq(vt_title(vt), "xy");
	feed("\033]52;c;cm0=\a\033]1;icon\a");
	cr_assert_str_eq(vt_title(vt), "xy");
	cr_assert_str_eq(line(0), "");
	end();
}

Test(vt, strings_are_swallowed_wherever_they_are_cut)
{
	static const char *const all[] = {"\033P1$qm\033\\", "\033_app\033\\", "\033^private\033\\", "\033Xstart\033\\",
	                                  "\033]52;c;AAAA\033\\", "\033ktitle\033\\", "\033]P1ff0000", "\033]R"};

	begin(2, 20);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		for (size_t k = 0; k < strlen(all[i]); k++)
			feed_bytes(all[i] + k, 1);
	feed("x");
	cr_assert_str_eq(line(0), "x");
	cr_assert_str_eq(taken(), "");
	end();
}

Test(vt, answers_go_to_the_guest_unless_muted)
{
	begin(5, 20);
	feed("\033[3;4H\033[6n\033[c");
	cr_assert_str_eq(taken(), "\033[3;4R\033[?1;2c");
	vt_mute(vt, true);
	feed("\033[6n\033[c");
	cr_assert_str_eq(taken(), "");
	vt_key(vt, 'x');
	cr_assert_str_eq(taken(), "x");
	vt_mute(vt, false);
	for (int i = 0; i < 10000; i++)
		feed("\033[6n");
	cr_assert_leq(strlen(taken()), 8192);
	end();
}

Test(vt, keys_as_a_terminal_sends_them)
{
	static const struct {
		uint32_t key;
		const char *bytes;
	} all[] = {
		{'a', "a"}, {3, "\003"}, {0x1d, "\035"}, {K_ENTER, "\r"}, {K_TAB, "\t"}, {K_BACKSPACE, "\177"}, {K_ESCAPE, "\033"},
		{0xe4, "\303\244"}, {0x20ac, "\342\202\254"}, {K_UP, "\033[A"}, {K_HOME, "\033[H"}, {K_PAGE_DOWN, "\033[6~"},
		{K_F1, "\033OP"}, {K_F12, "\033[24~"}, {K_BACK_TAB, "\033[Z"}, {K_DELETE, "\033[3~"}, {K_UNKNOWN, ""}, {K_PASTE, ""},
	};

	begin(5, 20);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		vt_key(vt, all[i].key);
		cr_assert_str_eq(taken(), all[i].bytes, "key %x", all[i].key);
	}
	feed("\033[?1h");
	vt_key(vt, K_UP);
	cr_assert_str_eq(taken(), "\033OA");
	end();
}

Test(vt, a_paste_ends_where_we_say)
{
	static char large[KEYS_PASTE_MAX + 1];

	begin(5, 20);
	vt_paste(vt, "one\ntwo\033[201~\003rm");
	cr_assert_str_eq(taken(), "one\rtwo[201~rm");
	feed("\033[?2004h");
	vt_paste(vt, "x\033[201~y");
	cr_assert_str_eq(taken(), "\033[200~x[201~y\033[201~");
	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 10000; i++) /* a guest that asks on and on takes it no room */
		feed("\033[6n");
	vt_paste(vt, large);
	cr_assert_eq(strlen(strchr(taken(), 'x')), sizeof large - 1 + strlen("\033[201~"), "whole");
	end();
}

Test(vt, scrollback_is_kept_and_bounded)
{
	char text[64];

	begin(4, 30);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "\033[3%dmline %d\033[m\r\n", i % 8, i);
		feed(text);
	}
	cr_assert_eq(vt_history(vt), HISTORY_LINES);
	cr_assert_str_eq(line(-1), "line 4996");
	cr_assert_str_eq(line(-HISTORY_LINES), "line 2997");
	cr_assert_eq(cell(-1, 0).foreground, 4996 % 8);
	feed("\033[?1049h\r\n\r\n\r\n\r\n\r\n"); /* the other screen has none */
	cr_assert(vt_alternate(vt));
	cr_assert_str_eq(line(-1), "line 4996");
	feed("\033[?1049l");
	cr_assert(!vt_alternate(vt));
	end();
	begin(2, 1000);
	for (int i = 0; i < 3000; i++) { /* long ones: bounded in bytes too */
		for (int k = 0; k < 40; k++)
			feed("\033[31mxxxxxxxxxxxxx\033[32myyyyyyyyyyyy");
		feed("\r\n");
	}
	cr_assert_leq(vt_history(vt), HISTORY_BYTES / 1000);
	end();
}

Test(vt, search_in_screen_and_scrollback)
{
	char text[32];
	int where = 4, column, width;

	begin(5, 30);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "%d \344\270\200 Entry%d\r\n", i, i);
		feed(text);
	}
	cr_assert(vt_search(vt, "entry5", true, &where, &column, &width));
	cr_assert_str_eq(line(where), "59 \344\270\200 Entry59");
	cr_assert_eq(column, 6); /* in columns: the character before takes two */
	cr_assert_eq(width, 6);
	where--;
	cr_assert(vt_search(vt, "entry5", true, &where, &column, &width));
	cr_assert_str_eq(line(where), "58 \344\270\200 Entry58");
	where++;
	cr_assert(vt_search(vt, "entry5", false, &where, &column, &width));
	cr_assert_str_eq(line(where), "59 \344\270\200 Entry59");
	cr_assert(!vt_search(vt, "nowhere", true, &where, &column, &width));
	end();
}

Test(vt, resized_to_one_cell_and_back)
{
	int row, column;

	begin(24, 80);
	for (int i = 0; i < 40; i++)
		feed("\033[5;20r\0337some \344\270\200 text that is long enough to wrap around at smaller sizes, surely\r\n");
	feed("\033[24;80H\0337\344\270\200");
	vt_resize(vt, 1, 1);
	feed("\033[3b");
	cr_assert_eq(vt_rows(vt), 1);
	feed("\0338\344\270\200\033[31mx\033[5;5H\r\n\033#6\033[3b\033[99;99r\033[?6h\033M\033[L\033[P\033[@");
	vt_cursor(vt, &row, &column);
	cr_assert(row == 0 && column == 0);
	feed("\033c");
	vt_resize(vt, 24, 80);
	feed("\033[2Jback\033[H");
	vt_resize(vt, 200, 500);
	vt_resize(vt, 0, -5);
	cr_assert_eq(vt_rows(vt), 1);
	vt_resize(vt, 100000, 100000);
	cr_assert_leq(vt_rows(vt) * vt_columns(vt), VT_CELLS_MAX);
	end();
}

Test(vt, what_scrolled_off_by_a_smaller_size_comes_back)
{
	begin(10, 40);
	feed("one\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix\r\nseven\r\neight\r\nnine\r\nten");
	vt_resize(vt, 3, 40);
	cr_assert_str_eq(line(2), "ten");
	cr_assert_str_eq(line(-1), "seven");
	vt_resize(vt, 10, 40);
	cr_assert_str_eq(line(0), "one");
	cr_assert_str_eq(line(9), "ten");
	cr_assert_eq(vt_history(vt), 0);
	end();
}

Test(vt, work_of_a_call_is_bounded)
{
	static const char flood[] = "\033#8\033[2J\033M\033[L";
	char bytes[16000];
	size_t taken;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = flood[i % (sizeof flood - 1)];
	begin(200, 500);
	taken = vt_feed(vt, bytes, sizeof bytes);
	cr_assert_lt(taken, 100, "%zu bytes", taken); /* each of these touches every cell */
	end();
	begin(24, 80);
	memset(bytes, 'x', sizeof bytes);
	taken = vt_feed(vt, bytes, sizeof bytes);
	cr_assert_eq(taken, sizeof bytes);
	end();
}

/* --- hostile text */

static void all_clean(const struct hostile_case *hostile, size_t number)
{
	char text[VT_COLUMNS_MAX * 12 + 13];

	for (int row = 0; row < vt_rows(vt); row++) {
		char clean[sizeof text];

		snprintf(text, sizeof text, "%s", line(row));
		auberge_text_clean(clean, sizeof clean, text, strlen(text), 0);
		cr_assert_str_eq(clean, text, "case %zu (%zu bytes), row %d", number, hostile->length, row);
	}
	snprintf(text, sizeof text, "%s", vt_title(vt));
	auberge_text_clean(text, sizeof text, vt_title(vt), strlen(vt_title(vt)), VT_TITLE_COLUMNS);
	cr_assert_str_eq(text, vt_title(vt), "title of case %zu", number);
}

static size_t hostile_at(int rows, int columns, bool bytewise)
{
	static struct hostile_case cases[HOSTILE_CASES_MAX];
	size_t count = hostile_read(NULL, cases);

	begin(rows, columns);
	for (size_t i = 0; i < count; i++) {
		if (bytewise && cases[i].length > 200)
			continue;
		for (size_t k = 0; bytewise && k < cases[i].length; k++)
			feed_bytes(cases[i].bytes + k, 1);
		if (!bytewise)
			feed_bytes(cases[i].bytes, cases[i].length);
		all_clean(&cases[i], i);
		taken();
		feed("\030\033[0m\033(B");
	}
	end();
	hostile_free(cases, count);
	return count;
}

Test(vt, hostile_text_is_shown_harmless, .timeout = 120)
{
	setlocale(LC_ALL, "C.UTF-8");
	cr_assert_geq(hostile_at(24, 80, false), 300);
	hostile_at(24, 80, true);
	hostile_at(1, 1, false);
	hostile_at(1, 1, true);
	hostile_at(3, 2, false);
}
