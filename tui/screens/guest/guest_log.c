/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest screen's log: the end of what its console wrote, going along with what comes. The file is read in pieces, one
 * a turn of the loop; inotify(7) tells when there is more and when the file was put aside for a new one. What is shown is
 * cleaned when it is drawn, so neither its length nor that of a line holds anything up.
 */
#include "screens/guest/guest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAME_MS 50   /* between frames of new lines */
#define AGAIN_MS 1000 /* between looks for a file that is not there */
#define PIECE 65536
#define TAIL (512 * 1024) /* read at first */

void guest_log_open(struct guest_screen *guest)
{
	guest->log = (struct guest_log){.fd = -1, .watch = -1};
}

static void close_file(struct app *app, struct guest_log *log)
{
	if (log->watch >= 0) {
		app_unwatch(app, log->watch);
		close(log->watch);
	}
	if (log->fd >= 0)
		close(log->fd);
	log->fd = log->watch = -1;
}

void guest_log_close(struct app *app, struct guest_screen *guest)
{
	close_file(app, &guest->log);
	lines_free(&guest->log.lines);
}

/* Something happened to the file: read on in the next tick, which comes at once. */
static void changed(struct app *app, void *data, short events)
{
	struct guest_log *log = data;
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got;

	(void)events;
	while ((got = read(log->watch, buffer, sizeof buffer)) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);

			log->renamed = log->renamed || event->mask & (IN_MOVE_SELF | IN_DELETE_SELF);
			at += (ssize_t)(sizeof *event + event->len);
		}
	app_wake(app, app->now_ms);
}

static void watch(struct app *app, struct guest_log *log)
{
	char path[64];

	/* By the descriptor: the name may be another file's by now. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", log->fd);
	log->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (log->watch >= 0 && inotify_add_watch(log->watch, path, IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF) >= 0 &&
	    app_watch(app, log->watch, POLLIN, changed, log))
		return;
	if (log->watch >= 0)
		close(log->watch);
	log->watch = -1; /* each tick looks then */
}

static bool open_file(struct app *app, struct guest_screen *guest)
{
	struct guest_log *log = &guest->log;
	char path[512] = "";
	struct stat status;
	int fd = app->source->open_file ? app->source->open_file(app->source, SOURCE_LOG, guest->name, path, sizeof path) : -ENOENT;
	bool first = !log->looked;

	log->looked = true;
	if (fd == -ENOENT) {
		snprintf(log->error, sizeof log->error, "nothing was written to its console yet: there is no %s", path);
		return false;
	}
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		snprintf(log->error, sizeof log->error, "%s: %s%s", path, fd < 0 ? strerror(-fd) : "not a plain file",
		         guest_denied(app, -fd));
		if (fd >= 0)
			close(fd);
		return false;
	}
	log->error[0] = '\0';
	log->renamed = false;
	log->fd = fd;
	if (first && status.st_size > TAIL) {
		lseek(fd, status.st_size - TAIL, SEEK_SET);
		log->skipping = true;
	}
	watch(app, log);
	return true;
}

/* One piece. True: there may be more. */
static bool read_piece(struct guest_log *log)
{
	char piece[PIECE], *from = piece;
	ssize_t got = read(log->fd, piece, sizeof piece), left = got;
	struct stat status;

	if (got <= 0) { /* cut short by someone: what is there is all new */
		if (got == 0 && fstat(log->fd, &status) == 0 && status.st_size < lseek(log->fd, 0, SEEK_CUR))
			return lseek(log->fd, 0, SEEK_SET) == 0 && status.st_size > 0;
		return false;
	}
	if (log->skipping) {
		char *end = memchr(piece, '\n', (size_t)got);

		from = end ? end + 1 : piece + got;
		left = got - (from - piece);
		log->skipping = !end;
	}
	lines_feed(&log->lines, from, (size_t)left);
	return got == (ssize_t)sizeof piece;
}

