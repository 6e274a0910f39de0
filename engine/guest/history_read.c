/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of many guests as one story, the watch on them, and where a console's log is. */
#include "guest/history.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LAST_PART 16384 /* bytes of the events in which the newest one is looked for */

struct story {
	struct auberge_history_event *events;
	size_t count, room;
};

static bool story_add(struct story *story, const struct auberge_history_event *event, const char *name)
{
	if (story->count == story->room) {
		size_t room = story->room ? story->room * 2 : 64;
		void *more = reallocarray(story->events, room, sizeof *story->events);

		if (!more)
			return false;
		story->events = more;
		story->room = room;
	}
	story->events[story->count] = *event;
	snprintf(story->events[story->count].name, sizeof event->name, "%s", name);
	story->count++;
	return true;
}

static int read_guest(const struct auberge *auberge, const char *name, struct story *story,
                      struct auberge_error *error)
{
	cleanup_close int dirfd = set_open_guest(auberge, name);
	cleanup_free char *text = NULL;
	struct auberge_history_event event;
	ssize_t length;

	if (dirfd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_set(error, errno, "%s/%s", auberge->state_dir, name);
	length = file_read_whole_at(dirfd, "events", 4 * HISTORY_LIMIT, &text);
	if (length < 0)
		return length == -ENOENT ? 0 : error_set(error, (int)-length, "%s/%s/events", auberge->state_dir, name);
	for (const char *at = text, *end = text + length; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline)
			break; /* torn: still being written */
		if (history_parse_line(at, (size_t)(newline - at), &event) && !story_add(story, &event, name))
			return error_set(error, ENOMEM, "events of %s", name);
		at = newline + 1;
	}
	return 0;
}

/* Pointers into the array as read: equal times stay in the file's order. */
static int compare(const void *left, const void *right)
{
	const struct auberge_history_event *a = *(struct auberge_history_event *const *)left;
	const struct auberge_history_event *b = *(struct auberge_history_event *const *)right;

	if (a->time_seconds != b->time_seconds)
		return a->time_seconds < b->time_seconds ? -1 : 1;
	return a < b ? -1 : a > b;
}

static struct auberge_history_event *sorted(const struct story *story)
{
	cleanup_free struct auberge_history_event **order = calloc(story->count + 1, sizeof *order);
	struct auberge_history_event *result = calloc(story->count + 1, sizeof *result);

	if (!order || !result) {
		free(result);
		return NULL;
	}
	for (size_t i = 0; i < story->count; i++)
		order[i] = &story->events[i];
	qsort(order, story->count, sizeof *order, compare);
	for (size_t i = 0; i < story->count; i++)
		result[i] = *order[i];
	return result;
}

static int read_all(const struct auberge *auberge, struct story *story, struct auberge_error *error)
{
	cleanup_dir DIR *dir = opendir(auberge->state_dir);
	const struct dirent *entry;

	if (!dir) {
		bool denied = errno == EACCES;

		if (errno == ENOENT)
			return 0;
		return error_set_code(error, denied ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, errno, "%s", auberge->state_dir);
	}
	while (errno = 0, (entry = readdir(dir))) {
		if (auberge_name_valid(entry->d_name) && entry->d_type != DT_REG &&
		    read_guest(auberge, entry->d_name, story, error) < 0)
			return -1;
	}
	return errno ? error_set(error, errno, "%s", auberge->state_dir) : 0;
}

int auberge_history(struct auberge *auberge, const char *const *names, size_t names_count,
                    struct auberge_history_event **events, size_t *count, struct auberge_error *error)
{
	struct story story = {0};
	int result = 0;

	*events = NULL;
	*count = 0;
	set_refresh(auberge);
	for (size_t i = 0; result == 0 && i < names_count; i++) {
		result = set_require_guest(auberge, names[i], error);
		if (result == 0)
			result = read_guest(auberge, names[i], &story, error);
	}
	if (result == 0 && names_count == 0)
		result = read_all(auberge, &story, error);
	if (result == 0) {
		*events = sorted(&story);
		*count = *events ? story.count : 0;
		if (!*events)
			result = error_set(error, ENOMEM, "events");
	}
	free(story.events);
	return result;
}

int auberge_history_last(struct auberge *auberge, const char *name, const char *kind, struct auberge_history_event *event,
                         struct auberge_error *error)
{
	cleanup_close int dirfd = set_open_guest(auberge, name);
	cleanup_close int fd = dirfd < 0 ? -1 : openat(dirfd, "events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct auberge_history_event one;
	char text[LAST_PART], *at = text;
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END), begin;
	ssize_t length;
	int found = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(error, errno, "%s/%s/events", auberge->state_dir, name);
	begin = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
	length = size < 0 ? -1 : pread(fd, text, sizeof text, begin);
	if (length < 0)
		return error_set(error, errno, "%s/%s/events", auberge->state_dir, name);
	/* a first line that is cut is none of ours, so it is passed over */
	for (const char *newline; (newline = memchr(at, '\n', (size_t)(text + length - at))); at += newline - at + 1) {
		if (!history_parse_line(at, (size_t)(newline - at), &one) || strcmp(one.event, kind) != 0)
			continue;
		*event = one;
		found = 1;
	}
	if (found)
		snprintf(event->name, sizeof event->name, "%s", name);
	return found;
}

/* One that is watched already stays so: the kernel knows it by its inode. */
static int watch_guests(const struct auberge *auberge, int fd, struct auberge_error *error)
{
	cleanup_dir DIR *dir = opendir(auberge->state_dir);
	const struct dirent *entry;

	if (!dir)
		return error_set_code(error, errno == EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, errno, "%s",
		                      auberge->state_dir);
	while ((entry = readdir(dir))) {
		cleanup_free char *path = NULL;

		if (!auberge_name_valid(entry->d_name) || entry->d_type == DT_REG)
			continue;
		if (asprintf(&path, "%s/%s", auberge->state_dir, entry->d_name) < 0) {
			path = NULL;
			return error_set(error, ENOMEM, "%s", entry->d_name);
		}
		if (inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0 &&
		    errno != ENOENT && errno != ENOTDIR)
			return error_set(error, errno, "%s: inotify", path);
	}
	return 0;
}

int auberge_history_watch(struct auberge *auberge, struct auberge_error *error)
{
	cleanup_close int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return error_set(error, errno, "inotify: no more watches for this user");
	if (inotify_add_watch(fd, auberge->state_dir, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR) < 0)
		return error_set_code(error, errno == EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, errno, "%s: inotify",
		                      auberge->state_dir);
	return watch_guests(auberge, fd, error) < 0 ? -1 : take_fd(&fd);
}

int auberge_history_watch_take(struct auberge *auberge, int watch, struct auberge_error *error)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool came = false;
	ssize_t got;

	while ((got = read(watch, buffer, sizeof buffer)) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);

			came |= (event->mask & IN_Q_OVERFLOW) || (event->mask & IN_ISDIR && event->mask & (IN_CREATE | IN_MOVED_TO));
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return error_set(error, errno, "cannot read what inotify tells");
	return came ? watch_guests(auberge, watch, error) : 0;
}

char *auberge_log_path(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	char *path;

	if (set_require_guest(auberge, name, error) < 0)
		return NULL;
	if (asprintf(&path, "%s/%s.console", auberge->log_dir, name) < 0) {
		error_set(error, ENOMEM, "%s", name);
		return NULL;
	}
	return path;
}
