/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest.ini being edited: opening, its text, and single values of it; see auberge.h. Owns struct auberge_edit. */
#include "guest/edit.h"

#include "guest/config_check.h"
#include "guest/config_value.h"
#include "guest/ini_text.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

/* --- the text and what it means -------------------------------------------------------------------------------- */

static void free_sections(struct edit_sections *sections)
{
	for (size_t i = 0; i < sections->count; i++)
		free(sections->names[i]);
	free(sections->names);
	*sections = (struct edit_sections){0};
}

static bool add_section(void *data, unsigned line, const char *section)
{
	struct edit_sections *sections = data;
	char **more;

	(void)line;
	for (size_t i = 0; i < sections->count; i++)
		if (strcmp(sections->names[i], section) == 0)
			return false;
	more = realloc(sections->names, (sections->count + 1) * sizeof *more);
	if (!more)
		return false;
	sections->names = more;
	more[sections->count] = strdup(section);
	sections->count += more[sections->count] != NULL;
	return true;
}

static void ignore_value(void *data, unsigned line, const char *section, const char *key, const char *value)
{
	(void)data, (void)line, (void)section, (void)key, (void)value;
}

static void ignore_problem(void *data, unsigned line, const char *text)
{
	(void)data, (void)line, (void)text;
}

int edit_adopt(struct auberge_edit *edit, char **text, struct auberge_error *error)
{
	struct edit_sections sections = {0};
	struct ini_sink sink = {add_section, ignore_value, ignore_problem, &sections};
	struct config *config = NULL;
	struct auberge_error errors = {0};
	size_t length = strlen(*text);

	if (length > EDIT_FILE_MAX)
		return error_set_code(error, AUBERGE_USAGE, 0, "%s: a config has at most %d bytes", edit->path, EDIT_FILE_MAX);
	config_parse(*text, length, "", &config, &errors);
	if (!config)
		return error_set(error, ENOMEM, "%s", edit->path);
	if (ini_text_parse(*text, length, &sink) < 0) {
		config_free(config);
		free_sections(&sections);
		return error_set(error, ENOMEM, "%s", edit->path);
	}
	free(edit->text);
	config_free(edit->config);
	free_sections(&edit->sections);
	edit->text = take_pointer(text);
	edit->config = config;
	edit->errors = errors;
	edit->sections = sections;
	return 0;
}

void auberge_edit_free(struct auberge_edit *edit)
{
	if (!edit)
		return;
	free(edit->name);
	free(edit->path);
	free(edit->before);
	free(edit->text);
	config_free(edit->config);
	free_sections(&edit->sections);
	free(edit);
}

static void free_edit(struct auberge_edit **edit)
{
	auberge_edit_free(*edit);
}
#define cleanup_edit __attribute__((cleanup(free_edit)))

static struct auberge_edit *make(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	struct auberge_edit *edit = calloc(1, sizeof *edit);

	error_clear(error);
	if (!edit || !(edit->name = strdup(name)) || asprintf(&edit->path, "%s/%s/guest.ini", auberge->state_dir, name) < 0) {
		error_set(error, ENOMEM, "%s", name);
		auberge_edit_free(edit);
		return NULL;
	}
	edit->auberge = auberge;
	return edit;
}

static int read_file(struct auberge_edit *edit, struct auberge_error *error)
{
	cleanup_close int fd = set_open_guest(edit->auberge, edit->name);
	ssize_t length = fd < 0 ? -errno : file_read_whole_at(fd, "guest.ini", EDIT_FILE_MAX, &edit->before);
	int number = (int)-length;

	if (length >= 0) {
		edit->before_length = (size_t)length;
		return 0;
	}
	error_set_code(error, number == EACCES || number == EPERM ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, number, "%s", edit->path);
	return number == EACCES && geteuid() != 0 ? error_remedy(error, "guests belong to root: use sudo") : -1;
}

struct auberge_edit *edit_begin(struct auberge *auberge, const char *name, const char *text, struct auberge_error *error)
{
	cleanup_edit struct auberge_edit *edit = make(auberge, name, error);
	cleanup_free char *copy = NULL;

