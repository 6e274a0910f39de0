/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of the dashboard and what they do, acts on guests apart (acts.c). The table is all there is: key bar, help
 * and man page come from it, and what is not built yet is not in it.
 */
#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"
#include "screens/dashboard.h"
#include "screens/settings_view.h"

#include <stdio.h>
#include <string.h>

static void move_up(struct app *app, uint32_t key)
{
	size_t cursor = dashboard_cursor(app);

	if (dashboard_wide_move(app, key))
		return;
	dashboard_move_to(app, cursor > 0 ? cursor - 1 : 0);
}

static void move_down(struct app *app, uint32_t key)
{
	if (dashboard_wide_move(app, key))
		return;
	dashboard_move_to(app, dashboard_cursor(app) + 1);
}

static void page_up(struct app *app, uint32_t key)
{
	size_t cursor = dashboard_cursor(app), page = dashboard_page(app);

	if (dashboard_wide_move(app, key))
		return;
	dashboard_move_to(app, cursor > page ? cursor - page : 0);
}

static void page_down(struct app *app, uint32_t key)
{
	if (dashboard_wide_move(app, key))
		return;
	dashboard_move_to(app, dashboard_cursor(app) + dashboard_page(app));
}

static void move_first(struct app *app, uint32_t key)
{
	if (dashboard_wide_move(app, key))
		return;
	dashboard_move_to(app, 0);
}

static void move_last(struct app *app, uint32_t key)
{
	if (dashboard_wide_move(app, key))
		return;
	dashboard_move_to(app, app->model->shown_count);
}

static void find(struct app *app, int step)
{
	struct dashboard *dashboard = dashboard_of(app);
	ssize_t index;

	if (!dashboard->search[0])
		return;
	index = model_search(app->model, (ssize_t)dashboard_cursor(app), step, dashboard->search);
	if (index < 0)
		app_say(app, ROLE_WARN, "%.200s: no guest shown has that in its name, addresses, MACs, bridges or host links",
		        dashboard->search);
	else
		dashboard_move_to(app, (size_t)index);
}

static void searched(struct app *app, const struct dialog *dialog)
{
	struct dashboard *dashboard = dashboard_of(app);

	snprintf(dashboard->search, sizeof dashboard->search, "%s", dialog->text);
	find(app, 1);
}

static void search(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " search: ", "");
	app->dialog.confirmed = searched;
}

static void search_next(struct app *app, uint32_t key)
{
	find(app, key == 'N' ? -1 : 1);
}

static const char *grey_next(struct app *app)
{
	return dashboard_of(app)->search[0] ? NULL : "nothing was searched for yet: / searches";
}

static void filtered(struct app *app, const struct dialog *dialog)
{
	struct auberge_error error = {0};
	struct model_clock clock = app_clock(app);

	if (model_filter_parse(&app->model->filter, dialog->text, &error) < 0) {
		app->dialog = *dialog; /* to mend it */
		app->dialog.kind = DIALOG_PROMPT;
		snprintf(app->dialog.note, sizeof app->dialog.note, "%.120s%s%.120s", error.text, error.remedy[0] ? "; " : "", error.remedy);
		return;
	}
	model_arrange(app->model, &clock);
}

static void filter(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " filter: ", app->model->filter.count ? app->model->filter.text : "");
	app->dialog.confirmed = filtered;
}

static void sorted(struct app *app, const struct dialog *dialog)
{
	struct auberge_error error = {0};
	struct model_clock clock = app_clock(app);
	struct model_order before = app->model->order;
	const char *word = dialog->choices[dialog->chosen];

	if (model_order_parse(&app->model->order, word, &error) < 0) {
		app_say_error(app, &error);
		return;
	}
	if (strcmp(model_order_word(&before), model_order_word(&app->model->order)) == 0)
		app->model->order.reverse = !before.reverse;
	if (dashboard_of(app)->held.rows)
		dashboard_release(app, dashboard_of(app));
	model_hold(app->model, &clock, 0);
	model_arrange(app->model, &clock);
}

static void sort(struct app *app, uint32_t key)
{
	const char *now = model_order_word(&app->model->order);
	const struct model_column *columns;
	size_t count;

	(void)key;
	columns = model_columns(&count);
	dialog_choose(&app->dialog, "Sort by (the same again: reversed)");
	dialog_choice(&app->dialog, "trouble", strcmp(now, "trouble") == 0);
	for (int start = 1; start <= 80; start++) /* as they stand on the screen */
		for (size_t i = 0; i < count; i++)
			if (columns[i].start == start && columns[i].head && columns[i].width > 1)
				dialog_choice(&app->dialog, columns[i].id, strcmp(now, columns[i].id) == 0);
	app->dialog.confirmed = sorted;
}

static void tag(struct app *app, uint32_t key)
{
	struct model_row *row = dashboard_row(app);

	model_tag(app->model, row, !row->tagged);
	move_down(app, key);
}

static void tag_shown(struct app *app, uint32_t key)
{
	(void)key;
	model_tag_shown(app->model);
}

static void untag_all(struct app *app, uint32_t key)
{
	(void)key;
	model_untag_all(app->model);
}

static const char *grey_row(struct app *app)
{
	return dashboard_row(app) ? NULL : "there is no guest under the cursor";
}

static const char *grey_untag(struct app *app)
{
	return app->model->tagged > 0 ? NULL : "nothing is tagged";
}

