/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge-keeper: the parent of one guest's supervisor. It holds copies of the descriptors that must outlive a
 * supervisor, starts another when one dies, and, being the subreaper, waits for the guest's init when its parent has
 * died. It knows nothing of guests, links nothing but libc, allocates nothing, and ends only when its supervisor has said
 * that all is over.
 */
#include "supervisor/keeper.h"

#include "auberge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_KEPT 16      /* their numbers: above all that a program is given by number */
#define ARGUMENTS_MAX 64
#define DEATHS_MAX 20      /* in DEATHS_SECONDS; then one start a second */
#define DEATHS_SECONDS 10

static const char usage[] = "usage: auberge-keeper [--kept NAME=FD]... [--init PID] [--again] -- PROGRAM ARGUMENT...\n"
			    "Keeps the supervisor of one guest running. It is run by auberge(1), not by hand.\n";

extern char **environ;

struct keeper {
	struct {
		char name[KEPT_NAME];
		int fd;
	} kept[KEPT_MAX];
	size_t kept_count;
	pid_t init;
	enum kept_init init_state;
	int init_code, init_status;
	pid_t supervisor; /* 0: none lives */
	int channel, signals;
	bool again, over;
	char *arguments[ARGUMENTS_MAX]; /* of the supervisor: arguments[1] is "--again" */
	size_t arguments_count;
	time_t deaths_since;
	unsigned deaths;
};

static void drop(struct keeper *keeper, const char *name)
{
	for (size_t i = 0; i < keeper->kept_count; i++) {
		if (strcmp(keeper->kept[i].name, name) != 0)
			continue;
		close(keeper->kept[i].fd);
		keeper->kept[i] = keeper->kept[--keeper->kept_count];
		return;
	}
}

static void keep(struct keeper *keeper, const char *name, int fd)
{
	drop(keeper, name);
	if (keeper->kept_count == KEPT_MAX || strlen(name) >= KEPT_NAME || fd < 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(keeper->kept[keeper->kept_count].name, KEPT_NAME, "%s", name);
	keeper->kept[keeper->kept_count++].fd = fd;
}

/* --- the supervisor ------------------------------------------------------------------------------------------ */

static int send_hello(const struct keeper *keeper, int socket)
{
	char text[KEEPER_MESSAGE];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * KEPT_MAX)];
	} control = {0};
	size_t length = (size_t)snprintf(text, sizeof text, "%c%d %c %d %d\n", KEEPER_HELLO, keeper->init, keeper->init_state,
	                                 keeper->init_code, keeper->init_status);
	struct iovec part = {.iov_base = text};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	for (size_t i = 0; i < keeper->kept_count; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", keeper->kept[i].name);
	part.iov_len = length;
	if (keeper->kept_count > 0) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * keeper->kept_count);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * keeper->kept_count);
		for (size_t i = 0; i < keeper->kept_count; i++)
			memcpy(CMSG_DATA(header) + i * sizeof(int), &keeper->kept[i].fd, sizeof(int));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int spawn(struct keeper *keeper, int channel)
{
	char *arguments[ARGUMENTS_MAX + 1];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	size_t count = 0;
	sigset_t none;
	int result;

	for (size_t i = 0; i < keeper->arguments_count; i++)
		if (i != 1 || keeper->again)
			arguments[count++] = keeper->arguments[i];
	arguments[count] = NULL;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, channel, KEEPER_CHANNEL);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	result = posix_spawn(&keeper->supervisor, arguments[0], &actions, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (result == 0)
		return 0;
	keeper->supervisor = 0;
	errno = result;
	return -1;
}

static int start(struct keeper *keeper)
{
	int pair[2], result;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, FIRST_KEPT); /* dup2 onto itself would keep close-on-exec */
	int number = errno;
	close(pair[1]);
	result = theirs < 0 ? -1 : send_hello(keeper, pair[0]) < 0 || spawn(keeper, theirs) < 0 ? -1 : 0;
	if (theirs >= 0) {
		number = errno;
		close(theirs);
	}
	if (result < 0) {
		close(pair[0]);
		errno = number;
		return -1;
	}
	keeper->channel = pair[0];
	keeper->again = true;
	return 0;
}

