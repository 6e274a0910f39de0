/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets are bound at the key press; dialogs are deaf, scroll, and take a name only when it is typed. */
#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"
#include "screens/dashboard.h"
#include "screens/acts/stop.h"

#include "model_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct app *app;
static struct source source;
static struct model model;

static struct model_clock clock_now(struct source *from)
{
	(void)from;
	return (struct model_clock){.monotonic_usec = 1000000};
}

static struct model_row *row_of_dashboard(struct app *of, void *state)
{
	(void)state;
	return of->model->shown_count > 0 ? of->model->shown[0] : NULL;
}

static const struct view with_tags = {.name = "list", .row = row_of_dashboard, .tags = true};
static const struct view without_tags = {.name = "one", .row = row_of_dashboard};

static void set_guests(enum auberge_state web, pid_t web_pid)
{
	struct auberge_guest guests[4] = {0};
	struct model_clock at = clock_now(&source);
	static const char *const names[] = {"db", "mail", "old", "web"};

	for (size_t i = 0; i < 4; i++) {
		snprintf(guests[i].name, sizeof guests[i].name, "%s", names[i]);
		guests[i].state = AUBERGE_RUNNING;
		guests[i].init_pid = 100 + (pid_t)i;
	}
	guests[2].state = AUBERGE_STOPPED;
	guests[3].state = web;
	guests[3].init_pid = web_pid;
	model_update_guests(&model, guests, 4, &at);
}

static void begin(void)
{
	app = calloc(1, sizeof *app);
	source = (struct source){.model = &model, .root = true, .clock = clock_now};
	app->source = &source;
	app->model = &model;
	app->views[0].view = &with_tags;
	app->views_count = 1;
	model_init(&model);
	set_guests(AUBERGE_RUNNING, 103);
}

static void end(void)
{
	targets_free(app);
	bulks_close(app);
	model_free(&model);
	free(app);
}

TestSuite(screens_acting, .init = begin, .fini = end);

static void tag(const char *name)
{
	model_tag(&model, model_find(&model, name), true);
}

Test(screens_acting, targets_are_names_and_say_why_one_is_left_out)
{
	struct auberge_error error = {0};
	struct model_clock at = clock_now(&source);
	const struct targets *targets;

	tag("web");
	tag("old");
	model_filter_parse(&model.filter, "name:web", &error);
	model_arrange(&model, &at);
	targets = targets_bind(app, acts_rule(AUBERGE_STOP));
	cr_assert_eq(targets->count, 2);
	cr_assert_eq(targets->taken, 1);
	cr_assert_str_eq(targets->items[0].name, "old");
	cr_assert(targets->items[0].hidden, "the filter hides it");
	cr_assert_str_eq(targets->items[0].refused, "stopped, not running");
	cr_assert_str_eq(targets->items[1].name, "web");
	cr_assert(!targets->items[1].hidden && !targets->items[1].refused[0]);
	model_untag_all(&model); /* later tags change nothing */
	tag("db");
	cr_assert_eq(app->targets->count, 2);
}

Test(screens_acting, tags_go_before_the_cursor_only_where_the_screen_takes_them)
{
	cr_assert(!acts_tagged(app));
	tag("mail");
	cr_assert(acts_tagged(app));
	app->views[1].view = &without_tags;
	app->views_count = 2;
	cr_assert(!acts_tagged(app), "a guest's own screen acts on that guest");
	cr_assert_str_eq(acts_row(app)->guest.name, "db");
}

static enum dialog_result key_at(uint32_t key, int64_t ms)
{
	return dialog_key(&app->dialog, app, key, "", ms);
}

