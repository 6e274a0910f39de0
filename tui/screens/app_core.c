/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all screens share: messages, the stack of views, and where a key goes. Owns nothing beyond struct app. */
#include "screens/acts/bulk.h"
#include "screens/view.h"

#include "widgets/keybar.h"
#include "widgets/page.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MESSAGE_LINES 3      /* at most, on a terminal of ten rows or more */
#define MESSAGE_READ_MS 1000 /* a message stands at least so long, whatever is typed */

struct model_clock app_clock(struct app *app)
{
	return app->source->clock(app->source);
}

void app_say(struct app *app, enum role role, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(app->message, sizeof app->message, format, arguments);
	va_end(arguments);
	app->message_role = role;
	app->message_ms = app->now_ms;
	app->echo_due = true;
}

void app_say_error(struct app *app, const struct auberge_error *error)
{
	char text[400];

	/* One line: the first sentence and what to do about it. */
	auberge_text_clean(text, sizeof text, error->text, strcspn(error->text, "\n"), 0);
	app_say(app, ROLE_CRIT, "%s%s%.100s", text, error->remedy[0] ? "; " : "", error->remedy);
}

bool app_push(struct app *app, const struct view *view, const void *argument)
{
	void *state;

	if (app->views_count == VIEWS_MAX)
		return false;
	state = view->open(app, argument);
	if (!state)
		return false;
	app->views[app->views_count].view = view;
	app->views[app->views_count].state = state;
	app->views_count++;
	app->echo_due = true;
	return true;
}

void app_pop(struct app *app)
{
	if (app->views_count == 0)
		return;
	app->views_count--;
	app->views[app->views_count].view->close(app, app->views[app->views_count].state);
	app->echo_due = true;
}

void *app_state(const struct app *app)
{
	return app->views[app->views_count - 1].state;
}

void *app_state_of(const struct app *app, const struct view *view)
{
	for (size_t i = app->views_count; i > 0; i--)
		if (app->views[i - 1].view == view)
			return app->views[i - 1].state;
	return NULL;
}

bool app_watch(struct app *app, int fd, short events, void (*ready)(struct app *app, void *data, short events), void *data)
{
	size_t i = 0;

	while (i < app->watches_count && app->watches[i].fd != fd)
		i++;
	if (i == WATCHES_MAX)
		return false;
	if (i == app->watches_count)
		app->watches_count++;
	app->watches[i] = (struct app_watch){fd, events, ready, data};
	return true;
}

void app_unwatch(struct app *app, int fd)
{
	for (size_t i = 0; i < app->watches_count; i++)
		if (app->watches[i].fd == fd)
			app->watches[i--] = app->watches[--app->watches_count];
}

void app_wake(struct app *app, int64_t at_ms)
{
	if (app->wake_ms < 0 || at_ms < app->wake_ms)
		app->wake_ms = at_ms;
}

const char *app_key_place(const struct app *app, uint32_t key)
{
	const struct view *view = app->views[app->views_count - 1].view;
	size_t count;
	const struct key_row *rows = view->keys(&count);

	return !view->takes_all && app_find_key(rows, count, key) ? "" : " on the dashboard";
}

void app_quit(struct app *app, int status)
{
	app->quit = true;
	app->exit_status = status;
}

void app_stop(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	raise(SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

void app_drop_input(struct app *app)
{
	tcflush(screen_output(app->screen)->fd, TCIFLUSH);
	keys_drop(&app->keys);
}

const struct key_row *app_find_key(const struct key_row *rows, size_t count, uint32_t key)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < KEY_ROW_KEYS && rows[i].keys[k]; k++)
			if (rows[i].keys[k] == key)
				return &rows[i];
	return NULL;
}

const char *app_grey(struct app *app, const struct key_row *row)
{
	if (row->needs_root && !app->source->root)
		return "you are not root (read only)";
	return row->grey ? row->grey(app) : NULL;
}

void app_key_names(const struct key_row *row, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (size_t i = 0; i < KEY_ROW_KEYS && row->keys[i]; i++) {
		char name[16];
		int wrote;

		keys_name(row->keys[i], name, sizeof name);
		wrote = snprintf(out + length, size - length, "%s%s", i ? " " : "", name);
		if (wrote < 0 || (size_t)wrote >= size - length)
			return;
		length += (size_t)wrote;
	}
}

static void dialog_takes(struct app *app, uint32_t key)
{
	struct dialog copy = app->dialog;
	enum dialog_result result = dialog_key(&copy, app, key, keys_pasted(&app->keys), app->now_ms);

	app->echo_due = true;
	if (result == DIALOG_OPEN) {
		app->dialog = copy;
		return;
	}
	app->dialog.kind = DIALOG_NONE;
	if (copy.kind == DIALOG_PROMPT || copy.kind == DIALOG_NAME)
		app_drop_input(app);
	if (result == DIALOG_DONE && copy.confirmed)
		copy.confirmed(app, &copy);
}

