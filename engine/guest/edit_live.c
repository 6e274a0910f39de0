/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An edit and the guest that runs. Limits are written to the kernel first and read back; what is in force then goes
 * into effective.ini, through the guest's supervisor, which owns that file and has the values in its memory.
 */
#include "guest/edit_live.h"
#include "guest/effective.h"
#include "guest/lock.h"
#include "guest/schema.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/ledger.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define ANSWER_MS 1000

static const struct live_limit {
	const char *key;
	unsigned row;
	size_t in_config, in_limits;
} live_limits[] = {
	{"memory", CGROUP_MEMORY, offsetof(struct config, memory), offsetof(struct cgroup_limits, memory)},
	{"swap", CGROUP_SWAP, offsetof(struct config, swap), offsetof(struct cgroup_limits, swap)},
	{"cpus", CGROUP_CPUS, offsetof(struct config, cpus_thousandths), offsetof(struct cgroup_limits, cpus_thousandths)},
	{"pids", CGROUP_PIDS, offsetof(struct config, pids), offsetof(struct cgroup_limits, pids)},
};

static const struct live_limit *limit_of(const struct auberge_change *change)
{
	for (size_t i = 0; strcmp(change->section, "limits") == 0 && i < COUNT_OF(live_limits); i++)
		if (strcmp(change->key, live_limits[i].key) == 0)
			return &live_limits[i];
	return NULL;
}

static uint64_t number_at(const void *base, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)base + offset);
}

static uint64_t *number_in(void *base, size_t offset)
{
	return (uint64_t *)(void *)((char *)base + offset);
}

/* Asked of the ledger itself: one that cannot be read is no guest that does not run. */
int edit_life(struct auberge *auberge, const char *name, enum edit_life *life, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name), init = -1;
	struct ledger ledger = {0};
	int held;

	*life = EDIT_STOPPED;
	if (run_fd < 0 && errno == ENOENT)
		return 0;
	if (run_fd < 0)
		return error_set(error, errno, "%s/%s", auberge->run_dir, name);
	if (ledger_read(run_fd, &ledger, error) < 0)
		return error_prefix(error, "%s/%s", auberge->run_dir, name);
	held = lock_held(auberge, name, LOCK_SUPERVISOR);
	if (held < 0)
		return error_set(error, -held, "%s/%s/lock", auberge->state_dir, name);
	if (!ledger.present || !ledger.this_boot)
		return 0;
	if (ledger.phase == PHASE_RUNNING || ledger.phase == PHASE_STOPPING) {
		init = held ? -1 : process_open(ledger.init_pid, ledger.init_start);
		if (held || init != -ESRCH || (ledger.cgroup && cgroup_populated(auberge, name) == 1))
			*life = EDIT_RUNS;
	} else if (held && (ledger.phase == PHASE_STARTING || ledger.phase == PHASE_NONE)) {
		*life = EDIT_BUILDING;
	}
	return 0;
}

/* --- what acts when --------------------------------------------------------------------------------------------- */

/* Short, but never so short that two figures that differ look alike. */
static void format_pair(char *one, char *two, size_t size, unsigned row, uint64_t first, uint64_t second)
{
	if (row != CGROUP_PIDS) {
		auberge_format_size(one, size, first);
		auberge_format_size(two, size, second);
	}
	if (row == CGROUP_PIDS || strcmp(one, two) == 0) {
		snprintf(one, size, "%" PRIu64, first);
		snprintf(two, size, "%" PRIu64, second);
	}
}

static void judge_limit(const struct auberge_edit *edit, const struct cgroup_limits *use, unsigned known, struct auberge_change *change)
{
	const struct live_limit *limit = limit_of(change);
	char used[32], wanted[32];
	uint64_t now, then;

	if (!limit || !(known & limit->row))
		return;
	now = number_at(use, limit->in_limits);
	then = number_at(edit->config, limit->in_config);
	if (limit->row == CGROUP_CPUS || then >= now)
		return;
	format_pair(used, wanted, sizeof used, limit->row, now, then);
	snprintf(change->refused, sizeof change->refused, "the guest uses %s%s now, and %s is below that", used,
	         limit->row == CGROUP_PIDS ? " processes and threads" : limit->row == CGROUP_SWAP ? " of swap" : " of memory", wanted);
}

