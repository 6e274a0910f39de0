/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error object: one sentence, its errno, what to do. Owns nothing; never allocates. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append_number(struct auberge_error *error, int number)
{
	size_t length = strlen(error->text);

	if (number != 0)
		snprintf(error->text + length, sizeof error->text - length, ": %s", strerror(number));
}

int error_set(struct auberge_error *error, int number, const char *format, ...)
{
	va_list arguments;

	error->code = AUBERGE_FAILED;
	error->number = number;
	error->remedy[0] = '\0';
	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	append_number(error, number);
	return -1;
}

int error_set_code(struct auberge_error *error, enum auberge_code code, int number, const char *format, ...)
{
	va_list arguments;

	error->code = code;
	error->number = number;
	error->remedy[0] = '\0';
	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	append_number(error, number);
	return -1;
}

int error_prefix(struct auberge_error *error, const char *format, ...)
{
	char before[512];
	size_t length, kept;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(before, sizeof before - 2, format, arguments);
	va_end(arguments);
	length = strlen(before);
	memcpy(before + length, ": ", 2);
	length += 2;
	kept = strnlen(error->text, sizeof error->text - length - 1);
	memmove(error->text + length, error->text, kept);
	error->text[length + kept] = '\0';
	memcpy(error->text, before, length);
	return -1;
}

int error_add_line(struct auberge_error *error, const char *format, ...)
{
	static const char more[] = "\n... and more";
	size_t length, room;
	va_list arguments;
	int wrote;

	if (error->code == AUBERGE_OK) {
		error->code = AUBERGE_FAILED;
		error->number = 0;
		error->text[0] = error->remedy[0] = '\0';
	}
	length = strlen(error->text);
	room = sizeof error->text - length - sizeof more;
	if (length + 200 > sizeof error->text) {
		if (strcmp(error->text + length - (sizeof more - 1), more) != 0)
			memcpy(error->text + length, more, sizeof more);
		return -1;
	}
	if (length > 0) {
		error->text[length++] = '\n';
		room--;
	}
	va_start(arguments, format);
	wrote = vsnprintf(error->text + length, room, format, arguments);
	va_end(arguments);
	if (wrote < 0)
		error->text[length] = '\0';
	return -1;
}

int error_remedy(struct auberge_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->remedy, sizeof error->remedy, format, arguments);
	va_end(arguments);
	return -1;
}

void error_clear(struct auberge_error *error)
{
	error->code = AUBERGE_OK;
	error->number = 0;
	error->text[0] = error->remedy[0] = '\0';
}
