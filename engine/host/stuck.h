/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process in uninterruptible sleep is stuck in, in an admin's words. */
#ifndef HOST_STUCK_H
#define HOST_STUCK_H

#include <stddef.h>

/*
 * "request_wait_answer (FUSE)": the topmost function of the kernel stack that does more than sleep, and the part of the
 * kernel that it belongs to. stack: as /proc/PID/stack has it (proc(5)), "" where it may not be read: then wait, the name
 * in /proc/PID/wchan; without that the system call's name (call: its number, -1 unknown). out may stay empty.
 */
void stuck_format(const char *stack, const char *wait, long call, char *out, size_t size);
/* The same from the directory of a process or thread in /proc; *wait: its wchan, filled too. */
void stuck_read(int directory, char *wait, size_t wait_size, char *out, size_t size);
/* The wchan alone, "" none. */
void stuck_read_wait(int directory, char *wait, size_t size);

#endif
