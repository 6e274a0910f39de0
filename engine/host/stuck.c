/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel stacks read for people: see stuck.h. Two tables, of what only sleeps and of what belongs where. */
#include "host/stuck.h"

#include "base/cleanup.h"
#include "base/file.h"

#include "auberge.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#define FUNCTION_MAX 48
#define DEPTH 24 /* lines that are looked at */

/* Beginnings of functions that put to sleep on behalf of a caller who says more, and of the ways into the kernel. */
static const char *const sleepers[] = {
	"__schedule", "schedule", "io_schedule", "wait_for_completion", "__wait_for_common", "wait_for_common", "__mutex_lock",
	"mutex_lock", "rwsem_down", "__rwsem", "down_read", "down_write", "__down", "down", "rt_mutex", "__rt_mutex", "bit_wait",
	"__wait_on_bit", "out_of_line_wait_on_bit", "folio_wait_bit", "wait_on_page_bit", "__folio_lock", "wait_woken",
	"percpu_rwsem", "__percpu", "do_syscall", "entry_SYSCALL", "ret_from_fork", "x64_sys_call", "__do_sys", "__x64_sys",
	"__arm64_sys", "el0", "do_el0", "invoke_syscall",
};

/* Beginnings of functions, or whole names of modules, and whose they are. */
static const struct owner {
	const char *beginning, *name;
} owners[] = {
	{"request_wait_answer", "FUSE"}, {"fuse", "FUSE"},         {"nfs", "NFS"},           {"rpc_", "NFS"},
	{"sunrpc", "NFS"},               {"cifs", "SMB"},          {"smb", "SMB"},           {"ceph", "Ceph"},
	{"rbd", "Ceph"},                 {"p9_", "9p"},            {"v9fs", "9p"},           {"netfs", "network file system"},
	{"drbd", "DRBD"},                {"nbd", "network disk"},  {"iscsi", "iSCSI"},       {"dm_", "device mapper"},
	{"md_", "RAID"},                 {"raid", "RAID"},         {"jbd2", "ext4 journal"}, {"ext4", "ext4"},
	{"xfs", "XFS"},                  {"xlog", "XFS"},          {"btrfs", "Btrfs"},       {"zfs", "ZFS"},
	{"txg_", "ZFS"},                 {"overlay", "overlay"},   {"ovl_", "overlay"},      {"blk_", "disk"},
	{"submit_bio", "disk"},          {"bio_", "disk"},         {"blkdev", "disk"},       {"scsi", "disk"},
	{"folio_wait_writeback", "disk"}, {"wbt_", "disk"},        {"rq_qos", "disk"},       {"usb", "USB"},
	{"rtnl", "network"},             {"netdev_", "network"},   {"mem_cgroup", "memory limit"},
	{"try_charge", "memory limit"},  {"do_swap_page", "swap"}, {"kernel_clone", "vfork: waits for its child"},
	{"wait_for_vfork", "vfork: waits for its child"},          {"_do_fork", "vfork: waits for its child"},
	{"coredump", "core dump"},       {"do_coredump", "core dump"},   {"do_freezer", "frozen"}, {"__refrigerator", "frozen"},
	{"zap_pid_ns", "waits for the others to end"},             {"drm_", "graphics"},     {"loop", "loop device"},
};

/* Only those in which processes are met waiting. */
static const struct call {
	long number;
	const char *name;
} calls[] = {
	{SYS_read, "read"}, {SYS_write, "write"}, {SYS_readv, "readv"}, {SYS_writev, "writev"}, {SYS_pread64, "pread"},
	{SYS_pwrite64, "pwrite"}, {SYS_openat, "open"}, {SYS_close, "close"}, {SYS_fsync, "fsync"},
	{SYS_fdatasync, "fdatasync"}, {SYS_sync, "sync"}, {SYS_syncfs, "syncfs"}, {SYS_newfstatat, "stat"},
	{SYS_statx, "statx"}, {SYS_statfs, "statfs"}, {SYS_getdents64, "getdents"}, {SYS_ioctl, "ioctl"}, {SYS_mmap, "mmap"},
	{SYS_munmap, "munmap"}, {SYS_msync, "msync"}, {SYS_unlinkat, "unlink"}, {SYS_renameat2, "rename"},
	{SYS_fallocate, "fallocate"}, {SYS_ftruncate, "truncate"}, {SYS_mount, "mount"}, {SYS_umount2, "umount"},
	{SYS_execve, "execve"}, {SYS_clone, "clone"}, {SYS_exit_group, "exit"}, {SYS_io_getevents, "io_getevents"},
	{SYS_sendfile, "sendfile"}, {SYS_connect, "connect"},
};

