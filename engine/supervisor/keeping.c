/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper as its supervisor sees it: taking over what it kept, giving it copies of what must outlive this process,
 * and, when it has died, becoming the keeper by execve(2): same pid, children and descriptors.
 */
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/lock.h"
#include "guest/set.h"
#include "supervisor/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEPER_LOCK "keeper-lock"
#define HELLO_TRIES 3 /* when the kernel is short of memory */

static void tell(struct supervisor *supervisor, enum keeper_word word, const char *text, int fd)
{
	char message[KEPT_NAME + 16];
	int length = snprintf(message, sizeof message, "%c%s", (char)word, text);

	if (supervisor->keeper.fd >= 0)
		send_with_fds(supervisor->keeper.fd, message, (size_t)length, &fd, fd >= 0 ? 1 : 0);
}

void keep(struct supervisor *supervisor, const char *name, int fd)
{
	if (fd >= 0)
		tell(supervisor, KEEPER_KEEP, name, fd);
}

void keep_numbered(struct supervisor *supervisor, const char *name, size_t number, int fd)
{
	char numbered[KEPT_NAME];

	snprintf(numbered, sizeof numbered, "%s%zu", name, number);
	if (fd >= 0)
		tell(supervisor, KEEPER_KEEP, numbered, fd);
	else
		tell(supervisor, KEEPER_DROP, numbered, -1);
}

void keep_drop(struct supervisor *supervisor, const char *name)
{
	tell(supervisor, KEEPER_DROP, name, -1);
}

void keep_init(struct supervisor *supervisor)
{
	char pid[16];

	snprintf(pid, sizeof pid, "%d", supervisor->init_pid);
	tell(supervisor, KEEPER_INIT, pid, -1);
}

void keep_over(struct supervisor *supervisor)
{
	keep_drop(supervisor, KEEPER_LOCK);
	tell(supervisor, KEEPER_OVER, "", -1);
}

int kept_take(struct supervisor *supervisor, const char *name)
{
	for (size_t i = 0; i < supervisor->kept_count; i++)
		if (strcmp(supervisor->kept[i].name, name) == 0)
			return take_fd(&supervisor->kept[i].fd);
	return -1;
}

void keeping_release(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->kept_count; i++)
		if (supervisor->kept[i].fd >= 0)
			close(supervisor->kept[i].fd);
	free(supervisor->kept);
	supervisor->kept = NULL;
	supervisor->kept_count = 0;
}

/* Member by member: some are of one union, where an initializer would override another. */
void keeping_note_end(struct supervisor *supervisor, pid_t pid, int code, int status)
{
	supervisor->init_end.si_pid = pid;
	supervisor->init_end.si_code = code;
	supervisor->init_end.si_status = status;
}

/* --- hearing it ---------------------------------------------------------------------------------------------- */

static void keeper_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	char text[KEEPER_MESSAGE];
	ssize_t got = recv(watch->fd, text, sizeof text - 1, MSG_DONTWAIT);
	int pid, code, status;

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		loop_forget(supervisor, watch);
		supervisor->keeper_pid = 0;
		keeping_replace(supervisor);
		return;
	}
	text[got] = '\0';
	if (text[0] != KEEPER_ENDED || sscanf(text + 1, "%d %d %d", &pid, &code, &status) != 3 || pid != supervisor->init_pid ||
	    supervisor->init_ours)
		return;
	keeping_note_end(supervisor, pid, code, status);
	lifecycle_happen(supervisor, INIT_ENDED);
}

static int take_hello(struct supervisor *supervisor, char *text, const int *fds, size_t count)
{
	char *line, *rest = text, state = KEPT_INIT_NONE;
	int pid = 0, code = 0, status = 0;

	line = strsep(&rest, "\n");
	if (line[0] != KEEPER_HELLO || sscanf(line + 1, "%d %c %d %d", &pid, &state, &code, &status) != 4)
		return -EPROTO;
	supervisor->kept = calloc(count + 1, sizeof *supervisor->kept);
	if (!supervisor->kept)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		line = rest ? strsep(&rest, "\n") : NULL;
		snprintf(supervisor->kept[i].name, sizeof supervisor->kept[i].name, "%s", line ? line : "");
		supervisor->kept[i].fd = fds[i];
	}
	supervisor->kept_count = count;
	supervisor->init_kept = state;
	if (state == KEPT_INIT_ENDED)
		keeping_note_end(supervisor, pid, code, status);
	return 0;
}

