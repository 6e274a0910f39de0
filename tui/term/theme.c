/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads themes. Owns nothing. Invariant: a theme is complete after theme_load() and theme_parse(), whatever the file
 * lacked or got wrong: what is wrong is said and left as the theme was before.
 */
#include "term/theme.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#ifndef AUBERGE_THEMEDIR
#define AUBERGE_THEMEDIR "/usr/share/auberge/themes"
#endif
#define THEME_FILE_MAX 65536
#define INHERIT_DEPTH_MAX 4

static const char *const role_names[ROLES_COUNT] = {
	"text",   "dim",    "title", "border", "border.focus",      "keybar.key", "keybar.label", "header",
	"header.sort", "cursor", "cursor.unfocused", "mark", "match", "ok",       "warn",         "crit",
	"off",    "info",   "graph.low", "graph.high", "input",     "diff.add",   "diff.del",
};

static const char *const colour_names[8] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};

static const struct {
	const char *name;
	uint16_t bit;
} attribute_names[] = {
	{"normal", 0}, {"bold", THEME_BOLD}, {"dim", THEME_DIM}, {"underline", THEME_UNDERLINE},
	{"reverse", THEME_REVERSE},
};

static const uint8_t palette_16[16][3] = {
	{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
	{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255},
	{255, 255, 255},
};

struct reading {
	struct theme *theme;
	const char *file, *text; /* text: what is left to read */
	int line, depth;
	bool failed;
	char *message;
	size_t size;
};

const char *theme_role_name(enum role role)
{
	return role_names[role];
}

void theme_parts(int colour, int rgb[3])
{
	static const int steps[6] = {0, 95, 135, 175, 215, 255};

	if (colour < 16) {
		for (int i = 0; i < 3; i++)
			rgb[i] = palette_16[colour][i];
	} else if (colour < 232) {
		rgb[0] = steps[(colour - 16) / 36];
		rgb[1] = steps[(colour - 16) / 6 % 6];
		rgb[2] = steps[(colour - 16) % 6];
	} else {
		rgb[0] = rgb[1] = rgb[2] = 8 + (colour - 232) * 10;
	}
}

int theme_nearest(const int rgb[3], int first, int last)
{
	int best = first, best_distance = -1;

	for (int colour = first; colour < last; colour++) {
		int other[3], distance = 0;

		theme_parts(colour, other);
		for (int i = 0; i < 3; i++)
			distance += (rgb[i] - other[i]) * (rgb[i] - other[i]);
		if (best_distance < 0 || distance < best_distance) {
			best = colour;
			best_distance = distance;
		}
	}
	return best;
}

int32_t theme_rgb(int colour)
{
	int rgb[3];

	theme_parts(colour, rgb);
	return (int32_t)(rgb[0] << 16 | rgb[1] << 8 | rgb[2]);
}

int theme_nearest_16(int colour)
{
	int rgb[3];

	if (colour < 16)
		return colour;
	theme_parts(colour, rgb);
	return theme_nearest(rgb, 0, 16);
}

/* -1 default, 0..255; -2: no colour. *exact: of #rrggbb, else -1. */
static int colour_parse(const char *word, int32_t *exact)
{
	int bright = 0;
	long value;

	*exact = -1;
	if (strcmp(word, "default") == 0)
		return -1;
	if (word[0] == '#' && strlen(word) == 7 && strspn(word + 1, "0123456789abcdefABCDEF") == 6) {
		unsigned long packed = strtoul(word + 1, NULL, 16);
		int rgb[3] = {(int)(packed >> 16 & 255), (int)(packed >> 8 & 255), (int)(packed & 255)};

		*exact = (int32_t)packed;
		return theme_nearest(rgb, 16, 256);
	}
	if (strncmp(word, "bright-", 7) == 0) {
		bright = 8;
		word += 7;
	}
	for (int i = 0; i < 8; i++)
		if (strcmp(word, colour_names[i]) == 0)
			return i + bright;
	if (bright || !*word || strspn(word, "0123456789") != strlen(word))
		return -2;
	value = strtol(word, NULL, 10);
	return value > 255 ? -2 : (int)value;
}

static bool attribute_parse(const char *word, uint16_t *attributes)
{
	for (size_t i = 0; i < sizeof attribute_names / sizeof attribute_names[0]; i++)
		if (strcmp(word, attribute_names[i].name) == 0) {
			*attributes |= attribute_names[i].bit;
			return true;
		}
	return false;
}

static const struct theme_style no_style = {.foreground = -1, .background = -1, .exact_foreground = -1, .exact_background = -1};

/* "fg on bg attributes" in any order but for `on bg`; returns the word that is wrong, or NULL. */
static const char *style_parse(char *text, struct theme_style *style)
{
	bool background = false;
	char *rest;

	*style = no_style;
	for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		int32_t exact;
		int colour;

		if (strcmp(word, "on") == 0) {
			background = true;
			continue;
		}
		if (!background && attribute_parse(word, &style->attributes))
			continue;
		colour = colour_parse(word, &exact);
		if (colour == -2)
			return word;
		if (background) {
			style->background = (int16_t)colour;
			style->exact_background = exact;
		} else {
			style->foreground = (int16_t)colour;
			style->exact_foreground = exact;
		}
		background = false;
	}
	return background ? "on" : NULL;
}

