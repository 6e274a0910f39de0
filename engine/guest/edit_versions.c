/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Earlier configs; see edit_versions.h. A version is there with the rename of its file: a line of `by` without its file
 * means nothing, a file without its line was replaced by nobody knows whom.
 */
#include "guest/edit_versions.h"

#include "guest/edit.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BY_FILE "by"
#define BY_SIZE_MAX 65536

struct numbers {
	unsigned *items; /* ascending */
	size_t count;
};

static int compare(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, two = *(const unsigned *)b;

	return one < two ? -1 : one > two;
}

/* "17", not "017" and nothing else. 0: no number. */
static unsigned number_of(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return name[0] == '0' || digits == 0 || digits > 9 || name[digits] ? 0 : (unsigned)strtoul(name, NULL, 10);
}

static int read_numbers(int fd, struct numbers *numbers)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	*numbers = (struct numbers){0};
	if (!dir) {
		int number = errno;

		if (own >= 0)
			close(own);
		return -number;
	}
	while (errno = 0, (entry = readdir(dir))) {
		unsigned number = number_of(entry->d_name), *more;

		if (number == 0)
			continue;
		more = realloc(numbers->items, (numbers->count + 1) * sizeof *more);
		if (!more) {
			free(numbers->items);
			return -ENOMEM;
		}
		numbers->items = more;
		more[numbers->count++] = number;
	}
	if (errno != 0) {
		int number = errno;

		free(numbers->items);
		return -number;
	}
	if (numbers->count > 1)
		qsort(numbers->items, numbers->count, sizeof *numbers->items, compare);
	return 0;
}

static int open_directory(int dirfd)
{
	int fd = openat(dirfd, VERSIONS_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool same_as(int fd, unsigned number, const char *text, size_t length)
{
	cleanup_free char *other = NULL;
	char name[16];
	ssize_t got;

	snprintf(name, sizeof name, "%u", number);
	got = file_read_whole_at(fd, name, EDIT_FILE_MAX, &other);
	return got >= 0 && (size_t)got == length && memcmp(other, text, length) == 0;
}

/* The lines of those that are there, and one more (number 0: none). Who did it is worth no failed save. */
static void write_by(int fd, const struct numbers *numbers, unsigned number, const char *by)
{
	cleanup_free char *old = NULL;
	cleanup_buffer struct buffer out = {0};
	ssize_t length = file_read_whole_at(fd, BY_FILE, BY_SIZE_MAX, &old);

	for (char *rest = length < 0 ? NULL : old, *line; rest && (line = strsep(&rest, "\n"));) {
		unsigned one = (unsigned)strtoul(line, NULL, 10);

		if (one != number && numbers->count > 0 && bsearch(&one, numbers->items, numbers->count, sizeof one, compare))
			buffer_addf(&out, "%s\n", line);
	}
	if (number > 0)
		buffer_addf(&out, "%u %" PRId64 " %s\n", number, (int64_t)time(NULL), by);
	if (!out.failed)
		file_swap_at(fd, BY_FILE, out.data ? out.data : "", out.length, 0600);
}

int versions_add(int dirfd, const char *text, size_t length, const char *by, unsigned *number)
{
	cleanup_close int fd = -1;
	struct numbers numbers;
	char name[16];
	int result;

	*number = 0;
	if (mkdirat(dirfd, VERSIONS_DIRECTORY, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open_directory(dirfd);
	if (fd < 0)
		return fd;
	result = read_numbers(fd, &numbers);
	if (result < 0)
		return result;
	if (numbers.count == 0 || !same_as(fd, numbers.items[numbers.count - 1], text, length)) {
		*number = numbers.count ? numbers.items[numbers.count - 1] + 1 : 1;
		write_by(fd, &numbers, *number, by);
		snprintf(name, sizeof name, "%u", *number);
		result = file_replace_at(fd, name, text, length, 0600);
		if (result < 0) /* it may have its name, and not be on disk */
			unlinkat(fd, name, 0);
	}
	free(numbers.items);
	return result;
}

void versions_drop(int dirfd, unsigned number)
{
	cleanup_close int fd = open_directory(dirfd);
	char name[16];

	snprintf(name, sizeof name, "%u", number);
	if (fd >= 0)
		unlinkat(fd, name, 0);
}

/* Under the config's lock nobody is at work on them. */
static void drop_temporary(int dirfd, const char *prefix)
{
	int own = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	if (!dir && own >= 0)
		close(own);
	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);

		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && length > 4 && strcmp(entry->d_name + length - 4, ".tmp") == 0)
			unlinkat(dirfd, entry->d_name, 0);
	}
}

void versions_tidy(int dirfd)
{
	cleanup_close int fd = open_directory(dirfd);
	struct numbers numbers;

	drop_temporary(dirfd, ".guest.ini.");
	if (fd < 0)
		return;
	drop_temporary(fd, ".");
	if (read_numbers(fd, &numbers) < 0)
		return;
	if (numbers.count > VERSIONS_MAX) {
		size_t gone = numbers.count - VERSIONS_MAX;

		for (size_t i = 0; i < gone; i++) {
			char name[16];

			snprintf(name, sizeof name, "%u", numbers.items[i]);
			unlinkat(fd, name, 0);
		}
		write_by(fd, &(struct numbers){numbers.items + gone, VERSIONS_MAX}, 0, "");
	}
	free(numbers.items);
}

/* --- for people ------------------------------------------------------------------------------------------------- */

static void fill(int fd, unsigned number, const char *by, struct auberge_version *version)
{
	char name[16];
	struct stat status;

	*version = (struct auberge_version){.number = number};
	snprintf(name, sizeof name, "%u", number);
	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		version->bytes = (size_t)status.st_size;
		version->time_seconds = status.st_mtime;
	}
	for (const char *line = by; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned one;
		int64_t when;
		int used = 0;

		if (sscanf(line, "%u %" SCNd64 " %n", &one, &when, &used) < 2 || one != number || used == 0)
			continue;
		version->time_seconds = when;
		auberge_text_clean(version->by, sizeof version->by, line + used, strcspn(line + used, "\n"), 0);
	}
}

