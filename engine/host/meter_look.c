/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures of a guest that no kept-open file tells: who of it sleeps uninterruptibly, and how full its disk is.
 * Bounded: of a guest with very many processes and threads only the first ones are looked at, and looking several times
 * takes a part of the time that all guests share.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/meter_private.h"
#include "host/process_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#define LOOKS_MAX 256   /* /proc files that one look may read */
#define THREADS_MAX 32  /* of one process */
#define HOST_STALLED 5.0F
#define LOOKS_IN_A_ROW 32u
#define BETWEEN_LOOKS_USEC 1000u
#define LOOK_CREDIT_MAX 400000u

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

struct look {
	unsigned blocked, looked_at;
	char command[32];
	uint64_t delay_ticks;
};

static int look_once(struct auberge *auberge, const char *name, struct look *look)
{
	cleanup_free pid_t *pids = NULL;
	struct auberge_error ignored;
	size_t count = 0;
	unsigned looks = 0;

	*look = (struct look){0};
	if (cgroup_pids(auberge, name, &pids, &count, &ignored) < 0)
		return -1;
	for (size_t i = 0; i < count && looks < LOOKS_MAX; i++) {
		cleanup_close int directory = process_open_directory(pids[i]);
		struct process_stat stat;

		looks++;
		if (directory < 0 || process_read_stat(directory, &stat) < 0)
			continue;
		look->looked_at++;
		look->delay_ticks += stat.delay_ticks;
		if (stat.state != 'D' && (stat.threads < 2 || !thread_is_blocked(directory, &looks)))
			continue;
		if (look->blocked++ == 0)
			auberge_text_clean(look->command, sizeof look->command, stat.name, strlen(stat.name), 0);
	}
	return 0;
}

/* A fifth of the time at most goes into looking again, for all guests together. */
static bool may_look_again(struct auberge *auberge)
{
	uint64_t now = now_monotonic_usec(), credit = auberge->look_credit_usec + (now - auberge->look_credited_usec) / 5;

	auberge->look_credited_usec = now;
	auberge->look_credit_usec = credit < LOOK_CREDIT_MAX ? credit : LOOK_CREDIT_MAX;
	if (auberge->look_credit_usec < LOOKS_IN_A_ROW * BETWEEN_LOOKS_USEC)
		return false;
	auberge->look_credit_usec -= LOOKS_IN_A_ROW * BETWEEN_LOOKS_USEC;
	return true;
}

/*
 * One look says little of a disk that serves each wait in a millisecond. Where no pressure file of the guest's counts for
 * us and the host's says that something waits, a guest that did anything is looked at several times.
 */
static unsigned looks_wanted(struct auberge *auberge, const struct auberge_counters *counters, bool ran)
{
	if (!ran || counters->have & AUBERGE_HAVE_STALL || meter_read_stall("/proc/pressure/io") < HOST_STALLED)
		return 1;
	return may_look_again(auberge) ? LOOKS_IN_A_ROW : 1;
}

void meter_look_at_processes(struct auberge *auberge, const char *name, bool ran, struct auberge_counters *counters)
{
	unsigned wanted = looks_wanted(auberge, counters, ran);
	uint64_t delay_ticks = 0;

	counters->have &= ~(unsigned)(AUBERGE_HAVE_BLOCKED | AUBERGE_HAVE_DELAY);
	counters->looks = counters->looks_blocked = 0;
	for (; counters->looks < wanted; counters->looks++) {
		struct look look;

		if (counters->looks > 0)
			nanosleep(&(struct timespec){.tv_nsec = BETWEEN_LOOKS_USEC * 1000}, NULL);
		if (look_once(auberge, name, &look) < 0)
			return;
		delay_ticks = look.delay_ticks;
		counters->looks_blocked += look.blocked > 0;
		if (counters->looks > 0 && look.blocked <= counters->blocked)
			continue;
		counters->blocked = look.blocked;
		counters->looked_at = look.looked_at;
		memcpy(counters->blocked_command, look.command, sizeof counters->blocked_command);
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
