/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over /proc: programs of ours (known by their arguments, in our own pid namespace, as root) whose guest does
 * not live, processes with the ids of a guest that does not, and, once for each mount namespace, its mounts.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/ids.h"
#include "guest/set.h"
#include "host/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define END_WAIT_MS 5000
#define NAMESPACES_MAX 8192

struct range {
	char name[AUBERGE_NAME_MAX + 1];
	uint32_t first;
	bool live;
};

struct pass {
	struct audit *audit;
	struct audit_trees *trees;
	struct range *ranges;
	size_t ranges_count;
	uint64_t *namespaces; /* of mounts, looked at already */
	size_t namespaces_count, namespaces_room;
	uint64_t own_pids; /* our pid namespace */
};

struct audit_item *audit_add_process(struct audit *audit, const char *owner, pid_t pid)
{
	char command[64];
	uint64_t start = process_start_time(pid);
	struct audit_item *item;
	bool fresh;

	if (start == 0 || !process_command(pid, command, sizeof command) || pid == getpid())
		return NULL;
	item = audit_add(audit, AUDIT_PROCESS, owner, &fresh, "%d %s", (int)pid, command);
	if (!item || !fresh)
		return item;
	item->pid = pid;
	item->start = start;
	item->fleeting = true;
	audit_remedy(item, "look at it, then: kill %d", (int)pid);
	return item;
}

static uint64_t namespace_of(int directory, const char *file)
{
	struct stat status;

	return fstatat(directory, file, &status, 0) == 0 ? status.st_ino : 0;
}

/* "/path/auberge-build ... --state-dir OURS ... NAME": the guest's name, its last word. */
static bool is_program_of_ours(const struct auberge *auberge, int directory, char name[AUBERGE_NAME_MAX + 1])
{
	char text[16384];
	ssize_t length = file_read_at(directory, "comm", text, sizeof text);
	const char *last = text, *before = "";
	bool ours = false;

	if (length < 8 || strncmp(text, "auberge-", 8) != 0)
		return false;
	length = file_read_at(directory, "cmdline", text, sizeof text);
	if (length <= 0)
		return false;
	text[length] = '\0';
	for (const char *at = text; at < text + length; at += strlen(at) + 1) {
		ours |= strcmp(before, "--state-dir") == 0 && strcmp(at, auberge->state_dir) == 0;
		before = last = at;
	}
	if (!ours || last == text || !auberge_name_valid(last))
		return false;
	snprintf(name, AUBERGE_NAME_MAX + 1, "%.*s", AUBERGE_NAME_MAX, last);
	return true;
}

/* Whoever runs it waits for it: a check, a start before it has its locks. */
static bool has_parent_of_ours(int directory)
{
	char text[512], path[40], *close;
	int parent;

	if (file_read_at(directory, "stat", text, sizeof text) <= 0 || !(close = strrchr(text, ')')) ||
	    sscanf(close + 1, " %*c %d", &parent) != 1)
		return false;
	snprintf(path, sizeof path, "/proc/%d/comm", parent);
	return file_read_at(AT_FDCWD, path, text, sizeof text) > 0 && strncmp(text, "auberge", 7) == 0;
}

static int look_at_ours(struct pass *pass, int directory, pid_t pid)
{
	char name[AUBERGE_NAME_MAX + 1];
	struct audit_item *item;

	if (!is_program_of_ours(pass->audit->auberge, directory, name) || namespace_of(directory, "ns/pid") != pass->own_pids ||
	    audit_is_live(pass->audit, name) || has_parent_of_ours(directory))
		return 0;
	item = audit_add_process(pass->audit, name, pid);
	if (!item)
		return pass->audit->error->code == AUBERGE_OK ? 0 : -1;
	item->ours = true;
	audit_say(item, "a program of ours that holds no lock of %s", name);
	audit_remedy(item, "auberge audit --reclaim");
	return 0;
}

static const struct range *range_of(const struct pass *pass, uid_t uid)
{
	for (size_t i = 0; i < pass->ranges_count; i++)
		if (uid - pass->ranges[i].first < IDS_COUNT)
			return &pass->ranges[i];
	return NULL;
}

