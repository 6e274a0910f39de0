/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding things from a set: a guest's directories, the programs of ours, the settings in auberge.ini. */
#include "guest/ini_text.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#ifndef AUBERGE_LIBEXECDIR
#define AUBERGE_LIBEXECDIR "/usr/local/libexec"
#endif

static int open_below(int fd, const char *directory, const char *name)
{
	cleanup_close int own = -1;

	if (fd < 0)
		fd = own = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int set_open_guest(const struct auberge *auberge, const char *name)
{
	return open_below(auberge->state_fd, auberge->state_dir, name);
}

int set_open_run(const struct auberge *auberge, const char *name)
{
	return open_below(auberge->run_fd, auberge->run_dir, name);
}

int set_make_run(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_close int fd = -1;
	bool made;

	if (auberge->run_fd < 0 && set_prepare(auberge, error) < 0)
		return -1;
	made = mkdirat(auberge->run_fd, name, 0711) == 0;
	if (!made && errno != EEXIST)
		return error_set(error, errno, "%s/%s", auberge->run_dir, name);
	fd = set_open_run(auberge, name);
	if (fd >= 0 && fchmod(fd, 0711) == 0)
		return take_fd(&fd);
	error_set(error, errno, "%s/%s", auberge->run_dir, name);
	if (made)
		unlinkat(auberge->run_fd, name, AT_REMOVEDIR);
	return -1;
}

void set_nearest_guest(const struct auberge *auberge, const char *name, char near[AUBERGE_NAME_MAX + 1])
{
	cleanup_dir DIR *dir = opendir(auberge->state_dir);
	cleanup_free const char **names = NULL;
	cleanup_free char(*kept)[AUBERGE_NAME_MAX + 1] = calloc(512, sizeof *kept);
	const struct dirent *entry;
	const char *found;
	size_t count = 0, length;

	near[0] = '\0';
	names = calloc(512, sizeof *names);
	if (!dir || !names || !kept)
		return;
	while (count < 512 && (entry = readdir(dir))) {
		if (!auberge_name_valid(entry->d_name) || entry->d_type == DT_REG)
			continue;
		length = strnlen(entry->d_name, AUBERGE_NAME_MAX);
		memcpy(kept[count], entry->d_name, length);
		kept[count][length] = '\0';
		names[count] = kept[count];
		count++;
	}
	found = auberge_nearest(name, names, count);
	if (found)
		snprintf(near, AUBERGE_NAME_MAX + 1, "%s", found);
}

/* 1 it is, 0 not, -errno. */
static int half_made(const struct auberge *auberge, const char *name)
{
	static const char *const prefixes[] = {".create-", ".destroy-"};
	struct stat status;

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		char path[AUBERGE_NAME_MAX + 16];

		snprintf(path, sizeof path, "%s%s", prefixes[i], name);
		if (auberge->state_fd >= 0 && fstatat(auberge->state_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
			return 1;
		if (auberge->state_fd >= 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

int set_require_guest(const struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_free char *path = NULL;
	char near[AUBERGE_NAME_MAX + 1];
	struct stat status;

	if (!auberge_name_valid(name)) {
		error_set_code(error, AUBERGE_USAGE, 0, "\"%.80s\": not a name for a guest", name);
		return error_remedy(error, "letters, digits, '.', '_', '-'; first a letter or digit; at most %d",
		                    AUBERGE_NAME_MAX);
	}
	if (asprintf(&path, "%s/%s/guest.ini", auberge->state_dir, name) < 0)
		return error_set(error, ENOMEM, "%s", name);
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == EACCES || errno == EPERM) {
		error_set_code(error, AUBERGE_NOT_PERMITTED, errno, "%s", path);
		return error_remedy(error, "guests belong to root: use sudo");
	}
	if (errno != ENOENT && errno != ENOTDIR)
		return error_set(error, errno, "%s", path);
	int half = half_made(auberge, name);
	if (half < 0)
		return error_set(error, -half, "%s/%s", auberge->state_dir, name);
	if (half) {
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is half made or half destroyed", name);
		return error_remedy(error, "to remove what is there: auberge destroy %s", name);
	}
	if (auberge->state_fd >= 0 && fstatat(auberge->state_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(status.st_mode)) {
		error_set_code(error, AUBERGE_WRONG_STATE, ENOENT, "%s", path);
		return error_remedy(error, "to remove what is there: auberge destroy %s", name);
	}
	set_nearest_guest(auberge, name, near);
	error_set_code(error, AUBERGE_NO_GUEST, 0, "%s: no such guest", name);
	if (near[0])
		return error_remedy(error, "did you mean %s?", near);
	return error_remedy(error, "to see the guests there are: auberge list");
}

void set_arguments(const struct auberge *auberge, const char *words[SET_ARGUMENTS + 1])
{
	const char *const all[SET_ARGUMENTS + 1] = {"--state-dir",    auberge->state_dir,   "--run-dir",
	                                            auberge->run_dir, "--log-dir",          auberge->log_dir,
	                                            "--cgroup",       auberge->cgroup_root, NULL};

	memcpy(words, all, sizeof all);
}

bool set_take_argument(struct auberge_options *options, int argc, char **argv, int *index)
{
	const struct {
		const char *word;
		const char **place;
	} known[] = {
		{"--state-dir", &options->state_dir}, {"--run-dir", &options->run_dir}, {"--log-dir", &options->log_dir},
		{"--cgroup", &options->cgroup},       {"--config", &options->config_file},
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		size_t length = strlen(known[i].word);

		if (strncmp(argv[*index], known[i].word, length) != 0)
			continue;
		if (argv[*index][length] == '=') {
			*known[i].place = argv[*index] + length + 1;
			return true;
		}
		if (argv[*index][length] != '\0' || *index + 1 >= argc)
			continue;
		*known[i].place = argv[++*index];
		return true;
	}
	return false;
}

/* In a build tree all programs lie at its top, where config.status is; tests run from below it. */
char *set_program(const char *name)
{
	char here[4096];
	ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
	char *path, *slash;

	if (length < 0)
		return NULL;
	here[length] = '\0';
	for (int level = 0; level < 4 && (slash = strrchr(here, '/')); level++) {
		cleanup_free char *mark = NULL;

		*slash = '\0';
		if (asprintf(&path, "%s/%s", here, name) < 0)
			return NULL;
		if (asprintf(&mark, "%s/config.status", here) < 0)
			mark = NULL;
		if (access(path, X_OK) == 0 && (level == 0 || (mark && access(mark, F_OK) == 0)))
			return path;
		int number = errno;
		free(path);
		errno = number;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			return NULL;
	}
	return asprintf(&path, "%s/auberge/%s", AUBERGE_LIBEXECDIR, name) < 0 ? NULL : path;
}

struct settings {
	const char *file;
	struct auberge_error *error;
	int escape;
	bool bad;
};

static void settings_problem(void *data, unsigned line, const char *text)
{
	struct settings *settings = data;

	settings->bad = true;
	error_add_line(settings->error, "%s:%u: %s", settings->file, line, text);
}

static bool settings_section(void *data, unsigned line, const char *section)
{
	(void)data;
	(void)line;
	return strcmp(section, "console") == 0; /* the other sections are their readers' */
}

/* "^]" or one character. */
static int escape_byte(const char *text)
{
	if (text[0] == '^' && text[1] >= '?' && text[1] <= '_' && text[2] == '\0')
		return text[1] ^ 0x40;
	if (text[0] == '^' && text[1] >= 'a' && text[1] <= 'z' && text[2] == '\0')
		return text[1] & 0x1f;
	return text[0] > ' ' && text[0] < 0x7f && text[1] == '\0' ? text[0] : -1;
}

static void settings_value(void *data, unsigned line, const char *section, const char *key, const char *value)
{
	static const char *const known[] = {"escape"};
	struct settings *settings = data;
	const char *near;
	char text[200];
	int byte;

	(void)section;
	if (strcmp(key, known[0]) == 0) {
		byte = escape_byte(value);
		if (byte > 0)
			settings->escape = byte;
		else
			settings_problem(data, line, "[console] escape: neither ^ with a character (^]) nor one character");
		return;
	}
	near = auberge_nearest(key, known, COUNT_OF(known));
	snprintf(text, sizeof text, "unknown key \"%s\" in [console]%s%s%s", key, near ? ": did you mean \"" : "",
	         near ? near : "", near ? "\"?" : "");
	settings_problem(data, line, text);
}

int auberge_console_escape(struct auberge *auberge, struct auberge_error *error)
{
	struct settings settings = {.file = auberge->config_file, .error = error, .escape = 0x1d};
	struct ini_sink sink = {settings_section, settings_value, settings_problem, &settings};
	cleanup_free char *text = NULL;
	ssize_t length = file_read_whole_at(AT_FDCWD, auberge->config_file, 1024 * 1024, &text);

	if (length == -ENOENT || length == -ENOTDIR)
		return settings.escape;
	if (length < 0)
		return error_set(error, (int)-length, "%s", auberge->config_file);
	if (ini_text_parse(text, (size_t)length, &sink) < 0)
		return error_set(error, ENOMEM, "%s", auberge->config_file);
	return settings.bad ? -1 : settings.escape;
}

void set_launched(struct auberge *auberge, pid_t pid)
{
	pid_t *more;

	set_reap(auberge);
	more = realloc(auberge->launched, (auberge->launched_count + 1) * sizeof *more);
	if (!more)
		return; /* it stays a zombie until we end: no harm but to the eye */
	auberge->launched = more;
	more[auberge->launched_count++] = pid;
}

void set_reap(struct auberge *auberge)
{
	for (size_t i = 0; i < auberge->launched_count;) {
		if (waitpid(auberge->launched[i], NULL, WNOHANG) == 0)
			i++;
		else
			auberge->launched[i] = auberge->launched[--auberge->launched_count];
	}
}

void auberge_reap(struct auberge *auberge)
{
	set_reap(auberge);
}
