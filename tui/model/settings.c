/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes [screen]; see settings.h. */
#include "model/settings.h"

#include "model/model.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 65536
#define LINE_MAX_BYTES 512

void settings_init(struct settings *settings)
{
	*settings = (struct settings){.theme = "default", .sort = "trouble", .rate_seconds = 2};
}

bool settings_own_file(char *out, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && config[0] == '/')
		return (size_t)snprintf(out, size, "%s/auberge/screen.ini", config) < size;
	return home && home[0] == '/' && (size_t)snprintf(out, size, "%s/.config/auberge/screen.ini", home) < size;
}

/* --- the keys, in one table */

static const char *put_theme(struct settings *settings, const char *value)
{
	if (!*value || strlen(value) >= sizeof settings->theme || strchr(value, '/'))
		return "not the name of a theme";
	snprintf(settings->theme, sizeof settings->theme, "%s", value);
	return NULL;
}

static const char *put_sort(struct settings *settings, const char *value)
{
	struct auberge_error error = {0};
	struct model_order order;

	if (strlen(value) >= sizeof settings->sort || model_order_parse(&order, value, &error) < 0)
		return "not a column to sort by";
	snprintf(settings->sort, sizeof settings->sort, "%s", value);
	return NULL;
}

static const char *put_rate(struct settings *settings, const char *value)
{
	char *end;
	long seconds = strtol(value, &end, 10);

	if (end == value || (*end && strcmp(end, "s") != 0) || seconds < 1 || seconds > 3600)
		return "not a time from 1s to 3600s";
	settings->rate_seconds = (int)seconds;
	return NULL;
}

static const char *put_ascii(struct settings *settings, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return "neither yes nor no";
	settings->ascii = yes;
	return NULL;
}

static const struct {
	const char *name;
	const char *(*put)(struct settings *settings, const char *value); /* NULL, or what is wrong */
} keys[] = {{"theme", put_theme}, {"rate", put_rate}, {"sort", put_sort}, {"ascii", put_ascii}};
#define KEYS (sizeof keys / sizeof keys[0])

static void format(const struct settings *settings, size_t key, char *out, size_t size)
{
	const char *const values[KEYS] = {settings->theme, NULL, settings->sort, settings->ascii ? "yes" : "no"};

	if (values[key])
		snprintf(out, size, "%s", values[key]);
	else
		snprintf(out, size, "%ds", settings->rate_seconds);
}

/* --- lines */

enum line_kind { LINE_OTHER, LINE_SECTION, LINE_VALUE, LINE_BROKEN };

/* Divides a line in place. *name: of the section or key. */
static enum line_kind take_line(char *line, char **name, char **value)
{
	char *end = line + strlen(line), *equals;

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#' || *line == ';')
		return LINE_OTHER;
	if (*line == '[') {
		if (end[-1] != ']')
			return LINE_BROKEN;
		end[-1] = '\0';
		*name = line + 1;
		return LINE_SECTION;
	}
	equals = strchr(line, '=');
	if (!equals)
		return LINE_BROKEN;
	*value = equals + 1 + strspn(equals + 1, " \t");
	*equals = '\0';
	for (end = equals; end > line && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	*name = line;
	return LINE_VALUE;
}

static const char *set_key(struct settings *settings, const char *name, const char *value)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return keys[i].put(settings, value);
	return "not known in [screen]: theme, rate, sort, ascii";
}

/* The whole file, zero-terminated; NULL with errno. */
static char *read_whole(const char *file)
{
	char *text = malloc(FILE_MAX);
	FILE *stream = text ? fopen(file, "re") : NULL;
	size_t length;
	int number;

	if (!stream) {
		free(text);
		return NULL;
	}
	length = fread(text, 1, FILE_MAX, stream);
	number = ferror(stream) ? errno : length == FILE_MAX ? EFBIG : 0;
	fclose(stream);
	if (number) { /* never taken for an empty file: what is written in its place would lose the rest */
		free(text);
		errno = number;
		return NULL;
	}
	text[length] = '\0';
	return text;
}

