/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of one guest, found by its cgroup: pids and user as the guest sees them. */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/process_private.h"

#include <string.h>

/* The id inside of an id of ours: uid_map has "INSIDE OUTSIDE COUNT" lines, as we see them. */
static uint32_t inside_id(int directory, uint32_t outside)
{
	char text[4096], *at = text;

	if (file_read_at(directory, "uid_map", text, sizeof text) <= 0)
		return UINT32_MAX;
	while (*at) {
		unsigned long inner = strtoul(at, &at, 10), outer = strtoul(at, &at, 10), length = strtoul(at, &at, 10);

		if (outside >= outer && outside - outer < length)
			return (uint32_t)(inner + (outside - outer));
		at = strchrnul(at, '\n');
		at += *at == '\n';
	}
	return UINT32_MAX;
}

static uint32_t effective_id(const char *status)
{
	const char *at = strstr(status, "\nUid:");
	char *end;

	if (!at)
		return UINT32_MAX;
	strtoul(at + 5, &end, 10); /* the real one */
	return (uint32_t)strtoul(end, NULL, 10);
}

static bool describe(pid_t pid, struct auberge_process *process)
{
	cleanup_close int directory = process_open_directory(pid);
	uint64_t tick_usec = 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	char status[4096];
	struct process_stat stat;

	memset(process, 0, sizeof *process);
	if (directory < 0 || process_read_stat(directory, &stat) < 0 || stat.state == 'X' ||
	    file_read_at(directory, "status", status, sizeof status) <= 0)
		return false;
	process->host_pid = pid;
	process->pid = process_inner_pid_of(status);
	process->uid = inside_id(directory, effective_id(status));
	if (process->uid == 0)
		snprintf(process->user, sizeof process->user, "root");
	else if (process->uid == UINT32_MAX)
		snprintf(process->user, sizeof process->user, "unmapped");
	else
		snprintf(process->user, sizeof process->user, "%u", process->uid);
	process->state = stat.state;
	process->cpu_usec = stat.cpu_ticks * tick_usec;
	process->memory_bytes = stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
	process->age_seconds = (uint64_t)process_age_seconds(&stat);
	process->start_time = stat.start_ticks;
	process_read_command(directory, &stat, process->command, sizeof process->command);
	return true;
}

static int by_inner_pid(const void *a, const void *b)
{
	const struct auberge_process *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	return left->host_pid < right->host_pid ? -1 : left->host_pid > right->host_pid;
}

int auberge_processes(struct auberge *auberge, const char *name, struct auberge_process **processes, size_t *count,
                      struct auberge_error *error)
{
	cleanup_free pid_t *pids = NULL;
	cleanup_free struct auberge_process *found = NULL;
	size_t pids_count;

	*processes = NULL;
	*count = 0;
	if (cgroup_pids(auberge, name, &pids, &pids_count, error) < 0)
		return -1;
	if (pids_count == 0)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running: it has no processes", name);
	found = calloc(pids_count, sizeof *found);
	if (!found)
		return error_set(error, ENOMEM, "%s: its processes", name);
	for (size_t i = 0; i < pids_count; i++)
		if (describe(pids[i], &found[*count]))
			(*count)++;
	qsort(found, *count, sizeof *found, by_inner_pid);
	*processes = take_pointer(&found);
	return 0;
}
