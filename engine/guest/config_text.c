/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes one value in the text of a guest.ini and leaves every other byte as it was. */
#include "guest/config.h"
#include "guest/ini_text.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

struct place {
	const char *section, *key;
	unsigned section_line, last_line, key_line; /* 0: not there */
	bool inside;
};

static bool see_section(void *data, unsigned line, const char *section)
{
	struct place *place = data;

	place->inside = strcmp(section, place->section) == 0;
	if (place->inside)
		place->section_line = place->last_line = line;
	return true;
}

static void see_value(void *data, unsigned line, const char *section, const char *key, const char *value)
{
	struct place *place = data;

	(void)section;
	(void)value;
	if (!place->inside)
		return;
	place->last_line = line;
	if (strcmp(key, place->key) == 0)
		place->key_line = line;
}

static void see_problem(void *data, unsigned line, const char *text)
{
	(void)data;
	(void)line;
	(void)text;
}

static bool plain(const char *text, const char *forbidden)
{
	return text[strcspn(text, "\r\n")] == '\0' && !strpbrk(text, forbidden);
}

int config_set_text(char **text, const char *section, const char *key, const char *value, struct auberge_error *error)
{
	struct place place = {.section = section, .key = key};
	struct ini_sink sink = {see_section, see_value, see_problem, &place};
	cleanup_buffer struct buffer out = {0};
	const char *at = *text;
	unsigned line = 0;

	if (*section == '\0' || *key == '\0' || strlen(section) > INI_NAME_BYTES || strlen(key) > INI_NAME_BYTES ||
	    !plain(section, "[]") || !plain(key, "=:[]#;") || !plain(value, ""))
		return error_set_code(error, AUBERGE_USAGE, 0, "%s.%s: not a key and value that fit on one line", section, key);
	if (ini_text_parse(*text, strlen(*text), &sink) < 0)
		return error_set(error, ENOMEM, "%s.%s", section, key);
	while (*at) {
		size_t length = strcspn(at, "\n");

		line++;
		if (line == place.key_line)
			buffer_addf(&out, "%s = %s\n", key, value);
		else
			buffer_addf(&out, "%.*s\n", (int)length, at);
		if (place.key_line == 0 && line == place.last_line)
			buffer_addf(&out, "%s = %s\n", key, value);
		at += length + (at[length] == '\n');
	}
	if (place.section_line == 0)
		buffer_addf(&out, "%s[%s]\n%s = %s\n", out.length ? "\n" : "", section, key, value);
	if (out.failed)
		return error_set(error, ENOMEM, "%s.%s", section, key);
	free(*text);
	*text = take_pointer(&out.data);
	return 0;
}