int settings_read(struct settings *settings, const char *file, char *message, size_t size)
{
	char *text = read_whole(file), *rest = text, *line;
	bool inside = false;
	unsigned number = 0;

	message[0] = '\0';
	if (!text && errno != ENOENT && errno != ENOTDIR)
		snprintf(message, size, "%s: %s", file, strerror(errno));
	while (text && (line = strsep(&rest, "\n"))) {
		char *name = NULL, *value = NULL, clean[64];
		enum line_kind kind = take_line(line, &name, &value);
		const char *wrong = NULL;

		number++;
		if (kind == LINE_SECTION)
			inside = strcmp(name, "screen") == 0;
		else if (kind == LINE_VALUE && inside)
			wrong = set_key(settings, name, value);
		else if (kind == LINE_BROKEN && inside)
			wrong = "neither [SECTION] nor NAME = VALUE";
		if (!wrong || message[0])
			continue;
		auberge_text_clean(clean, sizeof clean, name ? name : line, strlen(name ? name : line), 40);
		snprintf(message, size, "%s:%u: %s: %s", file, number, clean, wrong);
	}
	free(text);
	return message[0] ? -1 : 0;
}

/* --- writing */

static void put_key(FILE *out, const struct settings *settings, size_t key)
{
	char value[64];

	format(settings, key, value, sizeof value);
	fprintf(out, "%s = %s\n", keys[key].name, value);
}

static void put_missing(FILE *out, const struct settings *settings, bool done[KEYS])
{
	for (size_t i = 0; i < KEYS; i++)
		if (!done[i])
			put_key(out, settings, i);
	memset(done, true, KEYS);
}

/* Line by line: a key of [screen] gets its new value, what it lacks comes at its end, all else stays as it is. */
static void put_text(FILE *out, const struct settings *settings, char *text)
{
	bool done[KEYS] = {false}, inside = false, seen = false;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && (*line || rest)) {
		char copy[LINE_MAX_BYTES], *name = NULL, *value = NULL;
		enum line_kind kind = LINE_OTHER;
		size_t key = KEYS;

		if ((size_t)snprintf(copy, sizeof copy, "%s", line) < sizeof copy)
			kind = take_line(copy, &name, &value);
		if (kind == LINE_SECTION) {
			if (inside)
				put_missing(out, settings, done);
			inside = strcmp(name, "screen") == 0;
			seen = seen || inside;
		}
		for (size_t i = 0; kind == LINE_VALUE && inside && i < KEYS; i++)
			if (strcmp(keys[i].name, name) == 0)
				key = i;
		if (key < KEYS && !done[key])
			put_key(out, settings, key);
		else if (key == KEYS)
			fprintf(out, "%s\n", line);
		if (key < KEYS)
			done[key] = true;
	}
	if (!seen)
		fprintf(out, "[screen]\n");
	put_missing(out, settings, done);
}

/* The directories above it, as ~/.config may be missing on a fresh account. */
static void make_directories(const char *file)
{
	char path[SETTINGS_PATH];

	snprintf(path, sizeof path, "%s", file);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static int replace(const char *file, const char *text, size_t length, mode_t mode)
{
	char temporary[SETTINGS_PATH + 16];
	int fd, number = 0;

	snprintf(temporary, sizeof temporary, "%s.XXXXXX", file);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	errno = EIO;
	if (write(fd, text, length) != (ssize_t)length || fchmod(fd, mode) < 0 || fsync(fd) < 0)
		number = errno;
	close(fd);
	if (number == 0 && rename(temporary, file) < 0)
		number = errno;
	if (number)
		unlink(temporary);
	return -number;
}

int settings_write(const struct settings *settings, const char *file, char *message, size_t size)
{
	char *before = read_whole(file), *text = NULL, target[SETTINGS_PATH], none[] = "";
	struct stat status = {.st_mode = 0644};
	size_t length = 0;
	int result = before || errno == ENOENT ? 0 : -errno;
	FILE *out;

	if (!realpath(file, target)) /* a link stays one: what it leads to is replaced */
		snprintf(target, sizeof target, "%s", file);
	stat(target, &status);
	make_directories(target);
	out = result == 0 ? open_memstream(&text, &length) : NULL;
	if (out) {
		put_text(out, settings, before ? before : none);
		result = fclose(out) == 0 ? replace(target, text, length, status.st_mode & 07777) : -ENOMEM;
	}
	free(before);
	free(text);
	snprintf(message, size, "cannot write %s: %s", file, strerror(-result));
	return result < 0 ? -1 : 0;
}