int edit_judge(struct auberge_edit *edit, bool next_start, struct change_list *list, struct auberge_error *error)
{
	struct cgroup_limits use;
	enum edit_life life;
	unsigned known = 0;

	if (edit->fresh || list->count == 0)
		return 0;
	if (edit_life(edit->auberge, edit->name, &life, error) < 0)
		return -1;
	if (life == EDIT_STOPPED)
		return 0;
	if (life == EDIT_RUNS && !next_start)
		cgroup_read_use(edit->auberge, edit->name, &use, &known);
	for (size_t i = 0; i < list->count; i++) {
		const struct schema_row *row = schema_find(list->changes[i].section, list->changes[i].key);

		/* What is being built was read from the file as it was. */
		if (!row || !row->key.live || next_start || life == EDIT_BUILDING)
			list->changes[i].effect = AUBERGE_EFFECT_NEXT_START;
		else
			judge_limit(edit, &use, known, &list->changes[i]);
	}
	return 0;
}

/* --- drift ------------------------------------------------------------------------------------------------------- */

/* What the kernel has is in force, whatever was meant to be. */
static void take_kernel_limits(struct auberge *auberge, const char *name, struct config *running)
{
	struct cgroup_limits limits = {0};
	unsigned known;

	cgroup_read_limits(auberge, name, &limits, &known);
	for (size_t i = 0; i < COUNT_OF(live_limits); i++) {
		uint64_t has = number_at(&limits, live_limits[i].in_limits), *meant = number_in(running, live_limits[i].in_config);

		if (known & live_limits[i].row && !cgroup_limit_is(live_limits[i].row, *meant, has))
			*meant = has;
	}
}

int edit_drift(struct auberge *auberge, const char *name, const struct config *file, struct change_list *list,
               struct auberge_error *error)
{
	cleanup_config struct config *running = NULL;
	enum edit_life life;

	if (edit_life(auberge, name, &life, error) < 0)
		return -1;
	if (life != EDIT_RUNS)
		return 0;
	running = effective_read(auberge, name, error);
	if (!running)
		return -1;
	take_kernel_limits(auberge, name, running);
	if (config_compare(running, file, list) < 0)
		return error_set(error, ENOMEM, "%s", name);
	for (size_t i = 0; i < list->count; i++) {
		const struct schema_row *row = schema_find(list->changes[i].section, list->changes[i].key);

		if (!row || !row->key.live)
			list->changes[i].effect = AUBERGE_EFFECT_NEXT_START;
	}
	return 0;
}

int auberge_config_drift(struct auberge *auberge, const char *name, struct auberge_change **changes, size_t *count,
                         struct auberge_error *error)
{
	cleanup_config struct config *file = NULL;
	cleanup_close int fd = -1;
	cleanup_free char *path = NULL;
	struct change_list list = {0};

	*changes = NULL;
	*count = 0;
	error_clear(error);
	set_refresh(auberge);
	if (set_require_guest(auberge, name, error) < 0)
		return -1;
	fd = set_open_guest(auberge, name);
	if (asprintf(&path, "%s/%s/guest.ini", auberge->state_dir, name) < 0) {
		path = NULL;
		return error_set(error, ENOMEM, "%s", name);
	}
	if (fd < 0)
		return error_set(error, errno, "%s", path);
	if (config_read(fd, "guest.ini", path, &file, error) < 0)
		return -1;
	if (edit_drift(auberge, name, file, &list, error) < 0) {
		free(list.changes);
		return -1;
	}
	*changes = list.changes;
	*count = list.count;
	return 0;
}

/* --- acting ------------------------------------------------------------------------------------------------------ */

/* The limits of the edit that are to act, over those that the guest has. */
static unsigned limits_of(struct auberge_edit *edit, const struct change_list *list, const struct config *running,
                          struct cgroup_limits *limits)
{
	unsigned rows = 0;

	for (size_t i = 0; i < COUNT_OF(live_limits); i++)
		*number_in(limits, live_limits[i].in_limits) = number_at(running, live_limits[i].in_config);
	for (size_t i = 0; i < list->count; i++) {
		const struct live_limit *limit = limit_of(&list->changes[i]);

		if (!limit || list->changes[i].effect != AUBERGE_EFFECT_NOW)
			continue;
		*number_in(limits, limit->in_limits) = number_at(edit->config, limit->in_config);
		rows |= limit->row;
	}
	return rows;
}

int edit_check_live(struct auberge_edit *edit, const struct change_list *list, struct auberge_error *error)
{
	struct auberge_error ignored = {0};
	cleanup_config struct config *running = effective_read(edit->auberge, edit->name, &ignored);
	struct cgroup_limits limits;

	if (!running || limits_of(edit, list, running, &limits) == 0)
		return 0;
	return cgroup_check(edit->auberge, edit->name, &limits, error);
}

static void not_in_force(struct change_list *list, unsigned rows, const char *why)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct live_limit *limit = limit_of(&list->changes[i]);

		if (list->changes[i].effect != AUBERGE_EFFECT_NOW || (rows && (!limit || !(limit->row & rows))))
			continue;
		list->changes[i].effect = AUBERGE_EFFECT_NEXT_START;
		snprintf(list->changes[i].refused, sizeof list->changes[i].refused, "%s", why);
	}
}