	set_refresh(auberge);
	if (!edit || set_require_guest(auberge, name, error) < 0 || read_file(edit, error) < 0)
		return NULL;
	if (!text && strlen(edit->before) < edit->before_length) {
		error_set(error, 0, "%s: a NUL byte in it: this is no text", edit->path);
		error_remedy(error, "auberge config revert %s brings an earlier one back", name);
		return NULL;
	}
	copy = strdup(text ? text : edit->before);
	if (!copy) {
		error_set(error, ENOMEM, "%s", edit->path);
		return NULL;
	}
	return edit_adopt(edit, &copy, error) < 0 ? NULL : take_pointer(&edit);
}

struct auberge_edit *auberge_edit_open(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	return edit_begin(auberge, name, NULL, error);
}

struct auberge_edit *auberge_edit_new(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_edit struct auberge_edit *edit = make(auberge, name, error);
	cleanup_free char *text = strdup("");

	if (!edit)
		return NULL;
	edit->fresh = true;
	edit->before = strdup("");
	if (!text || !edit->before) {
		error_set(error, ENOMEM, "%s", name);
		return NULL;
	}
	return edit_adopt(edit, &text, error) < 0 ? NULL : take_pointer(&edit);
}

const char *auberge_edit_text(const struct auberge_edit *edit)
{
	return edit->text;
}

int auberge_edit_set_text(struct auberge_edit *edit, const char *text, struct auberge_error *error)
{
	cleanup_free char *copy = strdup(text);

	error_clear(error);
	return copy ? edit_adopt(edit, &copy, error) : error_set(error, ENOMEM, "%s", edit->path);
}

const char *auberge_edit_section(const struct auberge_edit *edit, size_t index)
{
	return index < edit->sections.count ? edit->sections.names[index] : NULL;
}

/* --- single values --------------------------------------------------------------------------------------------- */

static const char *nearest_key(const char *section, const char *key)
{
	const struct schema_row *rows;
	const char *names[64];
	size_t count, names_count = 0;

	rows = schema_rows(&count);
	for (size_t i = 0; i < count; i++)
		if (names_count < COUNT_OF(names) && schema_section_matches(rows[i].key.section, section))
			names[names_count++] = rows[i].key.name;
	return auberge_nearest(key, names, names_count);
}

static const struct schema_row *find_row(const char *section, const char *key, struct auberge_error *error)
{
	const struct schema_row *row = schema_find(section, key), *rows;
	const char *near;
	size_t count;

	if (row)
		return row;
	error_set_code(error, AUBERGE_USAGE, 0, "%.60s.%.60s: there is no such key", section, key);
	near = nearest_key(section, key);
	if (near) {
		error_remedy(error, "did you mean %.60s.%s?", section, near);
		return NULL;
	}
	rows = schema_rows(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].key.name, key) == 0) {
			error_remedy(error, "it belongs in [%s]", rows[i].key.section);
			return NULL;
		}
	error_remedy(error, "auberge-guest.ini(5) names all keys");
	return NULL;
}

int auberge_edit_get(const struct auberge_edit *edit, const char *section, const char *key, char **value, bool *written,
                     struct auberge_error *error)
{
	const struct schema_row *row;
	const struct config_setting *setting;
	const char *text;

	*value = NULL;
	*written = false;
	error_clear(error);
	row = find_row(section, key, error);
	if (!row)
		return -1;
	setting = config_find_setting(edit->config, section, key);
	*written = setting != NULL;
	text = setting ? setting->value : row->key.default_text;
	if (text && !(*value = strdup(text)))
		return error_set(error, ENOMEM, "%s.%s", section, key);
	return 0;
}

/* The value alone, as its row's type takes it. */
static int check_value(const struct schema_row *row, const char *section, const char *value, struct auberge_error *error)
{
	size_t size = sizeof(struct config);
	cleanup_free char *base = NULL;
	char why[256] = "";

	if (strncmp(row->key.section, "net ", 4) == 0)
		size = sizeof(struct config_net);
	else if (strncmp(row->key.section, "mount ", 6) == 0)
		size = sizeof(struct config_mount);
	base = calloc(1, size);
	if (!base)
		return error_set(error, ENOMEM, "%s.%s", section, row->key.name);
	if (config_value_parse(row, value, base + row->offset, why, sizeof why)) {
		config_value_free(row, base + row->offset);
		return 0;
	}
	return error_set_code(error, AUBERGE_USAGE, 0, "%s.%s = %.80s%s: %s", section, row->key.name, value,
	                      strlen(value) > 80 ? "..." : "", why);
}

