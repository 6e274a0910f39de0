/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filling the error object. The text is "WHAT: WHY": what was tried, then the reason; context is added once, by the
 * function that knows it. Each returns -1, so that "return error_set(...)" is one line.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "auberge.h"

/* number: errno, appended as ": strerror"; 0 none. EPERM and EACCES give AUBERGE_NOT_PERMITTED only by error_set_code. */
int error_set(struct auberge_error *error, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));
int error_set_code(struct auberge_error *error, enum auberge_code code, int number, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Puts "context: " before the text that is there. */
int error_prefix(struct auberge_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a line (config errors are told all at once); the first sets code FAILED. "... and more" when it is full. */
int error_add_line(struct auberge_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What to do about it. Returns -1 too. */
int error_remedy(struct auberge_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_clear(struct auberge_error *error);

#endif
