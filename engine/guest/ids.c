/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host-wide table of id ranges. Written only under the host-wide lock and replaced atomically, so that reading
 * needs no lock. Invariant: no start stands in two lines; a line whose guest is gone is dropped by the next writer.
 */
#include "guest/ids.h"
#include "guest/lock.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define IDS_END 0xF0000000u
#define IDS_SLOTS ((IDS_END - IDS_FIRST) / IDS_COUNT)
#define IDS_SIZE_MAX (16 * 1024 * 1024)

struct line {
	uint32_t first;
	const char *state_dir, *name;
	size_t state_dir_length, name_length;
};

/* "START STATE_DIR NAME": the directory may hold blanks, the name cannot. */
static bool parse_line(const char *text, size_t length, struct line *line)
{
	const char *end = text + length, *first_blank = memchr(text, ' ', length), *last_blank;
	uint64_t first = 0;

	if (!first_blank || first_blank == text || first_blank - text > 10)
		return false;
	for (const char *at = text; at < first_blank; at++) {
		if (*at < '0' || *at > '9')
			return false;
		first = first * 10 + (uint64_t)(*at - '0');
	}
	last_blank = memrchr(text, ' ', length);
	if (last_blank == first_blank || last_blank + 1 == end || first_blank[1] != '/')
		return false;
	if (first < IDS_FIRST || first >= IDS_END || (first - IDS_FIRST) % IDS_COUNT != 0)
		return false;
	*line = (struct line){(uint32_t)first, first_blank + 1, last_blank + 1, (size_t)(last_blank - first_blank - 1),
	                      (size_t)(end - last_blank - 1)};
	return true;
}

static bool is_of(const struct line *line, const struct auberge *auberge, const char *name)
{
	return line->name_length == strlen(name) && memcmp(line->name, name, line->name_length) == 0 &&
	       line->state_dir_length == strlen(auberge->state_dir) &&
	       memcmp(line->state_dir, auberge->state_dir, line->state_dir_length) == 0;
}

static bool guest_is_gone(const struct line *line)
{
	static const char *const prefixes[] = {"", ".create-", ".destroy-"};
	struct stat status;

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%.*s/%s%.*s", (int)line->state_dir_length, line->state_dir, prefixes[i],
		             (int)line->name_length, line->name) < 0) {
			path = NULL;
			return false;
		}
		if (lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR))
			return false;
	}
	return true;
}

static int read_table(const struct auberge *auberge, char **text, struct auberge_error *error)
{
	ssize_t length = file_read_whole_at(AT_FDCWD, auberge->ids_path, IDS_SIZE_MAX, text);

	if (length < 0 && length != -ENOENT)
		return error_set(error, (int)-length, "%s", auberge->ids_path);
	return 0;
}

static const char *next_line(const char *at, struct line *line, bool *parsed, size_t *length)
{
	*length = strcspn(at, "\n");
	*parsed = parse_line(at, *length, line);
	return at + *length + (at[*length] == '\n');
}

int ids_find(const struct auberge *auberge, const char *name, uint32_t *first, struct auberge_error *error)
{
	cleanup_free char *text = NULL;
	struct line line;
	size_t length;
	bool parsed;

	*first = 0;
	if (read_table(auberge, &text, error) < 0)
		return -1;
	for (const char *at = text; at && *at;) {
		at = next_line(at, &line, &parsed, &length);
		if (parsed && is_of(&line, auberge, name)) {
			*first = line.first;
			return 0;
		}
	}
	return 0;
}

/* Copies the lines that stay, marks their slots in taken, tells the guest's own range if it has one. A line that is
 * not understood stays: it may be a newer version's. */
static void keep_lines(const struct auberge *auberge, const char *name, bool keep_own, const char *text,
                       struct buffer *out, uint8_t *taken, uint32_t *own)
{
	struct line line;
	size_t length;
	bool parsed;

	*own = 0;
	for (const char *at = text; at && *at;) {
		const char *begin = at;

		at = next_line(at, &line, &parsed, &length);
		if (length == 0)
			continue;
		if (parsed) {
			bool mine = is_of(&line, auberge, name);

			if (mine)
				*own = line.first;
			if (mine ? !keep_own : guest_is_gone(&line))
				continue;
			taken[(line.first - IDS_FIRST) / IDS_COUNT] = 1;
		}
		buffer_add(out, begin, length);
		buffer_add(out, "\n", 1);
	}
}