static void hold(struct app *app, uint32_t key)
{
	struct dashboard *dashboard = dashboard_of(app);

	(void)key;
	if (dashboard->held.rows)
		dashboard_release(app, dashboard);
	else
		dashboard_hold(app, dashboard);
}

static void open_it(struct app *app, uint32_t key)
{
	(void)key;
	dashboard_wide_open(app);
}

static const char *grey_open(struct app *app)
{
	return dashboard_row(app) ? NULL : "there is no guest under the cursor";
}

static void next_pane(struct app *app, uint32_t key)
{
	int step = key == K_BACK_TAB ? PANES_COUNT - 1 : 1;
	enum dashboard_pane *focus = &dashboard_of(app)->wide.focus;

	do
		*focus = (enum dashboard_pane)(((int)*focus + step) % PANES_COUNT);
	while (*focus == PANE_EVENTS && dashboard_events_height(app) == 0);
}

static const char *grey_pane(struct app *app)
{
	return dashboard_is_wide(app) ? NULL : "there is one pane below 120 columns";
}

static void create(struct app *app, uint32_t key)
{
	(void)key;
	app_push(app, &create_view, NULL);
}

#define F(number) (K_F1 + (number) - 1)

static const struct key_row keys[] = {
	{{K_UP, 'k', '<'}, move_up, NULL, "Move", "the guest above", false, DANGER_NONE, NULL},
	{{K_DOWN, 'j', '>'}, move_down, NULL, "Move", "the guest below", false, DANGER_NONE, NULL},
	{{K_PAGE_UP}, page_up, NULL, "Move", "a page up", false, DANGER_NONE, NULL},
	{{K_PAGE_DOWN}, page_down, NULL, "Move", "a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME}, move_first, NULL, "Move", "the first guest", false, DANGER_NONE, NULL},
	{{'G', K_END}, move_last, NULL, "Move", "the last guest", false, DANGER_NONE, NULL},
	{{K_ENTER}, open_it, NULL, "Move", "open the guest: triage, processes, log and more", false, DANGER_NONE, grey_open},
	{{K_TAB, K_BACK_TAB}, next_pane, NULL, "Move", "the next pane: list, detail, events", false, DANGER_NONE, grey_pane},
	{{'q', 'Q', F(10)}, app_key_quit, "Quit", "Move", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{'/'}, search, NULL, "Find", "search name, address, MAC, bridge, host link", false, DANGER_NONE, NULL},
	{{'n', 'N'}, search_next, NULL, "Find", "the next match, the one before", false, DANGER_NONE, grey_next},
	{{'\\', F(4)}, filter, "Filter", "Find", "filter: state:running cpu>50 bridge:V2003 stall>10", false,
	 DANGER_NONE, NULL},
	{{' ', 't'}, tag, NULL, "Tag", "tag the guest, or untag it; acts take all that are tagged", false, DANGER_NONE,
	 grey_row},
	{{'*'}, tag_shown, NULL, "Tag", "tag all that are shown", false, DANGER_NONE, grey_row},
	{{'T'}, untag_all, NULL, "Tag", "take all tags away, hidden ones too", false, DANGER_NONE, grey_untag},
	{{'u', F(7)}, act_start, "Start", "Act", "start", true, DANGER_NONE, grey_start},
	{{'x', F(8)}, act_stop, "Stop", "Act", "stop cleanly; shows what holds it up", true, DANGER_QUESTION, grey_stop},
	{{'X'}, act_kill, NULL, "Act", "kill: every process at once", true, DANGER_DIALOG, grey_kill},
	{{'r'}, act_restart, NULL, "Act", "restart: stop cleanly, then start", true, DANGER_QUESTION, grey_restart},
	{{'f'}, act_freeze, NULL, "Act", "freeze; thaw when it is frozen", true, DANGER_QUESTION, grey_freeze},
	{{'D'}, act_destroy, NULL, "Act", "destroy: its disk is deleted; its name has to be typed", true, DANGER_NAME, grey_destroy},
	{{'B'}, bulk_show, NULL, "Act", "acts under way in the background, and results", false, DANGER_NONE, grey_bulk},
	{{'a', F(3)}, act_console, "Console", "Act", "attach to its console", true, DANGER_NONE, grey_console},
	{{'e', F(2)}, act_edit, "Edit", "Act", "edit its config", true, DANGER_NONE, grey_edit},
	{{'c', F(5)}, create, "New", "Act", "create a guest", true, DANGER_NONE, NULL},
	{{'S'}, act_shell, NULL, "Act", "a root shell inside", true, DANGER_NONE, grey_shell},
	{{'!'}, act_worst, NULL, "Look", "what is wrong with the worst guest", false, DANGER_NONE, grey_worst},
	{{'v'}, act_view, NULL, "Look", "another view: bridges, processes, events", false, DANGER_NONE, NULL},
	{{'o', F(6)}, sort, "Sort", "Look", "sort: choose the column", false, DANGER_NONE, NULL},
	{{'Z'}, hold, NULL, "Look", "hold the view, or let go; collection goes on", false, DANGER_NONE, NULL},
	{{'+', '-'}, act_rate, NULL, "Look", "refresh more often, less often", false, DANGER_NONE, NULL},
	{{'O'}, settings_show, NULL, "Look", "settings: theme, rate, sort, ascii; saved only when asked", false, DANGER_NONE, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'?', F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *dashboard_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}
