/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the subcommands say: errors on stderr as `auberge: WHAT: WHY` with the remedy indented below, results on
 * stdout, whose write errors are noticed, and questions, asked only when standard input and output are terminals.
 */
#ifndef COMMANDS_REPORT_H
#define COMMANDS_REPORT_H

#include "auberge.h"

#include <jansson.h>
#include <stdbool.h>

/* Both return the exit status. remedy may be NULL. The text is cleaned before it reaches the terminal. */
int complain(int status, const char *remedy, const char *format, ...) __attribute__((format(printf, 3, 4)));
int complain_error(const struct auberge_error *error);

/* A line on stderr without the program's name, cleaned. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes out what is buffered. 0, or 1 when stdout is full or closed (said once; a closed pipe ends quietly). */
int output_flush(void);
/* The same, and closes stdout: the last thing the program does. Returns the greater of status and what went wrong. */
int output_finish(int status);
/* Prints the document with a newline, drops the reference, flushes. indent 0: one line. */
int output_json(json_t *document, unsigned indent);

/* A string in valid UTF-8 whatever came in; null for NULL and for "". */
json_t *json_text(const char *text);
json_t *json_text_or_empty(const char *text);

/* "2026-11-23 20:50:38", local time; "-" for 0. */
void format_time(char *out, size_t size, int64_t seconds);

/*
 * The question of class 3: expected must be typed. Without a terminal refused with "say --yes". 0: go on; else the
 * exit status, already explained.
 */
int confirm_typed(const char *what, const char *consequence, const char *expected);

#endif