static int write_table(const struct auberge *auberge, const struct buffer *text, struct auberge_error *error)
{
	cleanup_free char *directory = strdup(auberge->ids_path);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	int result;

	if (text->failed || !slash)
		return error_set(error, ENOMEM, "%s", auberge->ids_path);
	if (text->length == 0) {
		if (unlink(auberge->ids_path) < 0 && errno != ENOENT)
			return error_set(error, errno, "%s", auberge->ids_path);
		return 0;
	}
	*slash = '\0';
	cleanup_close int fd = open(*directory ? directory : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(error, errno, "%s", directory);
	result = file_replace_at(fd, slash + 1, text->data, text->length, 0600);
	return result < 0 ? error_set(error, -result, "%s", auberge->ids_path) : 0;
}

/* For a change: under the host-wide lock, whose descriptor is returned. */
static int open_table(const struct auberge *auberge, char **text, uint8_t **taken, struct auberge_error *error)
{
	cleanup_close int lock = lock_host();

	if (lock < 0)
		return error_set(error, -lock, "the host-wide lock /run/lock/auberge");
	*taken = calloc(IDS_SLOTS, 1);
	if (!*taken)
		return error_set(error, ENOMEM, "%s", auberge->ids_path);
	return read_table(auberge, text, error) < 0 ? -1 : take_fd(&lock);
}

int ids_allot(const struct auberge *auberge, const char *name, uint32_t *first, struct auberge_error *error)
{
	cleanup_close int lock = -1;
	cleanup_free char *text = NULL;
	cleanup_free uint8_t *taken = NULL;
	cleanup_buffer struct buffer out = {0};

	if (ids_find(auberge, name, first, error) < 0)
		return -1;
	if (*first != 0)
		return 0;
	lock = open_table(auberge, &text, &taken, error);
	if (lock < 0)
		return -1;
	keep_lines(auberge, name, true, text, &out, taken, first);
	if (*first != 0)
		return 0; /* someone was faster */
	for (uint32_t slot = 0; slot < IDS_SLOTS; slot++) {
		uint32_t start = IDS_FIRST + slot * IDS_COUNT;

		if (taken[slot])
			continue;
		buffer_addf(&out, "%" PRIu32 " %s %s\n", start, auberge->state_dir, name);
		if (write_table(auberge, &out, error) < 0)
			return -1;
		*first = start;
		return fault_point(FAULT_IDS_ALLOTTED, error);
	}
	return error_set(error, 0, "%s: no id range is left", auberge->ids_path);
}

int ids_release(const struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_close int lock = -1;
	cleanup_free char *text = NULL;
	cleanup_free uint8_t *taken = NULL;
	cleanup_buffer struct buffer out = {0};
	uint32_t own;

	if (ids_find(auberge, name, &own, error) < 0)
		return -1;
	if (own == 0)
		return 0;
	lock = open_table(auberge, &text, &taken, error);
	if (lock < 0)
		return -1;
	keep_lines(auberge, name, false, text, &out, taken, &own);
	return write_table(auberge, &out, error);
}

int ids_list(const struct auberge *auberge, int (*each)(void *data, const char *name, uint32_t first), void *data,
             struct auberge_error *error)
{
	cleanup_free char *text = NULL;
	char name[AUBERGE_NAME_MAX + 1];
	struct line line;
	size_t length;
	bool parsed;
	int result = read_table(auberge, &text, error);

	for (const char *at = text; at && *at && result >= 0;) {
		at = next_line(at, &line, &parsed, &length);
		if (!parsed || line.name_length > AUBERGE_NAME_MAX)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)line.name_length, line.name);
		if (auberge_name_valid(name) && is_of(&line, auberge, name))
			result = each(data, name, line.first);
	}
	return result;
}

int ids_list_sets(const struct auberge *auberge, int (*each)(void *data, const char *state_dir), void *data,
                  struct auberge_error *error)
{
	cleanup_free char *text = NULL;
	struct line line;
	size_t length;
	bool parsed;
	int result = read_table(auberge, &text, error);

	for (const char *at = text; at && *at && result >= 0;) {
		cleanup_free char *directory = NULL;

		at = next_line(at, &line, &parsed, &length);
		if (!parsed)
			continue;
		directory = strndup(line.state_dir, line.state_dir_length);
		result = directory ? each(data, directory) : error_set(error, ENOMEM, "%s", auberge->ids_path);
	}
	return result;
}
