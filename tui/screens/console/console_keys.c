/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the console screen: those behind the prefix, and those while looking back. */
#include "screens/console/console.h"

#include <stdio.h>
#include <string.h>

#define F(number) (K_F1 + (number) - 1)

/* --- behind the prefix */

static void leave(struct app *app, uint32_t key)
{
	struct console *console = console_screen_of(app)->console;

	console_leave(app);
	if (key == 'q')
		consoles_drop(app, console);
}

static void step(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);
	struct console *other = consoles_count(app) ? consoles_step(app, screen->console, key == 'n' ? 1 : -1) : NULL;

	if (!other || other == screen->console)
		app_say(app, ROLE_INFO, "no other console is open");
	else
		console_show(app, screen, other);
}

static void look_back(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);

	(void)key;
	screen->back = true;
	screen->scrolled = vt_scrolled(screen->console->vt);
	screen->top = 0;
	screen->found = INT32_MIN;
}

static void watch_only(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);

	(void)key;
	screen->console->watch_only = !screen->console->watch_only;
	if (!screen->console->watch_only)
		console_resize(app, screen->console, console_height(app), screen_columns(app->screen));
	app_say(app, ROLE_INFO, screen->console->watch_only ? "watching only: nothing is sent" : "what is typed is sent again");
}

static void other_tty(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);
	char name[AUBERGE_NAME_MAX + 1];

	snprintf(name, sizeof name, "%s", screen->console->name);
	console_show(app, screen, consoles_open(app, name, key - '0', console_height(app), screen_columns(app->screen)));
}

static const char *grey_none(struct app *app)
{
	const struct console_screen *screen = console_screen_of(app);

	return screen && screen->console ? NULL : "no console is open here: Enter leaves";
}

static void cancel(struct app *app, uint32_t key)
{
	(void)app;
	(void)key;
}

static void help(struct app *app, uint32_t key)
{
	static const struct view about = {.name = "console, each key behind the prefix", .keys = console_keys};

	(void)key;
	app_push(app, &help_view, &about);
}

/* --- looking back */

static void scroll_to(struct app *app, struct console_screen *screen, int top)
{
	screen->top = top;
	console_follow(app, screen);
}

static void look(struct app *app, const char *text, bool upwards, int from)
{
	struct console_screen *screen = console_screen_of(app);
	int line = from, column = 0, width;

	console_follow(app, screen);
	if (!vt_search(screen->console->vt, text, upwards, &line, &column, &width)) {
		app_say(app, ROLE_WARN, "not found %s: %.100s", upwards ? "above" : "below", text);
		return;
	}
	screen->found = line;
	if (line < screen->top || line >= screen->top + console_height(app))
		scroll_to(app, screen, line - console_height(app) / 2);
}

static void searched(struct app *app, const struct dialog *dialog)
{
	struct console_screen *screen = console_screen_of(app);

	if (!screen || !screen->console || !screen->back)
		return;
	snprintf(screen->text, sizeof screen->text, "%s", dialog->text);
	screen->found = INT32_MIN;
	if (screen->text[0])
		look(app, screen->text, true, screen->top + console_height(app) - 1);
}

static void search(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);

	if (!screen->back)
		look_back(app, key);
	dialog_prompt(&app->dialog, " search: ", screen->text);
	app->dialog.confirmed = searched;
}

static void search_on(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);
	bool upwards = key == 'n';

	console_follow(app, screen);
	if (!screen->text[0])
		app_say(app, ROLE_WARN, "nothing was searched for yet: / searches");
	else if (screen->found == INT32_MIN)
		look(app, screen->text, upwards, screen->top + console_height(app) - 1);
	else
		look(app, screen->text, upwards, screen->found + (upwards ? -1 : 1));
}

static void scroll(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);
	int page = console_height(app) > 2 ? console_height(app) - 1 : 1;
	int by = key == K_PAGE_UP ? -page : key == K_PAGE_DOWN || key == ' ' ? page : key == K_UP || key == 'k' ? -1 : 1;

	console_follow(app, screen);
	scroll_to(app, screen, screen->top + by);
}

static void scroll_end(struct app *app, uint32_t key)
{
	struct console_screen *screen = console_screen_of(app);

	console_follow(app, screen);
	scroll_to(app, screen, key == 'g' || key == K_HOME ? -vt_history(screen->console->vt) : 0);
}

static void live(struct app *app, uint32_t key)
{
	(void)key;
	console_screen_of(app)->back = false;
}

static void help_back(struct app *app, uint32_t key)
{
	static const struct view about = {.name = "console, looking back", .keys = console_scroll_keys};

	(void)key;
	app_push(app, &help_view, &about);
}

#define ROW(act, group, help) act, NULL, group, help, false, DANGER_NONE, NULL
#define ROW_OPEN(act, group, help) act, NULL, group, help, false, DANGER_NONE, grey_none

static const struct key_row keys[] = {
	{{'d'}, ROW(leave, "Leave", "detach; it stays open and goes on being read")},
	{{'q'}, ROW(leave, "Leave", "detach and close it")},
	{{'Q', F(10)}, app_key_quit, "Quit", "Leave", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{K_ESCAPE}, ROW(cancel, "Leave", "nothing after all. Any other key: sent, prefix before it")},
	{{'n', 'p'}, ROW(step, "Other", "the next console that is open, the one before")},
	{{'0', '1', '2', '3', '4'}, ROW_OPEN(other_tty, "Other", "another tty of this guest; 0 is its console")},
	{{'5', '6', '7', '8', '9'}, ROW_OPEN(other_tty, "Other", "the same, for guests with many")},
	{{'['}, ROW_OPEN(look_back, "Look", "back over what scrolled off")},
	{{'/'}, ROW_OPEN(search, "Look", "search in it")},
	{{'w'}, ROW_OPEN(watch_only, "Look", "watch only: nothing typed reaches the guest; once more ends it")},
	{{'r', 'L' - 0x40}, ROW(app_key_repaint, "Look", "paint the screen anew")},
	{{'?', F(1)}, help, "Help", "Look", "this help", false, DANGER_NONE, NULL},
};

static const struct key_row scroll_keys[] = {
	{{K_UP, 'k', K_DOWN, 'j'}, ROW(scroll, "Move", "a line up, a line down")},
	{{K_PAGE_UP, K_PAGE_DOWN, ' '}, ROW(scroll, "Move", "a page up, a page down")},
	{{'g', K_HOME, 'G', K_END}, ROW(scroll_end, "Move", "the oldest line, the newest")},
	{{'/'}, ROW(search, "Find", "search upwards")},
	{{'n', 'N'}, ROW(search_on, "Find", "the match above, the one below")},
	{{'Q', F(10)}, app_key_quit, "Quit", "Back", "quit; guests and acts under way go on", false, DANGER_NONE, NULL},
	{{'q', K_ESCAPE}, ROW(live, "Back", "back to what happens now")},
	{{'?', F(1)}, help_back, "Help", "Back", "this help", false, DANGER_NONE, NULL},
};

const struct key_row *console_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const struct key_row *console_scroll_keys(size_t *count)
{
	*count = sizeof scroll_keys / sizeof scroll_keys[0];
	return scroll_keys;
}
