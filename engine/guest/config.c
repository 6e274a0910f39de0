/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads guest.ini into struct config by the schema table. Reading never stops at the first error.
 * Invariant: every row's field holds its default or a value that its parser took.
 */
#include "guest/config_check.h"
#include "guest/config_value.h"
#include "guest/ini_text.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define CONFIG_SIZE_MAX (1024 * 1024)

struct parse {
	struct config *config;
	struct auberge_error *error;
	char *base; /* of the section being read: struct config, or an element of nets or mounts */
	char section[64];
	size_t section_start; /* settings of the section begin here */
	struct {
		char name[64];
		unsigned line;
	} *sections;
	size_t sections_count;
	bool bad, failed;
};

static void __attribute__((format(printf, 3, 4))) problem(struct parse *parse, unsigned line, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	parse->bad = true;
	error_add_line(parse->error, "%s:%u: %s", parse->config->file, line, text);
}

static void take_problem(void *data, unsigned line, const char *text)
{
	problem(data, line, "%s", text);
}

/* Sets every field of a section to its default. */
static void set_defaults(char *base, const char *section)
{
	const struct schema_row *rows;
	size_t count;
	char why[160];

	rows = schema_rows(&count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].key.default_text && strcmp(rows[i].key.section, section) == 0)
			config_value_parse(&rows[i], rows[i].key.default_text, base + rows[i].offset, why, sizeof why);
	}
}

static void set_plain_defaults(struct config *config)
{
	static const char *const plain[] = {"guest", "console", "security", "limits"};

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		set_defaults((char *)config, plain[i]);
}

static bool begin_net(struct parse *parse, unsigned line, const char *name)
{
	struct config *config = parse->config;
	struct config_net *net;

	if (!config_link_name_valid(name) || strcmp(name, "lo") == 0) {
		problem(parse, line, "[net %s]: not an interface's name: 1 to 15 bytes, no blank, '/', ':' or '%%', not lo",
		        name);
		return false;
	}
	if (config->nets_count == AUBERGE_LINKS_MAX) {
		problem(parse, line, "[net %s]: more than %d interfaces", name, AUBERGE_LINKS_MAX);
		return false;
	}
	net = &config->nets[config->nets_count++];
	snprintf(net->name, sizeof net->name, "%s", name);
	net->line = line;
	set_defaults((char *)net, "net *");
	parse->base = (char *)net;
	return true;
}

static bool begin_mount(struct parse *parse, unsigned line, const char *name)
{
	struct config *config = parse->config;
	struct config_mount *mount;

	if (config->mounts_count == CONFIG_MOUNTS_MAX) {
		problem(parse, line, "[mount %s]: more than %d mounts", name, CONFIG_MOUNTS_MAX);
		return false;
	}
	if (!config->mounts)
		config->mounts = calloc(CONFIG_MOUNTS_MAX, sizeof *config->mounts);
	if (!config->mounts) {
		parse->failed = true;
		return false;
	}
	mount = &config->mounts[config->mounts_count];
	mount->name = strdup(name);
	if (!mount->name) {
		parse->failed = true;
		return false;
	}
	config->mounts_count++;
	mount->line = line;
	set_defaults((char *)mount, "mount *");
	parse->base = (char *)mount;
	return true;
}

static bool begin_plain(struct parse *parse, unsigned line, const char *section)
{
	static const char *const known[] = {"guest", "console", "security", "limits", "net", "mount"};
	char word[64];
	const char *near;

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(section, known[i]) == 0) {
			parse->base = (char *)parse->config;
			return true;
		}
	}
	for (size_t i = 4; i < COUNT_OF(known); i++) {
		if (strcmp(section, known[i]) == 0) {
			problem(parse, line, "[%s] needs a name: [%s %s]", section, section, i == 4 ? "eth0" : "data");
			return false;
		}
	}
	snprintf(word, sizeof word, "%.*s", (int)strcspn(section, " "), section);
	near = auberge_nearest(word, known, COUNT_OF(known));
	if (near)
		problem(parse, line, "unknown section [%s]: did you mean [%s%s]?", section, near, section + strlen(word));
	else
		problem(parse, line, "unknown section [%s]: there are guest, console, security, limits, net NAME, mount NAME",
		        section);
	return false;
}

static bool remember_section(struct parse *parse, unsigned line, const char *section)
{
	for (size_t i = 0; i < parse->sections_count; i++) {
		if (strcmp(parse->sections[i].name, section) == 0) {
			problem(parse, line, "[%s] is there twice: first in line %u", section, parse->sections[i].line);
			return false;
		}
	}
	if (parse->sections_count % 16 == 0) {
		void *more = realloc(parse->sections, (parse->sections_count + 16) * sizeof *parse->sections);

		if (!more) {
			parse->failed = true;
			return false;
		}
		parse->sections = more;
	}
	snprintf(parse->sections[parse->sections_count].name, sizeof parse->sections->name, "%s", section);
	parse->sections[parse->sections_count++].line = line;
	return true;
}