__attribute__((format(printf, 2, 3))) static int complain(struct reading *reading, const char *format, ...)
{
	va_list arguments;
	int length;

	if (reading->failed) /* the first error is the one to mend first */
		return 0;
	reading->failed = true;
	length = snprintf(reading->message, reading->size, "%s:%d: ", reading->file, reading->line);
	if (length < 0 || (size_t)length >= reading->size)
		return 0;
	va_start(arguments, format);
	vsnprintf(reading->message + length, reading->size - (size_t)length, format, arguments);
	va_end(arguments);
	return 0;
}

static int set_role(struct reading *reading, enum role role, const char *value)
{
	struct theme_style styles[THEME_DEPTHS];
	bool have[THEME_DEPTHS] = {false};
	char copy[256], *rest;

	if (strlen(value) >= sizeof copy)
		return complain(reading, "%s: too long", theme_role_name(role));
	memcpy(copy, value, strlen(value) + 1);
	for (char *part = strtok_r(copy, "|", &rest); part; part = strtok_r(NULL, "|", &rest)) {
		enum theme_depth depth = THEME_256;
		const char *wrong;

		part += strspn(part, " \t");
		if (strncmp(part, "16:", 3) == 0) {
			depth = THEME_16;
			part += 3;
		} else if (strncmp(part, "mono:", 5) == 0) {
			depth = THEME_MONO;
			part += 5;
		}
		wrong = style_parse(part, &styles[depth]);
		if (wrong)
			return complain(reading, "%s: %s is neither a colour nor an attribute", theme_role_name(role), wrong);
		have[depth] = true;
	}
	if (!have[THEME_256])
		return complain(reading, "%s: no colour", theme_role_name(role));
	if (!have[THEME_16]) {
		styles[THEME_16] = styles[THEME_256];
		styles[THEME_16].exact_foreground = styles[THEME_16].exact_background = -1;
		styles[THEME_16].foreground = (int16_t)theme_nearest_16(styles[THEME_256].foreground);
		styles[THEME_16].background = (int16_t)theme_nearest_16(styles[THEME_256].background);
	}
	if (!have[THEME_MONO]) {
		styles[THEME_MONO] = styles[THEME_256];
		styles[THEME_MONO].foreground = styles[THEME_MONO].background = -1;
		styles[THEME_MONO].exact_foreground = styles[THEME_MONO].exact_background = -1;
	}
	for (int depth = 0; depth < THEME_DEPTHS; depth++)
		reading->theme->styles[depth][role] = styles[depth];
	return 1;
}

static int load(struct theme *theme, const char *name, char *message, size_t size, int depth);

