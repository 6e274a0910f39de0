/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits of a guest that runs: changed, read back, and held against what it uses. What was written is believed only
 * when the kernel shows it.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/cgroup_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define NO_LIMIT_1 (UINT64_C(1) << 62) /* v1 shows none as the most that its counter holds, in bytes */

static uint64_t *field_of(struct cgroup_limits *limits, size_t row)
{
	uint64_t *const fields[CGROUP_LIMITS] = {&limits->memory, &limits->swap, &limits->cpus_thousandths, &limits->pids};

	return fields[row];
}

/* "max", "-1", "150000 100000", "1073741824": the first number. -errno. */
static int read_number(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name,
                       const char *file, uint64_t *number)
{
	char path[CGROUP_PATH], text[128];
	ssize_t length = cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, file);
	char *end;

	if (length >= 0)
		length = file_read_at(AT_FDCWD, path, text, sizeof text);
	if (length < 0)
		return (int)length;
	if (strncmp(text, "max", 3) == 0 || text[0] == '-') {
		*number = AUBERGE_UNLIMITED;
		return 0;
	}
	*number = strtoull(text, &end, 10);
	if (end == text)
		return -EBADMSG;
	if (*number >= NO_LIMIT_1)
		*number = AUBERGE_UNLIMITED;
	return 0;
}

/* One limit as the kernel has it, in the file's own terms. */
static int read_row(const struct auberge *auberge, const struct cgroup_layout *layout, const char *name, size_t row, uint64_t *number)
{
	const struct cgroup_hierarchy *hierarchy = cgroup_for(layout, cgroup_limit_table[row].controller);

	return hierarchy ? read_number(auberge, hierarchy, name, cgroup_limit_table[row].files[hierarchy->v2].name, number) : -ENOENT;
}

bool cgroup_limit_is(unsigned row, uint64_t asked, uint64_t has)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (asked == has || (asked >= NO_LIMIT_1 && has == AUBERGE_UNLIMITED))
		return true;
	if (!(row & (CGROUP_MEMORY | CGROUP_SWAP)) || has == AUBERGE_UNLIMITED || asked == AUBERGE_UNLIMITED)
		return false;
	/* v1's swap is the difference of two figures that were both rounded. */
	return asked / page == has / page || (row == CGROUP_SWAP && (asked / page + 1 == has / page || asked / page == has / page + 1));
}

static void format(char *out, size_t size, size_t row, uint64_t number)
{
	if (number == AUBERGE_UNLIMITED)
		snprintf(out, size, "no limit");
	else
		snprintf(out, size, "%" PRIu64 "%s", number, row == ROW_CPUS ? " us of 100000" : row == ROW_PIDS ? "" : " bytes");
}

/* Writes it and looks. 0, or negative with a line more in *error. */
static int change_row(const struct auberge *auberge, const struct cgroup_layout *layout, const char *name, size_t row,
                      const struct cgroup_limits *limits, struct auberge_error *error)
{
	const struct cgroup_limit *limit = &cgroup_limit_table[row];
	const struct cgroup_hierarchy *hierarchy = cgroup_for(layout, limit->controller);
	char path[CGROUP_PATH] = "", asked_text[48], has_text[48];
	uint64_t asked, has = 0;
	int result, seen;

	if (!hierarchy)
		return limit->asked(limits) == AUBERGE_UNLIMITED ? 0 :
		       error_add_line(error, "limits.%s: this host has no cgroup controller %s", limit->key, limit->controller);
	asked = limit->files[hierarchy->v2].value(limits);
	result = cgroup_write_limit(auberge, hierarchy, name, row, limits, path);
	if (result == -ENOENT && limit->asked(limits) == AUBERGE_UNLIMITED)
		return 0; /* no such limit on this kernel, and none is wanted */
	seen = read_row(auberge, layout, name, row, &has);
	if (seen == 0 && cgroup_limit_is(1u << row, asked, has))
		return 0;
	format(asked_text, sizeof asked_text, row, asked);
	if (seen < 0)
		return error_add_line(error, "limits.%s: %s: %s", limit->key, path, strerror(result < 0 ? -result : -seen));
	format(has_text, sizeof has_text, row, has);
	return error_add_line(error, "limits.%s: %s: asked for %s, the kernel has %s%s%s", limit->key, path, asked_text, has_text,
	                      result < 0 ? ": " : "", result < 0 ? strerror(-result) : "");
}

