/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of the screens: terminal, signals, jobs, and the rounds of figures. Owns struct app.
 *
 * Invariants: keys are read first in every turn and their echo is drawn before anything else is done; nothing
 * waits but poll(2); figures are taken in slices from where they are read; a frame of figures is drawn only when the terminal has taken all
 * before it.
 */
#include "app.h"

#include "screens/acts/acts.h"
#include "screens/acts/bulk.h"
#include "screens/console/consoles.h"
#include "screens/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SLICE_USEC 3000
#define FIRST_USEC 30000 /* of the first round, before the first frame */
#define SECOND_ROUND_MS 250
#define RESIZE_QUIET_MS 30
#define STALE_ROUNDS 3
#define OTHERS 4 /* descriptors that are waited for beside those of jobs and watches */
#define READ_SIZE 120 /* half of what the decoder can hold, and a paste of any size comes in pieces */

static const int watched[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGCHLD, SIGCONT, SIGTSTP};

struct loop {
	struct app app;
	sigset_t before;
	int64_t resize_ms; /* when to look at the size; -1 never */
	int64_t tick_ms;   /* when views tick next */
	int64_t check_ms;  /* when to look after the source; -1 never */
	bool paint_waits;  /* a frame has been queued that shows the dialog */
};

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- figures */

static void begin_round(struct app *app)
{
	struct auberge_error error = {0};

	if (app->source->refresh_list(app->source, &error) < 0)
		app_say_error(app, &error);
	if (app->source->refresh_host(app->source, &error) < 0)
		app_say_error(app, &error);
	app->source->begin_round(app->source);
	app->reading = true;
}

static uint64_t stale_after(const struct app *app)
{
	return (uint64_t)app->rate_seconds * 1000000 * STALE_ROUNDS;
}

static void end_round(struct app *app)
{
	struct model_clock clock = app_clock(app);

	app->reading = false;
	model_mark_stale(app->model, &clock, stale_after(app));
	model_arrange(app->model, &clock);
	app->data_due = true;
	app->round_ms = now_ms() + (app->rounds++ == 0 ? SECOND_ROUND_MS : app->round_every_ms ? app->round_every_ms :
	                            app->rate_seconds * 1000);
}

static void figures(struct app *app, uint64_t budget_usec)
{
	bool listed = app->model->listed;

	if (!app->reading && app->now_ms >= app->round_ms)
		begin_round(app);
	else if (!app->reading)
		return;
	if (app->source->slice(app->source, budget_usec))
		end_round(app);
	else if (!listed && app->model->listed)
		app->data_due = true;
}

/* The first frame comes at once: states and pressure are there, rates follow with the second round. This is the one
 * time that figures from elsewhere are waited for, so that a frame without them need not be painted; not for long. */
static void first_round(struct app *app)
{
	int64_t until = app->now_ms + FIRST_USEC / 1000;
	struct model_clock clock;

	figures(app, FIRST_USEC);
	while (app->source->apart && app->reading && app->source->round_fd >= 0 && now_ms() < until) {
		struct pollfd wait = {.fd = app->source->round_fd, .events = POLLIN};

		if (poll(&wait, 1, (int)(until - now_ms())) > 0)
			figures(app, FIRST_USEC);
	}
	clock = app_clock(app);
	model_arrange(app->model, &clock);
	app->data_due = true;
}

/* What the figures come from, and rounds that do not end. */
static void look_after(struct loop *loop)
{
	struct app *app = &loop->app;
	struct auberge_error error = {0};
	bool news = false;

	if (!app->source->check)
		return;
	loop->check_ms = app->source->check(app->source, &news, &error);
	if (error.code != AUBERGE_OK)
		app_say_error(app, &error);
	if (news)
		app->data_due = true;
}

/* --- drawing */

static void frame(struct loop *loop, enum output_kind kind)
{
	struct app *app = &loop->app;

	if (!output_ready(screen_output(app->screen), kind))
		return;
	app_draw(app);
	screen_frame(app->screen);
	app->echo_due = app->data_due = false;
	loop->paint_waits = app->dialog.kind != DIALOG_NONE;
}

static void draw(struct loop *loop)
{
	struct app *app = &loop->app;
	struct output *output = screen_output(app->screen);

	if (output_take_lost(output)) {
		screen_repaint(app->screen);
		app->echo_due = true;
	}
	if (app->echo_due)
		frame(loop, OUTPUT_ECHO);
	else if (app->data_due)
		frame(loop, OUTPUT_DATA);
	if (loop->paint_waits && !output_pending(output)) {
		dialog_painted(&app->dialog, now_ms());
		loop->paint_waits = false;
	}
}

/* --- events */