static int open_versions(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_close int dirfd = -1;
	int fd;

	set_refresh(auberge);
	if (set_require_guest(auberge, name, error) < 0)
		return -1;
	dirfd = set_open_guest(auberge, name);
	fd = dirfd < 0 ? -errno : open_directory(dirfd);
	if (fd < 0)
		error_set_code(error, fd == -EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, -fd, "%s/%s/" VERSIONS_DIRECTORY,
		               auberge->state_dir, name);
	return fd;
}

int auberge_config_history(struct auberge *auberge, const char *name, struct auberge_version **versions, size_t *count,
                           struct auberge_error *error)
{
	cleanup_close int fd = -1;
	cleanup_free char *by = NULL;
	struct numbers numbers;
	int result;

	*versions = NULL;
	*count = 0;
	error_clear(error);
	fd = open_versions(auberge, name, error);
	if (fd < 0) {
		if (error->number != ENOENT || error->code != AUBERGE_FAILED)
			return -1;
		error_clear(error);
		return 0;
	}
	result = read_numbers(fd, &numbers);
	if (result < 0)
		return error_set(error, -result, "%s/%s/" VERSIONS_DIRECTORY, auberge->state_dir, name);
	file_read_whole_at(fd, BY_FILE, BY_SIZE_MAX, &by);
	*versions = calloc(numbers.count ? numbers.count : 1, sizeof **versions);
	for (size_t i = numbers.count; *versions && i-- > 0;)
		fill(fd, numbers.items[i], by, &(*versions)[(*count)++]);
	free(numbers.items);
	return *versions ? 0 : error_set(error, ENOMEM, "%s", name);
}

/* The text of one version, or of the newest. */
static char *read_version(struct auberge *auberge, const char *name, unsigned number, struct auberge_error *error)
{
	cleanup_free struct auberge_version *versions = NULL;
	cleanup_close int fd = -1;
	char file[16], *text = NULL;
	size_t count;
	ssize_t length;

	if (auberge_config_history(auberge, name, &versions, &count, error) < 0)
		return NULL;
	if (number == 0 && count > 0)
		number = versions[0].number;
	snprintf(file, sizeof file, "%u", number);
	fd = count > 0 ? open_versions(auberge, name, error) : -1;
	if (count > 0 && fd < 0)
		return NULL;
	length = count > 0 ? file_read_whole_at(fd, file, EDIT_FILE_MAX, &text) : -ENOENT;
	if (length == -ENOENT && number == 0) {
		error_set_code(error, AUBERGE_USAGE, 0, "%s: there is no earlier config", name);
	} else if (length == -ENOENT) {
		error_set_code(error, AUBERGE_USAGE, 0, "%s: there is no version %u of its config", name, number);
		error_remedy(error, "to see which there are: auberge config history %s", name);
	} else if (length < 0) {
		error_set(error, (int)-length, "%s/%s/" VERSIONS_DIRECTORY "/%u", auberge->state_dir, name, number);
	} else if (strlen(text) < (size_t)length) {
		error_set(error, 0, "%s/%s/" VERSIONS_DIRECTORY "/%u: a NUL byte in it: this is no text", auberge->state_dir, name, number);
		free(text);
		text = NULL;
	}
	return text;
}

struct auberge_edit *auberge_edit_revert(struct auberge *auberge, const char *name, unsigned number, struct auberge_error *error)
{
	cleanup_free char *text = NULL;

	error_clear(error);
	text = read_version(auberge, name, number, error);
	return text ? edit_begin(auberge, name, text, error) : NULL;
}
