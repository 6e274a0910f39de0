/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors, results, questions. The only state is whether a write error of stdout has been told already. */
#include "commands/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool output_broken; /* said already, or a closed pipe */
static int output_number;  /* errno of the first write that failed */

/* stdio keeps that a write failed, but not why. */
static bool flush_stdout(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (output_number == 0)
		output_number = errno;
	return false;
}

static void put_clean(const char *text, size_t length)
{
	char clean[3 * 4096];

	auberge_text_clean(clean, sizeof clean, text, length, 0);
	fputs(clean, stderr);
}

/* "FILE:LINE: ..." stands for itself: editors and compilers' readers jump to it. */
static bool names_a_line(const char *line, size_t length)
{
	for (size_t i = 1; line[0] == '/' && i + 2 < length; i++) {
		size_t digits = 0;

		if (line[i] != ':')
			continue;
		while (i + 1 + digits < length && line[i + 1 + digits] >= '0' && line[i + 1 + digits] <= '9')
			digits++;
		if (digits && i + 1 + digits < length && line[i + 1 + digits] == ':')
			return true;
	}
	return false;
}

static void put_lines(const char *text, const char *remedy)
{
	flush_stdout();
	for (const char *line = text;; line++) {
		size_t length = strcspn(line, "\n");

		if (!names_a_line(line, length))
			fputs("auberge: ", stderr);
		put_clean(line, length);
		fputc('\n', stderr);
		line += length;
		if (line[0] == '\0' || line[1] == '\0')
			break;
	}
	for (const char *line = remedy; line && *line;) {
		size_t length = strcspn(line, "\n");

		fputs("    ", stderr);
		put_clean(line, length);
		fputc('\n', stderr);
		line += length + (line[length] == '\n');
	}
}

int complain(int status, const char *remedy, const char *format, ...)
{
	char text[2048];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	for (char *at = text; (at = strchr(at, '\n'));) /* one complaint is one line: a name may hold anything */
		*at = ' ';
	put_lines(text, remedy);
	return status;
}

int complain_error(const struct auberge_error *error)
{
	const char *remedy = error->remedy;

	if (!*remedy && error->code == AUBERGE_NOT_PERMITTED && geteuid() != 0)
		remedy = "run it as root, or with sudo";
	put_lines(*error->text ? error->text : "it failed, and no reason was given", remedy);
	return error->code == AUBERGE_OK ? AUBERGE_FAILED : (int)error->code;
}

void note(const char *format, ...)
{
	char text[2048];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	flush_stdout();
	put_clean(text, strlen(text));
	fputc('\n', stderr);
}

static int output_failed(void)
{
	bool said = output_broken;

	output_broken = true;
	if (!said && output_number != EPIPE)
		complain(AUBERGE_FAILED, NULL, "standard output: %s", strerror(output_number ? output_number : EIO));
	return AUBERGE_FAILED;
}

int output_flush(void)
{
	if (output_broken)
		return AUBERGE_FAILED;
	return flush_stdout() ? 0 : output_failed();
}

int output_finish(int status)
{
	int result = output_flush();

	errno = 0;
	if (fclose(stdout) != 0 && result == 0) {
		output_number = errno;
		result = output_failed();
	}
	return result > status ? result : status;
}

int output_json(json_t *document, unsigned indent)
{
	size_t flags = JSON_REAL_PRECISION(9) | (indent ? JSON_INDENT(indent) : 0);
	int result;

	errno = 0;
	result = document ? json_dumpf(document, stdout, flags) : -1;
	if (ferror(stdout) && output_number == 0)
		output_number = errno;

	json_decref(document);
	if (result < 0 && !ferror(stdout))
		return complain(AUBERGE_FAILED, NULL, "JSON: the document could not be made: out of memory");
	putchar('\n');
	return output_flush();
}

json_t *json_text_or_empty(const char *text)
{
	json_t *value = json_string(text ? text : "");
	char *clean;
	size_t size;

	if (value)
		return value;
	size = strlen(text) * 4 + 1;
	clean = malloc(size);
	if (!clean)
		return NULL;
	auberge_text_clean(clean, size, text, strlen(text), 0);
	value = json_string(clean);
	free(clean);
	return value;
}

json_t *json_text(const char *text)
{
	return text && *text ? json_text_or_empty(text) : json_null();
}

void format_time(char *out, size_t size, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm parts;

	if (seconds <= 0 || !localtime_r(&when, &parts) || strftime(out, size, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		snprintf(out, size, "-");
}

int confirm_typed(const char *what, const char *consequence, const char *expected)
{
	char *answer = NULL;
	size_t size = 0;
	ssize_t length;
	bool same;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return complain(AUBERGE_USAGE, "say --yes: there is no terminal to ask on", "%s: wants to be confirmed", what);
	printf("%s\nType %s to go on: ", consequence, expected);
	flush_stdout();
	length = getline(&answer, &size, stdin);
	while (length > 0 && (answer[length - 1] == '\n' || answer[length - 1] == ' '))
		answer[--length] = '\0';
	same = length > 0 && strcmp(answer, expected) == 0;
	free(answer);
	return same ? 0 : complain(AUBERGE_FAILED, NULL, "%s: not confirmed, nothing done", what);
}
