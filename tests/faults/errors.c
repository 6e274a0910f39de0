/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the manual pages' ERRORS sections, for what our programs call. ENOMEM is not in the rows: every call gets it but
 * those that cannot fail at all. A call that is in no row gets SIGKILL and ENOMEM.
 */
#include "errors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

const struct fault_kind fault_kinds[] = {
	{"KILL", 0},       {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EIO", EIO},
	{"EPERM", EPERM},  {"EINTR", EINTR},   {"EAGAIN", EAGAIN},
};
const size_t fault_kinds_count = sizeof fault_kinds / sizeof *fault_kinds;

enum {
	SPACE = 1, /* ENOSPC */
	IO = 2,    /* EIO */
	PERM = 4,  /* EPERM */
	INTR = 8,  /* EINTR */
	AGAIN = 16, /* EAGAIN */
	NEVER = 32, /* cannot fail, or not with the arguments that a program uses */
};

static const struct row {
	int nr;
	const char *name;
	unsigned can;
} rows[] = {
#define ROW(name, can) {SYS_##name, #name, can},
	/* files: SPACE of open only with O_CREAT */
	ROW(open, IO | PERM | INTR | SPACE) ROW(openat, IO | PERM | INTR | SPACE) ROW(openat2, IO | PERM | INTR | SPACE | AGAIN)
	ROW(creat, IO | PERM | INTR | SPACE) ROW(close, IO | INTR) ROW(close_range, 0)
	ROW(read, IO | INTR | AGAIN) ROW(pread64, IO | INTR | AGAIN) ROW(readv, IO | INTR | AGAIN)
	ROW(write, IO | PERM | INTR | AGAIN | SPACE) ROW(pwrite64, IO | PERM | INTR | AGAIN | SPACE)
	ROW(writev, IO | PERM | INTR | AGAIN | SPACE) ROW(lseek, 0) ROW(fsync, IO | INTR | SPACE) ROW(fdatasync, IO | INTR | SPACE)
	ROW(ftruncate, IO | PERM | INTR | SPACE) ROW(fallocate, IO | PERM | INTR | SPACE) ROW(sendfile, IO | AGAIN)
	ROW(copy_file_range, IO | SPACE | PERM) ROW(getdents64, IO) ROW(fcntl, PERM | INTR) ROW(flock, INTR) /* EAGAIN of a lock: held */
	
	ROW(ioctl, IO | PERM | INTR) ROW(dup, 0) ROW(dup2, INTR) ROW(dup3, INTR) ROW(pipe2, 0) ROW(memfd_create, PERM)
	ROW(stat, IO) ROW(fstat, IO) ROW(lstat, IO) ROW(newfstatat, IO) ROW(statx, IO) ROW(access, IO | PERM)
	ROW(faccessat, IO | PERM) ROW(faccessat2, IO | PERM) ROW(readlink, IO) ROW(readlinkat, IO) ROW(getcwd, 0)
	ROW(mkdir, IO | PERM | SPACE) ROW(mkdirat, IO | PERM | SPACE) ROW(rmdir, IO | PERM) ROW(unlink, IO | PERM)
	ROW(unlinkat, IO | PERM) ROW(rename, IO | PERM | SPACE) ROW(renameat, IO | PERM | SPACE)
	ROW(renameat2, IO | PERM | SPACE) ROW(link, IO | PERM | SPACE) ROW(linkat, IO | PERM | SPACE)
	ROW(symlink, IO | PERM | SPACE) ROW(symlinkat, IO | PERM | SPACE) ROW(mknod, PERM | SPACE) ROW(mknodat, PERM | SPACE)
	ROW(chmod, IO | PERM) ROW(fchmod, IO | PERM) ROW(fchmodat, IO | PERM) ROW(chown, IO | PERM) ROW(fchown, IO | PERM)
	ROW(lchown, IO | PERM) ROW(fchownat, IO | PERM) ROW(utimensat, PERM) ROW(statfs, IO | INTR) ROW(fstatfs, IO | INTR)
	ROW(chdir, IO) ROW(fchdir, IO) ROW(chroot, IO | PERM) ROW(umask, NEVER) ROW(setxattr, PERM | SPACE)
	ROW(fsetxattr, PERM | SPACE) ROW(inotify_init1, 0) ROW(inotify_add_watch, SPACE)
	/* mounts */
	ROW(mount, PERM) ROW(umount2, PERM | AGAIN) ROW(pivot_root, PERM) ROW(open_tree, PERM) ROW(move_mount, PERM)
	ROW(mount_setattr, PERM) ROW(fsopen, PERM) ROW(fsconfig, PERM) ROW(fsmount, PERM)
	/* processes */
	ROW(clone, PERM | AGAIN | SPACE) ROW(clone3, PERM | AGAIN | SPACE) ROW(fork, AGAIN) ROW(vfork, AGAIN)
	ROW(execve, IO | PERM | AGAIN) ROW(wait4, INTR) ROW(waitid, INTR) ROW(kill, PERM) ROW(tgkill, PERM)
	ROW(pidfd_open, 0) ROW(pidfd_send_signal, PERM) ROW(unshare, PERM | SPACE) ROW(setns, PERM)
	ROW(setsid, PERM) ROW(setpgid, PERM) ROW(prctl, PERM) ROW(capget, PERM) ROW(capset, PERM) ROW(setgroups, PERM)
	ROW(setresuid, PERM | AGAIN) ROW(setresgid, PERM) ROW(setuid, PERM | AGAIN) ROW(setgid, PERM) ROW(setrlimit, PERM)
	ROW(prlimit64, PERM) ROW(keyctl, PERM) ROW(sethostname, PERM) ROW(setpriority, PERM) ROW(sched_setaffinity, PERM)
	ROW(getpid, NEVER) ROW(getppid, NEVER) ROW(gettid, NEVER) ROW(getuid, NEVER) ROW(geteuid, NEVER) ROW(getgid, NEVER)
	ROW(getegid, NEVER) ROW(getpgrp, NEVER) ROW(exit, NEVER) ROW(exit_group, NEVER) ROW(rt_sigreturn, NEVER)
	ROW(set_tid_address, NEVER) ROW(set_robust_list, NEVER) ROW(rseq, NEVER) ROW(sched_yield, NEVER) ROW(uname, NEVER)
	/* These fail for wrong arguments only. */
	ROW(rt_sigaction, NEVER) ROW(rt_sigprocmask, NEVER) ROW(clock_gettime, NEVER) ROW(gettimeofday, NEVER)
	ROW(timerfd_settime, NEVER) ROW(restart_syscall, NEVER)
	/* waiting and talking */
	ROW(poll, INTR | AGAIN) ROW(ppoll, INTR | AGAIN) ROW(epoll_wait, INTR) ROW(epoll_pwait, INTR) ROW(epoll_ctl, SPACE | PERM)
	ROW(epoll_create1, 0) ROW(timerfd_create, PERM) ROW(signalfd4, 0) ROW(eventfd2, 0) ROW(nanosleep, INTR)
	ROW(clock_nanosleep, INTR) ROW(futex, INTR | AGAIN) ROW(getrandom, INTR | AGAIN) ROW(socket, PERM) ROW(socketpair, 0)
	ROW(bind, SPACE) ROW(listen, 0) ROW(accept, PERM | INTR | AGAIN) ROW(accept4, PERM | INTR | AGAIN)
	ROW(connect, PERM | INTR | AGAIN) ROW(sendto, INTR | AGAIN) ROW(sendmsg, INTR | AGAIN)
	ROW(recvfrom, INTR | AGAIN) ROW(recvmsg, INTR | AGAIN) ROW(setsockopt, PERM) ROW(getsockopt, 0) ROW(getsockname, 0)
	ROW(shutdown, 0) ROW(mmap, PERM | AGAIN) ROW(munmap, 0) ROW(mremap, AGAIN) ROW(mprotect, 0) ROW(brk, 0)
	ROW(madvise, IO | AGAIN | PERM)
#undef ROW
};

static const struct row *find(int nr)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].nr == nr)
			return &rows[i];
	return NULL;
}

const char *call_name(int nr)
{
	static char number[24];
	const struct row *row = find(nr);

	snprintf(number, sizeof number, "number %d", nr);
	return row ? row->name : number;
}

static bool creates(const struct call *call)
{
	switch (call->nr) {
	case SYS_open: return call->arguments[1] & O_CREAT;
	case SYS_openat: return call->arguments[2] & O_CREAT;
	case SYS_openat2: return false; /* ours never do */
	default: return true;
	}
}

bool fault_can_be(const struct call *call, const struct fault_kind *kind)
{
	const struct row *row = find(call->nr);
	unsigned can = row ? row->can : 0;

	if (kind->error == 0)
		return true;
	if (can & NEVER)
		return false;
	switch (kind->error) {
	case ENOMEM: return true;
	case ENOSPC: return (can & SPACE) && creates(call);
	case EIO: return can & IO;
	case EPERM: return can & PERM;
	case EINTR: return can & INTR;
	case EAGAIN: return can & AGAIN;
	}
	return false;
}