/* 1: its namespace has not been met before. */
static int is_new(struct pass *pass, uint64_t inode)
{
	for (size_t i = pass->namespaces_count; i-- > 0;)
		if (pass->namespaces[i] == inode)
			return 0;
	if (pass->namespaces_count == NAMESPACES_MAX)
		return 0;
	if (pass->namespaces_count == pass->namespaces_room) {
		size_t room = pass->namespaces_room ? pass->namespaces_room * 2 : 64;
		void *more = reallocarray(pass->namespaces, room, sizeof *pass->namespaces);

		if (!more)
			return error_set(pass->audit->error, ENOMEM, "the mount namespaces");
		pass->namespaces = more;
		pass->namespaces_room = room;
	}
	pass->namespaces[pass->namespaces_count++] = inode;
	return 1;
}

static int look_at(struct pass *pass, int proc, const char *word)
{
	pid_t pid = (pid_t)strtol(word, NULL, 10);
	cleanup_close int directory = openat(proc, word, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct range *range;
	struct audit_item *item;
	struct stat status;
	uint64_t mounts;
	int result;

	if (directory < 0 || fstat(directory, &status) < 0)
		return 0; /* it has ended */
	if (status.st_uid == 0 && look_at_ours(pass, directory, pid) < 0)
		return -1;
	range = range_of(pass, status.st_uid);
	if (range && range->live)
		return 0; /* a live guest's namespaces hold what they hold */
	if (range && (item = audit_add_process(pass->audit, range->name, pid)))
		audit_say(item, "with the ids of %s, which does not run", range->name);
	mounts = namespace_of(directory, "ns/mnt");
	result = mounts ? is_new(pass, mounts) : 0;
	if (result == 1)
		result = audit_trees_look(pass->audit, pass->trees, pid, mounts);
	return pass->audit->error->code == AUBERGE_OK ? result : -1;
}

static int add_range(void *data, const char *name, uint32_t first)
{
	struct pass *pass = data;
	void *more = reallocarray(pass->ranges, pass->ranges_count + 1, sizeof *pass->ranges);

	if (!more)
		return error_set(pass->audit->error, ENOMEM, "the ranges of ids");
	pass->ranges = more;
	struct range *range = &pass->ranges[pass->ranges_count++];
	*range = (struct range){.first = first, .live = audit_is_live(pass->audit, name)};
	snprintf(range->name, sizeof range->name, "%s", name);
	return 0;
}

int audit_look_processes(struct audit *audit)
{
	struct pass pass = {.audit = audit, .trees = audit_trees_open(audit)};
	cleanup_dir DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int result = -1;

	if (!pass.trees)
		goto out;
	if (!proc) {
		error_set(audit->error, errno, "/proc");
		goto out;
	}
	pass.own_pids = namespace_of(dirfd(proc), "self/ns/pid");
	is_new(&pass, namespace_of(dirfd(proc), "self/ns/mnt"));
	result = ids_list(audit->auberge, add_range, &pass, audit->error);
	while (result >= 0 && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			result = look_at(&pass, dirfd(proc), entry->d_name);
out:
	audit_trees_close(pass.trees);
	free(pass.ranges);
	free(pass.namespaces);
	return result < 0 ? -1 : 0;
}

bool audit_process_there(const struct audit *audit, const struct audit_item *item)
{
	(void)audit;
	return process_start_time(item->pid) == item->start;
}

/* A program of ours can be killed at any instruction: that is what it is made for. All others only by their ledger. */
int audit_process_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error)
{
	cleanup_close int pidfd = process_open(item->pid, item->start);
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	(void)audit;
	(void)lock;
	if (pidfd == -ESRCH)
		return 0;
	if (pidfd < 0)
		return error_set(error, -pidfd, "cannot look for process %d", (int)item->pid);
	if (!item->ours)
		return error_set(error, 0, "no ledger answers for it, so it is not killed");
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
		return error_set(error, errno, "cannot kill it");
	return poll(&end, 1, END_WAIT_MS) == 1 ? 0 : error_set(error, ETIMEDOUT, "killed, but it does not end");
}
