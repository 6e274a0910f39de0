/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two configs, value by value, and when it takes effect. */
#include "guest/edit_live.h"
#include "guest/schema.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <string.h>

static void copy(char *out, size_t size, const char *text)
{
	auberge_text_clean(out, size, text ? text : "", text ? strlen(text) : 0, 0);
}

struct auberge_change *change_add(struct change_list *list, const char *section, const char *key, const char *before,
                                  const char *after)
{
	struct auberge_change *more = realloc(list->changes, (list->count + 1) * sizeof *more), *change;

	if (!more) {
		list->failed = true;
		return NULL;
	}
	list->changes = more;
	change = &more[list->count++];
	*change = (struct auberge_change){0};
	copy(change->section, sizeof change->section, section);
	copy(change->key, sizeof change->key, key);
	copy(change->before, sizeof change->before, before);
	copy(change->after, sizeof change->after, after);
	return change;
}

/* A section of a config by its index among those of its pattern. SIZE_MAX: it is not there. */
struct side {
	const struct config *config;
	size_t index;
};

static char *value_of(const struct side *side, const struct schema_row *row, unsigned *line)
{
	*line = 0;
	return side->index == SIZE_MAX ? NULL : config_value_text(side->config, row, side->index, line);
}

static bool is_default(const struct schema_row *row, const char *value)
{
	return value && row->key.default_text && strcmp(value, row->key.default_text) == 0;
}

/* pattern "net *", section "net eth0". A section of one side only is told by what it says, or by itself. */
static void compare_section(const char *pattern, const char *section, struct side before, struct side after,
                            struct change_list *list)
{
	bool both = before.index != SIZE_MAX && after.index != SIZE_MAX, told = false;
	const struct schema_row *rows;
	size_t count;

	rows = schema_rows(&count);
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *one = NULL, *two = NULL;
		unsigned line, other;

		if (strcmp(rows[i].key.section, pattern) != 0)
			continue;
		one = value_of(&before, &rows[i], &line);
		two = value_of(&after, &rows[i], &other);
		if (!both && is_default(&rows[i], one ? one : two))
			continue;
		if (strcmp(one ? one : "", two ? two : "") == 0)
			continue;
		change_add(list, section, rows[i].key.name, one, two);
		told = true;
	}
	if (!both && !told)
		change_add(list, section, "", before.index == SIZE_MAX ? "" : "there", after.index == SIZE_MAX ? "" : "there");
}

static const char *name_of(const struct config *config, bool nets, size_t index)
{
	if (nets)
		return index < config->nets_count ? config->nets[index].name : NULL;
	return index < config->mounts_count ? config->mounts[index].name : NULL;
}

static size_t index_of(const struct config *config, bool nets, const char *name)
{
	const char *other;

	for (size_t i = 0; (other = name_of(config, nets, i)); i++)
		if (strcmp(other, name) == 0)
			return i;
	return SIZE_MAX;
}

static void compare_named(const struct config *before, const struct config *after, bool nets, struct change_list *list)
{
	const char *pattern = nets ? "net *" : "mount *", *name;
	char section[64];

	for (size_t i = 0; (name = name_of(after, nets, i)); i++) {
		snprintf(section, sizeof section, "%s %s", nets ? "net" : "mount", name);
		compare_section(pattern, section, (struct side){before, index_of(before, nets, name)}, (struct side){after, i}, list);
	}
	for (size_t i = 0; (name = name_of(before, nets, i)); i++) {
		snprintf(section, sizeof section, "%s %s", nets ? "net" : "mount", name);
		if (index_of(after, nets, name) == SIZE_MAX)
			compare_section(pattern, section, (struct side){before, i}, (struct side){after, SIZE_MAX}, list);
	}
}

int config_compare(const struct config *before, const struct config *after, struct change_list *list)
{
	static const char *const plain[] = {"guest", "console", "security", "limits"};

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		compare_section(plain[i], plain[i], (struct side){before, 0}, (struct side){after, 0}, list);
	compare_named(before, after, true, list);
	compare_named(before, after, false, list);
	return list->failed ? -ENOMEM : 0;
}

int auberge_edit_changes(struct auberge_edit *edit, struct auberge_change **changes, size_t *count, struct auberge_error *error)
{
	cleanup_config struct config *before = NULL;
	struct auberge_error ignored = {0};
	struct change_list list = {0};

	*changes = NULL;
	*count = 0;
	error_clear(error);
	config_parse(edit->before, edit->before_length, "", &before, &ignored);
	if (!before)
		return error_set(error, ENOMEM, "%s", edit->path);
	if (config_compare(before, edit->config, &list) < 0)
		error_set(error, ENOMEM, "%s", edit->path);
	if (error->code != AUBERGE_OK || edit_judge(edit, false, &list, error) < 0) {
		free(list.changes);
		return -1;
	}
	*changes = list.changes;
	*count = list.count;
	return 0;
}

char *auberge_edit_diff(const struct auberge_edit *edit, struct auberge_error *error)
{
	char *diff = text_diff(edit->before, edit->before_length, edit->text, strlen(edit->text), edit->path);

	error_clear(error);
	if (!diff)
		error_set(error, ENOMEM, "%s", edit->path);
	return diff;
}