/* What the reader says about that section of a text, as an error of usage; negative in any case. */
static int refuse_section(struct auberge_edit *edit, const char *section, struct auberge_error *error)
{
	cleanup_free struct auberge_problem *problems = NULL;
	struct auberge_error ignored;
	size_t count = 0;

	if (auberge_edit_problems(edit, &problems, &count, &ignored) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++)
		if (strcmp(problems[i].section, section) == 0)
			return error_set_code(error, AUBERGE_USAGE, 0, "%s", problems[i].text);
	return error_set_code(error, AUBERGE_USAGE, 0, "[%s]: not a section that can be", section);
}

static char *trimmed(const char *value)
{
	size_t length;

	value += strspn(value, " \t\r\v\f");
	length = strlen(value);
	while (length > 0 && strchr(" \t\r\v\f", value[length - 1]))
		length--;
	return strndup(value, length);
}

static bool has_section(const struct config *config, const char *section)
{
	static const char *const plain[] = {"guest", "console", "security", "limits"};

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		if (strcmp(section, plain[i]) == 0)
			return true;
	for (size_t i = 0; strncmp(section, "net ", 4) == 0 && i < config->nets_count; i++)
		if (strcmp(config->nets[i].name, section + 4) == 0)
			return true;
	for (size_t i = 0; strncmp(section, "mount ", 6) == 0 && i < config->mounts_count; i++)
		if (strcmp(config->mounts[i].name, section + 6) == 0)
			return true;
	return false;
}

/* Whether the reader sees in another text what was meant to be in it. */
static int check_seen(struct auberge_edit *edit, const char *text, const char *section, const char *key, const char *value,
                      struct auberge_error *error)
{
	struct auberge_edit probe = {.auberge = edit->auberge, .name = edit->name, .path = edit->path, .fresh = true};
	const struct config_setting *setting;
	cleanup_free char *copy = strdup(text);
	int result;

	if (!copy)
		return error_set(error, ENOMEM, "%s", edit->path);
	result = edit_adopt(&probe, &copy, error);
	if (result == 0 && key) {
		setting = config_find_setting(probe.config, section, key);
		if (!setting || strcmp(setting->value, value) != 0)
			result = refuse_section(&probe, section, error);
	} else if (result == 0 && !has_section(probe.config, section)) {
		result = refuse_section(&probe, section, error);
	}
	free(probe.text);
	config_free(probe.config);
	free_sections(&probe.sections);
	return result;
}

int auberge_edit_set(struct auberge_edit *edit, const char *section, const char *key, const char *value,
                     struct auberge_error *error)
{
	cleanup_free char *text = strdup(edit->text);
	cleanup_free char *clean = value ? trimmed(value) : NULL;
	const struct schema_row *row;

	error_clear(error);
	if (!text || (value && !clean))
		return error_set(error, ENOMEM, "%s.%s", section, key);
	row = find_row(section, key, error);
	if (!row || (clean && check_value(row, section, clean, error) < 0))
		return -1;
	if (config_set_text(&text, section, key, clean, error) < 0)
		return -1;
	if (clean && check_seen(edit, text, section, key, clean, error) < 0)
		return -1;
	return edit_adopt(edit, &text, error);
}

int auberge_edit_add_section(struct auberge_edit *edit, const char *section, struct auberge_error *error)
{
	cleanup_free char *text = strdup(edit->text);

	error_clear(error);
	if (!text)
		return error_set(error, ENOMEM, "[%s]", section);
	if (config_add_section_text(&text, section, error) < 0 || check_seen(edit, text, section, NULL, NULL, error) < 0)
		return -1;
	return edit_adopt(edit, &text, error);
}

int auberge_edit_remove_section(struct auberge_edit *edit, const char *section, struct auberge_error *error)
{
	cleanup_free char *text = strdup(edit->text);

	error_clear(error);
	if (!text)
		return error_set(error, ENOMEM, "[%s]", section);
	if (config_remove_section_text(&text, section, error) < 0)
		return -1;
	return edit_adopt(edit, &text, error);
}
