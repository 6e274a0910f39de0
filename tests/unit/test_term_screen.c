/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The largest of frames on a terminal that takes nothing, and cells after a change of theme. */
#include "term/screen.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 200
#define COLUMNS 500

static struct screen *screen;
static int master, slave;
static char got[8 << 20];

static void begin(void)
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
	struct screen_options options = {.theme = "default"};
	char message[512];

	setenv("TERM", "xterm-256color", 1);
	unsetenv("NO_COLOR");
	cr_assert_eq(openpty(&master, &slave, NULL, NULL, &size), 0);
	fcntl(master, F_SETFL, O_NONBLOCK);
	options.terminal = slave;
	screen = screen_open(&options, message, sizeof message);
	if (!screen)
		cr_skip_test("%s", message);
}

static void end(void)
{
	if (screen)
		screen_close(screen);
	close(master);
	close(slave);
}

TestSuite(term_screen, .init = begin, .fini = end, .timeout = 300);

/* All that the terminal is sent until the queue is empty. */
static size_t drain(void)
{
	size_t length = 0;

	for (;;) {
		ssize_t count = read(master, got + length, sizeof got - 1 - length);

		if (count > 0)
			length += (size_t)count;
		else if (output_pending(screen_output(screen)))
			output_send(screen_output(screen));
		else
			break;
	}
	got[length] = '\0';
	return length;
}

static void draw(unsigned seed)
{
	struct cell cells[COLUMNS];

	screen_erase(screen);
	for (int row = 0; row < ROWS; row++) {
		memset(cells, 0, sizeof cells);
		for (int i = 0; i < COLUMNS; i++) {
			seed = seed * 1103515245 + 12345;
			cells[i].characters[0] = 'a' + (seed >> 16) % 26;
			cells[i].foreground = 100 + (int)(seed >> 20) % 30;
			cells[i].background = 200 + (int)(seed >> 25) % 30;
			cells[i].width = 1;
		}
		screen_cells(screen, row, 0, cells, COLUMNS);
	}
}

Test(term_screen, the_largest_frame_neither_blocks_nor_is_lost)
{
	struct output *output = screen_output(screen);
	size_t length;

	drain();
	cr_assert_eq(screen_rows(screen), ROWS);
	for (unsigned seed = 1; seed < 4; seed++) {
		draw(seed);
		length = screen_frame(screen); /* nobody reads */
		cr_assert_gt(length, (size_t)1 << 20, "%zu", length);
		cr_assert(output_pending(output));
		cr_assert_not(output->lost);
		cr_assert_geq(drain(), length);
		cr_assert(output_ready(output, OUTPUT_DATA));
		cr_assert_null(output->queue, "what it took is given back");
	}
	/* two that nobody takes: the second is dropped, and shown when it is painted anew */
	draw(5);
	screen_frame(screen);
	draw(6);
	screen_frame(screen);
	cr_assert(output->lost);
	drain();
	cr_assert(output_take_lost(output));
	screen_repaint(screen);
	cr_assert_gt(screen_frame(screen), (size_t)1 << 20);
	cr_assert_not(output->lost);
}

static void draw_one(void)
{
	struct cell cell = {.characters = {'x'}, .foreground = 123, .background = 201, .width = 1};

	screen_erase(screen);
	screen_cells(screen, 0, 0, &cell, 1);
	screen_frame(screen);
	drain();
}

Test(term_screen, cells_follow_the_theme)
{
	char message[512];

	draw_one();
	cr_assert_not_null(strstr(got, "48;5;201"));
	cr_assert(screen_set_theme(screen, "mono", message, sizeof message), "%s", message);
	draw_one();
	cr_assert_null(strstr(got, "48;5;201"), "a theme without colours");
	cr_assert(screen_set_theme(screen, "default", message, sizeof message), "%s", message);
	draw_one();
	cr_assert_not_null(strstr(got, "48;5;201"));
}
