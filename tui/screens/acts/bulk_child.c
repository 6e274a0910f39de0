/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program itself as a child in the background: `auberge destroy NAME --yes`, in a session of its own, so that neither
 * our end nor the terminal's ends it halfway. Owns its pidfd and the pipe of its words; its end comes by the pidfd.
 */
#include "screens/acts/bulk.h"
#include "screens/child.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct bulk_child {
	struct bulk *bulk;
	size_t index; /* of its target */
	struct child child;
	char said[1024]; /* the first of it */
	size_t length;
};

void bulk_child_free(struct app *app, struct bulk_child *child)
{
	if (child->child.pidfd >= 0) {
		app_unwatch(app, child->child.pidfd);
		close(child->child.pidfd);
	}
	if (child->child.words >= 0) {
		app_unwatch(app, child->child.words);
		close(child->child.words);
	}
	free(child);
}

/* What does not fit is read and dropped: a full pipe would hold it up. False: the end. */
static bool hear(struct bulk_child *child)
{
	char block[512];
	ssize_t got = read(child->child.words, block, sizeof block);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	for (ssize_t i = 0; i < got && child->length + 1 < sizeof child->said; i++)
		child->said[child->length++] = block[i];
	return got > 0;
}

static void on_words(struct app *app, void *data, short events)
{
	struct bulk_child *child = data;

	(void)events;
	if (hear(child))
		return;
	app_unwatch(app, child->child.words);
	close(child->child.words);
	child->child.words = -1;
}

/* Its lines without its name before each, joined by "; ". */
static void join_words(const struct bulk_child *child, const char *name, char *out, size_t size)
{
	size_t length = 0, skip = strlen(name);
	char said[sizeof child->said];
	char *rest = said, *line;

	out[0] = '\0';
	memcpy(said, child->said, child->length);
	said[child->length] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " ");
		if (strncmp(line, "auberge: ", 9) == 0)
			line += 9;
		if (strncmp(line, name, skip) == 0 && strncmp(line + skip, ": ", 2) == 0)
			line += skip + 2;
		if (*line == '\0' || strcmp(line, "destroyed") == 0 || length + 1 >= size)
			continue;
		length += (size_t)snprintf(out + length, size - length, "%s%s", length ? "; " : "", line);
	}
}

static void on_end(struct app *app, void *data, short events)
{
	struct bulk_child *child = data;
	struct bulk *bulk = child->bulk;
	const char *name = bulk->targets[child->index].name;
	size_t index = child->index;
	char said[sizeof child->said], why[sizeof child->said + 32];
	int status = 0;
	bool done;

	(void)events;
	if (waitpid(child->child.pid, &status, WNOHANG) == 0)
		return;
	while (child->child.words >= 0 &&
	       poll(&(struct pollfd){.fd = child->child.words, .events = POLLIN}, 1, 0) == 1 && hear(child))
		;
	done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	join_words(child, name, said, sizeof said);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "ended by signal %d; audit tells what is left", WTERMSIG(status));
	else
		snprintf(why, sizeof why, "%s", said);
	bulk->child = NULL;
	bulk_child_free(app, child);
	bulk_child_ended(bulk, index, done, why);
}

struct bulk_child *bulk_child_begin(struct app *app, struct bulk *bulk, const char *verb, size_t index)
{
	const char *name = bulk->targets[index].name;
	const char *const argv[] = {"auberge", verb, name, "--yes", NULL};
	struct bulk_child *child = calloc(1, sizeof *child);

	if (!child || !child_begin(app, &child->child, argv, true)) {
		app_say(app, ROLE_CRIT, "%s %s: %s", verb, name, strerror(child ? errno : ENOMEM));
		free(child);
		return NULL;
	}
	child->bulk = bulk;
	child->index = index;
	if (child->child.pidfd >= 0 && app_watch(app, child->child.pidfd, POLLIN, on_end, child) &&
	    app_watch(app, child->child.words, POLLIN, on_words, child))
		return child;
	app_say(app, ROLE_CRIT, "%s %s: it goes on, but cannot be watched", verb, name);
	bulk_child_free(app, child);
	return NULL;
}