/* Never gives up, but a supervisor that dies again and again must not eat the host. */
static void start_again(struct keeper *keeper)
{
	struct timespec now;
	const struct timespec second = {.tv_sec = 1};

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - keeper->deaths_since > DEATHS_SECONDS) {
		keeper->deaths_since = now.tv_sec;
		keeper->deaths = 0;
	}
	if (++keeper->deaths > DEATHS_MAX) {
		drop(keeper, "report"); /* whoever waits for the start has waited long enough */
		nanosleep(&second, NULL);
	}
#ifdef AUBERGE_FAULTS
	unsetenv("AUBERGE_FAULT"); /* a fault is of one life */
#endif
	while (start(keeper) < 0)
		nanosleep(&second, NULL);
}

/* --- what is heard ------------------------------------------------------------------------------------------- */

/* False: nothing more to read now, or ever. */
static bool hear(struct keeper *keeper)
{
	char text[KEEPER_MESSAGE];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {.iov_base = text, .iov_len = sizeof text - 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control};
	ssize_t got = recvmsg(keeper->channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd = -1;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	text[got] = '\0';
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof fd);
	switch (text[0]) {
	case KEEPER_KEEP:
		keep(keeper, text + 1, fd);
		return true;
	case KEEPER_DROP:
		drop(keeper, text + 1);
		break;
	case KEEPER_INIT:
		keeper->init = (pid_t)strtol(text + 1, NULL, 10);
		keeper->init_state = keeper->init > 0 ? KEPT_INIT_CHILD : KEPT_INIT_NONE;
		break;
	case KEEPER_OVER:
		keeper->over = true;
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
	return true;
}

static void init_ended(struct keeper *keeper, const siginfo_t *info)
{
	char text[64];

	keeper->init_state = KEPT_INIT_ENDED;
	keeper->init_code = info->si_code;
	keeper->init_status = info->si_status;
	if (keeper->channel < 0)
		return;
	int length = snprintf(text, sizeof text, "%c%d %d %d", KEEPER_ENDED, keeper->init, info->si_code, info->si_status);
	send(keeper->channel, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void reap(struct keeper *keeper)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (;;) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) < 0) {
			if (errno == ECHILD)
				return;
			nanosleep(&pause, NULL); /* the signal that told of it comes once */
			continue;
		}
		if (info.si_pid == 0)
			return;
		if (info.si_pid == keeper->supervisor) {
			while (keeper->channel >= 0 && hear(keeper)) /* its last words, init's pid perhaps among them */
				;
			close(keeper->channel);
			keeper->channel = -1;
			keeper->supervisor = 0;
		} else if (info.si_pid == keeper->init) {
			init_ended(keeper, &info);
		}
	}
}

