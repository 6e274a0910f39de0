/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge log`: the console's log, made fit for a terminal. Colour sequences are dropped and everything else that is
 * not plain text is made visible by the sanitiser, so that an old boot cannot play tricks on the reader's terminal.
 */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/terminal.h"
#include "model/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192
#define PARTIAL_MILLISECONDS 300 /* a prompt has no newline: shown when nothing came for that long */

static const struct option_row options[] = {
	{.name = "follow", .type = OPTION_FLAG, .help = "go on with what comes"},
	{.name = "lines", .type = OPTION_COUNT, .argument = "N", .help = "only the last N lines"},
	{.name = NULL},
};

struct log_lines {
	char line[LINE_MAX_BYTES]; /* what came after the last newline */
	size_t length;
	uint64_t skip; /* whole lines yet to be passed over */
};

static void put_line(struct log_lines *lines, bool newline)
{
	char clean[LINE_MAX_BYTES * 4];
	size_t length = lines->length;

	lines->length = 0;
	if (lines->skip > 0) {
		lines->skip -= newline;
		return;
	}
	auberge_text_clean(clean, sizeof clean, lines->line, lines_strip(lines->line, length), 0);
	fputs(clean, stdout);
	if (newline)
		putchar('\n');
}

static void take(struct log_lines *lines, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (data[i] != '\n')
			lines->line[lines->length++] = data[i];
		if (data[i] == '\n' || lines->length == sizeof lines->line)
			put_line(lines, data[i] == '\n');
	}
}

/* All that can be read now. 0, or 1 when stdout is gone. */
static int drain(struct log_lines *lines, int fd)
{
	char block[65536];
	ssize_t got;

	while ((got = read(fd, block, sizeof block)) > 0)
		take(lines, block, (size_t)got);
	return output_flush();
}

/* Newlines, and *last byte read: a line may begin in the predecessor and end in the log. */
static uint64_t count_newlines(int fd, char *last)
{
	char block[65536];
	uint64_t count = 0;
	ssize_t got;

	if (fd < 0)
		return 0;
	while ((got = read(fd, block, sizeof block)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			count += block[i] == '\n';
		*last = block[got - 1];
	}
	lseek(fd, 0, SEEK_SET);
	return count;
}

static int open_log(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* The predecessor and the log, as one. Leaves *fd open at its end, -1 if there is no log yet. */
static int put_existing(struct call *call, const char *path, struct log_lines *lines, int *fd)
{
	int64_t wanted = arguments_number(&call->arguments, "lines", -1);
	char former_path[4100], last = '\n';
	uint64_t count = 0;
	int former, status = 0;

	snprintf(former_path, sizeof former_path, "%s.1", path);
	former = open_log(former_path);
	*fd = open_log(path);
	if (*fd < 0 && errno != ENOENT) {
		status = complain(errno == EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, NULL, "%s: %s", path, strerror(errno));
	} else {
		if (wanted >= 0) {
			count = count_newlines(former, &last);
			count += count_newlines(*fd, &last);
			count += last != '\n';
			lines->skip = count > (uint64_t)wanted ? count - (uint64_t)wanted : 0;
		}
		if (former >= 0)
			status = drain(lines, former);
		if (status == 0 && *fd >= 0)
			status = drain(lines, *fd);
	}
	if (former >= 0)
		close(former);
	return status;
}

/* After a rotation the path is another file: what the old one still had was drained before. */
static int reopen(struct log_lines *lines, const char *path, int *fd)
{
	struct stat now, ours = {0};

	if (*fd >= 0 && fstat(*fd, &ours) == 0 && lseek(*fd, 0, SEEK_CUR) > ours.st_size)
		lseek(*fd, 0, SEEK_SET); /* cut short in place */
	if (stat(path, &now) < 0 || (*fd >= 0 && now.st_ino == ours.st_ino && now.st_dev == ours.st_dev))
		return *fd >= 0 ? drain(lines, *fd) : 0;
	if (*fd >= 0) {
		int status = drain(lines, *fd);

		close(*fd);
		if (status)
			return status;
	}
	*fd = open_log(path);
	return *fd >= 0 ? drain(lines, *fd) : 0;
}

static int watch_directory(const char *path)
{
	char *directory = strdup(path), *slash = directory ? strrchr(directory, '/') : NULL;
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (slash)
		*slash = '\0';
	if (watch < 0 || !slash ||
	    inotify_add_watch(watch, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE) < 0) {
		complain(AUBERGE_FAILED, NULL, "%s: cannot be followed: %s", directory ? directory : path, strerror(errno));
		if (watch >= 0)
			close(watch);
		watch = -1;
	}
	free(directory);
	return watch;
}

static int follow(struct log_lines *lines, const char *path, int watch, int *fd)
{
	char dropped[8192];
	int status = 0;

	lines->skip = 0;
	while (status == 0) {
		int ready = signals_wait(watch, lines->length ? PARTIAL_MILLISECONDS : -1);

		if (ready < 0)
			return ready == -SIGINT ? STATUS_INTERRUPTED : 128 - ready;
		if (ready == 0 && lines->length) {
			put_line(lines, false);
			status = output_flush();
			continue;
		}
		if (read(watch, dropped, sizeof dropped) < 0 && errno != EAGAIN)
			return complain(AUBERGE_FAILED, NULL, "inotify: %s", strerror(errno));
		status = reopen(lines, path, fd);
	}
	return status;
}

static int run(struct call *call)
{
	bool following = arguments_flag(&call->arguments, "follow");
	const char *name = call->arguments.words[0];
	struct auberge_error error = {0};
	struct log_lines *lines = NULL;
	char *path = NULL;
	int fd = -1, watch = -1, status = command_check_guest(call, name);

	if (status == 0 && !(path = auberge_log_path(call->auberge, name, &error)))
		status = complain_error(&error);
	if (status == 0 && !(lines = calloc(1, sizeof *lines)))
		status = complain(AUBERGE_FAILED, NULL, "log: out of memory");
	if (status == 0 && following && (watch = watch_directory(path)) < 0)
		status = AUBERGE_FAILED;
	if (status == 0)
		status = put_existing(call, path, lines, &fd);
	if (status == 0 && following) {
		signals_open();
		status = follow(lines, path, watch, &fd);
		signals_close();
	}
	if (lines && lines->length)
		put_line(lines, true);
	if (fd >= 0)
		close(fd);
	if (watch >= 0)
		close(watch);
	free(lines);
	free(path);
	return status;
}

const struct command command_log = {
	.name = "log",
	.arguments = "NAME",
	.summary = "the log of a guest's console",
	.description = "Cleaned for a terminal: colours are dropped, other control characters are made visible.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