int cgroup_change_limits(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, unsigned rows,
                         unsigned *taken, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	const struct cgroup_hierarchy *memory = layout ? cgroup_for(layout, "memory") : NULL;
	unsigned wanted = rows;

	*taken = 0;
	if (!layout)
		return -1;
	if (memory && !memory->v2 && rows & (CGROUP_MEMORY | CGROUP_SWAP))
		rows |= CGROUP_MEMORY | CGROUP_SWAP; /* there one of the two files counts both */
	for (size_t i = 0; i < CGROUP_LIMITS; i++) {
		if (!(rows & 1u << i))
			continue;
		if (change_row(auberge, layout, name, i, limits, error) == 0)
			*taken |= 1u << i;
		else if (i == ROW_MEMORY && memory && !memory->v2)
			i = ROW_SWAP; /* its sum would be of a memory limit that is not in force */
	}
	if (rows == *taken)
		return 0;
	error_remedy(error, "where the guest uses more than that and it cannot be reclaimed: give it more, or free some first");
	*taken &= wanted;
	return -1;
}

void cgroup_read_limits(struct auberge *auberge, const char *name, struct cgroup_limits *limits, unsigned *known)
{
	struct auberge_error ignored = {0};
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	const struct cgroup_hierarchy *memory = layout ? cgroup_for(layout, "memory") : NULL;

	*known = 0;
	for (size_t i = 0; layout && i < CGROUP_LIMITS; i++)
		if (read_row(auberge, layout, name, i, field_of(limits, i)) == 0)
			*known |= 1u << i;
	if (*known & CGROUP_CPUS && limits->cpus_thousandths != AUBERGE_UNLIMITED)
		limits->cpus_thousandths /= 100; /* of a period of 100 ms */
	if (!memory || memory->v2 || !(*known & CGROUP_SWAP))
		return;
	if (!(*known & CGROUP_MEMORY))
		*known &= ~(unsigned)CGROUP_SWAP;
	else if (limits->swap != AUBERGE_UNLIMITED)
		limits->swap = limits->memory == AUBERGE_UNLIMITED || limits->swap < limits->memory ? 0 : limits->swap - limits->memory;
}

/* A field of memory.stat. */
static uint64_t stat_field(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, const char *field)
{
	char path[CGROUP_PATH], text[8192];
	size_t length = strlen(field);

	if (cgroup_path(path, auberge, hierarchy, CGROUP_OF_GUEST, name, "memory.stat") < 0 ||
	    file_read_at(AT_FDCWD, path, text, sizeof text) <= 0)
		return 0;
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, field, length) == 0 && at[length] == ' ')
			return strtoull(at + length, NULL, 10);
	return 0;
}

void cgroup_read_use(struct auberge *auberge, const char *name, struct cgroup_limits *use, unsigned *known)
{
	struct auberge_error ignored = {0};
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	const struct cgroup_hierarchy *memory = layout ? cgroup_for(layout, "memory") : NULL;
	const struct cgroup_hierarchy *pids = layout ? cgroup_for(layout, "pids") : NULL;
	uint64_t whole = 0, both = 0, cache;

	*use = (struct cgroup_limits){0};
	*known = 0;
	if (pids && read_number(auberge, pids, name, "pids.current", &use->pids) == 0)
		*known |= CGROUP_PIDS;
	if (!memory)
		return;
	if (read_number(auberge, memory, name, memory->v2 ? "memory.current" : "memory.usage_in_bytes", &whole) == 0) {
		cache = stat_field(auberge, memory, name, memory->v2 ? "inactive_file" : "total_inactive_file");
		use->memory = whole > cache ? whole - cache : 0;
		*known |= CGROUP_MEMORY;
	}
	if (memory->v2 && read_number(auberge, memory, name, "memory.swap.current", &use->swap) == 0)
		*known |= CGROUP_SWAP;
	if (!memory->v2 && read_number(auberge, memory, name, "memory.memsw.usage_in_bytes", &both) == 0) {
		use->swap = both > whole ? both - whole : 0;
		*known |= CGROUP_SWAP;
	}
}
