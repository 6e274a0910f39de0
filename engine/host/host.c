/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's own figures, for the head of the screen: a handful of small files per refresh. */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/meter_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

static uint64_t kilobytes(const char *text, const char *field)
{
	const char *at = strstr(text, field);

	return at ? strtoull(at + strlen(field), NULL, 10) * 1024 : 0;
}

/* "cpu  user nice system idle iowait irq softirq steal ..." (guest time is in user already). */
static void read_ticks(char *text, struct auberge_host *host)
{
	uint64_t ticks[8] = {0}, total = 0;

	if (strncmp(text, "cpu ", 4) != 0)
		return;
	text += 4;
	for (size_t i = 0; i < COUNT_OF(ticks); i++) {
		ticks[i] = strtoull(text, &text, 10);
		total += ticks[i];
	}
	host->cpu_total_ticks = total;
	host->cpu_busy_ticks = total - ticks[3] - ticks[4];
}

/* The state directory's file system, or that of what is there of its path. */
static void read_disk(const char *state_dir, struct auberge_host *host)
{
	char path[4096];
	struct statvfs disk;
	char *slash;

	if (!state_dir || strlen(state_dir) >= sizeof path)
		return;
	memcpy(path, state_dir, strlen(state_dir) + 1);
	while (statvfs(path, &disk) < 0) {
		slash = strrchr(path, '/');
		if (!slash || slash == path) {
			memcpy(path, "/", 2);
			if (statvfs(path, &disk) < 0)
				return;
			break;
		}
		*slash = '\0';
	}
	host->disk_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
	host->disk_used_bytes = (uint64_t)(disk.f_blocks - disk.f_bfree) * disk.f_frsize;
}

int auberge_host_read(struct auberge *auberge, struct auberge_host *host, struct auberge_error *error)
{
	char text[8192], *at;
	struct utsname system;
	ssize_t length;

	memset(host, 0, sizeof *host);
	if (uname(&system) == 0)
		auberge_text_clean(host->name, sizeof host->name, system.nodename, strlen(system.nodename), 0);
	host->uptime_seconds = (double)now_boottime_usec() / 1e6;
	if (getloadavg(host->load, 3) < 0)
		memset(host->load, 0, sizeof host->load);
	length = file_read_at(AT_FDCWD, "/proc/stat", text, sizeof text);
	if (length < 0)
		return error_set(error, (int)-length, "/proc/stat");
	read_ticks(text, host);
	host->processors = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	length = file_read_at(AT_FDCWD, "/proc/meminfo", text, sizeof text);
	if (length < 0)
		return error_set(error, (int)-length, "/proc/meminfo");
	at = text;
	host->memory_bytes = kilobytes(at, "MemTotal:");
	host->memory_used_bytes = host->memory_bytes - kilobytes(at, "MemAvailable:");
	read_disk(auberge->state_dir, host);
	host->cpu_stall_percent = meter_read_stall("/proc/pressure/cpu");
	host->memory_stall_percent = meter_read_stall("/proc/pressure/memory");
	host->io_stall_percent = meter_read_stall("/proc/pressure/io");
	return 0;
}
