/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator on a guest's bytes, cut anywhere, between changes of size down to 1x1, searches, keys and pastes. What
 * it shows must be clean whatever came in, and what it keeps bounded.
 */
#include "auberge.h"
#include "term/keys.h"
#include "term/vt.h"
#include "term/vt_history.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct vt *vt, int line)
{
	struct cell cells[VT_COLUMNS_MAX];
	char text[VT_COLUMNS_MAX * 12 + 13], clean[VT_COLUMNS_MAX * 12 + 13];
	int columns = vt_columns(vt);

	vt_line(vt, line, cells, columns);
	for (int i = 0; i < columns; i++)
		if (cells[i].width > 2 || (cells[i].width == 2 && (i + 1 == columns || cells[i + 1].width != 0)) ||
		    (cells[i].width == 0 && (i == 0 || cells[i - 1].width != 2)) || (cells[i].width && !cells[i].characters[0]))
			abort();
	cells_text(cells, columns, text, sizeof text);
	/* A mark on its own is dropped by the sanitiser, and drawn as a replacement: the blank before makes it one. */
	auberge_text_clean(clean, sizeof clean, text, strlen(text), 0);
	if (strlen(clean) > strlen(text))
		abort();
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if (*at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0) || (at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0x8b && at[2] <= 0x8f) ||
		    (at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) || (at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa0 && at[2] <= 0xaf) ||
		    (at[0] == 0xf3 && at[1] == 0xa0))
			abort();
}

static void check(struct vt *vt)
{
	char title[VT_TITLE_COLUMNS * 12 + 1];
	int row, column;

	vt_cursor(vt, &row, &column);
	if (row < 0 || row >= vt_rows(vt) || column < 0 || column >= vt_columns(vt) || vt_history(vt) > HISTORY_LINES)
		abort();
	auberge_text_clean(title, sizeof title, vt_title(vt), strlen(vt_title(vt)), VT_TITLE_COLUMNS);
	if (strcmp(title, vt_title(vt)) != 0)
		abort();
	look(vt, row);
	look(vt, 0);
	look(vt, vt_rows(vt) - 1);
	look(vt, -1);
	look(vt, -vt_history(vt));
}

static void search(struct vt *vt, const uint8_t *data, size_t size)
{
	char text[8] = "";
	int line = vt_rows(vt) - 1, column, width;

	memcpy(text, data, size < 3 ? size : 3);
	if (vt_search(vt, text, true, &line, &column, &width) && (line >= vt_rows(vt) || line < -vt_history(vt)))
		abort();
}

static void feed(struct vt *vt, const uint8_t *data, size_t size)
{
	while (size > 0) {
		size_t taken = vt_feed(vt, (const char *)data, size);

		if (taken == 0 || taken > size)
			abort();
		data += taken;
		size -= taken;
	}
}

/* 0xff begins an act of the admin: which one, and a byte or two for it. All else is the guest's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vt *vt = vt_open(size ? data[0] % 30 : 1, size > 1 ? data[1] : 1);
	char out[64];
	size_t at = size > 2 ? 2 : size, start = at;

	for (; at < size; at++) {
		if (data[at] != 0xff || at + 3 >= size)
			continue;
		feed(vt, data + start, at - start);
		switch (data[at + 1] % 6) {
		case 0:
		case 1:
			vt_resize(vt, data[at + 2] % 40, data[at + 3]);
			break;
		case 2:
			vt_key(vt, data[at + 2] > 200 ? (uint32_t)(K_UNKNOWN + data[at + 2] - 200) : data[at + 2]);
			break;
		case 3:
			search(vt, data + at + 2, size - at - 2);
			break;
		case 4:
			vt_mute(vt, data[at + 2] & 1);
			vt_paste(vt, "a\033[201~\nb");
			break;
		default:
			vt_take(vt, out, sizeof out);
		}
		check(vt);
		at += 3;
		start = at + 1;
	}
	if (start < size)
		feed(vt, data + start, size - start);
	check(vt);
	vt_close(vt);
	return 0;
}