static void take_keys(struct app *app)
{
	uint32_t key;

	while (!app->quit && (key = keys_next(&app->keys)) != K_NONE)
		app_key(app, key);
}

static void read_keys(struct app *app)
{
	char bytes[READ_SIZE];

	while (!app->quit) {
		ssize_t got = read(screen_output(app->screen)->fd, bytes, sizeof bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) { /* the terminal hung up */
			app_quit(app, 128 + SIGHUP);
			break;
		}
		keys_feed(&app->keys, bytes, (size_t)got, app->now_ms);
		take_keys(app);
	}
	keys_expire(&app->keys, app->now_ms);
	take_keys(app);
}

static void stop_for_a_while(struct app *app)
{
	screen_suspend(app->screen);
	app_stop();
	screen_resume(app->screen);
	app->echo_due = true;
}

static void read_signals(struct loop *loop)
{
	struct app *app = &loop->app;
	struct signalfd_siginfo info;

	while (read(app->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			loop->resize_ms = app->now_ms + RESIZE_QUIET_MS;
			break;
		case SIGCONT: /* whoever had the terminal meanwhile may have left it in any mode */
			screen_resume(app->screen);
			app->echo_due = true;
			break;
		case SIGTSTP:
			stop_for_a_while(app);
			break;
		case SIGTERM:
		case SIGHUP:
		case SIGINT:
			app_quit(app, 128 + (int)info.ssi_signo);
			break;
		default:
			break;
		}
	}
}

static void read_jobs(struct app *app, const struct pollfd *wait, size_t count)
{
	/* A job that ends takes its place in the list away: each is found again by its descriptor. */
	for (size_t w = 0; w < count; w++) {
		if (wait[w].revents == 0)
			continue;
		for (size_t i = 0; i < app->jobs_count; i++)
			if (app->jobs[i].job && app->source->act_fd(app->jobs[i].job) == wait[w].fd) {
				jobs_ready(app, &app->jobs[i]);
				break;
			}
	}
}

/* A callback may take watches away and add some: each is found again by its descriptor. */
static void read_watches(struct app *app, const struct pollfd *wait, size_t count)
{
	for (size_t w = 0; w < count; w++) {
		if (wait[w].revents == 0)
			continue;
		for (size_t i = 0; i < app->watches_count; i++)
			if (app->watches[i].fd == wait[w].fd) {
				app->watches[i].ready(app, app->watches[i].data, wait[w].revents);
				break;
			}
	}
}

static void tick(struct loop *loop)
{
	struct app *app = &loop->app;
	struct model_clock clock = app_clock(app);
	bool busy;

	if (app->wake_ms >= 0 && app->now_ms >= app->wake_ms)
		app->wake_ms = -1;

	jobs_tick(app);
	consoles_tick(app);
	for (size_t i = app->views_count; i > 0; i--)
		if (i <= app->views_count && app->views[i - 1].view->tick)
			app->views[i - 1].view->tick(app, app->views[i - 1].state);
	if (app->now_ms < loop->tick_ms)
		return;
	loop->tick_ms = app->now_ms + 1000;
	if (app->reading) /* a round that does not end would end by marking them */
		model_mark_stale(app->model, &clock, stale_after(app));
	busy = app->reading || app->jobs_count > 0 || bulks_under_way(app) > 0 || model_held_seconds(app->model, &clock) > 0;
	if (busy)
		app->data_due = true;
}

static void resize(struct loop *loop)
{
	struct app *app = &loop->app;

	if (loop->resize_ms < 0 || app->now_ms < loop->resize_ms)
		return;
	loop->resize_ms = -1;
	if (screen_resize(app->screen))
		app->echo_due = true;
}

static int timeout(const struct loop *loop)
{
	const struct app *app = &loop->app;
	int64_t at[] = {app->round_ms, keys_deadline(&app->keys), loop->resize_ms, jobs_deadline(app), loop->tick_ms,
	                app->wake_ms, loop->check_ms};
	int64_t first = INT64_MAX;

	if (app->reading && !app->source->apart)
		return 0;
	if (app->reading)
		at[0] = -1; /* it comes when it comes */
	for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
		if (at[i] >= 0 && at[i] < first)
			first = at[i];
	first -= now_ms();
	return first < 0 ? 0 : first > 60000 ? 60000 : (int)first;
}

