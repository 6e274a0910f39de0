/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events in words; see event_text.h. Owns nothing. */
#include "model/event_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__attribute__((format(printf, 3, 4))) static void append(char *out, size_t size, const char *format, ...)
{
	size_t length = strlen(out);
	va_list arguments;

	if (length > 0 && length + 1 < size) {
		out[length++] = ' ';
		out[length] = '\0';
	}
	va_start(arguments, format);
	vsnprintf(out + length, size - length, format, arguments);
	va_end(arguments);
}

void event_sentence(const struct auberge_history_event *event, char *out, size_t size)
{
	size_t length;
	char age[16];

	out[0] = '\0';
	if (event->cause[0])
		append(out, size, "%s", event->cause);
	if (event->status >= 0)
		append(out, size, "status %d", event->status);
	if (event->seconds >= 0) {
		auberge_format_age(age, sizeof age, (int64_t)event->seconds);
		append(out, size, "after %s", age);
	}
	if (event->count > 1)
		append(out, size, "%llu times", (unsigned long long)event->count);
	if (event->by[0])
		append(out, size, "by %s", event->by);
	length = strlen(out);
	if (event->detail[0])
		snprintf(out + length, size - length, "%s%s", length > 0 ? ": " : "", event->detail);
}

void event_time(const struct auberge_history_event *event, char *out, size_t size)
{
	time_t then = (time_t)event->time_seconds;
	struct tm local;

	if (!localtime_r(&then, &local) || strftime(out, size, "%m-%d %H:%M:%S", &local) == 0)
		snprintf(out, size, "-");
}

enum model_level event_level(const struct auberge_history_event *event)
{
	if (strcmp(event->event, "oom") == 0)
		return MODEL_BAD;
	if (strcmp(event->event, "limit") == 0)
		return MODEL_WARN;
	if (strcmp(event->event, "end") == 0 && event->status > 0)
		return MODEL_BAD;
	return MODEL_PLAIN;
}

bool event_match(const struct auberge_history_event *event, const char *text)
{
	char sentence[512];

	event_sentence(event, sentence, sizeof sentence);
	return strcasestr(event->name, text) || strcasestr(event->event, text) || strcasestr(sentence, text);
}