static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool sleeps(const char *function)
{
	for (size_t i = 0; i < COUNT_OF(sleepers); i++)
		if (begins(function, sleepers[i]))
			return true;
	return false;
}

static const char *owner_of(const char *function, const char *module)
{
	for (size_t i = 0; i < COUNT_OF(owners); i++)
		if (begins(function, owners[i].beginning) || (*module && begins(module, owners[i].beginning)))
			return owners[i].name;
	return NULL;
}

static const char *call_name(long number)
{
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}

/* "[<0>] request_wait_answer+0x13f/0x210 [fuse]" */
static bool parse_line(const char *line, char function[FUNCTION_MAX], char module[FUNCTION_MAX])
{
	const char *end = strchrnul(line, '\n'), *at = memchr(line, ']', (size_t)(end - line)), *open;
	size_t length;

	module[0] = '\0';
	if (!at || at + 2 >= end)
		return false;
	at += 2;
	length = strcspn(at, "+ \n");
	snprintf(function, FUNCTION_MAX, "%.*s", (int)length, at);
	open = memchr(at, '[', (size_t)(end - at));
	if (open)
		snprintf(module, FUNCTION_MAX, "%.*s", (int)strcspn(open + 1, "] \n"), open + 1);
	return function[0] != '\0';
}

void stuck_format(const char *stack, const char *wait, long call, char *out, size_t size)
{
	char best[FUNCTION_MAX] = "", function[FUNCTION_MAX], module[FUNCTION_MAX], text[2 * FUNCTION_MAX + 16];
	const char *owner = NULL;

	for (int depth = 0; *stack && depth < DEPTH; depth++) {
		if (parse_line(stack, function, module)) {
			if (!best[0] && !sleeps(function))
				snprintf(best, sizeof best, "%s", function);
			if (!owner)
				owner = owner_of(function, module);
		}
		stack = strchrnul(stack, '\n');
		stack += *stack == '\n';
	}
	if (!best[0])
		snprintf(best, sizeof best, "%s", wait);
	if (!owner && best[0])
		owner = owner_of(best, "");
	if (!owner)
		owner = call_name(call);
	if (best[0] && owner)
		snprintf(text, sizeof text, "%s (%s)", best, owner);
	else
		snprintf(text, sizeof text, "%s", best[0] ? best : owner ? owner : "");
	auberge_text_clean(out, size, text, strlen(text), 0);
}

void stuck_read_wait(int directory, char *wait, size_t size)
{
	char text[FUNCTION_MAX];

	wait[0] = '\0';
	if (file_read_at(directory, "wchan", text, sizeof text) > 0 && strcmp(text, "0") != 0)
		auberge_text_clean(wait, size, text, strlen(text), 0);
}

void stuck_read(int directory, char *wait, size_t wait_size, char *out, size_t size)
{
	char stack[4096] = "", text[64] = "";
	long call = -1;

	stuck_read_wait(directory, wait, wait_size);
	/* These two take the lock that an exec holds: an exec that is stuck itself would hold us up as well. */
	if (!begins(wait, "exec_mmap") && !begins(wait, "begin_new_exec")) {
		if (file_read_at(directory, "stack", stack, sizeof stack) < 0) /* wants CAP_SYS_ADMIN */
			stack[0] = '\0';
		if (file_read_at(directory, "syscall", text, sizeof text) > 0 && text[0] >= '0' && text[0] <= '9')
			call = strtol(text, NULL, 10);
	}
	stuck_format(stack, wait, call, out, size);
}