static bool take_section(void *data, unsigned line, const char *section)
{
	struct parse *parse = data;
	bool taken;

	if (strncmp(section, "net ", 4) == 0 && section[4])
		taken = remember_section(parse, line, section) && begin_net(parse, line, section + 4);
	else if (strncmp(section, "mount ", 6) == 0 && section[6])
		taken = remember_section(parse, line, section) && begin_mount(parse, line, section + 6);
	else
		taken = begin_plain(parse, line, section) && remember_section(parse, line, section);
	if (taken) {
		snprintf(parse->section, sizeof parse->section, "%s", section);
		parse->section_start = parse->config->settings_count;
	}
	return taken;
}

static void unknown_key(struct parse *parse, unsigned line, const char *section, const char *key)
{
	const struct schema_row *rows;
	const char *names[64], *near;
	size_t count, names_count = 0;

	rows = schema_rows(&count);
	for (size_t i = 0; i < count; i++) {
		if (names_count < COUNT_OF(names) && schema_section_matches(rows[i].key.section, section))
			names[names_count++] = rows[i].key.name;
	}
	near = auberge_nearest(key, names, names_count);
	if (near) {
		problem(parse, line, "unknown key \"%s\" in [%s]: did you mean \"%s\"?", key, section, near);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key.name, key) == 0) {
			problem(parse, line, "unknown key \"%s\" in [%s]: it belongs in [%s]", key, section, rows[i].key.section);
			return;
		}
	}
	problem(parse, line, "unknown key \"%s\" in [%s]", key, section);
}

static bool add_setting(struct parse *parse, unsigned line, const char *key, const char *value)
{
	struct config *config = parse->config;
	struct config_setting *setting;

	if (config->settings_count % 16 == 0) {
		void *more = realloc(config->settings, (config->settings_count + 16) * sizeof *config->settings);

		if (!more)
			return false;
		config->settings = more;
	}
	setting = &config->settings[config->settings_count];
	*setting = (struct config_setting){strdup(parse->section), strdup(key), strdup(value), line};
	config->settings_count++;
	return setting->section && setting->key && setting->value;
}

static void take_value(void *data, unsigned line, const char *section, const char *key, const char *value)
{
	struct parse *parse = data;
	struct config *config = parse->config;
	const struct schema_row *row = schema_find(section, key);
	char why[256];

	if (!row) {
		unknown_key(parse, line, section, key);
		return;
	}
	for (size_t i = parse->section_start; i < config->settings_count; i++) {
		if (strcmp(config->settings[i].key, key) == 0) {
			problem(parse, line, "\"%s\" of [%s] is there twice: first in line %u", key, section,
			        config->settings[i].line);
			return;
		}
	}
	if (!config_value_parse(row, value, parse->base + row->offset, why, sizeof why))
		problem(parse, line, "[%s] %s = %.80s%s: %s", section, key, value, strlen(value) > 80 ? "..." : "", why);
	if (!add_setting(parse, line, key, value))
		parse->failed = true;
}

int config_parse(const char *text, size_t length, const char *path, struct config **result,
                 struct auberge_error *error)
{
	cleanup_config struct config *config = calloc(1, sizeof *config);
	struct parse parse = {.config = config, .error = error};
	struct ini_sink sink = {take_section, take_value, take_problem, &parse};

	*result = NULL;
	if (!config || !(config->file = strdup(path)))
		return error_set(error, ENOMEM, "%s", path);
	set_plain_defaults(config);
	if (ini_text_parse(text, length, &sink) < 0)
		parse.failed = true;
	free(parse.sections);
	if (parse.failed)
		return error_set(error, ENOMEM, "%s", path);
	if (config_check_together(config, error) < 0)
		parse.bad = true;
	*result = take_pointer(&config);
	return parse.bad ? -1 : 0;
}

int config_read(int dirfd, const char *file, const char *path, struct config **config, struct auberge_error *error)
{
	cleanup_free char *text = NULL;
	ssize_t length = file_read_whole_at(dirfd, file, CONFIG_SIZE_MAX, &text);

	*config = NULL;
	if (length < 0) {
		int number = (int)-length;
		bool denied = number == EACCES || number == EPERM;

		if (error->code == AUBERGE_OK)
			return error_set_code(error, denied ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, number, "%s", path);
		return error_add_line(error, "%s: %s", path, strerror(number));
	}
	return config_parse(text, (size_t)length, path, config, error);
}

static void free_section(char *base, const char *section)
{
	const struct schema_row *rows;
	size_t count;

	rows = schema_rows(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key.section, section) == 0)
			config_value_free(&rows[i], base + rows[i].offset);
	}
}

void config_free(struct config *config)
{
	if (!config)
		return;
	free_section((char *)config, "guest");
	for (size_t i = 0; i < config->nets_count; i++)
		free_section((char *)&config->nets[i], "net *");
	for (size_t i = 0; i < config->mounts_count; i++) {
		free_section((char *)&config->mounts[i], "mount *");
		free(config->mounts[i].name);
	}
	for (size_t i = 0; i < config->settings_count; i++) {
		free(config->settings[i].section);
		free(config->settings[i].key);
		free(config->settings[i].value);
	}
	free(config->mounts);
	free(config->settings);
	free(config->file);
	free(config);
}

void config_free_pointer(struct config **config)
{
	config_free(*config);
}

char *config_rootfs(const struct auberge *auberge, const char *name, const struct config *config)
{
	char *path;

	if (config && config->rootfs)
		return strdup(config->rootfs);
	return asprintf(&path, "%s/%s/rootfs", auberge->state_dir, name) < 0 ? NULL : path;
}
