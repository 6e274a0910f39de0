/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the guest screen, acts on guests apart (acts.c). Some belong to one tab and are grey on the others. */
#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"
#include "screens/guest/guest.h"

#include <stdio.h>
#include <string.h>

static void choose_tab(struct app *app, uint32_t key)
{
	struct guest_screen *guest = guest_of(app);

	guest_go(app, guest, guest->name, (enum guest_tab_id)(key - '1'));
}

static void step_tab(struct app *app, uint32_t key)
{
	struct guest_screen *guest = guest_of(app);
	int step = key == '[' || key == K_BACK_TAB ? TABS_COUNT - 1 : 1;

	guest_go(app, guest, guest->name, (enum guest_tab_id)(((int)guest->tab + step) % TABS_COUNT));
}

static void step_guest(struct app *app, uint32_t key)
{
	struct guest_screen *guest = guest_of(app);
	size_t count = app->model->shown_count;
	ssize_t index = model_shown_index(app->model, guest->name);

	acts_hold(app); /* the order stays, so that the next key goes on from here */
	index = index < 0 ? 0 : (index + (key == '<' ? -1 : 1) + (ssize_t)count) % (ssize_t)count;
	guest_go(app, guest, app->model->shown[index]->guest.name, guest->tab);
}

static const char *grey_step(struct app *app)
{
	return app->model->shown_count > 0 ? NULL : "the dashboard shows no guest";
}

static void scroll_page(struct page *page, uint32_t key)
{
	long step = key == K_PAGE_UP || key == K_PAGE_DOWN ? (long)page->height : 1;

	if (key == 'g' || key == K_HOME)
		page->first = 0;
	else if (key == 'G' || key == K_END)
		page_scroll(page, (long)page->count);
	else
		page_scroll(page, key == K_UP || key == 'k' || key == K_PAGE_UP ? -step : step);
}

static void move(struct app *app, uint32_t key)
{
	struct guest_screen *guest = guest_of(app);
	const struct guest_tab *tab = guest_tab_of(guest);

	if (tab->move)
		tab->move(app, guest, key);
	else
		scroll_page(&guest->pages[guest->tab], key);
}

/* Where a long line of the log is looked at. */
static void sideways(struct app *app, uint32_t key)
{
	struct guest_log *log = &guest_of(app)->log;
	size_t step = 20;

	if (key == K_LEFT)
		log->column = log->column > step ? log->column - step : 0;
	else if (log->column + step < LINES_BYTES)
		log->column += step;
}

static const char *grey_log(struct app *app)
{
	const struct guest_screen *guest = guest_of(app);

	return guest && guest->tab == TAB_LOG ? NULL : "only in 5 Log";
}

/* --- search */

static void searched(struct app *app, const struct dialog *dialog)
{
	struct guest_screen *guest = guest_of(app);
	char *search = guest ? guest_search(guest) : NULL;

	if (!search)
		return;
	snprintf(search, DIALOG_TEXT, "%s", dialog->text);
	if (search[0])
		guest_tab_of(guest)->find(app, guest, 1);
}

static void search(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " search: ", "");
	app->dialog.confirmed = searched;
}

static void search_next(struct app *app, uint32_t key)
{
	guest_tab_of(guest_of(app))->find(app, guest_of(app), key == 'N' ? -1 : 1);
}

static const char *grey_search(struct app *app)
{
	struct guest_screen *guest = guest_of(app);

	return guest && guest_search(guest) ? NULL : "only in 2 Processes, 5 Log, 7 Events";
}

static const char *grey_next(struct app *app)
{
	struct guest_screen *guest = guest_of(app);
	const char *grey = grey_search(app);

	return grey || guest_search(guest)[0] ? grey : "nothing was searched for yet: / searches";
}

/* --- of one tab */

static const char *grey_processes(struct app *app)
{
	const struct guest_screen *guest = guest_of(app);

	return guest && guest->tab == TAB_PROCESSES ? NULL : "only in 2 Processes";
}

