/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed files of `frozen`: the console's log and guest.ini of web3, in memory. The log has what logs have: colours,
 * bytes that are no text, a line longer than any screen, and tricks for a terminal.
 */
#include "frozen_answers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LONG_LINE 90000

static const char config_text[] =
	"# the shop's front end; ask ops before raising memory\n"
	"[guest]\n"
	"kind = container\n"
	"hostname = web3\n"
	"autostart = yes\n"
	"\n"
	"[limits]\n"
	"memory = 1G\n"
	"cpus = 2\n"
	"; processes = 400\n"
	"\n"
	"[net eth0]\n"
	"bridge = br0\n"
	"address = 10.0.0.23/24\n"
	"gateway = 10.0.0.1\n";

static void write_log(int fd)
{
	char line[256], filler[1000];

	for (int i = 1; i <= 60; i++) {
		snprintf(line, sizeof line, "[  %2d.%06d] \033[1;32msystemd\033[0m[1]: Started unit %d.\r\n", i, i * 7919 % 1000000, i);
		(void)!write(fd, line, strlen(line));
	}
	memset(filler, 'x', sizeof filler);
	for (int i = 0; i < LONG_LINE / (int)sizeof filler; i++)
		(void)!write(fd, filler, sizeof filler);
	snprintf(line, sizeof line, "\n\033]0;owned\atitle \xff\xfe and \xe2\x80\xae" "bidi\nphp-fpm invoked oom-killer\n\nweb3 login: ");
	(void)!write(fd, line, strlen(line));
}

int frozen_file(enum source_file file, const char *name, char *path, size_t size)
{
	static int files[2] = {-1, -1};
	char own[64];
	int fd;

	snprintf(path, size, "/frozen/%s/%s", name, file == SOURCE_LOG ? "console" : "guest.ini");
	if (strcmp(name, "web3") != 0)
		return -ENOENT;
	if (files[file] < 0) {
		files[file] = memfd_create(name, MFD_CLOEXEC);
		if (files[file] < 0)
			return -errno;
		if (file == SOURCE_LOG)
			write_log(files[file]);
		else
			(void)!write(files[file], config_text, strlen(config_text));
	}
	snprintf(own, sizeof own, "/proc/self/fd/%d", files[file]);
	fd = open(own, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
