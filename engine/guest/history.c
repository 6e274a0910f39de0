/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's events and last end on disk. Lines are appended by one write each, so that readers see whole lines; a
 * line that is not understood is skipped. Text is cleaned on the way in and on the way out: the file may be older
 * than we.
 */
#include "guest/history.h"
#include "guest/history_json.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Numbers of a file are anyone's: into range before they become integers. */
static int64_t integer_of(const struct json_value *value, int64_t otherwise)
{
	return value->type == JSON_NUMBER ? (int64_t)value->number : otherwise;
}

static int status_of(const struct json_value *value)
{
	int64_t number = integer_of(value, -1);

	return number >= 0 && number <= 255 ? (int)number : -1;
}

static void text_of(const struct json_value *value, char *out, size_t size)
{
	if (value->type == JSON_STRING)
		auberge_text_clean(out, size, value->text, strlen(value->text), 0);
}

static void add_text(struct buffer *out, const char *key, const char *text)
{
	char clean[512];

	if (!*text)
		return;
	auberge_text_clean(clean, sizeof clean, text, strlen(text), 0);
	json_add_string(out, key, clean);
}

static void take_event(void *data, const char *key, const struct json_value *value)
{
	struct auberge_history_event *event = data;

	if (strcmp(key, "time") == 0)
		event->time_seconds = integer_of(value, 0);
	else if (strcmp(key, "name") == 0)
		text_of(value, event->name, sizeof event->name);
	else if (strcmp(key, "event") == 0)
		text_of(value, event->event, sizeof event->event);
	else if (strcmp(key, "cause") == 0)
		text_of(value, event->cause, sizeof event->cause);
	else if (strcmp(key, "status") == 0)
		event->status = status_of(value);
	else if (strcmp(key, "by") == 0)
		text_of(value, event->by, sizeof event->by);
	else if (strcmp(key, "seconds") == 0)
		event->seconds = value->type == JSON_NUMBER ? value->number : -1;
	else if (strcmp(key, "count") == 0)
		event->count = (uint64_t)(integer_of(value, 0) > 0 ? integer_of(value, 0) : 0);
	else if (strcmp(key, "detail") == 0)
		text_of(value, event->detail, sizeof event->detail);
}

bool history_parse_line(const char *line, size_t length, struct auberge_history_event *event)
{
	*event = (struct auberge_history_event){.status = -1, .seconds = -1};
	return json_parse_flat(line, length, take_event, event) && event->event[0] != '\0';
}

static void take_end(void *data, const char *key, const struct json_value *value)
{
	struct auberge_end *end = data;

	if (strcmp(key, "cause") == 0)
		text_of(value, end->cause, sizeof end->cause);
	else if (strcmp(key, "status") == 0)
		end->status = status_of(value);
	else if (strcmp(key, "bad") == 0)
		end->bad = value->type == JSON_BOOL && value->truth;
	else if (strcmp(key, "time") == 0)
		end->time_seconds = integer_of(value, 0);
	else if (strcmp(key, "seconds") == 0)
		end->ran_seconds = value->type == JSON_NUMBER ? value->number : 0;
	else if (strcmp(key, "detail") == 0)
		text_of(value, end->detail, sizeof end->detail);
}

int history_read_end(int dirfd, struct auberge_end *end)
{
	char text[2048];
	ssize_t length;

	*end = (struct auberge_end){.status = -1};
	length = file_read_at(dirfd, "last_end", text, sizeof text);
	if (length < 0)
		return length == -ENOENT ? 0 : (int)length;
	if (!json_parse_flat(text, (size_t)length, take_end, end) || end->cause[0] == '\0') {
		*end = (struct auberge_end){.status = -1};
		return -EBADMSG;
	}
	end->known = true;
	return 0;
}

int history_write_end(const struct auberge *auberge, const char *name, const struct auberge_end *end,
                      struct auberge_error *error)
{
	cleanup_close int fd = set_open_guest(auberge, name);
	cleanup_buffer struct buffer out = {0};
	int result;

	if (fd < 0)
		return error_set(error, errno, "%s/%s", auberge->state_dir, name);
	json_begin(&out);
	json_add_string(&out, "cause", end->cause);
	json_add_integer(&out, "status", end->status);
	json_add_integer(&out, "time", end->time_seconds);
	json_add_seconds(&out, "seconds", end->ran_seconds);
	json_add_bool(&out, "bad", end->bad);
	add_text(&out, "detail", end->detail);
	json_end(&out);
	result = out.failed ? -ENOMEM : file_swap_at(fd, "last_end", out.data, out.length, 0600);
	return result < 0 ? error_set(error, -result, "%s/%s/last_end", auberge->state_dir, name) : 0;
}

int history_clear_end(const struct auberge *auberge, const char *name)
{
	cleanup_close int fd = set_open_guest(auberge, name);

	if (fd < 0)
		return -errno;
	return unlinkat(fd, "last_end", 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Drops the older half at a line's end. */
static int shorten(int dirfd)
{
	cleanup_free char *text = NULL;
	ssize_t length = file_read_whole_at(dirfd, "events", 4 * HISTORY_LIMIT, &text);
	const char *keep;

	if (length == -EFBIG)
		return unlinkat(dirfd, "events", 0) < 0 ? -errno : 0;
	if (length < 0)
		return (int)length;
	keep = memchr(text + length / 2, '\n', (size_t)(length - length / 2));
	keep = keep ? keep + 1 : text + length;
	return file_replace_at(dirfd, "events", keep, (size_t)(text + length - keep), 0600);
}

static void format_event(struct buffer *out, const char *name, const struct auberge_history_event *event)
{
	json_begin(out);
	json_add_integer(out, "time", event->time_seconds);
	json_add_string(out, "name", name);
	add_text(out, "event", event->event);
	add_text(out, "cause", event->cause);
	if (event->status >= 0)
		json_add_integer(out, "status", event->status);
	add_text(out, "by", event->by);
	json_add_seconds(out, "seconds", event->seconds);
	if (event->count > 0)
		json_add_integer(out, "count", (int64_t)event->count);
	add_text(out, "detail", event->detail);
	json_end(out);
}

int history_add(const struct auberge *auberge, const char *name, const struct auberge_history_event *event,
                struct auberge_error *error)
{
	cleanup_close int dirfd = set_open_guest(auberge, name);
	cleanup_close int fd = -1;
	cleanup_buffer struct buffer out = {0};
	struct stat status;
	int result = 0;

	if (dirfd < 0)
		return error_set(error, errno, "%s/%s", auberge->state_dir, name);
	format_event(&out, name, event);
	if (out.failed)
		return error_set(error, ENOMEM, "%s/%s/events", auberge->state_dir, name);
	if (fstatat(dirfd, "events", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_size + (off_t)out.length > HISTORY_LIMIT)
		result = shorten(dirfd);
	if (result == 0) {
		fd = openat(dirfd, "events", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		result = fd < 0 ? -errno : write_all(fd, out.data, out.length);
	}
	return result < 0 ? error_set(error, -result, "%s/%s/events", auberge->state_dir, name) : 0;
}
