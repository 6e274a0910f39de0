/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side of a process that reads; see helper.h for what it owns and its invariants. */
#include "model/helper_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGAIN_FIRST_MS 10000
#define AGAIN_LAST_MS 300000
#define FAR_APART_MS 700  /* looks that are further apart say nothing of what was between them: we were stopped */
#define BUSY_FACTOR 10    /* one that wants a processor is slow, not hung */
#define GONE_MS 200       /* how long leaving waits for it */

static int fail(struct auberge_error *error, const char *what, int number)
{
	*error = (struct auberge_error){.code = AUBERGE_FAILED, .number = number};
	snprintf(error->text, sizeof error->text, "cannot start a process that reads the guests: %s: %s", what,
	         strerror(number));
	return -1;
}

/* --- what becomes the child */

static void become_quiet(void)
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP, SIGPIPE, SIGWINCH};
	static const int usual[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGTERM, SIGCHLD, SIGCONT};
	struct rlimit files, core = {0, 0};
	sigset_t none;

	/* The handlers that give a terminal back are the parent's. */
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		signal(usual[i], SIG_DFL);
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &core);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* a dozen files are kept open of each guest */
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* Leaves the socket as descriptor 3 and nothing else open. */
static void keep_only(int fd)
{
	int nothing;

	if (fd != 3)
		dup2(fd, 3);
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int standard = 0; standard < 3; standard++)
		if (nothing < 0 || dup2(nothing, standard) < 0)
			close(standard);
	if (syscall(SYS_close_range, 4u, ~0u, 0u) < 0)
		for (int i = 4; i < 65536; i++)
			close(i);
}

static void child(struct helper *helper, int fd, struct helper_page *page, pid_t parent)
{
	struct helper_child *self;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	setsid(); /* no terminal, and none of its signals */
	prctl(PR_SET_NAME, helper->title);
	become_quiet();
	keep_only(fd);
	self = calloc(1, sizeof *self);
	if (!self)
		_exit(1);
	self->fd = 3;
	self->page = page;
	helper->run(self, helper->data);
	_exit(0);
}

/* --- start and end */

static void bury(struct helper *helper)
{
	size_t kept = 0;

	for (size_t i = 0; i < helper->graves_count; i++)
		if (waitpid(helper->graves[i].pid, NULL, WNOHANG) == 0)
			helper->graves[kept++] = helper->graves[i];
	helper->graves_count = kept;
}

int helper_start(struct helper *helper, struct auberge_error *error)
{
	pid_t parent = getpid();
	struct helper_page *page;
	int ends[2];

	bury(helper);
	if (helper->graves_count == HELPER_GRAVES_MAX) {
		*error = (struct auberge_error){.code = AUBERGE_FAILED};
		snprintf(error->text, sizeof error->text, "%d processes that read guests hang in the kernel: no more are started",
		         HELPER_GRAVES_MAX);
		return -1;
	}
	page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return fail(error, "mmap", errno);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		munmap(page, sizeof *page);
		return fail(error, "socketpair", errno);
	}
	helper->pid = fork();
	if (helper->pid == 0)
		child(helper, ends[1], page, parent);
	close(ends[1]);
	if (helper->pid < 0) {
		helper->pid = 0;
		munmap(page, sizeof *page);
		close(ends[0]);
		return fail(error, "fork", errno);
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	helper->fd = ends[0];
	helper->page = page;
	helper->asked = false;
	helper->turn = 0;
	helper->turn_ms = helper->looked_ms = 0;
	return 0;
}

void helper_end(struct helper *helper)
{
	if (helper->pid == 0)
		return;
	kill(helper->pid, SIGKILL);
	if (waitpid(helper->pid, NULL, WNOHANG) == 0 && helper->graves_count < HELPER_GRAVES_MAX) {
		helper->graves[helper->graves_count].pid = helper->pid;
		helper_at(helper, helper->graves[helper->graves_count++].name, HELPER_NAME_SIZE);
	}
	close(helper->fd);
	munmap(helper->page, sizeof *helper->page);
	message_reader_free(&helper->reader);
	helper->page = NULL;
	helper->pid = 0;
	helper->fd = -1;
}

void helper_close(struct helper *helper)
{
	helper_end(helper);
	for (size_t i = 0; i < helper->graves_count; i++) {
		struct pollfd wait = {.fd = (int)syscall(SYS_pidfd_open, helper->graves[i].pid, 0u), .events = POLLIN};

		if (wait.fd < 0)
			continue;
		poll(&wait, 1, GONE_MS / (int)helper->graves_count);
		close(wait.fd);
	}
	bury(helper);
}

/* --- talking */

