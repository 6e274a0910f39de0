/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/PID/mountinfo (proc(5)), cut in place. */
#ifndef HOST_MOUNTINFO_H
#define HOST_MOUNTINFO_H

#include <stdbool.h>

struct mountinfo {
	char *id, *device, *root, *place; /* device is "MAJOR:MINOR"; root: the mounted directory within its file system */
};

/* Cuts one line (without its newline). false: not such a line. */
bool mountinfo_split(char *line, struct mountinfo *mount);

#endif