static void tick(struct app *app, struct guest_screen *guest)
{
	struct guest_log *log = &guest->log;
	uint64_t before = log->lines.dropped + log->lines.count;
	size_t length = log->lines.length;

	if (log->fd < 0 && log->looked && app->now_ms < log->tried_ms + AGAIN_MS) {
		app_wake(app, log->tried_ms + AGAIN_MS);
		return;
	}
	if (log->fd < 0) {
		log->tried_ms = app->now_ms;
		log->changed = true; /* there may be another reason why there is none */
		if (!open_file(app, guest)) {
			app->data_due = true;
			return;
		}
	}
	if (read_piece(log))
		app_wake(app, app->now_ms);
	else if (log->renamed)
		close_file(app, log);
	log->changed = log->changed || log->lines.dropped + log->lines.count != before || log->lines.length != length;
	if (!log->changed)
		return;
	if (app->now_ms < log->drawn_ms + FRAME_MS) {
		app_wake(app, log->drawn_ms + FRAME_MS);
		return;
	}
	log->changed = false;
	log->drawn_ms = app->now_ms;
	app->data_due = true;
}

/* --- drawing */

static size_t clamp_first(struct guest_log *log, size_t page)
{
	size_t count = log->lines.count, last = count > page ? count - page : 0;
	size_t first = log->first > log->lines.dropped ? (size_t)(log->first - log->lines.dropped) : 0;

	if (!log->left_end || first > last)
		first = last;
	log->left_end = log->left_end && first < last;
	log->first = log->lines.dropped + first;
	return first;
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	struct guest_log *log = &guest->log;
	int columns = screen_columns(app->screen);
	char text[LINES_CLEAN];
	size_t first;

	(void)row;
	log->page = (size_t)height;
	if (log->lines.count == 0)
		screen_text(app->screen, line + 1, 1, columns - 1, log->error[0] ? ROLE_WARN : ROLE_DIM,
		            log->error[0] ? log->error : log->looked ? "nothing was written to its console yet" : "");
	first = clamp_first(log, (size_t)height);
	for (int i = 0; i < height && first + (size_t)i < log->lines.count; i++) {
		size_t index = first + (size_t)i;
		enum role role = log->found == log->lines.dropped + index + 1 ? ROLE_MATCH : ROLE_TEXT;

		lines_text(&log->lines, index, text, sizeof text);
		screen_text(app->screen, line + i, 0, columns, role, lines_from_column(text, log->column));
	}
}

static void move(struct app *app, struct guest_screen *guest, uint32_t key)
{
	struct guest_log *log = &guest->log;
	size_t page = key == K_PAGE_UP || key == K_PAGE_DOWN ? log->page : 1;
	uint64_t oldest = log->lines.dropped;

	(void)app;
	if (key == 'G' || key == K_END) {
		log->left_end = false;
		return;
	}
	if (key == 'g' || key == K_HOME)
		log->first = oldest;
	else if (key == K_UP || key == 'k' || key == K_PAGE_UP)
		log->first = log->first > oldest + page ? log->first - page : oldest;
	else
		log->first += page;
	log->left_end = true; /* drawing takes it back at the end */
}

/* From the newest line back: what happened last is looked for first. */
static void find(struct app *app, struct guest_screen *guest, int step)
{
	struct guest_log *log = &guest->log;
	uint64_t dropped = log->lines.dropped;
	ssize_t from = log->found > dropped ? (ssize_t)(log->found - dropped - 1) : -1, at;

	at = lines_search(&log->lines, from, -step, log->search);
	if (at < 0) {
		app_say(app, ROLE_WARN, "%.200s: not in the %zu lines read", log->search, log->lines.count);
		return;
	}
	log->found = dropped + (uint64_t)at + 1;
	log->first = dropped + (size_t)at > dropped + log->page / 2 ? dropped + (uint64_t)at - log->page / 2 : dropped;
	log->left_end = true;
}

static void status(const struct guest_screen *guest, char *out, size_t size)
{
	const struct guest_log *log = &guest->log;
	char column[32] = "";

	if (log->column > 0)
		snprintf(column, sizeof column, "  from column %zu", log->column + 1);
	snprintf(out, size, "%zu line%s%s  %s", log->lines.count, log->lines.count == 1 ? "" : "s", column, log->left_end ? "G follows" : "following");
}

const struct guest_tab guest_log_tab = {.name = "Log", .tick = tick, .draw = draw, .move = move, .find = find, .status = status};