static void table_takes(struct app *app, const struct view *view, uint32_t key)
{
	size_t count;
	const struct key_row *rows = view->keys(&count), *row = app_find_key(rows, count, key);
	const char *grey;
	char name[16];

	if (!row)
		return;
	grey = app_grey(app, row);
	if (grey) {
		keys_name(key, name, sizeof name);
		app_say(app, ROLE_WARN, "%s: %s", name, grey);
		return;
	}
	app->echo_due = true;
	row->act(app, key);
}

/* Whoever would have taken it: a text is pasted whole or not at all. */
static void paste_refused(struct app *app)
{
	if (app->dialog.kind == DIALOG_PROMPT) {
		snprintf(app->dialog.note, sizeof app->dialog.note, "longer than %d KiB: nothing was pasted", KEYS_PASTE_MAX / 1024);
		app->echo_due = true;
	} else {
		app_say(app, ROLE_WARN, "the pasted text is longer than %d KiB: nothing was pasted", KEYS_PASTE_MAX / 1024);
	}
}

void app_key(struct app *app, uint32_t key)
{
	const struct view *view = app->views[app->views_count - 1].view;

	if (app->message[0] && app->now_ms >= app->message_ms + MESSAGE_READ_MS) {
		app->message[0] = '\0';
		app->echo_due = true;
	}
	if (key == K_PASTE && keys_paste_cut(&app->keys)) {
		paste_refused(app);
		return;
	}
	if (view->takes_all && app->dialog.kind == DIALOG_NONE &&
	    view->key(app, app->views[app->views_count - 1].state, key)) {
		app->echo_due = true;
		return;
	}
	if (key == K_UNKNOWN)
		return;
	if (key == K_PASTE && app->dialog.kind != DIALOG_PROMPT) {
		app_say(app, ROLE_INFO, "pasted text ignored");
		return;
	}
	if (app->dialog.kind != DIALOG_NONE) {
		dialog_takes(app, key);
		return;
	}
	if (key == 'C' - 0x40) {
		app_say(app, ROLE_INFO, "Q quits");
		return;
	}
	if (view->key && !view->takes_all && view->key(app, app->views[app->views_count - 1].state, key)) {
		app->echo_due = true;
		return;
	}
	table_takes(app, view, key);
}

/* What is too long for the line goes on above it: what to do stands at the end. */
static void draw_message(struct app *app)
{
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen), last = rows > 3 ? rows - 3 : 0, lines;
	char text[sizeof app->message + 1];
	struct page page = {0};

	snprintf(text, sizeof text, " %s", app->message);
	page_begin(&page, columns);
	page_add(&page, app->message_role, 1, NULL, text);
	lines = rows < 10 ? 1 : page.count < MESSAGE_LINES ? (int)page.count : MESSAGE_LINES;
	for (int i = 0; i < lines; i++)
		screen_text(app->screen, last - i, 0, columns, app->message_role, "");
	page_draw(&page, app->screen, last - lines + 1, lines);
	page_free(&page);
}

void app_draw(struct app *app)
{
	int rows = screen_rows(app->screen);
	size_t base = app->views_count - 1, count;
	const struct key_row *keys;

	screen_erase(app->screen);
	while (base > 0 && app->views[base].view->overlay)
		base--;
	for (size_t i = base; i < app->views_count; i++)
		app->views[i].view->draw(app, app->views[i].state);
	keys = app->views[app->views_count - 1].view->keys(&count);
	if (rows > 1 && !app->views[app->views_count - 1].view->takes_all)
		keybar_draw(app, rows - 1, keys, count);
	if (app->message[0] && app->dialog.kind != DIALOG_QUESTION && app->dialog.kind != DIALOG_PROMPT)
		draw_message(app);
	if (app->dialog.kind != DIALOG_NONE)
		dialog_draw(&app->dialog, app->screen, rows > 3 ? rows - 3 : 0);
}

static void quit_anyway(struct app *app, const struct dialog *dialog)
{
	(void)dialog;
	app_quit(app, 0);
}

/* Below what is in front too. */
static bool unsaved(const struct app *app, char *out, size_t size)
{
	for (size_t i = app->views_count; i > 0; i--)
		if (app->views[i - 1].view->unsaved && app->views[i - 1].view->unsaved(app->views[i - 1].state, out, size))
			return true;
	return false;
}

/* Acts under way go on without us; what waits for its turn does not, and what is not saved is lost. */
void app_key_quit(struct app *app, uint32_t key)
{
	size_t waiting = bulks_waiting(app);
	char title[256], waits[64], lost[80];

	(void)key;
	snprintf(waits, sizeof waits, "%zu guest%s will not get %s turn", waiting, waiting == 1 ? "" : "s",
	         waiting == 1 ? "its" : "their");
	if (unsaved(app, lost, sizeof lost)) {
		snprintf(title, sizeof title, "%s%sDrop %.60s?", waiting ? waits : "", waiting ? ". " : "", lost);
		dialog_question(&app->dialog, title, "drop and quit", "", "");
	} else if (waiting > 0) {
		snprintf(title, sizeof title, "%s. Quit?", waits);
		dialog_question(&app->dialog, title, "quit", "", "");
	} else {
		app_quit(app, 0);
		return;
	}
	app->dialog.confirmed = quit_anyway;
}

void app_key_repaint(struct app *app, uint32_t key)
{
	(void)key;
	screen_repaint(app->screen);
}