/* A keeper that was a supervisor may be the parent of init, or not. */
static void look_at_init(struct keeper *keeper)
{
	siginfo_t info = {0};

	if (keeper->init > 0 && keeper->init_state == KEPT_INIT_CHILD && keeper->supervisor == 0 &&
	    waitid(P_PID, (id_t)keeper->init, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		keeper->init_state = KEPT_INIT_FOREIGN;
}

static void run(struct keeper *keeper)
{
	while (keeper->supervisor > 0 || !keeper->over) {
		struct signalfd_siginfo dropped[8];

		if (keeper->supervisor == 0) {
			look_at_init(keeper);
			start_again(keeper);
		}
		struct pollfd wait[2] = {{.fd = keeper->signals, .events = POLLIN}, {.fd = keeper->channel, .events = POLLIN}};
		if (poll(wait, 2, -1) < 0)
			continue;
		while (wait[1].revents & POLLIN && hear(keeper))
			;
		if (wait[1].revents & POLLHUP && !(wait[0].revents & POLLIN)) { /* its end is not far */
			struct pollfd death = {.fd = keeper->signals, .events = POLLIN};
			poll(&death, 1, -1);
		}
		while (read(keeper->signals, dropped, sizeof dropped) > 0)
			;
		reap(keeper);
	}
}

/* --- the beginning ------------------------------------------------------------------------------------------- */

static bool take_kept(struct keeper *keeper, const char *text)
{
	char name[KEPT_NAME];
	int given, fd;

	if (sscanf(text, "%15[^=]=%d", name, &given) != 2)
		return false;
	fd = fcntl(given, F_DUPFD_CLOEXEC, FIRST_KEPT);
	if (fd < 0) { /* it serves where it is: the supervisor gets its channel there in a process of its own */
		fd = given;
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	} else if (given > 2 && given < FIRST_KEPT) {
		close(given);
	}
	keep(keeper, name, fd);
	return true;
}

static bool parse(struct keeper *keeper, int argc, char **argv)
{
	static char again[] = "--again";
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--again") == 0) {
			keeper->again = true;
		} else if (strcmp(argv[i], "--kept") == 0 && i + 1 < argc) {
			if (!take_kept(keeper, argv[++i]))
				return false;
		} else if (strcmp(argv[i], "--init") == 0 && i + 1 < argc) {
			keeper->init = (pid_t)strtol(argv[++i], NULL, 10);
			keeper->init_state = KEPT_INIT_CHILD;
		} else {
			return false;
		}
	}
	if (i + 1 >= argc || argc - i > ARGUMENTS_MAX)
		return false;
	keeper->arguments[keeper->arguments_count++] = argv[++i];
	keeper->arguments[keeper->arguments_count++] = again;
	while (++i < argc)
		keeper->arguments[keeper->arguments_count++] = argv[i];
	return true;
}

/* A session of its own, no terminal, no signal from one, no descriptor of the caller's but the kept ones. */
static int detach(const struct keeper *keeper)
{
	static const int heedless[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM};
	unsigned next = 3;
	int null;

	setsid(); /* fails where a shell, or being a supervisor before, made us a leader */
	for (size_t i = 0; i < sizeof heedless / sizeof *heedless; i++)
		signal(heedless[i], SIG_IGN);
	umask(022);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || chdir("/") < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* The kept ones lie anywhere above FIRST_KEPT: close what lies between them. */
	for (;;) {
		unsigned nearest = ~0u;

		for (size_t i = 0; i < keeper->kept_count; i++)
			if ((unsigned)keeper->kept[i].fd >= next && (unsigned)keeper->kept[i].fd < nearest)
				nearest = (unsigned)keeper->kept[i].fd;
		if (nearest > next)
			close_range(next, nearest == ~0u ? ~0u : nearest - 1, 0);
		if (nearest == ~0u)
			return 0;
		next = nearest + 1;
	}
}

/* Whoever asked for the start is told as the supervisor would have told it: a frame FRAME_ERROR (supervisor/protocol.h). */
static int cannot_begin(const struct keeper *keeper)
{
	char text[256];
	int number = errno, length = snprintf(text + 4, sizeof text - 4, "E%d %d\nthe keeper cannot begin: %s", (int)AUBERGE_FAILED,
	                                      number, strerror(number)) + 1;

	text[0] = text[1] = 0;
	text[2] = (char)(length >> 8);
	text[3] = (char)length;
	for (size_t i = 0; i < keeper->kept_count; i++)
		if (strcmp(keeper->kept[i].name, "report") == 0)
			send(keeper->kept[i].fd, text, (size_t)length + 4, MSG_NOSIGNAL);
	return 1;
}

/* The OOM killer takes guests before those who look after them. Refused without CAP_SYS_RESOURCE: no reason to end. */
static void protect(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "-900", 4) < 0)
		errno = 0;
	close(fd);
}

int main(int argc, char **argv)
{
	struct keeper keeper = {.init_state = KEPT_INIT_NONE, .channel = -1};
	sigset_t child;

	if (!parse(&keeper, argc, argv)) {
		bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (detach(&keeper) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || sigprocmask(SIG_BLOCK, &child, NULL) < 0)
		return cannot_begin(&keeper);
	protect();
	keeper.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (keeper.signals < 0)
		return cannot_begin(&keeper);
	reap(&keeper); /* those of the supervisor that this process may have been */
	if (!keeper.again && start(&keeper) < 0)
		return cannot_begin(&keeper);
	run(&keeper);
	return 0;
}