/* Limits are the kernel's and in force; the rest is the supervisor's. */
static void not_taken(struct change_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->changes[i].effect != AUBERGE_EFFECT_NOW || limit_of(&list->changes[i]))
			continue;
		list->changes[i].effect = AUBERGE_EFFECT_NEXT_START;
		snprintf(list->changes[i].refused, sizeof list->changes[i].refused, "its supervisor did not take it");
	}
}

/* "SECTION.KEY=VALUE" of all that acts, as effective_change() takes them. */
static void format_lines(const struct auberge_edit *edit, const struct change_list *list, struct buffer *lines)
{
	buffer_add(lines, "", 0);
	for (size_t i = 0; i < list->count; i++) {
		const struct auberge_change *change = &list->changes[i];
		const struct schema_row *row = schema_find(change->section, change->key);
		cleanup_free char *value = NULL;
		unsigned line;

		if (!row || !row->key.live || change->effect != AUBERGE_EFFECT_NOW)
			continue;
		value = config_value_text(edit->config, row, 0, &line); /* no [net] or [mount] has a key that acts at once */
		buffer_addf(lines, "%s.%s=%s\n", change->section, change->key, value ? value : "");
	}
}

/* The supervisor takes the values into its file and its memory. */
static int tell_supervisor(struct auberge_edit *edit, int fd, const char *lines, struct auberge_error *error)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct frame_reader in = {0};
	char type = '\0', *body;
	size_t length;
	cleanup_buffer struct buffer request = {0};
	int result;

	buffer_addf(&request, "%d config\n%s", PROTOCOL_VERSION, lines);
	result = request.failed ? -ENOMEM : frame_send(fd, FRAME_REQUEST, request.data, request.length);
	if (result < 0)
		return error_set(error, -result, "the supervisor of %s cannot be told", edit->name);
	do {
		do
			result = poll(&wait, 1, ANSWER_MS);
		while (result < 0 && errno == EINTR);
		result = result < 0 ? -errno : result == 0 ? -ETIMEDOUT : frame_fill(&in, fd);
		if (result >= 0)
			result = frame_next(&in, &type, &body, &length);
	} while (result == 0);
	if (result > 0 && type == FRAME_ERROR)
		frame_parse_error(body, length, error);
	else if (result == -ETIMEDOUT)
		error_set_code(error, AUBERGE_TIMEOUT, 0, "the supervisor of %s does not answer", edit->name);
	else if (result < 0)
		error_set(error, -result, "the answer of the supervisor of %s cannot be heard", edit->name);
	frame_reader_free(&in);
	return result > 0 && type == FRAME_ANSWER ? 0 : -1;
}

static int note_in_force(struct auberge_edit *edit, const char *lines, struct auberge_error *error)
{
	cleanup_config struct config *config = NULL;
	cleanup_close int fd = control_connect(edit->auberge, edit->name);
	int held;

	if (fd >= 0)
		return tell_supervisor(edit, fd, lines, error);
	held = fd == -ENOENT || fd == -ECONNREFUSED ? lock_held(edit->auberge, edit->name, LOCK_SUPERVISOR) : 1;
	if (held != 0)
		return error_set(error, held < 0 ? -held : -fd, "the supervisor of %s cannot be reached", edit->name);
	return effective_change(edit->auberge, edit->name, lines, &config, error); /* who takes it over reads that */
}

int edit_apply(struct auberge_edit *edit, struct change_list *list, struct auberge_error *error)
{
	cleanup_config struct config *running = NULL;
	cleanup_buffer struct buffer lines = {0};
	struct cgroup_limits limits;
	struct auberge_error told = {0};
	unsigned rows, taken = 0;
	int result = 0;

	running = effective_read(edit->auberge, edit->name, error);
	if (!running) {
		not_in_force(list, 0, "what the guest runs with cannot be read");
		return -1;
	}
	rows = limits_of(edit, list, running, &limits);
	if (rows && cgroup_change_limits(edit->auberge, edit->name, &limits, rows, &taken, error) < 0) {
		if (rows & ~taken) /* 0: what failed is v1's sum of memory and swap alone, which was not asked for */
			not_in_force(list, rows & ~taken, "the kernel did not take it");
		result = -1;
	}
	if (fault_point(FAULT_EDIT_LIMITS, error) < 0)
		result = -1;
	format_lines(edit, list, &lines);
	if (lines.failed)
		return error_set(error, ENOMEM, "%s", edit->name);
	if (lines.length == 0)
		return result;
	if (note_in_force(edit, lines.data, &told) < 0) {
		not_taken(list);
		if (result == 0)
			*error = told;
		else
			error_add_line(error, "%s", told.text);
		result = -1;
	}
	return result;
}