static int set_ground(struct reading *reading, const char *value)
{
	static const char *const words[] = {[THEME_ON_ANY] = "any", [THEME_ON_DARK] = "dark", [THEME_ON_LIGHT] = "light"};

	for (int ground = 0; ground < 3; ground++)
		if (strcmp(value, words[ground]) == 0) {
			reading->theme->ground = (enum theme_ground)ground;
			return 1;
		}
	return complain(reading, "background: %s is none of any, dark, light", value);
}

static int handle(void *data, const char *section, const char *name, const char *value)
{
	struct reading *reading = data;

	if (strcmp(section, "meta") == 0 && strcmp(name, "name") == 0) {
		snprintf(reading->theme->name, sizeof reading->theme->name, "%s", value);
		return 1;
	}
	if (strcmp(section, "meta") == 0 && strcmp(name, "inherits") == 0) {
		char message[256];

		if (reading->depth >= INHERIT_DEPTH_MAX)
			return complain(reading, "inherits: too deep");
		if (load(reading->theme, value, message, sizeof message, reading->depth + 1) < 0)
			return complain(reading, "inherits: %s", message);
		return 1;
	}
	if (strcmp(section, "meta") == 0 && strcmp(name, "background") == 0)
		return set_ground(reading, value);
	if (strcmp(section, "roles") != 0)
		return complain(reading, "[%s] %s: not known in a theme", section, name);
	for (int role = 0; role < ROLES_COUNT; role++)
		if (strcmp(name, role_names[role]) == 0)
			return set_role(reading, (enum role)role, value);
	return complain(reading, "%s: no such role", name);
}

/* As fgets(), from the text, counting lines, which inih does not tell its handler. */
static char *read_line(char *line, int size, void *stream)
{
	struct reading *reading = stream;
	size_t length = strcspn(reading->text, "\n");

	if (*reading->text == '\0')
		return NULL;
	reading->line++;
	if (length >= (size_t)size - 1) {
		complain(reading, "line too long");
		reading->text = "";
		return NULL;
	}
	if (reading->text[length] == '\n')
		length++;
	memcpy(line, reading->text, length);
	line[length] = '\0';
	reading->text += length;
	return line;
}

static int parse(struct theme *theme, const char *file, const char *text, char *message, size_t size, int depth)
{
	struct reading reading = {.theme = theme, .file = file, .text = text, .message = message, .size = size,
	                          .depth = depth};
	int line = ini_parse_stream(read_line, &reading, handle, &reading);

	if (line != 0 && !reading.failed) {
		reading.line = line > 0 ? line : 0;
		complain(&reading, "neither [SECTION] nor NAME = VALUE");
	}
	return reading.failed ? -1 : 0;
}

/* The whole file, zero-terminated; NULL with errno. */
static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(THEME_FILE_MAX) : NULL;
	size_t length = text ? fread(text, 1, THEME_FILE_MAX, file) : 0;
	int number = text && ferror(file) ? errno : length == THEME_FILE_MAX ? EFBIG : 0;

	if (!file)
		return NULL;
	if (text && number == 0)
		text[length] = '\0';
	fclose(file);
	if (!text || number == 0)
		return text;
	free(text);
	errno = number;
	return NULL;
}