Test(screens_acting, dialog_is_deaf_and_asks_again_when_a_target_changed)
{
	struct targets *targets;

	tag("web");
	tag("db");
	targets = targets_bind(app, acts_rule(AUBERGE_KILL));
	targets_ask(app, targets);
	cr_assert_eq(app->dialog.kind, DIALOG_CONFIRM);
	cr_assert_eq(key_at('y', 10), DIALOG_OPEN, "not painted yet");
	dialog_painted(&app->dialog, 1000);
	cr_assert_eq(key_at('y', 1299), DIALOG_OPEN);
	cr_assert_eq(key_at('X', 1301), DIALOG_OPEN, "the key that opened it");
	set_guests(AUBERGE_STOPPED, 0);
	cr_assert_eq(key_at('y', 1302), DIALOG_OPEN);
	cr_assert_str_eq(app->dialog.title, "web is stopped now. Still kill?");
	cr_assert_eq(targets->taken, 1);
	cr_assert_eq(key_at('y', 5000), DIALOG_OPEN, "it is to be painted anew");
	dialog_painted(&app->dialog, 5000);
	cr_assert_eq(key_at('y', 5301), DIALOG_DONE);
}

Test(screens_acting, another_run_of_the_same_guest_is_a_change)
{
	tag("web");
	targets_ask(app, targets_bind(app, acts_rule(AUBERGE_KILL)));
	dialog_painted(&app->dialog, 0);
	set_guests(AUBERGE_RUNNING, 999);
	cr_assert_eq(key_at('y', 400), DIALOG_OPEN);
	cr_assert_str_eq(app->dialog.title, "web is another run now. Still kill?");
}

Test(screens_acting, nothing_is_left_to_be_done)
{
	tag("web");
	targets_ask(app, targets_bind(app, acts_rule(AUBERGE_STOP)));
	dialog_painted(&app->dialog, 0);
	set_guests(AUBERGE_STOPPED, 0);
	cr_assert_eq(key_at('y', 400), DIALOG_LEFT);
	cr_assert(strstr(app->message, "nothing to stop any more"), "%s", app->message);
}

static enum role numbered(const void *data, size_t index, int width, char *out, size_t size)
{
	(void)data;
	(void)width;
	snprintf(out, size, "%zu", index);
	return ROLE_TEXT;
}

Test(screens_acting, a_long_list_scrolls_and_a_name_is_typed)
{
	struct dialog *dialog = &app->dialog;

	dialog_confirm(dialog, "t", "stop", "", "");
	dialog->list.count = 50;
	dialog->list.page = 10;
	dialog->list.line = numbered;
	dialog_painted(dialog, 0);
	cr_assert_eq(key_at('j', 400), DIALOG_OPEN);
	cr_assert_eq(dialog->list.first, 1);
	key_at(K_PAGE_DOWN, 401);
	key_at(K_PAGE_DOWN, 402);
	cr_assert_eq(dialog->list.first, 21);
	for (int i = 0; i < 9; i++)
		key_at(' ', 403);
	cr_assert_eq(dialog->list.first, 40);
	dialog_name(dialog, "t", "destroy", "web", "");
	cr_assert_eq(key_at('w', 500), DIALOG_OPEN);
	dialog_painted(dialog, 500);
	key_at('w', 600);
	cr_assert_str_eq(dialog->text, "", "deaf");
	key_at('w', 900);
	key_at('e', 900);
	cr_assert_eq(key_at(K_ENTER, 900), DIALOG_OPEN);
	cr_assert_str_eq(dialog->title, "That is not web: nothing is done");
	key_at('b', 901);
	cr_assert_eq(key_at(K_ENTER, 902), DIALOG_DONE);
}

Test(screens_acting, why_a_key_is_grey)
{
	tag("old");
	cr_assert_str_eq(grey_stop(app), "none of the 1 tagged can take it, they are not running");
	cr_assert_null(grey_start(app));
	cr_assert_null(grey_destroy(app));
	tag("web");
	cr_assert_null(grey_stop(app));
	cr_assert_null(grey_destroy(app), "old can be");
	model_untag_all(&model);
	tag("web");
	cr_assert_str_eq(grey_destroy(app), "none of the 1 tagged is stopped: destroy deletes the disk of a guest that does not run");
	model_untag_all(&model);
	cr_assert_str_eq(grey_destroy(app), "destroy deletes db's disk; to power it off: auberge kill db");
}

