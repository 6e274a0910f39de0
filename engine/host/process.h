/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes through /proc: start time, state, signals caught, pid inside. A process is known by pidfd or by pid with
 * start time and boot id, never by a bare pid. */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include "auberge.h"

/* Field 22 of /proc/PID/stat, in clock ticks since boot; 0 when there is no such process (or it is a zombie). */
uint64_t process_start_time(pid_t pid);
/* The same with the reason why it cannot be told: 0, or -errno. */
int process_read_start_time(pid_t pid, uint64_t *start_time);
/* A pidfd for the process that has this start time, or -ESRCH: recycled or gone; another -errno: cannot be told. */
int process_open(pid_t pid, uint64_t start_time);
/* The wait(2) status of a process that has ended and is not our child: from its zombie (proc_pid_stat(5), exit_code), or
 * once its parent has reaped it from the kernel, where that tells (PIDFD_GET_INFO, Linux 6.15; pidfd may be -1). 0, or -errno: not known. */
int process_exit_status(int pidfd, pid_t pid, uint64_t start_time, int *status);
/* SigCgt, SigBlk, SigIgn as bit sets (bit N-1 for signal N). 0, or -errno. */
int process_signals(pid_t pid, uint64_t *caught, uint64_t *blocked, uint64_t *ignored);
/* The same from the text of a /proc/PID/status. */
int process_signals_of(const char *status, uint64_t *caught, uint64_t *blocked, uint64_t *ignored);
/* The innermost pid of NSpid. 0 unknown. */
pid_t process_inner_pid(pid_t pid);
/* What it was started as, clean; false when it is gone. */
bool process_command(pid_t pid, char *out, size_t size);
/* /proc/sys/kernel/random/boot_id, 36 characters. */
int process_boot_id(char id[37]);
/* The user who asks: the name of the login uid, else of the real uid; "root" as a last resort. */
void process_user(char *out, size_t size);

#endif
