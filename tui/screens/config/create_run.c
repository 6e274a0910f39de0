/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child that makes a guest: `auberge create` in a session of its own, whose lines "PERCENT TEXT" come through a pipe.
 * Owns struct creation and the child's descriptors.
 *
 * Invariants: a guest appears whole or not at all, whoever leaves when: the child goes on without the screen and without
 * the program, and SIGTERM makes it take everything away again before it ends.
 */
#include "screens/child.h"
#include "screens/config/create.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct creation {
	struct creation *next; /* in app->creations */
	struct create *create; /* the screen; NULL: it was left */
	char name[AUBERGE_NAME_MAX + 1];
	struct child child; /* its words are lines */
	char line[512]; /* begun, its end has not come yet */
	size_t length;
	int percent;
	char stage[160];
	char complaint[2048]; /* lines that are no progress */
	bool cancelled;
};

static void take_line(struct creation *creation)
{
	size_t have = strlen(creation->complaint);
	int percent, at = 0;

	creation->line[creation->length] = '\0';
	creation->length = 0;
	if (sscanf(creation->line, "%3d %n", &percent, &at) == 1 && at > 0) {
		creation->percent = percent;
		auberge_text_clean(creation->stage, sizeof creation->stage, creation->line + at, strlen(creation->line + at), 0);
	} else {
		snprintf(creation->complaint + have, sizeof creation->complaint - have, "%s\n", creation->line);
	}
}

/* All that is there now; false: the pipe is closed. */
static bool take_lines(struct creation *creation)
{
	char block[512];
	ssize_t got;

	while ((got = read(creation->child.words, block, sizeof block)) > 0)
		for (ssize_t i = 0; i < got; i++) {
			if (block[i] == '\n')
				take_line(creation);
			else if (creation->length + 1 < sizeof creation->line)
				creation->line[creation->length++] = block[i];
		}
	return got < 0 && errno == EAGAIN;
}

static void forget(struct app *app, struct creation *creation)
{
	struct creation **link = &app->creations;

	while (*link != creation)
		link = &(*link)->next;
	*link = creation->next;
	app_unwatch(app, creation->child.pidfd);
	app_unwatch(app, creation->child.words);
	close(creation->child.pidfd);
	close(creation->child.words);
	free(creation);
}

/* "auberge: WHAT: WHY" and an indented remedy. */
static void split_complaint(char *complaint, char **remedy)
{
	char *line = strstr(complaint, "\n    ");

	*remedy = NULL;
	if (!line)
		return;
	*line = '\0';
	*remedy = line + 5;
	(*remedy)[strcspn(*remedy, "\n")] = '\0';
}

static void ended(struct app *app, struct creation *creation, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	struct create *create = creation->create;
	char name[AUBERGE_NAME_MAX + 1], complaint[sizeof creation->complaint], *remedy;
	bool cancelled = creation->cancelled;

	snprintf(name, sizeof name, "%s", creation->name);
	snprintf(complaint, sizeof complaint, "%s", creation->complaint);
	split_complaint(complaint, &remedy);
	forget(app, creation);
	app->round_ms = 0; /* the list is read anew */
	if (create)
		create->creation = NULL;
	if (good && create)
		create_done(app, create, name);
	else if (good)
		app_say(app, ROLE_OK, "%s created: u starts it", name);
	else if (cancelled)
		app_say(app, ROLE_INFO, "%s: broken off, nothing is left", name);
	else if (create && complaint[0])
		create_blame(app, create, complaint, remedy);
	else
		app_say(app, ROLE_CRIT, "%s", complaint[0] ? complaint + (strncmp(complaint, "auberge: ", 9) == 0 ? 9 : 0) :
		        "the making ended without a word");
	if (create && !good)
		form_focus_problem(&create->form);
}

static void on_lines(struct app *app, void *data, short events)
{
	struct creation *creation = data;

	(void)events;
	if (!take_lines(creation))
		app_unwatch(app, creation->child.words);
	app->echo_due = true;
}

static void on_end(struct app *app, void *data, short events)
{
	struct creation *creation = data;
	int status = 0;
	pid_t pid = waitpid(creation->child.pid, &status, WNOHANG);

	(void)events;
	if (pid == 0)
		return;
	take_lines(creation);
	ended(app, creation, status);
	app->echo_due = true;
}

/* One that cannot be waited for is not to be. */
static bool spawn(struct app *app, struct child *child, char *const *argv)
{
	if (!child_begin(app, child, (const char *const *)argv, false))
		return false;
	if (child->pidfd >= 0)
		return true;
	kill(child->pid, SIGTERM);
	waitpid(child->pid, NULL, 0);
	close(child->words);
	return false;
}

struct creation *creation_begin(struct app *app, struct create *create, char *const *argv)
{
	struct creation *creation = calloc(1, sizeof *creation);

	if (!creation || !spawn(app, &creation->child, argv)) {
		app_say(app, ROLE_CRIT, "auberge create %s: %s", argv[2], strerror(errno));
		free(creation);
		return NULL;
	}
	creation->create = create;
	snprintf(creation->name, sizeof creation->name, "%s", argv[2]);
	creation->next = app->creations;
	app->creations = creation;
	if (app_watch(app, creation->child.pidfd, POLLIN, on_end, creation) &&
	    app_watch(app, creation->child.words, POLLIN, on_lines, creation))
		return creation;
	app_say(app, ROLE_WARN, "%s is being made; too much is watched to say when", creation->name);
	forget(app, creation);
	return NULL;
}

void creation_cancel(struct creation *creation)
{
	creation->cancelled = true;
	kill(creation->child.pid, SIGTERM);
}

void creation_leave(struct creation *creation)
{
	creation->create = NULL;
}

const char *creation_name(const struct creation *creation)
{
	return creation->name;
}

int creation_percent(const struct creation *creation)
{
	return creation->percent;
}

const char *creation_stage(const struct creation *creation)
{
	return creation->stage;
}

void creations_close(struct app *app)
{
	while (app->creations)
		forget(app, app->creations);
}