/* Tries DIRECTORY/NAME.ini. 1: read; 0: not there; -1: wrong. */
static int try_file(struct theme *theme, const char *directory, const char *name, char *message, size_t size,
                    int depth)
{
	char path[4096 + 64], *text;
	int result;

	if ((size_t)snprintf(path, sizeof path, "%s/%s.ini", directory, name) >= sizeof path)
		return 0;
	text = read_whole(path);
	if (!text && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!text) {
		snprintf(message, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	result = parse(theme, path, text, message, size, depth);
	free(text);
	return result < 0 ? -1 : 1;
}

#define PLACES 4

/* Where themes are looked for, the first before the last. */
static void find_places(char places[PLACES][2304])
{
	const char *own = getenv("AUBERGE_THEMES");
	char program[2048];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	char *slash;

	memset(places, 0, PLACES * sizeof places[0]);
	snprintf(places[0], sizeof places[0], "%s", own ? own : "");
	program[length > 0 ? length : 0] = '\0';
	slash = strrchr(program, '/');
	if (slash) {
		*slash = '\0';
		snprintf(places[1], sizeof places[1], "%s/../themes", program);
		snprintf(places[2], sizeof places[2], "%s/themes", program);
	}
	snprintf(places[3], sizeof places[3], "%s", AUBERGE_THEMEDIR);
}

static int load(struct theme *theme, const char *name, char *message, size_t size, int depth)
{
	const char *text = theme_builtin(name);
	char places[PLACES][2304];

	if (strchr(name, '/') || strlen(name) >= sizeof theme->name) {
		snprintf(message, size, "theme %.40s: not a name", name);
		return -1;
	}
	find_places(places);
	for (size_t i = 0; i < PLACES; i++) {
		int result = places[i][0] ? try_file(theme, places[i], name, message, size, depth) : 0;

		if (result != 0)
			return result < 0 ? -1 : 0;
	}
	if (text)
		return parse(theme, name, text, message, size, depth);
	snprintf(message, size, "theme %s: there is no %s.ini in %s", name, name, AUBERGE_THEMEDIR);
	return -1;
}

static size_t add_name(char names[][32], size_t count, size_t room, const char *name, size_t length)
{
	size_t at = 0;

	if (length == 0 || length >= 32 || count == room)
		return count;
	while (at < count && strncmp(names[at], name, length) < 0)
		at++;
	if (at < count && strncmp(names[at], name, length) == 0 && names[at][length] == '\0')
		return count;
	memmove(names[at + 1], names[at], (count - at) * 32);
	memcpy(names[at], name, length);
	names[at][length] = '\0';
	return count + 1;
}

size_t theme_names(char names[][32], size_t room)
{
	char places[PLACES][2304];
	size_t count = add_name(names, 0, room, "default", 7);

	count = add_name(names, count, room, "mono", 4);
	find_places(places);
	for (size_t i = 0; i < PLACES; i++) {
		DIR *directory = places[i][0] ? opendir(places[i]) : NULL;
		const struct dirent *entry;

		while (directory && (entry = readdir(directory))) {
			size_t length = strlen(entry->d_name);

			if (length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0 && entry->d_name[0] != '.')
				count = add_name(names, count, room, entry->d_name, length - 4);
		}
		if (directory)
			closedir(directory);
	}
	return count;
}

/* What has no background of its own stands on that of the text. */
static void complete(struct theme *theme)
{
	for (int depth = THEME_16; depth < THEME_DEPTHS; depth++) {
		const struct theme_style *text = &theme->styles[depth][ROLE_TEXT];

		for (int role = 0; text->background >= 0 && role < ROLES_COUNT; role++) {
			struct theme_style *style = &theme->styles[depth][role];

			if (style->background < 0) {
				style->background = text->background;
				style->exact_background = text->exact_background;
			}
			if (style->foreground < 0) {
				style->foreground = text->foreground;
				style->exact_foreground = text->exact_foreground;
			}
		}
	}
}

static void begin(struct theme *theme)
{
	char message[256];

	memset(theme, 0, sizeof *theme);
	for (int depth = 0; depth < THEME_DEPTHS; depth++)
		for (int role = 0; role < ROLES_COUNT; role++)
			theme->styles[depth][role] = no_style;
	parse(theme, "default", theme_builtin("default"), message, sizeof message, 0);
}

int theme_load(struct theme *theme, const char *name, char *message, size_t size)
{
	int result;

	begin(theme);
	message[0] = '\0';
	result = load(theme, name, message, size, 0);
	if (result == 0)
		snprintf(theme->name, sizeof theme->name, "%s", name);
	complete(theme);
	return result;
}

int theme_parse(struct theme *theme, const char *file, const char *text, char *message, size_t size)
{
	int result;

	begin(theme);
	message[0] = '\0';
	result = parse(theme, file, text, message, size, 0);
	complete(theme);
	return result;
}
