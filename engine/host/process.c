/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single processes through /proc. Text that a process chose (its command) leaves here only cleaned. */
#include "host/process.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "host/process_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>

int process_open_directory(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int process_read_stat(int directory, struct process_stat *stat)
{
	char text[1024], *open, *close, *at;
	unsigned long long numbers[49] = {0}; /* fields 4 to 52 */
	ssize_t length = file_read_at(directory, "stat", text, sizeof text);

	if (length <= 0)
		return length < 0 ? (int)length : -ESRCH;
	open = strchr(text, '(');
	close = strrchr(text, ')'); /* the name may hold anything, brackets too */
	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return -EINVAL;
	snprintf(stat->name, sizeof stat->name, "%.*s", (int)(close - open - 1), open + 1);
	stat->state = close[2];
	at = close + 3;
	for (size_t i = 0; i < COUNT_OF(numbers) && *at; i++)
		numbers[i] = strtoull(at, &at, 10);
	stat->cpu_ticks = numbers[14 - 4] + numbers[15 - 4];
	stat->threads = numbers[20 - 4];
	stat->start_ticks = numbers[22 - 4];
	stat->resident_pages = numbers[24 - 4];
	stat->delay_ticks = numbers[42 - 4];
	stat->exit_code = (int)numbers[52 - 4];
	return 0;
}

static uint64_t hexadecimal_field(const char *status, const char *field)
{
	const char *at = strstr(status, field);

	return at ? strtoull(at + strlen(field), NULL, 16) : 0;
}

pid_t process_inner_pid_of(const char *status)
{
	const char *at = strstr(status, "\nNSpid:"), *end, *last;

	if (!at)
		return 0;
	at++;
	end = strchrnul(at, '\n');
	for (last = end; last > at && last[-1] >= '0' && last[-1] <= '9';)
		last--;
	return (pid_t)strtol(last, NULL, 10);
}

void process_read_command(int directory, const struct process_stat *stat, char *out, size_t size)
{
	char text[512], name[sizeof stat->name + 2];
	ssize_t length = file_read_at(directory, "cmdline", text, sizeof text);

	while (length > 0 && text[length - 1] == '\0')
		length--;
	for (ssize_t i = 0; i < length; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	if (length > 0) {
		auberge_text_clean(out, size, text, (size_t)length, 0);
		return;
	}
	snprintf(name, sizeof name, "[%s]", stat->name); /* a zombie, or a kernel's thread */
	auberge_text_clean(out, size, name, strlen(name), 0);
}

int64_t process_age_seconds(const struct process_stat *stat)
{
	uint64_t started = stat->start_ticks / (uint64_t)sysconf(_SC_CLK_TCK), now = now_boottime_usec() / 1000000;

	return now > started ? (int64_t)(now - started) : 0;
}

uint64_t process_start_time(pid_t pid)
{
	cleanup_close int directory = process_open_directory(pid);
	struct process_stat stat;

	if (directory < 0 || process_read_stat(directory, &stat) < 0 || stat.state == 'Z' || stat.state == 'X')
		return 0;
	return stat.start_ticks;
}

int process_read_start_time(pid_t pid, uint64_t *start_time)
{
	cleanup_close int directory = process_open_directory(pid);
	struct process_stat stat;
	int result = directory < 0 ? -errno : process_read_stat(directory, &stat);

	if (result == 0)
		*start_time = stat.start_ticks;
	return result;
}

int process_open(pid_t pid, uint64_t start_time)
{
	cleanup_close int fd = -1, directory = -1;
	struct process_stat stat;
	int result;

	if (pid <= 0 || start_time == 0)
		return -ESRCH;
	/* The descriptor first: what it names cannot be recycled while the start time is read. */
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return -errno;
	directory = process_open_directory(pid);
	if (directory < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	result = process_read_stat(directory, &stat);
	if (result < 0)
		return result == -ENOENT ? -ESRCH : result;
	return stat.start_ticks == start_time && stat.state != 'Z' && stat.state != 'X' ? take_fd(&fd) : -ESRCH;
}

int process_signals_of(const char *status, uint64_t *caught, uint64_t *blocked, uint64_t *ignored)
{
	*caught = hexadecimal_field(status, "\nSigCgt:");
	*blocked = hexadecimal_field(status, "\nSigBlk:");
	*ignored = hexadecimal_field(status, "\nSigIgn:");
	return strstr(status, "\nSigCgt:") ? 0 : -EINVAL;
}

int process_signals(pid_t pid, uint64_t *caught, uint64_t *blocked, uint64_t *ignored)
{
	char text[4096];
	cleanup_close int directory = process_open_directory(pid);
	ssize_t length = directory < 0 ? -errno : file_read_at(directory, "status", text, sizeof text);

	return length < 0 ? (int)length : process_signals_of(text, caught, blocked, ignored);
}

pid_t process_inner_pid(pid_t pid)
{
	char text[4096];
	cleanup_close int directory = process_open_directory(pid);

	if (directory < 0 || file_read_at(directory, "status", text, sizeof text) <= 0)
		return 0;
	return process_inner_pid_of(text);
}

bool process_command(pid_t pid, char *out, size_t size)
{
	cleanup_close int directory = process_open_directory(pid);
	struct process_stat stat;

	if (directory < 0 || process_read_stat(directory, &stat) < 0 || stat.state == 'X')
		return false;
	process_read_command(directory, &stat, out, size);
	return true;
}

int process_boot_id(char id[37])
{
	ssize_t length = file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", id, 37);

	return length < 0 ? (int)length : length == 36 ? 0 : -EINVAL;
}

/* linux/pidfd.h of 6.15: PIDFD_GET_INFO and the first version of its structure. */
struct pidfd_information {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
#define PIDFD_GET_INFORMATION _IOWR(0xff, 11, struct pidfd_information)
#define PIDFD_INFORMATION_EXIT 8u

static int reaped_status(int pidfd, int *status)
{
	struct pidfd_information information = {.mask = PIDFD_INFORMATION_EXIT};

	if (ioctl(pidfd, PIDFD_GET_INFORMATION, &information) < 0)
		return -errno;
	if (!(information.mask & PIDFD_INFORMATION_EXIT))
		return -ENODATA;
	*status = information.exit_code;
	return 0;
}

static int zombie_status(pid_t pid, uint64_t start_time, int *status)
{
	cleanup_close int directory = process_open_directory(pid);
	struct process_stat stat;
	int result = directory < 0 ? -errno : process_read_stat(directory, &stat);

	if (result < 0)
		return result;
	if (stat.state != 'Z' || stat.start_ticks != start_time)
		return -ESRCH;
	*status = stat.exit_code;
	return 0;
}

int process_exit_status(int pidfd, pid_t pid, uint64_t start_time, int *status)
{
	if (pidfd < 0)
		return zombie_status(pid, start_time, status);
	if (reaped_status(pidfd, status) == 0 || zombie_status(pid, start_time, status) == 0)
		return 0;
	return reaped_status(pidfd, status); /* between the two */
}