int helper_request(struct helper *helper, unsigned what, enum message_kind kind, const void *first, size_t first_length,
                   int64_t now_ms)
{
	char names[HELPER_LEFT_OUT_MAX * (HELPER_NAME_SIZE + 1)], *out;
	size_t length = 0, whole;
	ssize_t wrote;

	if (helper->pid == 0)
		return -1;
	bury(helper);
	for (size_t i = 0; i < helper->left_out_count; i++) {
		struct helper_left_out *left = &helper->left_out[i];

		bool wait = helper_is_left_out(helper, left, now_ms, NULL);

		left->tried = left->what & what && !wait;
		if (left->what & what && wait)
			length += (size_t)snprintf(names + length, sizeof names - length, "-%s", left->name) + 1;
	}
	out = malloc(first_length + length + 8);
	if (!out)
		return -1;
	whole = message_put(out, kind, first, first_length, names, length);
	wrote = send(helper->fd, out, whole, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(out);
	helper->asked = true;
	helper->looked_ms = 0;
	return wrote == (ssize_t)whole ? 0 : -1;
}

int helper_next(struct helper *helper, struct message *message)
{
	if (helper->pid == 0)
		return 0;
	for (;;) {
		int result = message_next(&helper->reader, message);

		if (result != 0)
			return result;
		result = message_read(&helper->reader, helper->fd);
		if (result <= 0)
			return result;
	}
}

void helper_at(const struct helper *helper, char *name, size_t size)
{
	snprintf(name, size, "%.*s", HELPER_NAME_SIZE - 1, helper->page ? helper->page->name : "");
}

/* The kernel's letter for its state: this file is answered whatever the process hangs at. '?': not known. */
static char state_of(pid_t pid)
{
	char path[32], text[512], *end;
	ssize_t length;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '?';
	length = read(fd, text, sizeof text - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : '?';
}

enum helper_health helper_check(struct helper *helper, int64_t now_ms)
{
	uint32_t turn;
	int64_t passed;
	bool apart;

	if (helper->graves_count > 0)
		bury(helper);
	if (helper->pid == 0)
		return HELPER_ENDED;
	turn = atomic_load(&helper->page->turn);
	apart = now_ms - helper->looked_ms > FAR_APART_MS;
	helper->looked_ms = now_ms;
	if (turn != helper->turn || apart || !helper->asked || atomic_load(&helper->page->doing) == HELPER_SENDS) {
		helper->turn = turn;
		helper->turn_ms = now_ms;
		return HELPER_WELL;
	}
	passed = now_ms - helper->turn_ms;
	if (passed < helper->limit_ms || (passed < helper->limit_ms * BUSY_FACTOR && state_of(helper->pid) == 'R'))
		return HELPER_WELL;
	return HELPER_HANGS;
}

/* --- what is left out */

const struct helper_left_out *helper_find_left_out(const struct helper *helper, const char *name)
{
	for (size_t i = 0; i < helper->left_out_count; i++)
		if (strcmp(helper->left_out[i].name, name) == 0)
			return &helper->left_out[i];
	return NULL;
}

bool helper_is_left_out(const struct helper *helper, const struct helper_left_out *left, int64_t now_ms, int64_t *seconds)
{
	int64_t wait_ms = left->again_ms - now_ms;

	if (seconds)
		*seconds = wait_ms > 0 ? (wait_ms + 999) / 1000 : 0;
	for (size_t i = 0; i < helper->graves_count && wait_ms <= 0; i++)
		if (strcmp(helper->graves[i].name, left->name) == 0)
			return true; /* it hangs still */
	return wait_ms > 0;
}

bool helper_leave_out(struct helper *helper, const char *name, unsigned what, const char *how, int64_t now_ms)
{
	struct helper_left_out *left = (struct helper_left_out *)(uintptr_t)helper_find_left_out(helper, name);

	if (!left && helper->left_out_count == HELPER_LEFT_OUT_MAX)
		return false;
	if (!left) {
		left = &helper->left_out[helper->left_out_count++];
		*left = (struct helper_left_out){.since_ms = now_ms, .after_ms = AGAIN_FIRST_MS};
		snprintf(left->name, sizeof left->name, "%s", name);
	} else {
		left->after_ms = left->after_ms * 2 < AGAIN_LAST_MS ? left->after_ms * 2 : AGAIN_LAST_MS;
	}
	left->what |= what;
	left->how = how;
	left->again_ms = now_ms + left->after_ms;
	left->tried = false;
	return true;
}

void helper_done(struct helper *helper, unsigned what, const char *name)
{
	size_t kept = 0;

	helper->asked = false;
	for (size_t i = 0; i < helper->left_out_count; i++) {
		struct helper_left_out *left = &helper->left_out[i];

		if (left->tried && (!name || strcmp(left->name, name) == 0))
			left->what &= ~what;
		if (left->what)
			helper->left_out[kept++] = *left;
	}
	helper->left_out_count = kept;
}