static const char *grey_signal(struct app *app)
{
	const char *grey = grey_processes(app);

	return grey || process_list_at(&guest_of(app)->processes) ? grey : "there is no process here";
}

static void send_signal(struct app *app, uint32_t key)
{
	(void)key;
	process_list_signal(app, &guest_of(app)->processes);
}

static void sort(struct app *app, uint32_t key)
{
	(void)key;
	process_list_ask_order(app, &guest_of(app)->processes);
}

static const char *grey_report(struct app *app)
{
	const struct guest_screen *guest = guest_of(app);

	if (!guest || guest->tab != TAB_TRIAGE)
		return "only in 1 Triage";
	return acts_row(app) ? NULL : "the guest is gone";
}

#define F(number) (K_F1 + (number) - 1)

static const struct key_row keys[] = {
	{{'1', '2', '3', '4'}, choose_tab, NULL, "Move", "triage, processes, resources, network", false, DANGER_NONE, NULL},
	{{'5', '6', '7'}, choose_tab, NULL, "Move", "log, config, events", false, DANGER_NONE, NULL},
	{{K_TAB, ']', K_BACK_TAB, '['}, step_tab, NULL, "Move", "the next tab, the one before", false, DANGER_NONE, NULL},
	{{'<', '>'}, step_guest, NULL, "Move", "the guest before, the next, as the dashboard shows them", false, DANGER_NONE, grey_step},
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "a line up, a line down", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, move, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, move, NULL, "Move", "the beginning, the end; the end of log and events goes along", false,
	 DANGER_NONE, NULL},
	{{K_LEFT, K_RIGHT}, sideways, NULL, "Move", "what a long line of the log has further left, right", false, DANGER_NONE, grey_log},
	{{'q', K_ESCAPE}, act_back, NULL, "Move", "back", false, DANGER_NONE, NULL},
	{{'Q', F(10)}, app_key_quit, "Quit", "Move", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{'/'}, search, NULL, "Find", "search processes, log, events", false, DANGER_NONE, grey_search},
	{{'n', 'N'}, search_next, NULL, "Find", "the next match, the one before", false, DANGER_NONE, grey_next},
	{{'u', F(7)}, act_start, "Start", "Act", "start", true, DANGER_NONE, grey_start},
	{{'x', F(8)}, act_stop, "Stop", "Act", "stop cleanly; shows what holds it up", true, DANGER_QUESTION, grey_stop},
	{{'X'}, act_kill, NULL, "Act", "kill: every process at once", true, DANGER_DIALOG, grey_kill},
	{{'r'}, act_restart, NULL, "Act", "restart: stop cleanly, then start", true, DANGER_QUESTION, grey_restart},
	{{'f'}, act_freeze, NULL, "Act", "freeze; thaw when it is frozen", true, DANGER_QUESTION, grey_freeze},
	{{'a', F(3)}, act_console, "Console", "Act", "attach to its console", true, DANGER_NONE, grey_console},
	{{'e', F(2)}, act_edit, "Edit", "Act", "edit its config", true, DANGER_NONE, grey_edit},
	{{'S'}, act_shell, NULL, "Act", "a root shell inside", true, DANGER_NONE, grey_shell},
	{{'B'}, bulk_show, NULL, "Act", "acts under way in the background, and results", false, DANGER_NONE, grey_bulk},
	{{'s'}, send_signal, NULL, "Act", "signal the process under the cursor: asks which", true, DANGER_QUESTION, grey_signal},
	{{'y'}, guest_copy_report, NULL, "Look", "copy the triage as text to the terminal's clipboard", false, DANGER_NONE, grey_report},
	{{'o', F(6)}, sort, "Sort", "Look", "sort the processes: choose the column", false, DANGER_NONE, grey_processes},
	{{'v'}, act_view, NULL, "Look", "another view: guests, bridges, processes, events", false, DANGER_NONE, NULL},
	{{'+', '-'}, act_rate, NULL, "Look", "refresh more often, less often", false, DANGER_NONE, NULL},
	{{'!'}, act_worst, NULL, "Look", "what is wrong with the worst guest", false, DANGER_NONE, grey_worst},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *guest_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}
