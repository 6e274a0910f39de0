/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures of a guest that no kept-open file tells: who of it sleeps uninterruptibly, and how full its disk is.
 * Bounded: of a guest with very many processes and threads only the first ones are looked at.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/meter_private.h"
#include "host/process_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#define LOOKS_MAX 256   /* /proc files that one look may read */
#define THREADS_MAX 32  /* of one process */

/* A database's first thread sleeps well while others wait for the disk. */
static bool thread_is_blocked(int directory, unsigned *looks)
{
	cleanup_dir DIR *tasks = NULL;
	const struct dirent *entry;
	int fd = openat(directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	tasks = fdopendir(fd);
	if (!tasks) {
		close(fd);
		return false;
	}
	for (unsigned threads = 0; threads < THREADS_MAX && *looks < LOOKS_MAX && (entry = readdir(tasks));) {
		cleanup_close int task = entry->d_name[0] == '.' ? -1 : openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct process_stat stat;

		if (task < 0)
			continue;
		threads++;
		++*looks;
		if (process_read_stat(task, &stat) == 0 && stat.state == 'D')
			return true;
	}
	return false;
}

void meter_look_at_processes(struct auberge *auberge, const char *name, struct auberge_counters *counters)
{
	cleanup_free pid_t *pids = NULL;
	struct auberge_error ignored;
	size_t count = 0;
	unsigned looks = 0;
	uint64_t delay_ticks = 0;

	counters->have &= ~(unsigned)(AUBERGE_HAVE_BLOCKED | AUBERGE_HAVE_DELAY);
	if (cgroup_pids(auberge, name, &pids, &count, &ignored) < 0)
		return;
	counters->blocked = counters->looked_at = 0;
	counters->blocked_command[0] = '\0';
	for (size_t i = 0; i < count && looks < LOOKS_MAX; i++) {
		cleanup_close int directory = process_open_directory(pids[i]);
		struct process_stat stat;

		looks++;
		if (directory < 0 || process_read_stat(directory, &stat) < 0)
			continue;
		counters->looked_at++;
		delay_ticks += stat.delay_ticks;
		if (stat.state != 'D' && (stat.threads < 2 || !thread_is_blocked(directory, &looks)))
			continue;
		if (counters->blocked++ == 0)
			auberge_text_clean(counters->blocked_command, sizeof counters->blocked_command, stat.name, strlen(stat.name), 0);
	}
	counters->blocked_time_usec = counters->time_usec;
	counters->have |= AUBERGE_HAVE_BLOCKED;
	counters->delay_usec = delay_ticks * (1000000u / (uint64_t)sysconf(_SC_CLK_TCK));
	if (delay_ticks > 0)
		counters->have |= AUBERGE_HAVE_DELAY;
}

void meter_look_at_disk(const char *directory, struct auberge_counters *counters)
{
	struct statvfs disk;

	counters->have &= ~(unsigned)AUBERGE_HAVE_DISK;
	if (statvfs(directory, &disk) < 0)
		return;
	/* what is kept for the host's root is none of the guest's: as df(1) counts */
	counters->disk_bytes = (uint64_t)(disk.f_blocks - disk.f_bfree + disk.f_bavail) * disk.f_frsize;
	counters->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	counters->disk_inodes = disk.f_files;
	counters->disk_free_inodes = disk.f_favail;
	if (counters->disk_bytes > 0)
		counters->have |= AUBERGE_HAVE_DISK;
}
