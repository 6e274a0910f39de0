/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's editor over a copy of a text. The copy lies in a directory of its own, 0700, so that what the editor puts
 * beside it (swap files, backups) goes with it. No shell: $VISUAL's and $EDITOR's words are divided here.
 */
#include "commands/config_edit.h"
#include "commands/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define WORDS_MAX 30
#define TEXT_MAX (1024 * 1024 + 1)

/* --- which one --------------------------------------------------------------------------------------------------- */

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");

		snprintf(file, sizeof file, "%.*s/%s", (int)length, at, program);
		if (length > 0 && access(file, X_OK) == 0)
			return true;
		at += length + (at[length] == ':');
	}
	return false;
}

/* Words divided by blanks, in place; '..' and ".." hold words together. Their number, 0 if it is not well formed. */
static size_t divide(char *text, char *words[WORDS_MAX])
{
	size_t count = 0;
	char *out = text;

	while (*text) {
		text += strspn(text, " \t\n");
		if (!*text)
			break;
		if (count == WORDS_MAX)
			return 0;
		words[count++] = out;
		while (*text && !strchr(" \t\n", *text)) {
			char quote = *text == '"' || *text == '\'' ? *text++ : '\0';

			if (!quote) {
				*out++ = *text++;
				continue;
			}
			while (*text && *text != quote)
				*out++ = *text++;
			if (*text++ != quote)
				return 0;
		}
		text += *text != '\0';
		*out++ = '\0';
	}
	return count;
}

static int choose(char *text, size_t size, char *words[WORDS_MAX + 2], size_t *count)
{
	static const char *const usual[] = {"vi", "nano", "editor"};
	const char *visual = getenv("VISUAL"), *named = visual && *visual ? visual : getenv("EDITOR");

	if (named && *named) {
		int length = snprintf(text, size, "%s", named);

		*count = length < 0 || (size_t)length >= size ? 0 : divide(text, words);
		if (*count == 0)
			return complain(AUBERGE_USAGE, NULL, "the editor \"%s\": cannot be divided into words", named);
		return 0;
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return complain(AUBERGE_USAGE, "say by $EDITOR which one, or use `auberge config set`", "there is no terminal for an editor");
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (in_path(usual[i])) {
			snprintf(text, size, "%s", usual[i]);
			words[0] = text;
			*count = 1;
			return 0;
		}
	return complain(AUBERGE_FAILED, "say by $EDITOR which one there is", "no editor was found: neither vi nor nano");
}

/* --- the copy ---------------------------------------------------------------------------------------------------- */

static int write_copy(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t length = strlen(text);

	if (fd < 0)
		return -1;
	while (length > 0) {
		ssize_t wrote = write(fd, text, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			int number = errno;

			close(fd);
			errno = number;
			return -1;
		}
		text += wrote;
		length -= (size_t)wrote;
	}
	return close(fd);
}

int editor_begin(struct editor *editor, const char *name, const char *text)
{
	const char *place = getenv("TMPDIR");
	int number;

	editor->ran = false;
	if (!place || *place != '/' || strlen(place) > 32)
		place = "/tmp";
	snprintf(editor->directory, sizeof editor->directory, "%s/auberge-edit-XXXXXX", place);
	if (!mkdtemp(editor->directory))
		return complain(AUBERGE_FAILED, NULL, "%s: %s", editor->directory, strerror(errno));
	snprintf(editor->file, sizeof editor->file, "%s/%s.ini", editor->directory, name);
	if (write_copy(editor->file, text) == 0)
		return 0;
	number = errno;
	editor_end(editor, false);
	return complain(AUBERGE_FAILED, NULL, "%s: %s", editor->file, strerror(number));
}

static int read_copy(const char *file, char **text)
{
	FILE *stream = fopen(file, "re");
	char *data = malloc(TEXT_MAX + 1);
	size_t length = stream && data ? fread(data, 1, TEXT_MAX, stream) : 0;
	int number = !data ? ENOMEM : !stream ? errno : ferror(stream) ? EIO : 0;

	if (stream)
		fclose(stream);
	if (number || memchr(data, '\0', length)) {
		free(data);
		return complain(AUBERGE_FAILED, NULL, "%s: %s", file, number ? strerror(number) : "a NUL byte in it");
	}
	data[length] = '\0';
	*text = data;
	return 0;
}

/* --- running it -------------------------------------------------------------------------------------------------- */

/*
 * *ended: its wait status. 0, or errno when it could not be started. Its signals are as ours were given to us: what is
 * ignored (nohup) stays ignored, what is caught is not.
 */
static int spawn(char *const *words, int *ended)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
	posix_spawnattr_t how;
	sigset_t defaults;
	pid_t pid;
	int number = posix_spawnattr_init(&how);

	if (number)
		return number;
	sigaction(SIGINT, &ignore, &interrupt); /* the editor's keys, not ours */
	sigaction(SIGQUIT, &ignore, &quit);
	sigemptyset(&defaults);
	if (interrupt.sa_handler != SIG_IGN)
		sigaddset(&defaults, SIGINT);
	if (quit.sa_handler != SIG_IGN)
		sigaddset(&defaults, SIGQUIT);
	posix_spawnattr_setsigdefault(&how, &defaults);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	number = posix_spawnp(&pid, words[0], NULL, &how, words, environ);
	posix_spawnattr_destroy(&how);
	while (number == 0 && waitpid(pid, ended, 0) < 0)
		number = errno == EINTR ? 0 : errno;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return number;
}

static int tell_end(const char *editor, int ended)
{
	if (WIFSIGNALED(ended))
		return complain(WTERMSIG(ended) == SIGINT ? STATUS_INTERRUPTED : AUBERGE_FAILED, NULL,
		                "%s: ended by signal %d, nothing was saved", editor, WTERMSIG(ended));
	if (WEXITSTATUS(ended))
		return complain(AUBERGE_FAILED, NULL, "%s: ended with status %d, nothing was saved", editor, WEXITSTATUS(ended));
	return 0;
}

int editor_run(struct editor *editor, char **text)
{
	char named[2048], *words[WORDS_MAX + 2];
	struct termios before;
	size_t count = 0;
	int ended = 0, number, status = choose(named, sizeof named, words, &count), unread;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;

	*text = NULL;
	if (status)
		return status;
	words[count] = editor->file;
	words[count + 1] = NULL;
	fflush(stdout);
	number = spawn(words, &ended);
	if (number)
		return complain(AUBERGE_FAILED, "say by $EDITOR which one there is", "%s: cannot be run: %s", words[0], strerror(number));
	editor->ran = true;
	if (terminal && ended) /* one that was killed has not put it back */
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	status = tell_end(words[0], ended);
	unread = read_copy(editor->file, text);
	return status ? status : unread;
}

bool editor_has_more(const struct editor *editor, const char *text, const char *before)
{
	return text ? strcmp(text, before) != 0 : editor->ran && access(editor->file, F_OK) == 0;
}

void editor_end(struct editor *editor, bool keep)
{
	DIR *dir;
	struct dirent *entry;

	if (keep) {
		note("what was typed is in %s", editor->file);
		return;
	}
	dir = opendir(editor->directory);
	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0); /* not . and .., which are directories */
	if (dir)
		closedir(dir);
	rmdir(editor->directory);
}
