/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guests there are, sorted by name. A name stands once: ".create-NAME" and ".destroy-NAME" count only where
 * there is no NAME. A caller who may not read the state directory sees the running guests, by their summaries.
 */
#include "guest/registry.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct found {
	char name[AUBERGE_NAME_MAX + 1];
	bool incomplete;
};

struct names {
	struct found *items;
	size_t count, room;
};

static bool names_add(struct names *names, const char *name, bool incomplete)
{
	struct found *item;

	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 64;
		void *more = reallocarray(names->items, room, sizeof *names->items);

		if (!more)
			return false;
		names->items = more;
		names->room = room;
	}
	item = &names->items[names->count++];
	memcpy(item->name, name, strnlen(name, AUBERGE_NAME_MAX) + 1);
	item->name[AUBERGE_NAME_MAX] = '\0';
	item->incomplete = incomplete;
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (int)a->incomplete - (int)b->incomplete;
}

static void sort_once(struct names *names)
{
	size_t kept = 0;

	if (names->count == 0)
		return;
	qsort(names->items, names->count, sizeof *names->items, compare);
	for (size_t i = 1; i < names->count; i++) {
		if (strcmp(names->items[kept].name, names->items[i].name) != 0)
			names->items[++kept] = names->items[i];
	}
	names->count = kept + 1;
}

static const char *half_made_name(const char *entry)
{
	static const char *const prefixes[] = {".create-", ".destroy-"};

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(entry, prefixes[i], length) == 0 && auberge_name_valid(entry + length))
			return entry + length;
	}
	return NULL;
}

static int scan(const char *path, bool half_made, struct names *names, struct auberge_error *error)
{
	cleanup_dir DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		const char *half = half_made ? half_made_name(entry->d_name) : NULL;

		if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
			continue;
		if (!half && !auberge_name_valid(entry->d_name))
			continue;
		if (!names_add(names, half ? half : entry->d_name, half != NULL))
			return error_set(error, ENOMEM, "%s", path), -ENOMEM;
	}
	return -errno;
}

/* The named guests, half made ones among them. */
static int take_named(struct auberge *auberge, const char *const *wanted, size_t count, struct names *names,
                      struct auberge_error *error)
{
	for (size_t i = 0; i < count; i++) {
		bool incomplete = false;

		if (set_require_guest(auberge, wanted[i], error) < 0) {
			if (error->code != AUBERGE_WRONG_STATE)
				return -1;
			cleanup_close int fd = set_open_guest(auberge, wanted[i]);
			incomplete = fd < 0;
		}
		if (!names_add(names, wanted[i], incomplete))
			return error_set(error, ENOMEM, "list");
	}
	error_clear(error);
	return 0;
}

/* Who is asked before each guest is read. */
struct asked {
	bool (*before)(void *data, const char *name); /* NULL: nobody */
	void *data;
};

static bool may_read(const struct asked *asked, const char *name)
{
	return !asked->before || asked->before(asked->data, name);
}

static int fill_all(struct auberge *auberge, const struct names *names, unsigned flags, const struct asked *asked,
                    struct auberge_guest **guests, size_t *count, struct auberge_error *error)
{
	struct auberge_guest *list = calloc(names->count + 1, sizeof *list);

	if (!list)
		return error_set(error, ENOMEM, "list");
	for (size_t i = 0; i < names->count; i++) {
		if (!may_read(asked, names->items[i].name))
			continue;
		if (names->items[i].incomplete)
			registry_fill_incomplete(&list[*count], names->items[i].name);
		else
			registry_fill(auberge, names->items[i].name, flags, &list[*count]);
		(*count)++;
	}
	*guests = list;
	return 0;
}

static bool is_wanted(const char *name, const char *const *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, wanted[i]) == 0)
			return true;
	}
	return count == 0;
}

static int list_summaries(struct auberge *auberge, const char *const *wanted, size_t wanted_count,
                          unsigned flags, const struct asked *asked, struct auberge_guest **guests, size_t *count, struct auberge_error *error)
{
	struct names names = {0};
	struct auberge_guest *list;
	int result = scan(auberge->run_dir, false, &names, error);

	if (result == -ENOTDIR) {
		free(names.items);
		return error_set(error, ENOTDIR, "%s", auberge->state_dir);
	}
	if (result < 0 && result != -ENOENT) {
		free(names.items);
		error_set_code(error, AUBERGE_NOT_PERMITTED, -result, "%s", auberge->run_dir);
		return error_remedy(error, "guests belong to root: use sudo");
	}
	sort_once(&names);
	list = calloc(names.count + 1, sizeof *list);
	for (size_t i = 0; list && i < names.count; i++) {
		if (is_wanted(names.items[i].name, wanted, wanted_count) && may_read(asked, names.items[i].name) &&
		    registry_fill_summary(auberge, names.items[i].name, flags, &list[*count]))
			(*count)++;
	}
	free(names.items);
	*guests = list;
	if (!list)
		return error_set(error, ENOMEM, "list");
	if (wanted_count > *count) {
		free(list);
		*guests = NULL;
		*count = 0;
		error_set_code(error, AUBERGE_NOT_PERMITTED, EACCES, "%s", auberge->state_dir);
		return error_remedy(error, "guests belong to root: use sudo");
	}
	return 0;
}

/* Its names may be open to all, the guests below are not: without rights they would look half made. */
static bool is_closed(const struct auberge *auberge)
{
	struct stat status;

	if (auberge->state_fd < 0)
		return access(auberge->state_dir, F_OK) == 0;
	return geteuid() != 0 && fstat(auberge->state_fd, &status) == 0 && status.st_uid != geteuid();
}

static int list_some(struct auberge *auberge, const char *const *names, size_t names_count, unsigned flags,
                     const struct asked *asked, struct auberge_guest **guests, size_t *count, struct auberge_error *error)
{
	struct names found = {0};
	int result = 0;

	*guests = NULL;
	*count = 0;
	set_refresh(auberge);
	set_reap(auberge);
	if (is_closed(auberge))
		return list_summaries(auberge, names, names_count, flags, asked, guests, count, error);
	if (names_count > 0) {
		result = take_named(auberge, names, names_count, &found, error);
	} else {
		result = scan(auberge->state_dir, true, &found, error);
		if (result == -ENOENT)
			result = 0; /* nothing was made yet */
		else if (result < 0)
			error_set_code(error, result == -EACCES ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, -result,
			               "%s", auberge->state_dir);
	}
	if (result == 0) {
		sort_once(&found);
		result = fill_all(auberge, &found, flags, asked, guests, count, error);
	}
	free(found.items);
	return result < 0 ? -1 : 0;
}

int auberge_list(struct auberge *auberge, const char *const *names, size_t names_count, unsigned flags,
                 struct auberge_guest **guests, size_t *count, struct auberge_error *error)
{
	const struct asked nobody = {0};

	return list_some(auberge, names, names_count, flags, &nobody, guests, count, error);
}

int auberge_list_each(struct auberge *auberge, unsigned flags, bool (*before)(void *data, const char *name), void *data,
                      struct auberge_guest **guests, size_t *count, struct auberge_error *error)
{
	const struct asked asked = {before, data};

	return list_some(auberge, NULL, 0, flags, &asked, guests, count, error);
}
