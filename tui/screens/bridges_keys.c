/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the screen of bridges and what they do. */
#include "screens/bridges.h"

#include "screens/acts/bulk.h"
#include "screens/guest/guest.h"

#include <stdio.h>
#include <string.h>

static void move(struct app *app, uint32_t key)
{
	size_t cursor = bridges_of(app)->table.cursor, page = bridges_page(app);
	size_t step = key == K_PAGE_UP || key == K_PAGE_DOWN ? page : 1;

	if (key == K_UP || key == 'k' || key == K_PAGE_UP)
		bridges_move_to(app, cursor > step ? cursor - step : 0);
	else
		bridges_move_to(app, cursor + step);
}

static void jump(struct app *app, uint32_t key)
{
	struct bridges *bridges = bridges_of(app);

	bridges_move_to(app, key == 'g' || key == K_HOME ? 0 : bridges->network.lines_count);
}

static const char *guest_of_line(struct app *app)
{
	struct bridges *bridges = bridges_of(app);
	const struct model_network_line *line = bridges_line(bridges);
	const char *guest = line ? model_network_guest(&bridges->network, line) : "";

	return model_find(app->model, guest) ? guest : NULL;
}

static const char *grey_open(struct app *app)
{
	return guest_of_line(app) ? NULL : "no guest is behind this line";
}

static void open_guest(struct app *app, uint32_t key)
{
	(void)key;
	views_guest(app, guest_of_line(app), TAB_NETWORK);
}

/* --- finding */

static void find(struct app *app, int step)
{
	struct bridges *bridges = bridges_of(app);
	ssize_t index;

	if (!bridges->search[0])
		return;
	index = model_network_search(&bridges->network, (ssize_t)bridges->table.cursor, step, bridges->search);
	if (index < 0)
		app_say(app, ROLE_WARN, "%.200s: no bridge or port has that in its name, guest, MAC, addresses or note",
		        bridges->search);
	else
		bridges_move_to(app, (size_t)index);
}

static void searched(struct app *app, const struct dialog *dialog)
{
	struct bridges *bridges = bridges_of(app);

	snprintf(bridges->search, sizeof bridges->search, "%s", dialog->text);
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
	return bridges_of(app)->search[0] ? NULL : "nothing was searched for yet: / searches";
}

static void rearrange(struct app *app)
{
	struct bridges *bridges = bridges_of(app);

	model_network_arrange(&bridges->network);
	bridges->table.first = 0;
}

static void filtered(struct app *app, const struct dialog *dialog)
{
	struct bridges *bridges = bridges_of(app);

	snprintf(bridges->network.filter, sizeof bridges->network.filter, "%s", dialog->text);
	rearrange(app);
}

static void filter(struct app *app, uint32_t key)
{
	(void)key;
	dialog_prompt(&app->dialog, " lines that have: ", bridges_of(app)->network.filter);
	app->dialog.confirmed = filtered;
}

/* --- tags: of the guests behind the ports */

static void tag(struct app *app, uint32_t key)
{
	struct model_row *row = model_find(app->model, guest_of_line(app));

	(void)key;
	model_tag(app->model, row, !row->tagged);
	bridges_move_to(app, bridges_of(app)->table.cursor + 1);
}

static void tag_shown(struct app *app, uint32_t key)
{
	const struct model_network *network = &bridges_of(app)->network;

	(void)key;
	for (size_t i = 0; i < network->lines_count; i++) {
		struct model_row *row = model_find(app->model, model_network_guest(network, &network->lines[i]));

		if (row)
			model_tag(app->model, row, true);
	}
}

static void untag_all(struct app *app, uint32_t key)
{
	(void)key;
	model_untag_all(app->model);
}

static const char *grey_untag(struct app *app)
{
	return app->model->tagged > 0 ? NULL : "nothing is tagged";
}

/* --- looking */

static void sorted(struct app *app, const struct dialog *dialog)
{
	struct model_network *network = &bridges_of(app)->network;
	enum model_network_order order = (enum model_network_order)dialog->chosen;

	network->reverse = order == network->order && !network->reverse;
	network->order = order;
	rearrange(app);
}

static void sort(struct app *app, uint32_t key)
{
	(void)key;
	dialog_choose(&app->dialog, "Sort by (the same again: reversed)");
	for (int i = 0; i < MODEL_NET_ORDERS; i++)
		dialog_choice(&app->dialog, model_network_order_word((enum model_network_order)i),
		              bridges_of(app)->network.order == (enum model_network_order)i);
	app->dialog.confirmed = sorted;
}

static const char *grey_capture(struct app *app)
{
	struct bridges *bridges = bridges_of(app);
	const struct model_network_line *line = bridges_line(bridges);

	return line && line->kind != MODEL_LOOSE ? NULL : "no link is on this line";
}

static void capture(struct app *app, uint32_t key)
{
	struct bridges *bridges = bridges_of(app);
	char text[160];

	(void)key;
	model_network_capture(&bridges->network, bridges_line(bridges), text, sizeof text);
	app_say(app, ROLE_INFO, "%s", text);
}

#define F(number) (K_F1 + (number) - 1)

static const struct key_row keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, move, NULL, "Move", "a line up, a line down", false, DANGER_NONE, NULL},
	{{K_PAGE_UP, K_PAGE_DOWN}, move, NULL, "Move", "a page up, a page down", false, DANGER_NONE, NULL},
	{{'g', K_HOME, 'G', K_END}, jump, NULL, "Move", "the first line, the last", false, DANGER_NONE, NULL},
	{{K_ENTER}, open_guest, NULL, "Move", "the guest behind this port", false, DANGER_NONE, grey_open},
	{{'q', K_ESCAPE}, act_back, NULL, "Move", "back", false, DANGER_NONE, NULL},
	{{'Q', F(10)}, app_key_quit, "Quit", "Move", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{'/'}, search, NULL, "Find", "search bridge, port, guest, MAC, address, note", false, DANGER_NONE, NULL},
	{{'n', 'N'}, search_next, NULL, "Find", "the next match, the one before", false, DANGER_NONE, grey_next},
	{{'\\', F(4)}, filter, "Filter", "Find", "filter: only lines that have all words, or whose bridge has", false, DANGER_NONE,
	 NULL},
	{{' ', 't'}, tag, NULL, "Tag", "tag the guest behind this port, or untag it", false, DANGER_NONE, grey_open},
	{{'*'}, tag_shown, NULL, "Tag", "tag the guests of all lines shown, for acts on the dashboard", false, DANGER_NONE, NULL},
	{{'T'}, untag_all, NULL, "Tag", "take all tags away, hidden ones too", false, DANGER_NONE, grey_untag},
	{{'B'}, bulk_show, NULL, "Act", "acts under way in the background, and results", false, DANGER_NONE, grey_bulk},
	{{'C'}, capture, NULL, "Look", "the tcpdump line that listens on this link", false, DANGER_NONE, grey_capture},
	{{'o', F(6)}, sort, "Sort", "Look", "sort bridges, and the ports of each: choose the column", false, DANGER_NONE, NULL},
	{{'L' - 0x40}, app_key_repaint, NULL, "Look", "paint the screen anew", false, DANGER_NONE, NULL},
	{{'v'}, act_view, NULL, "Look", "another view: guests, processes, events", false, DANGER_NONE, NULL},
	{{'+', '-'}, act_rate, NULL, "Look", "refresh more often, less often", false, DANGER_NONE, NULL},
	{{'!'}, act_worst, NULL, "Look", "what is wrong with the worst guest", false, DANGER_NONE, grey_worst},
	{{'?', F(1)}, act_help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *bridges_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}
