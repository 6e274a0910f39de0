/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of all guests, the busiest first. Owns struct process_list. */
#include "screens/acts/bulk.h"
#include "screens/process_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct process_list *state_of(struct app *app)
{
	return app_state_of(app, &processes_view);
}

static void *processes_open(struct app *app, const void *argument)
{
	struct process_list *processes = calloc(1, sizeof *processes);

	(void)argument;
	if (processes)
		processes->all = true;
	app_wake(app, app->now_ms);
	return processes;
}

static void processes_close(struct app *app, void *state)
{
	(void)app;
	process_list_free(state);
	free(state);
}

static void processes_tick(struct app *app, void *state)
{
	if (app_in_front(app, state))
		process_list_tick(app, state, "");
}

static struct model_row *processes_row(struct app *app, void *state)
{
	const struct process_item *item = process_list_at(state);

	return item ? model_find(app->model, item->guest) : NULL;
}

static void processes_draw(struct app *app, void *state)
{
	struct process_list *processes = state;
	int rows = screen_rows(app->screen);
	char text[96];

	screen_text(app->screen, 0, 1, -1, ROLE_TITLE, "Processes of all guests");
	process_list_draw(app, processes, "", 1, rows - 4);
	snprintf(text, sizeof text, " sort %s  %zu processes", process_order_word(processes->list.order), processes->list.count);
	screen_text(app->screen, rows - 2, 0, screen_columns(app->screen), ROLE_TEXT, text);
}

/* --- keys */

static void move(struct app *app, uint32_t key)
{
	process_list_move(state_of(app), key);
}

static void open_guest(struct app *app, uint32_t key)
{
	(void)key;
	views_guest(app, process_list_at(state_of(app))->guest, 1);
}

static const char *grey_process(struct app *app)
{
	const struct process_list *processes = state_of(app);

	return processes && process_list_at(processes) ? NULL : "there is no process here";
}

static void searched(struct app *app, const struct dialog *dialog)
{
	struct process_list *processes = state_of(app);

	snprintf(processes->search, sizeof processes->search, "%s", dialog->text);
	if (processes->search[0])
		process_list_find(app, processes, 1);
}

static void search(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " search: ", "");
	app->dialog.confirmed = searched;
}

static void search_next(struct app *app, uint32_t key)
{
	process_list_find(app, state_of(app), key == 'N' ? -1 : 1);
}

static const char *grey_next(struct app *app)
{
	const struct process_list *processes = state_of(app);

	return processes && processes->search[0] ? NULL : "nothing was searched for yet: / searches";
}

static void send_signal(struct app *app, uint32_t key)
{
	(void)key;
	process_list_signal(app, state_of(app));
}

static void sort(struct app *app, uint32_t key)
{
	(void)key;
	process_list_ask_order(app, state_of(app));
}

#define F(number) (K_F1 + (number) - 1)

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "the process above, below", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, move, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, move, NULL, "Move", "the first, the last", false, DANGER_NONE, NULL},
	{{K_ENTER}, open_guest, NULL, "Move", "open the process's guest", false, DANGER_NONE, grey_process},
	{{'q', K_ESCAPE}, act_back, NULL, "Move", "back", false, DANGER_NONE, NULL},
	{{'Q', F(10)}, app_key_quit, "Quit", "Move", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{'/'}, search, NULL, "Find", "search command, guest, user, pid", false, DANGER_NONE, NULL},
	{{'n', 'N'}, search_next, NULL, "Find", "the next match, the one before", false, DANGER_NONE, grey_next},
	{{'s'}, send_signal, NULL, "Act", "signal the process: asks which", true, DANGER_QUESTION, grey_process},
	{{'B'}, bulk_show, NULL, "Act", "acts under way in the background, and results", false, DANGER_NONE, grey_bulk},
	{{'o', F(6)}, sort, "Sort", "Look", "sort: choose the column", false, DANGER_NONE, NULL},
	{{'v'}, act_view, NULL, "Look", "another view: guests, bridges, events", false, DANGER_NONE, NULL},
	{{'+', '-'}, act_rate, NULL, "Look", "refresh more often, less often", false, DANGER_NONE, NULL},
	{{'!'}, act_worst, NULL, "Look", "what is wrong with the worst guest", false, DANGER_NONE, grey_worst},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *processes_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct view processes_view = {
	.name = "processes",
	.keys = processes_keys,
	.open = processes_open,
	.close = processes_close,
	.draw = processes_draw,
	.tick = processes_tick,
	.row = processes_row,
};