Test(screens_acting, results_are_bounded)
{
	char name[16], text[64];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "g%d", i);
		bulk_note(app, name, AUBERGE_START, "why");
	}
	cr_assert_eq(app->bulks[BULKS_MAX]->count, 16);
	cr_assert_str_eq(app->bulks[BULKS_MAX]->targets[15].name, "g39");
	cr_assert(bulks_status(app, text, sizeof text));
	cr_assert_str_eq(text, "16 failed (B)");
	bulk_dismiss(app, app->bulks[BULKS_MAX]);
	cr_assert(!bulks_status(app, text, sizeof text));
}

Test(screens_acting, the_reason_why_freezing_is_grey_is_its_own)
{
	cr_assert_null(grey_freeze(app));
	set_guests(AUBERGE_STOPPED, 0);
	model_find(&model, "db")->guest.state = AUBERGE_STOPPED;
	cr_assert_str_eq(grey_freeze(app), "db is stopped, not running");
	model_find(&model, "db")->guest.state = AUBERGE_FROZEN;
	cr_assert_null(grey_freeze(app));
}

Test(screens_acting, a_question_is_about_one_run)
{
	dialog_question(&app->dialog, "Send TERM to init (1) of web?", "send", "web", "");
	acts_bind(app);
	dialog_painted(&app->dialog, 1000);
	set_guests(AUBERGE_RUNNING, 999);
	cr_assert_eq(key_at('y', 2000), DIALOG_OPEN);
	cr_assert_str_eq(app->dialog.title, "web is another run now. Still send?");
	dialog_painted(&app->dialog, 2000);
	cr_assert_eq(key_at('y', 3000), DIALOG_DONE);
}

Test(screens_acting, the_cursor_is_on_its_guest_before_the_next_frame_too)
{
	struct dashboard dashboard = {.name = "web"};

	app->views[0].view = &dashboard_view;
	app->views[0].state = &dashboard;
	cr_assert_str_eq(dashboard_row(app)->guest.name, "web");
	snprintf(dashboard.name, sizeof dashboard.name, "none such");
	dashboard.table.cursor = 0;
	cr_assert_eq(dashboard_row(app), model.shown[0]);
}

Test(screens_acting, a_stop_that_failed_is_not_told_as_one_that_came_off)
{
	struct stop *stop = calloc(1, sizeof *stop);

	snprintf(stop->targets[0].name, sizeof stop->targets[0].name, "db");
	stop->targets_count = 1;
	app->jobs[0] = (struct app_job){.name = "web", .act = AUBERGE_STOP};
	app->jobs_count = 1;
	app->views[1].view = &stop_view;
	app->views[1].state = stop;
	app->views_count = 2;
	stop_failed(app, "db");
	stop_view.tick(app, stop);
	cr_assert(stop->targets[0].over);
	cr_assert_str_eq(stop->targets[0].how, "not stopped");
	cr_assert(!stop->targets[1].over);
	stop_view.close(app, stop);
	app->views_count = 1;
	app->jobs_count = 0;
}

static bool has_unsaved(const void *state, char *out, size_t size)
{
	snprintf(out, size, "the changes of web");
	return state != NULL;
}

Test(screens_acting, quitting_asks_below_what_is_in_front)
{
	static const struct view form = {.name = "form", .unsaved = has_unsaved};

	app->views[1].view = &form;
	app->views[1].state = app;
	app->views[2].view = &without_tags;
	app->views_count = 3;
	app_key_quit(app, 'Q');
	cr_assert(!app->quit);
	cr_assert_str_eq(app->dialog.title, "Drop the changes of web?");
	app->dialog.kind = DIALOG_NONE;
	app->views[1].state = NULL;
	app_key_quit(app, 'Q');
	cr_assert(app->quit);
}
