/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live lines on a terminal: see live.h. One write for each picture, so that nothing flickers. */
#include "commands/live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define AGAIN_MS 1000

struct picture {
	char text[65536];
	size_t length, columns; /* columns: of the terminal */
	struct live *live;
};

static struct winsize size_now(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	return size;
}

void live_open(struct live *live)
{
	const char *terminal = getenv("TERM");

	*live = (struct live){.on = isatty(STDERR_FILENO) == 1 && terminal && *terminal && strcmp(terminal, "dumb") != 0};
}

/* False: there was no room. */
__attribute__((format(printf, 2, 3))) static bool add(struct picture *picture, const char *format, ...)
{
	size_t room = sizeof picture->text - picture->length;
	va_list list;
	int wrote;

	va_start(list, format);
	wrote = vsnprintf(picture->text + picture->length, room, format, list);
	va_end(list);
	if (wrote < 0 || (size_t)wrote >= room)
		return false;
	picture->length += (size_t)wrote;
	return true;
}

static void back_to_top(struct picture *picture)
{
	struct live *live = picture->live;
	size_t rows = 0;

	for (size_t i = 0; i < live->lines; i++)
		rows += live->columns[i] > picture->columns ? (live->columns[i] + picture->columns - 1) / picture->columns : 1;
	add(picture, "\r");
	if (rows)
		add(picture, "\033[%zuA", rows);
	live->lines = 0;
}

static void put(const struct picture *picture)
{
	for (size_t sent = 0; sent < picture->length;) {
		ssize_t wrote = write(STDERR_FILENO, picture->text + sent, picture->length - sent);

		if (wrote <= 0)
			return;
		sent += (size_t)wrote;
	}
}

__attribute__((format(printf, 2, 3))) static void add_line(struct picture *picture, const char *format, ...)
{
	struct live *live = picture->live;
	char line[1024], clean[2048];
	va_list list;
	size_t columns;

	if (live->lines == LIVE_LINES)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	columns = auberge_text_clean(clean, sizeof clean, line, strlen(line), picture->columns - 1);
	if (add(picture, "%s\033[K\n", clean))
		live->columns[live->lines++] = (unsigned short)columns;
}

static bool shown(const struct wait *wait)
{
	return wait->under_way && wait->told_ms;
}

static size_t count_shown(const struct wait *waits, size_t count)
{
	size_t targets = 0;

	for (size_t i = 0; i < count; i++)
		targets += shown(&waits[i]);
	return targets;
}

static void add_wait(struct picture *picture, const struct wait *wait, size_t room)
{
	int64_t left = wait_left(wait, wait_now_ms());
	bool all = wait->survivors_count == wait->survivors_total && wait->survivors_count <= room;
	size_t most = all ? room : room > 0 ? room - 1 : 0; /* the last line says how many more */
	size_t rows = wait->survivors_count < most ? wait->survivors_count : most;
	char name[128], command[96], where[160], age[16] = "", host[16] = "";

	wait_cell(name, sizeof name, wait->name, 14);
	if (left >= 0)
		auberge_format_age(age, sizeof age, left);
	add_line(picture, "%s %5s%s %s", strlen(wait->name) > 14 ? wait->name : name, age, left >= 0 ? " left" : "     ", wait->text);
	for (size_t i = 0; i < rows; i++) {
		const struct auberge_survivor *survivor = &wait->survivors[i];

		wait_cell(command, sizeof command, survivor->command, 18);
		wait_where(survivor, where, sizeof where);
		auberge_format_age(age, sizeof age, survivor->age_seconds);
		if (picture->columns >= 100)
			snprintf(host, sizeof host, " %8d", (int)survivor->host_pid);
		add_line(picture, "  %7d%s %s %c %5s %s", (int)survivor->pid, host, command, survivor->state, age, where);
	}
	if (rows < wait->survivors_total && room > rows)
		add_line(picture, "          and %zu more", wait->survivors_total - rows);
}

void live_draw(struct live *live, const struct wait *waits, size_t count)
{
	struct winsize size = size_now();
	struct picture picture = {.columns = size.ws_col > 2 ? size.ws_col : 2, .live = live};
	size_t targets = count_shown(waits, count), height = size.ws_row > 3 ? size.ws_row - 2u : 1, drawn = 0, more = 0;

	if (!live->on)
		return;
	height = height < LIVE_LINES ? height : LIVE_LINES;
	live->drawn_ms = wait_now_ms();
	if (targets == 0 && live->lines == 0 && !live->headline[0])
		return;
	back_to_top(&picture);
	if (live->headline[0])
		add_line(&picture, "%s", live->headline);
	if (targets + live->lines > height)
		more = targets - (height - live->lines - 1);
	for (size_t i = 0; i < count && drawn < targets - more; i++) {
		size_t rest = targets - more - drawn; /* each gets its share of what those before have left over */

		if (!shown(&waits[i]))
			continue;
		add_wait(&picture, &waits[i], more ? 0 : (height - live->lines - rest) / rest);
		drawn++;
	}
	if (more)
		add_line(&picture, "and %zu more guests", more);
	add(&picture, "\033[J");
	put(&picture);
}

void live_erase(struct live *live)
{
	struct picture picture = {.columns = size_now().ws_col, .live = live};

	if (live->lines == 0)
		return;
	back_to_top(&picture);
	add(&picture, "\033[J");
	put(&picture);
}

int live_due(const struct live *live, const struct wait *waits, size_t count)
{
	int64_t at = live->drawn_ms + AGAIN_MS, now;

	if (!live->on || (count_shown(waits, count) == 0 && !live->headline[0]))
		return -1;
	now = wait_now_ms();
	return at > now ? (int)(at - now) : 0;
}
