/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A save in a child of our own, which tells how it ended through a pipe. Owns struct edit_save, the pipe, and app->saves.
 *
 * Invariant: the loop never waits for the save; the child ends it by itself whatever becomes of the screens.
 */
#include "screens/config/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANGES_MAX 512

struct edit_save {
	struct edit_save *next; /* in app->saves */
	char name[AUBERGE_NAME_MAX + 1];
	pid_t pid;
	int fd;
	void (*saved)(struct app *app, void *data, const struct edit_saved *end); /* NULL: it was left */
	void *data;
	char *bytes; /* what came: struct edit_saved, then its changes */
	size_t length, room;
};

static void put(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t wrote = write(fd, at, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return; /* nobody is there to be told */
		at += wrote;
		length -= (size_t)wrote;
	}
}

/* In the child. */
static _Noreturn void do_save(struct app *app, struct auberge_edit *text, unsigned flags, int fd)
{
	static struct edit_saved end; /* it holds 5 KiB */

	end.result = app->source->editing->save(text, flags, &end.changes, &end.count, &end.error);
	if (!end.changes || end.count > CHANGES_MAX)
		end.count = 0;
	put(fd, &end, sizeof end);
	put(fd, end.changes, end.count * sizeof *end.changes);
	_exit(0);
}

void editor_save_leave(struct edit_save *save)
{
	save->saved = NULL;
}

static void forget(struct app *app, struct edit_save *save)
{
	struct edit_save **link = &app->saves;

	while (*link != save)
		link = &(*link)->next;
	*link = save->next;
	app_unwatch(app, save->fd);
	if (save->fd >= 0)
		close(save->fd);
	free(save->bytes);
	free(save);
}

void edit_saves_close(struct app *app)
{
	while (app->saves)
		forget(app, app->saves);
}

/* Nobody waited for it. */
static void tell(struct app *app, const char *name, const struct edit_saved *end)
{
	struct auberge_error error = end->error;

	if (end->result >= 0) {
		app_say(app, ROLE_OK, "%s is saved now", name);
		return;
	}
	snprintf(error.text, sizeof error.text, "%s was not saved: %.400s", name, end->error.text);
	app_say_error(app, &error);
}

static void finish(struct app *app, struct edit_save *save)
{
	struct edit_saved end = {.result = -1, .error = {.code = AUBERGE_FAILED}};
	void (*saved)(struct app *app, void *data, const struct edit_saved *end) = save->saved;
	void *data = save->data;
	char *bytes = save->bytes, name[sizeof save->name];

	snprintf(name, sizeof name, "%s", save->name);
	app_unwatch(app, save->fd);
	close(save->fd); /* where it is not over it ends at its next word to us */
	save->fd = -1;
	waitpid(save->pid, NULL, 0);
	if (save->length >= sizeof end)
		memcpy(&end, bytes, sizeof end);
	else
		snprintf(end.error.text, sizeof end.error.text, "the save was ended from outside: look at the file");
	if (save->length != sizeof end + end.count * sizeof *end.changes)
		end.count = 0;
	end.changes = end.count ? (struct auberge_change *)(void *)(bytes + sizeof end) : NULL;
	save->bytes = NULL;
	forget(app, save);
	if (saved)
		saved(app, data, &end);
	else
		tell(app, name, &end);
	free(bytes);
	app->echo_due = true;
}

static void on_bytes(struct app *app, void *data, short events)
{
	struct edit_save *save = data;
	ssize_t got;

	(void)events;
	if (save->room - save->length < 4096) {
		char *bytes = realloc(save->bytes, save->room + 65536);

		if (!bytes) {
			finish(app, save);
			return;
		}
		save->bytes = bytes;
		save->room += 65536;
	}
	got = read(save->fd, save->bytes + save->length, save->room - save->length);
	if (got > 0)
		save->length += (size_t)got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		finish(app, save);
}

struct edit_save *editor_save(struct app *app, const char *name, struct auberge_edit *text, unsigned flags,
                              void (*saved)(struct app *app, void *data, const struct edit_saved *end), void *data)
{
	struct edit_save *save = calloc(1, sizeof *save);
	int ends[2] = {-1, -1};

	if (save && pipe2(ends, O_CLOEXEC) == 0)
		save->pid = fork();
	if (save && ends[0] >= 0 && save->pid == 0) {
		close(ends[0]);
		for (struct edit_save *other = app->saves; other; other = other->next)
			close(other->fd); /* their children learn by that when nobody hears them */
		do_save(app, text, flags, ends[1]);
	}
	if (ends[1] >= 0)
		close(ends[1]);
	if (!save || ends[0] < 0 || save->pid < 0) {
		app_say(app, ROLE_CRIT, "nothing was saved: %s", strerror(errno));
		if (ends[0] >= 0)
			close(ends[0]);
		free(save);
		return NULL;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	save->fd = ends[0];
	save->saved = saved;
	save->data = data;
	snprintf(save->name, sizeof save->name, "%s", name);
	save->next = app->saves;
	app->saves = save;
	if (app_watch(app, save->fd, POLLIN, on_bytes, save))
		return save;
	app_say(app, ROLE_WARN, "it is being saved; too much is watched to say when");
	forget(app, save);
	return NULL;
}
