/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See silence.h. */
#include "silence.h"

#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void answer(int fd, uint64_t unique, int result, const void *data, size_t length)
{
	struct fuse_out_header head = {.len = (uint32_t)(sizeof head + length), .error = result, .unique = unique};
	char whole[512];

	memcpy(whole, &head, sizeof head);
	if (length)
		memcpy(whole + sizeof head, data, length);
	if (write(fd, whole, sizeof head + length) < 0)
		return; /* its asker has gone */
}

static struct fuse_attr attributes_of(uint64_t node)
{
	return (struct fuse_attr){.ino = node, .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0644, .nlink = 1, .size = 4096};
}

/* A directory with one file, `file`, that opens and never gives a byte. Whoever reads it when killed sleeps on in the
 * kernel until this process ends. */
static void serve(int fd, bool deaf, int asked)
{
	static char request[(1 << 17) + 4096];
	ssize_t length;

	while ((length = read(fd, request, sizeof request)) > 0 || errno == EINTR || errno == ENOENT) {
		const struct fuse_in_header *in = (const void *)request;
		struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 4096};
		struct fuse_entry_out entry = {.nodeid = 2, .entry_valid = 3600, .attr_valid = 3600, .attr = attributes_of(2)};
		struct fuse_attr_out attributes = {.attr_valid = 3600, .attr = attributes_of(in->nodeid)};
		struct fuse_open_out opened = {.fh = 1};

		if (length <= 0)
			continue;
		if ((deaf ? in->opcode != FUSE_INIT : in->opcode == FUSE_READ) && write(asked, "", 1) != 1)
			_exit(1);
		if (deaf && in->opcode != FUSE_INIT)
			continue;
		if (in->opcode == FUSE_INIT)
			answer(fd, in->unique, 0, &init, sizeof init);
		else if (in->opcode == FUSE_LOOKUP)
			answer(fd, in->unique, 0, &entry, sizeof entry);
		else if (in->opcode == FUSE_GETATTR)
			answer(fd, in->unique, 0, &attributes, sizeof attributes);
		else if (in->opcode == FUSE_OPEN || in->opcode == FUSE_OPENDIR)
			answer(fd, in->unique, 0, &opened, sizeof opened);
		else if (in->opcode != FUSE_READ && in->opcode != FUSE_INTERRUPT && in->opcode != FUSE_FORGET &&
		         in->opcode != FUSE_BATCH_FORGET)
			answer(fd, in->unique, -ENOSYS, NULL, 0);
	}
}

static pid_t servers[4];

void silence_end(void)
{
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
		if (servers[i] <= 0)
			continue;
		kill(servers[i], SIGKILL);
		waitpid(servers[i], NULL, 0);
		servers[i] = 0;
	}
}

static pid_t mount_on(const char *path, bool deaf, int *asked)
{
	char options[128];
	pid_t server;
	int fd, pair[2];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		cr_skip_test("no mount namespace of our own: %s", strerror(errno));
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		cr_skip_test("/dev/fuse: %s", strerror(errno));
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (mount("auberge-test", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		cr_skip_test("mount of fuse: %s", strerror(errno));
	cr_assert_eq(pipe2(pair, O_CLOEXEC), 0);
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, deaf, pair[1]);
		_exit(0);
	}
	close(fd);
	close(pair[1]);
	*asked = pair[0];
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		if (servers[i] == 0) {
			servers[i] = server;
			break;
		}
	return server;
}

pid_t silence_mount(char path[256], int *asked)
{
	snprintf(path, 256, "%s/silent", place_directory);
	cr_assert_eq(mkdir(path, 0755), 0);
	return mount_on(path, false, asked);
}

pid_t silence_mount_on(const char *path, int *asked)
{
	return mount_on(path, true, asked);
}