static void turn(struct loop *loop)
{
	struct app *app = &loop->app;
	struct output *output = screen_output(app->screen);
	struct pollfd wait[OTHERS + JOBS_MAX + WATCHES_MAX];
	size_t count = OTHERS, jobs;

	wait[0] = (struct pollfd){.fd = output->fd, .events = (short)(output_pending(output) ? POLLIN | POLLOUT : POLLIN)};
	wait[1] = (struct pollfd){.fd = app->signals, .events = POLLIN};
	wait[2] = (struct pollfd){.fd = app->source->answer_fd, .events = POLLIN};
	/* Only then is it read: one that hung up would make every poll return at once. */
	wait[3] = (struct pollfd){.fd = app->source->apart && app->reading ? app->source->round_fd : -1, .events = POLLIN};
	for (size_t i = 0; i < app->jobs_count; i++)
		if (app->jobs[i].job)
			wait[count++] = (struct pollfd){.fd = app->source->act_fd(app->jobs[i].job), .events = POLLIN};
	jobs = count - OTHERS;
	for (size_t i = 0; i < app->watches_count; i++)
		wait[count++] = (struct pollfd){.fd = app->watches[i].fd, .events = app->watches[i].events};
	if (poll(wait, count, timeout(loop)) < 0 && errno != EINTR)
		app_quit(app, 1);
	app->now_ms = now_ms();
	read_keys(app);
	if (wait[0].revents & POLLOUT)
		output_send(output);
	draw(loop);
	if (wait[1].revents)
		read_signals(loop);
	if (wait[2].revents) {
		app->source->take(app->source);
		app->data_due = true;
	}
	read_jobs(app, wait + OTHERS, jobs);
	read_watches(app, wait + OTHERS + jobs, count - OTHERS - jobs);
	resize(loop);
	tick(loop);
	figures(app, SLICE_USEC);
	look_after(loop);
	draw(loop);
	if (output->gone)
		app_quit(app, 128 + SIGHUP);
}

static void take_settings(struct app *app, const struct app_options *options)
{
	struct auberge_error error = {0};

	snprintf(app->theme, sizeof app->theme, "%s", options && options->theme ? options->theme : "default");
	app->ascii = options && options->ascii;
	if (options && options->settings_file)
		snprintf(app->settings_file, sizeof app->settings_file, "%s", options->settings_file);
	if (options && options->sort)
		model_order_parse(&app->model->order, options->sort, &error);
}

static bool open_loop(struct loop *loop, struct source *source, const struct app_options *options)
{
	struct app *app = &loop->app;
	struct screen_options screen = {.terminal = STDOUT_FILENO, .theme = options ? options->theme : NULL,
	                                .ascii = options && options->ascii};
	char message[512];
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
		sigaddset(&set, watched[i]);
	sigprocmask(SIG_BLOCK, &set, &loop->before);
	app->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	app->source = source;
	app->model = source->model;
	app->rate_seconds = options && options->rate_seconds > 0 ? options->rate_seconds : 2;
	app->round_every_ms = options ? options->round_ms : 0;
	take_settings(app, options);
	app->now_ms = now_ms();
	loop->resize_ms = loop->check_ms = app->wake_ms = -1;
	loop->tick_ms = app->now_ms + 1000;
	app->screen = app->signals >= 0 ? screen_open(&screen, message, sizeof message) : NULL;
	if (!app->screen) {
		fprintf(stderr, "auberge: %s\n", app->signals < 0 ? strerror(errno) : message);
		return false;
	}
	keys_init(&app->keys, keys_escape_delay(getenv("ESCDELAY"), getenv("SSH_CONNECTION")), screen_capability);
	if (source->notice)
		app_say(app, ROLE_INFO, "%s", source->notice);
	if (options && options->warning && !message[0])
		snprintf(message, sizeof message, "%s", options->warning);
	if (message[0])
		app_say(app, ROLE_WARN, "%s", message);
	if (!app_push(app, &dashboard_view, NULL))
		return false;
	if (options && options->view && !app_push(app, options->view, NULL))
		return false;
	first_round(app);
	return true;
}

int app_run_source(struct source *source, const struct app_options *options)
{
	struct loop *loop = calloc(1, sizeof *loop);
	int status = 1;

	if (!loop)
		return 1;
	loop->app.signals = -1;
	if (open_loop(loop, source, options)) {
		draw(loop);
		while (!loop->app.quit)
			turn(loop);
		status = loop->app.exit_status;
	}
	while (loop->app.views_count > 0)
		app_pop(&loop->app);
	consoles_close(&loop->app);
	jobs_close(&loop->app);
	bulks_close(&loop->app);
	targets_free(&loop->app);
	creations_close(&loop->app);
	edit_saves_close(&loop->app);
	screen_close(loop->app.screen);
	if (loop->app.signals >= 0)
		close(loop->app.signals);
	if (status == 128 + SIGHUP) /* the terminal is gone: the kernel's signal of it may still be on its way */
		signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_SETMASK, &loop->before, NULL);
	free(loop);
	return status;
}