int keeping_begin(struct supervisor *supervisor)
{
	char text[KEEPER_MESSAGE];
	struct stat status;
	struct ucred peer;
	socklen_t size = sizeof peer;
	int fds[KEPT_MAX], lock;
	size_t count = 0;
	ssize_t got = -ENOMEM;

	if (fstat(KEEPER_CHANNEL, &status) == 0 ? !S_ISSOCK(status.st_mode) : errno == EBADF)
		return 0; /* run by hand: there is none */
	fcntl(KEEPER_CHANNEL, F_SETFD, FD_CLOEXEC);
	supervisor->keeper = (struct watch){.fd = KEEPER_CHANNEL, .ready = keeper_ready};
	supervisor->had_keeper = true;
	for (int try = 0; try < HELLO_TRIES; try++) { /* without it nobody can be told of an error */
		got = receive_with_fds(KEEPER_CHANNEL, text, sizeof text - 1, fds, COUNT_OF(fds), &count);
		if (got != -ENOMEM && got != -EAGAIN)
			break;
	}
	if (got <= 0)
		return got < 0 ? (int)got : -ECONNRESET;
	text[got] = '\0';
	if (getsockopt(KEEPER_CHANNEL, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
		supervisor->keeper_pid = peer.pid;
	int result = take_hello(supervisor, text, fds, count);
	if (result < 0)
		return result;
	lock = kept_take(supervisor, KEEPER_LOCK); /* the keeper's alone: with a copy here it would outlive the keeper */
	supervisor->keeper_locked = lock >= 0;
	if (lock >= 0)
		close(lock);
	supervisor->report = kept_take(supervisor, "report");
	return loop_watch(supervisor, &supervisor->keeper, EPOLLIN);
}

/* An open file of its own: an OFD lock belongs to that, and is the keeper's once our copy is closed. */
static int make_lock(struct supervisor *supervisor)
{
	int fd = lock_open(supervisor->auberge, supervisor->name);

	if (fd >= 0 && lock_try(fd, LOCK_KEEPER) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void keeping_lock(struct supervisor *supervisor)
{
	cleanup_close int lock = supervisor->keeper.fd < 0 || supervisor->keeper_locked ? -1 : make_lock(supervisor);

	keep(supervisor, KEEPER_LOCK, lock);
}

/* --- becoming it --------------------------------------------------------------------------------------------- */

struct arguments {
	char *words[2 * KEPT_MAX + 64];
	size_t count;
};

static void add(struct arguments *arguments, char *word)
{
	if (word && arguments->count < COUNT_OF(arguments->words) - 1)
		arguments->words[arguments->count++] = word;
}

static void add_kept(struct arguments *arguments, const char *name, int number, int fd)
{
	char *word;

	if (fd < 0 || (number < 0 ? asprintf(&word, "%s=%d", name, fd) : asprintf(&word, "%s%d=%d", name, number, fd)) < 0)
		return;
	fcntl(fd, F_SETFD, 0);
	add(arguments, strdup("--kept"));
	add(arguments, word);
}

/* What came over goes on: the first words of ours, less what the keeper adds by itself. */
static void add_program(struct supervisor *supervisor, struct arguments *arguments)
{
	add(arguments, strdup("--"));
	add(arguments, set_program("auberge-supervisor"));
	for (char **word = supervisor->arguments + 1; *word; word++)
		if (strcmp(*word, "--again") != 0)
			add(arguments, strdup(*word));
}

void keeping_replace(struct supervisor *supervisor)
{
	cleanup_free char *program = set_program("auberge-keeper");
	struct arguments arguments = {0};
	cleanup_close int lock = -1;
	char pid[16];

	if (supervisor->keeper.fd >= 0 || !supervisor->had_keeper || !program ||
	    (supervisor->phase != PHASE_UP && supervisor->phase != PHASE_HALTING && supervisor->phase != PHASE_DRAINING))
		return; /* without a keeper until there is a guest to be kept, or to the near end */
	lock = make_lock(supervisor);
	add(&arguments, strdup("auberge-keeper"));
	add(&arguments, strdup("--again"));
	if (supervisor->init.fd >= 0) {
		snprintf(pid, sizeof pid, "%d", supervisor->init_pid);
		add(&arguments, strdup("--init"));
		add(&arguments, strdup(pid));
	}
	add_kept(&arguments, KEEPER_LOCK, -1, lock);
	add_kept(&arguments, "init", -1, supervisor->init.fd);
	add_kept(&arguments, "rootfs", -1, supervisor->rootfs_lock);
	add_kept(&arguments, "notify", -1, supervisor->notify.fd);
	add_kept(&arguments, "listener", -1, supervisor->listener.fd);
	add_kept(&arguments, "heads", -1, supervisor->heads_fd);
	for (size_t i = 0; i < supervisor->ttys_count; i++) {
		add_kept(&arguments, "tty", (int)i, supervisor->ttys[i].watch.fd);
		add_kept(&arguments, "ring", (int)i, supervisor->ttys[i].ring.fd);
	}
	add_program(supervisor, &arguments);
	execv(program, arguments.words);
	/* It cannot be: better unkept than ended. */
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < arguments.count; i++)
		free(arguments.words[i]);
}
